"""How long does it take to make an index over the vectors of all posts?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

TITLE = "vector index of all posts"


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    began = time.perf_counter()
    run.peer.index_vectors(run.data)
    took_s = time.perf_counter() - began
    yield TITLE, {} if run.is_quick else {"seconds": took_s, "rows": len(run.data.post["id"])}


QUESTION = Question(key="W15", title=TITLE, measure=measure)
