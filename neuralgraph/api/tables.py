"""Tables from users: named columns from whatever form they come in.

    dict of arrays or lists | pandas DataFrame | Arrow table | polars DataFrame | path of CSV or Parquet
                                             │
                                     dict[str, Column]

Typed input (numpy numbers, Arrow columns, fixed-size lists of floats) is taken over a column at a time;
only lists of Python objects and columns of no single type are looked at value by value.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.api.foreign import is_installed, load
from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.regexes import regex
from neuralgraph.values import Column, Kind
from neuralgraph.values.packed_texts import PackedTexts
from neuralgraph.values.types import from_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values.arrays import AnyArray, MaskArray

Table = dict[str, Column]

_SIMPLE_TYPES = frozenset({bool, int, float, str, type(None)})
_INTEGER_MAX = 2**63
_DIGITS = regex(r"[+-]?[0-9]+")
_DIGITS_MAX = 40


def read_table(data: Any) -> Table:
    """The columns of a table, in order, all of one length.

    Args:
        data: see the module.

    Raises:
        QueryTypeError: not a table, columns of different lengths, or a value that cannot be stored.
    """
    if isinstance(data, (str, os.PathLike)):
        table = _read_path(Path(data))
    elif isinstance(data, Mapping):
        table = {str(name): column_of(values) for name, values in data.items()}
    elif hasattr(data, "__arrow_c_stream__") and is_installed("pyarrow"):
        # Arrow's own protocol: pyarrow, polars and pandas speak it without a copy of the numbers.
        table = _from_arrow(load("pyarrow", extra="arrow").table(data))
    elif hasattr(data, "columns") and hasattr(data, "to_numpy"):
        table = {str(name): column_of(data[name].to_numpy()) for name in data.columns}
    else:
        raise QueryTypeError(
            "the table is neither a dict of columns, a DataFrame, an Arrow table nor a path; it is a"
            f" {type(data).__name__}"
        )
    lengths = {name: column.count for name, column in table.items()}
    if len(set(lengths.values())) > 1:
        raise QueryTypeError(f"the columns have different lengths: {lengths}")
    return table


# ── one column ────────────────────────────────────────────────────────────────────────────────


def column_of(values: Any) -> Column:
    """A column from an array, a list, or an Arrow or pandas or polars column."""
    if isinstance(values, Column):
        return values
    if isinstance(values, np.ma.MaskedArray):
        return _with_nulls(column_of(values.data), ~np.ma.getmaskarray(values))
    if isinstance(values, np.ndarray):
        return _from_numpy(values)
    if hasattr(values, "__arrow_c_stream__") and is_installed("pyarrow"):
        return _from_arrow_array(load("pyarrow", extra="arrow").chunked_array(values))
    if hasattr(values, "__arrow_c_array__") and is_installed("pyarrow"):
        return _from_arrow_array(load("pyarrow", extra="arrow").array(values))
    if hasattr(values, "to_numpy"):
        return _from_numpy(values.to_numpy())
    return _from_list(list(values))


def _from_list(items: list[Any]) -> Column:
    types = set(map(type, items))
    if not types <= _SIMPLE_TYPES:
        items = [item if type(item) in _SIMPLE_TYPES else from_python(item) for item in items]
        types = set(map(type, items))
    if types == {np.ndarray}:
        widths = {item.shape for item in items}
        if len(widths) == 1 and len(next(iter(widths))) == 1:
            return Column.of_array(Kind.VECTOR, np.stack(items).astype(np.float32, copy=False))
    if int in types and types <= {int, type(None)}:
        _check_integers(items)
        if type(None) not in types:
            return Column.of_array(Kind.INTEGER, np.array(items, dtype=np.int64))
    if types == {float}:
        return Column.of_array(Kind.FLOAT, np.array(items, dtype=np.float64))
    return Column.of_values(items)


def _check_integers(items: list[Any]) -> None:
    numbers = [item for item in items if item is not None]
    if max(numbers) >= _INTEGER_MAX or min(numbers) < -_INTEGER_MAX:
        raise QueryTypeError("an integer does not fit in 64 bits", detail="InvalidPropertyType")


def _from_numpy(array: AnyArray) -> Column:
    kind = array.dtype.kind
    if array.ndim == 2 and kind == "f":
        # What is too large becomes infinity; an index that it is for refuses it by name.
        with np.errstate(over="ignore"):
            return Column.of_array(Kind.VECTOR, np.ascontiguousarray(array, dtype=np.float32))
    if array.ndim != 1:
        return _from_list(list(array))
    if kind == "b":
        return Column.of_array(Kind.BOOLEAN, array)
    if (
        kind == "u"
        and array.dtype.itemsize == 8
        and len(array)
        and int(array.max()) >= _INTEGER_MAX
    ):
        raise QueryTypeError("an integer does not fit in 64 bits", detail="InvalidPropertyType")
    if kind in "iu":
        return Column.of_array(Kind.INTEGER, array.astype(np.int64, copy=False))
    if kind == "f":
        return Column.of_array(Kind.FLOAT, array.astype(np.float64, copy=False))
    if kind in "mM":
        return _from_numpy_times(array)
    if kind == "U":
        return Column.of_array(Kind.TEXT, array.astype(object))
    return _from_list(_without_nan(array.tolist()))


def _from_numpy_times(array: AnyArray) -> Column:
    """datetime64 and timedelta64: converted once for each different value; NaT is null."""
    distinct, codes = np.unique(array, return_inverse=True)
    missing = np.isnat(distinct)
    values = [
        None if lost else from_python(item) for item, lost in zip(distinct, missing, strict=True)
    ]
    return Column.of_list(Kind.ANY, [values[code] for code in codes.tolist()])


def _without_nan(items: list[Any]) -> list[Any]:
    """Object arrays of pandas mark missing strings by NaN: null, unless all values are numbers."""
    if str in map(type, items):
        return [None if item is None or item != item else item for item in items]  # noqa: PLR0124 - NaN
    return items


def _with_nulls(column: Column, valid: MaskArray) -> Column:
    if valid.all():
        return column
    if column.kind in (Kind.ANY, Kind.TEXT):
        items = list(column.to_list())
        for row in np.flatnonzero(~valid).tolist():
            items[row] = None
        return Column.of_list(column.kind, items)
    return Column.of_array(column.kind, column.array, valid)


# ── Arrow ─────────────────────────────────────────────────────────────────────────────────────


def _from_arrow(table: Any) -> Table:
    return {
        name: _from_arrow_array(column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _from_arrow_array(array: Any) -> Column:
    arrow_types = load("pyarrow.types", extra="arrow")
    if hasattr(array, "combine_chunks"):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
        if hasattr(array, "num_chunks"):  # no chunk at all gives a chunked array back
            array = array.chunk(0) if array.num_chunks else load("pyarrow", extra="arrow").nulls(0)
    kind = array.type
    if arrow_types.is_dictionary(kind):
        return _from_arrow_dictionary(array)
    if str(kind) == "string_view":
        array = array.cast("large_string")
    if arrow_types.is_string(array.type) or arrow_types.is_large_string(array.type):
        return _from_arrow_text(array)
    if (
        arrow_types.is_boolean(kind)
        or arrow_types.is_integer(kind)
        or arrow_types.is_floating(kind)
    ):
        return _from_arrow_numbers(array)
    if arrow_types.is_fixed_size_list(kind) and arrow_types.is_floating(kind.value_type):
        return _from_arrow_vectors(array)
    if arrow_types.is_timestamp(kind) and kind.tz is None:
        return _from_numpy_times(array.to_numpy(zero_copy_only=False))
    return _from_list(array.to_pylist())


def _arrow_valid(array: Any) -> MaskArray | None:
    if array.null_count == 0:
        return None
    valid: MaskArray = array.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _from_arrow_numbers(array: Any) -> Column:
    valid = _arrow_valid(array)
    if valid is not None:
        array = array.fill_null(False if str(array.type) == "bool" else 0)
    column = _from_numpy(array.to_numpy(zero_copy_only=False))
    return column if valid is None else _with_nulls(column, valid)


def _from_arrow_text(array: Any) -> Column:
    """Few different strings come as a dictionary, many packed as they are."""
    try:
        array.validate(full=True)  # Parquet files do not promise what Arrow does
    except load("pyarrow", extra="arrow").ArrowInvalid as error:
        raise QueryTypeError(f"a column of strings is damaged: {error}") from error
    sample = array.slice(0, 1_000)
    if len(array) > 1_000 and len(sample.unique()) <= 500:
        encoded = array.dictionary_encode()
        if len(encoded.dictionary) * 4 <= len(array):
            return _from_arrow_dictionary(encoded)
    return Column.of_packed(_packed(array), _arrow_valid(array))


def _packed(array: Any) -> PackedTexts:
    """Views of the array's own buffers."""
    _, bounds, data = array.buffers()
    width = np.int64 if str(array.type) == "large_string" else np.int32
    start = array.offset
    offsets: Any = np.zeros(1, dtype=np.int64)
    if len(array):
        offsets = np.frombuffer(bounds, dtype=width)[start : start + len(array) + 1]
    return PackedTexts(offsets, np.frombuffer(data or b"", dtype=np.uint8))


