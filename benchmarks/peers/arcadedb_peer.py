"""ArcadeDB embedded: a Java virtual machine inside the process."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import DIMENSION
from benchmarks.peers.peer import Peer as AnyPeer
from benchmarks.question import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row

BATCH_ROWS = 1_000


class Peer(AnyPeer):
    """Its log is told to sync; by default it does not."""

    def version(self) -> str:
        self.library: Any = import_module("arcadedb_embedded")
        return str(self.library.__version__)

    def load(self, data: Data, folder: Path) -> None:
        database = self.database = self.library.create_database(str(folder / "graph.arcade"))
        for label in ("Person", "Post"):
            database.command("sql", f"CREATE VERTEX TYPE {label}")
            database.command("sql", f"CREATE PROPERTY {label}.id LONG")
        database.command("sql", "CREATE PROPERTY Person.created LONG")
        for edge_type in ("KNOWS", "CREATED", "LIKES"):
            database.command("sql", f"CREATE EDGE TYPE {edge_type}")
        with database.graph_batch(expected_edge_count=data.rows(), parallel_flush=True) as batch:
            ids, records = {}, {}
            for label, columns in (("Person", data.person), ("Post", data.post)):
                plain = {
                    key: column.tolist() for key, column in columns.items() if column.ndim == 1
                }
                rows = [
                    dict(zip(plain, values, strict=True))
                    for values in zip(*plain.values(), strict=True)
                ]
                ids[label] = columns["id"]
                records[label] = np.array(batch.create_vertices(label, rows), dtype=object)
            edges = (("KNOWS", "Person", data.knows), ("CREATED", "Post", data.created))
            for edge_type, target, columns in (*edges, ("LIKES", "Post", data.likes)):
                sources = records["Person"][np.searchsorted(ids["Person"], columns["src"])].tolist()
                targets = records[target][np.searchsorted(ids[target], columns["dst"])].tolist()
                extra = [key for key in columns if key not in ("src", "dst")]
                properties = (
                    [{extra[0]: value} for value in columns[extra[0]].tolist()] if extra else None
                )
                if properties is None:
                    batch.new_edges(sources, edge_type, targets)
                else:
                    batch.new_edges(sources, edge_type, targets, properties)
                batch.flush()
        for label in ("Person", "Post"):
            database.command("sql", f"CREATE INDEX ON {label}(id) UNIQUE")
        database.command("sql", "CREATE INDEX ON Person(created) NOTUNIQUE")
        database.set_wal_flush("yes_full")

    def open(self, folder: Path) -> None:
        self.database = self.library.open_database(str(folder / "graph.arcade"))
        self.database.set_wal_flush("yes_full")

    def algorithm(self, name: str) -> tuple[Any, Any]:
        raise NotOfferedError(f"algo {name} runs over the whole graph only")

    def index_vectors(self, data: Data) -> None:
        # Its bulk loader takes no vectors.
        run = self.database.command
        run("sql", "CREATE PROPERTY Post.embedding ARRAY_OF_FLOATS")
        rows = list(zip(data.post["embedding"], data.post["id"].tolist(), strict=True))
        for start in range(0, len(rows), BATCH_ROWS):
            with self.database.transaction():
                for vector, post in rows[start : start + BATCH_ROWS]:
                    run("sql", "UPDATE Post SET embedding = ? WHERE id = ?", vector, post)
        self.vectors = self.database.create_vector_index(
            "Post", "embedding", DIMENSION, distance_function="cosine"
        )

    def near(self, vector: list[float]) -> list[int]:
        return [found[0].get("id") for found in self.vectors.find_nearest(vector, k=10)]

    def nearest(self, vector: list[float]) -> list[int]:
        text = (
            "SELECT id, vectorCosineSimilarity(embedding, :vector) AS score FROM Post"
            " ORDER BY score DESC LIMIT 10"
        )
        found = self.database.query("sql", text, {"vector": vector})
        return [row["id"] for row in found.to_list()]

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        self.database.command("sql", "CREATE PROPERTY Post.body STRING")
        self.database.command("sql", "CREATE INDEX ON Post(body) FULL_TEXT")

    def best_texts(self, words: str) -> list[int]:
        text = (
            "SELECT id, $score AS score FROM Post WHERE SEARCH_INDEX('Post[body]', ?) = true"
            " ORDER BY $score DESC LIMIT 10"
        )
        return [row["id"] for row in self.database.query("sql", text, words).to_list()]

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        result = self.database.query("opencypher", text, parameters or {})
        return [tuple(row.values()) for row in result.to_list()]

    def write(self, text: str, parameters: Parameters) -> None:
        with self.database.transaction():
            self.database.command("opencypher", text, parameters)

    def close(self) -> None:
        self.database.close()
