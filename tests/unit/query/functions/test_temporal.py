"""Temporal functions against the tables of openCypher, through a call-by-name helper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.errors import QueryArgumentError, QueryError
from neuralgraph.query.functions import BINARY, CallContext, default_registry, property_of_value
from neuralgraph.query.functions.texts import text_of
from neuralgraph.values import Date, DateTime, Duration, LocalDateTime, LocalTime, Time, gregorian
from neuralgraph.values.gregorian import DAY_MAX, DAY_MIN, NANOS_PER_DAY

CONTEXT = CallContext(reader=None, now_ns=1_700_000_000_123_456_789, random=lambda: 0.5)
STOCKHOLM = "Europe/Stockholm"


def call(name, *arguments):
    function = default_registry().lookup(name)
    if function.null_in_null_out and None in arguments:
        return None
    return function.scalar(CONTEXT, *arguments)


def text(name, *arguments):
    return text_of(call(name, *arguments))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("date", "2015-07-21", "2015-07-21"),
        ("date", "20150721", "2015-07-21"),
        ("date", "2015W302", "2015-07-21"),
        ("date", "2015-Q3-21", "2015-07-21"),
        ("date", "2015202", "2015-07-21"),
        ("date", "-999999999-01-01", "-999999999-01-01"),
        ("date", "+10000-01-01", "+10000-01-01"),
        ("localtime", "214032.142", "21:40:32.142"),
        ("localtime", "21", "21:00"),
        ("time", "2140-02", "21:40-02:00"),
        ("time", "14:30", "14:30Z"),
        ("localdatetime", "2015-W30-2T214032.142", "2015-07-21T21:40:32.142"),
        ("localdatetime", "2015202T21", "2015-07-21T21:00"),
        ("datetime", "20150721T21:40-01:30", "2015-07-21T21:40-01:30"),
        ("datetime", "2015-07-21T21:40:32.142[Europe/London]",
         "2015-07-21T21:40:32.142+01:00[Europe/London]"),
        ("datetime", "1818-07-21T21:40:32.142[Europe/Stockholm]",
         "1818-07-21T21:40:32.142+00:53:28[Europe/Stockholm]"),
        ("duration", "P14DT16H12M", "P14DT16H12M"),
        ("duration", "P5M1.5D", "P5M1DT12H"),
        ("duration", "P0.75M", "P22DT19H51M49.5S"),
        ("duration", "PT0.75M", "PT45S"),
        ("duration", "P2.5W", "P17DT12H"),
        ("duration", "P12Y5M14DT16H12M70S", "P12Y5M14DT16H13M10S"),
        ("duration", "P2012-02-02T14:37:21.545", "P2012Y2M2DT14H37M21.545S"),
        ("duration", "-PT1H", "PT-1H"),
    ],
)  # fmt: skip
def test_text_forms(name, source, expected):
    assert text(name, source) == expected


@pytest.mark.parametrize(
    ("name", "source"),
    [("date", "2015-02-30"), ("date", "x"), ("date", "2015-13"), ("localtime", "25:00"),
     ("time", "12:00[Europe/Stockholm]"), ("datetime", "2015-01-01T00:00[Moon/Crater]"),
     ("datetime", "2015-01-01T00:00+19:00"), ("duration", "P"), ("duration", "P1DT"),
     ("duration", "1D"), ("date", ""), ("datetime", "2015-01-01T00:00[../../etc/passwd]")],
)  # fmt: skip
def test_unreadable_text_is_an_argument_error(name, source):
    with pytest.raises(QueryArgumentError):
        call(name, source)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("date", {"year": 1984, "week": 10, "dayOfWeek": 3}, "1984-03-07"),
        ("date", {"year": 1984, "quarter": 3, "dayOfQuarter": 45}, "1984-08-14"),
        ("date", {"date": Date.of(1984, 11, 11), "week": 1}, "1984-01-08"),
        ("date", {"date": Date.of(1984, 11, 11), "quarter": 3}, "1984-08-11"),
        ("date", {"date": Date.of(1816, 12, 31), "year": 1817, "week": 2}, "1817-01-07"),
        ("time", {"hour": 12, "minute": 0, "second": 0, "nanosecond": 3, "timezone": "-02:05:07"},
         "12:00:00.000000003-02:05:07"),
        ("time", {"time": Time(0, 3600), "second": 42, "timezone": "+05:00"}, "04:00:42+05:00"),
        ("datetime", {"year": 1984, "ordinalDay": 202, "timezone": STOCKHOLM},
         "1984-07-20T00:00+02:00[Europe/Stockholm]"),
        ("datetime", {"epochSeconds": 416779, "nanosecond": 1}, "1970-01-05T19:46:19.000000001Z"),
        ("duration", {"years": 12.5, "months": 5.5, "days": 14.5, "hours": 16.5},
         "P12Y11M29DT33H44M33S"),
    ],
)  # fmt: skip
def test_maps(name, fields, expected):
    assert text(name, fields) == expected


def test_a_part_that_is_null_makes_null():
    assert call("date", {"year": None}) is None
    assert call("date", None) is None
    assert call("duration", {"days": None}) is None
    assert call("duration.between", None, None) is None


def test_wrong_parts_say_so():
    for fields in ({}, {"month": 1}, {"year": 1984, "dya": 1}, {"year": 1984, "month": 2, "day": 30},
                   {"year": "1984"}, {"year": 1984, "week": 1, "month": 2}):  # fmt: skip
        with pytest.raises(QueryArgumentError):
            call("date", fields)


def test_the_clock_stands_still_in_a_statement():
    assert text("date") == "2023-11-14"
    assert call("localtime") == call("localtime.statement") == call("localtime.transaction")
    assert text("datetime") == "2023-11-14T22:13:20.123456789Z"
    assert text("datetime.statement", STOCKHOLM).endswith("+01:00[Europe/Stockholm]")
    assert call("timestamp") == 1_700_000_000_123
    assert isinstance(call("datetime.realtime"), DateTime)


def test_a_clock_shows_skipped_and_repeated_hours():
    skipped = call("datetime", "2017-03-26T02:30[Europe/Stockholm]")
    assert str(skipped) == "2017-03-26T03:30+02:00[Europe/Stockholm]"
    first = call("datetime", "2017-10-29T02:30[Europe/Stockholm]")
    second = call("datetime", "2017-10-29T02:30+01:00[Europe/Stockholm]")
    assert (first.offset_s, second.offset_s) == (7200, 3600)
    assert str(BINARY["+"].scalar(first, Duration(0, 0, 3600))) == str(second)


@pytest.mark.parametrize(
    ("name", "unit", "value", "fields", "expected"),
    [
        ("date", "weekYear", Date.of(1984, 1, 1), {"dayOfWeek": 2}, "1983-01-04"),
        ("date", "decade", Date.of(-5), {}, "-0010-01-01"),
        ("localdatetime", "week", LocalDateTime(Date.of(1984, 10, 11).days, 5), {"dayOfWeek": 2},
         "1984-10-09T00:00"),
        ("localtime", "millisecond", LocalTime(645_876_123), {"nanosecond": 2},
         "00:00:00.645000002"),
        ("time", "hour", Time(45_074_000_000_000, -3600), {"timezone": "+01:00"}, "12:00+01:00"),
    ],
)  # fmt: skip
def test_truncation(name, unit, value, fields, expected):
    assert text(f"{name}.truncate", unit, value, fields) == expected


def test_the_longest_durations():
    first, last = "-999999999-01-01", "+999999999-12-31T23:59:59"
    years = call(
        "duration.between", call("date", first), call("date", last.split("T", maxsplit=1)[0])
    )
    assert str(years) == "P1999999998Y11M30D"
    seconds = call("duration.inSeconds", call("localdatetime", first), call("localdatetime", last))
    assert str(seconds) == "PT17531639991215H59M59S"
    with pytest.raises(QueryError):
        BINARY["+"].scalar(call("date", "+999999999-12-31"), Duration(days=1))


def test_components():
    moment = call("datetime", "1984-11-11T12:31:14.645876123[Europe/Stockholm]")
    found = {name: property_of_value(moment, name) for name in
             ("week", "weekYear", "dayOfQuarter", "offset", "timezone", "epochMillis")}  # fmt: skip
    assert found == {"week": 45, "weekYear": 1984, "dayOfQuarter": 42, "offset": "+01:00",
                     "timezone": STOCKHOLM, "epochMillis": 469020674645}  # fmt: skip
    with pytest.raises(QueryError):
        property_of_value(moment, "yaer")


DATES = st.builds(Date, st.integers(DAY_MIN, DAY_MAX))
NANOS = st.integers(0, NANOS_PER_DAY - 1)
OFFSETS = st.integers(-64_800, 64_800)
DURATIONS = st.builds(
    Duration, st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9),
    st.integers(-(10**12), 10**12), st.integers(0, 999_999_999),
)  # fmt: skip
VALUES = st.one_of(
    DATES.map(lambda value: ("date", value)),
    NANOS.map(lambda nanos: ("localtime", LocalTime(nanos))),
    st.builds(Time, NANOS, OFFSETS).map(lambda value: ("time", value)),
    st.builds(lambda day, nanos: LocalDateTime(day.days, nanos), DATES, NANOS).map(
        lambda value: ("localdatetime", value)
    ),
    st.builds(lambda day, nanos, offset: DateTime(day.days, nanos, offset), DATES, NANOS, OFFSETS)
    .map(lambda value: ("datetime", value)),
    DURATIONS.map(lambda value: ("duration", value)),
)  # fmt: skip


@given(VALUES)
def test_text_reads_back_as_the_same_value(named):
    name, value = named
    assert call(name, str(value)) == value
    assert type(value).from_fields(value.to_fields()) == value


@given(st.integers(DAY_MIN, DAY_MAX))
def test_the_calendar_turns_round(days):
    assert gregorian.days_of(*gregorian.civil_of(days)) == days
    week_year, week = gregorian.week_of(days)
    if abs(week_year) < gregorian.YEAR_MAX:
        weekday = gregorian.weekday_of(days)
        assert gregorian.days_of_week_date(week_year, week, weekday) == days


@given(DATES, DATES)
def test_between_leads_from_one_date_to_the_other(start, end):
    distance = call("duration.between", start, end)
    assert BINARY["+"].scalar(start, distance) == end


@given(st.integers(-(2**40), 2**40), st.sampled_from([STOCKHOLM, "America/New_York", "UTC"]))
def test_a_moment_in_a_zone_is_the_same_moment(epoch_s, zone):
    moment = DateTime.at_instant(epoch_s * 10**9, None, zone)
    assert moment.epoch_s == epoch_s
    assert call("datetime", str(moment)) == moment
