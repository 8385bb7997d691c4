"""How far the nodes are from one of them."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.execution.algorithms.subgraph import Subgraph
    from neuralgraph.values.arrays import Float64Array


def distances(
    subgraph: Subgraph,
    root: int,
    weights: Float64Array | None,
    check: Callable[[], None],
) -> Float64Array:
    """The length of a shortest directed path from `root` to each node; infinite where there is none.

    Args:
        subgraph: nodes and edges.
        root: a place.
        weights: length of each edge, at least 0; None counts edges.
        check: called from time to time; may raise.
    """
    counts = np.bincount(subgraph.sources, minlength=subgraph.node_count)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    far = np.full(subgraph.node_count, np.inf)
    far[root] = 0
    if weights is not None:
        _by_weight(subgraph, root, weights, far, check)
        return far
    level, length = np.array([root]), 0
    while len(level):
        check()
        length += 1
        these = counts[level]
        ends = these.cumsum()
        places = (offsets[level] - ends + these).repeat(these) + np.arange(these.sum())
        found = subgraph.targets[places]
        level = np.unique(found[np.isinf(far[found])])
        far[level] = length
    return far


def _by_weight(
    subgraph: Subgraph,
    root: int,
    weights: Float64Array,
    far: Float64Array,
    check: Callable[[], None],
) -> None:
    """Dijkstra's way, node by node."""
    counts = np.bincount(subgraph.sources, minlength=subgraph.node_count)
    offsets = np.concatenate(([0], np.cumsum(counts))).tolist()
    targets, lengths = subgraph.targets.tolist(), weights.tolist()
    known = far.tolist()
    waiting = [(0.0, root)]
    visited = 0
    while waiting:
        length, node = heappop(waiting)
        if length > known[node]:
            continue
        visited += 1
        if visited % 10_000 == 0:
            check()
        for place in range(offsets[node], offsets[node + 1]):
            reached = length + lengths[place]
            if reached < known[targets[place]]:
                known[targets[place]] = reached
                heappush(waiting, (reached, targets[place]))
    far[:] = known
