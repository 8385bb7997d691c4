"""How many rows a second in durable transactions of 100 new nodes and 100 new relationships?"""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.question import Question, WrongAnswerError, new_persons, person_count
from benchmarks.questions.w2_durable_transaction import SQL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

ROWS = 100
_CREATE = (
    " CREATE (p:Person {id: r.id, name: r.name, age: 30, city: 'Newtown', created: r.id})"
    "-[:KNOWS {since: 2025}]->(b)"
)


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer, text = run.peer, run.peer.text_of(run.question)
    before = person_count(peer)
    persons = new_persons(run.data, 1)
    peer.write_rows(text, list(islice(persons, ROWS)))
    batches, spent = 0, 0.0
    while spent < run.seconds and not (run.is_quick and batches):
        rows = list(islice(persons, ROWS))
        began = time.perf_counter()
        peer.write_rows(text, rows)
        spent += time.perf_counter() - began
        batches += 1
    if person_count(peer) != before + ROWS * (batches + 1):
        raise WrongAnswerError("a committed node is missing")
    yield run.question.title, {} if run.is_quick else {"per_second": ROWS * batches / spent}


QUESTION = Question(
    key="W2",
    title="rows in durable transactions of 100",
    measure=measure,
    cypher="UNWIND $rows AS r MATCH (b:Person {id: r.to})" + _CREATE,
    sql=SQL,
    variants={
        "kuzu": "UNWIND $rows AS r MATCH (b:Person) WHERE b.id = r.to" + _CREATE,
        "duckdb": (
            "INSERT INTO person SELECT unnest(CAST($id AS BIGINT[])), unnest(CAST($name AS VARCHAR[])),"
            " 30, 'Newtown', unnest(CAST($id AS BIGINT[]));"
            " INSERT INTO knows SELECT unnest(CAST($id AS BIGINT[])), unnest(CAST($to AS BIGINT[])), 2025"
        ),
    },
)
