"""``+ - * / % ^`` and unary minus over INTEGER and FLOAT columns, ``+`` over TEXT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.arithmetic import division_by_zero, overflow
from neuralgraph.query.functions.kernels.masks import merged_valid, rows_of
from neuralgraph.values import Column, Kind
from neuralgraph.values.columns import object_array
from neuralgraph.values.instants import INT64_MAX, INT64_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.values import MaskArray

_NUMERIC: Final = (Kind.INTEGER, Kind.FLOAT)


def _float_column(
    operation: Callable[[Any, Any], Any], left: Column, right: Column
) -> Column | None:
    if left.kind not in _NUMERIC or right.kind not in _NUMERIC:
        return None
    with np.errstate(all="ignore"):
        array = operation(left.array, right.array)
    return Column(Kind.FLOAT, len(array), array, merged_valid(left, right), None)


def _integer_column(array: Any, valid: MaskArray | None) -> Column:
    return Column(Kind.INTEGER, len(array), array, valid, None)


def _raise_first(symbol: str, bad: Any, left: Column, right: Column) -> None:
    """Raise the error of the first bad row, with its operands."""
    row = int(np.flatnonzero(bad)[0])
    one, other = (int(column.array[0 if column.count == 1 else row]) for column in (left, right))
    raise overflow(symbol, one, other)


def _bounds(column: Column) -> tuple[int, int]:
    """The least and greatest integer of a column, nulls' fill included; (0, 0) of none."""
    array: Any = column.array
    return (int(array.min()), int(array.max())) if len(array) else (0, 0)


def _check_signs(
    symbol: str, wrapped: Any, valid: MaskArray | None, left: Column, right: Column
) -> None:
    bad = wrapped < 0
    if valid is not None:
        bad &= valid
    if bad.any():
        _raise_first(symbol, bad, left, right)


def add_columns(left: Column, right: Column) -> Column | None:
    """``left + right``; QueryArithmeticError where an integer sum leaves 64 bits."""
    if left.kind == Kind.INTEGER and right.kind == Kind.INTEGER:
        one: Any = left.array
        other: Any = right.array
        total = one + other
        valid = merged_valid(left, right)
        # The bounds cost a fraction of looking at every sign, and nearly always settle it.
        (low, high), (least, greatest) = _bounds(left), _bounds(right)
        if low + least < INT64_MIN or high + greatest > INT64_MAX:
            # A wrapped sum has a sign that neither operand has.
            _check_signs("+", (one ^ total) & (other ^ total), valid, left, right)
        return _integer_column(total, valid)
    if left.kind == Kind.TEXT and right.kind == Kind.TEXT:
        return _join_texts(left, right)
    return _float_column(np.add, left, right)


def _join_texts(left: Column, right: Column) -> Column | None:
    valid = merged_valid(left, right)
    if right.count == 1 and left.dictionary is not None and right.valid is None:
        # As an object: numpy would make a bare string fixed-width, and drop NULs at its end.
        joined = left.dictionary + object_array(right.to_list())
        return Column(Kind.TEXT, left.count, left.array, valid, None, joined)
    if valid is not None:
        return None
    one: Any = left.decoded().array
    other: Any = right.decoded().array
    array = one + other
    return Column(Kind.TEXT, len(array), array, None, None)


def subtract_columns(left: Column, right: Column) -> Column | None:
    """``left - right``; QueryArithmeticError where an integer difference leaves 64 bits."""
    if left.kind == Kind.INTEGER and right.kind == Kind.INTEGER:
        one: Any = left.array
        other: Any = right.array
        difference = one - other
        valid = merged_valid(left, right)
        (low, high), (least, greatest) = _bounds(left), _bounds(right)
        if low - greatest < INT64_MIN or high - least > INT64_MAX:
            _check_signs("-", (one ^ other) & (one ^ difference), valid, left, right)
        return _integer_column(difference, valid)
    return _float_column(np.subtract, left, right)


def multiply_columns(left: Column, right: Column) -> Column | None:
    """``left * right``; where integers might leave 64 bits it gives None, and the scalar decides."""
    if left.kind == Kind.INTEGER and right.kind == Kind.INTEGER:
        low, high = _bounds(left)
        least, greatest = _bounds(right)
        if max(-low, high) * max(-least, greatest) > INT64_MAX:
            return None
        array: Any = left.array * right.array  # type: ignore[operator]
        return _integer_column(array, merged_valid(left, right))
    return _float_column(np.multiply, left, right)


def _checked_divisor(left: Column, right: Column) -> tuple[Any, MaskArray | None]:
    """The divisors with 1 where the result is null anyway; raises on a zero elsewhere."""
    valid = merged_valid(left, right)
    divisor: Any = right.array
    if valid is not None:
        divisor = np.where(valid, divisor, 1)
    if rows_of(left, right) and not divisor.all():
        raise division_by_zero()
    return divisor, valid


def divide_columns(left: Column, right: Column) -> Column | None:
    """``left / right``; QueryArithmeticError where an integer is divided by zero."""
    if left.kind == Kind.INTEGER and right.kind == Kind.INTEGER:
        divisor, valid = _checked_divisor(left, right)
        one: Any = left.array
        low = _bounds(left)[0]
        if low >= 0 and divisor.min(initial=1) > 0:
            # Cut towards zero is cut downwards; by one number numpy divides much faster.
            return _integer_column(one // (divisor[0] if len(divisor) == 1 else divisor), valid)
        if low == INT64_MIN and (divisor == -1).any():
            return None  # the one quotient that does not fit
        return _integer_column((one - np.fmod(one, divisor)) // divisor, valid)
    return _float_column(np.true_divide, left, right)


def modulo_columns(left: Column, right: Column) -> Column | None:
    """``left % right``; QueryArithmeticError where an integer is divided by zero."""
    if left.kind == Kind.INTEGER and right.kind == Kind.INTEGER:
        divisor, valid = _checked_divisor(left, right)
        # The least integer has no remainder by -1 in the processor; by 1 it is the same, zero.
        divisor = np.where(divisor == -1, 1, divisor)
        return _integer_column(np.fmod(left.array, divisor), valid)
    return _float_column(np.fmod, left, right)


def power_columns(left: Column, right: Column) -> Column | None:
    """``left ^ right``, always FLOAT."""
    return _float_column(_float_power, left, right)


def _float_power(base: Any, exponent: Any) -> Any:
    return np.power(base.astype(np.float64), exponent.astype(np.float64))


def negate_column(operand: Column) -> Column | None:
    """``-operand``."""
    array: Any = operand.array
    if operand.kind == Kind.FLOAT:
        return Column(Kind.FLOAT, operand.count, -array, operand.valid, None)
    if operand.kind == Kind.INTEGER and not (len(array) and int(array.min()) == INT64_MIN):
        return _integer_column(-array, operand.valid)
    return None


ARITHMETIC_KERNELS: Final[dict[str, Callable[[Column, Column], Column | None]]] = {
    "+": add_columns,
    "-": subtract_columns,
    "*": multiply_columns,
    "/": divide_columns,
    "%": modulo_columns,
    "^": power_columns,
}
