"""Counting triangles: each is found once, at its corner of least degree.

Nodes are ranked by degree, and each pair of nodes that have an edge is kept at its lower one. A triangle
is then two pairs of one node u whose upper ends v < w are a pair too. A node has at most sqrt(2 pairs)
upper neighbours, so there are at most pairs^1.5 such candidates, however large the hubs are.

    pair       lower, upper, directions: 1 = an edge lower->upper, 2 = one upper->lower, 3 = both
    candidate  (u,v) (u,w): is there a pair (v,w)?

Whether there is, a table of flags under a hash of (v,w) mostly tells; what it lets through is compared
with the pair that a second table has under that hash, and the few that share a slot are searched for.
The three pairs' directions then tell how many directed triangles there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.query.execution.operators.reachable import places_in_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neuralgraph.access import GraphReader
    from neuralgraph.values import MaskArray
    from neuralgraph.values.arrays import Int64Array

_CANDIDATES_MAX: Final = 1 << 18
"""So many candidates at once: their arrays stay in the processor's cache."""

_SLOTS_FACTOR: Final = 16
_SLOTS_MAX: Final = 1 << 26
_SPREAD: Final = 0x9E3779B1


class SimpleGraph(NamedTuple):
    """Pairs of nodes that have an edge, by the rank of their lower node; shape (pairs,) each.

    `stops`: where the pairs of the same lower node end. `hashes`: of the upper node, to be added to a
    rank. `owner`: for each slot the pair that it has, `taken` whether there is one. `homeless`:
    keys (lower * node_count + upper) of pairs whose slot another one has, ascending, and `homeless_pairs`.
    """

    node_count: int
    lower: NDArray[np.int32]
    upper: NDArray[np.int32]
    directions: NDArray[np.uint8]
    stops: Int64Array
    hashes: NDArray[np.int64]
    slot_mask: int
    taken: MaskArray
    owner: NDArray[np.int32]
    homeless: Int64Array
    homeless_pairs: Int64Array


def simple_graph(reader: GraphReader, types: tuple[str, ...]) -> SimpleGraph | None:
    """The edges of some types as ranked pairs; None where there is a loop or a parallel edge."""
    offsets, neighbours, _ = reader.adjacency(types, "out")
    count = len(offsets) - 1
    out_degrees = np.diff(offsets)
    sources = np.arange(count).repeat(out_degrees)
    same_source = sources[1:] == sources[:-1]
    if (sources == neighbours).any() or (same_source & (neighbours[1:] == neighbours[:-1])).any():
        return None
    if count >= 2**31:
        return None
    degrees = out_degrees + np.bincount(neighbours, minlength=count)
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.argsort(degrees, kind="stable")] = np.arange(count)
    first, last = ranks[sources], ranks[neighbours]
    forward = first < last
    keys = np.where(forward, first * count + last, last * count + first)
    order = np.argsort(keys, kind="stable")
    keys, ways = keys[order], np.where(forward, 1, 2).astype(np.uint8)[order]
    # Both directions of a pair stand side by side.
    is_first = np.ones(len(keys), dtype=np.bool_)
    is_first[1:] = keys[1:] != keys[:-1]
    places = np.flatnonzero(is_first)
    directions = ways[places] if not len(places) else np.bitwise_or.reduceat(ways, places)
    return _with_slots(keys[places], directions, count)


def _with_slots(keys: Int64Array, directions: NDArray[np.uint8], count: int) -> SimpleGraph:
    lower, upper = np.divmod(keys, max(count, 1))
    slots = 1 << min(max(len(keys) * _SLOTS_FACTOR, 2), _SLOTS_MAX).bit_length()
    hashes = (upper * _SPREAD) & (slots - 1)
    slot_of = ((lower * _SPREAD & (slots - 1)) + upper) & (slots - 1)
    owner = np.full(slots, -1, dtype=np.int32)
    owner[slot_of] = np.arange(len(keys))
    homeless = np.flatnonzero(owner[slot_of] != np.arange(len(keys)))
    return SimpleGraph(
        node_count=count,
        lower=lower.astype(np.int32),
        upper=upper.astype(np.int32),
        directions=directions,
        stops=np.searchsorted(lower, lower, side="right"),
        hashes=hashes,
        slot_mask=slots - 1,
        taken=owner >= 0,
        owner=owner,
        homeless=keys[homeless],
        homeless_pairs=homeless,
    )


