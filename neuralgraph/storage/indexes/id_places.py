"""Finding the few ids of a batch that a set knows, with a few array operations.

`SortedIds` finds members and their places in whichever way is cheapest for the batch at hand;
`GrowingArray` keeps an array of a list that only grows, so that each item is converted once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.disk.pauses import in_pieces
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values import IdArray, RowArray
    from neuralgraph.values.arrays import Int64Array

_TABLE_ROWS_MIN: Final = 2_048
"""From so many rows on it pays to see whether a batch is a run, and to look ids up in a table."""

_TABLE_SPREAD_MAX: Final = 64
"""A table has at most so many entries an id: four bytes each."""


class GrowingArray:
    """The numbers of a list that only grows, as an array."""

    __slots__ = ("_array", "_count", "_latch", "_source")

    def __init__(self, source: Sequence[int]) -> None:
        self._source = source
        self._array: Int64Array = NO_IDS
        self._count = 0
        self._latch = threading.Lock()

    def first(self, count: int) -> Int64Array:
        """The first `count` numbers; do not change them. Any thread may ask."""
        if count > self._count:
            self._grow(count)
        return self._array[:count]

    def _grow(self, count: int) -> None:
        with self._latch:
            known = self._count
            if count <= known:
                return
            array = self._array
            if count > len(array):
                array = np.empty(max(count, 64, len(array) * 2), dtype=np.int64)
                array[:known] = self._array[:known]
            # A conversion holds the interpreter's lock from end to end.
            for piece in in_pieces(known, count):
                array[piece] = self._source[piece]
            # In this order: who sees the count finds an array that has as many.
            self._array = array
            self._count = count


def array_of(numbers: Sequence[int]) -> Int64Array:
    """A list as an array, converted in pieces, so that other threads need not wait for all of it."""
    return GrowingArray(numbers).first(len(numbers))


class SortedIds:
    """Ids in ascending order, each once; immutable.

    Attributes:
        array: the ids.
    """

    __slots__ = ("_low", "_table", "array")

    def __init__(self, array: IdArray) -> None:
        self.array = array
        self._table: Int64Array | None = None
        self._low = 0

    def locate(self, ids: IdArray) -> tuple[RowArray, RowArray]:
        """Rows of `ids` (ascending) that are members, and their places in `array`.

        Args:
            ids: in any order, with repeats; -1 is no member.
        """
        known = self.array
        if len(known) == 0 or len(ids) == 0:
            return NO_IDS, NO_IDS
        if len(ids) >= _TABLE_ROWS_MIN:
            first = int(ids[0])
            if int(ids[-1]) - first == len(ids) - 1 and bool((ids[1:] > ids[:-1]).all()):
                # A run without gaps, as scans give them: the members are a slice.
                start, stop = known.searchsorted((first, first + len(ids))).tolist()
                return known[start:stop] - first, np.arange(start, stop)
            table = self._table if self._table is not None else self._make_table()
            if len(table):
                # Ids below the lowest wrap round to huge ones: all that is outside meets the end.
                shifted = (ids - self._low).view(np.uint64)
                places = table[np.minimum(shifted, np.uint64(len(table) - 1))]
                rows = np.flatnonzero(places >= 0)
                return rows, places[rows].astype(np.int64)
        places = known.searchsorted(ids)
        places[places == len(known)] = 0
        rows = np.flatnonzero(known[places] == ids)
        return rows, places[rows]

    def _make_table(self) -> Int64Array:
        known = self.array
        low = int(known[0])
        spread = int(known[-1]) - low + 1
        if spread > _TABLE_SPREAD_MAX * len(known) or len(known) >= 1 << 31:
            self._table = NO_IDS
            return NO_IDS
        table = np.full(spread + 1, -1, dtype=np.int32)
        table[known - low] = np.arange(len(known), dtype=np.int32)
        self._low = low
        self._table = table  # type: ignore[assignment]
        return table  # type: ignore[return-value]
