"""``date.truncate(unit, value, fields)`` and its kin: the beginning of the unit that holds the value.

`fields` then override parts of the result; below a truncated milli- or microsecond, smaller parts are
added instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.hints import close_name
from neuralgraph.query.functions.arguments import expect_string, wrong_type
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.query.functions.temporal import fields as parts
from neuralgraph.query.functions.temporal.construction import moment_of
from neuralgraph.query.functions.temporal.fields import UTC, Zone
from neuralgraph.values import Date, DateTime, LocalDateTime, LocalTime, Time, gregorian
from neuralgraph.values.gregorian import NANOS_PER_SECOND
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

_YEARS: Final = {"millennium": 1_000, "century": 100, "decade": 10, "year": 1}
_NANOS: Final = {
    "hour": 3_600 * NANOS_PER_SECOND,
    "minute": 60 * NANOS_PER_SECOND,
    "second": NANOS_PER_SECOND,
    "millisecond": 1_000_000,
    "microsecond": 1_000,
}
_DATE_UNITS: Final = (*_YEARS, "weekYear", "quarter", "month", "week", "day")
_UNITS: Final = {unit.lower(): unit for unit in (*_DATE_UNITS, *_NANOS)}


def _unit(function: str, text: Any) -> str:
    name = expect_string(function, text)
    unit = _UNITS.get(name.lower())
    if unit is None:
        raise QueryArgumentError(
            f"{function}() knows {', '.join(_UNITS.values())}, not {text}",
            detail="InvalidArgumentValue",
            hint=close_name(name, _UNITS.values()),
        )
    return unit


def truncated_days(unit: str, days: int) -> int:
    """The first day of the unit that holds the day."""
    year, month, _ = gregorian.civil_of(days)
    if unit in _YEARS:
        return gregorian.checked_days(year - year % _YEARS[unit], 1, 1)
    if unit == "weekYear":
        return gregorian.week_one(gregorian.week_of(days)[0])
    if unit == "quarter":
        return gregorian.quarter_start(days)
    if unit == "month":
        return gregorian.days_of(year, month, 1)
    if unit == "week":
        return days - gregorian.weekday_of(days) + 1
    return days


def _truncated(function: str, unit: str, value: Any) -> tuple[int | None, int]:
    """Days (None for a value without date) and nanos of the beginning of the unit."""
    days = getattr(value, "days", None)
    nanos = getattr(value, "nanos", 0)
    if unit in _NANOS:
        if isinstance(value, Date):
            raise _no_such_unit(function, unit, value)
        return days, nanos - nanos % _NANOS[unit]
    if days is None:
        if unit == "day":
            return None, 0
        raise _no_such_unit(function, unit, value)
    return truncated_days(unit, days), 0


def _no_such_unit(function: str, unit: str, value: Any) -> QueryArgumentError:
    return QueryArgumentError(
        f"{function}() cannot truncate {value} to the {unit}", detail="InvalidArgumentValue"
    )


def _overrides(function: str, unit: str, nanos: int, given: Any) -> dict[str, Any]:
    """The fields that override, with what they leave of a truncated second."""
    if given is None:
        return {}
    if type(given) is not dict:
        raise wrong_type(function, given, "a map of fields")
    parts.check_names(given)
    overrides = dict(given)
    fraction = nanos % NANOS_PER_SECOND
    finer = {"millisecond": ("microsecond", "nanosecond"), "microsecond": ("nanosecond",)}
    if any(name in overrides for name in finer.get(unit, ())):
        if unit == "microsecond" and "microsecond" not in overrides:
            overrides["microsecond"] = fraction // 1_000 % 1_000
        overrides.setdefault("millisecond", fraction // 1_000_000)
    return overrides


@record
class _Cut:
    """A value cut down to the beginning of a unit, and the fields that override it."""

    context: CallContext
    value: Any
    days: int | None
    nanos: int
    overrides: dict[str, Any]

    def to_days(self) -> int:
        """The day, overridden; raises for a value without date."""
        if self.days is None:
            raise wrong_type("truncate", self.value, "a value with a date")
        if any(name in self.overrides for name in parts.DATE_FIELDS):
            return parts.days_from(self.overrides, self.days)
        return self.days

    def to_nanos(self) -> int:
        """The time of day, overridden."""
        return parts.nanos_from(self.overrides, self.nanos)

    def to_zone(self) -> Zone:
        """Where the result stands."""
        if "timezone" in self.overrides:
            return Zone.parse(self.overrides["timezone"])
        return parts.zone_of(self.value) or UTC


def _truncate(name: str, finish: Callable[[_Cut], Any]) -> Callable[..., Any]:
    function = f"{name}.truncate"

    def scalar(context: CallContext, unit: Any, value: Any = None, given: Any = None) -> Any:
        chosen = _unit(function, unit)
        subject = moment_of(context) if value is None else value
        if not isinstance(subject, Date | LocalTime | Time | LocalDateTime | DateTime):
            raise wrong_type(function, subject, "a date or time")
        days, nanos = _truncated(function, chosen, subject)
        overrides = _overrides(function, chosen, nanos, given)
        return finish(_Cut(context, subject, days, nanos, overrides))

    return scalar


def _date(cut: _Cut) -> Date:
    return Date(cut.to_days())


def _local_time(cut: _Cut) -> LocalTime:
    return LocalTime(cut.to_nanos())


def _time(cut: _Cut) -> Time:
    if "timezone" not in cut.overrides and isinstance(cut.value, DateTime):
        return Time(cut.to_nanos(), cut.value.offset_s)
    return Time(cut.to_nanos(), cut.to_zone().view(moment_of(cut.context)).offset_s)


def _local_datetime(cut: _Cut) -> LocalDateTime:
    return LocalDateTime(cut.to_days(), cut.to_nanos())


def _datetime(cut: _Cut) -> DateTime:
    return cut.to_zone().moment(cut.to_days(), cut.to_nanos())


FUNCTIONS: Final = tuple(
    Function(
        f"{name}.truncate", ("STRING", "ANY", "MAP"), result, _truncate(name, finish), required=1,
        deterministic=False, category="Temporal",
        description="The beginning of the unit that holds the value, with some fields changed.",
    )
    for name, result, finish in (
        ("date", "DATE", _date),
        ("localtime", "LOCAL TIME", _local_time),
        ("time", "ZONED TIME", _time),
        ("localdatetime", "LOCAL DATETIME", _local_datetime),
        ("datetime", "ZONED DATETIME", _datetime),
    )
)  # fmt: skip
