"""sum() and avg() over numbers and durations.

A sum of integers is exact and an integer, or raises when it leaves 64 bits; one float in the group makes it a
float. The sum of nothing is 0, the mean of nothing null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArithmeticError
from neuralgraph.query.functions.aggregates.states import grown, not_a_number, present
from neuralgraph.values import Column, Duration, Kind, durations
from neuralgraph.values.instants import INT64_MAX, INT64_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXACT_FLOAT_MAX: Final = 2**53
_LISTED_ROWS_MAX: Final = 64


class _Totals:
    """Sums by group, kept apart by type: integers, floats, durations."""

    __slots__ = (
        "_name",
        "_wide",
        "durations",
        "float_counts",
        "floats",
        "integer_counts",
        "integers",
    )

    def __init__(self, name: str, *, wide: bool) -> None:
        self._name = name
        # Wide totals never overflow: integers are added up as floats.
        self._wide = wide
        self.integers: Any = np.zeros(1, dtype=np.float64 if wide else np.int64)
        self.integer_counts: Any = np.zeros(1, dtype=np.int64)
        self.floats: Any = np.zeros(1, dtype=np.float64)
        self.float_counts: Any = np.zeros(1, dtype=np.int64)
        self.durations: dict[int, tuple[Duration, int]] = {}

    def add(self, groups: Any, group_count: int, column: Column) -> None:
        self.grow(group_count)
        if column.kind == Kind.INTEGER:
            rows, values = present(groups, column)
            self._add_integers(rows, values, group_count)
        elif column.kind == Kind.FLOAT:
            rows, values = present(groups, column)
            self._add_floats(rows, values, group_count)
        else:
            self._add_mixed(groups, column.to_values(), group_count)

    def grow(self, group_count: int) -> None:
        self.integers = grown(self.integers, group_count)
        self.integer_counts = grown(self.integer_counts, group_count)
        self.floats = grown(self.floats, group_count)
        self.float_counts = grown(self.float_counts, group_count)

    def _add_integers(self, groups: Any, values: Any, group_count: int) -> None:
        if not len(values):
            return
        if group_count == 1:
            self.integer_counts[0] += len(values)
        else:
            self.integer_counts[:group_count] += np.bincount(groups, minlength=group_count)
        if self._wide:
            self.integers[:group_count] += _float_sums(groups, values, group_count)
            return
        magnitude = max(int(values.max()), -int(values.min())) * len(values)
        before = self.integers[:group_count]
        if magnitude <= INT64_MAX:
            sums = _integer_sums(groups, values, group_count, magnitude)
            total = before + sums
            if (((before ^ total) & (sums ^ total)) < 0).any():
                raise self._overflow()
            self.integers[:group_count] = total
            return
        # Halves of 32 bits cannot overflow in a batch; Python joins them.
        high = _integer_sums(groups, values >> 32, group_count, INT64_MAX)
        low = _integer_sums(groups, values & 0xFFFFFFFF, group_count, INT64_MAX)
        for group, (upper, lower) in enumerate(zip(high.tolist(), low.tolist(), strict=True)):
            total = int(before[group]) + (upper << 32) + lower
            if not INT64_MIN <= total <= INT64_MAX:
                raise self._overflow()
            self.integers[group] = total

    def _overflow(self) -> QueryArithmeticError:
        return QueryArithmeticError(
            f"{self._name}() does not fit in 64 bits", detail="IntegerOverflow"
        )

    def _add_floats(self, groups: Any, values: Any, group_count: int) -> None:
        if not len(values):
            return
        if group_count == 1:
            self.float_counts[0] += len(values)
        else:
            self.float_counts[:group_count] += np.bincount(groups, minlength=group_count)
        self.floats[:group_count] += _float_sums(groups, values, group_count)

    def _add_mixed(self, groups: Any, items: list[Any], group_count: int) -> None:
        integers: list[tuple[int, int]] = []
        floats: list[tuple[int, float]] = []
        for group, item in zip(groups.tolist(), items, strict=True):
            kind = type(item)
            if item is None:
                continue
            if kind is int:
                integers.append((group, item))
            elif kind is float:
                floats.append((group, item))
            elif kind is Duration:
                total, count = self.durations.get(group, (Duration(), 0))
                self.durations[group] = (durations.sum_of(total, item), count + 1)
            else:
                raise not_a_number(self._name, item)
        if integers:
            rows, numbers = zip(*integers, strict=True)
            self._add_integers(np.array(rows), np.array(numbers, dtype=np.int64), group_count)
        if floats:
            rows, reals = zip(*floats, strict=True)
            self._add_floats(np.array(rows), np.array(reals), group_count)

    def check_durations(self) -> None:
        """Durations and numbers in one group cannot be added up."""
        for group in self.durations:
            if self.integer_counts[group] or self.float_counts[group]:
                raise not_a_number(self._name, Duration())


def _float_sums(groups: Any, values: Any, group_count: int) -> Any:
    with np.errstate(all="ignore"):
        if group_count == 1:
            return values.sum(dtype=np.float64)
        return np.bincount(groups, weights=values, minlength=group_count)


def _integer_sums(groups: Any, values: Any, group_count: int, magnitude: int) -> Any:
    """Exact sums of one batch by group, given that none is beyond `magnitude`."""
    if group_count == 1:
        return np.array([values.sum()])
    if magnitude <= _EXACT_FLOAT_MAX:
        return np.bincount(groups, weights=values, minlength=group_count).astype(np.int64)
    sums = np.zeros(group_count, dtype=np.int64)
    np.add.at(sums, groups, values)
    return sums


class _Few:
    """The sum of one group's numbers from a few small batches, in plain Python."""

    __slots__ = ("count", "has_float", "total")

    def __init__(self) -> None:
        self.total: Any = 0
        self.count = 0
        self.has_float = False

    def takes(self, group_count: int, column: Column) -> bool:
        """Add the column, if it is few numbers of the only group."""
        if group_count != 1 or column.count > _LISTED_ROWS_MAX or not column.is_listed:
            return False
        if column.kind == Kind.FLOAT:
            self.has_float = self.has_float or column.count > 0
        elif column.kind != Kind.INTEGER:
            return False
        numbers = [item for item in column.to_list() if item is not None]
        if numbers:
            self.total += sum(numbers)
            self.count += len(numbers)
        elif column.kind == Kind.FLOAT and self.count == 0:
            self.has_float = False
        return True

    def pour_into(self, totals: _Totals) -> None:
        """Hand over to the totals of many groups."""
        if not self.count:
            return
        if self.has_float:
            totals.floats[0], totals.float_counts[0] = self.total, self.count
        elif not INT64_MIN <= self.total <= INT64_MAX and totals.integers.dtype.kind == "i":
            raise QueryArithmeticError("sum() does not fit in 64 bits", detail="IntegerOverflow")
        else:
            totals.integers[0], totals.integer_counts[0] = self.total, self.count


