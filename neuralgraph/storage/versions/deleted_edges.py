"""Edges that were deleted since the base, by id: what every walk along edges has to leave out.

The states of edges (`entity_states.py`) know it, too, among all edges that came or changed. These are few,
and each stands here once, with the txid of the first commit that deleted it or brought it back; only for
edges that may be back the states are asked.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.indexes.id_places import GrowingArray, SortedIds
from neuralgraph.storage.versions.chains import LOOKUP_ROWS_MAX
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array

_NEVER: Final = 1 << 63

_TAIL_MAX: Final = 128
"""So many edges behind the ordered ones are looked up one by one."""


class _Ordered:
    """The first `count` edges in order of their ids, and the txid of each."""

    __slots__ = ("count", "ids", "txids")

    def __init__(self, count: int, ids: SortedIds, txids: Int64Array) -> None:
        self.count = count
        self.ids = ids
        self.txids = txids


class _Tail:
    """The txids of edges `start` to `stop`, by id."""

    __slots__ = ("since", "start", "stop")

    def __init__(self, start: int, stop: int, since: dict[int, int]) -> None:
        self.start = start
        self.stop = stop
        self.since = since


class DeletedEdges:
    """See the module. One writer at a time, any readers.

    Args:
        states: of the edges of the same store.
    """

    __slots__ = ("_arrays", "_ids", "_latch", "_ordered", "_restored", "_states", "_tail", "_txids")

    def __init__(self, states: DeltaColumn) -> None:
        self._states = states
        self._ids: list[int] = []
        self._txids: list[int] = []
        self._restored: set[int] = set()
        self._arrays = (GrowingArray(self._ids), GrowingArray(self._txids))
        self._ordered = _Ordered(0, SortedIds(NO_IDS), NO_IDS)
        self._tail = _Tail(0, 0, {})
        self._latch = threading.Lock()

    def __len__(self) -> int:
        return len(self._txids)

    def add(self, edge_ids: Sequence[int], txid: int) -> None:
        """Edges are deleted, each once; no txid is less than the one before."""
        if self._restored:
            edge_ids = [edge_id for edge_id in edge_ids if edge_id not in self._restored]
        self._ids.extend(edge_ids)
        self._txids.extend([txid] * len(edge_ids))

    def add_restored(self, edge_id: int, txid: int) -> None:
        """An edge is back that was deleted, here or further below; the states have it already."""
        if edge_id in self._restored:
            return
        states = self._states
        place = states.heads[edge_id]
        while place >= 0 and states.values[place] is not None:
            place = states.older[place]
        # In this order: who finds the edge asks its states.
        self._restored.add(edge_id)
        if place < 0:
            self._ids.append(edge_id)
            self._txids.append(txid)

    def mark(self, edge_ids: IdArray, txid: int, gone: MaskArray) -> None:
        """Mark the edges of a batch that a snapshot sees deleted here, and unmark those that are back."""
        rows = self._locate(edge_ids, txid)
        if len(rows) == 0:
            return
        gone[rows] = True
        if self._restored:
            states = self._states
            is_back = [
                states.values[states.place_of(edge_id, txid)] is not None
                for edge_id in edge_ids[rows].tolist()
            ]
            gone[rows[is_back]] = False

    def _locate(self, edge_ids: IdArray, txid: int) -> RowArray:
        """Rows of a batch that stand here for a snapshot."""
        count, ordered = len(self._txids), self._ordered
        behind = count - ordered.count
        is_small = len(edge_ids) <= LOOKUP_ROWS_MAX
        if behind > _TAIL_MAX or (behind and not is_small):
            ordered, behind = self._put_in_order(count), 0
        rows, places = ordered.ids.locate(edge_ids)
        rows = rows[ordered.txids[places] <= txid]
        if behind <= 0:
            return rows
        since = self._tail_from(ordered.count, count).get
        fresh = [
            row for row, edge_id in enumerate(edge_ids.tolist()) if since(edge_id, _NEVER) <= txid
        ]
        return np.concatenate((rows, np.array(fresh, dtype=np.int64)))

    def _tail_from(self, start: int, stop: int) -> dict[int, int]:
        tail = self._tail
        if tail.start != start or tail.stop < stop:
            since = dict(zip(self._ids[start:stop], self._txids[start:stop], strict=True))
            self._tail = tail = _Tail(start, stop, since)
        return tail.since

    def _put_in_order(self, count: int) -> _Ordered:
        """At least the first `count`."""
        with self._latch:
            known = self._ordered
            if known.count < count:
                ids, txids = (array.first(count)[known.count :] for array in self._arrays)
                order = np.argsort(ids)
                ids, txids = ids[order], txids[order]
                # Where they go, and where those that were there before stay, in the order of all.
                spots = known.ids.array.searchsorted(ids) + np.arange(len(ids))
                old = np.ones(count, dtype=np.bool_)
                old[spots] = False
                all_ids, all_txids = np.empty((2, count), dtype=np.int64)
                all_ids[spots], all_ids[old] = ids, known.ids.array
                all_txids[spots], all_txids[old] = txids, known.txids
                self._ordered = known = _Ordered(count, SortedIds(all_ids), all_txids)
            return known
