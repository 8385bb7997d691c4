"""Which nodes can be reached, each once a row: breadth first with a flag a node.

A shortest walk to another node repeats no node, so it repeats no edge: for those, visiting is walking.
Only the way back to the source is different: directed, any walk back holds a cycle without
repetition; undirected, going to and fro on one edge is no trail, so a real cycle through the source is
looked for (`returns_by_trail`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from neuralgraph.query.execution.memory import Share
from neuralgraph.values.arrays import counting, places_in_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from neuralgraph.access import Adjacency, Direction
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array

_FLAGS_MAX: Final = 1 << 24
"""Rows are taken together while all their flags fit in so many bytes."""

_FRONTIER_NODES_MAX: Final = 1 << 16
_FRONTIER_BYTES: Final = 32
"""A walk and a node, while they are taken from their code."""

_WIDE_FACTOR: Final = 16
"""A level is wide when more than one node in so many is in it: then the whole adjacency is used."""

_FIRST_EDGES: Final = 8
"""So many edges of each node are looked at before all others."""

_FEW_MAX: Final = 4_096
_SCRATCH_MAX: Final = 1 << 21
"""So few codes are told apart by the places where each was seen last, among so many of them."""

_UNIQUE_FACTOR_MAX: Final = 64
"""Flags beat sorting while there are at most so many of them for each code."""


class Reach(NamedTuple):
    """What may be walked.

    Attributes:
        context: the run.
        types: edge types; empty for all.
        direction: which way.
        min: 0 or 1.
        max: None is unbounded.
        allowed: given rows and edges, which of the edges may be used; None for all.
    """

    context: ExecutionContext
    types: Sequence[str]
    direction: Direction
    min: int
    max: int | None
    allowed: Callable[[RowArray, IdArray], MaskArray] | None


def reachable(reach: Reach, rows: RowArray, starts: IdArray) -> Iterator[tuple[RowArray, IdArray]]:
    """The nodes within reach of each start.

    Args:
        reach: what may be walked.
        rows: the row of each start.
        starts: ids of existing nodes; shape as `rows`.

    Yields:
        Rows and nodes, level by level; no pair twice.
    """
    limit = max(reach.context.reader.node_limit, int(starts.max()) + 1 if len(starts) else 0)
    together = max(1, _FLAGS_MAX // max(limit, 1))
    if len(rows) == 1 and reach.allowed is None and reach.direction != "both":
        for nodes in _levels_of_one(reach, starts, limit):
            yield rows.repeat(len(nodes)), nodes
        return
    for first in range(0, len(rows), together):
        part = slice(first, first + together)
        with Share(reach.context.memory) as kept:
            yield from _levels(reach, rows[part], starts[part], limit, kept)


def _levels_of_one(reach: Reach, start: IdArray, limit: int) -> Iterator[IdArray]:
    """`_levels` of a single start along directed edges: flags say it all, no walks are told apart."""
    context, reader = reach.context, reach.context.reader
    seen = np.zeros(limit, dtype=np.bool_)
    context.memory.hold(len(seen))
    if reach.min == 0:
        yield start
        seen[start] = True
    nodes, depth = start, 0
    while len(nodes) and (reach.max is None or depth < reach.max):
        context.check()
        depth += 1
        if len(nodes) * _WIDE_FACTOR > limit:
            nodes = _wide_level(reach, nodes, seen)
        else:
            found = reader.neighbours(nodes, reach.types, reach.direction)
            nodes = distinct_below(found[~seen[found]], limit)
        seen[nodes] = True
        if len(nodes):
            yield nodes
    context.memory.free(len(seen))


def _wide_level(reach: Reach, nodes: IdArray, seen: MaskArray) -> IdArray:
    """The next level of a wide one, from whichever side has fewer edges to look at.

    Forward, along the edges of the level; backward, along the edges into the nodes not seen yet. Backward,
    most nodes are told by their first edges, so these are looked at first.
    """
    reader, limit = reach.context.reader, len(seen)
    forward = reader.adjacency(reach.types, "out" if reach.direction == "out" else "in")
    starts, counts = edge_ranges(forward, nodes)
    edge_count = int(counts.sum())
    reached = np.zeros(limit, dtype=np.bool_)
    if _reach_backward(reach, nodes, seen, reached, edge_count):
        return reached.nonzero()[0]
    reached[forward.neighbours[places_in_ranges(starts, counts)]] = True
    reached &= ~seen
    return reached.nonzero()[0]


def _reach_backward(
    reach: Reach, nodes: IdArray, seen: MaskArray, reached: MaskArray, edges_max: int
) -> bool:
    """Mark the unseen nodes with an edge from the level; False: more than `edges_max` edges are left."""
    direction: Literal["out", "in"] = "in" if reach.direction == "out" else "out"
    reader = reach.context.reader
    backward = reader.adjacency(reach.types, direction)
    ends, starts, stops = reader.memo(
        ("ends", tuple(reach.types), direction), lambda: _ends(backward)
    )
    left = (~seen[ends]).nonzero()[0]
    if len(left) > edges_max:
        return False
    is_in_level = np.zeros(len(seen), dtype=np.bool_)
    is_in_level[nodes] = True
    unseen, places, stops = ends[left], starts[left], stops[left]
    for _ in range(_FIRST_EDGES):
        is_reached = is_in_level[backward.neighbours[places]]
        reached[unseen[is_reached]] = True
        places += 1
        left = (~is_reached & (places < stops)).nonzero()[0]
        unseen, places, stops = unseen[left], places[left], stops[left]
        if not len(unseen):
            return True
    counts = stops - places
    if counts.sum() > edges_max:
        return False
    hits = is_in_level[backward.neighbours[places_in_ranges(places, counts)]]
    reached[unseen.repeat(counts)[hits]] = True
    return True


def _ends(adjacency: Adjacency) -> tuple[IdArray, Int64Array, Int64Array]:
    """The nodes that have edges, and where the edges of each begin and end."""
    starts, stops = adjacency.offsets[:-1], adjacency.offsets[1:]
    ends = (starts < stops).nonzero()[0]
    return ends, starts[ends], stops[ends]


def edge_ranges(adjacency: Adjacency, nodes: IdArray) -> tuple[Int64Array, Int64Array]:
    """Where the edges of each node begin, and how many there are; ids are below the limit."""
    starts = adjacency.offsets[nodes]
    return starts, adjacency.offsets[nodes + 1] - starts


def _levels(
    reach: Reach, rows: RowArray, starts: IdArray, limit: int, kept: Share
) -> Iterator[tuple[RowArray, IdArray]]:
    context, reader = reach.context, reach.context.reader
    # One flag for each start and node; a walk is known by the place of its start.
    seen = np.zeros(len(starts) * limit, dtype=np.bool_)
    kept.hold(len(seen))
    walks = np.arange(len(starts))
    nodes = starts
    undirected = reach.direction == "both"
    if reach.min == 0:
        yield rows, starts
    if reach.min == 0 or undirected:
        seen[walks * limit + nodes] = True
    if undirected and reach.min == 1:
        yield from _returning(reach, rows, starts)
    depth = 0
    while len(nodes) and (reach.max is None or depth < reach.max):
        context.check()
        depth += 1
        # A piece at a time: where it leads to is many times as much.
        fresh: list[Int64Array] = []
        for piece in context.pieces(len(nodes), _FRONTIER_NODES_MAX):
            places, edges, found = reader.expand(nodes[piece], reach.types, reach.direction)
            of = walks[piece][places]
            if reach.allowed is not None and len(edges):
                may = reach.allowed(rows[of], edges)
                of, found = of[may], found[may]
            codes = of * limit + found
            codes = unique_below(codes[~seen[codes]], len(seen))
            seen[codes] = True
            fresh.append(codes)
            walks_of, reached = np.divmod(codes, limit)
            if len(reached):
                yield rows[walks_of], reached
            kept.hold(codes.nbytes)
        kept.let_go()
        codes = np.concatenate(fresh) if len(fresh) > 1 else fresh[0]
        kept.hold(len(seen) + _FRONTIER_BYTES * len(codes))
        walks, nodes = np.divmod(codes, limit)


def distinct_below(codes: Int64Array, limit: int) -> Int64Array:
    """Each code below `limit` once, in any order.

    Few are quicker without sorting, during which numpy lets other threads in, however few there are.
    """
    count = len(codes)
    if count < 2:
        return codes
    if count > _FEW_MAX or limit > _SCRATCH_MAX:
        return unique_below(codes, limit)
    # Never read before it is written, so it need not be cleared.
    places = np.empty(limit, dtype=np.int64)
    rows = counting(count)
    places[codes] = rows
    once: Int64Array = codes[places[codes] == rows]
    return once


def unique_below(codes: Int64Array, limit: int) -> Int64Array:
    """Each code below `limit` once, ascending: by flags where they are many, else by sorting."""
    if len(codes) < 2:
        return codes
    if limit > _UNIQUE_FACTOR_MAX * len(codes):
        # What `np.unique` does, without its overhead of 10 us.
        ordered = np.sort(codes)
        is_first = np.empty(len(ordered), dtype=np.bool_)
        is_first[0] = True
        np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
        return ordered[is_first]
    flags = np.zeros(limit, dtype=np.bool_)
    flags[codes] = True
    return flags.nonzero()[0]


def _returning(reach: Reach, rows: RowArray, starts: IdArray) -> Iterator[tuple[RowArray, IdArray]]:
    """The starts that an undirected trail leads back to."""
    back = [
        place
        for place, start in enumerate(starts.tolist())
        if returns_by_trail(reach, int(rows[place]), start)
    ]
    if back:
        chosen = np.array(back, dtype=np.int64)
        yield rows[chosen], starts[chosen]


def returns_by_trail(reach: Reach, row: int, start: int) -> bool:
    """Does an undirected trail of at most `reach.max` edges lead from `start` back to it?

    Breadth first from the start, every node labelled with the first edge of its way. An edge between
    two nodes of different labels closes a cycle through the start, and the shortest such cycle is
    found this way.
    """
    most = reach.max
    edges, nodes = _step(reach, row, np.array([start], dtype=np.int64))[1:]
    if (nodes == start).any():
        return most is None or most >= 1
    frontier: dict[int, tuple[int, int]] = {}
    for edge, node in zip(edges.tolist(), nodes.tolist(), strict=True):
        if node in frontier:
            return most is None or most >= 2
        frontier[node] = (edge, edge)
    # For each node seen: the first edge of its way, the last edge, and how long the way is.
    known = {node: (first, last, 1) for node, (first, last) in frontier.items()}
    depth = 1
    while frontier and (most is None or 2 * depth + 1 <= most):
        reach.context.check()
        nodes_now = np.fromiter(frontier, dtype=np.int64, count=len(frontier))
        places, edges, found = _step(reach, row, nodes_now)
        origins = nodes_now[places].tolist()
        frontier = {}
        for origin, edge, node in zip(origins, edges.tolist(), found.tolist(), strict=True):
            first, last, length = known[origin]
            if edge == last or node == start:
                continue
            other = known.get(node)
            if other is None:
                known[node] = (first, edge, depth + 1)
                frontier[node] = (first, edge)
            elif other[0] != first and (most is None or length + other[2] + 1 <= most):
                return True
        depth += 1
    return False


def _step(reach: Reach, row: int, nodes: IdArray) -> tuple[RowArray, IdArray, IdArray]:
    places, edges, found = reach.context.reader.expand(nodes, reach.types, reach.direction)
    if reach.allowed is not None and len(edges):
        may = reach.allowed(np.full(len(edges), row, dtype=np.int64), edges)
        places, edges, found = places[may], edges[may], found[may]
    return places, edges, found