class Sum:
    """sum(value)."""

    __slots__ = ("_few", "_totals")

    def __init__(self) -> None:
        self._few = _Few()
        self._totals: _Totals | None = None

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch; raises QueryTypeError for what cannot be added up."""
        if self._totals is None:
            if self._few.takes(group_count, arguments[0]):
                return
            self._totals = _Totals("sum", wide=False)
            self._few.pour_into(self._totals)
        self._totals.add(groups, group_count, arguments[0])

    def finish(self, group_count: int) -> Column:
        """INTEGER or FLOAT where all groups agree, else ANY; shape (group_count,)."""
        totals = self._totals
        if totals is None:
            total = self._few.total
            if group_count == 1 and (self._few.has_float or INT64_MIN <= total <= INT64_MAX):
                return Column.of_values([total])
            totals = _Totals("sum", wide=False)
            self._few.pour_into(totals)
        totals.grow(group_count)
        totals.check_durations()
        has_float = totals.float_counts[:group_count] > 0
        integers = totals.integers[:group_count]
        if not totals.durations:
            if not has_float.any():
                return Column.of_array(Kind.INTEGER, integers)
            if has_float.all():
                return Column.of_array(Kind.FLOAT, totals.floats[:group_count] + integers)
        items: list[Any] = [
            totals.durations[group][0]
            if group in totals.durations
            else float(totals.floats[group]) + integer
            if has_float[group]
            else integer
            for group, integer in enumerate(integers.tolist())
        ]
        return Column.of_list(Kind.ANY, items)


class Average:
    """avg(value)."""

    __slots__ = ("_few", "_totals")

    def __init__(self) -> None:
        self._few = _Few()
        self._totals: _Totals | None = None

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch; raises QueryTypeError for what cannot be added up."""
        if self._totals is None:
            if self._few.takes(group_count, arguments[0]):
                return
            self._totals = _Totals("avg", wide=True)
            self._few.pour_into(self._totals)
        self._totals.add(groups, group_count, arguments[0])

    def finish(self, group_count: int) -> Column:
        """FLOAT, or ANY where durations are; null for groups of nothing."""
        totals = self._totals
        if totals is None:
            few = self._few
            if group_count == 1:
                mean = float(few.total) / few.count if few.count else None
                return Column.of_list(Kind.FLOAT, [mean])
            totals = _Totals("avg", wide=True)
            few.pour_into(totals)
        totals.grow(group_count)
        totals.check_durations()
        counts = totals.integer_counts[:group_count] + totals.float_counts[:group_count]
        valid = counts > 0
        sums = totals.integers[:group_count] + totals.floats[:group_count]
        means = sums / np.where(valid, counts, 1)
        if not totals.durations:
            return Column.of_array(Kind.FLOAT, means, None if valid.all() else valid)
        items: list[Any] = [
            durations.divided(*totals.durations[group])
            if group in totals.durations
            else mean
            if valid[group]
            else None
            for group, mean in enumerate(means.tolist())
        ]
        return Column.of_list(Kind.ANY, items)
