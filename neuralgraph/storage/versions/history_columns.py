"""Columns and arrays of an earlier moment: the base's, with the rows that history knows replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.versions.base_arrays import SegmentedArray
from neuralgraph.storage.versions.base_columns import FlatColumn, PropertyColumn
from neuralgraph.values import NO_IDS, Column, Kind
from neuralgraph.values.columns import object_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neuralgraph.values import IdArray, MaskArray, RowArray


def find_patched(patched: IdArray, ids: IdArray) -> tuple[RowArray, RowArray]:
    """Which rows of a batch are patched: rows (ascending), and the place of each in `patched` (ascending)."""
    if len(patched) == 0:
        return NO_IDS, NO_IDS
    places = patched.searchsorted(ids)
    places[places == len(patched)] = 0
    rows = np.flatnonzero(patched[places] == ids)
    return rows, places[rows]


class PatchedArray(SegmentedArray):
    """Numbers by id as they were at a moment.

    Attributes:
        below: the base's.
        patched: ids that had another number, ascending; `items` are the numbers.
        births: when each id came to be, where some came after `txid`: those give `fill`. None where
            all came before.
    """

    __slots__ = ("below", "births", "items", "patched", "txid")

    def __init__(
        self,
        below: SegmentedArray,
        patched: IdArray,
        items: NDArray[Any],
        births: SegmentedArray | None,
        txid: int,
    ) -> None:
        super().__init__(below.segments, below.limit, below.dtype, fill=below.fill)
        self.below = below
        self.patched = patched
        self.items = items
        self.births = births
        self.txid = txid

    def value(self, wanted_id: int) -> int:
        """As `SegmentedArray.value`."""
        if self.births is not None and self.births.value(wanted_id) > self.txid:
            return self.fill
        patched = self.patched
        place = int(patched.searchsorted(wanted_id))
        if place < len(patched) and patched[place] == wanted_id:
            return int(self.items[place])
        return self.below.value(wanted_id)

    def flat(self) -> NDArray[Any]:
        """As `SegmentedArray.flat`."""
        flat = self._flat
        if flat is None:
            flat = self.below.flat().copy()
            flat[self.patched] = self.items
            if self.births is not None:
                flat[self.births.flat() > self.txid] = self.fill
            self._flat = flat
        return flat

    def _take_by_segment(self, ids: IdArray) -> NDArray[Any]:
        taken = self.below.take(ids)
        rows, places = find_patched(self.patched, ids)
        if len(rows):
            taken[rows] = self.items[places]
        if self.births is not None:
            taken[self.births.take(ids) > self.txid] = self.fill
        return taken


class HistoricalColumn(PropertyColumn):
    """A property as it was at a moment.

    Attributes:
        below: the base's column.
        patched: ids that had another value, ascending.
        was: their values then.
    """

    __slots__ = ("_by_id", "below", "patched", "was")

    def __init__(self, below: PropertyColumn, patched: IdArray, was: Column) -> None:
        super().__init__(below.segments, below.limit)
        self.below = below
        self.patched = patched
        self.was = was
        self._by_id: dict[int, Any] | None = None

    def value(self, wanted_id: int) -> Any:
        """As `PropertyColumn.value`."""
        by_id = self._by_id
        if by_id is None:
            by_id = self._make_by_id()
        if wanted_id in by_id:
            return by_id[wanted_id]
        return self.below.value(wanted_id)

    def values(self, ids: Sequence[int]) -> list[Any]:
        """As `PropertyColumn.values`."""
        by_id = self._by_id
        if by_id is None:
            by_id = self._make_by_id()
        if by_id.keys().isdisjoint(ids):
            return self.below.values(ids)
        return [by_id[wanted] if wanted in by_id else self.below.value(wanted) for wanted in ids]

    def _make_by_id(self) -> dict[int, Any]:
        # One look-up in a dictionary; a binary search through numpy costs six times as much.
        by_id = self._by_id = dict(zip(self.patched.tolist(), self.was.to_list(), strict=True))
        return by_id

    def _flatten(self) -> FlatColumn:
        kind, array, valid, dictionary, texts = self.below.flat()
        if texts is not None:
            array = texts.strings()
        assert array is not None
        whole = Column(kind, len(array), array, valid, None, dictionary)
        if valid is None:
            # The end, which -1 finds, is null even where nothing else is; overlaying keeps what is marked.
            valid = np.ones(len(array), dtype=np.bool_)
            valid[-1] = False
            whole = Column(kind, len(array), array, valid, None, dictionary)
        column = overlay(whole, self.patched, self.was)
        self._flat = FlatColumn(
            column.kind, column.array, column.valid_mask, column.dictionary, None
        )
        return self._flat

    def _take_by_segment(self, ids: IdArray) -> Column:
        column = self.below.take(ids)
        rows, places = find_patched(self.patched, ids)
        return overlay(column, rows, self.was.take(places)) if len(rows) else column


def overlay(column: Column, rows: RowArray, values: Column) -> Column:
    """`column` with `values`, one for each of `rows`, laid over; of the same kind where they agree."""
    if len(rows) == 0:
        return column
    column, values = column.decoded(), values.decoded()
    kind = column.kind
    present = values.valid
    if present is not None and not present.any():
        valid = column.valid_mask.copy()
        valid[rows] = False
        array = column.array
        if kind in (Kind.ANY, Kind.TEXT):
            array = array.copy()
            array[rows] = np.full(len(rows), None, dtype=object)
        return Column.of_array(kind, array, valid)
    same = kind == values.kind and column.array.shape[1:] == values.array.shape[1:]
    if not same:
        items = object_array(column.to_list())
        items[rows] = object_array(values.to_list())
        return Column.of_list(Kind.ANY, items.tolist())
    array = column.array.copy()
    array[rows] = values.array
    mask: MaskArray | None = None
    if column.valid is not None or present is not None:
        mask = column.valid_mask.copy()
        mask[rows] = values.valid_mask
    return Column.of_array(kind, array, mask)
