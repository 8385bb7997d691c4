"""Bulk loads: many nodes or edges at once become segments of the next base, without passing through deltas.

Each call gives a new base over the same blocks; a load calls several times, then publishes the last one.
Nothing that is attached displaces anything, so history stays as it is.

Edges are sorted by (source, target) before ids are given, so that the ids of one load are consecutive in
the order of the outgoing adjacency, which then need not store them. A transaction has given the ids of its
edges already: `attach_edge_rows` leaves the adjacency to `attaching_later`, and like `attach_node_rows` the
indexes to `folding_parts`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.indexes.search_run import SearchSource
from neuralgraph.storage.indexes.sorted_building import build_run, merge_runs, stored_run
from neuralgraph.storage.indexes.sorting import sort_pairs, sort_stably
from neuralgraph.storage.versions.base_adjacency import AdjacencySegment, BaseAdjacency
from neuralgraph.storage.versions.base_arrays import (
    ROW_MASK,
    SEGMENT_BITS,
    SEGMENT_ROWS,
    by_segment,
    ranges_by_segment,
)
from neuralgraph.storage.versions.base_columns import PropertyColumn, join
from neuralgraph.storage.versions.base_edges import EdgeTable
from neuralgraph.storage.versions.base_nodes import LabelCoder, NodeTable
from neuralgraph.storage.versions.folding_segments import (
    append_column_rows,
    change_adjacency,
    narrow,
    offsets_of,
    set_edge_rows,
    set_node_rows,
)
from neuralgraph.storage.versions.search_building import base_read
from neuralgraph.values import NO_IDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import Read, SearchRun
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array


def attach_nodes(
    base: Base,
    first_id: int,
    labels: Sequence[str],
    columns: Mapping[str, Column],
    count: int,
    txid: int,
    blocks: BlockFile,
) -> Base:
    """A base with `count` more nodes, `first_id` and up.

    Args:
        base: what is there; no id from `first_id` on may be in use.
        first_id: the id of the first row.
        labels: of every node.
        columns: properties by key, `count` rows each; null where absent.
        count: how many nodes.
        txid: of the commit that this is; the new base's.
        blocks: where to write.

    Raises:
        DiskError: the disk refused; `base` is as good as ever.
    """
    columns = {key: storable_form(column) for key, column in columns.items()}
    ids = np.arange(first_id, first_id + count)
    return attach_node_rows(base, first_id, labels, columns, count, txid, blocks).replaced(
        runs=_attach_entries(base, "node", labels, first_id, columns, count, blocks),
        search_runs=_attach_found(base, "node", labels, ids, columns, txid, blocks),
    )


def attach_node_rows(
    base: Base,
    first_id: int,
    labels: Sequence[str],
    columns: Mapping[str, Column],
    count: int,
    txid: int,
    blocks: BlockFile,
) -> Base:
    """`attach_nodes` without the indexes, which are left as they are; columns are in `storable_form`."""
    coder = LabelCoder(base.nodes)
    code = coder.code(tuple(labels))
    segments = dict(base.nodes.segments)
    for number, row, start, stop in ranges_by_segment(first_id, count):
        rows = slice(row, row + stop - start)
        filled = np.full(stop - start, code, dtype=np.int64)
        born = np.full(stop - start, txid, dtype=np.int64)
        segments[number] = set_node_rows(segments.get(number), rows, filled, born, blocks)
    limit = max(base.node_limit, first_id + count)
    return base.replaced(
        txid=txid,
        nodes=NodeTable(coder.labels, coder.label_sets, segments, limit),
        property_keys=tuple(dict.fromkeys((*base.property_keys, *columns))),
        node_columns=_attach_columns(
            base.parts.node_columns, first_id, columns, count, limit, blocks
        ),
        adjacencies={
            key: BaseAdjacency(adjacency.segments, limit)
            for key, adjacency in base.parts.adjacencies.items()
        },
    )


def attach_edges(
    base: Base,
    edge_type: str,
    first_id: int,
    sources: IdArray,
    targets: IdArray,
    columns: Mapping[str, Column],
    txid: int,
    blocks: BlockFile,
) -> Base:
    """A base with more edges of one type, `first_id` and up.

    Ids are given in order of (source, target), not of the rows.

    Args:
        base: what is there, with both ends of every edge; no edge id from `first_id` on may be in
            use.
        edge_type: of all of them.
        first_id: the least id.
        sources: node ids, shape (rows,); not written to.
        targets: alike.
        columns: properties by key, as many rows; null where absent.
        txid: of the commit that this is; the new base's.
        blocks: where to write.

    Raises:
        QueryArgumentError: an id is negative or was never given out.
        DiskError: the disk refused; `base` is as good as ever.
    """
    count = len(sources)
    if count:
        _check_ends(base, sources, targets)
    order = None if _is_sorted(sources, targets) else sort_pairs(sources, targets)
    narrow_ids = np.uint32 if base.node_limit <= 1 << 32 else np.int64
    if order is not None:
        sources, targets = sources[order], targets[order]
    sources = sources.astype(narrow_ids, copy=False)
    targets = targets.astype(narrow_ids, copy=False)
    columns = _in_order(columns, order)
    del order
    rows = attach_edge_rows(base, edge_type, first_id, (sources, targets), columns, txid, blocks)
    ids = np.arange(first_id, first_id + count)
    return rows.replaced(
        runs=_attach_entries(base, "edge", (edge_type,), first_id, columns, count, blocks),
        search_runs=_attach_found(base, "edge", (edge_type,), ids, columns, txid, blocks),
        adjacencies=_attach_adjacencies(base, edge_type, first_id, sources, targets, blocks),
    )


def attach_edge_rows(
    base: Base,
    edge_type: str,
    first_id: int,
    ends: tuple[NDArray[Any], NDArray[Any]],
    columns: Mapping[str, Column],
    txid: int,
    blocks: BlockFile,
) -> Base:
    """More edges of one type in the table, by id, with their properties; not in the adjacency.

    Args:
        base: as for `attach_edges`; adjacency and indexes are left as they are.
        edge_type: of all of them.
        first_id: the id of the first row.
        ends: sources and targets, a row for each edge, of nodes of the base.
        columns: properties by key, in `storable_form`.
        txid: of the commit that this is a part of; the new base's.
        blocks: where to write.

    Raises:
        DiskError: the disk refused; `base` is as good as ever.
    """
    sources, targets = ends
    count = len(sources)
    types = tuple(dict.fromkeys((*base.edge_types, edge_type)))
    segments = dict(base.edges.segments)
    code = types.index(edge_type) + 1
    for number, row, start, stop in ranges_by_segment(first_id, count):
        rows = slice(row, row + stop - start)
        values = (code, sources[start:stop], targets[start:stop], txid)
        segments[number] = set_edge_rows(segments.get(number), rows, values, blocks)
    limit = max(base.edge_limit, first_id + count)
    edge_columns = _attach_columns(base.parts.edge_columns, first_id, columns, count, limit, blocks)
    return base.replaced(
        txid=txid,
        edges=EdgeTable(types, segments, limit),
        property_keys=tuple(dict.fromkeys((*base.property_keys, *columns))),
        edge_columns=edge_columns,
    )


def storable_form(column: Column) -> Column:
    """A column as segments store it: ANY columns are narrowed to what their values are."""
    return narrow(column.to_values()) if column.kind == Kind.ANY else column


def _check_ends(base: Base, sources: IdArray, targets: IdArray) -> None:
    for ids in (sources, targets):
        if int(ids.min()) < 0 or int(ids.max()) >= base.node_limit:
            raise QueryArgumentError("a relationship's end is no node of this graph")


def _is_sorted(sources: IdArray, targets: IdArray) -> bool:
    if bool((sources[1:] < sources[:-1]).any()):
        return False
    equal = sources[1:] == sources[:-1]
    return not bool((equal & (targets[1:] < targets[:-1])).any())


def _in_order(columns: Mapping[str, Column], order: Int64Array | None) -> dict[str, Column]:
    stored = {key: storable_form(column) for key, column in columns.items()}
    if order is None:
        return stored
    return {key: column.take(order) for key, column in stored.items()}


# ── columns and indexes ───────────────────────────────────────────────────────────────────────


def _attach_columns(
    known: Mapping[str, PropertyColumn],
    first_id: int,
    columns: Mapping[str, Column],
    count: int,
    limit: int,
    blocks: BlockFile,
) -> dict[str, PropertyColumn]:
    attached = dict(known)
    for key, column in columns.items():
        segments = dict(known[key].segments) if key in known else {}
        for number, row, start, stop in ranges_by_segment(first_id, count):
            piece = column.slice(start, stop)
            segment = append_column_rows(segments.get(number), row, piece, blocks)
            if segment is not None:
                segments[number] = segment
        if segments:
            attached[key] = PropertyColumn(segments, limit)
    return attached


def _attach_entries(
    base: Base,
    entity: str,
    labels: Sequence[str],
    first_id: int,
    columns: Mapping[str, Column],
    count: int,
    blocks: BlockFile,
) -> dict[str, IndexRun]:
    runs = dict(base.parts.runs)
    for name, run in runs.items():
        definition = run.definition
        covered = definition.entity == entity and set(definition.labels) & set(labels)
        if not covered or not definition.keys or not set(definition.keys) <= set(columns):
            runs[name] = stored_run(run, blocks)
            continue
        ids = np.arange(first_id, first_id + count)
        keyed = [columns[key] for key in definition.keys]
        if len(run) == 0:
            runs[name] = build_run(definition, ids, keyed, blocks)
        else:
            added = build_run(definition, ids, keyed, None)
            runs[name] = merge_runs(run, NO_IDS, added, blocks)
    return runs


def _attach_found(
    base: Base,
    entity: str,
    labels: Sequence[str],
    ids: IdArray,
    columns: Mapping[str, Column],
    txid: int,
    blocks: BlockFile,
) -> dict[str, SearchRun]:
    """The search indexes, with the new entities, consecutive, in those that cover them."""
    runs = dict(base.parts.search_runs)
    for name, run in runs.items():
        definition = run.definition
        is_covered = definition.entity == entity and bool(set(definition.labels) & set(labels))
        read = partial(_read, base_read(base, definition), ids, columns, definition.keys)
        source = SearchSource(ids if is_covered else NO_IDS, read, txid)
        runs[name] = run.changed(NO_IDS, source, blocks)
    return runs


def _read(
    older: Read,
    new_ids: IdArray,
    columns: Mapping[str, Column],
    keys: Sequence[str],
    ids: IdArray,
) -> list[Column]:
    """Properties of entities of the base and of new ones, whose ids come after them."""
    if len(new_ids) == 0:
        return list(older(ids))
    split = int(ids.searchsorted(new_ids[0]))
    rows = ids[split:] - new_ids[0]
    fresh = [columns[key].take(rows) if key in columns else Column.nulls(len(rows)) for key in keys]
    if split == 0:
        return fresh
    return [join(pair) for pair in zip(older(ids[:split]), fresh, strict=True)]


# ── adjacency ─────────────────────────────────────────────────────────────────────────────────


def _attach_adjacencies(
    base: Base,
    edge_type: str,
    first_id: int,
    sources: NDArray[Any],
    targets: NDArray[Any],
    blocks: BlockFile,
) -> dict[tuple[str, str], BaseAdjacency]:
    """Both directions; the edges come in order of (source, target)."""
    adjacencies = dict(base.parts.adjacencies)
    limit = base.node_limit

    def attach(direction: str, pieces: Iterator[tuple[int, Any, Any, Any]]) -> None:
        known = adjacencies.get((edge_type, direction))
        segments: dict[int, AdjacencySegment] = {} if known is None else dict(known.segments)
        for number, *piece in pieces:
            segments[number] = with_edges(segments.get(number), piece, blocks)
        adjacencies[edge_type, direction] = BaseAdjacency(segments, limit)

    attach("out", _out_pieces(first_id, sources, targets))
    attach("in", _in_pieces(first_id, sources, targets))
    return adjacencies


def with_edges(
    older: AdjacencySegment | None, piece: Sequence[NDArray[Any]], blocks: BlockFile
) -> AdjacencySegment:
    """A segment with more edges: their rows, neighbours and ids, in this order."""
    rows, neighbours, edges = piece
    if older is None:
        offsets = offsets_of(rows, min(SEGMENT_ROWS, int(rows[-1]) + 1))
        return AdjacencySegment.write(offsets, neighbours, edges, blocks)
    fresh = (rows.astype(np.int64), neighbours.astype(np.int64), edges)
    merged = change_adjacency(older, fresh, NO_IDS, blocks)
    assert merged is not None
    return merged


def _out_pieces(
    first_id: int, sources: NDArray[Any], targets: NDArray[Any]
) -> Iterator[tuple[int, Any, Any, Any]]:
    for number, start, stop in homes_of(sources):
        edges = np.arange(first_id + start, first_id + stop)
        yield number, sources[start:stop] & ROW_MASK, targets[start:stop], edges


def _in_pieces(
    first_id: int, sources: NDArray[Any], targets: NDArray[Any]
) -> Iterator[tuple[int, Any, Any, Any]]:
    """The same edges by target: a stable sort keeps the sources, then the edge ids, in order."""
    for number, places, rows in by_segment(targets):
        order = sort_stably(rows)
        chosen = order if isinstance(places, slice) else places[order]
        yield number, rows[order], sources[chosen], chosen + first_id


def homes_of(nodes: NDArray[Any]) -> Iterator[tuple[int, int, int]]:
    """Runs of ascending node ids by segment: its number, start and stop."""
    if len(nodes) == 0:
        return
    last = int(nodes[-1]) >> SEGMENT_BITS
    start = 0
    while start < len(nodes):
        number = int(nodes[start]) >> SEGMENT_BITS
        stop = len(nodes)
        if number != last:
            # In the array's own type: else all of it would be converted to look up one number.
            stop = int(nodes.searchsorted(nodes.dtype.type((number + 1) << SEGMENT_BITS)))
        yield number, start, stop
        start = stop