def triangle_count(graph: SimpleGraph, *, is_cycle: bool, check: Callable[[], None]) -> int:
    """How many directed triangles there are.

    Args:
        graph: the pairs.
        is_cycle: count a->b->c->a, once for each of its corners as a; else a->b->c with a->c.
        check: called from time to time; may raise.
    """
    pairs = np.arange(len(graph.lower))
    counts = graph.stops - pairs - 1
    ends = np.cumsum(counts)
    tally = np.zeros(64, dtype=np.int64)
    first, total = 0, int(ends[-1]) if len(ends) else 0
    while first < len(pairs) and total:
        check()
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + _CANDIDATES_MAX, side="right"))
        last = max(last, first + 1)
        tally += _closed(graph, slice(first, last), counts[first:last])
        first = last
    return int(np.dot(tally, _CYCLES if is_cycle else _TRANSITIVE))


def _closed(graph: SimpleGraph, part: slice, counts: Int64Array) -> Int64Array:
    """Triangles whose first pair is in `part`, by the directions of their pairs; shape (64,)."""
    firsts = np.arange(part.start, part.stop)
    seconds = places_in_ranges(firsts + 1, counts)
    slots = graph.hashes[part].repeat(counts)
    slots += graph.upper[seconds]
    slots &= graph.slot_mask
    likely = np.flatnonzero(graph.taken[slots])
    seconds, slots = seconds[likely], slots[likely]
    firsts = firsts.repeat(counts)[likely]
    thirds, found = _pairs_of(graph, graph.upper[firsts], graph.upper[seconds], slots)
    directions = graph.directions
    kinds = directions[firsts[found]] * 16
    kinds += directions[seconds[found]] * 4
    kinds += directions[thirds[found]]
    return np.bincount(kinds, minlength=64)


def _pairs_of(
    graph: SimpleGraph,
    lower: NDArray[np.int32],
    upper: NDArray[np.int32],
    slots: Int64Array,
) -> tuple[NDArray[np.int32], MaskArray]:
    """The pair of each two nodes, given their slot; and whether there is one."""
    pairs = graph.owner[slots]
    found: MaskArray = (graph.lower[pairs] == lower) & (graph.upper[pairs] == upper)
    if len(graph.homeless):
        rest = np.flatnonzero(~found)
        keys = lower[rest].astype(np.int64) * graph.node_count + upper[rest]
        places = np.searchsorted(graph.homeless, keys)
        places[places == len(graph.homeless)] = 0
        hits = graph.homeless[places] == keys
        pairs[rest[hits]] = graph.homeless_pairs[places[hits]]
        found[rest[hits]] = True
    return pairs, found


def _weights(*, is_cycle: bool) -> NDArray[np.int64]:
    """Directed triangles for each way that the pairs (u,v), (u,w), (v,w) can be directed.

    The code is 16 * (u,v) + 4 * (u,w) + (v,w); see the module's docstring for the directions.
    """
    weights = np.zeros(64, dtype=np.int64)
    for code in range(64):
        edges: set[Any] = set()
        pairs = (((0, 1), code >> 4), ((0, 2), code >> 2 & 3), ((1, 2), code & 3))
        for (low, high), ways in pairs:
            edges.update([(low, high)] * (ways & 1) + [(high, low)] * (ways >> 1))
        for a, b, c in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            closing = (c, a) if is_cycle else (a, c)
            weights[code] += {(a, b), (b, c), closing} <= edges
    return weights


_CYCLES: Final = _weights(is_cycle=True)
_TRANSITIVE: Final = _weights(is_cycle=False)
