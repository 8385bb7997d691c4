"""How many queries a second do several threads get answered together?"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from benchmarks.question import Question, WrongAnswerError
from benchmarks.questions.w5_two_hops import QUESTION as HOPS
from benchmarks.questions.w9_likes_by_city import QUESTION as CITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    for asked, words in ((HOPS, "2 hops"), (CITIES, "likes by city")):
        text = run.peer.text_of(asked)
        given = list(asked.parameters(run.data))
        run.check(run.peer.ask(text, given[0]), asked.expected(run.reference, given[0]))
        for threads in (1, 2, 4):
            facts = {} if run.is_quick else _together(run, text, given, threads)
            yield f"{words}, {threads} thread{'s' if threads > 1 else ''}", facts


def _together(run: Run, text: str, given: list[dict[str, int]], threads: int) -> Facts:
    counts = [0] * threads
    errors: list[str] = []
    barrier = threading.Barrier(threads + 1)
    stop = threading.Event()

    def ask(number: int) -> None:
        try:
            peer = run.peer.in_thread()
            peer.ask(text, given[0])
            barrier.wait()
            place = number * 7
            while not stop.is_set():
                peer.ask(text, given[place % len(given)])
                counts[number] += 1
                place += 1
        except Exception as error:  # noqa: BLE001 - a peer may fail in its own ways
            errors.append(f"{type(error).__name__}: {error}"[:200])
            barrier.abort()

    workers = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    try:
        barrier.wait()
    except threading.BrokenBarrierError:
        raise WrongAnswerError(errors[0]) from None
    began = time.perf_counter()
    time.sleep(run.seconds)
    stop.set()
    for worker in workers:
        worker.join()
    if errors:
        raise WrongAnswerError(errors[0])
    return {"per_second": sum(counts) / (time.perf_counter() - began)}


QUESTION = Question(key="W18", title="threads", measure=measure)
