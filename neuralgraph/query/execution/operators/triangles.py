"""Counting triangles: each is found once, at its corner of least degree.

Nodes are ranked by degree, and each pair of nodes that have an edge is kept at its lower one. A triangle
is then two pairs of one node u whose upper ends v < w are a pair too. A node has at most sqrt(2 pairs)
upper neighbours, so there are at most pairs^1.5 such candidates, however large the hubs are.

    pair       lower, upper, directions: 1 = an edge lower->upper, 2 = one upper->lower, 3 = both
    candidate  (u,v) (u,w): is there a pair (v,w)?

Whether there is, a bit under a hash of (v,w) mostly tells; it fits into the processor's cache. What it lets
through is looked up in a table of all pairs by open addressing. The hash of (v,w) is one of v plus w, so that
the candidates of one (u,v) look at places near each other. The three pairs' directions then tell how many
directed triangles there are. Stretches of candidates are counted by a few threads.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from neuralgraph.query.execution.parallel import sum_in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from neuralgraph.access import GraphReader
    from neuralgraph.values.arrays import Int64Array

    Int32Array = NDArray[np.int32]

_CANDIDATES_MAX: Final = 1 << 18
"""So many candidates at once: their arrays stay in the processor's cache."""

_BITS_FACTOR: Final = 16
_SLOTS_FACTOR: Final = 2
"""At least so many bits, and so many slots, a pair."""

_NODES_MAX: Final = 1 << 30
_PAIRS_MAX: Final = 1 << 28
_SPREAD: Final = 0x9E3779B1
_STEP: Final = np.int32(40_503)
"""From a slot that another pair has to the next one to look at; odd, so that all are reached."""

_BIT: Final = (1 << np.arange(8)).astype(np.uint8)


class SimpleGraph(NamedTuple):
    """Pairs of nodes that have an edge, in order of (lower, upper), both by rank; shape (pairs,) each.

    `stops`: where the pairs of the same lower node end. `hashes`: of the upper node, to be added to a rank.
    `bits`: eight a byte, set under the hash of each pair. `slots`: -1, or the key of the pair that has it
    (lower << `shift` | upper) times four and its directions.
    """

    upper: Int32Array
    directions: NDArray[np.uint8]
    stops: Int64Array
    hashes: Int32Array
    bits: NDArray[np.uint8]
    slots: Int64Array
    shift: int


def simple_graph(reader: GraphReader, types: tuple[str, ...]) -> SimpleGraph | None:
    """The edges of some types as ranked pairs; None where there is a loop or a parallel edge."""
    offsets, neighbours, _ = reader.adjacency(types, "out")
    count = len(offsets) - 1
    out_degrees = np.diff(offsets)
    sources = np.arange(count).repeat(out_degrees)
    same_source = sources[1:] == sources[:-1]
    if (sources == neighbours).any() or (same_source & (neighbours[1:] == neighbours[:-1])).any():
        return None
    if count > _NODES_MAX or len(sources) > _PAIRS_MAX:
        return None
    degrees = out_degrees + np.bincount(neighbours, minlength=count)
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.argsort(degrees, kind="stable")] = np.arange(count)
    shift = max(1, count).bit_length()
    first, last = ranks.repeat(out_degrees), ranks[neighbours]
    keys = np.minimum(first, last)
    keys <<= shift
    keys |= np.maximum(first, last)
    keys <<= 1
    keys |= first > last
    keys.sort()
    directions = (keys & 1).astype(np.uint8)
    directions += 1
    keys >>= 1
    # Both directions of a pair stand side by side.
    again = np.flatnonzero(keys[1:] == keys[:-1])
    directions[again] = 3
    keep = np.ones(len(keys), dtype=np.bool_)
    keep[again + 1] = False
    return _with_tables(keys[keep], directions[keep], count, shift)


def _with_tables(
    keys: Int64Array, directions: NDArray[np.uint8], count: int, shift: int
) -> SimpleGraph:
    lower, upper = (keys >> shift).astype(np.int32), (keys & ((1 << shift) - 1)).astype(np.int32)
    spread = (np.arange(count) * _SPREAD & (_NODES_MAX - 1)).astype(np.int32)
    hashes = spread[lower]
    hashes += upper
    bit_count = max(8, _power_of_two(len(keys) * _BITS_FACTOR))
    places = hashes & np.int32(bit_count - 1)
    bits = np.zeros(bit_count >> 3, dtype=np.uint8)
    np.bitwise_or.at(bits, places >> 3, _BIT[places & 7])
    ends = np.bincount(lower, minlength=count).cumsum()
    keys <<= 2
    keys |= directions
    return SimpleGraph(
        upper=upper,
        directions=directions,
        stops=ends[lower],
        hashes=spread[upper],
        bits=bits,
        slots=_slots(keys, hashes),
        shift=shift,
    )


