"""DuckDB: SQL over tables with primary keys."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.data import DIMENSION, Data
from benchmarks.peers.peer import Peer as AnyPeer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.question import Parameters, Question, Row


class Peer(AnyPeer):
    """Two threads, syncs every commit."""

    speaks = "sql"

    def version(self) -> str:
        self.library: Any = import_module("duckdb")
        return str(self.library.__version__)

    def load(self, data: Data, folder: Path) -> None:
        self.connection = self.library.connect(str(folder / "graph.duckdb"), config={"threads": 2})
        run = self.connection.execute
        run(
            "CREATE TABLE person(id BIGINT PRIMARY KEY, name VARCHAR, age BIGINT, city VARCHAR,"
            " created BIGINT)"
        )
        run(
            "CREATE TABLE post(id BIGINT PRIMARY KEY, title VARCHAR, body VARCHAR, length BIGINT,"
            f" embedding FLOAT[{DIMENSION}])"
        )
        for table in ("person", "post"):
            run(f"INSERT INTO {table} SELECT * FROM '{data.parquet(table)}'")
        for table in ("knows", "created", "likes"):
            run(f"CREATE TABLE {table} AS SELECT * FROM '{data.parquet(table)}' ORDER BY src, dst")
        run("CREATE INDEX knows_out ON knows(src)")
        run("CHECKPOINT")

    def text_of(self, question: Question) -> str:
        return super().text_of(question).replace(":", "$")

    def literal_text(self, text: str, parameters: Parameters) -> str:
        return super().literal_text(text.replace("$", ":"), parameters)

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        rows: list[Row] = self.connection.execute(text, parameters or None).fetchall()
        return rows

    def write(self, text: str, parameters: Parameters) -> None:
        self.connection.execute("BEGIN")
        for statement in text.split(";"):
            used = {name: value for name, value in parameters.items() if f"${name}" in statement}
            self.connection.execute(statement, used)
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()
