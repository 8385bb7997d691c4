"""How the values of a column segment are held: a store for each encoding, without nulls.

    INTEGERS  least width of (value - base); a constant is not stored
    FLOATS    float64
    BOOLEANS  a byte each
    TEXTS     codes into a string table; when all strings differ, the codes are 0, 1, 2, ... and not stored
    VECTORS   float32 matrix
    OBJECTS   `values_codec` bytes and offsets; null is among them

Each has ``encode`` (from a column to settings and parts) and the four ways to read. Settings and parts are
what the segment's descriptor carries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from neuralgraph.storage.disk.segments.parts import WIDTHS, load_bytes, load_part, width_of
from neuralgraph.storage.disk.segments.string_tables import StringTable, pack_bytes
from neuralgraph.storage.disk.values_codec import decode, encode
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk.segments.parts import BlockStore, Part
    from neuralgraph.values.arrays import AnyArray, MaskArray, RowArray

Encoded = tuple[list[Any], "list[AnyArray | bytes]"]
"""Settings for the descriptor, and the parts' contents."""


class ValueStore(Protocol):
    """Values by row, none of them null (but in OBJECTS)."""

    def value(self, row: int) -> Any:
        """One value."""
        ...

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some values."""
        ...

    def take(self, rows: RowArray) -> Column:
        """Some values as a column of the kind."""
        ...

    def whole(self) -> Column:
        """All values as a column of the kind."""
        ...


class IntegerValues:
    """See the module."""

    __slots__ = ("_array", "_base", "_items", "_kind")

    def __init__(
        self, kind: Kind, count: int, settings: list[Any], parts: list[Part], blocks: BlockStore
    ) -> None:
        width, self._base = settings
        self._kind = kind
        self._array: Any = (
            load_part(parts[0], WIDTHS[width], blocks) if width else np.zeros(count, dtype=np.uint8)
        )
        self._items: Any = memoryview(self._array)

    @staticmethod
    def encode(array: Any, low: int, high: int) -> Encoded:
        """Int64 values between `low` and `high`."""
        if low == high:
            return [0, low], [b""]
        # Without a base where that costs nothing: one array operation less on every read.
        base = 0 if low >= 0 and width_of(high) == width_of(high - low) else low
        width = width_of(high - base)
        if width == 8:
            return [8, 0], [array.astype("<i8", copy=False)]
        return [width, base], [(array - base if base else array).astype(WIDTHS[width])]

    def value(self, row: int) -> int:
        """One value."""
        number: int = self._items[row] + self._base
        return number

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some values."""
        items, base = self._items, self._base
        return [items[row] + base for row in rows]

    def take(self, rows: RowArray) -> Column:
        """Some values."""
        return Column.of_array(self._kind, self._widened(self._array[rows]))

    def whole(self) -> Column:
        """All values."""
        return Column.of_array(self._kind, self._widened(self._array))

    def _widened(self, array: Any) -> AnyArray:
        if self._base:
            # With a dtype, so that the sum is done in 64 bits and without a copy before it.
            return cast("AnyArray", np.add(array, self._base, dtype=np.int64))
        return cast("AnyArray", array.astype(np.int64, copy=False))


class PlainValues:
    """Floats and booleans: the array as it is."""

    __slots__ = ("_array", "_items", "_kind")

    def __init__(
        self, kind: Kind, count: int, settings: list[Any], parts: list[Part], blocks: BlockStore
    ) -> None:
        del count, settings
        self._kind = kind
        dtype = "<f8" if kind == Kind.FLOAT else "?"
        self._array: Any = load_part(parts[0], dtype, blocks)
        self._items: Any = memoryview(self._array)

    def value(self, row: int) -> Any:
        """One value."""
        return self._items[row]

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some values."""
        items = self._items
        return [items[row] for row in rows]

    def take(self, rows: RowArray) -> Column:
        """Some values."""
        return Column.of_array(self._kind, self._array[rows])

    def whole(self) -> Column:
        """All values, without a copy."""
        return Column.of_array(self._kind, self._array)


class VectorValues:
    """A matrix, one row a value."""

    __slots__ = ("_matrix",)

    def __init__(
        self, kind: Kind, count: int, settings: list[Any], parts: list[Part], blocks: BlockStore
    ) -> None:
        del kind
        self._matrix: Any = load_part(parts[0], "<f4", blocks).reshape(count, settings[0])

    def value(self, row: int) -> Any:
        """One vector: a read-only view of shape (dimension,)."""
        return self._matrix[row]

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some vectors."""
        matrix = self._matrix
        return [matrix[row] for row in rows]

    def take(self, rows: RowArray) -> Column:
        """Some vectors."""
        return Column.of_array(Kind.VECTOR, self._matrix[rows])

    def whole(self) -> Column:
        """All vectors, without a copy."""
        return Column.of_array(Kind.VECTOR, self._matrix)


