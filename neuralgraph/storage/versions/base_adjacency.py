"""Edges by node: for one type and direction, CSR over segments of 65,536 nodes.

    offsets      one more than the nodes of the segment, counted from the segment's first edge
    neighbours   the node at the other end; ascending within a node, equal ones by edge id
    edges        the edge ids; a bulk load leaves them consecutive in one direction, then none are stored

A segment may cover fewer nodes than 65,536: the rest have no edges. Cold, an expansion reads the segments it
needs; when that has been done often enough to pay for it, `flat` puts all in one CSR with int64 ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import Adjacency, Expansion
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.versions.base_arrays import (
    CALL_WEIGHT,
    ROW_MASK,
    SEGMENT_BITS,
    by_segment,
)
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import counting, places_in_ranges
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import IdArray, RowArray
    from neuralgraph.values.arrays import Int64Array


@record
class AdjacencySegment:
    """Edges of up to 65,536 consecutive nodes; see the module's docstring."""

    offsets: StoredArray
    neighbours: StoredArray
    edges: StoredArray

    @staticmethod
    def write(
        offsets: NDArray[Any],
        neighbours: NDArray[Any],
        edges: NDArray[Any],
        blocks: BlockFile,
    ) -> AdjacencySegment:
        """Store a CSR whose order is right already."""
        count = len(edges)
        consecutive = count > 0 and int(edges[-1]) - int(edges[0]) == count - 1
        if consecutive and bool((edges[1:] > edges[:-1]).all()):
            stored = StoredArray.sequence(int(edges[0]), count)
        else:
            stored = StoredArray.store(narrowest(edges), blocks)
        return AdjacencySegment(
            StoredArray.store(narrowest(offsets), blocks),
            StoredArray.store(narrowest(neighbours), blocks),
            stored,
        )

    @property
    def node_count(self) -> int:
        """How many nodes it covers."""
        return self.offsets.count - 1

    @property
    def edge_count(self) -> int:
        """How many edges."""
        return self.neighbours.count

    def degrees(self) -> Int64Array:
        """How many edges each node has."""
        offsets: Int64Array = self.offsets.array.astype(np.int64)
        return offsets[1:] - offsets[:-1]

    def rows(self) -> Int64Array:
        """The node of each edge, as a row of the segment."""
        return np.arange(self.node_count).repeat(self.degrees())

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [
            self.offsets.descriptor(),
            self.neighbours.descriptor(),
            self.edges.descriptor(),
        ]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> AdjacencySegment:
        """The segment that `descriptor` describes."""
        return AdjacencySegment(*(StoredArray.read(item, blocks) for item in descriptor))

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for array in (self.offsets, self.neighbours, self.edges):
            yield from array.block_refs()


