"""How long does a durable commit take, alone and with eight writers at once?"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from benchmarks.question import (
    Question,
    WrongAnswerError,
    centiles,
    new_persons,
    person_count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

WRITERS = 8


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    text = run.peer.text_of(run.question)
    for writers in (1, WRITERS):
        title = "durable commit, alone" if writers == 1 else f"durable commit, {writers} writers"
        before = person_count(run.peer)
        times, seconds, errors = _write(run, text, writers)
        if errors:
            yield title, {"error": errors[0]}
        elif person_count(run.peer) != before + len(times):
            raise WrongAnswerError("a committed node is missing")
        elif run.is_quick:
            yield title, {}
        else:
            yield title, centiles(times)
            if writers > 1:
                yield f"{title}, together", {"per_second": len(times) / seconds}


def _write(run: Run, text: str, writers: int) -> tuple[list[float], float, list[str]]:
    times: list[float] = []
    errors: list[str] = []
    begun = time.perf_counter()
    end = begun + run.seconds

    def write(number: int) -> None:
        try:
            peer = run.peer if writers == 1 else run.peer.in_thread()
            for person in new_persons(run.data, 10 + writers + number):
                began = time.perf_counter()
                peer.write(text, {"id": person["id"], "name": person["name"]})
                times.append(time.perf_counter() - began)
                if time.perf_counter() > end or run.is_quick:
                    return
        except Exception as error:  # noqa: BLE001 - a peer may fail in its own ways
            errors.append(f"{type(error).__name__}: {error}"[:200])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - begun, errors


QUESTION = Question(
    key="W2",
    title="durable commit",
    measure=measure,
    cypher="CREATE (p:Person {id: $id, name: $name, age: 30, city: 'Newtown', created: $id})",
    sql="INSERT INTO person VALUES (:id, :name, 30, 'Newtown', :id)",
)
