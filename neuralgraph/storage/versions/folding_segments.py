"""Rewriting segments: old rows with some replaced, or more at the end. Folds and bulk loads share this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.disk import ColumnSegment
from neuralgraph.storage.versions.base_adjacency import AdjacencySegment
from neuralgraph.storage.versions.base_columns import join, nulls_like
from neuralgraph.storage.versions.base_edges import EdgeSegment
from neuralgraph.storage.versions.base_nodes import NodeSegment
from neuralgraph.storage.versions.patching import patch
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

_NEIGHBOUR_BITS = 47
"""A node id fits in so many bits, and a row of a segment in the 16 above."""


def set_node_rows(
    segment: NodeSegment | None,
    rows: Any,
    codes: NDArray[Any],
    created: NDArray[Any],
    blocks: BlockFile,
) -> NodeSegment:
    """A node segment with other codes and births in `rows` (an index array, or a slice with a stop)."""
    count = _needed(rows, 0 if segment is None else segment.codes.count)
    new_codes = np.zeros(count, dtype=np.int64)
    new_created = np.zeros(count, dtype=np.int64)
    if segment is not None:
        new_codes[: segment.codes.count] = segment.codes.array
        new_created[: segment.codes.count] = segment.created.array
    new_codes[rows] = codes
    new_created[rows] = created
    return NodeSegment.write(new_codes, new_created, blocks)


def set_edge_rows(
    segment: EdgeSegment | None,
    rows: Any,
    values: tuple[Any, Any, Any, Any],
    blocks: BlockFile,
) -> EdgeSegment:
    """An edge segment with other rows; `values` are codes, sources, targets, births."""
    before = 0 if segment is None else segment.codes.count
    count = _needed(rows, before)
    arrays: list[Int64Array] = []
    for place, value in enumerate(values):
        array = np.zeros(count, dtype=np.int64)
        if segment is not None:
            array[:before] = segment.arrays()[place]
        array[rows] = value
        arrays.append(array)
    codes, sources, targets, created = arrays
    return EdgeSegment.write(codes.astype(np.uint16), sources, targets, created, blocks)


def _needed(rows: Any, count: int) -> int:
    stop = rows.stop if isinstance(rows, slice) else int(rows[-1]) + 1
    return max(count, int(stop))


def set_column_rows(
    segment: ColumnSegment | None, rows: IdArray, values: list[Any], blocks: BlockFile
) -> ColumnSegment | None:
    """A column segment with other values in `rows` (ascending); None when nothing but nulls is left."""
    count = _needed(rows, 0 if segment is None else segment.count)
    if segment is None:
        items: list[Any] = [None] * count
        for row, value in zip(rows.tolist(), values, strict=True):
            items[row] = value
        return write_column(narrow(items), blocks)
    column = segment.whole()
    if count > column.count:
        column = join([column, nulls_like(column, count - column.count)])
    if column.kind == Kind.VECTOR:
        items = list(column.to_list())
        for row, value in zip(rows.tolist(), values, strict=True):
            items[row] = value
        column = narrow(items)
    else:
        column = patch(column, rows, Column.of_values(values))
        if column.kind == Kind.ANY:
            column = narrow(column.to_list())
    return write_column(column, blocks)


def append_column_rows(
    segment: ColumnSegment | None, first_row: int, column: Column, blocks: BlockFile
) -> ColumnSegment | None:
    """A column segment with more values from `first_row` on, which lies beyond those it has."""
    if segment is None and column.kind == Kind.VECTOR:
        # The rows before are null: a matrix is not copied to make room for them.
        return write_column(column, blocks, first_row=first_row)
    pieces = [] if segment is None else [segment.whole()]
    count = 0 if segment is None else segment.count
    if first_row > count:
        pieces.append(nulls_like(column, first_row - count))
    return write_column(join([*pieces, column]), blocks)


def write_column(column: Column, blocks: BlockFile, *, first_row: int = 0) -> ColumnSegment | None:
    """Store a column, as `ColumnSegment.write` does; None when there is nothing in it."""
    valid = column.valid
    if column.count == 0 or (valid is not None and not valid.any()):
        return None
    return ColumnSegment.write(column, blocks, first_row=first_row)


def narrow(values: list[Any]) -> Column:
    """`Column.of_values`, but vectors of one width become a VECTOR column."""
    if np.ndarray in set(map(type, values)):
        vectors = [value for value in values if value is not None]
        widths = {value.shape if isinstance(value, np.ndarray) else None for value in vectors}
        if len(widths) == 1 and None not in widths:
            return Column.of_list(Kind.VECTOR, values)
    return Column.of_values(values)


# ── adjacency ─────────────────────────────────────────────────────────────────────────────────


def change_adjacency(
    segment: AdjacencySegment | None,
    added: tuple[IdArray, IdArray, IdArray],
    removed: IdArray,
    blocks: BlockFile,
) -> AdjacencySegment | None:
    """A CSR segment with more edges and without some.

    Args:
        segment: what is there.
        added: rows of the segment, neighbours and edge ids; in order of (row, neighbour).
        removed: edge ids to leave out, ascending.
        blocks: where to write.
    """
    rows, neighbours, edges = added
    node_count = int(rows[-1]) + 1 if len(rows) else 0
    if segment is not None:
        node_count = max(node_count, segment.node_count)
        old_rows, old_neighbours, old_edges = _edges_of(segment, removed)
        if len(rows):
            places = _keys(old_rows, old_neighbours).searchsorted(
                _keys(rows, neighbours), side="right"
            )
            rows = np.insert(old_rows, places, rows)
            neighbours = np.insert(old_neighbours, places, neighbours)
            edges = np.insert(old_edges, places, edges)
            keys = _keys(rows, neighbours)
            if bool(((keys[1:] == keys[:-1]) & (edges[1:] < edges[:-1])).any()):
                # Ids come from several leases: a parallel edge may be newer and have the smaller id.
                order = np.lexsort((edges, keys))
                edges = edges[order]
        else:
            rows, neighbours, edges = old_rows, old_neighbours, old_edges
    if len(rows) == 0:
        return None
    return AdjacencySegment.write(offsets_of(rows, node_count), neighbours, edges, blocks)


def _edges_of(
    segment: AdjacencySegment, removed: IdArray
) -> tuple[Int64Array, Int64Array, Int64Array]:
    rows = segment.rows()
    neighbours = segment.neighbours.array.astype(np.int64)
    edges = segment.edges.array.astype(np.int64)
    if len(removed):
        keep = ~np.isin(edges, removed)
        return rows[keep], neighbours[keep], edges[keep]
    return rows, neighbours, edges


def _keys(rows: IdArray, neighbours: IdArray) -> Int64Array:
    return (rows << _NEIGHBOUR_BITS) | neighbours


def offsets_of(rows: IdArray, node_count: int) -> Int64Array:
    """CSR offsets of edges in order of their row."""
    offsets = np.zeros(node_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=node_count), out=offsets[1:])
    return offsets
