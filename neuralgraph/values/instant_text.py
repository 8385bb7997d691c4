"""Temporal values from text, in all the ISO 8601 forms of openCypher.

    date       2015-07-21 20150721 2015-07 201507 2015-W30-2 2015W302 2015-W30 2015W30
               2015-Q3-21 2015Q321 2015-Q3 2015Q3 2015-202 2015202 2015, with a sign for more digits
    time       21:40:32.142 214032.142 21:40:32 214032 21:40 2140 21
    zone       Z +01 +0100 +01:00 +01:00:30, and [Europe/Stockholm] behind it or alone
    duration   P12Y5M14DT16H12M70.5S, P2.5W, P2012-02-02T14:37:21.545; a fraction or sign in any part

Each function raises `QueryArgumentError` for what is none of these, or does not exist.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.regexes import regex
from neuralgraph.values import gregorian, zones
from neuralgraph.values.durations import duration_of
from neuralgraph.values.instants import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
    checked_nanos,
)

_DATE: Final = regex(
    r"(?P<year>\d{4}|[+-]\d{1,9}(?=-|$))"
    r"(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?|(?P<month2>\d\d)(?P<day2>\d\d)?"
    r"|-W(?P<week>\d\d)(?:-(?P<weekday>\d))?|W(?P<week2>\d\d)(?P<weekday2>\d)?"
    r"|-Q(?P<quarter>\d)(?:-(?P<qday>\d\d))?|Q(?P<quarter2>\d)(?P<qday2>\d\d)?"
    r"|-?(?P<ordinal>\d{3}))?",
    re.ASCII,
)
_TIME: Final = regex(
    r"(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"|(?P<minute2>\d\d)(?:(?P<second2>\d\d)(?:[.,](?P<fraction2>\d{1,9}))?)?)?"
    r"(?P<offset>Z|z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?(?:\[(?P<zone>[^\]]+)\])?",
    re.ASCII,
)
_NUMBER: Final = r"([+-]?\d{1,19}(?:[.,]\d{1,20})?)"
_DURATION: Final = regex(
    rf"([+-]?)P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII | re.IGNORECASE,
)
_DURATION_BY_DATE: Final = regex(
    r"P(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?", re.ASCII
)


def parse_date(text: str) -> Date:
    """``date('2015-07-21')``."""
    return Date(_days(text, "date"))


def parse_local_time(text: str) -> LocalTime:
    """``localtime('21:40:32')``; a zone is not allowed."""
    nanos, offset_s, zone = _clock(text, "local time")
    if offset_s is not None or zone is not None:
        raise _unreadable(text, "local time")
    return LocalTime(nanos)


def parse_time(text: str) -> Time:
    """``time('21:40:32+01:00')``; UTC without an offset, and no zone by name."""
    nanos, offset_s, zone = _clock(text, "time")
    if zone is not None:
        raise _unreadable(text, "time")
    return Time(nanos, offset_s or 0)


def parse_local_datetime(text: str) -> LocalDateTime:
    """``localdatetime('2015-07-21T21:40:32')``; a zone is not allowed."""
    days, nanos, offset_s, zone = _moment(text, "local date-time")
    if offset_s is not None or zone is not None:
        raise _unreadable(text, "local date-time")
    return LocalDateTime(days, nanos)


def parse_datetime(text: str, *, default_zone: str | None = None) -> DateTime:
    """``datetime('2015-07-21T21:40:32+02:00[Europe/Stockholm]')``.

    Without a zone it is `default_zone`, and without that UTC. Where offset and zone disagree, the
    offset says which moment it is.
    """
    days, nanos, offset_s, zone = _moment(text, "date-time")
    if offset_s is None and zone is None:
        zone = default_zone
    moment = DateTime.at_local(days, nanos, offset_s, zone)
    if offset_s is not None and zone is not None and moment.offset_s != offset_s:
        return DateTime.at_instant(DateTime(days, nanos, offset_s).epoch_nanos, None, zone)
    return moment


def parse_duration(text: str) -> Duration:
    """``duration('P1Y2M3DT4H5M6.7S')``."""
    by_date = _DURATION_BY_DATE.fullmatch(text)
    if by_date is not None:
        years, months, days, hours, minutes, seconds = (int(part) for part in by_date.groups()[:6])
        nanos = int((by_date.group(7) or "").ljust(9, "0"))
        return duration_of(years * 12 + months, days, hours * 3_600 + minutes * 60 + seconds, nanos)
    match = _DURATION.fullmatch(text)
    if match is None or text[-1] in "PTpt":
        raise _unreadable(text, "duration")
    sign = -1 if match.group(1) == "-" else 1
    numbers = [sign * Fraction((part or "0").replace(",", ".")) for part in match.groups()[1:]]
    return duration_of(
        numbers[0] * 12 + numbers[1],
        numbers[2] * 7 + numbers[3],
        numbers[4] * 3_600 + numbers[5] * 60 + numbers[6],
    )


# ── parts ─────────────────────────────────────────────────────────────────────────────────────


def _unreadable(text: str, what: str) -> QueryArgumentError:
    shown = text if len(text) <= 60 else text[:60] + "..."
    return QueryArgumentError(f"{shown!r} is not a {what}", detail="InvalidArgumentValue")


def _moment(text: str, what: str) -> tuple[int, int, int | None, str | None]:
    """Days, nanos, offset and zone; the time may be missing."""
    date, mark, clock = text.partition("T")
    if not mark:
        return _days(date, what), 0, None, None
    return _days(date, what), *_clock(clock, what)


def _days(text: str, what: str) -> int:
    match = _DATE.fullmatch(text)
    if match is None:
        raise _unreadable(text, what)
    year = int(match["year"])
    week, quarter = match["week"] or match["week2"], match["quarter"] or match["quarter2"]
    if week:
        weekday = match["weekday"] or match["weekday2"] or "1"
        return gregorian.days_of_week_date(year, int(week), int(weekday))
    if quarter:
        return gregorian.days_of_quarter(
            year, int(quarter), int(match["qday"] or match["qday2"] or "1")
        )
    if match["ordinal"]:
        return gregorian.days_of_ordinal(year, int(match["ordinal"]))
    month, day = match["month"] or match["month2"] or "1", match["day"] or match["day2"] or "1"
    return gregorian.checked_days(year, int(month), int(day))


def _clock(text: str, what: str) -> tuple[int, int | None, str | None]:
    match = _TIME.fullmatch(text)
    if match is None:
        raise _unreadable(text, what)
    fraction = match["fraction"] or match["fraction2"] or ""
    nanos = checked_nanos(
        int(match["hour"]),
        int(match["minute"] or match["minute2"] or "0"),
        int(match["second"] or match["second2"] or "0"),
        int(fraction.ljust(9, "0")),
    )
    offset = match["offset"]
    offset_s = None if offset is None else zones.parse_offset(offset)
    if match["zone"] is None:
        return nanos, offset_s, None
    # [+01:00] is an offset in brackets, and as good as one without.
    named_offset_s, zone = zones.parse_zone(match["zone"])
    return nanos, offset_s if named_offset_s is None else named_offset_s, zone
