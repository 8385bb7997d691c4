"""AdjacencySegment: the edges of consecutive nodes in one direction, as compressed rows; immutable.

The edges of row r are ``neighbours[offsets[r]:offsets[r + 1]]`` and ``edges[...]`` alike, in the order given
(by neighbour, in the base).

    offsets     least width; when most rows have no edges, only of the rows that have some
    neighbours  uint32 when they fit, else int64
    edges       only the first when they are consecutive, else as neighbours
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from neuralgraph.storage.disk.segments.parts import (
    WIDTHS,
    load_part,
    narrowed,
    refs_of,
    store_part,
)

if TYPE_CHECKING:
    from neuralgraph.storage.disk.blocks import BlockRef
    from neuralgraph.storage.disk.segments.parts import BlockStore, Descriptor
    from neuralgraph.values.arrays import IdArray, Int64Array, RowArray

_ALL_ROWS = 0


class _Loaded(NamedTuple):
    """The mapped arrays, and memoryviews of those that are read one by one."""

    bounds: Any
    rows: Any
    neighbours: Any
    edges: Any


class AdjacencySegment:
    """Edges by row; thread-safe.

    Attributes:
        row_count: nodes.
        edge_count: edges.
    """

    __slots__ = (
        "_blocks",
        "_descriptor",
        "_first_edge",
        "_loaded",
        "_offsets",
        "edge_count",
        "row_count",
    )

    def __init__(self, descriptor: Descriptor, blocks: BlockStore) -> None:
        self.row_count, self.edge_count, self._first_edge = descriptor[:3]
        self._descriptor = descriptor
        self._blocks = blocks
        self._loaded: _Loaded | None = None
        self._offsets: Int64Array | None = None

    @staticmethod
    def write(
        offsets: Int64Array,
        neighbours: IdArray,
        edges: IdArray,
        blocks: BlockStore,
        *,
        cold: bool = False,
    ) -> AdjacencySegment:
        """Store the edges of some nodes.

        Args:
            offsets: shape (rows + 1,), from 0, ascending.
            neighbours: shape (edges,).
            edges: shape (edges,): their ids.
            blocks: where.
            cold: compress everything.

        Raises:
            DiskError: the disk refuses.
        """
        row_count, edge_count = len(offsets) - 1, len(neighbours)
        assert edge_count == len(edges)
        assert int(offsets[-1]) == edge_count
        used = np.flatnonzero(offsets[1:] != offsets[:-1])
        rows_width, rows_content = _ALL_ROWS, np.empty(0, dtype=np.uint8)
        if len(used) * 2 < row_count:
            rows_width, rows_content = cast("Any", narrowed(used, width_min=2))
            offsets = np.append(offsets[used], offsets[-1:])
        offsets_width, offsets_content = narrowed(offsets, width_min=2)
        neighbours_width, neighbours_content = narrowed(neighbours, width_min=4)
        first_edge = int(edges[0]) if edge_count else 0
        edges_width, edges_content = narrowed(edges, width_min=4)
        if edge_count == 0 or bool((np.diff(edges) == 1).all()):
            edges_width, edges_content = 0, edges_content[:0]
        contents = (offsets_content, rows_content, neighbours_content, edges_content)
        parts = [store_part(content, blocks, cold=cold) for content in contents]
        widths = [offsets_width, rows_width, neighbours_width, edges_width]
        return AdjacencySegment([row_count, edge_count, first_edge, widths, parts], blocks)

    def descriptor(self) -> Descriptor:
        """What `read` needs to find it again."""
        return self._descriptor

    @staticmethod
    def read(descriptor: Descriptor, blocks: BlockStore) -> AdjacencySegment:
        """The segment that `descriptor` tells of; reads nothing yet."""
        return AdjacencySegment(descriptor, blocks)

    def block_refs(self) -> list[BlockRef]:
        """The blocks it lives in."""
        return refs_of(self._descriptor)

    # ── one row ───────────────────────────────────────────────────────────────────────────────

    def neighbours_of(self, row: int) -> tuple[IdArray, IdArray]:
        """Edge ids and neighbours of one node; about 2 us.

        Raises:
            CorruptionError: a block is damaged (at the first use of the segment; so in all that read).
        """
        bounds, rows, neighbours, edges = self._loaded or self._load()
        if rows is not None:
            place = bisect_left(rows, row)
            if place == len(rows) or rows[place] != row:
                return _NO_EDGES
            row = place
        low, high = bounds[row], bounds[row + 1]
        found = neighbours[low:high].astype(np.int64)
        if edges is None:
            first = self._first_edge
            return np.arange(first + low, first + high), found
        return edges[low:high].astype(np.int64), found

    def degree_of(self, row: int) -> int:
        """How many edges one node has."""
        bounds, rows, _, _ = self._loaded or self._load()
        if rows is not None:
            place = bisect_left(rows, row)
            if place == len(rows) or rows[place] != row:
                return 0
            row = place
        degree: int = bounds[row + 1] - bounds[row]
        return degree

    # ── many rows ─────────────────────────────────────────────────────────────────────────────

    @property
    def offsets(self) -> Int64Array:
        """Shape (rows + 1,); made once, read-only."""
        offsets = self._offsets
        if offsets is None:
            bounds, rows, _, _ = self._loaded or self._load()
            stored: Any = np.asarray(bounds)
            if rows is None:
                offsets = stored.astype(np.int64)
            else:
                degrees = np.zeros(self.row_count + 1, dtype=np.int64)
                degrees[np.asarray(rows).astype(np.int64) + 1] = np.diff(stored.astype(np.int64))
                offsets = np.cumsum(degrees)
            offsets.flags.writeable = False
            self._offsets = offsets
        return offsets

    @property
    def neighbours(self) -> IdArray:
        """Shape (edges,); converted by each call where the file has them narrow."""
        neighbours: Any = (self._loaded or self._load()).neighbours
        return cast("IdArray", neighbours.astype(np.int64, copy=False))

    @property
    def edges(self) -> IdArray:
        """Shape (edges,): ids; converted or made by each call."""
        edges = (self._loaded or self._load()).edges
        if edges is None:
            return np.arange(self._first_edge, self._first_edge + self.edge_count)
        return cast("IdArray", edges.astype(np.int64, copy=False))

    def degrees(self, rows: RowArray) -> Int64Array:
        """How many edges each node has; shape of `rows`."""
        offsets = self.offsets
        return offsets[rows + 1] - offsets[rows]

    def expand(self, rows: RowArray) -> tuple[RowArray, IdArray, IdArray]:
        """The edges of many nodes: places in `rows` (ascending), edge ids, neighbours."""
        offsets = self.offsets
        starts = offsets[rows]
        degrees = offsets[rows + 1] - starts
        ends = np.cumsum(degrees)
        places = np.repeat(np.arange(len(rows)), degrees)
        total = int(ends[-1]) if len(ends) else 0
        positions = np.arange(total) + (starts - ends + degrees)[places]
        _, _, neighbours, edges = self._loaded or self._load()
        found = neighbours[positions].astype(np.int64, copy=False)
        if edges is None:
            return places, positions + self._first_edge, found
        return places, edges[positions].astype(np.int64, copy=False), found

    def _load(self) -> _Loaded:
        """Map the parts; two threads may both do it and find the same."""
        *_, widths, parts = self._descriptor
        offsets_width, rows_width, neighbours_width, edges_width = widths
        blocks = self._blocks

        def array(place: int, width: int) -> Any:
            return load_part(parts[place], WIDTHS[width], blocks)

        self._loaded = loaded = _Loaded(
            memoryview(array(0, offsets_width)),
            memoryview(array(1, rows_width)) if rows_width else None,
            array(2, neighbours_width),
            array(3, edges_width) if edges_width else None,
        )
        return loaded


def _no_edges() -> tuple[IdArray, IdArray]:
    nothing = np.empty(0, dtype=np.int64)
    nothing.flags.writeable = False
    return nothing, nothing


_NO_EDGES = _no_edges()
