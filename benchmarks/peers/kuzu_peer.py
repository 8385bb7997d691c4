"""Kuzu, the last release of the original project."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.data import DIMENSION, Data
from benchmarks.peers.peer import Peer as AnyPeer

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
        self.database = self.library.Database(str(folder / f"graph.{self.name}"), max_num_threads=2)
        self.connection = self.library.Connection(self.database)
        self.statements: dict[str, Any] = {}
        for text in TABLES:
            self.connection.execute(text)
        files = (("Person", "person"), ("Post", "post"), ("KNOWS", "knows"), ("CREATED", "created"))
        for table, file in (*files, ("LIKES", "likes")):
            self.connection.execute(f'COPY {table} FROM "{data.parquet(file)}"')
        self.connection.execute("CHECKPOINT")

    def text_of(self, question: Question) -> str:
        # A key in a map is looked up by its index in both forms; WHERE is what its manual shows.
        text = question.variants.get("kuzu", question.cypher)
        return re.sub(
            r"\((\w+):Person \{id: (\$\w+)\}\)(.*?) (RETURN|CREATE)", _with_where, text, count=1
        )

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        if self.prepares and parameters:
            statement = self.statements.get(text)
            if statement is None:
                statement = self.statements[text] = self.connection.prepare(text)
            result = self.connection.execute(statement, parameters)
        else:
            result = self.connection.execute(text, parameters or {})
        try:
            rows: list[Row] = result.get_all()
            return rows
        finally:
            result.close()

    def close(self) -> None:
        self.connection.close()
        self.database.close()


def _with_where(match: re.Match[str]) -> str:
    node, value, rest, clause = match.groups()
    return f"({node}:Person){rest} WHERE {node}.id = {value} {clause}"
