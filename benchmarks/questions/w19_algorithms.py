"""How long do PageRank (20 rounds) and the connected components of all acquaintances take?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.question import NotOfferedError, Question, WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.data import Reference
    from benchmarks.question import Facts, Run

TOP = 20


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    for name, title in (("pagerank", "PageRank, 20 rounds"), ("wcc", "connected components")):
        try:
            _check(name, *run.peer.algorithm(name), run.reference)
        except NotOfferedError as error:
            yield title, {"why": str(error)}
            continue
        yield title, run.timed(run.peer.algorithm, [name])


def _check(name: str, ids: Any, values: Any, reference: Reference) -> None:
    ids, values = np.asarray(ids), np.asarray(values)
    if sorted(ids.tolist()) != reference.ids.tolist():
        raise WrongAnswerError("not a value for each person")
    if name == "wcc":
        ours = np.sort(np.unique(values, return_counts=True)[1])
        theirs = np.sort(np.unique(_components(reference), return_counts=True)[1])
        right = np.array_equal(ours, theirs)
    else:
        best = ids[np.argsort(-values, kind="stable")[:TOP]].tolist()
        wanted = reference.ids[np.argsort(-_ranks(reference), kind="stable")[:TOP]].tolist()
        # Peers differ in what they do with the rank of those who know nobody.
        right = len(set(best) & set(wanted)) >= 0.8 * TOP
    if not right:
        raise WrongAnswerError(f"wrong answer of {name}")


def _ranks(reference: Reference) -> Any:
    count = len(reference.ids)
    degrees = np.diff(reference.offsets)
    sources = np.arange(count).repeat(degrees)
    ranks = np.full(count, 1 / count)
    for _ in range(20):
        sent = (ranks / np.maximum(degrees, 1))[sources]
        lost = ranks[degrees == 0].sum()
        got = np.bincount(reference.targets, weights=sent, minlength=count)
        ranks = 0.15 / count + 0.85 * (got + lost / count)
    return ranks


def _components(reference: Reference) -> Any:
    count = len(reference.ids)
    sources = np.arange(count).repeat(np.diff(reference.offsets))
    labels = np.arange(count)
    while True:
        lower = labels.copy()
        np.minimum.at(lower, sources, labels[reference.targets])
        np.minimum.at(lower, reference.targets, labels[sources])
        lower = lower[lower]
        if (lower == labels).all():
            return labels
        labels = lower


QUESTION = Question(key="W19", title="algorithms", measure=measure)
