"""Columns for other libraries: numpy, pandas, Arrow, polars, networkx.

Typed columns go over as they are, with their dictionary and mask; no value passes through a Python
object. Only columns of mixed values are looked at one by one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from neuralgraph.access import Adjacency
from neuralgraph.api.export_values import native, same, texts, types_of, unified
from neuralgraph.api.foreign import load
from neuralgraph.errors import QueryTypeError
from neuralgraph.values import Column, Kind
from neuralgraph.values.instants import DateTime, LocalDateTime, LocalTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import networkx as nx
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from neuralgraph.access import GraphReader
    from neuralgraph.values.arrays import AnyArray, MaskArray, RowArray
    from neuralgraph.values.packed_texts import PackedTexts

_TYPED = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT})
_FEW_FACTOR = 4
"""Strings are copied out of a table of more than so many times as many before they go to Arrow."""
_STRING_BYTES_MAX = 2**31 - 1
"""What an Arrow array of ``string`` holds at most; more is ``large_string``."""
_SURROGATES_BEGIN = 0xED
"""The first byte of halves of surrogate pairs in UTF-8, and of some characters."""


def numpy_array(column: Column) -> AnyArray:
    """An array of the values; see `Result.to_numpy`."""
    kind = column.kind
    if kind == Kind.TEXT or kind not in _TYPED | {Kind.VECTOR}:
        return column.decoded().to_objects() if kind == Kind.TEXT else _objects(column)
    array = column.array
    valid = column.valid
    if valid is None:
        return array
    if kind == Kind.VECTOR:
        return np.where(valid[:, None], array, np.float32(np.nan))
    if kind == Kind.FLOAT:
        return np.where(valid, array, np.nan)
    return _objects(column)


def _objects(column: Column) -> AnyArray:
    return Column.of_list(Kind.ANY, list(column.to_list())).array


# ── pandas and polars ─────────────────────────────────────────────────────────────────────────


def pandas_frame(columns: Sequence[tuple[str, Column]]) -> pd.DataFrame:
    """A DataFrame; typed columns are not copied where pandas does not."""
    pandas = load("pandas", extra="pandas")

    with _whole_characters("pandas"):
        frame: pd.DataFrame = pandas.DataFrame(
            {name: _pandas_array(column) for name, column in columns}
        )
    return frame


def _pandas_array(column: Column) -> Any:
    pandas = load("pandas", extra="pandas")

    if column.kind == Kind.VECTOR:
        return column.to_list()
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

    with _whole_characters("polars"):
        frame: pl.DataFrame = polars.DataFrame(
            [_polars_series(name, column) for name, column in columns]
        )
    return frame


def _polars_series(name: str, column: Column) -> Any:
    polars = load("polars", extra="polars")

    if column.kind in _TYPED and column.valid is None:
        return polars.Series(name, column.array)
    if column.kind == Kind.VECTOR:
        array = column.array
        rows = array if column.valid is None else [_listed(item) for item in column.to_list()]
        return polars.Series(name, rows, dtype=polars.Array(polars.Float32, array.shape[1]))
    if column.kind in _TYPED | {Kind.TEXT}:
        return polars.Series(name, column.to_list())
    items = column.to_list()
    nanos = _nanoseconds(items)
    if nanos is not None:
        kind, counts = nanos
        integers = polars.Series(name, counts, dtype=polars.Int64)
        if kind is LocalTime:
            return integers.cast(polars.Time)
        return integers.cast(polars.Datetime("ns", None if kind is LocalDateTime else "UTC"))
    if len(types_of(items)) <= 1:
        values = unified([native(value) for value in items])
        series = _inferred(name, values)
        if series is not None:
            return series
    return polars.Series(name, texts(items), dtype=polars.String)


def _listed(vector: AnyArray | None) -> list[float] | None:
    return None if vector is None else vector.tolist()


def _inferred(name: str, values: Sequence[Any]) -> Any:
    """A series of the type that polars finds; None where it finds none, or loses something."""
    polars = load("polars", extra="polars")

    try:
        series = polars.Series(name, values, strict=True)
    except UnicodeEncodeError:
        raise
    except (TypeError, ValueError, polars.exceptions.PolarsError):
        return None
    return series if not series.dtype.is_nested() or same(series.to_list(), values) else None


def _nanoseconds(items: Sequence[Any]) -> tuple[type, list[int | None]] | None:
    """Times of one class, some of them finer than a microsecond: that class, and nanoseconds.

    Since midnight for LocalTime, since 1970 else. None for anything else, and for years that 64 bits
    of nanoseconds do not reach.
    """
    types = types_of(items)
    kind = next(iter(types), None)
    if len(types) != 1 or kind not in (LocalTime, LocalDateTime, DateTime):
        return None
    if not any(item is not None and item.nanos % 1_000 for item in items):
        return None
    counts = [
        None if item is None else item.nanos if kind is LocalTime else item.epoch_nanos
        for item in items
    ]
    if any(count is not None and abs(count) >= 2**63 for count in counts):
        return None
    return kind, counts


# ── Arrow ─────────────────────────────────────────────────────────────────────────────────────


def arrow_table(columns: Sequence[tuple[str, Column]]) -> pa.Table:
    """An Arrow table; TEXT with a dictionary is decoded by Arrow."""
    pyarrow = load("pyarrow", extra="arrow")

    with _whole_characters("Arrow"):
        return pyarrow.table({name: _arrow_array(column) for name, column in columns})


@contextmanager
def _whole_characters(library: str) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise QueryTypeError(
            f"the result has text with half a surrogate pair, which {library} cannot hold;"
            " to_dicts() and to_numpy() can",
            detail="InvalidArgumentValue",
        ) from error


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
        case Kind.TEXT if column.texts is not None and column.is_packed:
            return _arrow_texts(column.texts, column.chosen, mask)
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


def _arrow_texts(texts: PackedTexts, chosen: RowArray | None, mask: MaskArray | None) -> Any:
    """Strings that go over packed as they are; a copy, because the buffer may be a mapped file's."""
    pyarrow = load("pyarrow", extra="arrow")

    if chosen is not None and len(chosen) * _FEW_FACTOR < len(texts):
        texts, chosen = texts.take(chosen), None
    numbers = np.arange(len(texts)) if chosen is None else chosen
    offsets: Any
    offsets, data = texts.rebased()
    is_long = len(data) > _STRING_BYTES_MAX
    bounds = np.ascontiguousarray(offsets, dtype=np.int64 if is_long else np.int32)
    buffers = [None, pyarrow.py_buffer(bounds), pyarrow.py_buffer(data)]
    kind = pyarrow.large_string() if is_long else pyarrow.string()
    whole = pyarrow.Array.from_buffers(kind, len(texts), buffers)
    taken = whole.take(pyarrow.array(numbers, mask=mask))
    try:
        if _SURROGATES_BEGIN in data:
            taken.validate(full=True)
    except pyarrow.ArrowInvalid as error:
        # Half a surrogate pair is all that can be wrong; Python says the same where strings are encoded.
        raise UnicodeEncodeError("utf-8", "", 0, 0, "surrogates not allowed") from error
    return taken


