"""Columns for other libraries: numpy, pandas, Arrow, polars, networkx.

Typed columns go over as they are, with their dictionary and mask; no value passes through a Python
object. Only columns of mixed values are looked at one by one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.api.foreign import load
from neuralgraph.values import Column, Kind, Node, Path, Relationship
from neuralgraph.values.instants import Date, DateTime, LocalDateTime, LocalTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from neuralgraph.access import GraphReader
    from neuralgraph.values.arrays import AnyArray

_TYPED = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT})


def numpy_array(column: Column) -> AnyArray:
    """An array of the values; see `Result.to_numpy`."""
    kind = column.kind
    if kind == Kind.TEXT or kind not in _TYPED | {Kind.VECTOR}:
        return column.decoded().to_objects() if kind == Kind.TEXT else _objects(column)
    array = column.array
    valid = column.valid
    if valid is None or kind == Kind.VECTOR:
        return array
    if kind == Kind.FLOAT:
        return np.where(valid, array, np.nan)
    return _objects(column)


def _objects(column: Column) -> AnyArray:
    return Column.of_list(Kind.ANY, list(column.to_list())).array


# ── pandas and polars ─────────────────────────────────────────────────────────────────────────


def pandas_frame(columns: Sequence[tuple[str, Column]]) -> pd.DataFrame:
    """A DataFrame; typed columns are not copied where pandas does not."""
    pandas = load("pandas", extra="pandas")

    frame: pd.DataFrame = pandas.DataFrame(
        {name: _pandas_array(column) for name, column in columns}
    )
    return frame


def _pandas_array(column: Column) -> Any:
    pandas = load("pandas", extra="pandas")

    if column.kind == Kind.VECTOR:
        return list(column.array)
    valid = column.valid
    if valid is not None and column.kind == Kind.INTEGER:
        return pandas.arrays.IntegerArray(column.array, ~valid)
    if valid is not None and column.kind == Kind.BOOLEAN:
        return pandas.arrays.BooleanArray(column.array, ~valid)
    array = numpy_array(column)
    return pandas.Series(array, dtype=object) if array.dtype == object else array


def polars_frame(columns: Sequence[tuple[str, Column]]) -> pl.DataFrame:
    """A polars DataFrame."""
    polars = load("polars", extra="polars")

    frame: pl.DataFrame = polars.DataFrame(
        [_polars_series(name, column) for name, column in columns]
    )
    return frame


def _polars_series(name: str, column: Column) -> Any:
    polars = load("polars", extra="polars")

    if column.kind in _TYPED and column.valid is None:
        return polars.Series(name, column.array)
    if column.kind == Kind.VECTOR:
        return polars.Series(
            name, column.array, dtype=polars.Array(polars.Float32, column.array.shape[1])
        )
    if column.kind in _TYPED | {Kind.TEXT}:
        return polars.Series(name, column.to_list())
    values = [_native(value) for value in column.to_list()]
    try:
        return polars.Series(name, values, strict=True)
    except (TypeError, ValueError, polars.exceptions.PolarsError):
        return polars.Series(name, [_as_text(value) for value in values], dtype=polars.String)


# ── Arrow ─────────────────────────────────────────────────────────────────────────────────────


def arrow_table(columns: Sequence[tuple[str, Column]]) -> pa.Table:
    """An Arrow table; TEXT with a dictionary is decoded by Arrow."""
    pyarrow = load("pyarrow", extra="arrow")

    return pyarrow.table({name: _arrow_array(column) for name, column in columns})


def _arrow_array(column: Column) -> Any:
    pyarrow = load("pyarrow", extra="arrow")

    valid = column.valid
    mask = None if valid is None else ~valid
    match column.kind:
        case Kind.BOOLEAN | Kind.INTEGER | Kind.FLOAT:
            return pyarrow.array(column.array, mask=mask)
        case Kind.TEXT if column.dictionary is not None:
            codes = pyarrow.array(column.array, mask=mask)
            strings = pyarrow.array(column.dictionary, type=pyarrow.string())
            return pyarrow.DictionaryArray.from_arrays(codes, strings).dictionary_decode()
        case Kind.TEXT:
            return pyarrow.array(column.array, type=pyarrow.string(), mask=mask, from_pandas=True)
        case Kind.VECTOR:
            flat = pyarrow.array(np.ascontiguousarray(column.array).reshape(-1))
            vectors = pyarrow.FixedSizeListArray.from_arrays(flat, column.array.shape[1])
            return (
                vectors
                if mask is None
                else load("pyarrow.compute", extra="arrow").if_else(
                    pyarrow.array(~mask), vectors, None
                )
            )
        case _:
            return _arrow_mixed(column)


def _arrow_mixed(column: Column) -> Any:
    """Values of no declared type: as Arrow infers them, or as JSON text where it cannot."""
    pyarrow = load("pyarrow", extra="arrow")

    values = [_native(value) for value in column.to_list()]
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError):
        return pyarrow.array([_as_text(value) for value in values], type=pyarrow.string())


def _native(value: Any) -> Any:
    """As `_portable`, but dates and times become Python's own, where it has such years."""
    if isinstance(value, (Date, LocalTime, LocalDateTime, DateTime)):
        try:
            return value.to_native()
        except (ValueError, OverflowError):
            return str(value)
    return _portable(value)


def _portable(value: Any) -> Any:
    """A value made of what every library knows: scalars, lists and dicts."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case Node():
            return {
                "id": value.id,
                "labels": sorted(value.labels),
                "properties": _portable(dict(value.properties)),
            }
        case Relationship():
            return {
                "id": value.id,
                "type": value.type,
                "start": value.start_node_id,
                "end": value.end_node_id,
                "properties": _portable(dict(value.properties)),
            }
        case Path():
            return {
                "nodes": [_portable(node) for node in value.nodes],
                "relationships": [_portable(part) for part in value.relationships],
            }
        case list() | tuple():
            return [_portable(item) for item in value]
        case dict():
            return {key: _portable(item) for key, item in value.items()}
        case np.ndarray():
            return value.tolist()
        case _:
            return str(value)


def portable(value: Any) -> Any:
    """`value` as JSON could hold it: entities as dicts, temporal values and points as text."""
    return _portable(value)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


# ── networkx ──────────────────────────────────────────────────────────────────────────────────


def networkx_graph(reader: GraphReader) -> nx.MultiDiGraph[Any]:
    """The whole graph: nodes by id with ``labels`` and properties, edges keyed by id with ``type``."""
    networkx = load("networkx", extra="networkx")

    graph: Any = networkx.MultiDiGraph()
    for ids in reader.scan_nodes():
        node_ids = ids.tolist()
        rows = zip(
            node_ids, reader.node_labels(node_ids), reader.node_properties(node_ids), strict=True
        )
        graph.add_nodes_from(
            (node_id, {"labels": labels, **values}) for node_id, labels, values in rows
        )
    for ids in reader.scan_edges():
        edge_ids = ids.tolist()
        sources, targets = reader.edge_endpoints(ids)
        columns = (
            sources.tolist(),
            targets.tolist(),
            edge_ids,
            reader.edge_types(ids).to_list(),
            reader.edge_properties(edge_ids),
        )
        graph.add_edges_from(
            (source, target, edge_id, {"type": edge_type, **values})
            for source, target, edge_id, edge_type, values in zip(*columns, strict=True)
        )
    whole: nx.MultiDiGraph[Any] = graph
    return whole
