"""SortedRun: keys of an index in order, each with the id that has it; immutable.

Keys of different types are never equal and not compared by ranges, so each type class has arrays of its own:

    integers  int64 keys
    floats    float64 keys
    text      string table, in code point order (which is the order of the UTF-8 bytes)
    others    byte strings that the writer made, in their order

Equal keys stand next to each other, in the order of the ids they were given with. Searching is done on
typed arrays, or in a `KeyTable`; both leave the file alone but for the pages they touch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from neuralgraph.storage.disk.segments.parts import (
    WIDTHS,
    load_part,
    narrowed,
    refs_of,
    store_part,
)
from neuralgraph.storage.disk.segments.string_tables import StringTable, pack_bytes, pack_strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk.blocks import BlockRef
    from neuralgraph.storage.disk.segments.parts import BlockStore, Descriptor
    from neuralgraph.values.arrays import AnyArray, Float64Array, IdArray, Int64Array

_PREFIX_BYTES: Final = 8


class KeyTable:
    """Byte strings in ascending order.

    A search goes through 8 bytes of each key (those behind the prefix that all share), held as integers:
    that needs no look at the keys themselves but for the few whose 8 bytes are alike.
    """

    __slots__ = ("_bounds", "_prefixes", "_shared", "_table")

    def __init__(self, table: StringTable, prefixes: AnyArray, shared: bytes) -> None:
        self._table = table
        self._shared = shared
        self._prefixes: Any = memoryview(cast("Any", prefixes))

    def __len__(self) -> int:
        return self._table.count

    def __getitem__(self, place: int) -> bytes:
        # `bisect` and loops rely on the error.
        if not 0 <= place < self._table.count:
            raise IndexError(place)
        return self._table.raw(place)

    def text(self, place: int) -> str:
        """The key as a string."""
        return self._table.text(place)

    def find(self, key: bytes) -> tuple[int, int]:
        """Where the keys equal to `key` begin and end; about 2 us."""
        low, high = self._alike(key)
        if high - low == 0:
            return low, low
        low = bisect_left(self, key, low, high)
        return low, bisect_right(self, key, low, high)

    def bisect_left(self, key: bytes) -> int:
        """Where the keys not less than `key` begin."""
        low, high = self._alike(key)
        return bisect_left(self, key, low, high)

    def _alike(self, key: bytes) -> tuple[int, int]:
        """The stretch of keys that cannot be told from `key` by the shared prefix and the 8 bytes."""
        shared = self._shared
        start = key[: len(shared)]
        if start != shared:
            place = 0 if start < shared else len(self)
            return place, place
        number = int.from_bytes(
            key[len(shared) : len(shared) + _PREFIX_BYTES].ljust(_PREFIX_BYTES, b"\0")
        )
        prefixes = self._prefixes
        low = bisect_left(prefixes, number)
        return low, bisect_right(prefixes, number, low)


class SortedRun:
    """Keys and ids of one index; thread-safe. `ids` arrays are uint32 or int64: widen what you take.

    Attributes:
        count: keys, of all types.
    """

    __slots__ = ("_blocks", "_descriptor", "_loaded", "count")

    def __init__(self, descriptor: Descriptor, blocks: BlockStore) -> None:
        self.count: int = descriptor[0]
        self._descriptor = descriptor
        self._blocks = blocks
        self._loaded: dict[int, Any] = {}

    @staticmethod
    def write(
        blocks: BlockStore,
        *,
        integers: tuple[Int64Array, IdArray] | None = None,
        floats: tuple[Float64Array, IdArray] | None = None,
        text: tuple[Sequence[str], IdArray] | None = None,
        others: tuple[Sequence[bytes], IdArray] | None = None,
    ) -> SortedRun:
        """Store keys in ascending order, each class with the ids in the same order.

        Raises:
            DiskError: the disk refuses.
        """
        parts: list[Any] = []
        settings: list[Any] = [None, None, None, None]
        count = 0
        for place, (numbers, dtype) in enumerate(((integers, "<i8"), (floats, "<f8"))):
            if numbers is not None and len(numbers[0]):
                keys, ids = numbers
                width, narrow_ids = narrowed(ids, width_min=4)
                settings[place] = [len(parts), width]
                parts += [keys.astype(dtype, copy=False), narrow_ids]
                count += len(keys)
        if text is not None and len(text[0]):
            offsets, data = pack_strings(text[0])
            settings[2] = _add_table(parts, offsets, data, text[1])
            count += len(text[0])
        if others is not None and len(others[0]):
            offsets, data = pack_bytes(others[0])
            settings[3] = _add_table(parts, offsets, data, others[1])
            count += len(others[0])
        stored = [store_part(part, blocks) for part in parts]
        return SortedRun([count, settings, stored], blocks)

    def descriptor(self) -> Descriptor:
        """What `read` needs to find it again."""
        return self._descriptor

    @staticmethod
    def read(descriptor: Descriptor, blocks: BlockStore) -> SortedRun:
        """The run that `descriptor` tells of; reads nothing yet."""
        return SortedRun(descriptor, blocks)

    def block_refs(self) -> list[BlockRef]:
        """The blocks it lives in."""
        return refs_of(self._descriptor)

    @property
    def integers(self) -> tuple[Int64Array, AnyArray] | None:
        """Keys (int64) and ids; None when there are none.

        Raises:
            CorruptionError: a block is damaged (at the first use of a class; so in all that read).
        """
        return cast("tuple[Int64Array, AnyArray] | None", self._numbers(0, "<i8"))

    @property
    def floats(self) -> tuple[Float64Array, AnyArray] | None:
        """Keys (float64) and ids; None when there are none."""
        return cast("tuple[Float64Array, AnyArray] | None", self._numbers(1, "<f8"))

    @property
    def text(self) -> tuple[KeyTable, AnyArray] | None:
        """Keys (as UTF-8) and ids; None when there are none."""
        return cast("tuple[KeyTable, AnyArray] | None", self._keys(2))

    @property
    def others(self) -> tuple[KeyTable, AnyArray] | None:
        """Keys as the writer made them and ids; None when there are none."""
        return cast("tuple[KeyTable, AnyArray] | None", self._keys(3))

    def _numbers(self, place: int, dtype: str) -> Any:
        found = self._loaded.get(place)
        settings = self._descriptor[1][place]
        if found is None and settings is not None:
            first, width = settings
            parts = self._descriptor[-1]
            keys = load_part(parts[first], dtype, self._blocks)
            found = keys, load_part(parts[first + 1], WIDTHS[width], self._blocks)
            self._loaded[place] = found
        return found

    def _keys(self, place: int) -> Any:
        found: Any = self._loaded.get(place)
        settings = self._descriptor[1][place]
        if found is None and settings is not None:
            first, offsets_width, ids_width, shared = settings
            parts, blocks = self._descriptor[-1], self._blocks
            table = StringTable.load(offsets_width, parts[first], parts[first + 1], blocks)
            prefixes = load_part(parts[first + 2], "<u8", blocks)
            ids = load_part(parts[first + 3], WIDTHS[ids_width], blocks)
            found = self._loaded[place] = (KeyTable(table, prefixes, shared), ids)
        return found


def _add_table(parts: list[Any], offsets: AnyArray, data: bytes, ids: IdArray) -> list[Any]:
    shared = _shared_prefix(offsets, data)
    ids_width, narrow_ids = narrowed(ids, width_min=4)
    first = len(parts)
    parts += [offsets, data, _prefixes(offsets, data, len(shared)), narrow_ids]
    return [first, offsets.dtype.itemsize, ids_width, shared]


def _shared_prefix(offsets: AnyArray, data: bytes) -> bytes:
    """What all keys begin with: what the first and the last have in common, for they are in order."""
    bounds: Any = offsets
    low = data[: int(bounds[1])]
    high = data[int(bounds[-2]) :]
    length = next(
        (place for place, (one, other) in enumerate(zip(low, high, strict=False)) if one != other),
        min(len(low), len(high)),
    )
    return low[:length]


def _prefixes(offsets: AnyArray, data: bytes, skipped: int) -> AnyArray:
    """The 8 bytes of each key behind `skipped` ones, as integers of the same order; zeros where it ends."""
    bounds: Any = offsets.astype(np.int64)
    starts = bounds[:-1] + skipped
    lengths = bounds[1:] - starts
    # Eight zeros at the end, so that looking beyond the last key is harmless.
    content = np.frombuffer(data + bytes(_PREFIX_BYTES), dtype=np.uint8)
    prefixes = np.zeros(len(starts), dtype=np.uint64)
    for place in range(_PREFIX_BYTES):
        byte = content[starts + np.minimum(place, lengths)]
        byte = np.where(place < lengths, byte, 0).astype(np.uint64)
        prefixes |= byte << np.uint64(8 * (_PREFIX_BYTES - 1 - place))
    return prefixes.astype("<u8", copy=False)
