"""GraphQLite: Cypher as an extension of SQLite."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from benchmarks.peers.peer import Peer as AnyPeer
from benchmarks.question import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row


class Peer(AnyPeer):
    """Ids are the extension's own words; the key of a person is the property ``id``."""

    def version(self) -> str:
        if find_spec("pysqlite3") is not None:  # the standard library's may not load extensions
            sys.modules["sqlite3"] = import_module("pysqlite3")
        self.library: Any = import_module("graphqlite")
        return str(getattr(self.library, "__version__", "unknown"))

    def load(self, data: Data, folder: Path) -> None:
        self.open(folder)
        graph = self.graph
        known: dict[str, Any] = {}
        for prefix, label, columns in (("p", "Person", data.person), ("t", "Post", data.post)):
            plain = {key: column.tolist() for key, column in columns.items() if column.ndim == 1}
            rows = [
                dict(zip(plain, values, strict=True))
                for values in zip(*plain.values(), strict=True)
            ]
            known.update(
                graph.insert_nodes_bulk([(f"{prefix}{row['id']}", row, label) for row in rows])
            )
        edges = (
            ("KNOWS", "p", data.knows),
            ("CREATED", "t", data.created),
            ("LIKES", "t", data.likes),
        )
        for edge_type, prefix, columns in edges:
            extra = [key for key in columns if key not in ("src", "dst")]
            ends = zip(columns["src"].tolist(), columns["dst"].tolist(), strict=True)
            values = columns[extra[0]].tolist() if extra else None
            graph.insert_edges_bulk(
                [
                    (f"p{a}", f"{prefix}{b}", {extra[0]: values[row]} if values else {}, edge_type)
                    for row, (a, b) in enumerate(ends)
                ],
                known,
            )
        graph.connection.commit()

    def open(self, folder: Path) -> None:
        self.folder = folder
        graph = self.graph = self.library.Graph(str(folder / "graph.graphqlite"))
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            graph.connection.sqlite_connection.execute(f"PRAGMA {pragma}")

    def in_thread(self) -> AnyPeer:
        other = Peer(self.name)
        other.library = self.library
        other.open(self.folder)
        return other

    def algorithm(self, name: str) -> tuple[Any, Any]:
        raise NotOfferedError(f"algo {name} runs over the whole graph only")

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        return [
            tuple(row.values()) for row in self.graph.connection.cypher(text, parameters or None)
        ]

    def close(self) -> None:
        self.graph.close()
