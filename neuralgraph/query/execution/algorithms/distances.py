"""How far the nodes are from one of them."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.algorithms.subgraph import (
    offsets_of,
    run_starts,
    scipy_sparse,
)
from neuralgraph.values.arrays import places_in_ranges

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
    if weights is not None:
        sparse = scipy_sparse()
        if sparse is None:
            return _by_weight(subgraph, root, weights, check)
        return _by_scipy(sparse, subgraph, root, weights)
    offsets = subgraph.offsets
    far = np.full(subgraph.node_count, np.inf)
    far[root] = 0
    level, length = np.array([root]), 0
    while len(level):
        check()
        length += 1
        starts = offsets[level]
        found = subgraph.targets[places_in_ranges(starts, offsets[level + 1] - starts)]
        level = np.unique(found[np.isinf(far[found])])
        far[level] = length
    return far


def _by_scipy(sparse: Any, subgraph: Subgraph, root: int, weights: Float64Array) -> Float64Array:
    """Dijkstra by scipy, which wants each pair of nodes at most once: of parallel edges the shortest."""
    count, sources, targets = subgraph.node_count, subgraph.sources, subgraph.targets
    order = np.lexsort((weights, targets, sources))
    keys = sources[order] * count + targets[order]
    kept = order[run_starts(keys)]
    offsets = offsets_of(sources[kept], count)
    matrix = sparse.csr_matrix((weights[kept], targets[kept], offsets), shape=(count, count))
    found: Float64Array = sparse.csgraph.dijkstra(matrix, indices=root)
    return found


def _by_weight(
    subgraph: Subgraph, root: int, weights: Float64Array, check: Callable[[], None]
) -> Float64Array:
    """Dijkstra's way, node by node."""
    offsets = subgraph.offsets.tolist()
    targets, lengths = subgraph.targets.tolist(), weights.tolist()
    known = [float("inf")] * subgraph.node_count
    known[root] = 0.0
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
    return np.array(known)
