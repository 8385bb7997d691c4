"""Which ten posts fit two words best, by BM25?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.question import Question
from benchmarks.search_reference import Texts, measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

TITLE = "best 10 texts of two words"
RECALL_MIN = 0.2
"""Peers break ties in their own ways, and some score by other formulas."""


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    texts = Texts(run.data)
    yield TITLE, measured(run, run.peer.best_texts, texts.some_pairs(), texts.best, RECALL_MIN)


QUESTION = Question(key="W16", title=TITLE, measure=measure)
