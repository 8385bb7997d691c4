"""stDev() and stDevP()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.functions.aggregates.states import grown, not_a_number, present
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence


class Deviation:
    """Standard deviation; count, mean and squared distances by group, merged batch by batch.

    Distances are taken from the mean of the batch, so that large numbers close together keep their
    digits. Fewer than two values of a sample, and none of a population, deviate by 0.0.
    """

    __slots__ = ("_counts", "_means", "_missing", "_squares")

    def __init__(self, *, is_sample: bool) -> None:
        self._missing = 1 if is_sample else 0
        self._counts: Any = np.zeros(1)
        self._means: Any = np.zeros(1)
        self._squares: Any = np.zeros(1)

    @staticmethod
    def of_sample() -> Deviation:
        """StDev."""
        return Deviation(is_sample=True)

    @staticmethod
    def of_population() -> Deviation:
        """StDevP."""
        return Deviation(is_sample=False)

    def _grow(self, group_count: int) -> None:
        self._counts = grown(self._counts, group_count)
        self._means = grown(self._means, group_count)
        self._squares = grown(self._squares, group_count)

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch; raises QueryTypeError for what is not a number."""
        self._grow(group_count)
        rows, values = present(groups, _numbers(arguments[0]))
        if not len(values):
            return
        values = values.astype(np.float64)
        counts = np.bincount(rows, minlength=group_count).astype(np.float64)
        safe = np.where(counts > 0, counts, 1.0)
        means = np.bincount(rows, weights=values, minlength=group_count) / safe
        distances = values - means[rows]
        squares = np.bincount(rows, weights=distances * distances, minlength=group_count)
        before = self._counts[:group_count]
        total = before + counts
        gap = means - self._means[:group_count]
        share = counts / np.where(total > 0, total, 1.0)
        self._squares[:group_count] += squares + gap * gap * before * share
        self._means[:group_count] += gap * share
        self._counts[:group_count] = total

    def finish(self, group_count: int) -> Column:
        """FLOAT, shape (group_count,)."""
        self._grow(group_count)
        divisors = self._counts[:group_count] - self._missing
        variances = self._squares[:group_count] / np.where(divisors > 0, divisors, 1.0)
        deviations = np.where(divisors > 0, np.sqrt(variances), 0.0)
        return Column.of_array(Kind.FLOAT, deviations)


def _numbers(column: Column) -> Column:
    """The column as INTEGER or FLOAT."""
    if column.kind in (Kind.INTEGER, Kind.FLOAT):
        return column
    items = column.to_values()
    for item in items:
        if item is not None and type(item) not in (int, float):
            raise not_a_number("stDev", item)
    return Column.of_list(Kind.FLOAT, [None if item is None else float(item) for item in items])
