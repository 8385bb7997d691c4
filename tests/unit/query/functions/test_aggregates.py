"""Aggregates: one pass over many groups gives what each group alone would."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.errors import QueryArgumentError, QueryArithmeticError, QueryTypeError
from neuralgraph.query.functions.aggregates import AGGREGATES
from neuralgraph.values import Column, Duration, Kind, NodeRef, order_key

BY_NAME = {aggregate.name: aggregate for aggregate in AGGREGATES}


def aggregate(name, values, *more, kind=None):
    column = Column.of_values(values) if kind is None else Column.of_list(kind, values)
    accumulator = BY_NAME[name].make()
    arguments = [column, *(Column.of_values([value] * len(values)) for value in more)]
    accumulator.add(np.zeros(len(values), np.int64), 1, arguments)
    return accumulator.finish(1).to_list()[0]


def test_count_passes_over_null():
    assert aggregate("count", [1, None, 2]) == 2
    assert aggregate("count", [None, "a", [1]]) == 2


def test_count_of_rows_needs_no_argument():
    accumulator = BY_NAME["count"].make()
    accumulator.add(np.array([0, 0, 0]), 1, [])
    accumulator.add(np.array([0, 2, 2]), 3, [])
    assert accumulator.finish(4).to_list() == [4, 0, 2, 0]


def test_sums_keep_their_type():
    assert aggregate("sum", [33, None, 42]) == 75
    assert aggregate("sum", [1, 2.5]) == 3.5
    assert aggregate("sum", []) == 0
    assert aggregate("sum", [Duration(1, 2), Duration(0, 3)]) == Duration(1, 5)
    assert type(aggregate("sum", [1] * 100)) is int


def test_sum_of_large_integers_is_exact_and_never_wraps():
    assert aggregate("sum", [2**62, -(2**62), 2**62] * 40 + [-(2**62)] * 40) == 0
    with pytest.raises(QueryArithmeticError):
        aggregate("sum", [2**62] * 100)
    with pytest.raises(QueryArithmeticError):
        aggregate("sum", [2**63 - 1, 1])


def test_what_cannot_be_added_up_is_a_type_error():
    with pytest.raises(QueryTypeError):
        aggregate("sum", ["a"])
    with pytest.raises(QueryTypeError):
        aggregate("avg", [1, Duration(1)])


def test_mean_of_nothing_is_null():
    assert aggregate("avg", [None]) is None
    assert aggregate("avg", [1, 2]) == 1.5
    assert aggregate("avg", [Duration(0, 1), Duration(0, 2)]) == Duration(0, 1, 43_200)


def test_extremes_follow_the_total_order():
    assert aggregate("max", [1, "a", None, [1, 2], 0.2, "b"]) == 1
    assert aggregate("min", [1, "a", None, [1, 2], 0.2, "b"]) == [1, 2]
    assert aggregate("max", ["a", "b", "B", None, "abc", "abc1"]) == "b"
    assert aggregate("min", [1, 2.0, 5, None, 3.2, 0.1]) == 0.1
    assert math.isnan(aggregate("max", [1.0, math.nan]))
    assert aggregate("min", [1.0, math.nan]) == 1.0
    assert aggregate("min", []) is None


def test_collect_wraps_entities():
    assert aggregate("collect", [3, None], kind=Kind.NODE) == [NodeRef(3)]


def test_percentiles():
    assert aggregate("percentileDisc", [10.0, 20.0, 30.0], 0.5) == 20.0
    assert aggregate("percentileDisc", [10.0, 20.0, 30.0], 0.0) == 10.0
    assert aggregate("percentileDisc", [10, 20, 30], 1.0) == 30
    assert aggregate("percentileCont", [10, 20], 0.25) == 12.5
    assert aggregate("percentileCont", [None], 0.25) is None
    for bad in (1000, -1, 1.1, None):
        with pytest.raises(QueryArgumentError) as error:
            aggregate("percentileCont", [10.0], bad)
        assert error.value.detail == "NumberOutOfRange"


def test_deviation_keeps_the_digits_of_large_numbers():
    values = [1e9 + step for step in range(10)]
    assert math.isclose(aggregate("stDev", values), statistics.stdev(values))
    assert math.isclose(aggregate("stDevP", values), statistics.pstdev(values))
    assert aggregate("stDev", [5]) == 0.0


ELEMENTS = {
    "ints": st.one_of(st.none(), st.integers(-1000, 1000)),
    "floats": st.one_of(st.none(), st.floats(-100, 100)),
    "mixed": st.one_of(st.none(), st.integers(-5, 5), st.sampled_from([0.5, 2.5])),
}
EXPECTED = {
    "count": len,
    "sum": sum,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, key=order_key, default=None),
    "max": lambda values: max(values, key=order_key, default=None),
    "collect": list,
    "stDevP": lambda values: statistics.pstdev(values) if len(values) > 1 else 0.0,
}


@pytest.mark.parametrize("name", list(EXPECTED))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_groups_do_not_disturb_each_other(name, data):
    accumulator = BY_NAME[name].make()
    members: dict[int, list] = {}
    limit = 1
    for _ in range(data.draw(st.integers(0, 3))):
        limit = max(limit, data.draw(st.integers(1, 4)))
        elements = ELEMENTS[data.draw(st.sampled_from(list(ELEMENTS)))]
        rows = data.draw(st.lists(st.tuples(st.integers(0, limit - 1), elements), max_size=8))
        column = Column.of_values([value for _, value in rows])
        accumulator.add(np.array([group for group, _ in rows], np.int64), limit, [column])
        for group, value in rows:
            if value is not None:
                members.setdefault(group, []).append(value)
    found = accumulator.finish(limit).to_list()
    for group in range(limit):
        expected = EXPECTED[name](members.get(group, []))
        if isinstance(expected, float):
            assert math.isclose(found[group], expected, rel_tol=1e-9, abs_tol=1e-6)
        else:
            assert found[group] == expected
            assert type(found[group]) is type(expected)
