"""Version chains, and how a batch of ids finds the few of them that matter.

A chain holds what one thing (a property of a node, the labels of a node, an edge) was after each
commit since the base. A snapshot sees the newest version that is not younger than itself; where there
is none, the base's value holds.

The chains of a column lie in one log in order of commit, as parallel lists: whose version it is, since
which txid, what it says, and the place of the version before. So many versions are added with a few list
operations, and nothing but the value is an object of its own.

    place     0    1    2    3
    ids      17   23   17   40          heads  {17: 2, 23: 1, 40: 3}
    txids     4    4    5    9
    older    -1   -1    0   -1
    values   'a'  'b'  'c'  None        None: absent, deleted

What a snapshot sees is a prefix of the log. Reading a column through it stays vectorised: the `Image` of a
prefix has the place of each id's newest version, and the values as a typed column.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.indexes.id_places import GrowingArray, SortedIds
from neuralgraph.values import NO_IDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.values import IdArray, RowArray

OWN_TXID: Final = 1 << 62
"""Txid of a transaction's own, uncommitted versions: younger than every commit."""

LOOKUP_ROWS_MAX: Final = 48
"""Up to this many rows are looked up one by one; more, by `image`."""

_SINGLY_MAX: Final = 512
"""A batch after a commit, before another commit, is no reason to make an image, if it is no larger."""

_STEPS_MAX: Final = 16
"""A chain is walked so far; what lies deeper is found by halving, in a list of its places."""

_IMAGES_MAX: Final = 4
"""The newest one, and those of readers of the past who read last; others make theirs anew."""


class Image:
    """The newest version of each id among the first `count` of a log.

    Attributes:
        count: how many versions it knows.
        ids: who has one.
        places: of it, for each id.
        last_use: grows with each use of an image of the log.
    """

    __slots__ = ("count", "ids", "last_use", "places")

    def __init__(self, count: int, ids: SortedIds, places: RowArray) -> None:
        self.count = count
        self.ids = ids
        self.places = places
        self.last_use = 0

    def locate(self, ids: IdArray) -> tuple[RowArray, RowArray]:
        """Rows of `ids` (ascending) with a version, and its place."""
        rows, found = self.ids.locate(ids)
        return rows, self.places[found]


_EMPTY_IMAGE: Final = Image(0, SortedIds(NO_IDS), NO_IDS)


