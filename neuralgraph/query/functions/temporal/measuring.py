"""Durations: made from maps and text, and measured between two values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal

from neuralgraph.errors import QueryArgumentError
from neuralgraph.hints import close_name
from neuralgraph.query.functions.arguments import wrong_type
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
    durations,
    instant_text,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

# Each field as (months, days, seconds, nanoseconds) of one of it.
_FIELDS: Final[dict[str, tuple[int, int, int, int]]] = {
    "years": (12, 0, 0, 0),
    "quarters": (3, 0, 0, 0),
    "months": (1, 0, 0, 0),
    "weeks": (0, 7, 0, 0),
    "days": (0, 1, 0, 0),
    "hours": (0, 0, 3_600, 0),
    "minutes": (0, 0, 60, 0),
    "seconds": (0, 0, 1, 0),
    "milliseconds": (0, 0, 0, 1_000_000),
    "microseconds": (0, 0, 0, 1_000),
    "nanoseconds": (0, 0, 0, 1),
}


def _duration(context: CallContext, value: Any) -> Duration | None:  # noqa: ARG001
    if isinstance(value, Duration):
        return value
    if type(value) is str:
        return instant_text.parse_duration(value)
    if type(value) is not dict:
        raise wrong_type("duration", value, "a string, a map or a duration")
    totals: list[int | Fraction] = [0, 0, 0, 0]
    for name, number in value.items():
        if name not in _FIELDS:
            raise QueryArgumentError(
                f"{name} is not a part of a duration; there are {', '.join(_FIELDS)}",
                detail="InvalidArgumentValue",
                hint=close_name(name, _FIELDS),
            )
        if number is None:
            return None
        for index, unit in enumerate(_FIELDS[name]):
            if unit:
                totals[index] += _exact(name, number) * unit
    months, days, seconds, nanos = totals
    return durations.duration_of(months, days, seconds, nanos)


def _exact(name: str, number: Any) -> Fraction:
    if type(number) is int or (type(number) is float and math.isfinite(number)):
        return durations.exact(number)
    raise QueryArgumentError(
        f"{name} is a number, not {type_name(number)} {number}", detail="InvalidArgumentValue"
    )


_Unit = Literal["all", "months", "days", "seconds"]
_MEASURES: Final[tuple[tuple[str, _Unit, str], ...]] = (
    ("duration.between", "all", "From one value to another: months, days and seconds."),
    ("duration.inMonths", "months", "From one value to another, in whole months."),
    ("duration.inDays", "days", "From one value to another, in whole days."),
    ("duration.inSeconds", "seconds", "From one value to another, all in seconds."),
)


def _between(name: str, unit: _Unit) -> Callable[..., Duration]:
    def scalar(context: CallContext, start: Any, end: Any) -> Duration:  # noqa: ARG001
        for value in (start, end):
            if not isinstance(value, Date | LocalTime | Time | LocalDateTime | DateTime):
                raise wrong_type(name, value, "dates and times")
        return durations.between(start, end, unit)

    return scalar


FUNCTIONS: Final = (
    Function("duration", ("STRING|MAP|DURATION",), "DURATION", _duration, category="Temporal",
             description="Makes a duration from its parts or from text."),
    *(
        Function(name, ("ANY", "ANY"), "DURATION", _between(name, unit), category="Temporal",
                 description=description)
        for name, unit, description in _MEASURES
    ),
)  # fmt: skip
