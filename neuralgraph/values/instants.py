"""Temporal values: dates, times, moments and durations, to the nanosecond.

    Date           days                                    2015-07-21
    LocalTime      nanos                                   21:40:32.142
    Time           nanos, offset_s                         21:40:32.142+01:00
    LocalDateTime  days, nanos                             2015-07-21T21:40:32.142
    DateTime       days, nanos, offset_s, zone             2015-07-21T21:40:32.142+02:00[Europe/Stockholm]
    Duration       months, days, seconds, nanos            P1Y2M3DT4H5M6.7S

`days` counts from 1970-01-01, `nanos` from midnight of the wall clock, `offset_s` is seconds east of
UTC; `zone` is the name of the zone or None, and then `offset_s` is what the zone says. Two values are
equal when all their fields are: the same moment in two zones is two values. A duration keeps months,
days and seconds apart, since neither has a fixed length in terms of the next; `nanos` is 0..999,999,999
whatever the sign of `seconds`.

All are immutable, hashable, and go into storage by `to_fields`. `str()` is the ISO form of openCypher.
Make them with `of`, `parse` (`instant_text`), or from Python's own by `values.from_python`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from neuralgraph.errors import QueryArithmeticError, QueryTypeError
from neuralgraph.values import gregorian, zones
from neuralgraph.values.gregorian import NANOS_PER_DAY, NANOS_PER_SECOND
from neuralgraph.values.records import record

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
# Mean lengths, which order durations: 400 Gregorian years are 4,800 months.
SECONDS_PER_MONTH: Final = 2_629_746
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (naive on purpose)


def _year(value: Any) -> int:
    return gregorian.civil_of(value.days)[0]


def _month(value: Any) -> int:
    return gregorian.civil_of(value.days)[1]


def _day(value: Any) -> int:
    return gregorian.civil_of(value.days)[2]


def _hour(value: Any) -> int:
    return int(value.nanos // (3_600 * NANOS_PER_SECOND))


def _minute(value: Any) -> int:
    return int(value.nanos // (60 * NANOS_PER_SECOND) % 60)


def _second(value: Any) -> int:
    return int(value.nanos // NANOS_PER_SECOND % 60)


def _nanosecond(value: Any) -> int:
    return int(value.nanos % NANOS_PER_SECOND)


@record
class Date:
    """A day."""

    days: int

    year = property(_year, doc="The year; may be negative.")
    month = property(_month, doc="1 to 12.")
    day = property(_day, doc="Day of the month, from 1.")

    @staticmethod
    def of(year: int, month: int = 1, day: int = 1) -> Date:
        """A day by name; `QueryArgumentError` when it does not exist."""
        return Date(gregorian.checked_days(year, month, day))

    @property
    def sort_key(self) -> int:
        """Orders dates."""
        return self.days

    def to_fields(self) -> tuple[int, ...]:
        """For storage: (days,)."""
        return (self.days,)

    @staticmethod
    def from_fields(fields: tuple[int, ...]) -> Date:
        """The inverse of `to_fields`."""
        return Date(fields[0])

    def to_native(self) -> dt.date:
        """As Python's date; ValueError outside the years 1..9999."""
        return dt.date(*gregorian.civil_of(self.days))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return date_text(self.days)