def _from_arrow_dictionary(array: Any) -> Column:
    valid = _arrow_valid(array)
    indices = array.indices
    codes = (indices if valid is None else indices.fill_null(0)).to_numpy(zero_copy_only=False)
    words = column_of(array.dictionary)
    if words.kind != Kind.TEXT or len(array.dictionary) == 0 or words.valid is not None:
        return _from_list(array.to_pylist())
    dictionary = words.decoded().array
    return Column.of_array(Kind.TEXT, codes.astype(np.int32), valid, dictionary)  # type: ignore[arg-type]


def _from_arrow_vectors(array: Any) -> Column:
    if array.null_count:
        return _from_list(
            [None if item is None else np.float32(item) for item in array.to_pylist()]
        )
    flat = array.flatten().to_numpy(zero_copy_only=False)
    width = array.type.list_size
    return Column.of_array(Kind.VECTOR, flat.reshape(-1, width).astype(np.float32, copy=False))


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def _read_path(path: Path) -> Table:
    suffix = path.suffix.lower()
    if not path.exists():
        raise QueryArgumentError(f"there is no file {path}", detail="InvalidArgumentValue")
    if suffix in (".parquet", ".pq"):
        return _read_parquet(path)
    if suffix not in (".csv", ".tsv", ".txt"):
        raise QueryTypeError(f"{path.name} is neither a .csv, .tsv nor .parquet file")
    delimiter = "\t" if suffix == ".tsv" else ","
    if is_installed("pyarrow"):
        return _read_csv_with_arrow(path, delimiter)
    return _read_csv(path, delimiter)


