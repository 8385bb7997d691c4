"""PropertyColumn: the values of one property over all ids, from column segments of 65,536 rows.

Cold, a read goes to the segments it needs. When enough has been gathered to pay for it, all segments are
decoded into one flat array with a null at the end (where -1 finds it), and a gather is one or two array
operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.storage.versions.base_arrays import (
    CALL_WEIGHT,
    ROW_MASK,
    SEGMENT_BITS,
    by_segment,
)
from neuralgraph.values import Column, Kind
from neuralgraph.values.arrays import all_true
from neuralgraph.values.packed_texts import PackedTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from neuralgraph.storage.disk import BlockRef, ColumnSegment
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import AnyArray, ObjectArray

_ITEM_COST: Final[dict[Kind, int]] = {Kind.TEXT: 16, Kind.ANY: 64, Kind.VECTOR: 256}
"""What decoding an item costs, in items of a plain array."""

_STRINGS_SHARE: Final = 2
"""Dictionaries are made one while there are at least so many rows for each of their strings."""

_DTYPES: Final[dict[Kind, Any]] = {
    Kind.BOOLEAN: np.bool_,
    Kind.INTEGER: np.int64,
    Kind.FLOAT: np.float64,
}


class FlatColumn(NamedTuple):
    """All values by id, and one more at the end, which is null.

    `valid` is None when that end is the only null, and then does not say so. Where there are `texts`, the
    strings are these, packed, and there is no `array`.
    """

    kind: Kind
    array: AnyArray | None
    valid: MaskArray | None
    dictionary: ObjectArray | None
    texts: PackedTexts | None


class PropertyColumn:
    """Values by id; null where absent, for -1 and for ids that no segment holds. Immutable.

    Attributes:
        segments: by segment number.
        limit: one more than the greatest id.
    """

    __slots__ = ("_cost", "_debt", "_flat", "_readers", "limit", "segments")

    def __init__(self, segments: Mapping[int, ColumnSegment], limit: int) -> None:
        self.segments = segments
        self.limit = limit
        self._readers: dict[int, tuple[int, Callable[[int], Any]]] = {
            number: (segment.count, segment.value) for number, segment in segments.items()
        }
        self._flat: FlatColumn | None = None
        self._debt = 0
        self._cost = sum(segment.count * _item_cost(segment) for segment in segments.values())

    def value(self, wanted_id: int) -> Any:
        """One value; None when absent."""
        found = self._readers.get(wanted_id >> SEGMENT_BITS)
        if found is None:
            return None
        count, read = found
        row = wanted_id & ROW_MASK
        return read(row) if row < count else None

    def values(self, ids: Sequence[int]) -> list[Any]:
        """Values of a few ids, one by one."""
        readers = self._readers
        if len(readers) == 1 and 0 in readers:
            count, read = readers[0]
            return [read(wanted) if 0 <= wanted < count else None for wanted in ids]
        value = self.value
        return [value(wanted) for wanted in ids]

    def take(self, ids: IdArray) -> Column:
        """Values of many ids (at least -1 each); shape (rows,)."""
        flat = self._flat
        if flat is None:
            self._debt += CALL_WEIGHT + len(ids)
            if self._debt <= self._cost:
                return self._take_by_segment(ids)
            flat = self._flatten()
        kind, array, valid, dictionary, texts = flat
        mask: MaskArray | None = None
        if valid is not None:
            try:
                mask = valid[ids]
            except IndexError:
                ids = np.where(ids < self.limit, ids, -1)
                mask = valid[ids]
            # Most batches have one label, whose nodes all have the property.
            if all_true(mask):
                mask = None
        elif len(ids) and ids.view(np.uint64).max() >= self.limit:
            # The end stands for -1, and for the first id above: a base may have more ids than a column
            # that it shares with the one before.
            mask = (ids >= 0) & (ids < self.limit)
            ids = np.where(mask, ids, -1)
        if texts is not None:
            return Column.of_packed(texts, mask, ids if mask is None else np.where(mask, ids, 0))
        assert array is not None
        return Column(kind, len(ids), array[ids], mask, None, dictionary)

    def flat(self) -> FlatColumn:
        """All values and a null at the end; made once."""
        return self._flat or self._flatten()

    def _flatten(self) -> FlatColumn:
        pieces, stop = [], 0
        for number in sorted(self.segments):
            segment = self.segments[number]
            first = number << SEGMENT_BITS
            if first > stop:
                pieces.append(self._nulls(first - stop))
            pieces.append(segment.whole())
            stop = first + segment.count
        has_null = stop < self.limit or any(piece.valid is not None for piece in pieces)
        pieces.append(self._nulls(max(0, self.limit - stop) + 1))
        column = join(pieces)
        # Where only the end is null, readers find out about -1 from the ids.
        valid = column.valid_mask if has_null else None
        if column.is_packed and column.chosen is None:
            self._flat = FlatColumn(column.kind, None, valid, None, column.texts)
        else:
            self._flat = FlatColumn(column.kind, column.array, valid, column.dictionary, None)
        return self._flat

    def _take_by_segment(self, ids: IdArray) -> Column:
        pieces: list[Column] = []
        order: list[Any] = []
        for number, places, rows in by_segment(ids):
            segment = self.segments.get(number)
            order.append(places)
            if segment is None:
                pieces.append(self._nulls(len(rows)))
            elif int(rows.max()) < segment.count:
                pieces.append(segment.take(rows))
            else:
                inside = np.flatnonzero(rows < segment.count)
                chosen = np.full(len(rows), len(inside), dtype=np.int64)
                chosen[inside] = np.arange(len(inside))
                pieces.append(join([segment.take(rows[inside]), self._nulls(1)]).take(chosen))
        if len(pieces) == 1:
            return pieces[0]
        if not pieces:
            return self._nulls(0)
        places = np.concatenate(order)
        inverse = np.empty(len(ids), dtype=np.int64)
        inverse[places] = np.arange(len(ids))
        return join(pieces).take(inverse)

    def _nulls(self, count: int) -> Column:
        segment = next(iter(self.segments.values()), None)
        if segment is None:
            return Column.nulls(count)
        return nulls_like(segment.take(np.zeros(min(1, segment.count), dtype=np.int64)), count)

    def pieces(self) -> Iterator[tuple[int, Column]]:
        """The first id of each segment, and its values; ascending."""
        for number in sorted(self.segments):
            yield number << SEGMENT_BITS, self.segments[number].whole()

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for segment in self.segments.values():
            yield from segment.block_refs()


def _item_cost(segment: ColumnSegment) -> int:
    is_packed = segment.kind == Kind.TEXT and segment.is_plain
    return 1 if is_packed else _ITEM_COST.get(segment.kind, 1)


def nulls_like(column: Column, count: int) -> Column:
    """Nothing but nulls, of the same kind as `column`."""
    valid = np.zeros(count, dtype=np.bool_)
    kind = column.kind
    if column.is_packed:
        return Column.of_packed(PackedTexts.of_empty(count), valid)
    array: Any
    if kind == Kind.VECTOR:
        array = np.zeros((count, column.array.shape[1]), dtype=np.float32)
    elif kind == Kind.TEXT and column.dictionary is not None:
        array = np.zeros(count, dtype=column.array.dtype)
        return Column.of_array(kind, array, valid, column.dictionary)
    elif kind in _DTYPES:
        array = np.zeros(count, dtype=_DTYPES[kind])
    else:
        array = np.empty(count, dtype=object)
    return Column.of_array(kind, array, valid)


def join(columns: Sequence[Column]) -> Column:
    """`Column.concat`, but for vectors of different width, which become values of any kind."""
    columns = [column for column in columns if column.count] or list(columns[:1])
    widths = {column.array.shape[1] for column in columns if column.kind == Kind.VECTOR}
    if len(widths) > 1:
        return Column.of_list(Kind.ANY, [item for column in columns for item in column.to_list()])
    if any(column.is_packed for column in columns):
        columns = [
            column if column.is_packed or not _is_null(column) else _packed_nulls(column)
            for column in columns
        ]
    dictionary = columns[0].dictionary
    if dictionary is not None and any(column.dictionary is not dictionary for column in columns):
        columns = _of_one_dictionary(columns) or [column.decoded() for column in columns]
    return Column.concat(columns)


def _of_one_dictionary(columns: Sequence[Column]) -> list[Column] | None:
    """TEXT columns with codes of a common dictionary, so that they stay codes when joined.

    None where they have too many strings to be looked up one by one.
    """
    if any(column.kind != Kind.TEXT for column in columns):
        return None
    tables = {id(table): table for column in columns if (table := column.dictionary) is not None}
    loose = [column for column in columns if column.dictionary is None and not _is_null(column)]
    strings = sum(map(len, tables.values())) + sum(column.count for column in loose)
    if strings * _STRINGS_SHARE > sum(column.count for column in columns):
        return None
    numbers: dict[Any, int] = {}
    translated = {
        name: np.array([numbers.setdefault(text, len(numbers)) for text in table], dtype=np.int64)
        for name, table in tables.items()
    }
    coded = []
    for column in columns:
        codes: Any = np.zeros(column.count, dtype=np.int64)
        if column.dictionary is not None:
            codes = translated[id(column.dictionary)][column.array]
        elif not _is_null(column):
            texts = ["" if text is None else text for text in column.to_list()]
            codes = np.array([numbers.setdefault(text, len(numbers)) for text in texts])
        coded.append((codes, column.valid))
    dictionary = np.empty(len(numbers), dtype=object)
    dictionary[:] = list(numbers)
    return [Column.of_array(Kind.TEXT, codes, valid, dictionary) for codes, valid in coded]


def _packed_nulls(column: Column) -> Column:
    return Column.of_packed(PackedTexts.of_empty(column.count), column.valid)


def _is_null(column: Column) -> bool:
    return column.valid is not None and not column.valid.any()
