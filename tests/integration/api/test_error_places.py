"""Errors at run time show their place, also where the plan was made for other literals."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import AccessModeError, QueryError


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(0, 200) AS i CREATE (:N {i: i, name: 'n' + i})")
        graph.execute("CREATE INDEX FOR (n:Indexed) ON (n.i)")
        graph.register_procedure(
            "t.fails(x :: INTEGER) :: (y :: INTEGER)", lambda x: [(1 // (x - x),)]
        )
        yield graph


def marked(graph, text):
    """The part of the text that the caret line underlines."""
    with pytest.raises(QueryError) as caught:
        graph.execute(text).consume()
    lines = str(caught.value).splitlines()
    start, end = lines[-1].index("^"), lines[-1].rindex("^") + 1
    return lines[-2][start:end]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("WITH 0 AS x RETURN 5 + 1 / x AS y", "1 / x"),
        ("MATCH (n:N) RETURN 7 % n.i AS y", "7 % n.i"),
        ("MATCH (n:N) WHERE 10 / n.i > 2 RETURN n", "10 / n.i"),
        ("WITH [1] AS x RETURN toInteger(x) AS y", "toInteger(x)"),
        ("UNWIND [1, 0] AS x CREATE (:T {i: 6 / x})", "6 / x"),
        ("MATCH (n:N) RETURN 1 + sum(n.name) AS y", "sum(n.name)"),
        ("MATCH (n:N) RETURN n.i % 2 AS g, percentileCont(n.i, 2) AS p", "percentileCont(n.i, 2)"),
        ("MATCH (n:N) RETURN max(1 / n.i)", "1 / n.i"),
        ("WITH {a: {b: 1}} AS m UNWIND [m] AS x RETURN x.a.b.c", "x.a.b.c"),
        ("UNWIND [[1], 2] AS x RETURN x[0] AS y", "x[0]"),
        ("UNWIND [[1], 2] AS x RETURN x[..1] AS y", "x[..1]"),
        ("MATCH (n:N) RETURN n.i LIMIT toInteger(1.5) - 3", "toInteger(1.5) - 3"),
        ("MATCH (n:N) RETURN n.i ORDER BY n.i SKIP 1 - 3 LIMIT 2", "1 - 3"),
        ("MATCH (n:N) DELETE n RETURN n.i", "n.i"),
        ("MATCH (n:N) DELETE n RETURN n[n.name]", "n.name"),
        ("MATCH (n:N) WHERE n.i = 1 / 0 RETURN n", "1 / 0"),
        ("MATCH (n:Indexed) WHERE n.i = 1 / 0 RETURN n", "1 / 0"),
        ("MATCH (n:Indexed) WHERE n.i > 1 % 0 RETURN n", "1 % 0"),
        ("MERGE (n:Indexed {i: 1 / 0})", "1 / 0"),
        ("RETURN 1 IS :: INTEGR", "1 IS :: INTEGR"),
        ("LOAD CSV FROM 'http://x/y.csv' AS r RETURN r", "'http://x/y.csv'"),
        ("LOAD CSV FROM 'file:///nothing.csv' AS r RETURN r", "'file:///nothing.csv'"),
        ("DROP INDEX nope", "DROP INDEX nope"),
        ("DROP CONSTRAINT nope", "DROP CONSTRAINT nope"),
        ("UNWIND [1] AS x CALL t.fails(x) YIELD y RETURN y", "CALL t.fails(x) YIELD y"),
        ("USE nosuchdb RETURN 1", "USE nosuchdb"),
    ],
)
def test_the_place_of_an_error_at_run_time(graph, text, place):
    assert marked(graph, text) == place


def test_the_place_is_that_in_the_text_that_ran(graph):
    shape = "MATCH (n:N) WHERE n.name <> '{}' AND n.i >= {} RETURN 1 + {} / n.i AS y"
    assert marked(graph, shape.format("a", 0, 5)) == "5 / n.i"
    assert marked(graph, shape.format("a longer name", 0, 5_000)) == "5000 / n.i"
    assert marked(graph, shape.format("", 0, 7)) == "7 / n.i"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("RETURN 1 + $missing AS x", "$missing"),
        ("MATCH (n:N) WHERE n.name = 'short' RETURN n.i + $b, $a", "$b"),
        ("MATCH (n:N) WHERE n.name = 'another and longer' RETURN n.i + $b, $a", "$b"),
        ("MATCH (n:N) WHERE n.i IN $ids SET n.i = $x", "$ids"),
    ],
)
def test_a_parameter_without_a_value_shows_where_it_stands(graph, text, place):
    assert marked(graph, text) == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("MATCH (n) SET n.x = 1", "SET n.x = 1"),
        ("MATCH (n) CALL (n) { CREATE (:M) } RETURN n", "CREATE (:M)"),
        ("CREATE INDEX FOR (n:M) ON (n.x)", "CREATE INDEX FOR (n:M) ON (n.x)"),
    ],
)
def test_what_changes_something_is_shown_where_only_reading_is_allowed(graph, text, place):
    with pytest.raises(AccessModeError) as caught:
        graph.execute(text, access="read")
    assert (caught.value.phase, caught.value.detail) == ("compile time", "ReadOnly")
    assert str(caught.value).splitlines()[-1].count("^") == len(place)
    assert caught.value.column == text.index(place) + 1
