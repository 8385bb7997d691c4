"""Scalar functions by name: what they give, and how they fail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.errors import (
    EntityNotFoundError,
    QueryArgumentError,
    QueryArithmeticError,
    QueryError,
    QueryTypeError,
    SchemaError,
)
from neuralgraph.query.functions import (
    AggregateFunction,
    CallContext,
    Function,
    Registry,
    default_registry,
    slice_list,
    subscript,
)
from neuralgraph.query.functions.texts import float_text
from neuralgraph.query.functions.type_tests import is_of_type, value_type
from neuralgraph.values import Column, EdgeRef, Kind, NodeRef, PathRef, Point

REGISTRY = default_registry()
V32 = np.float32


class OneEdgeReader:
    """Node 0 (:A:B {name: 'x'}), node 1 without anything, edge 0 of type T from 0 to 1."""

    def node_exists(self, ids):
        return (ids >= 0) & (ids < 2)

    def edge_exists(self, ids):
        return ids == 0

    def node_labels(self, ids):
        return [("A", "B") if node_id == 0 else () for node_id in ids]

    def node_properties(self, ids):
        return [{"name": "x"} if node_id == 0 else {} for node_id in ids]

    def edge_properties(self, ids):
        return [{} for _ in ids]

    def node_values(self, ids, key):
        return [{"name": "x"}.get(key) if node_id == 0 else None for node_id in ids]

    def edge_types(self, ids):
        return Column.of_list(
            Kind.TEXT, ["T" if edge_id == 0 else None for edge_id in ids.tolist()]
        )

    def edge_endpoints(self, ids):
        return np.where(ids == 0, 0, -1), np.where(ids == 0, 1, -1)


CONTEXT = CallContext(reader=OneEdgeReader(), now_ns=0, random=lambda: 0.25)


def call(name, *arguments):
    function = REGISTRY.lookup(name)
    if function.null_in_null_out and any(value is None for value in arguments):
        return None
    return function.scalar(CONTEXT, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("id", (NodeRef(7),), 7),
        ("elementId", (EdgeRef(7),), "7"),
        ("labels", (NodeRef(0),), ["A", "B"]),
        ("labels", (NodeRef(1),), []),
        ("type", (EdgeRef(0),), "T"),
        ("keys", (NodeRef(0),), ["name"]),
        ("keys", ({"a": None, "b": 1},), ["a", "b"]),
        ("properties", ({"a": 1},), {"a": 1}),
        ("startNode", (EdgeRef(0),), NodeRef(0)),
        ("endNode", (EdgeRef(0),), NodeRef(1)),
        ("nodes", (PathRef((0, 1), (0,)),), [NodeRef(0), NodeRef(1)]),
        ("relationships", (PathRef((0, 1), (0,)),), [EdgeRef(0)]),
        ("length", (PathRef((0, 1), (0,)),), 1),
        ("size", ([1, 2],), 2),
        ("size", ("äö",), 2),
        ("head", ([],), None),
        ("last", ([1, 2],), 2),
        ("tail", ([1, 2],), [2]),
        ("reverse", ("abc",), "cba"),
        ("range", (10, -10, -3), [10, 7, 4, 1, -2, -5, -8]),
        ("range", (0, -1), []),
        ("coalesce", (None, 0, 1), 0),
        ("nullIf", (1, 1.0), None),
        ("isEmpty", ({},), True),
        ("toInteger", ("2.9",), 2),
        ("toInteger", (-2.9,), -2),
        ("toInteger", ("foo",), None),
        ("toInteger", (math.nan,), None),
        ("toFloat", ("1e3",), 1000.0),
        ("toFloat", ("1_000",), None),
        ("toBoolean", ("TRUE",), True),
        ("toBoolean", ("maybe",), None),
        ("toString", (1.0,), "1.0"),
        ("toString", (True,), "true"),
        ("toIntegerOrNull", ([],), None),
        ("toIntegerList", (["1", None, []],), [1, None, None]),
        ("toUpper", ("ß",), "SS"),
        ("left", ("abc", 2), "ab"),
        ("right", ("abc", 2), "bc"),
        ("right", ("abc", 0), ""),
        ("lTrim", ("  a ",), "a "),
        ("trim", ("xax", "x"), "a"),
        ("replace", ("aaa", "a", "b"), "bbb"),
        ("split", ("a,b;c", [",", ";"]), ["a", "b", "c"]),
        ("split", ("abc", ""), ["a", "b", "c"]),
        ("substring", ("hello", 1, 3), "ell"),
        ("substring", ("hello", 9), ""),
        ("normalize", ("\u0041\u030a",), "\u00c5"),
        ("abs", (-3,), 3),
        ("sign", (-0.5,), -1),
        ("ceil", (1.2,), 2.0),
        ("round", (2.5,), 3.0),
        ("round", (-1.5,), -1.0),
        ("round", (1.249, 1), 1.2),
        ("round", (-1.55, 1), -1.6),
        ("round", (1.25, 1, "HALF_EVEN"), 1.2),
        ("round", (1.5, 0, "DOWN"), 1.0),
        ("log", (0,), -math.inf),
        ("exp", (1000,), math.inf),
        ("haversin", (math.pi,), 1.0),
        ("atan2", (1, 1), math.pi / 4),
        ("rand", (), 0.25),
        ("point.distance", (Point(7203, (0.0, 0.0)), Point(7203, (3.0, 4.0))), 5.0),
        ("point.distance", (Point(7203, (0.0, 0.0)), Point(4326, (3.0, 4.0))), None),
        ("vector.similarity.cosine", ([1, 0], [0, 1]), 0.5),
        ("vector.similarity.euclidean", (np.array([1, 0], V32), [1.0, 0.0]), 1.0),
    ],
)  # fmt: skip
def test_results(name, arguments, expected):
    found = call(name, *arguments)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "detail"),
    [
        ("labels", (1,), QueryTypeError, "InvalidArgumentValue"),
        ("type", (NodeRef(0),), QueryTypeError, "InvalidArgumentValue"),
        ("labels", (NodeRef(9),), EntityNotFoundError, "DeletedEntityAccess"),
        ("properties", (NodeRef(9),), EntityNotFoundError, "DeletedEntityAccess"),
        ("startNode", (EdgeRef(9),), EntityNotFoundError, "DeletedEntityAccess"),
        ("toInteger", ([],), QueryTypeError, "InvalidArgumentValue"),
        ("toInteger", ("9223372036854775808",), QueryArithmeticError, "IntegerOverflow"),
        ("toFloat", (True,), QueryTypeError, "InvalidArgumentValue"),
        ("toBoolean", (1.0,), QueryTypeError, "InvalidArgumentValue"),
        ("toString", ([],), QueryTypeError, "InvalidArgumentValue"),
        ("range", (2, 8, 0), QueryArgumentError, "NumberOutOfRange"),
        ("range", (True, 8), QueryArgumentError, "InvalidArgumentType"),
        ("toUpper", (1,), QueryTypeError, "InvalidArgumentType"),
        ("left", ("a", -1), QueryArgumentError, "NumberOutOfRange"),
        ("abs", (-(2**63),), QueryArithmeticError, "IntegerOverflow"),
        ("point", ({"x": 1},), QueryArgumentError, "NumberOutOfRange"),
        ("point", ({"latitude": 91, "longitude": 0},), QueryArgumentError, "NumberOutOfRange"),
        ("size", (1,), QueryTypeError, "InvalidArgumentType"),
    ],
)  # fmt: skip
def test_failures(name, arguments, error, detail):
    with pytest.raises(error) as raised:
        call(name, *arguments)
    assert raised.value.detail == detail


def test_points():
    assert call("point", {"x": 1, "y": 2}) == Point(7203, (1.0, 2.0))
    assert call("point", {"latitude": 1, "longitude": 2, "height": 3}) == Point(
        4979, (2.0, 1.0, 3.0)
    )
    assert call("point", {"x": 1, "y": 2, "crs": "wgs-84"}) == Point(4326, (1.0, 2.0))
    assert call("point", {"x": 1, "y": None}) is None
    copenhagen = call("point", {"latitude": 55.66, "longitude": 12.59})
    malmo = call("point", {"latitude": 55.61, "longitude": 13.0})
    assert 26_000 < call("point.distance", copenhagen, malmo) < 27_000
    low, high = Point(4326, (170.0, 0.0)), Point(4326, (-170.0, 10.0))
    assert call("point.withinBBox", Point(4326, (180.0, 5.0)), low, high) is True
    assert call("point.withinBBox", Point(4326, (0.0, 5.0)), low, high) is False


def test_subscripts_and_slices():
    assert subscript([1, 2, 3], -1) == 3
    assert subscript([1, 2, 3], 3) is None
    assert subscript({"a": 1}, "a") == 1
    assert subscript(NodeRef(0), "name", CONTEXT.reader) == "x"
    assert slice_list([1, 2, 3], 1) == [2, 3]
    assert slice_list([1, 2, 3], -5, 5) == [1, 2, 3]
    assert slice_list([1, 2, 3], 3, 1) == []
    assert slice_list([1, 2, 3], None) is None
    for container, index in ((1, 0), ([1], "a"), ({"a": 1}, 0), ("text", 0), ([1], True)):
        with pytest.raises(QueryTypeError):
            subscript(container, index)


def test_float_text():
    expected = {1.0: "1.0", 0.001: "0.001", 1e-5: "1.0E-5", 1e10: "1.0E10", 12345678.5: "1.23456785E7",
                math.inf: "Infinity", -0.0: "-0.0", 1.5e300: "1.5E300"}  # fmt: skip
    assert {number: float_text(number) for number in expected} == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_float_text_reads_back(number):
    assert call("toFloat", float_text(number)) == number


def test_split_by_several_delimiters_looks_at_the_text_once():
    assert call("split", "xbab", ["ab", "b"]) == ["x", "", ""]
    assert call("split", "a,b;c", [",", ";"]) == ["a", "b", "c"]
    assert call("split", "abc", ["", "b"]) == ["a", "c"]


def test_normal_forms():
    assert call("isNormalized", "e\u0301", "NFD") is True
    assert call("isNormalized", "e\u0301") is False
    assert call("isNormalized", 1) is None


def test_types_of_values():
    assert value_type(1) == "INTEGER NOT NULL"
    assert value_type(None) == "NULL"
    assert value_type([1, "a"]) == "LIST<STRING NOT NULL | INTEGER NOT NULL> NOT NULL"
    assert value_type([1, None]) == "LIST<INTEGER> NOT NULL"
    assert value_type([]) == "LIST<NOTHING> NOT NULL"
    assert is_of_type(1, "INTEGER NOT NULL")
    assert is_of_type(None, "INTEGER")
    assert not is_of_type(None, "INT!")
    assert is_of_type([1, None], "LIST<INTEGER>")
    assert not is_of_type([1, None], "LIST<INTEGER NOT NULL>")
    assert is_of_type("a", "INTEGER NOT NULL | STRING NOT NULL")
    assert is_of_type(1, "ANY<INTEGER | FLOAT>")
    assert not is_of_type(NodeRef(1), "PROPERTY VALUE")
    with pytest.raises(QueryError):
        is_of_type(1, "INTEGRE")


@given(st.one_of(st.integers(), st.text(), st.lists(st.integers() | st.none() | st.booleans())))
def test_a_value_is_of_its_own_type(value):
    assert is_of_type(value, value_type(value))


def test_functions_are_found_whatever_the_case():
    assert REGISTRY.lookup("TOUPPER") is REGISTRY.lookup("toUpper")
    assert REGISTRY.lookup("upper") is REGISTRY.lookup("toUpper")
    assert isinstance(REGISTRY.lookup("Count"), AggregateFunction)
    assert REGISTRY.lookup("noSuchThing") is None
    assert "upper" not in REGISTRY.names()


def test_a_graph_adds_its_own_functions_without_touching_the_others():
    mine = Registry(parent=REGISTRY)
    mine.register(Function("my.twice", ("INTEGER",), "INTEGER", lambda _, value: 2 * value))
    assert mine.lookup("MY.TWICE") is not None
    assert REGISTRY.lookup("my.twice") is None
    assert "my.twice" in mine.names()
    with pytest.raises(SchemaError):
        mine.register(Function("abs", ("INTEGER",), "INTEGER", abs))


ARGUMENTS = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    Kind.FLOAT: st.floats(),
    Kind.TEXT: st.text(max_size=4) | st.sampled_from(["true", "1", "ß"]),
    Kind.BOOLEAN: st.booleans(),
    Kind.NODE: st.integers(0, 1),
    Kind.EDGE: st.just(0),
    Kind.ANY: st.lists(st.integers(0, 3), max_size=2) | st.integers(0, 3),
}
WITH_KERNELS = [
    REGISTRY.lookup(name)
    for name in REGISTRY.names()
    if getattr(REGISTRY.lookup(name), "kernel", None) is not None
]


def same(one, other):
    return type(one) is type(other) and (
        one == other or (one != one and other != other) or isinstance(one, list)
    )


@pytest.mark.parametrize("function", WITH_KERNELS, ids=lambda function: function.name)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_function_kernels_agree_with_scalars(function, data):
    if function.name.startswith("vector"):
        return
    kind = data.draw(st.sampled_from(list(ARGUMENTS)))
    count = data.draw(st.integers(0, 3))
    width = 2 if function.variadic else 1
    columns = [
        Column.of_list(kind, data.draw(
            st.lists(st.none() | ARGUMENTS[kind], min_size=count, max_size=count)))
        for _ in range(width)
    ]  # fmt: skip
    if data.draw(st.booleans()):
        columns = [Column.of_array(kind, column.array, column.valid) for column in columns]
    found = function.kernel(CONTEXT, *columns)
    if found is None:
        return
    rows = zip(*(column.to_values() for column in columns), strict=True)
    expected = [
        None if function.null_in_null_out and None in row else function.scalar(CONTEXT, *row)
        for row in rows
    ]
    assert all(same(a, b) for a, b in zip(found.to_values(), expected, strict=True))
    assert found.count == count


@given(st.lists(st.tuples(*[st.floats(-9, 9, width=32)] * 2), min_size=1, max_size=4))
def test_vector_kernels_agree_with_scalars(vectors):
    column = Column.of_list(Kind.VECTOR, [np.array(vector, V32) for vector in vectors])
    constant = Column.of_list(Kind.ANY, [[1, 2]])
    for name in ("cosine", "euclidean"):
        function = REGISTRY.lookup(f"vector.similarity.{name}")
        found = function.kernel(CONTEXT, column, constant).to_list()
        expected = [function.scalar(CONTEXT, item, [1, 2]) for item in column.to_list()]
        assert found == expected
