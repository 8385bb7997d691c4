"""Walking a view: the base's adjacency with deleted edges taken out and added ones put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from neuralgraph.access import Adjacency, Direction, Expansion
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.versions.layered import LayeredView
    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array

_MERGE_FACTOR = 64
_MERGE_FREE = 256
"""New edges are put into a copy of the base's adjacency while they are so few, or one for so many there."""

_NOTHING = Expansion(NO_IDS, NO_IDS, NO_IDS)
_ONE_WAY: dict[str, tuple[Literal["out", "in"], ...]] = {
    "out": ("out",),
    "in": ("in",),
    "both": ("out", "in"),
}


def expand(
    view: LayeredView, ids: IdArray, types: Sequence[str], direction: Direction
) -> Expansion:
    """See `access.GraphReader.expand`."""
    parts = [
        part
        for way in _ONE_WAY[direction]
        for part in _expand_one_way(
            view, ids, types, way, skip_loops=direction == "both" and way == "in"
        )
    ]
    if not parts:
        return _NOTHING
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows, kind="stable")
    return Expansion(
        rows[order],
        np.concatenate([part.edges for part in parts])[order],
        np.concatenate([part.neighbours for part in parts])[order],
    )


def _expand_one_way(
    view: LayeredView,
    ids: IdArray,
    types: Sequence[str],
    way: Literal["out", "in"],
    *,
    skip_loops: bool,
) -> list[Expansion]:
    parts: list[Expansion] = []
    for edge_type in types or view.base.edge_types:
        adjacency = view.base.adjacency(edge_type, way)
        if adjacency is not None:
            found = adjacency.expand(ids)
            if len(found.rows):
                parts.append(_without_deleted(view, found))
    for layer, txid in view.active_layers():
        added = layer.outgoing if way == "out" else layer.incoming
        if len(added):
            fresh = Expansion(*added.find(ids, types, txid))
            if len(fresh.rows):
                parts.append(_without_deleted(view, fresh))
    if skip_loops:
        parts = [_without_loops(part, ids) for part in parts]
    return [part for part in parts if len(part.rows)]


def _without_deleted(view: LayeredView, found: Expansion) -> Expansion:
    if not any(len(layer.deleted_edges) for layer in view.layers):
        return found
    keep = ~_deleted(view, found.edges)
    if all_true(keep):
        return found
    return Expansion(found.rows[keep], found.edges[keep], found.neighbours[keep])


def _without_loops(part: Expansion, ids: IdArray) -> Expansion:
    keep = part.neighbours != ids[part.rows]
    if all_true(keep):
        return part
    return Expansion(part.rows[keep], part.edges[keep], part.neighbours[keep])


def neighbours(
    view: LayeredView, ids: IdArray, types: Sequence[str], direction: Direction
) -> IdArray:
    """See `access.GraphReader.neighbours`."""
    if direction != "both" and len(types) == 1 and not any(view.active_layers()):
        adjacency = view.base.adjacency(types[0], direction)
        return NO_IDS if adjacency is None else adjacency.neighbours_of(ids)
    return expand(view, ids, types, direction).neighbours


def expand_one(
    view: LayeredView, node_id: int, types: Sequence[str], direction: Direction
) -> tuple[IdArray, IdArray]:
    """See `access.GraphReader.expand_one`."""
    if direction != "both" and len(types) == 1 and not _has_added(view, node_id, direction):
        adjacency = view.base.adjacency(types[0], direction)
        if adjacency is None:
            return NO_IDS, NO_IDS
        edges, neighbours = adjacency.expand_one(node_id)
        if any(len(layer.deleted_edges) for layer in view.layers):
            keep = ~_deleted(view, edges)
            return edges[keep], neighbours[keep]
        return edges, neighbours
    _, edges, neighbours = expand(view, np.array([node_id], dtype=np.int64), types, direction)
    return edges, neighbours


def _has_added(view: LayeredView, node_id: int, way: Literal["out", "in"]) -> bool:
    """May a layer add edges to the node?"""
    for layer in view.layers:
        if layer.change_count:
            added = layer.outgoing if way == "out" else layer.incoming
            if added.has_node(node_id):
                return True
    return False


def expand_into(
    view: LayeredView,
    sources: IdArray,
    targets: IdArray,
    types: Sequence[str],
    direction: Direction,
) -> tuple[RowArray, IdArray]:
    """See `access.GraphReader.expand_into`."""
    parts: list[Expansion] = []
    for way in _ONE_WAY[direction]:
        found = [
            adjacency.between(sources, targets)
            for edge_type in types or view.base.edge_types
            if (adjacency := view.base.adjacency(edge_type, way)) is not None
        ]
        for layer, txid in view.active_layers():
            added = layer.outgoing if way == "out" else layer.incoming
            if len(added):
                fresh = Expansion(*added.find(sources, types, txid))
                keep = fresh.neighbours == targets[fresh.rows]
                found.append(Expansion(*(array[keep] for array in fresh)))
        found = [_without_deleted(view, part) for part in found if len(part.rows)]
        if direction == "both" and way == "in":
            found = [_without_loops(part, sources) for part in found]
        parts += found
    if len(parts) == 1:
        return parts[0].rows, parts[0].edges
    rows = np.concatenate([NO_IDS, *(part.rows for part in parts)])
    order = np.argsort(rows, kind="stable")
    return rows[order], np.concatenate([NO_IDS, *(part.edges for part in parts)])[order]