class ObjectValues:
    """Any values, in `values_codec` form."""

    __slots__ = ("_bounds", "_count", "_data")

    def __init__(
        self, kind: Kind, count: int, settings: list[Any], parts: list[Part], blocks: BlockStore
    ) -> None:
        del kind
        self._count = count
        self._bounds: Any = memoryview(
            cast("Any", load_part(parts[0], WIDTHS[settings[0]], blocks))
        )
        # Cold blocks are decompressed by each read, so the bytes are kept.
        self._data = memoryview(load_bytes(parts[1], blocks))

    @staticmethod
    def encode(items: Sequence[Any]) -> Encoded:
        """Values of any kind; null too."""
        offsets, data = pack_bytes([encode(item) for item in items])
        return [offsets.dtype.itemsize], [offsets, data]

    def value(self, row: int) -> Any:
        """One value, fresh; about 0.5 us."""
        bounds = self._bounds
        return decode(self._data[bounds[row] : bounds[row + 1]])

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some values."""
        return [self.value(row) for row in rows]

    def take(self, rows: RowArray) -> Column:
        """Some values."""
        return Column.of_list(Kind.ANY, self.values(rows.tolist()))

    def whole(self) -> Column:
        """All values."""
        # The values one after the other are what a msgpack array of them holds behind its header.
        header = b"\xdd" + self._count.to_bytes(4, "big")
        return Column.of_list(Kind.ANY, decode(b"".join((header, self._data))))


class TextValues:
    """Codes into a table of strings."""

    __slots__ = ("_codes", "_codes_items", "_table", "_texts")

    def __init__(
        self, kind: Kind, count: int, settings: list[Any], parts: list[Part], blocks: BlockStore
    ) -> None:
        del kind, count
        codes_width, offsets_width = settings
        self._codes: Any = None
        self._codes_items: Any = None
        if codes_width:
            self._codes = load_part(parts[0], WIDTHS[codes_width], blocks)
            self._codes_items = memoryview(self._codes)
        self._table = StringTable.load(offsets_width, parts[1], parts[2], blocks)
        self._texts = self._table.packed()

    def value(self, row: int) -> str:
        """One string; about 0.5 us."""
        codes = self._codes_items
        return self._table.text(row if codes is None else codes[row])

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some strings, decoded one by one unless the dictionary is decoded already."""
        codes = self._codes_items
        numbers = rows if codes is None else [codes[row] for row in rows]
        decoded = self._texts.known_strings()
        if decoded is not None:
            return [decoded[number] for number in numbers]
        return self._table.texts(numbers)

    def take(self, rows: RowArray) -> Column:
        """Some strings: codes and the dictionary, or the packed ones when all differ or few are asked for."""
        if self._codes is None:
            return Column.of_packed(self._texts, None, rows)
        codes = self._codes[rows].astype(np.int64)
        dictionary = self._texts.known_strings()
        if dictionary is None and len(rows) * 4 < self._table.count:
            return Column.of_packed(self._texts, None, codes)
        return Column.of_array(Kind.TEXT, codes, None, self._texts.strings())

    def whole(self) -> Column:
        """All strings; codes and the dictionary unless all differ."""
        if self._codes is None:
            return Column.of_packed(self._texts)
        return Column.of_array(Kind.TEXT, self._codes.astype(np.int64), None, self._texts.strings())


def encode_plain(array: Any, kind: Kind, valid: MaskArray | None) -> Encoded:
    """Floats and booleans; what stands at a null is made zero, for the sake of compression."""
    if valid is not None:
        array = np.where(valid, array, array.dtype.type(0))
    return [], [array.astype("<f8" if kind == Kind.FLOAT else "?", copy=False)]
