"""Components of temporal values and points: ``moment.year``, ``duration.minutesOfHour``, ``place.x``.

One table a type, from the name in the language to a function of the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import PropertyNotFoundError, QueryArithmeticError
from neuralgraph.hints import close_name
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Point,
    Time,
    gregorian,
    type_name,
    zones,
)
from neuralgraph.values.gregorian import NANOS_PER_SECOND
from neuralgraph.values.instants import INT64_MAX, INT64_MIN

if TYPE_CHECKING:
    from collections.abc import Callable


def component(value: Any, name: str) -> Any:
    """A component by name.

    Raises:
        PropertyNotFoundError: the type has none of that name.
        QueryArithmeticError: it is an integer beyond 64 bits.
    """
    table = COMPONENTS[type(value)]
    read = table.get(name)
    if read is None:
        raise PropertyNotFoundError(
            f"{type_name(value)} has no component {name}; it has {', '.join(table)}",
            detail="InvalidPropertyName",
            hint=close_name(name, table),
        )
    found = read(value)
    if type(found) is int and not INT64_MIN <= found <= INT64_MAX:
        raise QueryArithmeticError(f"{name} does not fit in 64 bits", detail="IntegerOverflow")
    return found


def _toward_zero(number: int, unit: int) -> int:
    return number // unit if number >= 0 else -(-number // unit)


def _rest(number: int, unit: int) -> int:
    return number - _toward_zero(number, unit) * unit


_DATE: Final[dict[str, Callable[[Any], Any]]] = {
    "year": lambda value: gregorian.civil_of(value.days)[0],
    "quarter": lambda value: (gregorian.civil_of(value.days)[1] + 2) // 3,
    "month": lambda value: gregorian.civil_of(value.days)[1],
    "week": lambda value: gregorian.week_of(value.days)[1],
    "weekYear": lambda value: gregorian.week_of(value.days)[0],
    "dayOfQuarter": lambda value: value.days - gregorian.quarter_start(value.days) + 1,
    "quarterDay": lambda value: value.days - gregorian.quarter_start(value.days) + 1,
    "day": lambda value: gregorian.civil_of(value.days)[2],
    "ordinalDay": lambda value: gregorian.ordinal_of(value.days),
    "dayOfWeek": lambda value: gregorian.weekday_of(value.days),
    "weekDay": lambda value: gregorian.weekday_of(value.days),
}
_TIME: Final[dict[str, Callable[[Any], Any]]] = {
    "hour": lambda value: value.nanos // (3_600 * NANOS_PER_SECOND),
    "minute": lambda value: value.nanos // (60 * NANOS_PER_SECOND) % 60,
    "second": lambda value: value.nanos // NANOS_PER_SECOND % 60,
    "millisecond": lambda value: value.nanos % NANOS_PER_SECOND // 1_000_000,
    "microsecond": lambda value: value.nanos % NANOS_PER_SECOND // 1_000,
    "nanosecond": lambda value: value.nanos % NANOS_PER_SECOND,
}
_OFFSET: Final[dict[str, Callable[[Any], Any]]] = {
    "timezone": lambda value: getattr(value, "zone", None) or zones.offset_text(value.offset_s),
    "offset": lambda value: zones.offset_text(value.offset_s),
    "offsetMinutes": lambda value: _toward_zero(value.offset_s, 60),
    "offsetSeconds": lambda value: value.offset_s,
}
_EPOCH: Final[dict[str, Callable[[Any], Any]]] = {
    "epochSeconds": lambda value: value.epoch_s,
    "epochMillis": lambda value: value.epoch_nanos // 1_000_000,
}
_DURATION: Final[dict[str, Callable[[Any], Any]]] = {
    "years": lambda value: _toward_zero(value.months, 12),
    "quarters": lambda value: _toward_zero(value.months, 3),
    "months": lambda value: value.months,
    "weeks": lambda value: _toward_zero(value.days, 7),
    "days": lambda value: value.days,
    "hours": lambda value: _toward_zero(value.seconds, 3_600),
    "minutes": lambda value: _toward_zero(value.seconds, 60),
    "seconds": lambda value: value.seconds,
    "milliseconds": lambda value: value.total_nanos // 1_000_000,
    "microseconds": lambda value: value.total_nanos // 1_000,
    "nanoseconds": lambda value: value.total_nanos,
    "quartersOfYear": lambda value: _rest(_toward_zero(value.months, 3), 4),
    "monthsOfYear": lambda value: _rest(value.months, 12),
    "monthsOfQuarter": lambda value: _rest(value.months, 3),
    "daysOfWeek": lambda value: _rest(value.days, 7),
    "minutesOfHour": lambda value: _rest(_toward_zero(value.seconds, 60), 60),
    "secondsOfMinute": lambda value: _rest(value.seconds, 60),
    "millisecondsOfSecond": lambda value: value.nanos // 1_000_000,
    "microsecondsOfSecond": lambda value: value.nanos // 1_000,
    "nanosecondsOfSecond": lambda value: value.nanos,
}
_POINT: Final[dict[str, Callable[[Any], Any]]] = {
    "x": lambda value: value.x,
    "y": lambda value: value.y,
    "z": lambda value: value.z,
    "longitude": lambda value: value.x if value.is_geographic else None,
    "latitude": lambda value: value.y if value.is_geographic else None,
    "height": lambda value: value.z if value.is_geographic else None,
    "crs": lambda value: value.system,
    "srid": lambda value: value.srid,
}

COMPONENTS: Final[dict[type, dict[str, Callable[[Any], Any]]]] = {
    Date: _DATE,
    LocalTime: _TIME,
    Time: _TIME | _OFFSET,
    LocalDateTime: _DATE | _TIME,
    DateTime: _DATE | _TIME | _OFFSET | _EPOCH,
    Duration: _DURATION,
    Point: _POINT,
}