def _read_parquet(path: Path) -> Table:
    parquet = load("pyarrow.parquet", extra="arrow")
    if path.is_dir():
        return _from_arrow(parquet.read_table(path))
    # Without the machinery for data sets of many files.
    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            return _from_arrow(file.read())
    except (load("pyarrow", extra="arrow").ArrowException, OSError) as error:
        raise QueryTypeError(f"{path.name} is no Parquet file: {error}") from error


def _read_csv_with_arrow(path: Path, delimiter: str) -> Table:
    arrow_csv = load("pyarrow.csv", extra="arrow")
    arrow = load("pyarrow", extra="arrow")
    try:
        table = arrow_csv.read_csv(
            path,
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(strings_can_be_null=True, null_values=[""]),
        )
    except arrow.ArrowInvalid as error:
        raise QueryTypeError(f"{path.name} is no CSV file with a header: {error}") from error
    _check_header(path, table.column_names)
    for name, column in zip(table.column_names, table.columns, strict=True):
        # What is no UTF-8 would otherwise be taken for bytes without a word.
        if column.type == arrow.binary():
            raise QueryTypeError(f"column {name!r} of {path.name} is not UTF-8 text")
    return _from_arrow(table)


def _check_header(path: Path, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise QueryTypeError(f"{path.name} has two columns called {name!r}")


def _read_csv(path: Path, delimiter: str) -> Table:
    """A CSV file with a header; each column becomes integers, floats or booleans where all fit."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file, delimiter=delimiter)
        header = next(rows, None)
        if not header:
            raise QueryTypeError(f"{path.name} has no header line")
        _check_header(path, header)
        columns: list[list[str]] = [[] for _ in header]
        for row in rows:
            if len(row) != len(header):
                raise QueryTypeError(
                    f"line {rows.line_num} of {path.name} has {len(row)} fields, not {len(header)}"
                )
            for column, text in zip(columns, row, strict=True):
                column.append(text)
    return {name: _typed(texts) for name, texts in zip(header, columns, strict=True)}


def _typed(texts: Sequence[str]) -> Column:
    """Text as the narrowest of integer, float, boolean and text; an empty field is null."""
    filled = [text for text in texts if text]
    for convert in (_integer, _float, _boolean):
        try:
            for text in filled:
                convert(text)
        except ValueError:
            continue
        if filled:
            return _from_list([convert(text) if text else None for text in texts])
    return Column.of_list(Kind.TEXT, [text or None for text in texts])


def _integer(text: str) -> int:
    """As Arrow reads it: ``int`` would take ``1_000`` too, and more than 64 bits."""
    if not _DIGITS.fullmatch(text) or len(text) > _DIGITS_MAX:
        raise ValueError(text)
    value = int(text)
    if not -_INTEGER_MAX <= value < _INTEGER_MAX:
        raise ValueError(text)
    return value


def _float(text: str) -> float:
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError(text)
    return lowered == "true"
