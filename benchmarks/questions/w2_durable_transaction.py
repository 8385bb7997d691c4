"""How many durable transactions a second, each with one new node and one new relationship?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.question import Question, WrongAnswerError, new_persons, person_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

CYPHER = (
    "MATCH (b:Person {id: $to}) CREATE (p:Person {id: $id, name: $name, age: 30, city: 'Newtown',"
    " created: $id})-[:KNOWS {since: 2025}]->(b)"
)
SQL = (
    "INSERT INTO person VALUES (:id, :name, 30, 'Newtown', :id);"
    " INSERT INTO knows VALUES (:id, :to, 2025)"
)


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer, text = run.peer, run.peer.text_of(run.question)
    before = person_count(peer)
    done, began = 0, time.perf_counter()
    end = began + run.seconds
    for person in new_persons(run.data, 0):
        peer.write(text, person)
        done += 1
        if time.perf_counter() > end or (run.is_quick and done == 5):
            break
    seconds = time.perf_counter() - began
    if person_count(peer) != before + done:
        raise WrongAnswerError("a committed node is missing")
    yield run.question.title, {} if run.is_quick else {"per_second": done / seconds, "runs": done}


QUESTION = Question(
    key="W2",
    title="one node + relationship per durable transaction",
    measure=measure,
    cypher=CYPHER,
    sql=SQL,
)
