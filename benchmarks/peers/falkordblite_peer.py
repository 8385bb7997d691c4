"""FalkorDBLite: a Redis server with the FalkorDB module as a child process."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from benchmarks.peers.peer import Peer as AnyPeer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row

BATCH_ROWS = 10_000
LOADS = (
    ("person", "UNWIND $rows AS r CREATE (p:Person) SET p = r"),
    ("post", "UNWIND $rows AS r CREATE (p:Post) SET p = r"),
    (
        "knows",
        (
            "UNWIND $rows AS r MATCH (a:Person {id: r.src}), (b:Person {id: r.dst})"
            " CREATE (a)-[:KNOWS {since: r.since}]->(b)"
        ),
    ),
    (
        "created",
        "UNWIND $rows AS r MATCH (a:Person {id: r.src}), (b:Post {id: r.dst}) CREATE (a)-[:CREATED]->(b)",
    ),
    (
        "likes",
        (
            "UNWIND $rows AS r MATCH (a:Person {id: r.src}), (b:Post {id: r.dst})"
            " CREATE (a)-[:LIKES {at: r.at}]->(b)"
        ),
    ),
)


class Peer(AnyPeer):
    """Append-only file, synced on every command. Loads by UNWIND; its bulk protocol is quicker."""

    def version(self) -> str:
        return version("falkordblite")

    def load(self, data: Data, folder: Path) -> None:
        client: Any = import_module("redislite.falkordb_client")
        settings = {"appendonly": "yes", "appendfsync": "always", "save": None}
        self.database = client.FalkorDB(
            str(folder / "graph.rdb"), serverconfig=settings, socket_timeout=None
        )
        self.graph = self.database.select_graph("graph")
        for label in ("Person", "Post"):
            self.graph.query(f"CREATE INDEX FOR (n:{label}) ON (n.id)")
        for table, text in LOADS:
            columns = data.tables()[table]
            rows = [
                dict(zip(columns, values, strict=True))
                for values in zip(*(column.tolist() for column in columns.values()), strict=True)
            ]
            for start in range(0, len(rows), BATCH_ROWS):
                self.graph.query(text, {"rows": rows[start : start + BATCH_ROWS]})

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        rows: list[Row] = self.graph.query(text, parameters or None).result_set
        return rows

    def close(self) -> None:
        self.database.close()
