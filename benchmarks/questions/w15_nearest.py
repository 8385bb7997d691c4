"""Which ten posts have vectors near one, by the index?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.question import Question
from benchmarks.search_reference import measured, neighbours, some_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

TITLE = "nearest 10, approximately"
RECALL_MIN = 0.5


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    sought = some_vectors(run.data)
    yield TITLE, measured(run, run.peer.near, sought, neighbours(run.data), RECALL_MIN)


QUESTION = Question(key="W15", title=TITLE, measure=measure)
