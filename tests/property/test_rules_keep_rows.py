"""Optimised and unoptimised plans give the same rows, for statements made of clauses of every kind."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import QueryError
from neuralgraph.query.planning.access_paths import AccessPaths
from tests.support.dict_graph import DictGraph
from tests.unit.query.planning.running import bag, rows

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

NODES = ("(a)", "(a:A)", "(a:B {x: 1})", "(a:A WHERE a.x > 0)", "(a:A|B)")
STEPS = (
    "-->(b)",
    "<-[:S]-(b:A)",
    "-[r:T]-(b)",
    "-[:S|T*1..2]->(b)",
    "-[:S]->(m)-[:T]->(b)",
    "-[:S]->(m)<-[:S]-(b:B)",
    " ((k)-[:S]->(l) WHERE k.x <= l.x){0,2} (b)",
    " ((k)-[]->(l)-[:T]->(o)){1,2} (b)",
)
PREDICATES = (
    "true",
    "a.x = 1",
    "a.x > 0 AND b.id < 3",
    "a.x IN [0, 2] OR b.x = 1",
    "a.name STARTS WITH 'n1'",
    "a.x >= 0 AND a.x < 2",
    "EXISTS { (a)-[:S]->(:B) }",
    "NOT EXISTS { MATCH (a)-->(z) WHERE z.x = b.x RETURN z }",
    "COUNT { (b)<--() } > 0",
    "a.id = b.id",
    "a:A AND b:B",
    "a.x = 1 OR a.name = 'n2'",
    "a:A OR a.x = b.x OR a.name = b.name",
    "(b:A OR b:B) AND (b.x = 1 OR b.name STARTS WITH 'n')",
    "(a)-[:T]-(b)",
    "any(v IN COLLECT { MATCH (a)-->(z) RETURN z.x } WHERE v > 0)",
)
MIDDLES = (
    "",
    "WITH a, b WHERE a.x <= b.x",
    "WITH a, b, a.x AS y WHERE y = 1 AND b.x IS NOT NULL",
    "WITH b AS a, a AS b WHERE a.x = 1 OR b:B",
    "WITH a, b WITH * WHERE a.x IN [0, 1]",
    "WITH *, a.x + 1 AS z WHERE z > 1 AND a.x < 2",
    "WITH DISTINCT a, b",
    "WITH DISTINCT b AS a, a AS b",
    "WITH a, b, count(*) AS n",
    "WITH b, collect(a) AS many UNWIND many AS a WITH a, b",
    "OPTIONAL MATCH (b)-[q:T]->(c:A)",
    "OPTIONAL MATCH (b)-->(c) WHERE c.x > a.x WITH DISTINCT a, b",
    "MATCH (a)-[:S]->(c) WITH DISTINCT a, b, c.x AS y",
    "UNWIND [1, 2, 2] AS u WITH a, b, u WHERE u > a.x",
    "CALL (a) { MATCH (a)-->(d) RETURN count(d) AS n } WITH *",
    "CALL (a, b) { RETURN a.x AS v UNION RETURN b.x AS v } WITH *",
    "CALL { MATCH (d:B) RETURN max(d.x) AS top } WITH *",
    "FILTER a.id <> b.id",
    "ORDER BY a.id, b.id LIMIT 3",
)
ENDS = (
    "RETURN a.id, b.id",
    "RETURN DISTINCT b.id",
    "RETURN count(*)",
    "RETURN count(DISTINCT b), sum(a.x)",
    "RETURN a.x AS x, count(*) AS n, min(b.id) AS low",
    "RETURN DISTINCT a, b",
    "RETURN a.id AS i, b.id AS j ORDER BY j DESC, i SKIP 1 LIMIT 3",
    "RETURN CASE a.x WHEN > 0, IS NULL THEN 'p' ELSE 'n' END AS c, collect(b.id) AS l",
    "RETURN [(a)-[:S]->(z) | z.id] AS zs, a {.x, me: b.id} AS m",
    "RETURN count { (a)-[:S]->()-->() } AS paths, b.id",
)
ORDERS = (
    "MATCH (a:B) RETURN a.x AS x ORDER BY x",
    "MATCH (a:B) WHERE a.x >= 0 RETURN a.x AS x ORDER BY x DESC",
    "MATCH (a:B) WHERE a.x > 0 RETURN a.x AS x ORDER BY a.x DESC LIMIT 2",
    "MATCH (a:B) RETURN a.x AS x ORDER BY a.x LIMIT 2",
    "MATCH (a:B) WHERE a.x IS NOT NULL RETURN a.x AS x ORDER BY a.x LIMIT 2",
    "MATCH (a:B) WHERE a.x IS NOT NULL RETURN a.x AS x ORDER BY a.x DESC LIMIT 2",
    "MATCH (a:B) RETURN a.x AS x ORDER BY x DESC LIMIT 2",
    "MATCH (a:B) RETURN a.x AS x ORDER BY x SKIP 1 LIMIT 2",
    "MATCH (a:B) WITH a ORDER BY a.x LIMIT 3 RETURN a.x",
)


@st.composite
def graphs(draw: st.DrawFn) -> DictGraph:
    graph = DictGraph()
    count = draw(st.integers(1, 5))
    for number in range(count):
        labels = draw(st.lists(st.sampled_from(("A", "B")), unique=True))
        properties = {"id": number, "name": f"n{number}"}
        value = draw(st.sampled_from((0, 1, 2, None)))
        graph.create_node(labels, properties if value is None else {**properties, "x": value})
    for _ in range(draw(st.integers(0, 8))):
        ends = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        graph.create_edge(draw(st.sampled_from(("S", "T"))), *ends, {})
    if draw(st.booleans()):
        graph.create_index(IndexDefinition("x", "range", "node", ("B",), ("x",)))
        graph.create_index(IndexDefinition("n", "range", "node", ("A",), ("name",)))
    return graph


@st.composite
def statements(draw: st.DrawFn) -> str:
    text = f"MATCH {draw(st.sampled_from(NODES))}{draw(st.sampled_from(STEPS))}"
    text += f" WHERE {draw(st.sampled_from(PREDICATES))}"
    for middle in draw(st.lists(st.sampled_from(MIDDLES), max_size=2, unique=True)):
        text += f" {middle}"
    return f"{text} {draw(st.sampled_from(ENDS))}"


def outcome(graph: DictGraph, text: str, *, optimise: bool) -> list[str]:
    try:
        return bag(rows(graph, text, optimise=optimise))
    except QueryError as error:
        return [type(error).__name__, error.detail]


@SETTINGS
@given(graphs(), statements())
def test_rules_keep_the_rows_of_any_statement(graph: DictGraph, text: str) -> None:
    assert outcome(graph, text, optimise=True) == outcome(graph, text, optimise=False), text


@mock.patch("neuralgraph.query.planning.access_paths.CHOICE_FACTOR", 0)
@SETTINGS
@given(graphs(), statements())
def test_rules_keep_the_rows_where_alternatives_are_found_one_by_one(
    graph: DictGraph, text: str
) -> None:
    with mock.patch.object(AccessPaths, "_by_any", return_value=None):
        expected = outcome(graph, text, optimise=False)
    assert outcome(graph, text, optimise=True) == expected, text


@SETTINGS
@given(graphs(), statements(), statements(), st.sampled_from(("UNION", "UNION ALL")))
def test_rules_keep_the_rows_of_a_union(graph: DictGraph, one: str, other: str, union: str) -> None:
    ends = " RETURN a.id AS i, count(*) AS n"
    text = (
        one[: one.rindex("RETURN")] + ends + f" {union} " + other[: other.rindex("RETURN")] + ends
    )
    assert outcome(graph, text, optimise=True) == outcome(graph, text, optimise=False), text


@pytest.mark.parametrize("text", ORDERS)
@SETTINGS
@given(graph=graphs())
def test_an_order_from_an_index_is_the_order_of_a_sort(text: str, graph: DictGraph) -> None:
    assert rows(graph, text) == rows(graph, text, optimise=False)
