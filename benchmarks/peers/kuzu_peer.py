"""Kuzu, the last release of the original project."""

from __future__ import annotations

import re
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.data import DIMENSION, Data
from benchmarks.peers.peer import Peer as AnyPeer
from benchmarks.question import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.question import Parameters, Question, Row

TABLES = (
    "CREATE NODE TABLE Person(id INT64 PRIMARY KEY, name STRING, age INT64, city STRING, created INT64)",
    (
        f"CREATE NODE TABLE Post(id INT64 PRIMARY KEY, title STRING, body STRING, length INT64,"
        f" embedding FLOAT[{DIMENSION}])"
    ),
    "CREATE REL TABLE KNOWS(FROM Person TO Person, since INT64)",
    "CREATE REL TABLE CREATED(FROM Person TO Post)",
    "CREATE REL TABLE LIKES(FROM Person TO Post, at INT64)",
)


class Peer(AnyPeer):
    """Statements are prepared once and kept, as its manual advises."""

    prepares = True

    def version(self) -> str:
        self.library: Any = import_module(self.name)
        return str(self.library.__version__)

    def load(self, data: Data, folder: Path) -> None:
        self.open(folder)
        for text in TABLES:
            self.connection.execute(text)
        files = (("Person", "person"), ("Post", "post"), ("KNOWS", "knows"), ("CREATED", "created"))
        for table, file in (*files, ("LIKES", "likes")):
            self.connection.execute(f'COPY {table} FROM "{data.parquet(file)}"')
        self.connection.execute("CHECKPOINT")

    def open(self, folder: Path) -> None:
        self.database = self.library.Database(str(folder / f"graph.{self.name}"), max_num_threads=2)
        self.writing = threading.Lock()
        self._connect()

    def _connect(self) -> None:
        self.connection = self.library.Connection(self.database)
        self.statements: dict[str, Any] = {}
        self.is_projected = False

    def in_thread(self) -> AnyPeer:
        other = type(self)(self.name)
        other.library, other.database = self.library, self.database
        other.writing = self.writing
        other._connect()  # noqa: SLF001 - another one of the same class
        return other

    def text_of(self, question: Question) -> str:
        # A key in a map is looked up by its index in both forms; WHERE is what its manual shows.
        text = question.variants.get("kuzu", question.cypher)
        if not text:
            raise NotOfferedError("not in Cypher")
        return re.sub(
            r"\((\w+):Person \{id: (\$\w+)\}\)(.*?) (RETURN|CREATE)", _with_where, text, count=1
        )

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        result = self._run(text, parameters)
        try:
            rows: list[Row] = result.get_all()
            return rows
        finally:
            result.close()

    def write(self, text: str, parameters: Parameters) -> None:
        # It refuses a second writer, and leaves waiting to the caller.
        with self.writing:
            self._run(text, parameters).close()

    def table(self, text: str, parameters: Parameters, form: str) -> Any:
        result = self._run(text, parameters)
        return result.get_as_arrow() if form == "arrow" else result.get_as_df()

    def algorithm(self, name: str) -> tuple[Any, Any]:
        self._need("its algorithms")
        if not self.is_projected:
            self.connection.execute("CALL PROJECT_GRAPH('G', ['Person'], ['KNOWS'])")
            self.is_projected = True
        call = {
            "pagerank": "page_rank('G', dampingFactor := 0.85, maxIterations := 20, tolerance := 0.0)",
            "wcc": "weakly_connected_components('G')",
        }[name]
        value = {"pagerank": "rank", "wcc": "group_id"}[name]
        table = self.connection.execute(f"CALL {call} RETURN node.id, {value}").get_as_arrow()
        return table.column(0).to_numpy(), table.column(1).to_numpy()

    def index_vectors(self, data: Data) -> None:  # noqa: ARG002
        self._need("its vector indexes")
        self.connection.execute(
            "CALL CREATE_VECTOR_INDEX('Post', 'post_vectors', 'embedding', metric := 'cosine')"
        )

    def near(self, vector: list[float]) -> list[int]:
        self._need("its vector indexes")
        text = (
            "CALL QUERY_VECTOR_INDEX('Post', 'post_vectors', $vector, 10) RETURN node.id, distance"
            " ORDER BY distance"
        )
        return [row[0] for row in self.ask(text, {"vector": vector})]

    def nearest(self, vector: list[float]) -> list[int]:
        text = (
            f"MATCH (p:Post) RETURN p.id, array_cosine_similarity(p.embedding, CAST($vector AS"
            f" FLOAT[{DIMENSION}])) AS score ORDER BY score DESC LIMIT 10"
        )
        return [row[0] for row in self.ask(text, {"vector": vector})]

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        self._need("its full-text indexes")
        self.connection.execute("CALL CREATE_FTS_INDEX('Post', 'post_texts', ['body'])")

    def best_texts(self, words: str) -> list[int]:
        self._need("its full-text indexes")
        text = (
            "CALL QUERY_FTS_INDEX('Post', 'post_texts', $words, top := 10) RETURN node.id, score"
            " ORDER BY score DESC LIMIT 10"
        )
        return [row[0] for row in self.ask(text, {"words": words})]

    def _need(self, what: str) -> None:
        if self.name != "kuzu":
            raise NotOfferedError(f"{what} are an extension that is downloaded")

    def _run(self, text: str, parameters: Parameters) -> Any:
        if self.prepares and parameters:
            statement = self.statements.get(text)
            if statement is None:
                statement = self.statements[text] = self.connection.prepare(text)
            return self.connection.execute(statement, parameters)
        return self.connection.execute(text, parameters or {})

    def close(self) -> None:
        self.connection.close()
        self.database.close()


def _with_where(match: re.Match[str]) -> str:
    node, value, rest, clause = match.groups()
    return f"({node}:Person){rest} WHERE {node}.id = {value} {clause}"
