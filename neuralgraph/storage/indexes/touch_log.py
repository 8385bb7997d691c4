"""TouchLog: which entities of a search index a layer of deltas changed, in order; and what became of them.

Writing only notes ids: a commit pays an append for each entity. What a search needs of them is read, and
made into entries, when a search first asks, once for all snapshots:

    row         0    1    2    3
    ids        17   23   17   40         a snapshot sees a prefix of the log
    newer       2    -    -    -         the row in which the same entity changed again
    places      ?    0    1   -1         its entry; ?: not read yet; -1: the index does not hold it

A row counts for a snapshot when it is in its prefix and the next row of the same entity is not.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from neuralgraph.storage.indexes.id_places import GrowingArray
from neuralgraph.storage.indexes.search_run import FreshRows, Level
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neuralgraph.storage.indexes.search_run import FreshEntries, SearchSource
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

    Read = Callable[[IdArray], SearchSource]

_UNREAD: Final = -2
_NEVER: Final = np.iinfo(np.int64).max


class Changes(Protocol):
    """A log of changes, in order of commit."""

    @property
    def ids(self) -> Sequence[int]:
        """Whose."""
        ...

    @property
    def txids(self) -> Sequence[int]:
        """Of which commit."""
        ...


class TouchLog:
    """Changes of one search index in one layer. One writer at a time, any readers.

    Args:
        entries: what the kind makes of entities; this log is the only one to add to it.
        before: what changed in the layer before the index was made.
    """

    __slots__ = (
        "_counts",
        "_entries",
        "_id_array",
        "_ids",
        "_known",
        "_last_rows",
        "_latch",
        "_level",
        "_newer",
        "_places",
        "_txids",
    )

    def __init__(self, entries: FreshEntries, before: Iterable[Changes] = ()) -> None:
        self._entries = entries
        self._ids: list[int] = []
        self._id_array = GrowingArray(self._ids)
        # After the commit `_txids[k]` there were `_counts[k]` rows.
        self._txids: list[int] = []
        self._counts: list[int] = []
        self._latch = threading.Lock()
        self._known = 0
        self._last_rows: dict[int, int] = {}
        self._newer: Int64Array = NO_IDS
        self._places: Int64Array = NO_IDS
        self._level: tuple[int, Level] = (0, Level(NO_IDS, FreshRows(entries, NO_IDS, NO_IDS)))
        changes = sorted(one for log in before for one in zip(log.txids, log.ids, strict=True))
        for txid, part in groupby(changes, itemgetter(0)):
            self.touch_many(entity_id for _, entity_id in part)
            self.mark(txid)

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def touch(self, entity_id: int) -> None:
        """Something about the entity changed."""
        self._ids.append(entity_id)

    def touch_many(self, entity_ids: Iterable[int]) -> None:
        """`touch` for each."""
        self._ids.extend(entity_ids)

    def mark(self, txid: int) -> None:
        """All that was noted since the last mark is of this commit."""
        count = len(self._ids)
        if count > (self._counts[-1] if self._counts else 0):
            # In this order: who finds the txid finds its count.
            self._counts.append(count)
            self._txids.append(txid)

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def visible_count(self, txid: int) -> int:
        """How many rows a snapshot sees."""
        place = bisect_right(self._txids, txid)
        return self._counts[place - 1] if place else 0

    def level(self, txid: int, read: Read) -> Level:
        """The layer as a snapshot sees it.

        Args:
            txid: the snapshot's.
            read: entities, ascending, to those of them that the index covers at the snapshot.
        """
        count = self.visible_count(txid)
        known, level = self._level
        if known == count:
            return level
        with self._latch:
            self._note_newer(count)
            rows = np.flatnonzero(self._newer[:count] >= count)
            ids = self._id_array.first(count)[rows]
            order = np.argsort(ids, kind="stable")
            rows, ids = rows[order], ids[order]
            places = self._places[rows]
            unread = np.flatnonzero(places == _UNREAD)
            if len(unread):
                places[unread] = self._made(ids[unread], read)
                self._places[rows[unread]] = places[unread]
        held = np.flatnonzero(places >= 0)
        level = Level(ids, FreshRows(self._entries, places[held], ids[held]))
        self._level = (count, level)
        return level

    def _made(self, ids: IdArray, read: Read) -> Int64Array:
        source = read(ids)
        made = np.full(len(ids), -1, dtype=np.int64)
        if len(source.ids):
            made[ids.searchsorted(source.ids)] = self._entries.add(source)
        return made

    def _note_newer(self, count: int) -> None:
        """Bring `_newer` and `_places` forward to `count` rows."""
        known = self._known
        if count <= known:
            return
        if count > len(self._newer):
            size = max(count, 64, 2 * len(self._newer))
            self._newer = _grown(self._newer[:known], size, _NEVER)
            self._places = _grown(self._places[:known], size, _UNREAD)
        newer, last_rows = self._newer, self._last_rows
        for row, entity_id in enumerate(self._ids[known:count], known):
            before = last_rows.get(entity_id)
            if before is not None:
                newer[before] = row
            last_rows[entity_id] = row
        self._known = count


def _grown(array: Int64Array, size: int, filler: int) -> Int64Array:
    grown = np.full(size, filler, dtype=np.int64)
    grown[: len(array)] = array
    return grown
