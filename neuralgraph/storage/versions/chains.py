"""Version chains, and how a batch of ids finds the few of them that matter.

A chain holds what one thing (a property of a node, the labels of a node, an edge) was after each
commit since the base, newest first. A snapshot sees the newest version that is not younger than itself;
where there is none, the base's value holds.

Reading a column through chains must stay vectorised, so `TouchedIds` answers "which rows of this batch
have a chain at all?" with a few array operations, and `DeltaColumn.image` has the visible values of all
chains for batches that meet many of them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sortedcontainers import SortedDict

from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuralgraph.values import IdArray, MaskArray, RowArray

OWN_TXID: Final = 1 << 62
"""Txid of a transaction's own, uncommitted versions: younger than every commit."""

SORTED_IDS_MAX: Final = 256
"""Up to this many touched ids a search among sorted ids is cheaper than keeping a mask."""

LOOKUP_ROWS_MAX: Final = 48
"""Up to this many touched rows of a batch are looked up one by one; above, by `image`."""


class Version:
    """One value of one thing, from its txid on."""

    __slots__ = ("older", "txid", "value")

    def __init__(self, txid: int, value: Any, older: Version | None) -> None:
        self.txid = txid
        self.value = value
        self.older = older

    def __repr__(self) -> str:
        return f"Version({self.txid}, {self.value!r}{', ...' if self.older else ''})"


def visible(version: Version | None, txid: int) -> Version | None:
    """The newest version of the chain that a snapshot at `txid` sees; None: ask the base."""
    while version is not None and version.txid > txid:
        version = version.older
    return version


class TouchedIds:
    """A growing set of ids that finds its members in a batch.

    Only ever grows, so that what a reader knows of it stays true; one writer, any readers.
    """

    __slots__ = ("_growing", "_mask", "_masked", "_order", "_sorted")

    def __init__(self) -> None:
        self._order: list[int] = []
        self._sorted: IdArray = NO_IDS
        self._mask: MaskArray = np.zeros(0, dtype=np.bool_)
        self._masked = 0
        self._growing = threading.Lock()

    def __len__(self) -> int:
        return len(self._order)

    def note(self, touched_id: int) -> None:
        """Add an id that is not in yet; the caller knows (it has just made its first chain)."""
        self._order.append(touched_id)

    def sorted_ids(self) -> IdArray:
        """All of them, ascending; a few may have been added by commits that a reader does not see."""
        if len(self._sorted) != len(self._order):
            self._sorted = np.sort(np.array(self._order, dtype=np.int64))
        return self._sorted

    def rows(self, ids: IdArray) -> RowArray:
        """Rows of `ids` that are members, ascending; -1 and unknown ids are none."""
        count = len(self._order)
        if count == 0 or len(ids) == 0:
            return NO_IDS
        if count <= SORTED_IDS_MAX:
            members = self.sorted_ids()
            places = members.searchsorted(ids)
            places[places == len(members)] = 0
            return np.flatnonzero(members[places] == ids)
        mask = self._mask if self._masked == count else self._grow_mask(count)
        inside = ids
        if int(ids.max()) >= len(mask) or int(ids.min()) < 0:
            # The last place of the mask is never a member, so it stands for whatever lies outside.
            inside = np.where((ids < 0) | (ids >= len(mask)), len(mask) - 1, ids)
        return np.flatnonzero(mask[inside])

    def _grow_mask(self, count: int) -> MaskArray:
        with self._growing:
            fresh = np.array(self._order[self._masked : count], dtype=np.int64)
            needed = int(fresh.max()) + 2 if len(fresh) else 1
            mask = self._mask
            if needed > len(mask):
                mask = np.zeros(max(needed, len(mask) * 2), dtype=np.bool_)
                mask[: len(self._mask)] = self._mask
            mask[fresh] = True
            self._mask, self._masked = mask, max(self._masked, count)
            return mask


