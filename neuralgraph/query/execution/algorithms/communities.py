"""Communities: label propagation, Louvain and Leiden.

All nodes are looked at together: the pairs of neighbours are put in order of node and the neighbour's group,
so that the weight between a node and each group near it is the sum of a run. For a node to move on what
its neighbours are about to leave would never come to an end, so of those that would move only a part does,
chosen by chance with a fixed seed: the result is the same every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.query.execution.algorithms.grouping import components
from neuralgraph.query.execution.algorithms.subgraph import (
    Neighbours,
    gathered,
    offsets_of,
    run_starts,
)
from neuralgraph.values.arrays import places_in_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.values.arrays import Float64Array, Int64Array

_ROUNDS_MAX: Final = 60
_SEED: Final = 7
_GAIN_MIN: Final = 1e-12


def first_places(labels: Int64Array) -> Int64Array:
    """The same groups, each called by the first place in it; labels are from 0 to below their number."""
    places = np.arange(len(labels))
    firsts = np.empty(len(labels), dtype=np.int64)
    # Written backwards, so that the first place of each label is what stays.
    firsts[labels[::-1]] = places[::-1]
    found: Int64Array = firsts[labels]
    return found


def label_propagation(
    graph: Neighbours, *, iterations: int, check: Callable[[], None]
) -> Int64Array:
    """Each node takes the label most common among its neighbours, until none changes.

    Among equals its own label stays, else the least is taken, so the result is always the same.
    """
    count = max(graph.node_count, 1)
    labels = np.arange(graph.node_count)
    everyone = labels.copy()
    for _ in range(iterations):
        check()
        # Stable: of keys that are in order of node already this is several times faster.
        keys = np.sort(graph.nodes * count + labels[graph.others], kind="stable")
        starts = run_starts(keys)
        votes = np.diff(np.append(starts, len(keys)))
        voters, choices = np.divmod(keys[starts], count)
        # Twice the votes, and one more for the label that the node has; then the least label.
        strength = (2 * votes + (choices == labels[voters])) * count + (count - 1 - choices)
        firsts = run_starts(voters)
        new = everyone.copy()
        if len(firsts):
            best = np.maximum.reduceat(strength, firsts)
            new[voters[firsts]] = count - 1 - best % count
        if (new == labels).all():
            break
        labels = new
    return first_places(labels)


def louvain(graph: Neighbours, *, levels: int, check: Callable[[], None]) -> Int64Array:
    """Communities of high modularity, directions aside; the first place in each."""
    return _communities(graph, levels, check, refine=False)


def leiden(graph: Neighbours, *, levels: int, check: Callable[[], None]) -> Int64Array:
    """Like `louvain`, but communities can come apart again between levels, and each hangs together."""
    found = _communities(graph, levels, check, refine=True)
    inside = found[graph.nodes] == found[graph.others]
    nodes, others = graph.nodes[inside], graph.others[inside]
    return components(offsets_of(nodes, graph.node_count), nodes, others)


def _modularity(graph: Neighbours, groups: Int64Array, volumes: Float64Array) -> float:
    """How much more weight lies inside the groups than chance would put there.

    `volumes` are the groups' weights, both ends counted; they add up to more than 0.
    """
    total = float(volumes.sum())
    inside = groups.repeat(np.diff(graph.offsets)) == groups[graph.others]
    within = float(graph.weights[inside].sum() + 2 * graph.loops.sum())
    return within / total - float((volumes * volumes).sum()) / total**2


def _communities(
    graph: Neighbours, levels: int, check: Callable[[], None], *, refine: bool
) -> Int64Array:
    random = np.random.default_rng(_SEED)
    membership = np.arange(graph.node_count)
    groups = start = membership
    result = membership
    for _ in range(levels):
        groups = _numbered(_local_moves(graph, start, random, check))
        result = groups[membership]
        parts = _numbered(_refined(graph, groups, random, check)) if refine else groups
        count = int(parts.max(initial=-1)) + 1
        if count == graph.node_count:
            break
        membership = parts[membership]
        if refine:
            start = np.empty(count, dtype=np.int64)
            start[parts] = groups
            start = first_places(start)
        else:
            start = np.arange(count)
        graph = _merged(graph, parts, count)
    return first_places(result)


def _numbered(labels: Int64Array) -> Int64Array:
    """The same groups with numbers from 0, none left out."""
    is_used = np.zeros(len(labels), dtype=np.bool_)
    is_used[labels] = True
    numbers = np.cumsum(is_used) - 1
    found: Int64Array = numbers[labels]
    return found


def _merged(graph: Neighbours, parts: Int64Array, count: int) -> Neighbours:
    """A node for each part."""
    one, other = parts[graph.nodes], parts[graph.others]
    inside = one == other
    # Each pair inside stands there twice.
    within = np.bincount(one[inside], weights=graph.weights[inside] / 2, minlength=count)
    loops: Any = np.bincount(parts, weights=graph.loops, minlength=count) + within
    apart = ~inside
    nodes, others, weights = gathered(one[apart], other[apart], graph.weights[apart], count)
    return Neighbours(offsets_of(nodes, count), nodes, others, weights, loops)


def _volumes(graph: Neighbours) -> Float64Array:
    volumes = np.bincount(graph.nodes, weights=graph.weights, minlength=graph.node_count)
    found: Float64Array = volumes + 2 * graph.loops
    return found


class _Links(NamedTuple):
    """The weight between nodes and the groups near them; shape (links,) each, in order of node."""

    nodes: Int64Array
    groups: Int64Array
    weights: Float64Array


def _links(graph: Neighbours, groups: Int64Array, active: Int64Array) -> _Links:
    counts = graph.offsets[active + 1] - graph.offsets[active]
    pairs = (
        np.arange(len(graph.nodes))
        if len(active) == graph.node_count
        else places_in_ranges(graph.offsets[active], counts)
    )
    count = max(graph.node_count, 1)
    keys = graph.nodes[pairs] * count + groups[graph.others[pairs]]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = run_starts(keys)
    weights = graph.weights[pairs][order]
    sums = np.add.reduceat(weights, starts) if len(starts) else weights
    nodes, near = np.divmod(keys[starts], count)
    return _Links(nodes, near, sums)


def _best(nodes: Int64Array, gains: Float64Array) -> Int64Array:
    """Of each node's links the one with the greatest gain; the first among equals."""
    starts = run_starts(nodes)
    if not len(starts):
        return starts
    best = np.maximum.reduceat(gains, starts)
    runs = np.zeros(len(nodes), dtype=np.int64)
    runs[starts[1:]] = 1
    runs = np.cumsum(runs)
    hits = np.flatnonzero(gains == best[runs])
    return hits[run_starts(runs[hits])]


