"""The parts of a sorted index: one for numbers of a kind, one for byte strings in a table.

Entries stand in order of (key, id). Both parts answer the same questions by place:

    first_not_less(key), first_greater(key)     where entries >= key, > key begin
    find(key)                                   ids of the entries equal to key
    ids(low, high), values(low, high)           the entries at places low..high-1

A part starts cold: it bisects over the mapped arrays and touches a few pages. Once it has been asked often
enough to pay for it, it keeps keys as a Python list and ids as int64, which makes a look-up some
three times quicker.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.disk.values_codec import decode
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import all_true
from neuralgraph.values.ordering import order_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

ENTRIES_PER_SEEK: Final = 32
"""A seek saves about as much when warm as it costs to warm this many entries."""

WARM_ENTRIES_MAX: Final = 4_000_000
"""Parts with more entries stay cold: a Python list of them would take too much memory."""

_INT_LIMIT: Final = 2.0**63


class NumberPart:
    """Integers, floats (NaN last) or booleans (as integers 0 and 1)."""

    __slots__ = ("_dense", "_ids", "_list", "_seek_count", "is_float", "stored_ids", "stored_keys")

    def __init__(self, keys: StoredArray, ids: StoredArray) -> None:
        self.stored_keys = keys
        self.stored_ids = ids
        self.is_float = keys.dtype.kind == "f"
        self._list: list[Any] | None = None
        self._ids: IdArray | None = None
        self._dense: tuple[int, IdArray] | None = None
        self._seek_count = 0

    def __len__(self) -> int:
        return self.stored_keys.count

    @property
    def keys(self) -> NDArray[Any]:
        """All keys, ascending."""
        return self.stored_keys.array

    def find(self, value: Any) -> IdArray:
        """Ids whose key equals `value`, ascending; `value` is of the part's own kind."""
        keys = self._list
        if keys is None:
            return self._find_cold(value)
        low = bisect_left(keys, value)
        count = len(keys)
        if low == count or keys[low] != value:
            return NO_IDS
        high = low + 1
        if high < count and keys[high] == value:
            high = bisect_right(keys, value, high)
        assert self._ids is not None
        return self._ids[low:high]

    def _find_cold(self, value: Any) -> IdArray:
        self._note_seek()
        keys = self.stored_keys
        low = keys.place_of(value)
        if low == len(keys) or keys.part(low, low + 1)[0] != value:
            return NO_IDS
        return self.ids(low, keys.place_of(value, "right"))

    def _note_seek(self) -> None:
        self._seek_count += 1
        if self._seek_count * ENTRIES_PER_SEEK > len(self) and len(self) <= WARM_ENTRIES_MAX:
            self._warm()

    def _warm(self) -> None:
        self._ids = self.stored_ids.array.astype(np.int64, copy=False)
        keys = self.stored_keys.array
        # Bisection needs an order, which NaN does not have; nothing equals it either.
        stop = int(keys.searchsorted(np.nan)) if self.is_float else len(keys)
        self._list = keys[:stop].tolist()

    def first_not_less(self, value: float) -> int:
        """The place of the first key >= `value`, any number but NaN."""
        if self._list is not None:
            # Python compares integers with floats exactly.
            return bisect_left(self._list, value)
        self._note_seek()
        keys = self.stored_keys.array
        if self.is_float:
            number = float(value)
            return int(keys.searchsorted(number, side="right" if number < value else "left"))
        if isinstance(value, float):
            if not -_INT_LIMIT <= value < _INT_LIMIT:
                return 0 if value < 0 else len(keys)
            value = math.ceil(value)
        return int(keys.searchsorted(value))

    def first_greater(self, value: float) -> int:
        """The place of the first key > `value`, any number but NaN."""
        if self._list is not None:
            return bisect_right(self._list, value)
        self._note_seek()
        keys = self.stored_keys.array
        if self.is_float:
            number = float(value)
            return int(keys.searchsorted(number, side="left" if number > value else "right"))
        if isinstance(value, float):
            if not -_INT_LIMIT <= value < _INT_LIMIT:
                return 0 if value < 0 else len(keys)
            value = math.floor(value)
        return int(keys.searchsorted(value, side="right"))

    @property
    def comparable_count(self) -> int:
        """How many keys are not NaN; those come first."""
        return int(self.stored_keys.array.searchsorted(np.nan)) if self.is_float else len(self)

    def ids(self, low: int, high: int) -> IdArray:
        """Ids of a run of entries, as int64."""
        if self._ids is not None:
            return self._ids[low:high]
        return self.stored_ids.part(low, high).astype(np.int64)

    def values(self, low: int, high: int) -> list[Any]:
        """Keys of a run of entries."""
        listed: list[Any] = self.stored_keys.array[low:high].tolist()
        return listed

    def find_many(self, values: Int64Array) -> tuple[Int64Array, IdArray]:
        """`find` for each of many values: places in `values` (ascending) and ids."""
        dense = self._dense_table(len(values))
        if dense is not None:
            first, table = dense
            shifted = values - first
            inside = (shifted >= 0) & (shifted < len(table) - 1)
            if not all_true(inside):
                shifted = np.where(inside, shifted, -1)
            found = table[shifted]
            rows = np.flatnonzero(found >= 0)
            return rows, found if len(rows) == len(found) else found[rows]
        keys = self.stored_keys.array
        lows = keys.searchsorted(values)
        counts = keys.searchsorted(values, side="right") - lows
        places, rows = spread(lows, counts)
        return rows, self.stored_ids.array[places].astype(np.int64, copy=False)

    def _dense_table(self, wanted: int) -> tuple[int, IdArray] | None:
        """Ids by key less the least key, -1 where absent and at the end; None where that would not pay."""
        if self._dense is not None:
            return self._dense
        keys = self.stored_keys.array
        count = len(keys)
        if self.is_float or count == 0 or wanted * 4 < count:
            return None
        first, last = int(keys[0]), int(keys[-1])
        if last - first >= 4 * count + 1024 or bool((keys[1:] == keys[:-1]).any()):
            return None
        table = np.full(last - first + 2, -1, dtype=np.int64)
        table[keys.astype(np.int64, copy=False) - first] = self.stored_ids.array
        self._dense = (first, table)
        return self._dense

    def distinct_count(self) -> int:
        """How many different keys."""
        keys = self.stored_keys.array
        return len(keys) and 1 + int(np.count_nonzero(keys[1:] != keys[:-1]))

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [self.stored_keys.descriptor(), self.stored_ids.descriptor()]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> NumberPart:
        """The part that `descriptor` describes."""
        return NumberPart(*(StoredArray.read(item, blocks) for item in descriptor))

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        yield from self.stored_keys.block_refs()
        yield from self.stored_ids.block_refs()


