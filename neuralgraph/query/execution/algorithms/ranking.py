"""How important a node is: PageRank and betweenness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.algorithms.subgraph import scipy_sparse
from neuralgraph.values.arrays import places_in_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.execution.algorithms.subgraph import Subgraph
    from neuralgraph.values.arrays import Float64Array, Int64Array


def flow_of(subgraph: Subgraph, weights: Float64Array) -> Callable[[Float64Array], Float64Array]:
    """What each node receives when each sends its amount along its edges in proportion to their weights."""
    count = subgraph.node_count
    sent = np.bincount(subgraph.sources, weights=weights, minlength=count)
    shares = np.divide(
        weights, sent[subgraph.sources], out=np.zeros(len(weights)), where=weights > 0
    )
    sparse = scipy_sparse()
    if sparse is None:
        sources, targets = subgraph.sources, subgraph.targets
        return lambda amounts: np.bincount(
            targets, weights=amounts[sources] * shares, minlength=count
        ).astype(np.float64, copy=False)
    along = sparse.csr_matrix((shares, subgraph.targets, subgraph.offsets), shape=(count, count))
    matrix = along.T.tocsr()
    return lambda amounts: matrix @ amounts


def pagerank(
    flow: Callable[[Float64Array], Float64Array],
    sinks: Int64Array,
    *,
    count: int,
    iterations: int,
    damping: float,
    tolerance: float,
    check: Callable[[], None],
) -> Float64Array:
    """The rank of each node; all add up to 1.

    Args:
        flow: of `flow_of`.
        sinks: places of nodes whose edges carry nothing: their rank goes to all.
        count: of nodes.
        iterations: at most so many.
        damping: the chance to follow an edge.
        tolerance: stop when the ranks change by less in all.
        check: called before each round.
    """
    if not count:
        return np.zeros(0)
    ranks = np.full(count, 1 / count)
    for _ in range(iterations):
        check()
        lost = float(ranks[sinks].sum())
        new = flow(ranks)
        new *= damping
        new += (1 - damping + damping * lost) / count
        if tolerance and float(np.abs(new - ranks).sum()) < tolerance:
            return new
        ranks = new
    return ranks


def betweenness(subgraph: Subgraph, roots: Int64Array, check: Callable[[], None]) -> Float64Array:
    """How many shortest directed paths from `roots` go through each node, as shares (Brandes).

    From each root outwards level by level, and back; each edge is looked at twice.
    """
    count = subgraph.node_count
    offsets, targets = subgraph.offsets, subgraph.targets
    degrees = np.diff(offsets)
    scores = np.zeros(count)
    depth = np.full(count, -1, dtype=np.int64)
    paths = np.zeros(count)
    through = np.zeros(count)
    for root in roots.tolist():
        check()
        depth[root], paths[root] = 0, 1.0
        frontier = np.array([root])
        levels: list[tuple[Int64Array, Int64Array]] = []
        reached = [frontier]
        while len(frontier):
            counts = degrees[frontier]
            ends = targets[places_in_ranges(offsets[frontier], counts)]
            starts = frontier.repeat(counts)
            fresh = ends[depth[ends] < 0]
            depth[fresh] = len(levels) + 1
            on = depth[ends] == len(levels) + 1
            starts, ends = starts[on], ends[on]
            frontier = _distinct(fresh, count)
            np.add.at(paths, ends, paths[starts])
            levels.append((starts, ends))
            reached.append(frontier)
        for starts, ends in reversed(levels):
            np.add.at(through, starts, paths[starts] / paths[ends] * (1 + through[ends]))
        through[root] = 0
        touched = np.concatenate(reached)
        scores[touched] += through[touched]
        depth[touched], paths[touched], through[touched] = -1, 0, 0
    return scores


def _distinct(places: Int64Array, count: int) -> Int64Array:
    """Each place once; through flags where there are many."""
    if len(places) * 16 < count:
        return np.unique(places)
    flags = np.zeros(count, dtype=np.bool_)
    flags[places] = True
    return np.flatnonzero(flags)
