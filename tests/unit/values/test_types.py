"""What parameters become, and what can be stored."""

from __future__ import annotations

import datetime as dt
import uuid
import zoneinfo

import numpy as np
import pytest

from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Node,
    NodeRef,
    Point,
    Time,
    from_python,
    storable,
    type_name,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((1, "a"), [1, "a"]),
        (range(3), [0, 1, 2]),
        (np.int32(4), 4),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        (np.array(["a", "b"]), ["a", "b"]),
        (bytearray(b"x"), b"x"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (dt.date(1970, 1, 2), Date(1)),
        (dt.time(0, 0, 1), LocalTime(10**9)),
        (dt.time(0, 0, 1, tzinfo=dt.UTC), Time(10**9, 0)),
        (dt.datetime(1970, 1, 2, 0, 0, 1), LocalDateTime(1, 10**9)),  # noqa: DTZ001
        (dt.datetime(1970, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=1))), DateTime(1, 0, 3600)),
        (dt.datetime(1970, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Stockholm")),
         DateTime(1, 0, 3600, "Europe/Stockholm")),
        (dt.timedelta(days=1, seconds=2, microseconds=3), Duration(0, 1, 2, 3000)),
        (np.datetime64("1970-01-02"), Date(1)),
        (np.datetime64("1970-01-02T00:00:01"), LocalDateTime(1, 10**9)),
        (np.datetime64("NaT", "s"), None),
        (np.timedelta64(90, "m"), Duration(0, 0, 5400, 0)),
        ({"a": (1,)}, {"a": [1]}),
        (Node(7), NodeRef(7)),
    ],
)  # fmt: skip
def test_python_values_become_ours(given, expected):
    found = from_python(given)
    assert found == expected
    assert type(found) is type(expected)


def test_vectors_stay_arrays():
    vector = np.array([1, 2], dtype=np.float32)
    found = from_python(vector)
    assert found.dtype == np.float32
    vector[0] = 9
    assert found[0] == 1


@pytest.mark.parametrize("given", [{1}, object(), {1: 2}, [object()], 1j, print])
def test_what_has_no_counterpart_is_a_type_error(given):
    with pytest.raises(QueryTypeError):
        from_python(given)


@pytest.mark.parametrize("given", [2**63, [-(2**63) - 1], np.uint64(2**64 - 1), 10**400])
def test_integers_beyond_64_bits_are_refused(given):
    with pytest.raises(QueryArgumentError):
        from_python(given)


def test_a_list_that_holds_itself_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(QueryArgumentError):
        from_python(endless)


@pytest.mark.parametrize(
    "value",
    [1, "a", None, [1, "a", None], [[1], [2]], {"a": [1]}, b"x", Point(7203, (1.0, 2.0)), Date(1)],
)
def test_what_can_be_stored(value):
    assert storable(value) == value


@pytest.mark.parametrize(
    "value", [NodeRef(1), [NodeRef(1)], [{"a": 1}], {"a": [{}]}, {"a": NodeRef(1)}, object()]
)
def test_what_cannot_be_stored(value):
    with pytest.raises(QueryTypeError) as error:
        storable(value)
    assert error.value.detail == "InvalidPropertyType"


def test_stored_lists_are_copies():
    given = [[1]]
    kept = storable(given)
    given[0].append(2)
    assert kept == [[1]]


def test_type_names():
    assert [type_name(value) for value in (None, True, 1, "a", [], DateTime(0, 0, 0))] == [
        "NULL", "BOOLEAN", "INTEGER", "STRING", "LIST", "ZONED DATETIME",
    ]  # fmt: skip
