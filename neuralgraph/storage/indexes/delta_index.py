"""The part of an index that is younger than the base: candidates by their key.

It says where to look, never what is true: an entity stands under every key it has had since the base, and a
reader checks each candidate against its own snapshot. So one structure serves every snapshot, and a
transaction's own changes too.

Equal keys are found in a dictionary; the order of the keys, which ranges need, is brought up to date when
a range is asked for, so that a commit does not pay for it.
"""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.indexes.id_places import SortedIds
from neuralgraph.values.ordering import order_key, order_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sortedcontainers import SortedList

    from neuralgraph.values import IdArray, MaskArray

_Key = tuple[Any, ...]


class DeltaIndex:
    """Candidates of one index. One writer at a time, any readers.

    Args:
        width: how many properties it indexes.

    Attributes:
        touched: every entity whose entry in the index may differ from the base's; a reader checks
            these against its snapshot, and trusts the base for all others.
    """

    __slots__ = ("_entries", "_keys", "_latch", "_ordered", "_touched_ids", "touched", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.touched: dict[int, None] = {}
        # A key is an order key, or for several properties a tuple of them, so that a prefix of it is a range.
        # One candidate stands there itself: most keys have one, and a list for each is a lot to collect.
        self._entries: dict[_Key, int | list[int]] = {}
        self._keys: list[_Key] = []
        self._ordered: SortedList[_Key] | None = None  # made by the first who walks
        self._latch = threading.Lock()
        self._touched_ids = SortedIds(np.zeros(0, dtype=np.int64))

    @property
    def distinct_count(self) -> int:
        """How many different keys there have been since the base."""
        return len(self._entries)

    def touch(self, entity_id: int) -> None:
        """The base's entry for this entity, if there is one, may no longer hold."""
        self.touched[entity_id] = None

    def touch_many(self, entity_ids: Iterable[int]) -> None:
        """`touch` for each."""
        self.touched.update(dict.fromkeys(entity_ids))

    def add(self, entity_id: int, values: Sequence[Any]) -> None:
        """The entity has (or had) these values; none of them is None."""
        key = self._key_of(values)
        self.touched[entity_id] = None
        known = self._entries.get(key)
        if known is None:
            self._entries[key] = entity_id
            self._keys.append(key)
        elif isinstance(known, list):
            if known[-1] != entity_id:
                known.append(entity_id)
        elif known != entity_id:
            self._entries[key] = [known, entity_id]

    def add_many(self, entity_ids: Sequence[int], columns: Sequence[Sequence[Any]]) -> None:
        """`add` for each row of the columns, but for those with a None, which are only touched."""
        entries, keys = self._entries, self._keys
        self.touched.update(dict.fromkeys(entity_ids))
        ordered: Sequence[_Key] = order_keys(columns[0])
        if self.width > 1:
            ordered = list(zip(*map(order_keys, columns), strict=True))
        absent = {
            row
            for column in columns
            if type(None) in set(map(type, column))
            for row, value in enumerate(column)
            if value is None
        }
        fresh = dict(zip(ordered, entity_ids, strict=True))
        if not absent and len(fresh) == len(ordered) and entries.keys().isdisjoint(fresh):
            # Nobody else has had any of these values.
            entries.update(fresh)
            keys.extend(ordered)
            return
        for row, (entity_id, key) in enumerate(zip(entity_ids, ordered, strict=True)):
            if row in absent:
                continue
            known = entries.get(key)
            if known is None:
                entries[key] = entity_id
                keys.append(key)
            elif isinstance(known, list):
                known.append(entity_id)
            else:
                entries[key] = [known, entity_id]

    def touched_rows(self, ids: IdArray) -> MaskArray:
        """Which of the ids are touched?"""
        if len(ids) * 8 < len(self.touched):
            touched = self.touched
            return np.array([entity_id in touched for entity_id in ids.tolist()], dtype=np.bool_)
        known = self._touched_ids
        if len(known.array) != len(self.touched):
            known = SortedIds(np.sort(np.array(list(self.touched), dtype=np.int64)))
            self._touched_ids = known
        mask = np.zeros(len(ids), dtype=np.bool_)
        mask[known.locate(ids)[0]] = True
        return mask

    def candidates_of_each(self, values: Sequence[Any]) -> Iterator[tuple[int, Sequence[int]]]:
        """For each row of values of the first key: the row, and who may have it; None has nobody."""
        if self.width > 1:
            for row, value in enumerate(values):
                if value is not None:
                    yield row, self.candidates((value,))
            return
        get = self._entries.get
        keys = order_keys(values)
        if self._entries.keys().isdisjoint(keys):
            return
        for row, key in enumerate(keys):
            found = get(key)
            if found is not None and values[row] is not None:
                yield row, found if isinstance(found, list) else (found,)

    def candidates(self, values: Sequence[Any]) -> Sequence[int]:
        """Entities that may have these values for the first keys; some may be named twice."""
        if len(values) == self.width:
            known = self._entries.get(self._key_of(values), ())
            return (known,) if isinstance(known, int) else known
        key = tuple(map(order_key, values))
        found: list[int] = []
        for entry, entity_ids in self._walk(key):
            if entry[: len(key)] != key:
                break
            found.extend(entity_ids)
        return found

    def between(self, lower: Any | None, upper: Any | None, equal: _Key = ()) -> set[int]:
        """Entities whose first key may lie between two order keys, both inclusive; None: no bound.

        With `equal`, order keys of the first properties, it is the key behind those.
        """
        if self.width > 1:
            return self._between_parts(lower, upper, equal)
        found: set[int] = set()
        for entry, entity_ids in self._walk(lower):
            if upper is not None and entry > upper:
                break
            found.update(entity_ids)
        return found

    def _between_parts(self, lower: Any | None, upper: Any | None, equal: _Key) -> set[int]:
        found: set[int] = set()
        place = len(equal)
        start = equal if lower is None else (*equal, lower)
        for entry, entity_ids in self._walk(start or None):
            if entry[:place] != equal or (upper is not None and entry[place] > upper):
                break
            found.update(entity_ids)
        return found

    def _key_of(self, values: Sequence[Any]) -> _Key:
        if self.width == 1:
            key: _Key = order_key(values[0])
            return key
        return tuple(map(order_key, values))

    def _walk(self, start: _Key | None) -> Iterator[tuple[_Key, Sequence[int]]]:
        """Entries from `start` (None: the first) up. Copied out in runs, for another may add to the order."""
        from sortedcontainers import SortedList

        entries = self._entries
        inclusive = True
        while True:
            with self._latch:
                if self._ordered is None:
                    self._ordered = SortedList()
                ordered = self._ordered
                count = len(self._keys)
                if len(ordered) < count:
                    ordered.update(self._keys[len(ordered) : count])
                keys = list(islice(ordered.irange(start, inclusive=(inclusive, True)), 256))
            for key in keys:
                known = entries[key]
                yield key, (known,) if isinstance(known, int) else known
            if len(keys) < 256:
                return
            start, inclusive = keys[-1], False

    def __len__(self) -> int:
        return len(self.touched)
