"""What subqueries see of the query round them, behind every kind of WITH, and what they may not name anew."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import QuerySyntaxError


@pytest.fixture(scope="module")
def graph():
    graph = neuralgraph.open()
    graph.execute("CREATE (a:P {n: 1})-[:K]->(b:P {n: 2}), (a)-[:K]->(:P {n: 3})")
    return graph


def _values(graph, query: str) -> list[object]:
    return [next(iter(record.values())) for record in graph.execute(query)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("MATCH (a)-[:K]->(b) WITH count(b) AS c RETURN c + a.n AS k", [3, 2, 3]),
        ("MATCH (a)-[:K]->(b) WITH b.n AS m, count(b) AS c RETURN m * 10 + a.n AS k", [21, 31]),
        ("MATCH (a)-[:K]->(b) WITH max(b.n) AS m WHERE m > a.n RETURN m AS k", [3]),
        ("MATCH (b) WITH DISTINCT b.n AS m ORDER BY m * -a.n LIMIT 1 RETURN m + a.n AS k", [4, 5, 6]),
        ("MATCH (b) WITH b.n AS m, count(*) AS c ORDER BY -m * a.n SKIP 1 LIMIT 1 RETURN m + a.n AS k",
         [3, 4, 5]),
        ("MATCH (b) WITH b ORDER BY b.n DESC SKIP 2 RETURN a.n + b.n AS k", [2, 3, 4]),
        ("MATCH (b) WITH count(*) AS c WITH c + 1 AS d WITH sum(d) AS e RETURN a.n + e AS k", [5, 6, 7]),
        ("MATCH (a)-[:K]->(b) WITH a, count(b) AS c RETURN c + a.n AS k", [3]),
        ("MATCH (b) WITH *, count(*) AS c RETURN DISTINCT a.n + c AS k", [2, 3, 4]),
        ("MATCH (a)-[:K]->(b) WITH collect(b) AS bs UNWIND bs AS b RETURN a.n * b.n AS k", [2, 3]),
        ("WITH count(*) AS c RETURN c + a.n AS k UNION ALL WITH 5 AS c RETURN c + a.n AS k",
         [2, 6, 3, 7, 4, 8]),
        ("WITH count(*) AS c CALL (a, c) { WITH max(c) AS m RETURN m + a.n AS x } RETURN x AS k",
         [2, 3, 4]),
        ("CALL (a) { WITH count(*) AS c RETURN a.n + c AS x } WITH sum(x) AS s RETURN s + a.n AS k",
         [3, 5, 7]),
        ("WITH count(*) AS c MATCH (a)-[:K]->(b) WHERE b.n > c RETURN b.n AS k", [2, 3]),
        ("WITH count(*) AS c RETURN COUNT { (a)-[:K]->() } + c AS k", [3, 1, 1]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("imports", ["a", "*"])
def test_an_imported_variable_stays_behind_every_with(graph, imports, body, expected):
    query = f"MATCH (a:P) WITH a ORDER BY a.n CALL ({imports}) {{ {body} }} RETURN k"
    assert sorted(_values(graph, query)) == sorted(expected)


def test_an_imported_variable_stays_when_the_subquery_writes():
    graph = neuralgraph.open()
    graph.execute(
        "UNWIND [1, 2] AS x CALL (x) { CREATE (n:N) WITH count(n) AS c CREATE (:M {x: x, c: c}) }"
    )
    assert sorted(_values(graph, "MATCH (m:M) RETURN m.x * 10 + m.c")) == [11, 21]


def test_an_imported_variable_stays_in_portions():
    graph = neuralgraph.open()
    graph.execute(
        "UNWIND [1, 2] AS x"
        " CALL (x) { WITH count(*) AS c CREATE (:M {x: x, c: c}) } IN TRANSACTIONS OF 1 ROW"
    )
    assert sorted(_values(graph, "MATCH (m:M) RETURN m.x * 10 + m.c")) == [11, 21]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("COUNT { MATCH (a)-->(b) WITH b, count(*) AS c WHERE c = 1 AND b.n > a.n + 1 RETURN b }", [1, 0, 0]),
        ("COLLECT { MATCH (b) WITH count(*) AS c RETURN c + a.n }", [[4], [5], [6]]),
        ("COLLECT { MATCH (b) WITH 1 AS x RETURN DISTINCT a.n + x }", [[2], [3], [4]]),
        ("COLLECT { MATCH (b) RETURN DISTINCT b.n AS m ORDER BY m * -a.n }", [[3, 2, 1]] * 3),
        ("EXISTS { MATCH (b) WITH count(*) AS c WHERE c = a.n RETURN c }", [False, False, True]),
    ],
)  # fmt: skip
def test_what_an_expression_subquery_sees_stays_behind_every_with(graph, query, expected):
    query = f"MATCH (a:P) WITH a ORDER BY a.n RETURN {query} AS k"
    assert _values(graph, query) == expected


@pytest.mark.parametrize(
    "body",
    [
        "WITH 1 AS a RETURN a AS k",
        "WITH count(*) AS a RETURN a AS k",
        "UNWIND [1] AS a RETURN a AS k",
        "WITH a.n AS x, 2 AS a RETURN x AS k",
        "RETURN 1 AS a",
        "WITH 1 AS x RETURN x AS k UNION WITH 1 AS a RETURN a AS k",
        "CALL db.labels() YIELD label AS a RETURN a AS k",
        "CALL () { RETURN 1 AS a } RETURN 1 AS k",
    ],
)
@pytest.mark.parametrize("imports", ["a", "*"])
def test_an_imported_variable_cannot_be_named_anew(graph, imports, body):
    with pytest.raises(QuerySyntaxError) as caught:
        graph.execute(f"MATCH (a:P) CALL ({imports}) {{ {body} }} RETURN 1")
    assert caught.value.detail == "VariableAlreadyBound"


def test_an_expression_subquery_cannot_shadow_by_with(graph):
    with pytest.raises(QuerySyntaxError) as caught:
        graph.execute("MATCH (a:P) RETURN COLLECT { WITH 1 AS a RETURN a }")
    assert caught.value.detail == "VariableAlreadyBound"


def test_what_with_imports_is_dropped_and_named_anew(graph):
    assert _values(graph, "MATCH (a:P) CALL { WITH a WITH 1 AS x RETURN x } RETURN x") == [1, 1, 1]
    query = "MATCH (a:P) CALL { WITH a WITH a.n AS a RETURN a AS k } RETURN k ORDER BY k"
    assert _values(graph, query) == [1, 2, 3]


def test_an_aggregate_inside_a_subquery_is_its_own(graph):
    query = "MATCH (a:P) RETURN COLLECT { MATCH (b) RETURN count(*) } AS k"
    assert _values(graph, query) == [[3], [3], [3]]
    query = "MATCH (a:P) RETURN count(*) + size(COLLECT { MATCH (b) RETURN count(*) }) AS k"
    assert _values(graph, query) == [4]
    query = "MATCH (a:P) WITH a ORDER BY COLLECT { MATCH (b) RETURN count(*) } RETURN count(a)"
    assert _values(graph, query) == [3]


def test_a_subquery_beside_an_aggregate_depends_on_keys_only(graph):
    query = "MATCH (a:P) RETURN a AS b, a.n AS a, count(*) + COUNT { (a)-->() } AS x ORDER BY x"
    assert [record["x"] for record in graph.execute(query)] == [1, 1, 3]
    for loose in ("COUNT { (a)-->() }", "size([(a)-->(b) | b])"):
        with pytest.raises(QuerySyntaxError) as caught:
            graph.execute(f"MATCH (a:P) RETURN count(*) + {loose}")
        assert caught.value.detail == "AmbiguousAggregationExpression"


def test_where_behind_groups_may_repeat_what_a_column_stands_for(graph):
    query = "MATCH (a:P) WITH a.n AS m, count(*) AS c WHERE a.n > 1 AND count(*) = 1 RETURN m ORDER BY m"
    assert _values(graph, query) == [2, 3]
    assert _values(graph, "MATCH (a:P) WITH DISTINCT a.n AS m WHERE a.n > 2 RETURN m") == [3]
