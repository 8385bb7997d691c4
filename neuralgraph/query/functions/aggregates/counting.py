"""count(value) and count(*)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.functions.aggregates.states import grown
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence


class Count:
    """Rows a group, or values that are not null where an argument is given."""

    __slots__ = ("_counts", "_single")

    def __init__(self) -> None:
        # A query without grouping keys has one group, counted in a plain integer.
        self._single = 0
        self._counts: Any = None

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch."""
        if group_count == 1 and self._counts is None:
            self._single += _present_count(arguments[0]) if arguments else len(groups)
            return
        if self._counts is None:
            self._counts = np.zeros(group_count, dtype=np.int64)
            self._counts[0] = self._single
        self._counts = grown(self._counts, group_count)
        if arguments:
            mask = _present_mask(arguments[0])
            if mask is not None:
                groups = groups[mask]
        found = np.bincount(groups, minlength=group_count)
        self._counts[:group_count] += found

    def finish(self, group_count: int) -> Column:
        """INTEGER, shape (group_count,)."""
        if self._counts is None:
            return (
                Column.of_list(Kind.INTEGER, [self._single] + [0] * (group_count - 1))
                if group_count
                else Column.of_list(Kind.INTEGER, [])
            )
        self._counts = grown(self._counts, group_count)
        return Column.of_array(Kind.INTEGER, self._counts[:group_count])


def _present_count(column: Column) -> int:
    if column.is_listed:
        items = column.to_list()
        if column.kind == Kind.ANY:
            return sum(item is not None for item in items)
        return len(items) - items.count(None)
    valid = column.valid
    return column.count if valid is None else int(np.count_nonzero(valid))


def _present_mask(column: Column) -> Any:
    """Where not null; None when nothing is null."""
    if column.kind == Kind.ANY:
        items = column.to_list()
        return np.fromiter((item is not None for item in items), np.bool_, len(items))
    return column.valid