def degree(
    view: LayeredView, ids: IdArray, types: Sequence[str], direction: Direction
) -> Int64Array:
    """See `access.GraphReader.degree`."""
    if direction == "both" or any(len(layer.deleted_edges) for layer in view.layers):
        # Loops count once in both directions, so the sum of two degrees will not do.
        found = expand(view, ids, types, direction)
        return np.bincount(found.rows, minlength=len(ids))
    total = np.zeros(len(ids), dtype=np.int64)
    for edge_type in types or view.base.edge_types:
        adjacency = view.base.adjacency(edge_type, direction)
        if adjacency is not None:
            total += adjacency.degree(ids)
    for layer, txid in view.active_layers():
        added = layer.outgoing if direction == "out" else layer.incoming
        if len(added):
            total += np.bincount(added.find(ids, types, txid)[0], minlength=len(ids))
    return total


def adjacency(
    view: LayeredView, types: Sequence[str], direction: Literal["out", "in"]
) -> Adjacency:
    """See `access.GraphReader.adjacency`."""
    limit = view.node_limit
    known = [view.base.adjacency(name, direction) for name in types or view.base.edge_types]
    present = [part for part in known if part is not None]
    dirty = any(len(layer.outgoing) or len(layer.deleted_edges) for layer in view.layers)
    if len(present) == 1 and not dirty:
        flat = present[0].flat()
        if len(flat.offsets) == limit + 1:
            return flat
    if len(present) == 1:
        merged = _merged_adjacency(view, types, direction, present[0].flat())
        if merged is not None:
            return merged
    nodes: list[IdArray] = []
    neighbours: list[IdArray] = []
    edges: list[IdArray] = []
    for part in present:
        flat = part.flat()
        nodes.append(np.repeat(np.arange(len(flat.offsets) - 1), np.diff(flat.offsets)))
        neighbours.append(flat.neighbours)
        edges.append(flat.edges)
    for layer, txid in view.active_layers():
        added = layer.outgoing if direction == "out" else layer.incoming
        for name in types or added.types():
            fresh_nodes, fresh_edges, fresh_neighbours = added.all_of(name, txid)
            nodes.append(fresh_nodes)
            edges.append(fresh_edges)
            neighbours.append(fresh_neighbours)
    return _sorted_adjacency(view, limit, nodes, neighbours, edges)


def _merged_adjacency(
    view: LayeredView,
    types: Sequence[str],
    direction: Literal["out", "in"],
    flat: Adjacency,
) -> Adjacency | None:
    """The base's adjacency with few changes merged in; None where they are too many to do one by one."""
    found = [
        added.all_of(name, txid)
        for layer, txid in view.active_layers()
        for added in [layer.outgoing if direction == "out" else layer.incoming]
        for name in types or added.types()
    ]
    fresh = [np.concatenate(arrays) for arrays in zip(*found, strict=True)] or [NO_IDS] * 3
    if len(fresh[0]) > max(_MERGE_FREE, len(flat.edges) // _MERGE_FACTOR):
        return None
    keep = ~_deleted(view, fresh[1])
    nodes, edges, neighbours = (array[keep] for array in fresh)
    order = np.lexsort((neighbours, nodes))
    nodes, edges, neighbours = nodes[order], edges[order], neighbours[order]
    limit = view.node_limit
    offsets = np.full(limit + 1, len(flat.edges), dtype=np.int64)
    offsets[: len(flat.offsets)] = flat.offsets
    # Base edges have smaller ids, so among equal neighbours they come first.
    places = [
        int(offsets[node])
        + int(flat.neighbours[offsets[node] : offsets[node + 1]].searchsorted(end, side="right"))
        for node, end in zip(nodes.tolist(), neighbours.tolist(), strict=True)
    ]
    gone = np.flatnonzero(_deleted(view, flat.edges))
    counts = np.diff(offsets) + np.bincount(nodes, minlength=limit)
    if len(gone):
        left = np.searchsorted(offsets, gone, side="right") - 1
        counts -= np.bincount(left, minlength=limit)
    return Adjacency(
        np.concatenate(([0], counts.cumsum())),
        _replaced(flat.neighbours, gone, places, neighbours),
        _replaced(flat.edges, gone, places, edges),
    )


def _replaced(array: IdArray, gone: RowArray, places: list[int], added: IdArray) -> IdArray:
    """`array` with items put in before `places`, and those at `gone` taken out."""
    if len(gone):
        # Places count from before anything was taken out.
        shifted = np.asarray(places, dtype=np.int64)
        shifted -= np.searchsorted(gone, shifted, side="left")
        return np.insert(np.delete(array, gone), shifted, added)
    return np.insert(array, places, added)


def _sorted_adjacency(
    view: LayeredView,
    limit: int,
    nodes: list[IdArray],
    neighbours: list[IdArray],
    edges: list[IdArray],
) -> Adjacency:
    if not nodes:
        return Adjacency(np.zeros(limit + 1, dtype=np.int64), NO_IDS, NO_IDS)
    all_nodes, all_neighbours = np.concatenate(nodes), np.concatenate(neighbours)
    all_edges = np.concatenate(edges)
    keep = ~_deleted(view, all_edges)
    if not all_true(keep):
        all_nodes, all_neighbours, all_edges = (
            all_nodes[keep],
            all_neighbours[keep],
            all_edges[keep],
        )
    order = np.lexsort((all_neighbours, all_nodes))
    offsets = np.zeros(limit + 1, dtype=np.int64)
    np.cumsum(np.bincount(all_nodes, minlength=limit), out=offsets[1:])
    return Adjacency(offsets, all_neighbours[order], all_edges[order])


def _deleted(view: LayeredView, edge_ids: IdArray) -> MaskArray:
    gone = np.zeros(len(edge_ids), dtype=np.bool_)
    for layer, txid in view.active_layers():
        layer.deleted_edges.mark(edge_ids, txid, gone)
    return gone
