"""How long does it take to change one property, durably?"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from benchmarks.question import Question, WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer, text = run.peer, run.peer.text_of(run.question)
    ids = run.data.person["id"][:: max(1, len(run.data.person["id"]) // 500)].tolist()
    ages: dict[int, int] = {}
    numbers = count()

    def update(person: int) -> None:
        # Another age each time: what changes nothing need not be written.
        ages[person] = 100 + next(numbers)
        peer.write(text, {"id": person, "age": ages[person]})

    for person in ids[:3]:
        update(person)
    facts = run.timed(update, ids)
    person = ids[1]
    read = (
        f"SELECT age FROM person WHERE id = {person}"
        if peer.speaks == "sql"
        else f"MATCH (p:Person) WHERE p.id = {person} RETURN p.age"
    )
    if peer.ask(read, {})[0][0] != ages[person]:
        raise WrongAnswerError("a committed change is missing")
    yield run.question.title, facts


QUESTION = Question(
    key="W12",
    title="update of one property, durable",
    measure=measure,
    cypher="MATCH (p:Person {id: $id}) SET p.age = $age",
    sql="UPDATE person SET age = :age WHERE id = :id",
    variants={"kuzu": "MATCH (p:Person) WHERE p.id = $id SET p.age = $age"},
)