class DeltaColumn:
    """Chains of one column (a property key; labels; edges); see the module's docstring.

    One writer at a time, any readers: a version is written before `heads` leads to it.

    Attributes:
        heads: id -> place of its newest version.
        ids, txids, older, values: the log. Only ever grow, and what stands in them stays.
    """

    __slots__ = (
        "_id_array",
        "_images",
        "_latch",
        "_long_chains",
        "_singly_at",
        "_typed",
        "_uses",
        "heads",
        "ids",
        "older",
        "txids",
        "values",
    )

    def __init__(self) -> None:
        self.heads: dict[int, int] = {}
        self.ids: list[int] = []
        self.txids: list[int] = []
        self.older: list[int] = []
        self.values: list[Any] = []
        self._id_array: GrowingArray | None = None
        self._images: tuple[Image, ...] = ()
        self._typed: Column | None = None
        self._uses = 0
        self._singly_at = -1
        self._long_chains: dict[int, tuple[int, ...]] = {}
        self._latch = threading.Lock()

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def push(self, changed_id: int, value: Any, txid: int) -> None:
        """A new newest version; no txid is less than the one before."""
        heads, txids = self.heads, self.txids
        place = len(txids)
        self.values.append(value)
        self.ids.append(changed_id)
        self.older.append(heads.get(changed_id, -1))
        txids.append(txid)
        heads[changed_id] = place

    def push_first(self, ids: Sequence[int], values: Iterable[Any], txid: int) -> None:
        """`push` for ids that have no version yet, each once."""
        place, count = len(self.txids), len(ids)
        self.values.extend(values)
        self.ids.extend(ids)
        self.older.extend([-1] * count)
        self.txids.extend([txid] * count)
        self.heads.update(zip(ids, range(place, place + count), strict=True))

    def push_many(self, ids: Sequence[int], values: Iterable[Any], txid: int) -> None:
        """`push` for ids that may have versions, each once."""
        place, count = len(self.txids), len(ids)
        heads = self.heads
        self.values.extend(values)
        self.ids.extend(ids)
        if heads.keys().isdisjoint(ids):
            self.older.extend([-1] * count)
        else:
            self.older.extend([heads.get(changed_id, -1) for changed_id in ids])
        self.txids.extend([txid] * count)
        heads.update(zip(ids, range(place, place + count), strict=True))

    # ── one by one ────────────────────────────────────────────────────────────────────────────

    def place_of(self, wanted_id: int, txid: int) -> int:
        """Place of the version that a snapshot sees; -1: ask the base."""
        place = self.heads.get(wanted_id, -1)
        txids = self.txids
        if place < 0 or txids[place] <= txid:
            return place
        older = self.older
        for _ in range(_STEPS_MAX):
            place = older[place]
            if place < 0 or txids[place] <= txid:
                return place
        return self._far_place(wanted_id, self.visible_count(txid))

    def _far_place(self, wanted_id: int, count: int) -> int:
        """Place of the newest version among the first `count` of the log, for long chains."""
        chain = self._long_chains.get(wanted_id, ())
        known = chain[-1] if chain else -1
        place = self.heads[wanted_id]
        if place != known:
            fresh = []
            while place != known:
                fresh.append(place)
                place = self.older[place]
            # A new one, for another thread may be reading the old.
            chain = self._long_chains[wanted_id] = (*chain, *reversed(fresh))
        row = bisect_left(chain, count)
        return chain[row - 1] if row else -1

    def changed_between(self, low: int, high: int) -> tuple[IdArray, IdArray]:
        """Ids that commits after `low` up to `high` changed, and the txid of each change, in order."""
        start, stop = self.visible_count(low), self.visible_count(high)
        return (
            np.array(self.ids[start:stop], dtype=np.int64),
            np.array(self.txids[start:stop], dtype=np.int64),
        )

    def ids_since(self, txid: int) -> Sequence[int]:
        """Ids that commits after `txid` changed, in order."""
        return self.ids[self.visible_count(txid) :]

    def versions_of(self, wanted_id: int, txid: int) -> list[tuple[int, Any]]:
        """What it was after each commit up to `txid` that changed it, oldest first: (txid, value)."""
        found: list[tuple[int, Any]] = []
        place = self.place_of(wanted_id, txid)
        while place >= 0:
            if not found or found[-1][0] != self.txids[place]:
                found.append((self.txids[place], self.values[place]))
            place = self.older[place]
        return found[::-1]

    def newest_txid(self, wanted_id: int) -> int:
        """When it changed last; 0 when it did not."""
        place = self.heads.get(wanted_id, -1)
        return 0 if place < 0 else self.txids[place]

    # ── many ──────────────────────────────────────────────────────────────────────────────────

    def locate(self, ids: IdArray, txid: int) -> tuple[RowArray, RowArray]:
        """Rows of a batch (ascending) with a version that `txid` sees, and its place."""
        if not self.heads:
            return NO_IDS, NO_IDS
        if len(ids) > LOOKUP_ROWS_MAX and not self._is_cheaper_singly(len(ids), txid):
            return self.image(txid).locate(ids)
        place_of = self.place_of
        found = [place_of(wanted, txid) for wanted in ids.tolist()]
        places = np.array(found, dtype=np.int64)
        rows = np.flatnonzero(places >= 0)
        return rows, places[rows]

    def _is_cheaper_singly(self, count: int, txid: int) -> bool:
        """Look so many ids up one by one, because an image would have to be made, and is not for long?"""
        if count > _SINGLY_MAX:
            return False
        seen = self.visible_count(txid)
        if seen == self._singly_at:
            return False  # the second batch that asks the same moment
        if any(image.count == seen for image in self._images):
            return False
        self._singly_at = seen
        return True

    def find(self, ids: IdArray, txid: int) -> tuple[RowArray, Column]:
        """Rows of a batch (ascending) whose value comes from here, and their values."""
        rows, places = self.locate(ids, txid)
        return rows, self.take(places)

    def take(self, places: RowArray) -> Column:
        """The values at some places of the log."""
        if len(places) <= LOOKUP_ROWS_MAX:
            values = self.values
            return Column.of_values([values[place] for place in places.tolist()])
        return self._typed_values(int(places.max()) + 1).take(places)

    def visible_count(self, txid: int) -> int:
        """How many versions of the log a snapshot sees: the first ones."""
        txids = self.txids
        count = len(txids)
        if count == 0 or txids[count - 1] <= txid:
            return count
        return bisect_right(txids, txid, 0, count)

    def image(self, txid: int) -> Image:
        """All chains as `txid` sees them; kept, and brought forward after a few commits."""
        count = self.visible_count(txid)
        best = _EMPTY_IMAGE
        self._uses += 1  # two threads may count one use; it is only to tell old from new
        for image in self._images:
            if image.count == count:
                image.last_use = self._uses
                return image
            if best.count < image.count < count:
                best = image
        made = self._advance(best, count)
        made.last_use = self._uses
        # What two threads make at once is the same.
        kept = sorted((made, *self._images), key=lambda image: image.last_use)
        self._images = tuple(kept[-_IMAGES_MAX:])
        return made

    def _advance(self, image: Image, count: int) -> Image:
        if self._id_array is None:
            self._id_array = GrowingArray(self.ids)
        fresh = self._id_array.first(count)[image.count :]
        # The last version of each: the first one seen from the end.
        ids, back = np.unique(fresh[::-1], return_index=True)
        places = count - 1 - back
        known = image.ids.array
        if len(known) == 0:
            return Image(count, SortedIds(ids), places)
        spots = known.searchsorted(ids)
        spots_inside = np.minimum(spots, len(known) - 1)
        is_known = known[spots_inside] == ids
        merged = image.places.copy()
        merged[spots[is_known]] = places[is_known]
        if is_known.all():
            return Image(count, image.ids, merged)
        is_new = ~is_known
        spots, ids, places = spots[is_new], ids[is_new], places[is_new]
        if spots[0] == len(known):
            return Image(
                count,
                SortedIds(np.concatenate((known, ids))),
                np.concatenate((merged, places)),
            )
        return Image(
            count,
            SortedIds(np.insert(known, spots, ids)),
            np.insert(merged, spots, places),
        )

    def _typed_values(self, count: int) -> Column:
        """At least the first `count` values of the log."""
        typed = self._typed
        if typed is not None and typed.count >= count:
            return typed
        with self._latch:
            known = self._typed
            start = 0 if known is None else known.count
            if start < count:
                fresh = Column.of_values(self.values[start:count])
                self._typed = fresh if known is None else _joined(known, fresh)
            assert self._typed is not None
            return self._typed


def _joined(known: Column, fresh: Column) -> Column:
    """One after the other; removals alone have no kind of their own."""
    if known.kind != fresh.kind:
        if _is_all_null(fresh):
            fresh = _nulls(known.kind, fresh.count)
        elif _is_all_null(known):
            known = _nulls(fresh.kind, known.count)
    return Column.concat([known, fresh])


def _is_all_null(column: Column) -> bool:
    return column.kind == Kind.ANY and column.valid is not None and not column.valid.any()


def _nulls(kind: Kind, count: int) -> Column:
    return Column.of_list(kind, [None] * count)


def txids_of(entity_id: int, columns: Iterable[DeltaColumn]) -> list[int]:
    """When some values of an entity changed, youngest first."""
    txids: set[int] = set()
    for column in columns:
        place = column.heads.get(entity_id, -1)
        while place >= 0:
            txids.add(column.txids[place])
            place = column.older[place]
    return sorted(txids, reverse=True)
