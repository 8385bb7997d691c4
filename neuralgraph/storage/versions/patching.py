"""Laying fresh values over a column that the base gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from neuralgraph.values import RowArray

_PLAIN: Final[dict[Kind, type]] = {
    Kind.BOOLEAN: bool,
    Kind.INTEGER: int,
    Kind.FLOAT: float,
}


def patch(column: Column, rows: RowArray, values: list[Any]) -> Column:
    """The column with `values` in `rows` (None is null); the column itself stays as it is.

    The result has the same kind where the values allow it, else ANY.
    """
    if len(rows) == 0:
        return column
    if len(rows) == column.count:
        return Column.of_values(values)
    plain = _PLAIN.get(column.kind)
    if plain is not None and all(value is None or type(value) is plain for value in values):
        return _patch_plain(column, rows, values)
    if column.kind == Kind.TEXT and all(value is None or type(value) is str for value in values):
        return _patch_text(column, rows, values)
    items = list(column.to_values())
    for row, value in zip(rows.tolist(), values, strict=True):
        items[row] = value
    return Column.of_values(items)


def _validity(column: Column, rows: RowArray, values: list[Any]) -> Any:
    present = np.fromiter((value is not None for value in values), np.bool_, len(values))
    if column.valid is None and present.all():
        return None, present
    valid = column.valid_mask.copy()
    valid[rows] = present
    return valid, present


def _patch_plain(column: Column, rows: RowArray, values: list[Any]) -> Column:
    valid, present = _validity(column, rows, values)
    array = column.array.copy()
    if present.all():
        array[rows] = values
    else:
        array[rows[present]] = [value for value in values if value is not None]
    return Column.of_array(column.kind, array, valid)


def _patch_text(column: Column, rows: RowArray, values: list[Any]) -> Column:
    valid, _ = _validity(column, rows, values)
    # A dictionary holds each string once and fresh strings may be in it already: decode instead.
    decoded = column.decoded().array
    strings = decoded.copy() if column.dictionary is None else decoded
    strings[rows] = np.array(values, dtype=object)
    return Column.of_array(Kind.TEXT, strings, valid)
