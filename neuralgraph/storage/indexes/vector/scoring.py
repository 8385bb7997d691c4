"""Comparing one vector with many: quickly in 32 bits to see which may be the best, then exactly."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from neuralgraph.access.vectors import Metric, VectorSettings
    from neuralgraph.values.arrays import Float32Array, Int64Array

_UNIT_TOLERANCE: Final = 1e-6
_SLACK: Final = 1e-6
"""How far 32-bit sums may be off, as a share of the lengths that go into them, by root of the dimension."""
_PRODUCT_ITEMS: Final = 1 << 18
_RUN: Final = 64
"""The best of so many scores speaks for all of them in the first look."""


def prepared(settings: VectorSettings, vectors: Float32Array) -> tuple[Float32Array, bool]:
    """Vectors as an index compares them, and whether they are what they were.

    Under cosine they are made of length 1, but for those that are so already.
    """
    if settings.metric != "cosine" or len(vectors) == 0:
        return vectors, True
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    if bool((np.abs(lengths - 1.0) <= _UNIT_TOLERANCE).all()):
        return vectors, True
    return (vectors / lengths[:, None]).astype(np.float32), False


def prepared_one(settings: VectorSettings, vector: Float32Array) -> Float32Array:
    """`prepared` for a vector that is sought."""
    if settings.metric != "cosine":
        return vector
    wide = vector.astype(np.float64)
    length = sqrt(float(wide @ wide))
    if abs(length - 1.0) <= _UNIT_TOLERANCE:
        return vector
    return (wide / length).astype(np.float32)


def squared_lengths(vectors: Float32Array) -> Float32Array:
    """Of each vector; shape (rows,)."""
    return np.asarray(np.einsum("ij,ij->i", vectors, vectors))


def rough_scores(
    metric: Metric, vectors: Float32Array, lengths: Float32Array | None, sought: Float32Array
) -> Float32Array:
    """The higher, the nearer; in 32 bits. `lengths` are squared, and only Euclid asks for them."""
    # Not all at once: for so much BLAS wakes threads, which wait for one another where others compute, too.
    dots = np.empty(len(vectors), dtype=np.float32)
    step = max(1, _PRODUCT_ITEMS // max(1, vectors.shape[1]))
    for start in range(0, len(vectors), step):
        np.dot(vectors[start : start + step], sought, out=dots[start : start + step])
    if metric != "euclidean":
        return dots
    assert lengths is not None
    return 2 * dots - lengths


def slack_of(
    metric: Metric, lengths: Float32Array | None, sought: Float32Array, longest: float
) -> float:
    """By how much a rough score may be wrong."""
    slack = _SLACK * float(np.sqrt(len(sought)))
    length = float(np.sqrt(np.einsum("i,i->", sought, sought)))
    if metric != "euclidean" or lengths is None:
        return slack * max(length * longest, 1e-30)
    return slack * (length + longest) ** 2


def promising(scores: Float32Array, count: int, slack: float) -> Int64Array:
    """Rows that may be among the `count` best once they are scored exactly; `-inf` never is."""
    rows = len(scores)
    if rows < 16 * _RUN or count * _RUN * 2 > rows:
        if rows <= count:
            return np.flatnonzero(scores > -np.inf)
        least = np.partition(scores, rows - count)[rows - count]
    else:
        # As many groups as are sought have a best score of at least this one: so have as many rows.
        # Of each group the rows stand far apart, for numpy compares long rows with each other the fastest.
        whole = rows - rows % _RUN
        best = scores[:whole].reshape(_RUN, -1).max(axis=0)
        least = np.partition(best, len(best) - count)[len(best) - count]
    if least == -np.inf:
        return np.flatnonzero(scores > -np.inf)
    return np.flatnonzero(scores >= least - slack)