@record
class LocalTime:
    """A wall clock's time, nowhere in particular."""

    nanos: int

    hour = property(_hour, doc="0 to 23.")
    minute = property(_minute, doc="0 to 59.")
    second = property(_second, doc="0 to 59.")
    nanosecond = property(_nanosecond, doc="Nanoseconds of the second.")

    @staticmethod
    def of(hour: int, minute: int = 0, second: int = 0, nanosecond: int = 0) -> LocalTime:
        """A time by its parts; `QueryArgumentError` when there is no such time."""
        return LocalTime(checked_nanos(hour, minute, second, nanosecond))

    @property
    def sort_key(self) -> int:
        """Orders local times."""
        return self.nanos

    def to_fields(self) -> tuple[int, ...]:
        """For storage: (nanos,)."""
        return (self.nanos,)

    @staticmethod
    def from_fields(fields: tuple[int, ...]) -> LocalTime:
        """The inverse of `to_fields`."""
        return LocalTime(fields[0])

    def to_native(self) -> dt.time:
        """As Python's time; what is below a microsecond is cut off."""
        return (_EPOCH + dt.timedelta(microseconds=self.nanos // 1000)).time()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return time_text(self.nanos)


@record
class Time:
    """A wall clock's time at an offset from UTC."""

    nanos: int
    offset_s: int

    hour = property(_hour, doc="0 to 23.")
    minute = property(_minute, doc="0 to 59.")
    second = property(_second, doc="0 to 59.")
    nanosecond = property(_nanosecond, doc="Nanoseconds of the second.")

    @property
    def sort_key(self) -> tuple[int, int]:
        """Orders times: by the moment, then from west to east."""
        return (self.nanos - self.offset_s * NANOS_PER_SECOND, self.offset_s)

    def to_fields(self) -> tuple[int, ...]:
        """For storage: (nanos, offset_s)."""
        return (self.nanos, self.offset_s)

    @staticmethod
    def from_fields(fields: tuple[int, ...]) -> Time:
        """The inverse of `to_fields`."""
        return Time(fields[0], fields[1])

    def to_native(self) -> dt.time:
        """As Python's time; what is below a microsecond is cut off."""
        moment = _EPOCH + dt.timedelta(microseconds=self.nanos // 1000)
        return moment.time().replace(tzinfo=_fixed(self.offset_s))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return time_text(self.nanos) + zones.offset_text(self.offset_s)


@record
class LocalDateTime:
    """A day and a wall clock's time, nowhere in particular."""

    days: int
    nanos: int

    year = property(_year, doc="The year; may be negative.")
    month = property(_month, doc="1 to 12.")
    day = property(_day, doc="Day of the month, from 1.")
    hour = property(_hour, doc="0 to 23.")
    minute = property(_minute, doc="0 to 59.")
    second = property(_second, doc="0 to 59.")
    nanosecond = property(_nanosecond, doc="Nanoseconds of the second.")

    @property
    def sort_key(self) -> tuple[int, int]:
        """Orders local date-times."""
        return (self.days, self.nanos)

    @property
    def epoch_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00, as if in UTC; may go beyond 64 bits."""
        return self.days * NANOS_PER_DAY + self.nanos

    @staticmethod
    def of_epoch_nanos(nanos: int) -> LocalDateTime:
        """The inverse of `epoch_nanos`; `QueryArgumentError` outside the years that can be held."""
        days, rest = divmod(nanos, NANOS_PER_DAY)
        return LocalDateTime(gregorian.checked_day_number(days), rest)

    def to_fields(self) -> tuple[int, ...]:
        """For storage: (days, nanos)."""
        return (self.days, self.nanos)

    @staticmethod
    def from_fields(fields: tuple[int, ...]) -> LocalDateTime:
        """The inverse of `to_fields`."""
        return LocalDateTime(fields[0], fields[1])

    def to_native(self) -> dt.datetime:
        """As Python's naive datetime; OverflowError outside the years 1..9999."""
        return _EPOCH + dt.timedelta(days=self.days, microseconds=self.nanos // 1000)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return f"{date_text(self.days)}T{time_text(self.nanos)}"


@record
class DateTime:
    """A moment, seen from an offset or a named zone."""

    days: int
    nanos: int
    offset_s: int
    zone: str | None = None

    year = property(_year, doc="The year; may be negative.")
    month = property(_month, doc="1 to 12.")
    day = property(_day, doc="Day of the month, from 1.")
    hour = property(_hour, doc="0 to 23.")
    minute = property(_minute, doc="0 to 59.")
    second = property(_second, doc="0 to 59.")
    nanosecond = property(_nanosecond, doc="Nanoseconds of the second.")

    @staticmethod
    def at_local(days: int, nanos: int, offset_s: int | None, zone: str | None) -> DateTime:
        """The moment a wall clock shows; `zone`, where given, decides the offset.

        A time that the zone's clocks skipped moves on by the gap; one that they showed twice is the
        earlier, unless `offset_s` says which.
        """
        if zone is None:
            return DateTime(days, nanos, offset_s or 0)
        days, nanos, found = zones.resolve_local(zone, days, nanos)
        if offset_s is not None and offset_s != found:
            moment = DateTime(days, nanos, offset_s)
            if zones.offset_at_instant(zone, moment.epoch_s) == offset_s:
                found = offset_s
        return DateTime(days, nanos, found, zone)

    @staticmethod
    def at_instant(epoch_nanos: int, offset_s: int | None = 0, zone: str | None = None) -> DateTime:
        """The moment so many nanoseconds after 1970-01-01T00:00Z, seen from a zone."""
        if zone is not None:
            offset_s = zones.offset_at_instant(zone, epoch_nanos // NANOS_PER_SECOND)
        shift = offset_s or 0
        days, nanos = divmod(epoch_nanos + shift * NANOS_PER_SECOND, NANOS_PER_DAY)
        return DateTime(gregorian.checked_day_number(days), nanos, shift, zone)

    @property
    def epoch_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00Z; may go beyond 64 bits."""
        return self.days * NANOS_PER_DAY + self.nanos - self.offset_s * NANOS_PER_SECOND

    @property
    def epoch_s(self) -> int:
        """Whole seconds since 1970-01-01T00:00Z."""
        return self.days * 86_400 + self.nanos // NANOS_PER_SECOND - self.offset_s

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Orders moments; the same moment from west to east, then by the name of the zone."""
        return (self.epoch_nanos, self.offset_s, self.zone or "")

    def to_fields(self) -> tuple[int | str | None, ...]:
        """For storage: (days, nanos, offset_s, zone)."""
        return (self.days, self.nanos, self.offset_s, self.zone)

    @staticmethod
    def from_fields(fields: tuple[int | str | None, ...]) -> DateTime:
        """The inverse of `to_fields`."""
        days, nanos, offset_s, zone = fields
        return DateTime(
            int(days or 0), int(nanos or 0), int(offset_s or 0), None if zone is None else str(zone)
        )

    def to_native(self) -> dt.datetime:
        """As Python's datetime, in its `ZoneInfo` or at its offset; OverflowError outside the years 1..9999.

        The offset stays where Python's zone of that name has another one then.
        """
        moment = _EPOCH + dt.timedelta(days=self.days, microseconds=self.nanos // 1000)
        offset = _fixed(self.offset_s)
        zone = None if self.zone is None else zones.native_zone(self.zone)
        if zone is not None:
            for fold in (0, 1):
                found = moment.replace(tzinfo=zone, fold=fold)
                if found.utcoffset() == offset.utcoffset(None):
                    return found
        return moment.replace(tzinfo=offset)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        text = f"{date_text(self.days)}T{time_text(self.nanos)}{zones.offset_text(self.offset_s)}"
        return text if self.zone is None else f"{text}[{self.zone}]"


@record
class Duration:
    """A length of time in months, days and seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    nanos: int = 0

    @staticmethod
    def of_nanos(months: int, days: int, total_nanos: int) -> Duration:
        """From the exact nanoseconds of the part below a day.

        Raises:
            QueryArithmeticError: a part needs more than 64 bits.
        """
        seconds, nanos = divmod(total_nanos, NANOS_PER_SECOND)
        for part in (months, days, seconds):
            if not INT64_MIN <= part <= INT64_MAX:
                raise QueryArithmeticError("the duration is too long", detail="IntegerOverflow")
        return Duration(months, days, seconds, nanos)

    @property
    def total_nanos(self) -> int:
        """The part below a day, in nanoseconds; may go beyond 64 bits."""
        return self.seconds * NANOS_PER_SECOND + self.nanos

    @property
    def sort_key(self) -> tuple[int, int, int, int, int]:
        """Orders durations by mean length; equal lengths by their fields."""
        length = self.months * SECONDS_PER_MONTH + self.days * 86_400 + self.seconds
        return (length, self.nanos, self.months, self.days, self.seconds)

    def to_fields(self) -> tuple[int, ...]:
        """For storage: (months, days, seconds, nanos)."""
        return (self.months, self.days, self.seconds, self.nanos)

    @staticmethod
    def from_fields(fields: tuple[int, ...]) -> Duration:
        """The inverse of `to_fields`."""
        return Duration(fields[0], fields[1], fields[2], fields[3])

    def to_native(self) -> dt.timedelta:
        """As Python's timedelta, a day being 24 hours; what is below a microsecond is cut off.

        Raises:
            QueryTypeError: it has months, which are of no certain length.
            QueryArithmeticError: it is longer than a timedelta can be.
        """
        if self.months:
            raise QueryTypeError(
                f"{self} has months, which are no certain number of days; take its parts",
                detail="InvalidArgumentType",
            )
        try:
            return dt.timedelta(self.days, self.seconds, self.nanos // 1000)
        except OverflowError:
            raise QueryArithmeticError(
                f"{self} is longer than a timedelta can be", detail="IntegerOverflow"
            ) from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return duration_text(self)


INSTANT_TYPES: Final = (Date, LocalTime, Time, LocalDateTime, DateTime)
TEMPORAL_TYPES: Final = (*INSTANT_TYPES, Duration)


def checked_nanos(hour: int, minute: int, second: int, nanosecond: int) -> int:
    """Nanoseconds since midnight; `QueryArgumentError` when a part is out of range."""
    gregorian.check_range("hour", hour, 0, 23)
    gregorian.check_range("minute", minute, 0, 59)
    gregorian.check_range("second", second, 0, 59)
    gregorian.check_range("nanosecond", nanosecond, 0, NANOS_PER_SECOND - 1)
    return (hour * 3_600 + minute * 60 + second) * NANOS_PER_SECOND + nanosecond


def _fixed(offset_s: int) -> dt.timezone:
    return dt.timezone(dt.timedelta(seconds=offset_s))


# ── printing ──────────────────────────────────────────────────────────────────────────────────


def date_text(days: int) -> str:
    """``2015-07-21``; years beyond four digits carry a sign."""
    year, month, day = gregorian.civil_of(days)
    if 0 <= year <= 9999:
        return f"{year:04d}-{month:02d}-{day:02d}"
    sign = "-" if year < 0 else "+"
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"


def time_text(nanos: int) -> str:
    """``21:40``, ``21:40:32`` or with 3, 6 or 9 digits of the second, as many as are needed."""
    seconds, fraction = divmod(nanos, NANOS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    if not fraction:
        return f"{hour:02d}:{minute:02d}:{second:02d}" if second else f"{hour:02d}:{minute:02d}"
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{hour:02d}:{minute:02d}:{second:02d}.{digits}"


def duration_text(duration: Duration) -> str:
    """``P1Y2M3DT4H5M6.7S``; parts that are nothing are left out, and nothing at all is ``PT0S``."""
    text = "P"
    years, months = _toward_zero(duration.months, 12)
    for number, unit in ((years, "Y"), (months, "M"), (duration.days, "D")):
        if number:
            text += f"{number}{unit}"
    total = duration.total_nanos
    if total:
        minutes, nanos = _toward_zero(total, 60 * NANOS_PER_SECOND)
        hours, minutes = _toward_zero(minutes, 60)
        text += "T"
        if hours:
            text += f"{hours}H"
        if minutes:
            text += f"{minutes}M"
        if nanos:
            seconds, fraction = divmod(abs(nanos), NANOS_PER_SECOND)
            decimals = f".{fraction:09d}".rstrip("0") if fraction else ""
            text += f"{'-' if nanos < 0 else ''}{seconds}{decimals}S"
    return text if text != "P" else "PT0S"


def _toward_zero(number: int, unit: int) -> tuple[int, int]:
    """Quotient and remainder with the sign of `number`."""
    quotient, rest = divmod(abs(number), unit)
    return (quotient, rest) if number >= 0 else (-quotient, -rest)
