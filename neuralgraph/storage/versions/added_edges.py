"""Edges that came since the base, by the node they hang on, in one direction.

A log like that of `chains.py`: parallel lists that only grow, and for each edge the place of the edge added
at the same node before it. An edge that was deleted again is found out elsewhere.

The edges of a few nodes are looked up one by one; those of many through arrays in order of node. Of
these there are two: most of the log, and the tail that came since, so that a commit between two reads
costs the order of a few edges, not of all.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.indexes.id_places import GrowingArray, SortedIds
from neuralgraph.storage.versions.chains import LOOKUP_ROWS_MAX
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import places_in_ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array

_TAIL_MIN: Final = 256
_TAIL_SHARE: Final = 16
"""All is put in order anew when the tail is longer than this share of it."""

Found = tuple["RowArray", "IdArray", "IdArray"]
"""Rows of a batch, edge ids, neighbours."""

_NOTHING: Final = (NO_IDS, NO_IDS, NO_IDS)


class _Ordered:
    """Edges `start` to `stop` of the log in order of node, oldest first."""

    __slots__ = (
        "_edges",
        "_neighbours",
        "_nodes",
        "_offsets",
        "_txids",
        "_types",
        "start",
        "stop",
    )

    def __init__(self, columns: Sequence[Int64Array], start: int, stop: int) -> None:
        self.start = start
        self.stop = stop
        nodes, edges, types, neighbours, txids = (column[start:stop] for column in columns)
        order = np.argsort(nodes, kind="stable")
        nodes = nodes[order]
        first = np.ones(len(nodes), dtype=np.bool_)
        first[1:] = nodes[1:] != nodes[:-1]
        starts = np.flatnonzero(first)
        self._nodes = SortedIds(nodes[starts])
        self._offsets = np.append(starts, len(nodes))
        self._edges, self._types = edges[order], types[order]
        self._neighbours, self._txids = neighbours[order], txids[order]

    def find(self, ids: IdArray, codes: Sequence[int] | None, txid: int | None) -> Found:
        """See `AddedEdges.find`; None for codes: all, for txid: all are old enough."""
        rows, slots = self._nodes.locate(ids)
        if len(rows) == 0:
            return _NOTHING
        starts, stops = self._offsets[slots], self._offsets[slots + 1]
        counts = stops - starts
        found = rows.repeat(counts)
        places = places_in_ranges(starts, counts)
        keep = None if txid is None else self._txids[places] <= txid
        if codes is not None:
            wanted = _is_one_of(self._types[places], codes)
            keep = wanted if keep is None else keep & wanted
        if keep is not None:
            found, places = found[keep], places[keep]
        return found, self._edges[places], self._neighbours[places]


class AddedEdges:
    """Edges by node; see the module's docstring. One writer at a time, any readers."""

    __slots__ = (
        "_columns",
        "_edges",
        "_heads",
        "_latch",
        "_neighbours",
        "_nodes",
        "_older",
        "_ordered",
        "_tail",
        "_txids",
        "_type_codes",
        "_types",
    )

    def __init__(self) -> None:
        self._nodes: list[int] = []
        self._edges: list[int] = []
        self._types: list[int] = []
        self._neighbours: list[int] = []
        self._txids: list[int] = []
        self._older: list[int] = []
        self._heads: dict[int, int] = {}
        self._type_codes: dict[str, int] = {}
        self._columns: tuple[GrowingArray, ...] = ()
        self._ordered: _Ordered | None = None
        self._tail: _Ordered | None = None
        self._latch = threading.Lock()

    def __len__(self) -> int:
        return len(self._txids)

    def add(self, node_id: int, edge_id: int, edge_type: str, neighbour: int, txid: int) -> None:
        """An edge at a node; no txid is less than the one before."""
        codes, heads = self._type_codes, self._heads
        code = codes.get(edge_type)
        if code is None:
            code = codes[edge_type] = len(codes)
        place = len(self._txids)
        self._nodes.append(node_id)
        self._edges.append(edge_id)
        self._types.append(code)
        self._neighbours.append(neighbour)
        self._older.append(heads.get(node_id, -1))
        self._txids.append(txid)
        heads[node_id] = place

    def add_many(
        self,
        node_ids: Sequence[int],
        edge_ids: Sequence[int],
        edge_type: str,
        neighbours: Sequence[int],
        txid: int,
    ) -> None:
        """`add` for edges of one type."""
        code = self._type_codes.setdefault(edge_type, len(self._type_codes))
        count, place = len(node_ids), len(self._txids)
        heads = self._heads
        fresh = dict(zip(node_ids, range(place, place + count), strict=True))
        if heads.keys().isdisjoint(fresh):
            older = [-1] * count
        else:
            older = [heads.get(node_id, -1) for node_id in node_ids]
        if len(fresh) < count:
            # Several at one node: each comes after the one before it here.
            last: dict[int, int] = {}
            for offset, node_id in enumerate(node_ids):
                before = last.get(node_id, -1)
                if before >= 0:
                    older[offset] = place + before
                last[node_id] = offset
        self._nodes.extend(node_ids)
        self._edges.extend(edge_ids)
        self._types.extend([code] * count)
        self._neighbours.extend(neighbours)
        self._older.extend(older)
        self._txids.extend([txid] * count)
        heads.update(fresh)

    def newest_txid(self, node_id: int) -> int:
        """When an edge was tied to the node last; 0: never."""
        place = self._heads.get(node_id, -1)
        return 0 if place < 0 else self._txids[place]

    def nodes_since(self, txid: int) -> Sequence[int]:
        """The nodes of edges that came after `txid`."""
        return self._nodes[bisect_right(self._txids, txid, 0, len(self._txids)) :]

    def has_node(self, node_id: int) -> bool:
        """Was an edge added at the node, whatever its txid?"""
        return node_id in self._heads

    def find(self, ids: IdArray, types: Sequence[str], txid: int) -> Found:
        """Rows (ascending), edge ids and neighbours of the edges that `txid` may see.

        Args:
            ids: nodes of a batch.
            types: wanted types; empty for all.
            txid: the snapshot.
        """
        codes = self._wanted_codes(types)
        if codes is not None and not codes:
            return _NOTHING
        if len(ids) <= LOOKUP_ROWS_MAX:
            return self._find_few(ids, codes, txid)
        ordered, tail = self._current()
        is_old = self._txids[tail.stop - 1] <= txid
        seen = None if is_old else txid
        found = ordered.find(ids, codes, seen)
        if tail is ordered:
            return found
        fresh = tail.find(ids, codes, seen)
        if len(fresh[0]) == 0:
            return found
        rows, edges, neighbours = (np.concatenate(pair) for pair in zip(found, fresh, strict=True))
        order = np.argsort(rows, kind="stable")
        return rows[order], edges[order], neighbours[order]

    def _find_few(self, ids: IdArray, codes: Sequence[int] | None, txid: int) -> Found:
        rows: list[int] = []
        places: list[int] = []
        get, older, txids, types = self._heads.get, self._older, self._txids, self._types
        for row, node_id in enumerate(ids.tolist()):
            place = get(node_id, -1)
            if place < 0:
                continue
            chain = []
            while place >= 0:
                if txids[place] <= txid and (codes is None or types[place] in codes):
                    chain.append(place)
                place = older[place]
            chain.reverse()
            places.extend(chain)
            rows.extend([row] * len(chain))
        if not places:
            return _NOTHING
        edges, neighbours = self._edges, self._neighbours
        return (
            np.array(rows, dtype=np.int64),
            np.array([edges[place] for place in places], dtype=np.int64),
            np.array([neighbours[place] for place in places], dtype=np.int64),
        )

    def all_of(self, edge_type: str, txid: int) -> Found:
        """Nodes, edge ids and neighbours of every edge of a type that `txid` may see."""
        code = self._type_codes.get(edge_type)
        count = len(self._txids)
        if code is None or not count:
            return _NOTHING
        nodes, edges, types, neighbours, txids = self._arrays(count)
        keep = (types == code) & (txids <= txid)
        return nodes[keep], edges[keep], neighbours[keep]

    def types(self) -> Sequence[str]:
        """Types of the added edges."""
        return list(self._type_codes)

    def _wanted_codes(self, types: Sequence[str]) -> Sequence[int] | None:
        """Codes to look for; None: every edge qualifies."""
        known = self._type_codes
        if not types:
            return None
        codes = [known[name] for name in types if name in known]
        return None if len(codes) == len(known) else codes

    def _current(self) -> tuple[_Ordered, _Ordered]:
        """All but the tail, and the tail; the same twice when there is none."""
        count = len(self._txids)
        with self._latch:
            ordered, tail = self._ordered, self._tail
            if tail is not None and ordered is not None and tail.stop >= count:
                return ordered, tail
            covered = 0 if ordered is None else ordered.stop
            columns = self._arrays(count)
            if ordered is None or count - covered > max(_TAIL_MIN, covered // _TAIL_SHARE):
                self._ordered = self._tail = made = _Ordered(columns, 0, count)
                return made, made
            self._tail = tail = _Ordered(columns, covered, count)
            return ordered, tail

    def _arrays(self, count: int) -> tuple[Int64Array, ...]:
        if not self._columns:
            lists = (self._nodes, self._edges, self._types, self._neighbours, self._txids)
            self._columns = tuple(GrowingArray(column) for column in lists)
        return tuple(column.first(count) for column in self._columns)


def _is_one_of(types: Int64Array, codes: Sequence[int]) -> MaskArray:
    wanted: MaskArray = types == codes[0]
    for code in codes[1:]:
        wanted |= types == code
    return wanted
