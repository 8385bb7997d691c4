"""Conversions between types, and ``valueType``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArithmeticError, QueryTypeError
from neuralgraph.query.functions.arguments import wrong_type
from neuralgraph.query.functions.lists import list_conversion
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.query.functions.texts import text_of
from neuralgraph.query.functions.type_tests import value_type
from neuralgraph.regexes import regex
from neuralgraph.values import Column, Kind
from neuralgraph.values.instants import INT64_MAX, INT64_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER_TEXT: Final = regex(r"\s*[+-]?\d+\s*", re.ASCII)
_FLOAT_TEXT: Final = regex(
    r"\s*[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|Infinity)\s*", re.ASCII
)
_DIGITS_MAX: Final = 400
_INVALID: Final = "InvalidArgumentValue"


def to_integer(value: Any) -> int | None:
    """An integer; null for text that is no number.

    Raises:
        QueryTypeError: the type cannot be converted.
        QueryArithmeticError: the number does not fit in 64 bits.
    """
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return _cut(value)
    if kind is str:
        if len(value) > _DIGITS_MAX:
            return None
        if _INTEGER_TEXT.fullmatch(value):
            return _checked(int(value))
        return _cut(float(value)) if _FLOAT_TEXT.fullmatch(value) else None
    if kind is bool:
        return int(value)
    raise wrong_type("toInteger", value, "a number, string or boolean", _INVALID)


def _cut(number: float) -> int | None:
    if not np.isfinite(number):
        return None
    return _checked(int(number))


def _checked(number: int) -> int:
    if INT64_MIN <= number <= INT64_MAX:
        return number
    raise QueryArithmeticError(f"{number} does not fit in 64 bits", detail="IntegerOverflow")


def to_float(value: Any) -> float | None:
    """A float; null for text that is no number. Raises QueryTypeError for other types."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return float(value)
    if kind is str:
        return float(value) if _FLOAT_TEXT.fullmatch(value) else None
    raise wrong_type("toFloat", value, "a number or string", _INVALID)


def to_boolean(value: Any) -> bool | None:
    """A boolean; null for text that is neither true nor false; integers are true unless zero."""
    kind = type(value)
    if kind is bool:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return {"true": True, "false": False}.get(value.strip().lower())
    if kind is int:
        return bool(value)
    raise wrong_type("toBoolean", value, "a boolean, string or integer", _INVALID)


def _or_null(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        try:
            return convert(value)
        except (QueryTypeError, QueryArithmeticError):
            return None

    return converted


def _with_context(convert: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda context, value: convert(value)  # noqa: ARG005


def _to_float_column(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
    if values.kind == Kind.FLOAT:
        return values
    if values.kind != Kind.INTEGER:
        return None
    return Column.of_array(Kind.FLOAT, values.array.astype(np.float64), values.valid)


def _to_integer_column(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
    return values if values.kind == Kind.INTEGER else None


def _to_text_column(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
    if values.kind == Kind.TEXT:
        return values
    if values.kind == Kind.INTEGER:
        return Column.of_list(
            Kind.TEXT, [None if item is None else str(item) for item in values.to_list()]
        )
    return None


def _conversions() -> tuple[Function, ...]:
    plain = (
        ("toInteger", "INTEGER", to_integer, _to_integer_column),
        ("toFloat", "FLOAT", to_float, _to_float_column),
        ("toBoolean", "BOOLEAN", to_boolean, None),
        ("toString", "STRING", text_of, _to_text_column),
    )
    functions = []
    for name, result, convert, kernel in plain:
        lenient = _or_null(convert)
        functions += [
            # The runtime errors are openCypher's, so the type is not checked before.
            Function(name, ("ANY",), result, _with_context(convert), kernel=kernel,
                     description=f"The value as {result}."),
            Function(f"{name}OrNull", ("ANY",), result, _with_context(lenient), kernel=kernel,
                     description=f"The value as {result}, null where it cannot be."),
            list_conversion(f"{name}List", lenient,
                            f"Each element as {result}, null where it cannot be."),
        ]  # fmt: skip
    return tuple(functions)


FUNCTIONS: Final = (
    *_conversions(),
    Function(
        "valueType",
        ("ANY",),
        "STRING",
        _with_context(value_type),
        null_in_null_out=False,
        description="The name of the value's type, such as INTEGER NOT NULL.",
    ),
)
