"""Equality, comparison and the total order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.values import (
    Column,
    Date,
    DateTime,
    Duration,
    EdgeRef,
    Kind,
    LocalTime,
    NodeRef,
    PathRef,
    Point,
    compare,
    equality_key,
    equals,
    order_key,
    sort_rows,
)
from neuralgraph.values.ordering import dense_ranks

ASCENDING = [
    {"a": 1}, NodeRef(1), EdgeRef(1), ["a"], PathRef((1,), ()), Point(7203, (1.0, 2.0)),
    DateTime(1, 1, 0), Date(1), LocalTime(5), Duration(1), b"x", "", "text", False, True, -1, 1.5, 2,
    math.inf, math.nan, None,
]  # fmt: skip


def test_types_stand_in_their_order():
    keys = [order_key(value) for value in ASCENDING]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_lists_order_by_their_elements():
    expected = [[], ["a"], ["a", 1], [1], [1, "a"], [1, None], [None, 1], [None, 2]]
    lists = expected[::-1]
    lists.sort(key=order_key)
    assert lists == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, True), (True, 1, False), ("1", 1, False), (None, None, None), (math.nan, math.nan, False),
        ([1, None], [1, 2], None), ([1, None], [2, None], False), ([1], [1, None], False),
        ({"k": 1}, {"k": None}, None), ({"k": None}, {}, False), ([[1]], [[1.0]], True),
        (NodeRef(1), EdgeRef(1), False), (NodeRef(1), NodeRef(1), True),
        (2**53 + 1, float(2**53), False), (Date(1), LocalTime(1), False),
    ],
)  # fmt: skip
def test_equality(left, right, expected):
    assert equals(left, right) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 3.14, -1), ("a", "b", -1), (1, "a", None), (None, 1, None), (math.nan, 1, None),
        ([1, 0], [1], 1), ([1, 2], [1, None], None), ([1, 2], [3, None], -1), (False, True, -1),
        ({}, {}, None), (Date(1), Date(2), -1), (Duration(1), Duration(0, 30), None),
    ],
)  # fmt: skip
def test_comparison(left, right, expected):
    assert compare(left, right) == expected


def test_equivalence():
    assert equality_key(1) == equality_key(1.0)
    assert equality_key(True) != equality_key(1)
    assert equality_key(math.nan) == equality_key(float("nan"))
    assert equality_key([1, {"a": None}]) == equality_key([1.0, {"a": None}])
    assert equality_key([1]) != equality_key([[1]])
    assert equality_key([True]) != equality_key([1])
    assert equality_key(None) is None


SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, math.nan]),
    st.sampled_from(["", "a", "b"]), st.builds(Date, st.integers(0, 2)),
)  # fmt: skip
MIXED = st.recursive(SIMPLE, lambda inner: st.lists(inner, max_size=2), max_leaves=4)


@given(MIXED, MIXED)
def test_the_relations_agree(left, right):
    same = equality_key(left) == equality_key(right)
    assert (order_key(left) == order_key(right)) is same
    if equals(left, right):
        assert same
    sign = compare(left, right)
    if sign is not None:
        assert (order_key(left) > order_key(right)) - (order_key(left) < order_key(right)) == sign


ELEMENTS = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(),
    Kind.TEXT: st.text(max_size=2),
    Kind.BOOLEAN: st.booleans(),
    Kind.NODE: st.integers(0, 5),
    Kind.ANY: SIMPLE,
}


@pytest.mark.parametrize("kind", list(ELEMENTS))
@given(data=st.data())
def test_sorting_many_rows_is_sorting_by_keys(kind, data):
    few = data.draw(st.lists(st.one_of(st.none(), ELEMENTS[kind]), min_size=1, max_size=6))
    items = few * 70
    descending = data.draw(st.booleans())
    column = Column.of_list(kind, items)
    second = Column.of_values(list(range(len(items))))
    expected = sorted(range(len(items)), key=lambda row: order_key(items[row]), reverse=descending)
    if kind == Kind.FLOAT:
        expected = sorted(range(len(items)), key=lambda row: order_key(items[row]),
                          reverse=descending)  # fmt: skip
    assert sort_rows([column], [descending]).tolist() == expected
    backwards = sort_rows([column, second], [descending, True]).tolist()
    assert [order_key(items[row]) for row in backwards] == [
        order_key(items[row]) for row in expected
    ]


def test_ranks_of_a_dictionary():
    dictionary = np.array(["b", "a", "c"], dtype=object)
    codes = np.array([0, 1, 2, 0], dtype=np.int32)
    column = Column.of_array(Kind.TEXT, codes, np.array([True, True, True, False]), dictionary)
    assert dense_ranks(column).tolist() == [1, 0, 2, 3]
