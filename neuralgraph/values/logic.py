"""Three-valued logic: AND, OR, XOR, NOT over values and over BOOLEAN columns.

    a      b      a AND b   a OR b   a XOR b   NOT a
    true   true   true      true     false     false
    true   false  false     true     true      false
    true   null   null      true     null      false
    false  false  false     false    false     true
    false  null   false     null     null      true
    null   null   null      null     null      null

The column functions return None for columns that are not BOOLEAN; an operand may have one row, which
stands for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryTypeError
from neuralgraph.values.columns import Column, Kind

if TYPE_CHECKING:
    from neuralgraph.values.arrays import MaskArray, RowArray


def and_values(left: Any, right: Any) -> bool | None:
    """``left AND right``; QueryTypeError unless both are booleans or null."""
    if left is True and right is True:
        return True
    _check(left)
    _check(right)
    return False if left is False or right is False else None


def or_values(left: Any, right: Any) -> bool | None:
    """``left OR right``; QueryTypeError unless both are booleans or null."""
    if left is False and right is False:
        return False
    _check(left)
    _check(right)
    return True if left is True or right is True else None


def xor_values(left: Any, right: Any) -> bool | None:
    """``left XOR right``; QueryTypeError unless both are booleans or null."""
    _check(left)
    _check(right)
    return None if left is None or right is None else left is not right


def not_value(operand: Any) -> bool | None:
    """``NOT operand``; QueryTypeError unless it is a boolean or null."""
    if operand is None:
        return None
    _check(operand)
    return operand is False


def _check(value: Any) -> None:
    if value is not None and value is not True and value is not False:
        raise QueryTypeError(
            f"a boolean is needed, not {type(value).__name__}", detail="InvalidArgumentType"
        )


# ── columns ───────────────────────────────────────────────────────────────────────────────────


def and_columns(left: Column, right: Column) -> Column | None:
    """``AND`` row by row."""
    if left.kind != Kind.BOOLEAN or right.kind != Kind.BOOLEAN:
        return None
    one, other = _booleans(left), _booleans(right)
    if left.valid is None and right.valid is None:
        return _boolean(one & other, None)
    is_false = (left.valid_mask & ~one) | (right.valid_mask & ~other)
    return _boolean(~is_false, (left.valid_mask & right.valid_mask) | is_false)


def or_columns(left: Column, right: Column) -> Column | None:
    """``OR`` row by row."""
    if left.kind != Kind.BOOLEAN or right.kind != Kind.BOOLEAN:
        return None
    one, other = _booleans(left), _booleans(right)
    if left.valid is None and right.valid is None:
        return _boolean(one | other, None)
    is_true = (left.valid_mask & one) | (right.valid_mask & other)
    return _boolean(is_true, (left.valid_mask & right.valid_mask) | is_true)


def xor_columns(left: Column, right: Column) -> Column | None:
    """``XOR`` row by row."""
    if left.kind != Kind.BOOLEAN or right.kind != Kind.BOOLEAN:
        return None
    valid = None
    if left.valid is not None or right.valid is not None:
        valid = left.valid_mask & right.valid_mask
    return _boolean(_booleans(left) ^ _booleans(right), valid)


def not_column(operand: Column) -> Column | None:
    """``NOT`` row by row."""
    if operand.kind != Kind.BOOLEAN:
        return None
    return _boolean(~_booleans(operand), operand.valid)


def is_null_column(operand: Column, *, negated: bool = False) -> Column:
    """``IS NULL``, or with `negated` ``IS NOT NULL``, of a column of any kind."""
    valid = operand.valid
    if operand.kind == Kind.ANY:
        # An ANY array need not come with a mask.
        items = operand.to_list()
        is_null = np.fromiter((item is None for item in items), dtype=np.bool_, count=len(items))
    elif valid is None:
        is_null = np.zeros(operand.count, dtype=np.bool_)
    else:
        is_null = ~valid
    return _boolean(~is_null if negated else is_null, None)


def true_rows(predicate: Column) -> RowArray:
    """The rows where a predicate is true (neither false nor null), ascending.

    Raises:
        QueryTypeError: a value is not a boolean.
    """
    if predicate.kind != Kind.BOOLEAN:
        items = predicate.to_list()
        for item in items:
            _check(item)
        rows = [row for row, item in enumerate(items) if item is True]
        return np.array(rows, dtype=np.int64)
    valid = predicate.valid
    array = _booleans(predicate)
    return np.flatnonzero(array if valid is None else array & valid)


def _booleans(column: Column) -> MaskArray:
    return column.array  # type: ignore[return-value]


def _boolean(array: Any, valid: MaskArray | None) -> Column:
    return Column(Kind.BOOLEAN, len(array), array, valid, None)
