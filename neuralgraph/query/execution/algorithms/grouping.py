"""Which nodes belong together by their edges alone: components, cores, triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.query.execution.algorithms.subgraph import offsets_of
from neuralgraph.values.arrays import places_in_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neuralgraph.query.execution.algorithms.subgraph import Neighbours
    from neuralgraph.values.arrays import Int64Array

_SAMPLED_EDGES: Final = 2
"""So many edges of each node mostly join nearly all nodes that hang together."""

_CORNERS_HELD_MAX: Final = 1 << 18


def components(offsets: Int64Array, sources: Int64Array, targets: Int64Array) -> Int64Array:
    """For each node the first place of its component, directions aside.

    A few edges of each node first; of the rest only those that leave the largest component so far.

    Args:
        offsets: shape (nodes + 1,); edges ``offsets[place]:offsets[place + 1]`` begin at a place.
        sources: of each edge; shape (edges,).
        targets: alike.
    """
    count = len(offsets) - 1
    labels = np.arange(count)
    if not count:
        return labels
    degrees = np.diff(offsets)
    for number in range(_SAMPLED_EDGES):
        nodes = np.flatnonzero(degrees > number)
        labels = _joined(labels, nodes, targets[offsets[nodes] + number])
    is_outside = labels != np.bincount(labels).argmax()
    if is_outside.any():
        rest = is_outside[targets]
        rest |= is_outside.repeat(degrees)
        labels = _joined(labels, sources[rest], targets[rest])
    return labels


def _joined(labels: Int64Array, one: Int64Array, other: Int64Array) -> Int64Array:
    """Labels (each the first place of its group) once the groups of each pair are one."""
    while True:
        first, second = labels[one], labels[other]
        apart = first != second
        if not apart.any():
            return labels
        one, other, first, second = one[apart], other[apart], first[apart], second[apart]
        # The greater label goes under the lesser; where several want it, one wins and the rest come again.
        labels = labels.copy()
        labels[np.maximum(first, second)] = np.minimum(first, second)
        while True:
            shorter = labels[labels]
            if (shorter == labels).all():
                break
            labels = shorter


def core_numbers(graph: Neighbours, check: Callable[[], None]) -> Int64Array:
    """For each node the greatest k such that it lies in a part where all have k neighbours or more."""
    offsets, others = graph.offsets, graph.others
    counts = np.diff(offsets)
    degrees = counts.copy()
    cores = np.zeros(len(counts), dtype=np.int64)
    is_left = np.ones(len(counts), dtype=np.bool_)
    left = np.arange(len(counts))
    core = 0
    while len(left):
        check()
        core = max(core, int(degrees[left].min()))
        peeled = left[degrees[left] <= core]
        while len(peeled):
            cores[peeled] = core
            is_left[peeled] = False
            found = others[places_in_ranges(offsets[peeled], counts[peeled])]
            found = found[is_left[found]]
            if len(found) * 8 > len(counts):
                degrees -= np.bincount(found, minlength=len(counts))
            else:
                np.subtract.at(degrees, found, 1)
            peeled = np.unique(found[degrees[found] <= core])
        left = left[is_left[left]]
    return cores


def triangles(graph: Neighbours, check: Callable[[], None]) -> Int64Array:
    """How many triangles each node is a corner of, directions and parallel edges aside.

    An edge is kept at its end of lower degree, so that no node has many. Then 64 nodes at a time: each of
    their neighbours has a bit for each of them, and an edge between two neighbours closes a triangle
    for every bit that both have.
    """
    count = graph.node_count
    degrees = np.diff(graph.offsets)
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.argsort(degrees, kind="stable")] = np.arange(count)
    upward = ranks[graph.nodes] < ranks[graph.others]
    low, high = graph.nodes[upward], graph.others[upward]
    offsets = offsets_of(low, count)
    widths = np.diff(offsets)
    tally = _Corners(count)
    masks = np.zeros(count, dtype=np.uint64)
    # Neighbours in the order of ids often share neighbours.
    roots = np.flatnonzero(widths)
    for start in range(0, len(roots), 64):
        if start % 4_096 == 0:
            check()
        block = roots[start : start + 64]
        ends = high[places_in_ranges(offsets[block], widths[block])]
        bits = np.uint64(1) << np.arange(len(block), dtype=np.uint64)
        np.bitwise_or.at(masks, ends, bits.repeat(widths[block]))
        middles = np.unique(ends)
        counts = widths[middles]
        lasts = high[places_in_ranges(offsets[middles], counts)]
        shared = masks[middles].repeat(counts)
        shared &= masks[lasts]
        closed = np.flatnonzero(shared)
        if len(closed):
            tally.add(block, middles.repeat(counts)[closed], lasts[closed], shared[closed])
        masks[middles] = 0
    return tally.counts()


class _Corners:
    """Counts corners; many at once, for the arrays are as long as the graph."""

    def __init__(self, count: int) -> None:
        self._counts = np.zeros(count, dtype=np.int64)
        self._nodes: list[Int64Array] = []
        self._amounts: list[Int64Array] = []
        self._held = 0

    def add(
        self, roots: Int64Array, middles: Int64Array, lasts: Int64Array, shared: NDArray[np.uint64]
    ) -> None:
        """Edges from `middles` to `lasts`, and by bits which of the `roots` are neighbours of both."""
        bits = np.unpackbits(shared.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
        amounts = bits.sum(axis=1, dtype=np.int64)
        self._nodes += (roots, middles, lasts)
        self._amounts += (bits.sum(axis=0, dtype=np.int64)[: len(roots)], amounts, amounts)
        self._held += len(middles)
        if self._held > _CORNERS_HELD_MAX:
            self.counts()

    def counts(self) -> Int64Array:
        """Of all so far."""
        if self._nodes:
            nodes, amounts = np.concatenate(self._nodes), np.concatenate(self._amounts)
            sums = np.bincount(nodes, weights=amounts, minlength=len(self._counts))
            self._counts += sums.astype(np.int64)
            self._nodes, self._amounts, self._held = [], [], 0
        return self._counts
