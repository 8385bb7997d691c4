"""Which nodes belong together: components, label propagation, Louvain, cores, triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.algorithms.subgraph import scipy_sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.execution.algorithms.subgraph import Subgraph
    from neuralgraph.values.arrays import Float64Array, Int64Array


def components(subgraph: Subgraph) -> Int64Array:
    """For each node the first place of its component, directions aside."""
    count, sources, targets = subgraph.node_count, subgraph.sources, subgraph.targets
    sparse = scipy_sparse()
    if sparse is not None:
        ones = np.ones(len(sources), dtype=np.int8)
        offsets = np.searchsorted(sources, np.arange(count + 1))
        matrix = sparse.csr_matrix((ones, targets, offsets), shape=(count, count))
        _, labels = sparse.csgraph.connected_components(matrix, connection="weak")
        return _first_places(labels)
    labels = np.arange(count)
    while True:
        lower = labels.copy()
        np.minimum.at(lower, sources, labels[targets])
        np.minimum.at(lower, targets, labels[sources])
        # A label is a place with a label of its own: the chain is cut short.
        lower = lower[lower]
        if (lower == labels).all():
            return labels
        labels = lower


def _first_places(labels: Int64Array) -> Int64Array:
    """The same groups, each called by the first place in it; labels are below their number."""
    places = np.arange(len(labels))
    firsts = np.empty(len(labels), dtype=np.int64)
    # Written backwards, so that the first place of each label is what stays.
    firsts[labels[::-1]] = places[::-1]
    found: Int64Array = firsts[labels]
    return found


def label_propagation(
    subgraph: Subgraph, *, iterations: int, check: Callable[[], None]
) -> Int64Array:
    """Communities: each node takes the label most common among its neighbours, until none changes.

    Among equals its own label stays, else the least is taken, so the result is always the same.
    """
    count = subgraph.node_count
    nodes, others = subgraph.both_ways()
    labels = np.arange(count)
    everyone = np.arange(count)
    for _ in range(iterations):
        check()
        keys, votes = np.unique(nodes * max(count, 1) + labels[others], return_counts=True)
        voters, choices = np.divmod(keys, max(count, 1))
        # Twice the votes, and one more for the label that the node has.
        strength = 2 * votes + (choices == labels[voters])
        order = np.lexsort((-choices, strength, voters))
        is_last = np.ones(len(order), dtype=np.bool_)
        is_last[:-1] = voters[order][1:] != voters[order][:-1]
        best = order[is_last]
        new = everyone.copy()
        new[voters[best]] = choices[best]
        if (new == labels).all():
            break
        labels = new
    return _first_places(labels)


def louvain(
    subgraph: Subgraph, weights: Float64Array, *, levels: int, check: Callable[[], None]
) -> Int64Array:
    """Communities of high modularity, directions aside (Louvain); the first place in each."""
    count = subgraph.node_count
    membership = np.arange(count)
    one, other, weight = subgraph.sources, subgraph.targets, weights
    for _ in range(levels):
        check()
        size = int(membership.max(initial=-1)) + 1
        moved = _local_moves(one, other, weight, size, check)
        _, numbers = np.unique(moved, return_inverse=True)
        groups = int(numbers.max(initial=-1)) + 1
        membership = numbers[membership]
        if groups == size:
            break
        keys, places = np.unique(
            numbers[one] * max(groups, 1) + numbers[other], return_inverse=True
        )
        sums = np.bincount(places, weights=weight, minlength=len(keys))
        weight = sums.astype(np.float64, copy=False)
        one, other = np.divmod(keys, max(groups, 1))
    return _first_places(membership)


def _local_moves(
    one: Int64Array,
    other: Int64Array,
    weight: Float64Array,
    count: int,
    check: Callable[[], None],
) -> Int64Array:
    """Each node goes where it adds most to the modularity, one after the other, until none moves."""
    ends = np.concatenate([one, other])
    far = np.concatenate([other, one])
    both = np.concatenate([weight, weight])
    degrees = np.bincount(ends, weights=both, minlength=count).tolist()
    total = float(both.sum())
    order = np.argsort(ends, kind="stable")
    offsets = np.concatenate(([0], np.cumsum(np.bincount(ends, minlength=count)))).tolist()
    neighbours, pulls = far[order].tolist(), both[order].tolist()
    group, volume = list(range(count)), list(degrees)
    improved = total > 0
    while improved:
        check()
        improved = False
        for node in range(count):
            own, degree = group[node], degrees[node]
            links: dict[int, float] = {own: 0.0}
            for place in range(offsets[node], offsets[node + 1]):
                neighbour = neighbours[place]
                if neighbour != node:
                    name = group[neighbour]
                    links[name] = links.get(name, 0.0) + pulls[place]
            volume[own] -= degree
            best, gain = own, links[own] - volume[own] * degree / total
            for name, link in links.items():
                this = link - volume[name] * degree / total
                if this > gain + 1e-12:
                    best, gain = name, this
            volume[best] += degree
            if best != own:
                group[node] = best
                improved = True
    return np.array(group, dtype=np.int64)


def core_numbers(subgraph: Subgraph) -> Int64Array:
    """For each node the greatest k such that it lies in a part where all have k neighbours or more."""
    count = subgraph.node_count
    nodes, others = subgraph.neighbours()
    degrees = np.bincount(nodes, minlength=count)
    offsets = np.concatenate(([0], np.cumsum(degrees)))
    cores = np.zeros(count, dtype=np.int64)
    is_left = np.ones(count, dtype=np.bool_)
    core = 0
    while is_left.any():
        core = max(core, int(degrees[is_left].min()))
        peeled = np.flatnonzero(is_left & (degrees <= core))
        cores[peeled] = core
        is_left[peeled] = False
        counts = offsets[peeled + 1] - offsets[peeled]
        ends = counts.cumsum()
        places = (offsets[peeled] - ends + counts).repeat(counts) + np.arange(counts.sum())
        degrees = degrees - np.bincount(others[places], minlength=count)
    return cores


def triangles(subgraph: Subgraph, check: Callable[[], None]) -> Int64Array:
    """How many triangles each node is a corner of, directions and parallel edges aside."""
    count = subgraph.node_count
    nodes, others = subgraph.neighbours()
    degrees = np.bincount(nodes, minlength=count)
    # Each edge is kept at its end of lower degree, so that no node has many.
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(degrees, kind="stable")] = np.arange(count)
    upward = rank[nodes] < rank[others]
    low, high = nodes[upward], others[upward]
    keys = low * max(count, 1) + high
    stops = np.searchsorted(low, low, side="right")
    found = np.zeros(count, dtype=np.int64)
    step = 1 << 14
    for first in range(0, len(low), step):
        check()
        edges = np.arange(first, min(first + step, len(low)))
        counts = stops[edges] - edges - 1
        ends = counts.cumsum()
        seconds = (edges + 1 - ends + counts).repeat(counts) + np.arange(counts.sum())
        firsts = edges.repeat(counts)
        a, b = high[firsts], high[seconds]
        swap = rank[a] > rank[b]
        wanted = np.where(swap, b, a) * max(count, 1) + np.where(swap, a, b)
        places = np.searchsorted(keys, wanted)
        places[places == len(keys)] = 0
        closed = keys[places] == wanted
        for corner in (low[firsts], a, b):
            found += np.bincount(corner[closed], minlength=count)
    return found