class Image:
    """What a snapshot sees of all chains of a column: ids ascending, a value for each."""

    __slots__ = ("change_count", "ids", "seen", "txid", "values")

    def __init__(
        self, txid: int, change_count: int, ids: IdArray, values: list[Any], seen: MaskArray
    ) -> None:
        self.txid = txid
        self.change_count = change_count
        """How many changes the column had; a transaction's own all have one txid."""
        self.ids = ids
        self.values = values
        self.seen = seen
        """False where the snapshot is older than the whole chain: the base's value holds."""


class DeltaColumn:
    """Chains of one column (a property key; labels; edges), by id.

    Attributes:
        chains: id -> newest version. Sorted, so that a fold can walk ranges of ids; `get` is a plain
            dictionary look-up and safe beside a writer.
        touched: the ids that have a chain.
    """

    __slots__ = ("_changes", "_image", "chains", "latest_txid", "touched")

    def __init__(self) -> None:
        self.chains: SortedDict[int, Version] = SortedDict()
        self.touched = TouchedIds()
        self.latest_txid = 0
        self._changes: list[tuple[int, int]] = []
        self._image: Image | None = None

    def push(self, changed_id: int, value: Any, txid: int) -> None:
        """A new newest version. One writer at a time."""
        older = self.chains.get(changed_id)
        self.chains[changed_id] = Version(txid, value, older)
        if older is None:
            self.touched.note(changed_id)
        self._changes.append((txid, changed_id))
        self.latest_txid = txid

    def lookup(self, ids: Iterable[int], txid: int) -> list[Version | None]:
        """The visible version for each id; None: ask the base."""
        get = self.chains.get
        return [visible(get(touched_id), txid) for touched_id in ids]

    def find(self, ids: IdArray, txid: int) -> tuple[RowArray, list[Any]]:
        """Rows of a batch whose value comes from here: rows (ascending) and their values."""
        rows = self.touched.rows(ids)
        if len(rows) == 0:
            return rows, []
        if len(rows) <= LOOKUP_ROWS_MAX:
            found_rows: list[int] = []
            values: list[Any] = []
            get = self.chains.get
            for row, touched_id in zip(rows.tolist(), ids[rows].tolist(), strict=True):
                version = visible(get(touched_id), txid)
                if version is not None:
                    found_rows.append(row)
                    values.append(version.value)
            return np.array(found_rows, dtype=np.int64), values
        image = self.image(txid)
        places = image.ids.searchsorted(ids[rows])
        places[places == len(image.ids)] = 0
        hit = (image.ids[places] == ids[rows]) & image.seen[places]
        rows, places = rows[hit], places[hit]
        known = image.values
        return rows, [known[place] for place in places.tolist()]

    def image(self, txid: int) -> Image:
        """All chains as `txid` sees them; kept, and brought forward after a few commits."""
        wanted = min(txid, self.latest_txid)
        count = len(self._changes)
        image = self._image
        if (
            image is not None
            and image.txid == wanted
            and (wanted < self.latest_txid or image.change_count == count)
        ):
            return image
        if image is None or image.txid > wanted or len(image.ids) != len(self.touched):
            image = self._make_image(wanted, count)
        else:
            image = self._advance(image, wanted, count)
        self._image = image
        return image

    def _make_image(self, txid: int, count: int) -> Image:
        # A loop over chains: each is a linked list of Python values. It runs once, not once a read.
        ids = self.touched.sorted_ids()
        found = self.lookup(ids.tolist(), txid)
        seen = np.fromiter((version is not None for version in found), np.bool_, len(found))
        values = [None if version is None else version.value for version in found]
        return Image(txid, count, ids, values, seen)

    def _advance(self, image: Image, txid: int, count: int) -> Image:
        changes = self._changes
        # Younger than the image, or as young (a transaction's own) and made after it.
        start = min(image.change_count, count)
        while start and changes[start - 1][0] > image.txid:
            start -= 1
        if count - start > len(image.ids) // 4:
            return self._make_image(txid, count)
        values, seen = image.values.copy(), image.seen.copy()
        for _, changed_id in changes[start:count]:
            place = int(image.ids.searchsorted(changed_id))
            version = visible(self.chains.get(changed_id), txid)
            seen[place] = version is not None
            values[place] = None if version is None else version.value
        return Image(txid, count, image.ids, values, seen)
