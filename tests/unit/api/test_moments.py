"""Times, dates, text and transaction numbers all become a moment."""

from __future__ import annotations

import datetime as dt

import pytest

from neuralgraph.api.moments import Moment, moment_of
from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.values.types import from_python

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
NOON_US = 1_769_860_800_000_000


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        "2026-01-31T12:00:00Z",
        "2026-01-31T13:00:00+01:00",
        "2026-01-31 12:00",
        from_python(NOON),
    ],
)
def test_times(value):
    assert moment_of(value) == Moment(timestamp_us=NOON_US)


def test_dates_are_their_first_instant():
    day = dt.date(2026, 1, 31)
    expected = Moment(timestamp_us=NOON_US - 12 * 3_600_000_000)
    assert moment_of(day) == moment_of("2026-01-31") == moment_of(from_python(day)) == expected


def test_integers_are_transactions_except_as_timestamps():
    assert moment_of(7) == moment_of(7, "TRANSACTION") == Moment(txid=7)
    assert moment_of(7, "TIMESTAMP") == Moment(timestamp_us=7_000)


@pytest.mark.parametrize(
    ("value", "kind"), [(None, "TIME"), (1.5, "TIME"), (True, "TIME"), ("x", "TRANSACTION")]
)
def test_what_is_no_moment(value, kind):
    with pytest.raises(QueryTypeError):
        moment_of(value, kind)


def test_text_that_is_no_time():
    with pytest.raises(QueryArgumentError, match="write it like"):
        moment_of("yesterday")
