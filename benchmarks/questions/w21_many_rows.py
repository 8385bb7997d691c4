"""How long does it take to fetch 100,000 rows, as tuples, as an Arrow table and as a DataFrame?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.question import NotOfferedError, Question, WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

ROWS = 100_000


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer, text = run.peer, run.peer.text_of(run.question)
    sources = np.sort(run.data.knows["src"])
    given = {"high": int(sources[min(ROWS, len(sources) - 1)])}
    chosen = run.data.knows["src"] < given["high"]
    sums = [int(run.data.knows[key][chosen].sum()) for key in ("src", "since")]
    right = [int(chosen.sum()), *sums]
    for form in ("tuples", "arrow", "pandas"):
        title = f"{right[0] // 1_000 * 1_000 or right[0]:,} rows as {form}"
        try:
            fetch = _fetcher(peer, text, form)
            found = _summary(fetch(given), form)
        except NotOfferedError as error:
            yield title, {"why": str(error)}
            continue
        if found != right:
            raise WrongAnswerError(f"{form}: {found}, not {right}")
        yield title, run.timed(fetch, [given])


def _fetcher(peer: Any, text: str, form: str) -> Any:
    if form == "tuples":
        return lambda given: list(map(tuple, peer.ask(text, given)))
    return lambda given: peer.table(text, given, form)


def _summary(found: Any, form: str) -> list[int]:
    if form == "tuples":
        return [len(found), sum(row[0] for row in found), sum(row[2] for row in found)]
    if form == "arrow":
        return [found.num_rows, *(int(found.column(place).to_numpy().sum()) for place in (0, 2))]
    return [len(found), *(int(found.iloc[:, place].sum()) for place in (0, 2))]


QUESTION = Question(
    key="W21",
    title="many rows",
    measure=measure,
    cypher=(
        "MATCH (a:Person)-[r:KNOWS]->(b:Person) WHERE a.id < $high"
        " RETURN a.id AS a, b.name AS b, r.since AS since"
    ),
    sql=(
        "SELECT k.src, p.name, k.since FROM knows k JOIN person p ON p.id = k.dst WHERE k.src < :high"
    ),
)
