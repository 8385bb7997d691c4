"""How long does a read wait while a checkpoint runs?"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from benchmarks.question import Question, centiles
from benchmarks.questions.w3_point_lookup import QUESTION as LOOKUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer: Any = run.peer
    given = list(LOOKUP.parameters(run.data))[-50:]
    yield (
        "point lookup, nothing else going on",
        run.timed(lambda parameters: peer.ask(LOOKUP.cypher, parameters), given),
    )
    times: list[float] = []
    checkpoints = 0
    end = time.perf_counter() + run.seconds
    while not checkpoints or (time.perf_counter() < end and not run.is_quick):
        peer.graph.execute("MATCH (p:Person) SET p.age = p.age + 1").consume()
        thread = threading.Thread(target=peer.graph.checkpoint)
        thread.start()
        while thread.is_alive():
            began = time.perf_counter()
            peer.ask(LOOKUP.cypher, given[len(times) % len(given)])
            times.append(time.perf_counter() - began)
        thread.join()
        checkpoints += 1
    if run.is_quick:
        yield "point lookup while a checkpoint runs", {}
        return
    yield "point lookup while a checkpoint runs", centiles(times)
    yield "the longest of them", {"median_ms": max(times) * 1e3, "p99_ms": max(times) * 1e3}


QUESTION = Question(key="own", title="checkpoint", measure=measure, is_own=True)
