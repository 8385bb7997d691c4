"""Arithmetic on single values: ``+ - * / % ^ ||`` and the unary minus.

Integers are 64 bits wide and never wrap: a result beyond raises. Division of integers cuts towards
zero, the remainder has the sign of the dividend, and ``^`` always gives a float. Null makes null.

``+`` also joins: strings with strings, numbers, booleans and temporal values; lists with lists and with
single elements on either side; and it moves instants by durations.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArithmeticError, QueryTypeError
from neuralgraph.query.functions.texts import text_of
from neuralgraph.stopping import look
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
    durations,
    type_name,
)
from neuralgraph.values.instants import INT64_MAX, INT64_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

_INSTANTS: Final = frozenset({Date, LocalTime, Time, LocalDateTime, DateTime})
_NUMBERS: Final = frozenset({int, float})
_JOINABLE: Final = frozenset({int, float, bool, Duration, *_INSTANTS})


def overflow(symbol: str, left: Any, right: Any) -> QueryArithmeticError:
    """The error for an integer result beyond 64 bits."""
    return QueryArithmeticError(
        f"{left} {symbol} {right} does not fit in 64 bits", detail="IntegerOverflow"
    )


def division_by_zero() -> QueryArithmeticError:
    """The error for an integer divided by zero."""
    return QueryArithmeticError("division by zero", detail="DivisionByZero")


def _unsupported(symbol: str, left: Any, right: Any) -> QueryTypeError:
    return QueryTypeError(
        f"{symbol} does not work between {type_name(left)} and {type_name(right)}",
        detail="InvalidArgumentType",
    )


def add(left: Any, right: Any) -> Any:
    """``left + right``."""
    kind = type(left)
    if kind is type(right):
        if kind is int:
            total = left + right
            if INT64_MIN <= total <= INT64_MAX:
                return total
            raise overflow("+", left, right)
        if kind is float or kind is str:
            return left + right
        if kind is list:
            look()
            return left + right
    if left is None or right is None:
        return None
    if kind in _NUMBERS and type(right) in _NUMBERS:
        return left + right
    return _join(left, right)


def _join(left: Any, right: Any) -> Any:
    """``+`` of what is not two numbers; no nulls."""
    kind, other = type(left), type(right)
    if kind is list:
        return [*left, right]
    if other is list:
        return [left, *right]
    if kind is str and other in _JOINABLE:
        return left + text_of(right)
    if other is str and kind in _JOINABLE:
        return text_of(left) + right
    if kind is Duration and other in _INSTANTS:
        left, right, kind, other = right, left, other, kind
    if other is Duration:
        if kind is Duration:
            return durations.sum_of(left, right)
        if kind in _INSTANTS:
            return durations.moved(left, right)
    raise _unsupported("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """``left - right``."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        difference = left - right
        if INT64_MIN <= difference <= INT64_MAX:
            return difference
        raise overflow("-", left, right)
    if kind in _NUMBERS and other in _NUMBERS:
        return left - right
    if left is None or right is None:
        return None
    if other is Duration:
        if kind is Duration:
            return durations.sum_of(left, durations.negated(right))
        if kind in _INSTANTS:
            return durations.moved(left, durations.negated(right))
    raise _unsupported("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """``left * right``."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        product = left * right
        if INT64_MIN <= product <= INT64_MAX:
            return product
        raise overflow("*", left, right)
    if kind in _NUMBERS and other in _NUMBERS:
        return left * right
    if left is None or right is None:
        return None
    if kind is Duration and other in _NUMBERS:
        return durations.scaled(left, right)
    if other is Duration and kind in _NUMBERS:
        return durations.scaled(right, left)
    raise _unsupported("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """``left / right``; of integers, cut towards zero."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        if right == 0:
            raise division_by_zero()
        quotient = abs(left) // abs(right)
        if (left < 0) != (right < 0):
            return -quotient
        if quotient > INT64_MAX:
            raise overflow("/", left, right)
        return quotient
    if kind in _NUMBERS and other in _NUMBERS:
        return _float_quotient(float(left), float(right))
    if left is None or right is None:
        return None
    if kind is Duration and other in _NUMBERS:
        return durations.divided(left, right)
    raise _unsupported("/", left, right)


def _float_quotient(left: float, right: float) -> float:
    if right:
        return left / right
    if math.isnan(left) or math.isnan(right) or left == 0:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo(left: Any, right: Any) -> Any:
    """``left % right``; the sign is the dividend's."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        if right == 0:
            raise division_by_zero()
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    if kind in _NUMBERS and other in _NUMBERS:
        if right == 0 or math.isinf(left):
            return math.nan
        return math.fmod(left, right)
    if left is None or right is None:
        return None
    raise _unsupported("%", left, right)


def power(left: Any, right: Any) -> Any:
    """``left ^ right``; always a float."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return _float_power(float(left), float(right))
    if left is None or right is None:
        return None
    raise _unsupported("^", left, right)


def _float_power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        is_odd = exponent % 2 == 1
        return -math.inf if base < 0 and is_odd else math.inf
    except ValueError:
        # Zero to a negative power is infinite; a root of a negative number is not a number.
        if base == 0:
            is_odd = exponent % 2 == 1
            return math.copysign(math.inf, base) if is_odd else math.inf
        return math.nan


def concat(left: Any, right: Any) -> Any:
    """``left || right``: of two strings, two lists or two byte strings."""
    if left is None or right is None:
        return None
    kind = type(left)
    if kind is type(right) and kind in (str, list, bytes):
        return left + right
    raise _unsupported("||", left, right)


def negate(operand: Any) -> Any:
    """``-operand``."""
    kind = type(operand)
    if kind is int:
        if operand == INT64_MIN:
            raise overflow("-", 0, operand)
        return -operand
    if kind is float:
        return -operand
    if operand is None:
        return None
    if kind is Duration:
        return durations.negated(operand)
    raise QueryTypeError(f"- does not work on {type_name(operand)}", detail="InvalidArgumentType")


def unary_plus(operand: Any) -> Any:
    """``+operand``: the operand, if it is a number."""
    if operand is None or type(operand) in _NUMBERS or type(operand) is Duration:
        return operand
    raise QueryTypeError(f"+ does not work on {type_name(operand)}", detail="InvalidArgumentType")


SCALARS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
    "^": power,
    "||": concat,
}
