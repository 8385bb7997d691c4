"""min() and max(), by the total order of mixed values.

NaN is greater than every number. While all batches are INTEGER, or all FLOAT, the state is an array;
anything else moves it into a dictionary of single values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.aggregates.states import grown, present
from neuralgraph.values import Column, Kind, order_key

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPED: Final = (Kind.INTEGER, Kind.FLOAT)


class Extreme:
    """min(value) or max(value)."""

    __slots__ = ("_array", "_greatest", "_kind", "_seen", "_values")

    def __init__(self, *, greatest: bool) -> None:
        self._greatest = greatest
        self._kind: Kind | None = None
        self._array: Any = None
        self._seen: Any = None
        self._values: dict[int, tuple[Any, Any]] | None = None

    @staticmethod
    def least() -> Extreme:
        """min(value)."""
        return Extreme(greatest=False)

    @staticmethod
    def greatest() -> Extreme:
        """max(value)."""
        return Extreme(greatest=True)

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch."""
        column = arguments[0]
        if self._values is None and column.kind in _TYPED and self._kind in (None, column.kind):
            self._add_typed(groups, group_count, column)
        else:
            self._add_values(groups, group_count, column)

    def _add_typed(self, groups: Any, group_count: int, column: Column) -> None:
        if self._kind is None:
            self._kind = column.kind
            self._array = np.zeros(1, dtype=column.array.dtype)
            self._seen = np.zeros(1, dtype=np.bool_)
        self._array, self._seen = grown(self._array, group_count), grown(self._seen, group_count)
        rows, values = present(groups, column)
        if not len(values):
            return
        # fmin passes over NaN, maximum lets it win: the two sides of "NaN is the greatest".
        choose = np.maximum if self._greatest else np.fmin
        if group_count == 1:
            best = choose.reduce(values)
            self._array[0] = choose(self._array[0], best) if self._seen[0] else best
            self._seen[0] = True
            return
        # A group that is new takes its first value as a start, then all its values compete.
        fresh = ~self._seen[rows]
        self._array[rows[fresh]] = values[fresh]
        self._seen[rows] = True
        choose.at(self._array, rows, values)

    def _add_values(self, groups: Any, group_count: int, column: Column) -> None:
        if self._values is None:
            self._values = self._typed_values()
        best = self._values
        items = column.to_values()
        if group_count == 1 and column.kind == Kind.TEXT:
            strings = [item for item in items if item is not None]
            items = [max(strings) if self._greatest else min(strings)] if strings else []
            groups = groups[: len(items)]
        for group, item in zip(groups.tolist(), items, strict=True):
            if item is None:
                continue
            key = order_key(item)
            champion = best.get(group)
            if champion is None or (key > champion[0] if self._greatest else key < champion[0]):
                best[group] = (key, item)

    def _typed_values(self) -> dict[int, tuple[Any, Any]]:
        if self._kind is None:
            return {}
        items = self._array.tolist()
        return {
            group: (order_key(items[group]), items[group])
            for group in np.flatnonzero(self._seen).tolist()
        }

    def finish(self, group_count: int) -> Column:
        """The champions; null for groups of nothing."""
        if self._values is not None:
            empty = (None, None)
            return Column.of_values(
                [self._values.get(group, empty)[1] for group in range(group_count)]
            )
        if self._kind is None:
            return Column.nulls(group_count)
        array = grown(self._array, group_count)[:group_count]
        seen = grown(self._seen, group_count)[:group_count]
        return Column.of_array(self._kind, array, None if seen.all() else seen)
