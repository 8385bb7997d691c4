"""Counting what an evaluation is about to make, before it makes it.

An evaluation makes the values of a whole batch. What it makes is about as large as what it is made from; the
functions of which that is not true (`Function.grows`) reserve what they need themselves, value by value, and
their results are counted as they come.
"""

from __future__ import annotations

from itertools import zip_longest
from sys import getsizeof
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.sizes import VALUE_BYTES_MAX, require_size
from neuralgraph.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import Column

_FREE_BYTES: Final = 1 << 16
"""Less is not worth asking for."""

_SAMPLE_ROWS: Final = 64
_SMALL_KINDS: Final = (Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.NODE, Kind.EDGE)
_LIST_ITEM_BYTES: Final = 80
"""A pointer, and a small value that a function makes for each element."""


def shallow_bytes(values: Sequence[Any]) -> int:
    """Bytes of the values, without what lists and maps refer to."""
    return sum(map(getsizeof, values))


def require_joined(sides: Sequence[Sequence[Any]], context: ExecutionContext) -> None:
    """Values are about to be made, each no larger than what it is made from; see `require_columns`.

    Args:
        sides: lists of what they are made from, a value a row.
        context: of the run.
    """
    count = 0
    for values in sides:
        rows = len(values)
        seen = values if rows <= _SAMPLE_ROWS else values[:: rows // _SAMPLE_ROWS]
        count += shallow_bytes(seen) * rows // max(1, len(seen))
    if count > _FREE_BYTES:
        _require(count, zip_longest(*sides), context)


def require_columns(columns: Sequence[Column], count: int, context: ExecutionContext) -> None:
    """Values are about to be made of columns, each no larger than what it is made from.

    The rows are sampled: what is large and stands in few rows only is held already, and at most doubled.

    Args:
        columns: what they are made from; one of a single row stands for all rows.
        count: rows.
        context: of the run.

    Raises:
        MemoryLimitError, QueryCancelledError, QueryTimeoutError.
    """
    expected = 0
    for column in columns:
        if column.kind in _SMALL_KINDS:
            continue
        sample = column
        if column.count > _SAMPLE_ROWS:
            sample = column.take(np.arange(0, column.count, column.count // _SAMPLE_ROWS))
        expected += shallow_bytes(sample.to_values()) * count // max(1, sample.count)
    if expected > _FREE_BYTES:
        # Constants come as columns of one row: rows that are checked one by one have them beside.
        values = [column.to_values() for column in columns] if expected > VALUE_BYTES_MAX else []
        longest = max(map(len, values), default=0)
        rows = zip(*(v * longest if len(v) == 1 else v for v in values), strict=False)
        _require(expected, rows, context)


def _require(count: int, rows: Iterable[tuple[Any, ...]], context: ExecutionContext) -> None:
    if count > VALUE_BYTES_MAX:
        for row in rows:
            require_size(shallow_bytes(row))
    context.reserve(count)


def piled(values: Iterable[Any], context: ExecutionContext) -> list[Any]:
    """Values that may be much larger than what they are made from, counted as they come.

    Raises:
        MemoryLimitError, QueryCancelledError, QueryTimeoutError.
    """
    made: list[Any] = []
    held, asked = 0, _FREE_BYTES
    for value in values:
        made.append(value)
        held += getsizeof(value)
        if held > asked:
            if type(value) is list:
                held += _LIST_ITEM_BYTES * len(value)
            asked = held + _FREE_BYTES
            context.reserve(held)
    return made
