"""Every value that can be stored comes back equal, and of its type."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.errors import CorruptionError, QueryTypeError
from neuralgraph.storage.disk.values_codec import decode, encode, split
from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from neuralgraph.values.points import Point

INT64 = st.integers(-(2**63), 2**63 - 1)
NANOS = st.integers(0, 86_399_999_999_999)
SCALARS = (
    st.none()
    | st.booleans()
    | INT64
    | st.floats(allow_nan=False)
    | st.text()
    | st.just("\ud800")
    | st.binary()
    | st.builds(Date, st.integers(-(10**9), 10**9))
    | st.builds(LocalTime, NANOS)
    | st.builds(Time, NANOS, st.integers(-64_800, 64_800))
    | st.builds(LocalDateTime, st.integers(-(10**9), 10**9), NANOS)
    | st.builds(
        DateTime, st.integers(-(10**9), 10**9), NANOS, st.just(3600), st.none() | st.just("UTC")
    )
    | st.builds(Duration, INT64, INT64, INT64, st.integers(0, 999_999_999))
    | st.just(Point(4326, (1.5, -2.5)))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(value=VALUES)
def test_a_value_comes_back(value):
    found = decode(encode(value))
    assert found == value
    assert type(found) is type(value)


def test_a_vector_comes_back_as_float32():
    vector = np.array([1.5, -2.0, 3.25])
    found = decode(encode([vector]))[0]
    assert found.dtype == np.float32
    assert found.tolist() == vector.tolist()


@pytest.mark.parametrize("value", [object(), 2**64, {1, 2}, np.zeros((2, 2)), [lambda: 0]])
def test_what_cannot_be_stored_is_refused(value):
    with pytest.raises(QueryTypeError, match="cannot be stored"):
        encode(value)
    assert decode(encode(1)) == 1


@pytest.mark.parametrize("data", [b"", b"\x92\x01", b"\xc1", b"\x01\x02", b"\xd4\x63\x00"])
def test_what_is_no_value_is_corruption(data):
    with pytest.raises(CorruptionError):
        decode(data)


def test_threads_do_not_share_a_packer():
    values = [[str(number)] * 50 for number in range(200)]
    found = []

    def work():
        found.extend(decode(encode(value)) for value in values)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(values * 3)


@given(st.lists(SCALARS, max_size=3), SCALARS | st.lists(st.lists(SCALARS, max_size=3), max_size=3))
def test_the_end_of_a_list_can_stay_as_it_is(first, last):
    found, rest = split(encode([*first, last]), len(first))
    assert encode(found) == encode(first)
    assert rest == encode(last)


@pytest.mark.parametrize("data", [b"", b"\x93\x01", encode([1, 2]), encode("text"), b"\xc1"])
def test_what_is_no_list_of_so_many_values_is_damage(data):
    with pytest.raises(CorruptionError):
        split(data, 2)
