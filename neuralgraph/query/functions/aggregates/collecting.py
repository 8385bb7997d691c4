"""collect() and the percentiles: aggregates that keep every value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.functions.aggregates.states import not_a_number
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence


class Collect:
    """collect(value): a list a group, in the order of the rows."""

    __slots__ = ("_lists",)

    def __init__(self) -> None:
        self._lists: list[list[Any]] = []

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch."""
        lists = self._lists
        while len(lists) < group_count:
            lists.append([])
        items = arguments[0].to_values()
        if group_count == 1:
            lists[0].extend([item for item in items if item is not None])
            return
        for group, item in zip(groups.tolist(), items, strict=True):
            if item is not None:
                lists[group].append(item)

    def finish(self, group_count: int) -> Column:
        """ANY: a list in every row."""
        while len(self._lists) < group_count:
            self._lists.append([])
        return Column.of_list(Kind.ANY, self._lists[:group_count])


class Percentile:
    """percentileCont(value, p) and percentileDisc(value, p); p is that of the group's first row."""

    __slots__ = ("_interpolates", "_lists", "_percentiles")

    def __init__(self, *, interpolates: bool) -> None:
        self._interpolates = interpolates
        self._lists: list[list[Any]] = []
        self._percentiles: dict[int, float] = {}

    @staticmethod
    def continuous() -> Percentile:
        """PercentileCont."""
        return Percentile(interpolates=True)

    @staticmethod
    def discrete() -> Percentile:
        """PercentileDisc."""
        return Percentile(interpolates=False)

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch.

        Raises:
            QueryArgumentError: NumberOutOfRange: the percentile does not lie in 0..1.
            QueryTypeError: a value is not a number.
        """
        while len(self._lists) < group_count:
            self._lists.append([])
        values, percentiles = (column.to_values() for column in arguments)
        for group, value, percentile in zip(groups.tolist(), values, percentiles, strict=True):
            if group not in self._percentiles:
                self._percentiles[group] = self._checked(percentile)
            if value is None:
                continue
            if type(value) not in (int, float):
                raise not_a_number("percentile", value)
            self._lists[group].append(value)

    @staticmethod
    def _checked(percentile: Any) -> float:
        if type(percentile) in (int, float) and 0 <= percentile <= 1:
            return float(percentile)
        raise QueryArgumentError(
            f"a percentile lies between 0.0 and 1.0, and is not {percentile}",
            detail="NumberOutOfRange",
        )

    def finish(self, group_count: int) -> Column:
        """FLOAT, or for percentileDisc the value itself; null for groups of nothing."""
        found = []
        for group in range(group_count):
            values = self._lists[group] if group < len(self._lists) else []
            found.append(self._at(np.array(values), values, group) if values else None)
        return Column.of_values(found)

    def _at(self, array: Any, values: list[Any], group: int) -> Any:
        percentile = self._percentiles[group]
        order = np.argsort(array, kind="stable")
        last = len(values) - 1
        if self._interpolates:
            place = percentile * last
            lower = math.floor(place)
            upper = min(lower + 1, last)
            share = place - lower
            return float(values[order[lower]]) * (1 - share) + float(values[order[upper]]) * share
        return values[order[max(0, math.ceil(percentile * len(values)) - 1)]]
