"""Temporal values from maps: ``{year: 1984, week: 10, hour: 12, timezone: 'Europe/Stockholm'}``.

A map names a day in one of four ways (month and day, week and weekday, quarter and its day, day of the
year) and a time by its parts; it may select both from other values (``date``, ``time``, ``datetime``)
and override parts of them. A time that is selected brings its zone along; ``timezone`` then says from
where the same moment is seen, while without a selected zone it says where the clock stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from neuralgraph.errors import QueryArgumentError
from neuralgraph.hints import close_name
from neuralgraph.query.functions.arguments import wrong_type
from neuralgraph.values import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
    gregorian,
    type_name,
    zones,
)
from neuralgraph.values.gregorian import NANOS_PER_DAY, NANOS_PER_SECOND
from neuralgraph.values.instants import checked_nanos
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WEEK_FIELDS: Final = ("week", "dayOfWeek", "weekYear")
QUARTER_FIELDS: Final = ("quarter", "dayOfQuarter")
DATE_FIELDS: Final = ("year", "month", "day", *WEEK_FIELDS, *QUARTER_FIELDS, "ordinalDay")
SUBSECOND_FIELDS: Final = ("millisecond", "microsecond", "nanosecond")
TIME_FIELDS: Final = ("hour", "minute", "second", *SUBSECOND_FIELDS)
_KNOWN: Final = frozenset(
    {
        *DATE_FIELDS,
        *TIME_FIELDS,
        "date",
        "time",
        "datetime",
        "timezone",
        "epochSeconds",
        "epochMillis",
    }
)


@record
class Zone:
    """Where a clock stands: a named zone, or an offset."""

    offset_s: int | None
    name: str | None

    @staticmethod
    def parse(text: Any) -> Zone:
        """From ``+01:00`` or ``Europe/Stockholm``."""
        if type(text) is not str:
            raise wrong_type("timezone", text, "a string")
        return Zone(*zones.parse_zone(text))

    def moment(self, days: int, nanos: int) -> DateTime:
        """What a clock here shows, as a moment."""
        return DateTime.at_local(days, nanos, self.offset_s, self.name)

    def view(self, moment: DateTime) -> DateTime:
        """The moment as a clock here shows it."""
        return DateTime.at_instant(moment.epoch_nanos, self.offset_s, self.name)


UTC: Final = Zone(0, None)


def check_names(fields: Mapping[str, Any], names: Iterable[str] = _KNOWN) -> None:
    """Raises QueryArgumentError for a name that no temporal value has."""
    unknown = [name for name in fields if name not in _KNOWN]
    if unknown:
        raise QueryArgumentError(
            f"{unknown[0]} is not a part of a temporal value; there are {', '.join(sorted(names))}",
            detail="InvalidArgumentValue",
            hint=close_name(unknown[0], names),
        )


def integer(fields: Mapping[str, Any], name: str, default: int) -> int:
    """The field as an integer."""
    value = fields.get(name, default)
    if type(value) is not int:
        raise QueryArgumentError(
            f"{name} is an integer, not {type_name(value)}", detail="InvalidArgumentValue"
        )
    return value


def has_null(fields: Mapping[str, Any]) -> bool:
    """Is a field null? Then so is the whole."""
    return any(value is None for value in fields.values())


# ── what is selected ──────────────────────────────────────────────────────────────────────────


def selected_days(fields: Mapping[str, Any]) -> int | None:
    """The day of ``date`` or ``datetime``; None without."""
    source = fields.get("date", fields.get("datetime"))
    if source is None:
        return None
    if isinstance(source, Date | LocalDateTime | DateTime):
        return source.days
    raise wrong_type("date", source, "a value with a date")


def selected_time(fields: Mapping[str, Any]) -> tuple[int | None, Zone | None]:
    """The nanoseconds of ``time`` or ``datetime`` and the zone it brings; None without."""
    source = fields.get("time", fields.get("datetime"))
    if source is None:
        return None, None
    if not isinstance(source, LocalTime | Time | LocalDateTime | DateTime):
        raise wrong_type("time", source, "a value with a time")
    return source.nanos, zone_of(source)


def zone_of(value: Any) -> Zone | None:
    """The zone that a value stands in; None for local ones."""
    if isinstance(value, DateTime):
        return Zone(None, value.zone) if value.zone is not None else Zone(value.offset_s, None)
    if isinstance(value, Time):
        return Zone(value.offset_s, None)
    return None


# ── days and times ────────────────────────────────────────────────────────────────────────────


def days_from(fields: Mapping[str, Any], base: int | None) -> int:
    """The day that the fields name.

    Args:
        fields: may hold other things too.
        base: what gives the parts that are not named; None: they are the first, and the year must be
            there.

    Raises:
        QueryArgumentError: there is no such day, or no year, or two ways to name a day are mixed.
    """
    if base is None and "year" not in fields and "weekYear" not in fields:
        raise QueryArgumentError("a date needs a year", detail="InvalidArgumentValue")
    _check_one_way(fields)
    start = 0 if base is None else base
    year, month, day = gregorian.civil_of(start)
    if any(name in fields for name in WEEK_FIELDS):
        week_year, week = gregorian.week_of(start)
        weekday = 1 if base is None else gregorian.weekday_of(start)
        chosen_year = integer(fields, "weekYear", integer(fields, "year", week_year))
        return gregorian.days_of_week_date(
            chosen_year,
            integer(fields, "week", 1 if base is None else week),
            integer(fields, "dayOfWeek", weekday),
        )
    year = integer(fields, "year", year)
    if "ordinalDay" in fields:
        return gregorian.days_of_ordinal(year, integer(fields, "ordinalDay", 1))
    if any(name in fields for name in QUARTER_FIELDS):
        day_of_quarter = 1 if base is None else base - gregorian.quarter_start(base) + 1
        return gregorian.days_of_quarter(
            year,
            integer(fields, "quarter", (month + 2) // 3),
            integer(fields, "dayOfQuarter", day_of_quarter),
        )
    if base is None:
        month, day = 1, 1
        if "day" in fields and "month" not in fields:
            raise QueryArgumentError("a day needs a month", detail="InvalidArgumentValue")
    return gregorian.checked_days(
        year, integer(fields, "month", month), integer(fields, "day", day)
    )


def _check_one_way(fields: Mapping[str, Any]) -> None:
    ways = [
        way
        for way in (("month", "day"), WEEK_FIELDS, QUARTER_FIELDS, ("ordinalDay",))
        if any(name in fields for name in way)
    ]
    if len(ways) > 1:
        raise QueryArgumentError(
            f"a date cannot be named by {ways[0][0]} and by {ways[1][0]} at once",
            detail="InvalidArgumentValue",
        )


def check_day(fields: Mapping[str, Any]) -> None:
    """Raises QueryArgumentError where a time of day is named and the day is not."""
    clock = next((name for name in TIME_FIELDS if name in fields), None)
    if clock is None or selected_days(fields) is not None or "ordinalDay" in fields:
        return
    missing = "month" if "month" not in fields else "day"
    if any(name in fields for name in WEEK_FIELDS):
        missing = "dayOfWeek"
    elif any(name in fields for name in QUARTER_FIELDS):
        missing = "dayOfQuarter"
    if missing not in fields:
        _complain_of_gap(clock, missing)


def nanos_from(fields: Mapping[str, Any], base: int | None) -> int:
    """The time of day that the fields name, as nanoseconds; what they do not name is of `base`, or 0."""
    if base is None:
        _check_no_gap(fields)
    seconds, fraction = divmod(base or 0, NANOS_PER_SECOND)
    if any(name in fields for name in SUBSECOND_FIELDS):
        fraction = _fraction_from(fields)
    return checked_nanos(
        integer(fields, "hour", seconds // 3_600),
        integer(fields, "minute", seconds // 60 % 60),
        integer(fields, "second", seconds % 60),
        fraction,
    )


def _check_no_gap(fields: Mapping[str, Any]) -> None:
    """A smaller part says nothing where a larger one is left out: ``{hour: 1, second: 2}``."""
    missing: str | None = None
    for name in TIME_FIELDS:
        if name in fields and missing is not None:
            _complain_of_gap(name, missing)
        if name not in fields and name not in SUBSECOND_FIELDS:
            missing = missing or name


def _complain_of_gap(name: str, missing: str) -> NoReturn:
    raise QueryArgumentError(
        f"{name} means nothing without {missing}", detail="InvalidArgumentValue"
    )


def _fraction_from(fields: Mapping[str, Any]) -> int:
    """Nanoseconds of the second; a smaller unit fills what a larger one leaves open."""
    total = 0
    limit = NANOS_PER_SECOND
    for name, unit in zip(SUBSECOND_FIELDS, (1_000_000, 1_000, 1), strict=True):
        if name in fields:
            value = integer(fields, name, 0)
            gregorian.check_range(name, value, 0, limit // unit - 1)
            total += value * unit
            limit = unit
    return total


# ── whole values ──────────────────────────────────────────────────────────────────────────────


def time_from(fields: Mapping[str, Any], now: DateTime) -> Time:
    """A `Time`; `now` gives a named zone its offset."""
    base, zone = selected_time(fields)
    nanos = nanos_from(fields, base)
    offset_s = offset_of(zone, fields, now)
    if "timezone" not in fields:
        return Time(nanos, offset_s)
    target_s = _offset_now(Zone.parse(fields["timezone"]), now)
    if zone is not None:
        nanos = (nanos + (target_s - offset_s) * NANOS_PER_SECOND) % NANOS_PER_DAY
    return Time(nanos, target_s)


def offset_of(zone: Zone | None, fields: Mapping[str, Any], now: DateTime) -> int:
    """The offset of a selected time, which for a named zone is the one it has there."""
    source = fields.get("time", fields.get("datetime"))
    if isinstance(source, DateTime):
        return source.offset_s
    return 0 if zone is None else _offset_now(zone, now)


def _offset_now(zone: Zone, now: DateTime) -> int:
    return zone.view(now).offset_s


def datetime_from(fields: Mapping[str, Any], default: Zone = UTC) -> DateTime:
    """A `DateTime`; `default` is where a clock without zone stands."""
    if "epochSeconds" in fields or "epochMillis" in fields:
        return _from_epoch(fields)
    base_nanos, zone = selected_time(fields)
    days = days_from(fields, selected_days(fields))
    check_day(fields)
    nanos = nanos_from(fields, base_nanos)
    if "timezone" not in fields:
        return (zone or default).moment(days, nanos)
    target = Zone.parse(fields["timezone"])
    return target.moment(days, nanos) if zone is None else target.view(zone.moment(days, nanos))


def _from_epoch(fields: Mapping[str, Any]) -> DateTime:
    total = integer(fields, "epochSeconds", 0) * NANOS_PER_SECOND
    total += integer(fields, "epochMillis", 0) * 1_000_000
    if any(name in fields for name in SUBSECOND_FIELDS):
        total += _fraction_from(fields)
    zone = Zone.parse(fields["timezone"]) if "timezone" in fields else UTC
    return DateTime.at_instant(total, zone.offset_s, zone.name)
