"""Similarity of vectors: float32 arrays or lists of numbers of the same length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.arguments import out_of_range, wrong_type
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]


def _as_vector(name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(np.float64)
    if type(value) is list and value and all(type(item) in (int, float) for item in value):
        return np.array(value, dtype=np.float64)
    raise wrong_type(name, value, "vectors or lists of numbers")


def _cosine(left: Matrix, right: Matrix) -> Matrix:
    """(1 + cosine) / 2 along the last axis; NaN for a vector of zeros."""
    dots = np.einsum("ij,ij->i", left, np.broadcast_to(right, left.shape))
    lengths = np.sqrt(np.einsum("ij,ij->i", left, left)) * np.sqrt(
        np.einsum("ij,ij->i", right, right)
    )
    with np.errstate(all="ignore"):
        cosines = np.clip(dots / lengths, -1.0, 1.0)
    return np.asarray((1.0 + cosines) / 2.0)


def _euclidean(left: Matrix, right: Matrix) -> Matrix:
    """1 / (1 + squared distance) along the last axis."""
    gaps = left - right
    return np.asarray(1.0 / (1.0 + np.einsum("ij,ij->i", gaps, gaps)))


def _similarity(
    name: str, compute: Callable[[Any, Any], Any]
) -> tuple[Callable[..., Any], Callable[..., Column | None]]:
    def scalar(context: CallContext, left: Any, right: Any) -> float | None:  # noqa: ARG001
        one, other = _as_vector(name, left), _as_vector(name, right)
        if len(one) != len(other):
            raise out_of_range(
                f"{name}() takes vectors of equal length, not {len(one)} and {len(other)}"
            )
        result = float(compute(one[None, :], other[None, :])[0])
        return None if result != result else result  # noqa: PLR0124

    def kernel(context: CallContext, left: Column, right: Column) -> Column | None:  # noqa: ARG001
        if left.kind != Kind.VECTOR or right.count not in (1, left.count) or not left.count:
            return None
        other = right.array if right.kind == Kind.VECTOR else _constant(name, right)
        if other is None or right.valid is not None or other.shape[1] != left.array.shape[1]:
            return None
        results = compute(left.array.astype(np.float64), other.astype(np.float64))
        valid = ~np.isnan(results)
        if left.valid is not None:
            valid &= left.valid
        return Column.of_array(Kind.FLOAT, results, None if valid.all() else valid)

    return scalar, kernel


def _constant(name: str, column: Column) -> Any:
    """A single list of numbers as a matrix of one row; None when there are more."""
    value = column.to_list()[0]
    if column.count != 1 or value is None:
        return None
    return _as_vector(name, value)[None, :]


_COSINE = _similarity("vector.similarity.cosine", _cosine)
_EUCLIDEAN = _similarity("vector.similarity.euclidean", _euclidean)
_V: Final = "LIST|VECTOR"

FUNCTIONS: Final = (
    Function("vector.similarity.cosine", (_V, _V), "FLOAT", _COSINE[0], kernel=_COSINE[1],
             category="Vector", description="1.0 for the same direction, 0.0 for the opposite."),
    Function("vector.similarity.euclidean", (_V, _V), "FLOAT", _EUCLIDEAN[0], kernel=_EUCLIDEAN[1],
             category="Vector", description="1.0 for the same place, near 0.0 for far apart."),
)  # fmt: skip
