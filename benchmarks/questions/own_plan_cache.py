"""What does a statement cost that was never seen, and one whose plan is known?"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from benchmarks.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    numbers = count()
    person = {"id": int(run.reference.ids[0])}
    known = "MATCH (p:Person {id: $id}) RETURN p.name AS name"
    run.check(run.peer.ask(known, person), [(run.data.person["name"][0],)])
    yield "plan cache hit", run.timed(lambda text: run.peer.ask(text, person), [known])
    new = "MATCH (p:Person {{id: $id}}) RETURN p.name AS name{}"
    ask = lambda _: run.peer.ask(new.format(next(numbers)), person)  # noqa: E731
    yield "plan cache miss", run.timed(ask, [None])


QUESTION = Question(key="own", title="plan cache", measure=measure, is_own=True)
