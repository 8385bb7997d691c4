"""Edges that came since the base, by the node they hang on, in one direction.

Only ever grows; an edge that was deleted again is found out through its chain. A few nodes of a batch
are looked up one by one; many, through arrays in order of node, brought up to date when asked for.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from neuralgraph.storage.versions.chains import LOOKUP_ROWS_MAX, TouchedIds
from neuralgraph.values import NO_IDS, IdArray, RowArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values.arrays import Int64Array

_NO_INTS: Final = NO_IDS


class AddedEdge(NamedTuple):
    """One end of an edge, seen from its node."""

    edge_id: int
    type: str
    neighbour: int
    txid: int


class _Arrays(NamedTuple):
    """All added edges in order of node (stable: oldest first)."""

    nodes: IdArray
    edges: IdArray
    types: Int64Array
    neighbours: IdArray
    txids: Int64Array


class AddedEdges:
    """Edges by node; see the module's docstring."""

    __slots__ = ("_arrays", "_by_node", "_latch", "_log", "_type_codes", "touched")

    def __init__(self) -> None:
        self._by_node: dict[int, list[AddedEdge]] = {}
        self._log: list[tuple[int, AddedEdge]] = []
        self._type_codes: dict[str, int] = {}
        self._arrays = _Arrays(NO_IDS, NO_IDS, _NO_INTS, NO_IDS, _NO_INTS)
        self._latch = threading.Lock()
        self.touched = TouchedIds()

    def __len__(self) -> int:
        return len(self._log)

    def add(self, node_id: int, edge_id: int, edge_type: str, neighbour: int, txid: int) -> None:
        """One writer at a time."""
        edge = AddedEdge(edge_id, edge_type, neighbour, txid)
        self._type_codes.setdefault(edge_type, len(self._type_codes))
        known = self._by_node.get(node_id)
        if known is None:
            self._by_node[node_id] = [edge]
            self.touched.note(node_id)
        else:
            known.append(edge)
        self._log.append((node_id, edge))

    def of_node(self, node_id: int) -> Sequence[AddedEdge]:
        """Every edge added at the node, whatever its txid; oldest first."""
        return self._by_node.get(node_id, ())

    def find(
        self, ids: IdArray, types: Sequence[str], txid: int
    ) -> tuple[RowArray, IdArray, IdArray]:
        """Rows (ascending), edge ids and neighbours of the edges that `txid` may see.

        Args:
            ids: nodes of a batch.
            types: wanted types; empty for all.
            txid: the snapshot.
        """
        rows = self.touched.rows(ids)
        if len(rows) == 0:
            return NO_IDS, NO_IDS, NO_IDS
        if len(rows) > LOOKUP_ROWS_MAX:
            return self._find_many(ids, rows, types, txid)
        found_rows: list[int] = []
        edges: list[int] = []
        neighbours: list[int] = []
        for row, node_id in zip(rows.tolist(), ids[rows].tolist(), strict=True):
            for edge_id, edge_type, neighbour, since in self._by_node.get(node_id, ()):
                if since <= txid and (not types or edge_type in types):
                    found_rows.append(row)
                    edges.append(edge_id)
                    neighbours.append(neighbour)
        return (
            np.array(found_rows, dtype=np.int64),
            np.array(edges, dtype=np.int64),
            np.array(neighbours, dtype=np.int64),
        )

    def _find_many(
        self, ids: IdArray, rows: RowArray, types: Sequence[str], txid: int
    ) -> tuple[RowArray, IdArray, IdArray]:
        arrays = self._current_arrays()
        wanted = ids[rows]
        starts = arrays.nodes.searchsorted(wanted, side="left")
        counts = arrays.nodes.searchsorted(wanted, side="right") - starts
        total = int(counts.sum())
        places = np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(total)
        found = np.repeat(rows, counts)
        keep = arrays.txids[places] <= txid
        if types:
            codes = [self._type_codes[name] for name in types if name in self._type_codes]
            keep &= np.isin(arrays.types[places], codes)
        places, found = places[keep], found[keep]
        return found, arrays.edges[places], arrays.neighbours[places]

    def all_of(self, edge_type: str, txid: int) -> tuple[IdArray, IdArray, IdArray]:
        """Nodes, edge ids and neighbours of every edge of a type that `txid` may see."""
        code = self._type_codes.get(edge_type)
        if code is None:
            return NO_IDS, NO_IDS, NO_IDS
        arrays = self._current_arrays()
        keep = (arrays.types == code) & (arrays.txids <= txid)
        return arrays.nodes[keep], arrays.edges[keep], arrays.neighbours[keep]

    def types(self) -> Sequence[str]:
        """Types of the added edges."""
        return list(self._type_codes)

    def _current_arrays(self) -> _Arrays:
        count = len(self._log)
        if len(self._arrays.nodes) == count:
            return self._arrays
        with self._latch:
            known = self._arrays
            fresh = self._log[len(known.nodes) : count]
            if fresh:
                codes = self._type_codes
                added = np.array(
                    [
                        (node, edge.edge_id, codes[edge.type], edge.neighbour, edge.txid)
                        for node, edge in fresh
                    ],
                    dtype=np.int64,
                ).T
                columns = [np.concatenate(pair) for pair in zip(known, added, strict=True)]
                order = np.argsort(columns[0], kind="stable")
                self._arrays = _Arrays(*(column[order] for column in columns))
            return self._arrays
