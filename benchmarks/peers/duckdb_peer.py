"""DuckDB: SQL over tables with primary keys."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.data import DIMENSION, Data
from benchmarks.peers.peer import Peer as AnyPeer
from benchmarks.question import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.question import Parameters, Question, Row


_RANKS = """CREATE OR REPLACE TEMP TABLE found AS
WITH lost AS (SELECT coalesce(sum(value), 0) AS amount FROM found WHERE id NOT IN (SELECT src FROM degrees)),
got AS (SELECT k.dst, sum(f.value / d.n) AS amount FROM knows k JOIN found f ON f.id = k.src
        JOIN degrees d ON d.src = k.src GROUP BY k.dst),
persons AS (SELECT count(*) AS n FROM person)
SELECT f.id, 0.15 / n + 0.85 * (coalesce(got.amount, 0) + lost.amount / n) AS value
FROM found f CROSS JOIN lost CROSS JOIN persons LEFT JOIN got ON got.dst = f.id"""

ALGORITHMS = {
    "pagerank": [
        "CREATE OR REPLACE TEMP TABLE degrees AS SELECT src, count(*) AS n FROM knows GROUP BY src",
        (
            "CREATE OR REPLACE TEMP TABLE found AS SELECT id, 1.0::DOUBLE / (SELECT count(*) FROM person)"
            " AS value FROM person"
        ),
        *[_RANKS] * 20,
    ],
    "wcc": [
        (
            "CREATE OR REPLACE TEMP TABLE ends AS SELECT src AS a, dst AS b FROM knows"
            " UNION ALL SELECT dst, src FROM knows"
        ),
        "CREATE OR REPLACE TEMP TABLE found AS SELECT id, id AS value FROM person",
    ],
}
"""It has none of its own: in SQL, round by round."""

_CAST = f"::FLOAT[{DIMENSION}]"


class Peer(AnyPeer):
    """Two threads, syncs every commit."""

    speaks = "sql"

    def version(self) -> str:
        self.library: Any = import_module("duckdb")
        return str(self.library.__version__)

    def load(self, data: Data, folder: Path) -> None:
        self.open(folder)
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
        run("CREATE INDEX person_created ON person(created)")
        run("CHECKPOINT")

    def open(self, folder: Path) -> None:
        self.connection = self.library.connect(str(folder / "graph.duckdb"), config={"threads": 2})

    def in_thread(self) -> AnyPeer:
        other = Peer(self.name)
        other.library, other.connection = self.library, self.connection.cursor()
        return other

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

    def write_rows(self, text: str, rows: list[Parameters]) -> None:
        self.write(text, {key: [row[key] for row in rows] for key in rows[0]})

    def table(self, text: str, parameters: Parameters, form: str) -> Any:
        result = self.connection.execute(text, parameters)
        return result.to_arrow_table() if form == "arrow" else result.df()

    def algorithm(self, name: str) -> tuple[Any, Any]:
        run = self.connection.execute
        for statement in ALGORITHMS[name]:
            run(statement)
        if name == "wcc":
            self._until_labels_stay()
        columns = run("SELECT id, value FROM found").fetchnumpy()
        return columns["id"], columns["value"]

    def _until_labels_stay(self) -> None:
        run = self.connection.execute
        while True:
            run(
                "CREATE OR REPLACE TEMP TABLE next AS SELECT f.id, least(f.value, coalesce(m.v, f.value))"
                " AS value FROM found f LEFT JOIN (SELECT e.a, min(o.value) AS v FROM ends e"
                " JOIN found o ON o.id = e.b GROUP BY e.a) m ON m.a = f.id"
            )
            changed = run(
                "SELECT count(*) FROM found f JOIN next n USING (id) WHERE f.value <> n.value"
            ).fetchall()[0][0]
            run("CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM next")
            if not changed:
                return

    def index_vectors(self, data: Data) -> None:  # noqa: ARG002
        self._extend("vss")
        self.connection.execute("SET hnsw_enable_experimental_persistence = true")
        self.connection.execute(
            "CREATE INDEX post_vectors ON post USING HNSW (embedding) WITH (metric = 'cosine')"
        )

    def near(self, vector: list[float]) -> list[int]:
        self._extend("vss")
        # Only a literal is found in the index.
        text = f"SELECT id FROM post ORDER BY array_cosine_distance(embedding, {vector}{_CAST}) LIMIT 10"
        return [row[0] for row in self.connection.execute(text).fetchall()]

    def nearest(self, vector: list[float]) -> list[int]:
        text = f"SELECT id FROM post ORDER BY array_cosine_distance(embedding, ?{_CAST}) LIMIT 10"
        return [row[0] for row in self.connection.execute(text, [vector]).fetchall()]

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        self._extend("fts")
        self.connection.execute("PRAGMA create_fts_index('post', 'id', 'body')")

    def best_texts(self, words: str) -> list[int]:
        self._extend("fts")
        text = (
            "SELECT id FROM (SELECT id, fts_main_post.match_bm25(id, ?) AS score FROM post)"
            " WHERE score IS NOT NULL ORDER BY score DESC LIMIT 10"
        )
        return [row[0] for row in self.connection.execute(text, [words]).fetchall()]

    def _extend(self, name: str) -> None:
        try:
            self.connection.execute(f"LOAD {name}")
        except self.library.Error as error:
            raise NotOfferedError(f"its {name} extension is downloaded") from error

    def close(self) -> None:
        self.connection.close()