class TablePart:
    """Byte strings of any length: text as UTF-8 (whose order is that of code points), or encoded values.

    `of_bytes` turns an entry into the key that it is sorted by: str for text, a tuple of order keys for
    encoded lists of values.
    """

    __slots__ = (
        "_ids",
        "_list",
        "_probe",
        "_seek_count",
        "blob",
        "offsets",
        "order_key_of",
        "stored_ids",
    )

    def __init__(
        self,
        offsets: StoredArray,
        blob: StoredArray,
        ids: StoredArray,
        order_key_of: Callable[[bytes], Any],
    ) -> None:
        self.offsets = offsets
        self.blob = blob
        self.stored_ids = ids
        self.order_key_of = order_key_of
        self._list: list[Any] | None = None
        self._ids: IdArray | None = None
        self._probe: Callable[[int], Any] | None = None
        self._seek_count = 0

    def __len__(self) -> int:
        return self.stored_ids.count

    def key_at(self, place: int) -> Any:
        """The key of one entry."""
        if self._list is not None:
            return self._list[place]
        return self.probe(place)

    @property
    def probe(self) -> Callable[[int], Any]:
        """`key_at` over the mapped bytes."""
        probe = self._probe
        if probe is None:
            offsets = memoryview(self.offsets.array)
            blob = memoryview(self.blob.array)
            key_of = self.order_key_of

            def probe(place: int) -> Any:
                return key_of(bytes(blob[offsets[place] : offsets[place + 1]]))

            self._probe = probe
        return probe

    def entry(self, place: int) -> bytes:
        """The bytes of one entry."""
        offsets = self.offsets.array
        return self.blob.array[int(offsets[place]) : int(offsets[place + 1])].tobytes()

    def entries(self, low: int, high: int) -> list[bytes]:
        """The bytes of a run of entries."""
        if low >= high:
            return []
        offsets = self.offsets.array[low : high + 1].tolist()
        blob = self.blob.array[offsets[0] : offsets[-1]].tobytes()
        first = offsets[0]
        return [blob[start - first : stop - first] for start, stop in itertools.pairwise(offsets)]

    def first_not_less(self, key: Any) -> int:
        """The place of the first entry whose key is >= `key`."""
        keys = self._keys()
        if keys is not None:
            return bisect_left(keys, key)
        return bisect_left(range(len(self)), key, key=self.probe)

    def first_greater(self, key: Any) -> int:
        """The place of the first entry whose key is > `key`."""
        keys = self._keys()
        if keys is not None:
            return bisect_right(keys, key)
        return bisect_right(range(len(self)), key, key=self.probe)

    def find(self, key: Any) -> IdArray:
        """Ids of the entries whose key is `key`, ascending."""
        keys = self._list
        if keys is None:
            low = self.first_not_less(key)
            if low == len(self) or self.key_at(low) != key:
                return NO_IDS
            return self.ids(low, self.first_greater(key))
        low = bisect_left(keys, key)
        count = len(keys)
        if low == count or keys[low] != key:
            return NO_IDS
        high = low + 1
        if high < count and keys[high] == key:
            high = bisect_right(keys, key, high)
        return self.ids(low, high)

    def _keys(self) -> list[Any] | None:
        if self._list is None:
            self._seek_count += 1
            entries = len(self)
            if self._seek_count * ENTRIES_PER_SEEK > entries and entries <= WARM_ENTRIES_MAX:
                self._ids = self.stored_ids.array.astype(np.int64, copy=False)
                self._list = [self.order_key_of(entry) for entry in self.entries(0, entries)]
        return self._list

    def ids(self, low: int, high: int) -> IdArray:
        """Ids of a run of entries, as int64."""
        if self._ids is not None:
            return self._ids[low:high]
        return self.stored_ids.array[low:high].astype(np.int64)

    def distinct_count(self) -> int:
        """How many different keys; a sample of 1,024 neighbours stands for the rest."""
        count = len(self)
        if count == 0:
            return 0
        sampled = min(count, 1_025)
        entries = self.entries(0, sampled)
        different = 1 + sum(a != b for a, b in itertools.pairwise(entries))
        return max(1, round(different / sampled * count))

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [part.descriptor() for part in (self.offsets, self.blob, self.stored_ids)]

    @staticmethod
    def read(
        descriptor: list[Any], blocks: BlockFile, order_key_of: Callable[[bytes], Any]
    ) -> TablePart:
        """The part that `descriptor` describes."""
        offsets, blob, ids = (StoredArray.read(item, blocks) for item in descriptor)
        return TablePart(offsets, blob, ids, order_key_of)

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for part in (self.offsets, self.blob, self.stored_ids):
            yield from part.block_refs()


def text_key(entry: bytes) -> str:
    """The text of an entry; surrogates that a Python string may hold survive."""
    return entry.decode("utf-8", "surrogatepass")


def values_key(entry: bytes) -> tuple[Any, ...]:
    """The order keys of an encoded list of values."""
    return tuple(map(order_key, decode(entry)))


def table_arrays(entries: Sequence[bytes]) -> tuple[Int64Array, NDArray[np.uint8]]:
    """Offsets (one more than entries) and all bytes, one after the other."""
    offsets = np.zeros(len(entries) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, entries), np.int64, len(entries)), out=offsets[1:])
    return offsets, np.frombuffer(b"".join(entries), dtype=np.uint8)


def spread(starts: Int64Array, counts: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Places starts[i], starts[i] + 1, ... (counts[i] of them) for each i, and the i of each."""
    total = int(counts.sum())
    rows: Int64Array = np.arange(len(counts), dtype=np.int64).repeat(counts)
    ends: Int64Array = counts.cumsum()
    shift: Int64Array = starts - ends + counts
    places: Int64Array = shift[rows]
    places += np.arange(total, dtype=np.int64)
    return places, rows
