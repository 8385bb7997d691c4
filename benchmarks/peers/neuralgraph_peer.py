"""neuralgraph itself, by its public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import neuralgraph
from benchmarks.peers.peer import Peer as AnyPeer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row


class Peer(AnyPeer):
    """Durability ``full``, the default."""

    def version(self) -> str:
        # Public names load on first use: now, as the other peers' do when they are imported.
        assert callable(neuralgraph.open)
        return neuralgraph.__version__

    def load(self, data: Data, folder: Path) -> None:
        self.open(folder)
        graph = self.graph
        graph.load_nodes("Person", data.parquet("person"), key="id")
        graph.load_nodes("Post", data.parquet("post"), key="id")
        person, post = ("Person", "src"), ("Post", "dst")
        graph.load_relationships(
            "KNOWS", data.parquet("knows"), source=person, target=("Person", "dst")
        )
        graph.load_relationships("CREATED", data.parquet("created"), source=person, target=post)
        graph.load_relationships("LIKES", data.parquet("likes"), source=person, target=post)
        graph.execute("CREATE INDEX FOR (p:Person) ON (p.created)")
        graph.checkpoint()

    def open(self, folder: Path) -> None:
        self.graph = neuralgraph.open(folder / "graph.ngdb")

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        return self.graph.execute(text, parameters).to_tuples()

    def write(self, text: str, parameters: Parameters) -> None:
        self.graph.execute(text, parameters)

    def table(self, text: str, parameters: Parameters, form: str) -> Any:
        result = self.graph.execute(text, parameters)
        return result.to_arrow() if form == "arrow" else result.to_pandas()

    def algorithm(self, name: str) -> tuple[Any, Any]:
        value = {"pagerank": "score", "wcc": "component"}[name]
        settings = "{labels: ['Person'], types: ['KNOWS']}"
        columns = self.graph.execute(
            f"CALL algo.{name}({settings}) YIELD node, {value} RETURN node.id AS id, {value} AS value"
        ).to_numpy()
        return columns["id"], columns["value"]

    def index_vectors(self, data: Data) -> None:  # noqa: ARG002
        self.graph.execute(
            "CREATE VECTOR INDEX post_vectors FOR (p:Post) ON (p.embedding) OPTIONS {indexConfig:"
            " {`vector.similarity_function`: 'cosine'}}"
        )
        self.graph.execute("CALL db.awaitIndexes()")

    def near(self, vector: list[float]) -> list[int]:
        return self._ids(
            "CALL db.index.vector.queryNodes('post_vectors', 10, $vector) YIELD node RETURN node.id",
            vector=vector,
        )

    def nearest(self, vector: list[float]) -> list[int]:
        return self._ids(
            "CALL neural.search('post_vectors', $vector, {limit: 10, exact: true}) YIELD entity"
            " RETURN entity.id",
            vector=vector,
        )

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        self.graph.execute("CREATE FULLTEXT INDEX post_texts FOR (p:Post) ON EACH [p.body]")
        self.graph.execute("CALL db.awaitIndexes()")

    def best_texts(self, words: str) -> list[int]:
        return self._ids(
            "CALL db.index.fulltext.queryNodes('post_texts', $words, {limit: 10}) YIELD node"
            " RETURN node.id",
            words=words,
        )

    def _ids(self, text: str, **parameters: Any) -> list[int]:
        return [row[0] for row in self.graph.execute(text, parameters)]

    def close(self) -> None:
        self.graph.close()