def _power_of_two(least: int) -> int:
    return min(1 << max(least, 1).bit_length(), _NODES_MAX)


def _slots(entries: Int64Array, hashes: Int32Array) -> Int64Array:
    """A table with every entry at its hash, or as many steps behind it as it has to be."""
    slots = np.full(_power_of_two(len(entries) * _SLOTS_FACTOR), -1, dtype=np.int64)
    mask = np.int32(len(slots) - 1)
    places = hashes & mask
    while len(entries):
        free = np.flatnonzero(slots[places] < 0)
        # Where several want the same slot, one has it in the end.
        slots[places[free]] = entries[free]
        left = np.flatnonzero(slots[places] != entries)
        entries, places = entries[left], (places[left] + _STEP) & mask
    return slots


def triangle_count(graph: SimpleGraph, weights: Int64Array, *, check: Callable[[], None]) -> int:
    """How often a pattern of three edges is found.

    Args:
        graph: the pairs.
        weights: `directed_triangles` of the pattern.
        check: called from time to time; may raise.
    """
    counts = graph.stops - np.arange(len(graph.stops)) - 1
    nothing = np.zeros(64, dtype=np.int64)
    tally = sum_in_parallel(
        lambda part: _closed(graph, part, counts[part]), _stretches(counts), nothing, check
    )
    return int(np.dot(tally, weights))


def _stretches(counts: Int64Array) -> Iterator[slice]:
    """The pairs cut so that each part is the first of about `_CANDIDATES_MAX` candidates."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(ends) and int(ends[-1]):
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + _CANDIDATES_MAX, side="right"))
        last = max(last, first + 1)
        yield slice(first, last)
        first = last


def _closed(graph: SimpleGraph, part: slice, counts: Int64Array) -> Int64Array:
    """Triangles whose first pair is in `part`, by the directions of their pairs; shape (64,)."""
    ends = counts.cumsum()
    begins = np.arange(part.start + 1, part.stop + 1) - ends + counts
    seconds = begins.astype(np.int32).repeat(counts)
    seconds += np.arange(len(seconds), dtype=np.int32)
    places = graph.hashes[part].repeat(counts)
    places += graph.upper[seconds]
    bits = places & np.int32(8 * len(graph.bits) - 1)
    found = graph.bits[bits >> 3]
    found &= _BIT[bits & 7]
    likely = np.flatnonzero(found)
    seconds, places = seconds[likely], places[likely]
    firsts = np.searchsorted(ends, likely, side="right") + part.start
    thirds = _directions_of(graph, graph.upper[firsts], graph.upper[seconds], places)
    real = np.flatnonzero(thirds)
    directions = graph.directions
    kinds = directions[firsts[real]] * 16
    kinds += directions[seconds[real]] * 4
    kinds += thirds[real]
    return np.bincount(kinds, minlength=64)


def _directions_of(
    graph: SimpleGraph, lower: Int32Array, upper: Int32Array, hashes: Int32Array
) -> NDArray[np.uint8]:
    """The directions of the pair of each two nodes, given its hash; 0 where there is none."""
    slots, mask = graph.slots, np.int32(len(graph.slots) - 1)
    keys = lower.astype(np.int64)
    keys <<= graph.shift
    keys |= upper
    places = hashes & mask
    entries = slots[places]
    directions = np.where(entries >> 2 == keys, entries & 3, 0).astype(np.uint8)
    left = np.flatnonzero((directions == 0) & (entries >= 0))
    while len(left):
        places[left] = (places[left] + _STEP) & mask
        entries = slots[places[left]]
        is_it = entries >> 2 == keys[left]
        directions[left[is_it]] = entries[is_it] & 3
        left = left[~is_it & (entries >= 0)]
    return directions


def directed_triangles(sides: Sequence[tuple[int, int, bool]]) -> Int64Array:
    """How often a pattern is found in one triangle, for each way that its pairs can be directed; shape (64,).

    The code is 16 * (u,v) + 4 * (u,w) + (v,w); see the module's docstring for the directions.

    Args:
        sides: as `TriangleCount` has them.
    """
    weights = np.zeros(64, dtype=np.int64)
    for code in range(64):
        edges: set[tuple[int, int]] = set()
        pairs = (((0, 1), code >> 4), ((0, 2), code >> 2 & 3), ((1, 2), code & 3))
        for (low, high), ways in pairs:
            edges.update([(low, high)] * (ways & 1) + [(high, low)] * (ways >> 1))
        for corners in permutations(range(3)):
            found = 1
            for source, target, is_undirected in sides:
                ends = corners[source], corners[target]
                found *= (ends in edges) + (is_undirected and ends[::-1] in edges)
            weights[code] += found
    return weights
