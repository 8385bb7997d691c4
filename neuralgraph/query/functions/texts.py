"""Values as text: what ``toString`` gives and what ``+`` joins to a string."""

from __future__ import annotations

import math
from typing import Any

from neuralgraph.errors import QueryTypeError
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Point,
    Time,
    type_name,
)


def text_of(value: Any) -> str:
    """The text of a string, number, boolean, temporal value or point.

    Raises:
        QueryTypeError: detail ``InvalidArgumentValue``, for anything else.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        return float_text(value)
    if isinstance(value, Date | LocalTime | Time | LocalDateTime | DateTime | Duration | Point):
        return str(value)
    raise QueryTypeError(
        f"{type_name(value)} cannot be turned into a string", detail="InvalidArgumentValue"
    )


def float_text(number: float) -> str:
    """``1.0``, ``0.001``, ``1.0E10``: an exponent below 0.001 and from ten million on."""
    if math.isfinite(number):
        if number == 0 or 1e-3 <= abs(number) < 1e7:
            return repr(number)
        digits, _, exponent = f"{number!r}".partition("e")
        if not exponent:
            digits, _, exponent = _scientific(number).partition("e")
        if "." not in digits:
            digits += ".0"
        return f"{digits}E{int(exponent)}"
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _scientific(number: float) -> str:
    """The shortest text with an exponent that reads back as the same number."""
    for precision in range(17):
        text = f"{number:.{precision}e}"
        if float(text) == number:
            return text
    return f"{number:.17e}"
