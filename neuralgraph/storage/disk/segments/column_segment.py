"""ColumnSegment: the values of one property over consecutive rows, immutable.

Nulls are told by one of four presences, so that a store holds values only:

    ALL     no nulls (and OBJECTS, which hold null as a value)
    BITMAP  a bit a row, least significant first; the store has a filler at a null
    ROWS    the rows that are not null, ascending; the store has only those
    NONE    nothing but nulls; no store

Nothing is read before the first value is asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk.format import ColumnEncoding, Presence
from neuralgraph.storage.disk.segments.long_texts import LongTextValues, as_long
from neuralgraph.storage.disk.segments.parts import (
    WIDTHS,
    load_part,
    narrowed,
    refs_of,
    store_part,
)
from neuralgraph.storage.disk.segments.text_encoding import encode_texts
from neuralgraph.storage.disk.segments.value_stores import (
    IntegerValues,
    ObjectValues,
    PlainValues,
    TextValues,
    VectorValues,
    encode_plain,
)
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk.blocks import BlockRef
    from neuralgraph.storage.disk.segments.parts import BlockStore, Descriptor
    from neuralgraph.storage.disk.segments.value_stores import Encoded, ValueStore
    from neuralgraph.values.arrays import MaskArray, RowArray

_FIELDS: Final = 10
_REF_FIELDS: Final = 5
_LISTED_ROWS_MAX: Final = 16
"""Up to this many rows `take` gives the list form: cheaper to make and to use."""
_STORES: Final[dict[int, Any]] = {
    ColumnEncoding.INTEGERS: IntegerValues,
    ColumnEncoding.FLOATS: PlainValues,
    ColumnEncoding.BOOLEANS: PlainValues,
    ColumnEncoding.TEXTS: TextValues,
    ColumnEncoding.VECTORS: VectorValues,
    ColumnEncoding.OBJECTS: ObjectValues,
    ColumnEncoding.LONG_TEXTS: LongTextValues,
}
ENCODINGS: Final[dict[Kind, ColumnEncoding]] = {
    Kind.BOOLEAN: ColumnEncoding.BOOLEANS,
    Kind.INTEGER: ColumnEncoding.INTEGERS,
    Kind.NODE: ColumnEncoding.INTEGERS,
    Kind.EDGE: ColumnEncoding.INTEGERS,
    Kind.FLOAT: ColumnEncoding.FLOATS,
    Kind.TEXT: ColumnEncoding.TEXTS,
    Kind.VECTOR: ColumnEncoding.VECTORS,
    Kind.ANY: ColumnEncoding.OBJECTS,
}


class ColumnSegment:
    """Values by row; thread-safe.

    Attributes:
        count: rows.
        kind: of the columns it gives.
        null_count: rows that are null.
        minimum, maximum: of INTEGER, FLOAT (NaN aside), BOOLEAN, NODE and EDGE; None when there is no
            value, and for other kinds.
    """

    __slots__ = (
        "_blocks",
        "_descriptor",
        "_mask",
        "_nulls",
        "_presence",
        "_store",
        "count",
        "kind",
        "maximum",
        "minimum",
        "null_count",
    )

    def __init__(self, descriptor: Descriptor, blocks: BlockStore) -> None:
        kind, self.count, self.null_count, self.minimum, self.maximum, presence, *_ = descriptor
        self.kind = Kind(kind)
        self._presence = presence
        self._descriptor = descriptor
        self._blocks = blocks
        self._store: ValueStore | None = None
        self._nulls: Any = None
        self._mask: MaskArray | None = None

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def write(
        column: Column, blocks: BlockStore, *, cold: bool = False, first_row: int = 0
    ) -> ColumnSegment:
        """Store a column.

        Args:
            column: of any kind and form; for VECTOR all of one dimension.
            blocks: where.
            cold: compress everything (history, and what is seldom read); ANY always is.
            first_row: where the column begins; the rows before it are null.

        Raises:
            DiskError: the disk refuses.
            QueryTypeError: an ANY column holds what cannot be stored.
        """
        count = first_row + column.count
        valid = valid_of(column)
        null_count = first_row
        if valid is not None:
            null_count += column.count - int(np.count_nonzero(valid))
        presence: Presence = Presence.ALL
        marks: Any = b""
        encoding = ENCODINGS[column.kind]
        settings: list[Any] = []
        contents: list[Any] = []
        bounds: tuple[Any, Any] = (None, None)
        presence_width = 0
        if null_count == count:
            presence = Presence.NONE
        else:
            if first_row or (valid is not None and null_count * 2 > count):
                presence = Presence.ROWS
                rows = np.arange(column.count)
                if valid is not None:
                    rows = np.flatnonzero(valid)
                    column, valid = column.take(rows), None
                presence_width, marks = narrowed(rows + first_row, width_min=2)
            elif valid is not None and column.kind != Kind.ANY:
                presence = Presence.BITMAP
                marks = np.packbits(valid, bitorder="little")
            bounds = bounds_of(column, valid)
            encoding, (settings, contents) = _encode(column, valid, bounds, cold=cold)
        is_cold = cold or encoding == ColumnEncoding.OBJECTS
        parts = [store_part(part, blocks, cold=is_cold) for part in (marks, *contents)]
        descriptor = [
            int(column.kind),
            count,
            null_count,
            *bounds,
            int(presence),
            presence_width,
            int(encoding),
            settings,
            parts,
        ]
        return ColumnSegment(descriptor, blocks)

    def descriptor(self) -> Descriptor:
        """What `read` needs to find it again: nested lists of numbers and bytes."""
        return self._descriptor

    @staticmethod
    def read(descriptor: Descriptor, blocks: BlockStore) -> ColumnSegment:
        """The segment that `descriptor` tells of; reads nothing yet.

        Raises:
            ValueError, TypeError: it tells of nothing.
        """
        parts = descriptor[-1]
        if len(descriptor) != _FIELDS or not parts:
            raise ValueError("a column segment is not told completely")
        for part in parts:
            if type(part) is not bytes and len(part) != _REF_FIELDS:
                raise ValueError("a part of a column segment is neither here nor in a block")
        return ColumnSegment(descriptor, blocks)

    def block_refs(self) -> list[BlockRef]:
        """The blocks it lives in."""
        return refs_of(self._descriptor)

    @property
    def is_plain(self) -> bool:
        """Is reading all of it no more than copying bytes? Else something is decoded for each value."""
        *_, encoding, settings, _ = self._descriptor
        if encoding == ColumnEncoding.TEXTS:
            return not settings or int(settings[0]) == 0
        return int(encoding) not in (ColumnEncoding.OBJECTS, ColumnEncoding.LONG_TEXTS)

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def value(self, row: int) -> Any:
        """One value, None where null.

        Raises:
            CorruptionError: a block is damaged (at the first use of the segment; so in all that read).
        """
        store = self._store
        if store is None:
            store = self._load()
        presence = self._presence
        if presence == 0:
            return store.value(row)
        if presence == 1:
            return store.value(row) if self._nulls[row >> 3] >> (row & 7) & 1 else None
        if presence == 3:
            return None
        nulls = self._nulls
        place = bisect_left(nulls, row)
        return store.value(place) if place < len(nulls) and nulls[place] == row else None

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some values, None where null."""
        store = self._store
        if store is None:
            store = self._load()
        if self._presence == 0:
            return store.values(rows)
        return [self.value(row) for row in rows]

    def take(self, rows: RowArray) -> Column:
        """Some values as a column; of a few rows in list form, of a TEXT segment often with a dictionary."""
        if len(rows) <= _LISTED_ROWS_MAX:
            return Column.of_list(self.kind, self.values(rows.tolist()))
        store = self._store
        if store is None:
            store = self._load()
        presence = self._presence
        if presence == Presence.ALL:
            return store.take(rows)
        if presence == Presence.NONE:
            return Column.of_list(self.kind, [None] * len(rows))
        if presence == Presence.BITMAP:
            valid = self._valid()[rows]
            return _with_nulls(store.take(rows), valid)
        present: Any = np.asarray(self._nulls)
        places = np.searchsorted(present, rows)
        places[places == len(present)] = 0
        return _with_nulls(store.take(places), present[places] == rows)

    def whole(self) -> Column:
        """All values as a column."""
        store = self._store
        if store is None:
            store = self._load()
        if self._presence == Presence.ALL:
            return store.whole()
        if self._presence == Presence.BITMAP:
            return _with_nulls(store.whole(), self._valid())
        if self._presence == Presence.NONE:
            return Column.of_list(self.kind, [None] * self.count)
        return _scattered(store.whole(), np.asarray(self._nulls), self._valid())

    def valid_mask(self) -> MaskArray | None:
        """False where null; None when nothing is. Read-only."""
        if self._store is None:
            self._load()
        if self.null_count == 0:
            return None
        if self.kind == Kind.ANY and self._presence == Presence.ALL:
            return self.whole().valid
        return self._valid()

    def _valid(self) -> MaskArray:
        mask = self._mask
        if mask is None:
            if self._presence == Presence.BITMAP:
                bits = np.asarray(self._nulls)
                mask = np.unpackbits(bits, count=self.count, bitorder="little").view(np.bool_)
            else:
                mask = np.zeros(self.count, dtype=np.bool_)
                if self._presence == Presence.ROWS:
                    mask[np.asarray(self._nulls)] = True
            mask.flags.writeable = False
            self._mask = mask
        return mask

    def _load(self) -> ValueStore:
        """Map the parts; two threads may both do it and find the same.

        Raises:
            CorruptionError: a block is damaged, or the description makes no sense of them.
        """
        try:
            store = self._loaded()
        except (LookupError, ValueError, TypeError) as error:
            raise CorruptionError(
                f"a column segment makes no sense: {error}",
                where="".join(f"block at {ref.offset}" for ref in self.block_refs()[:1]),
            ) from error
        self._store = store
        return store

    def _loaded(self) -> ValueStore:
        *_, width, encoding, settings, parts = self._descriptor
        if self._presence == Presence.NONE:
            store: ValueStore = IntegerValues(Kind.INTEGER, self.count, [0, 0], [b""], self._blocks)
        else:
            count = self.count
            if self._presence == Presence.BITMAP:
                self._nulls = memoryview(load_part(parts[0], "u1", self._blocks))
            elif self._presence == Presence.ROWS:
                self._nulls = memoryview(load_part(parts[0], WIDTHS[width], self._blocks))
                count -= self.null_count
            store = _STORES[encoding](self.kind, count, settings, parts[1:], self._blocks)
        return store


