"""How important a node is: PageRank and betweenness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.algorithms.subgraph import scipy_sparse

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
    ends = (subgraph.targets, subgraph.sources)
    matrix = sparse.csr_matrix((shares, ends), shape=(count, count))
    return lambda amounts: matrix @ amounts


def pagerank(
    flow: Callable[[Float64Array], Float64Array],
    is_sink: Float64Array,
    *,
    iterations: int,
    damping: float,
    tolerance: float,
) -> Float64Array:
    """The rank of each node; all add up to 1.

    Args:
        flow: of `flow_of`.
        is_sink: 1.0 for nodes whose edges carry nothing: their rank goes to all.
        iterations: at most so many.
        damping: the chance to follow an edge.
        tolerance: stop when the ranks change by less in all.
    """
    count = len(is_sink)
    if not count:
        return np.zeros(0)
    ranks = np.full(count, 1 / count)
    for _ in range(iterations):
        lost = float(np.dot(is_sink, ranks))
        new = flow(ranks)
        new *= damping
        new += (1 - damping + damping * lost) / count
        if tolerance and float(np.abs(new - ranks).sum()) < tolerance:
            return new
        ranks = new
    return ranks


def betweenness(subgraph: Subgraph, roots: Int64Array, check: Callable[[], None]) -> Float64Array:
    """How many shortest directed paths from `roots` go through each node, as shares (Brandes)."""
    count = subgraph.node_count
    sources, targets = subgraph.sources, subgraph.targets
    scores = np.zeros(count)
    for root in roots.tolist():
        check()
        depth = np.full(count, -1, dtype=np.int64)
        paths = np.zeros(count)
        depth[root], paths[root] = 0, 1.0
        levels: list[Int64Array] = []
        level = 0
        while True:
            found = np.flatnonzero((depth[sources] == level) & (depth[targets] < 0))
            if not len(found):
                break
            depth[targets[found]] = level + 1
            level += 1
            on = np.flatnonzero((depth[sources] == level - 1) & (depth[targets] == level))
            levels.append(on)
            paths += np.bincount(targets[on], weights=paths[sources[on]], minlength=count)
        through = np.zeros(count)
        for on in reversed(levels):
            ends = targets[on]
            share = paths[sources[on]] / paths[ends] * (1 + through[ends])
            through += np.bincount(sources[on], weights=share, minlength=count)
        through[root] = 0
        scores += through
    return scores
