"""What a search should find among the posts, by numpy; and how much of it a peer found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import DIMENSION
from benchmarks.question import WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.data import Data
    from benchmarks.question import Facts, Run

LIMIT = 10
SEARCHES = 50
SATURATION, LENGTH_SHARE = 1.2, 0.75
"""BM25: k1 and b, as Lucene has them."""
ROUNDING = 1e-6
"""Peers add up in 32 bits."""


def measured(
    run: Run,
    ask: Callable[[Any], Sequence[int]],
    sought: Sequence[Any],
    right: Callable[[Any], Sequence[int]],
    least: float,
) -> Facts:
    """Ask for each of what is sought in turn; ``recall`` is the share of the best ten that is found.

    `right` gives all that are as good as the tenth, so that ties may be broken in any way.

    Raises:
        WrongAnswerError: less than `least` of them is.
    """
    checked = sought[: 3 if run.is_quick else SEARCHES]
    shares = [len({*ask(one)} & {*right(one)}) / min(LIMIT, len(right(one))) for one in checked]
    recall = float(np.mean(shares))
    if recall < least:
        raise WrongAnswerError(f"of the right posts only {recall:.0%} are found")
    return {**run.timed(ask, sought), "recall": recall}


def some_vectors(data: Data) -> list[list[float]]:
    """Vectors near those of posts, as lists of Python floats."""
    chance = np.random.default_rng(15)
    vectors = data.post["embedding"]
    near = vectors[chance.integers(0, len(vectors), SEARCHES)]
    near = near + chance.normal(0, 0.5 / DIMENSION**0.5, near.shape)
    lengths = np.linalg.norm(near, axis=1, keepdims=True)
    found: list[list[float]] = (near / lengths).astype(np.float32).tolist()
    return found


def neighbours(data: Data) -> Callable[[Sequence[float]], list[int]]:
    """Of a vector, by cosine."""

    def of(vector: Sequence[float]) -> list[int]:
        scores = data.post["embedding"] @ np.asarray(vector, dtype=np.float32)
        best = np.argsort(-scores, kind="stable")[:LIMIT]
        found: list[int] = data.post["id"][best].tolist()
        return found

    return of


class Texts:
    """The words of all bodies as numbers, one after the other."""

    def __init__(self, data: Data) -> None:
        self.ids = data.post["id"]
        bodies = [body.split() for body in data.post["body"].tolist()]
        self.lengths = np.array([len(body) for body in bodies])
        self.numbers: dict[str, int] = {}
        number_of = self.numbers.setdefault
        self.words = np.fromiter(
            (number_of(word, len(self.numbers)) for body in bodies for word in body),
            dtype=np.int32,
            count=int(self.lengths.sum()),
        )
        self.posts = np.arange(len(bodies)).repeat(self.lengths)

    def some_pairs(self) -> list[str]:
        """A common word and a rarer one, and again."""
        chance = np.random.default_rng(16)
        by_count = np.argsort(-np.bincount(self.words), kind="stable")
        names = list(self.numbers)
        last = len(by_count)
        common = by_count[chance.integers(min(20, last // 8), min(200, last // 4), SEARCHES)]
        rarer = by_count[chance.integers(min(200, last // 4), min(4_000, last), SEARCHES)]
        return [f"{names[one]} {names[other]}" for one, other in zip(common, rarer, strict=True)]

    def best(self, words: str) -> list[int]:
        """The ten posts with any of the words that are the best by BM25, and those as good as the tenth."""
        scores = np.zeros(len(self.ids))
        norm = 1 - LENGTH_SHARE + LENGTH_SHARE * self.lengths / self.lengths.mean()
        for word in words.split():
            counts = np.bincount(
                self.posts[self.words == self.numbers[word]], minlength=len(self.ids)
            )
            having = np.count_nonzero(counts)
            rarity = np.log(1 + (len(self.ids) - having + 0.5) / (having + 0.5))
            scores += rarity * counts / (counts + SATURATION * norm)
        least = max(np.partition(scores, -LIMIT)[-LIMIT], np.nextafter(0, 1))
        found: list[int] = self.ids[scores >= least * (1 - ROUNDING)].tolist()
        return found
