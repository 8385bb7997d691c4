"""The adjacency of edges that stand in the table already.

Edges that come in parts would rewrite the adjacency of all nodes with each part. Here it is written once for
all of them: as many segments of nodes at a time as there is room for their edges, which are found by
going through the table.

    table, by id    ─▶  nodes of segments 0..4  ─▶  sorted by (node, neighbour, id)  ─▶  segments 0..4 anew
    table, by id    ─▶  nodes of segments 5..9  ─▶  ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.indexes.sorting import sort_pairs
from neuralgraph.storage.versions.attaching import homes_of, with_edges
from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
from neuralgraph.storage.versions.base_arrays import ROW_MASK, SEGMENT_BITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

EDGES_MAX: Final = 1 << 20
"""So many edges are sorted at a time, which takes about 70 bytes each; those of one segment in any case."""

_SCAN_IDS: Final = 1 << 18


def attach_to_nodes(base: Base, edge_type: str, made: Sequence[range], blocks: BlockFile) -> Base:
    """The base with edges in the adjacency of their nodes.

    Args:
        base: has them in its table.
        edge_type: of all of them.
        made: their ids, ascending; those in the adjacency of the type are less.
        blocks: where to write.

    Raises:
        DiskError: the disk refused; `base` is as good as ever.
    """
    adjacencies = dict(base.parts.adjacencies)
    for direction, own in (("out", 0), ("in", 1)):
        known = adjacencies.get((edge_type, direction))
        segments = {} if known is None else dict(known.segments)
        for first, last in _windows(_counts(base, made, own)):
            nodes, neighbours, edges = _edges_of(base, made, own, first, last)
            order = sort_pairs(nodes, neighbours)
            nodes, neighbours, edges = nodes[order], neighbours[order], edges[order]
            for number, start, stop in homes_of(nodes):
                rows = nodes[start:stop] & ROW_MASK
                piece = (rows, neighbours[start:stop], edges[start:stop])
                segments[number] = with_edges(segments.get(number), piece, blocks)
        adjacencies[edge_type, direction] = BaseAdjacency(segments, base.node_limit)
    return base.replaced(adjacencies=adjacencies)


def _scan(
    base: Base, made: Sequence[range], own: int
) -> Iterator[tuple[IdArray, IdArray, IdArray]]:
    """Own ends, other ends and ids."""
    for ids in made:
        for start in range(ids.start, ids.stop, _SCAN_IDS):
            some = np.arange(start, min(ids.stop, start + _SCAN_IDS))
            ends = base.edges.ends(some)
            yield ends[own], ends[1 - own], some


def _counts(base: Base, made: Sequence[range], own: int) -> Int64Array:
    """How many edges the nodes of each segment get."""
    counts = np.zeros((base.node_limit >> SEGMENT_BITS) + 1, dtype=np.int64)
    for nodes, _, _ in _scan(base, made, own):
        counts += np.bincount(nodes >> SEGMENT_BITS, minlength=len(counts))
    return counts


def _windows(counts: Int64Array) -> Iterator[tuple[int, int]]:
    """First and last of consecutive segments that get `EDGES_MAX` edges, or are one that gets more."""
    first = held = 0
    listed = counts.tolist()
    for number, count in enumerate(listed):
        if held and held + count > EDGES_MAX:
            yield first, number - 1
            first, held = number, 0
        held += count
    if held:
        yield first, len(listed) - 1


def _edges_of(
    base: Base, made: Sequence[range], own: int, first: int, last: int
) -> tuple[IdArray, IdArray, IdArray]:
    """Of nodes in these segments: nodes, neighbours and ids, in order of the latter."""
    found: list[tuple[IdArray, IdArray, IdArray]] = []
    for nodes, neighbours, ids in _scan(base, made, own):
        homes = nodes >> SEGMENT_BITS
        rows = np.flatnonzero((homes >= first) & (homes <= last))
        if len(rows) == len(ids):
            found.append((nodes, neighbours, ids))
        else:
            found.append((nodes[rows], neighbours[rows], ids[rows]))
    nodes, neighbours, edges = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return nodes, neighbours, edges