def valid_of(column: Column) -> MaskArray | None:
    """False where null, None when nothing is; a list of texts or objects is not turned into an array."""
    if column.kind in (Kind.TEXT, Kind.ANY) and column.is_listed:
        items = column.to_list()
        if type(None) not in set(map(type, items)):
            return None
        valid = np.fromiter((item is not None for item in items), np.bool_, len(items))
        return None if valid.all() else valid
    if column.kind == Kind.ANY and column.valid is None:
        return valid_of(Column.of_list(Kind.ANY, column.to_list()))
    valid_or_none = column.valid
    return None if valid_or_none is None or valid_or_none.all() else valid_or_none


def bounds_of(column: Column, valid: MaskArray | None) -> tuple[Any, Any]:
    """Least and greatest value; None for kinds without, and where nothing but NaN is there."""
    if column.kind in (Kind.TEXT, Kind.ANY, Kind.VECTOR):
        return None, None
    array: Any = column.array
    if valid is not None:
        array = array[valid]
    if column.kind == Kind.FLOAT:
        low = np.fmin.reduce(array)
        return (None, None) if np.isnan(low) else (float(low), float(np.fmax.reduce(array)))
    return array.min().item(), array.max().item()


def _encode(
    column: Column, valid: MaskArray | None, bounds: tuple[Any, Any], *, cold: bool
) -> tuple[ColumnEncoding, Encoded]:
    kind = column.kind
    encoding = ENCODINGS[kind]
    if kind == Kind.TEXT:
        texts = encode_texts(column, valid)
        # What is cold is compressed as a whole.
        long = None if cold else as_long(texts)
        return (encoding, texts) if long is None else (ColumnEncoding.LONG_TEXTS, long)
    if kind == Kind.ANY:
        return encoding, ObjectValues.encode(column.to_list())
    array: Any = column.array
    if kind == Kind.VECTOR:
        return encoding, ([array.shape[1]], [array.astype("<f4", copy=False)])
    if kind in (Kind.FLOAT, Kind.BOOLEAN):
        return encoding, encode_plain(array, kind, valid)
    low, high = bounds
    whole = array if valid is None else np.where(valid, array, low)
    return encoding, IntegerValues.encode(whole, low, high)


def _scattered(column: Column, rows: RowArray, valid: MaskArray) -> Column:
    """A column of all rows from one of those that are not null."""
    places = np.zeros(len(valid), dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return _with_nulls(column.take(places), valid)


def _with_nulls(column: Column, valid: MaskArray) -> Column:
    """The column with nulls where `valid` is False, in the way its kind has it."""
    if valid.all():
        return column
    kind = column.kind
    if column.texts is not None and column.is_packed:
        return Column.of_packed(column.texts, valid, column.chosen)
    if kind == Kind.ANY or (kind == Kind.TEXT and column.is_listed):
        pairs = zip(column.to_list(), valid.tolist(), strict=True)
        return Column.of_list(kind, [item if is_valid else None for item, is_valid in pairs])
    array: Any = column.array
    if kind in (Kind.NODE, Kind.EDGE):
        array = np.where(valid, array, -1)
    elif kind == Kind.VECTOR:
        array = np.where(valid[:, None], array, np.float32(0))
    elif kind == Kind.TEXT and column.dictionary is None:
        array = np.where(valid, array, None)
    return Column.of_array(kind, array, valid, column.dictionary)
