"""Laying fresh values over a column that the base gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.values import Column, Kind
from neuralgraph.values.packed_texts import PackedTexts

if TYPE_CHECKING:
    from neuralgraph.values import MaskArray, RowArray

_PLAIN: Final = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT})


def patch(column: Column, rows: RowArray, fresh: Column) -> Column:
    """The column with `fresh` in `rows` (ascending); the column itself stays as it is.

    The result has the same kind where the values allow it, else ANY.
    """
    if len(rows) == 0:
        return column
    if len(rows) == column.count:
        return fresh
    kind = column.kind
    if kind == fresh.kind and kind in _PLAIN:
        array = column.array.copy()
        array[rows] = fresh.array
        return Column.of_array(kind, array, _validity(column, rows, fresh))
    texts = column.texts if column.is_packed else None
    if kind == fresh.kind and texts is not None and texts.known_strings() is None:
        return _patched_texts(column, texts, rows, fresh)
    if kind == fresh.kind == Kind.TEXT:
        # A dictionary holds each string once and fresh strings may be in it already: decode instead.
        decoded = column.decoded().array
        strings = decoded.copy() if column.dictionary is None else decoded
        strings[rows] = fresh.decoded().array
        return Column.of_array(Kind.TEXT, strings, _validity(column, rows, fresh))
    items = list(column.to_values())
    for row, value in zip(rows.tolist(), fresh.to_values(), strict=True):
        items[row] = value
    return Column.of_values(items)


def _patched_texts(column: Column, texts: PackedTexts, rows: RowArray, fresh: Column) -> Column:
    """Strings that nobody has decoded stay packed: the fresh ones are put behind them."""
    numbers = np.arange(len(texts)) if column.chosen is None else column.chosen
    part, numbers = texts.around(numbers)
    strings = ["" if text is None else text for text in fresh.to_list()]
    chosen = numbers.copy()
    chosen[rows] = np.arange(len(part), len(part) + len(strings))
    joined = PackedTexts.concat([part, PackedTexts.of_strings(strings)])
    return Column.of_packed(joined, _validity(column, rows, fresh), chosen)


def _validity(column: Column, rows: RowArray, fresh: Column) -> MaskArray | None:
    if column.valid is None and fresh.valid is None:
        return None
    valid = column.valid_mask.copy()
    valid[rows] = True if fresh.valid is None else fresh.valid
    return valid
