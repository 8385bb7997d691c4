"""How long does it take to delete 1,000 persons with all their relationships, durably?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.question import Question, WrongAnswerError, centiles, person_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

TIMES = 3


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer, text = run.peer, run.peer.text_of(run.question)
    everyone = run.data.person["id"]
    count = min(1_000, len(everyone) // 10)
    # Not the first ones: they are asked for once more at the end.
    doomed = np.random.default_rng(1).permutation(everyone[len(everyone) // 2 :])
    before = person_count(peer)
    times: list[float] = []
    for start in range(0, (1 if run.is_quick else TIMES) * count, count):
        ids = sorted(doomed[start : start + count].tolist())
        began = time.perf_counter()
        peer.write(text, {"ids": peer.as_list(ids)})
        times.append(time.perf_counter() - began)
    if person_count(peer) != before - count * len(times):
        raise WrongAnswerError("not as many are gone as should be")
    yield run.question.title, {} if run.is_quick else centiles(times)


_IDS = "(SELECT value FROM json_each(:ids))"
_DUCKDB_IDS = "(SELECT unnest(CAST($ids AS BIGINT[])))"


def _sql(ids: str) -> str:
    parts = [f"DELETE FROM knows WHERE src IN {ids}", f"DELETE FROM knows WHERE dst IN {ids}"]
    parts += [f"DELETE FROM {table} WHERE src IN {ids}" for table in ("created", "likes")]
    return "; ".join([*parts, f"DELETE FROM person WHERE id IN {ids}"])


QUESTION = Question(
    key="W20",
    title="DETACH DELETE of 1,000 persons",
    measure=measure,
    cypher="MATCH (p:Person) WHERE p.id IN $ids DETACH DELETE p",
    sql=_sql(_IDS),
    variants={"duckdb": _sql(_DUCKDB_IDS)},
)