def _arrow_mixed(column: Column) -> Any:
    """Values of no declared type: as Arrow infers them, or as JSON text where it cannot."""
    pyarrow = load("pyarrow", extra="arrow")

    items = column.to_list()
    nanos = _nanoseconds(items)
    if nanos is not None:
        kind, counts = nanos
        if kind is LocalTime:
            return pyarrow.array(counts, type=pyarrow.time64("ns"))
        zone = None if kind is LocalDateTime else "UTC"
        return pyarrow.array(counts, type=pyarrow.timestamp("ns", tz=zone))
    inferred = (
        _arrow_inferred([native(value) for value in items]) if len(types_of(items)) <= 1 else None
    )
    return inferred if inferred is not None else pyarrow.array(texts(items), pyarrow.string())


def _arrow_inferred(values: Sequence[Any]) -> Any:
    """An array of the type that Arrow finds; None where it finds none."""
    pyarrow = load("pyarrow", extra="arrow")

    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError):
        return None


# ── networkx ──────────────────────────────────────────────────────────────────────────────────


def csr_arrays(
    reader: GraphReader, types: tuple[str, ...], direction: Literal["out", "in"]
) -> Adjacency:
    """The reader's adjacency; it may be everybody's, so nobody may write to it."""
    views = [array.view() for array in reader.adjacency(types, direction)]
    for view in views:
        view.flags.writeable = False
    return Adjacency(*views)


def networkx_graph(reader: GraphReader) -> nx.MultiDiGraph[Any]:
    """The whole graph: nodes by id with ``labels`` and properties, edges keyed by id with ``type``.

    A property of that very name is called ``labels_`` or ``type_`` there.
    """
    networkx = load("networkx", extra="networkx")

    graph: Any = networkx.MultiDiGraph()
    for ids in reader.scan_nodes():
        node_ids = ids.tolist()
        rows = zip(
            node_ids, reader.node_labels(node_ids), reader.node_properties(node_ids), strict=True
        )
        graph.add_nodes_from(
            (node_id, _beside("labels", labels, values)) for node_id, labels, values in rows
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
            (source, target, edge_id, _beside("type", edge_type, values))
            for source, target, edge_id, edge_type, values in zip(*columns, strict=True)
        )
    whole: nx.MultiDiGraph[Any] = graph
    return whole


def _beside(name: str, value: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What an entity is, and its properties; one that has the same name steps aside."""
    attributes = {**properties, name: value}
    if name in properties:
        aside = f"{name}_"
        while aside in properties:
            aside += "_"
        attributes[aside] = properties[name]
    return attributes