def _local_moves(
    graph: Neighbours, start: Int64Array, random: np.random.Generator, check: Callable[[], None]
) -> Int64Array:
    """Nodes go where they add most to the modularity, until hardly any does."""
    count = graph.node_count
    groups = start.copy()
    degrees = _volumes(graph)
    total = float(degrees.sum())
    if not total:
        return groups
    volumes = np.bincount(groups, weights=degrees, minlength=count).astype(np.float64)
    active = np.arange(count)
    best_found, best_groups, idle = _modularity(graph, groups, volumes), groups.copy(), 0
    for _ in range(_ROUNDS_MAX):
        check()
        links = _links(graph, groups, active)
        own = groups[links.nodes]
        is_own = links.groups == own
        shares = degrees[links.nodes] / total
        others_volume = volumes[links.groups] - np.where(is_own, degrees[links.nodes], 0)
        gains = links.weights - others_volume * shares
        stay = -(volumes[groups] - degrees) * degrees / total
        stay[links.nodes[is_own]] = gains[is_own]
        best = _best(links.nodes, gains)
        best = best[gains[best] > stay[links.nodes[best]] + _GAIN_MIN * total]
        moving = best[random.random(len(best)) < 0.5] if len(best) > 1 else best
        nodes, goals = links.nodes[moving], links.groups[moving]
        np.subtract.at(volumes, groups[nodes], degrees[nodes])
        np.add.at(volumes, goals, degrees[nodes])
        groups[nodes] = goals
        found = _modularity(graph, groups, volumes)
        idle = 0 if found > best_found + 1e-4 else idle + 1
        if found > best_found:
            best_found, best_groups = found, groups.copy()
        if not len(best) or idle > 3:
            break
        # Who moved, who would have, and their neighbours: others have no reason to.
        counts = graph.offsets[nodes + 1] - graph.offsets[nodes]
        near = graph.others[places_in_ranges(graph.offsets[nodes], counts)]
        is_active = np.zeros(count, dtype=np.bool_)
        is_active[near] = is_active[links.nodes[best]] = True
        active = np.flatnonzero(is_active)
    return best_groups


def _refined(
    graph: Neighbours, groups: Int64Array, random: np.random.Generator, check: Callable[[], None]
) -> Int64Array:
    """Each group in parts that hang together: nodes alone join others of their group, one by one.

    Of the nodes that are alone, half may move in a round, and only to where nobody moves in it.
    """
    count = graph.node_count
    inside = groups[graph.nodes] == groups[graph.others]
    nodes, others = graph.nodes[inside], graph.others[inside]
    offsets = offsets_of(nodes, count)
    within = Neighbours(offsets, nodes, others, graph.weights[inside], graph.loops)
    degrees = _volumes(graph)
    total = float(degrees.sum())
    parts = np.arange(count)
    if not total:
        return parts
    volumes = degrees.copy()
    sizes = np.ones(count, dtype=np.int64)
    active = np.flatnonzero(np.diff(offsets))
    for _ in range(_ROUNDS_MAX):
        check()
        active = active[sizes[parts[active]] == 1]
        movers = active[random.random(len(active)) < 0.5] if len(active) > 1 else active
        links = _links(within, parts, movers)
        is_moving = np.zeros(count, dtype=np.bool_)
        is_moving[parts[movers]] = True
        gains = links.weights - volumes[links.groups] * degrees[links.nodes] / total
        gains[is_moving[links.groups]] = -np.inf
        best = _best(links.nodes, gains)
        best = best[gains[best] > 0]
        chosen, goals = links.nodes[best], links.groups[best]
        if not len(chosen) and len(movers) == len(active):
            break
        np.subtract.at(volumes, chosen, degrees[chosen])
        np.add.at(volumes, goals, degrees[chosen])
        np.subtract.at(sizes, parts[chosen], 1)
        np.add.at(sizes, goals, 1)
        parts[chosen] = goals
    return parts