class BaseAdjacency:
    """All edges of one type in one direction; immutable.

    Attributes:
        segments: by number of the node segment.
        limit: one more than the greatest node id.
        edge_count: how many edges.
    """

    __slots__ = ("_debt", "_flat", "_stops", "edge_count", "limit", "segments")

    def __init__(self, segments: Mapping[int, AdjacencySegment], limit: int) -> None:
        self.segments = segments
        self.limit = limit
        self.edge_count = sum(segment.edge_count for segment in segments.values())
        self._flat: Adjacency | None = None
        self._stops: Int64Array = NO_IDS
        self._debt = 0

    def expand(self, ids: IdArray) -> Expansion:
        """Follow the edges of every node; ids must be at least -1, and -1 has none."""
        if self._flat is None and not self._is_worth_flattening(len(ids)):
            expansion = self._expand_by_segment(ids)
            self._debt += len(expansion.edges)
            return expansion
        _, neighbours, edges = self.flat()
        starts, stops = self._ranges(ids)
        counts = stops - starts
        ends = counts.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        rows = counting(len(ids)).repeat(counts)
        places = (stops - ends)[rows] + counting(total)
        return Expansion(rows, edges[places], neighbours[places])

    def neighbours_of(self, ids: IdArray) -> IdArray:
        """Where `expand` leads to."""
        if self._flat is None and not self._is_worth_flattening(len(ids)):
            return self.expand(ids).neighbours
        flat = self.flat()
        starts, stops = self._ranges(ids)
        found: IdArray = flat.neighbours[places_in_ranges(starts, stops - starts)]
        return found

    def _ranges(self, ids: IdArray) -> tuple[Int64Array, Int64Array]:
        """Where the edges of each node begin and end, once it is flat."""
        assert self._flat is not None
        try:
            # Offset -1 is the last one and so is stop -1: node -1 has no edges.
            stops = self._stops[ids]
        except IndexError:
            ids = np.where(ids < self.limit, ids, -1)
            stops = self._stops[ids]
        return self._flat.offsets[ids], stops

    def expand_one(self, node_id: int) -> tuple[IdArray, IdArray]:
        """Edges and neighbours of one node."""
        flat = self._flat
        if flat is None:
            if not self._is_worth_flattening(1):
                return self._expand_one_cold(node_id)
            flat = self.flat()
        if not 0 <= node_id < self.limit:
            return NO_IDS, NO_IDS
        offsets, neighbours, edges = flat
        start, stop = offsets[node_id], offsets[node_id + 1]
        return edges[start:stop], neighbours[start:stop]

    def between(self, ids: IdArray, others: IdArray) -> Expansion:
        """The edges of every node that lead to the other node of its row: `expand`, and those kept."""
        if self._flat is None and not self._is_worth_flattening(len(ids)):
            found = self.expand(ids)
            keep = found.neighbours == others[found.rows]
            return Expansion(*(array[keep] for array in found))
        offsets, neighbours, edges = self.flat()
        inside = np.where(ids < self.limit, ids, -1)
        places, stops = offsets[inside], self._stops[inside]
        _bisect(neighbours, others, places, stops)
        # Parallel edges stand side by side.
        parts: list[tuple[RowArray, Int64Array]] = []
        rows = (places < stops).nonzero()[0]
        while len(rows):
            hits = neighbours[places[rows]] == others[rows]
            rows = rows[hits]
            parts.append((rows, places[rows]))
            places[rows] += 1
            rows = rows[places[rows] < stops[rows]]
        rows, places = (
            (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
            if parts
            else (NO_IDS, NO_IDS)
        )
        if len(parts) > 1:
            order = np.lexsort((places, rows))
            rows, places = rows[order], places[order]
        return Expansion(rows, edges[places], neighbours[places])

    def degree(self, ids: IdArray) -> Int64Array:
        """How many edges each node has; shape (rows,)."""
        if self._flat is None and not self._is_worth_flattening(len(ids)):
            return self._degree_by_segment(ids)
        self.flat()
        starts, stops = self._ranges(ids)
        return stops - starts

    def flat(self) -> Adjacency:
        """All in one CSR over nodes 0..limit-1, with int64 ids; made once and kept."""
        flat = self._flat
        if flat is None:
            offsets = np.zeros(self.limit + 1, dtype=np.int64)
            neighbours = np.empty(self.edge_count, dtype=np.int64)
            edges = np.empty(self.edge_count, dtype=np.int64)
            node = edge = 0
            for number in sorted(self.segments):
                segment = self.segments[number]
                first = number << SEGMENT_BITS
                offsets[node : first + 1] = edge
                node = first + segment.node_count + 1
                stop = edge + segment.edge_count
                offsets[first:node] = segment.offsets.array
                offsets[first:node] += edge
                neighbours[edge:stop] = segment.neighbours.array
                edges[edge:stop] = segment.edges.array
                edge = stop
            offsets[node:] = edge
            self._stops = offsets[1:] if self.limit else np.zeros(1, dtype=np.int64)
            flat = self._flat = Adjacency(offsets, neighbours, edges)
        return flat

    def _is_worth_flattening(self, rows: int) -> bool:
        self._debt += CALL_WEIGHT + rows
        return self._debt > self.edge_count + self.limit

    # ── cold ──────────────────────────────────────────────────────────────────────────────────

    def _expand_by_segment(self, ids: IdArray) -> Expansion:
        found: list[Expansion] = []
        for number, places, rows in by_segment(ids):
            segment = self.segments.get(number)
            if segment is None:
                continue
            expansion = _expand_segment(segment, rows)
            if not isinstance(places, slice):
                expansion = expansion._replace(rows=places[expansion.rows])
            found.append(expansion)
        if not found:
            return Expansion(NO_IDS, NO_IDS, NO_IDS)
        if len(found) == 1:
            return found[0]
        joined = Expansion(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))
        order = np.argsort(joined.rows, kind="stable")
        return Expansion(*(array[order] for array in joined))

    def _expand_one_cold(self, node_id: int) -> tuple[IdArray, IdArray]:
        segment = self.segments.get(node_id >> SEGMENT_BITS)
        row = node_id & ROW_MASK
        if segment is None or row >= segment.node_count:
            return NO_IDS, NO_IDS
        offsets = segment.offsets.array
        start, stop = int(offsets[row]), int(offsets[row + 1])
        self._debt += stop - start
        neighbours = segment.neighbours.array[start:stop].astype(np.int64)
        if segment.edges.is_sequence:
            first = segment.edges.first
            return np.arange(first + start, first + stop), neighbours
        return segment.edges.array[start:stop].astype(np.int64), neighbours

    def _degree_by_segment(self, ids: IdArray) -> Int64Array:
        degrees = np.zeros(len(ids), dtype=np.int64)
        for number, places, rows in by_segment(ids):
            segment = self.segments.get(number)
            if segment is not None:
                starts, stops = _bounds(segment, rows)
                degrees[places] = stops - starts
        return degrees

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for segment in self.segments.values():
            yield from segment.block_refs()


def _bisect(ascending: IdArray, wanted: IdArray, low: Int64Array, high: Int64Array) -> None:
    """Move each `low` to the first place before `high` whose item is not less than what is wanted."""
    rows = (low < high).nonzero()[0]
    begin, end, sought = low[rows], high[rows], wanted[rows]
    while len(rows):
        middle = (begin + end) >> 1
        is_less = ascending[middle] < sought
        begin = np.where(is_less, middle + 1, begin)
        end = np.where(is_less, end, middle)
        low[rows] = begin
        left = (begin < end).nonzero()[0]
        if len(left) < len(rows):
            rows, begin, end, sought = rows[left], begin[left], end[left], sought[left]


def _bounds(segment: AdjacencySegment, rows: Int64Array) -> tuple[Int64Array, Int64Array]:
    offsets = segment.offsets.array
    if len(rows) and int(rows.max()) >= segment.node_count:
        starts = offsets[np.minimum(rows, segment.node_count)]
        stops = offsets[np.minimum(rows + 1, segment.node_count)]
    else:
        starts, stops = offsets[rows], offsets[rows + 1]
    return starts.astype(np.int64), stops.astype(np.int64)


def _expand_segment(segment: AdjacencySegment, rows: Int64Array) -> Expansion:
    starts, stops = _bounds(segment, rows)
    counts = stops - starts
    ends = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    found = np.arange(len(rows)).repeat(counts)
    places = (stops - ends)[found] + np.arange(total)
    neighbours = segment.neighbours.array[places].astype(np.int64)
    if segment.edges.is_sequence:
        return Expansion(found, places + segment.edges.first, neighbours)
    return Expansion(found, segment.edges.array[places].astype(np.int64), neighbours)
