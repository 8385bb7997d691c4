"""SQLite: tables without row ids, write-ahead log, synchronous=FULL."""

from __future__ import annotations

import json
import sqlite3
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.peers.peer import Peer as AnyPeer
from benchmarks.question import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row

TABLES = """
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, age INTEGER, city TEXT, created INTEGER);
CREATE TABLE post(id INTEGER PRIMARY KEY, title TEXT, body TEXT, length INTEGER, embedding BLOB);
CREATE TABLE knows(src INTEGER, dst INTEGER, since INTEGER, PRIMARY KEY (src, dst)) WITHOUT ROWID;
CREATE TABLE created(src INTEGER, dst INTEGER, PRIMARY KEY (src, dst)) WITHOUT ROWID;
CREATE TABLE likes(src INTEGER, dst INTEGER, at INTEGER, PRIMARY KEY (src, dst)) WITHOUT ROWID;
"""


class Peer(AnyPeer):
    """Reads the Parquet files into Python rows first, since it has no reader of its own."""

    speaks = "sql"

    def version(self) -> str:
        return sqlite3.sqlite_version

    def load(self, data: Data, folder: Path) -> None:
        self.open(folder)
        connection = self.connection
        connection.executescript(TABLES)
        for table, columns in data.tables().items():
            values = [
                [vector.tobytes() for vector in column] if column.ndim == 2 else column.tolist()
                for column in columns.values()
            ]
            rows = sorted(zip(*values, strict=True))
            marks = ", ".join("?" * len(values))
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.execute("COMMIT")
        connection.execute("CREATE INDEX knows_back ON knows(dst, src)")
        connection.execute("CREATE INDEX person_created ON person(created)")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def open(self, folder: Path) -> None:
        self.folder = folder
        self.connection = connection = sqlite3.connect(
            folder / "graph.sqlite", isolation_level=None, check_same_thread=False, timeout=60
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-500000"):
            connection.execute(f"PRAGMA {pragma}")

    def in_thread(self) -> AnyPeer:
        other = Peer(self.name)
        other.open(self.folder)
        return other

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        return self.connection.execute(text, parameters).fetchall()

    def write(self, text: str, parameters: Parameters) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for statement in text.split(";"):
            self.connection.execute(statement, parameters)
        self.connection.execute("COMMIT")

    def write_rows(self, text: str, rows: list[Parameters]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for statement in text.split(";"):
            self.connection.executemany(statement, rows)
        self.connection.execute("COMMIT")

    def as_list(self, values: list[int]) -> Any:
        return json.dumps(values)

    def table(self, text: str, parameters: Parameters, form: str) -> Any:
        if form != "pandas":
            raise NotOfferedError(f"no results as {form}")
        pandas: Any = import_module("pandas")
        return pandas.read_sql_query(text, self.connection, params=parameters)

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        run = self.connection.execute
        run("CREATE VIRTUAL TABLE texts USING fts5(body, content='post', content_rowid='id')")
        run("INSERT INTO texts(texts) VALUES ('rebuild')")

    def best_texts(self, words: str) -> list[int]:
        text = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 10"
        found = self.connection.execute(text, [" OR ".join(words.split())])
        return [row[0] for row in found]

    def close(self) -> None:
        self.connection.close()
