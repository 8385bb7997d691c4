"""What the Cypher manual of Neo4j 5 says of values, of what is refused, and of forms seldom written."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import (
    MemoryLimitError,
    QueryArgumentError,
    QueryError,
    QuerySyntaxError,
    QueryTypeError,
    SemanticError,
)

LINE = (
    "CREATE (a:A {n: 1}), (b:B {n: 2}), (c:C {n: 3}), (d:D {n: 4}), (a)-[:R {w: 1}]->(d),"
    " (a)-[:R {w: 5}]->(b), (b)-[:R {w: 5}]->(c), (c)-[:R {w: 5}]->(d)"
)


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        graph.execute(LINE)
        yield graph


def rows(graph, query, **parameters):
    return graph.execute(query, parameters).to_tuples()


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        ("SHORTEST 1 ((a:A)-[r:R]->+(d:D) WHERE all(x IN r WHERE x.w > 2))", 3),
        ("SHORTEST 1 ((a:A)-[r:R]->+(d:D) WHERE size(r) > 1)", 3),
        ("ANY ((a:A)-[r:R]->+(d:D) WHERE size(r) > 1)", 3),
        ("ALL SHORTEST ((a:A)-[r:R]->+(d:D) WHERE size(r) > 1)", 3),
        ("SHORTEST 1 GROUP ((a:A) ((x)-[r:R]->(y))+ (d:D) WHERE x[-1].n = 3)", 3),
        ("SHORTEST 1 ((a:A)-[r:R]->+(d:D) WHERE a.n < d.n)", 1),
    ],
)
def test_a_condition_inside_the_parentheses_is_asked_before_the_shortest_is_chosen(
    graph, pattern, length
):
    assert rows(graph, f"MATCH p = {pattern} RETURN length(p)") == [(length,)]


def test_a_condition_inside_may_be_about_the_path(graph):
    text = "MATCH SHORTEST 1 (p = (a:A)-[:R]->+(d:D) WHERE length(p) = 3) RETURN length(p)"
    assert rows(graph, text) == [(3,)]


def test_a_condition_behind_the_pattern_is_asked_of_the_shortest(graph):
    text = "MATCH p = SHORTEST 1 (a:A)-[r:R]->+(d:D) WHERE size(r) > 1 RETURN length(p)"
    assert rows(graph, text) == []


@pytest.mark.parametrize(
    ("match", "found"),
    [
        ("shortestPath((a:A)-[:R*]->(d:D)) WHERE length(p) > 1", [(4, 3)]),
        ("shortestPath((a:A)-[:R*..2]->(d:D)) WHERE length(p) > 1", []),
        ("shortestPath((a:A)-[:R*]->(d:D)) WHERE length(p) < 2", [(4, 1)]),
        ("shortestPath((a:A)-[:R*]->(d:D)) WHERE 1 > length(p)", []),
        ("shortestPath((a:A)-[:R*]->(d:D)) WHERE length(p) > 1 AND length(p) < 9", [(4, 3)]),
        ("shortestPath((a:A)-[:R*]->(d:D)) WHERE length(p) > 1 AND length(p) < 3", []),
        ("shortestPath((a:A)-[r:R*]->(d:D)) WHERE none(x IN r WHERE x.w < 2)", [(4, 3)]),
        ("shortestPath((a:A)-[r:R*]->(d:D)) WHERE all(x IN r WHERE x.w < 2)", [(4, 1)]),
        ("shortestPath((a:A)-[:R*]->(d)) WHERE any(x IN nodes(p) WHERE x:C)", [(3, 2), (4, 3)]),
        ("allShortestPaths((a:A)-[:R*]-(d)) WHERE length(p) = 2", [(3, 2), (3, 2)]),
        ("shortestPath((a:A)-[:R*]->(d)) WHERE length(p) > 1 AND d.n < 4", [(3, 2)]),
    ],
)
def test_a_shortest_path_is_the_shortest_for_which_the_conditions_hold(graph, match, found):
    text = f"MATCH p = {match} RETURN d.n, length(p) ORDER BY d.n, length(p)"
    assert rows(graph, text) == found
    text = f"MATCH (a:A) MATCH (d) MATCH p = {match.replace('(a:A)', '(a)')}"
    assert len(rows(graph, f"{text} RETURN 1 AS one")) == len(found)
    inside = f"EXISTS {{ MATCH p = {match.replace('(a:A)', '(a)')} RETURN p }}"
    assert rows(graph, f"MATCH (a:A) RETURN {inside}") == [(bool(found),)]


def test_a_shortest_path_is_not_sought_among_all_where_there_is_none(graph):
    graph.execute("CREATE (:Far)")
    # All paths among so many nodes could never be looked at.
    graph.execute("UNWIND range(1, 30) AS i CREATE (:Dense {i: i})")
    graph.execute("MATCH (x:Dense), (y:Dense) WHERE x.i < y.i CREATE (x)-[:R]->(y)")
    text = "MATCH p = shortestPath((x:Dense {i: 1})-[:R*]-(y:Far)) WHERE length(p) > 1 RETURN p"
    assert rows(graph, text) == []
    text = "MATCH p = shortestPath((x:Dense {i: 1})-[:R*]-(y:Dense {i: 9})) WHERE length(p) < 1 RETURN p"
    assert rows(graph, text) == []


@pytest.mark.parametrize("union", ["UNION", "UNION ALL", "UNION DISTINCT"])
def test_exists_with_a_union_needs_no_return(graph, union):
    inner = f"MATCH (n)-[:R]->(:C) {union} MATCH (other:D)<-[r:R {{w: 5}}]-(n)"
    text = f"MATCH (n) RETURN n.n, EXISTS {{ {inner} }} ORDER BY n.n"
    assert rows(graph, text) == [(1, False), (2, True), (3, True), (4, False)]
    text = f"MATCH (n) WHERE EXISTS {{ {inner} }} RETURN n.n ORDER BY n.n"
    assert rows(graph, text) == [(2,), (3,)]


def test_a_union_that_returns_nothing_writes_in_all_its_parts(graph):
    assert rows(graph, "CREATE (x:X) UNION CREATE (y:Y), (z:Y)") == []
    assert rows(graph, "MATCH (n:X|Y) RETURN labels(n)[0], count(*) ORDER BY labels(n)[0]") == [
        ("X", 1),
        ("Y", 2),
    ]
    text = "MATCH (a:A) CALL (a) { CREATE (x:Z) UNION CREATE (y:Z {n: a.n}) } RETURN a.n"
    assert rows(graph, text) == [(1,)]
    assert rows(graph, "MATCH (z:Z) RETURN count(z), count(z.n)") == [(2, 1)]


def test_all_in_an_aggregate_is_what_it_does_anyway(graph):
    text = "MATCH (n)-[r]->() RETURN count(ALL n), count(DISTINCT n), sum(ALL r.w), collect(all n.n)[0]"
    assert rows(graph, text) == [(4, 3, 16, 1)]
    text = (
        "WITH [1, 2] AS all RETURN size(all), size(all + [3]), 1 IN all, all(x IN all WHERE x > 0)"
    )
    assert rows(graph, text) == [(2, 3, True, True)]


@pytest.mark.parametrize(
    "text",
    [
        "CALL { RETURN 1 } RETURN 2",
        "MATCH (n) CALL { WITH n RETURN n.n } RETURN 1 AS one",
        "CALL () { RETURN 1 AS x UNION RETURN 1 } RETURN x",
    ],
)
def test_what_a_subquery_returns_is_named(graph, text):
    with pytest.raises(QuerySyntaxError) as caught:
        graph.execute(text)
    assert caught.value.detail == "NoExpressionAlias"


def test_a_union_of_types_says_not_null_of_all_or_none(graph):
    with pytest.raises(QuerySyntaxError, match="NOT NULL"):
        graph.execute("RETURN 1 IS :: INTEGER NOT NULL | FLOAT")
    assert rows(graph, "RETURN null IS :: INTEGER NOT NULL | FLOAT NOT NULL") == [(False,)]
    assert rows(graph, "RETURN null IS :: INTEGER | FLOAT") == [(True,)]


def test_merge_from_a_node_that_is_null_is_a_semantic_error(graph):
    with pytest.raises(SemanticError, match="null"):
        graph.execute("OPTIONAL MATCH (x:None) MERGE (x)-[:R]->(y) RETURN y")


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
def test_points_do_not_compare(graph, operator):
    text = f"RETURN point({{x: 1, y: 2}}) {operator} point({{x: 1, y: 3}})"
    assert rows(graph, text) == [(None,)]
    assert rows(graph, f"WITH point({{x: 1, y: 2}}) AS p RETURN p {operator} p, p = p") == [
        (None, True)
    ]


def test_points_are_put_in_order_nevertheless(graph):
    graph.execute("CREATE INDEX FOR (p:P) ON (p.at)")
    graph.execute("UNWIND [2, 3, 1] AS x CREATE (:P {at: point({x: x, y: 0})})")
    assert rows(graph, "MATCH (p:P) RETURN p.at.x ORDER BY p.at") == [(1.0,), (2.0,), (3.0,)]
    assert rows(graph, "MATCH (p:P) WHERE p.at > point({x: 0, y: 0}) RETURN count(p)") == [(0,)]
    inside = "point.withinBBox(p.at, point({x: 0, y: 0}), point({x: 2, y: 1}))"
    assert rows(graph, f"MATCH (p:P) WHERE {inside} RETURN count(p)") == [(2,)]


@pytest.mark.parametrize(
    "text",
    [
        "localtime({minute: 1})",
        "localtime({hour: 1, second: 2})",
        "time({hour: 1, minute: 2, nanosecond: 3})",
        "localdatetime({year: 2000, hour: 3})",
        "datetime({year: 2000, month: 2, hour: 3})",
        "datetime({year: 2000, week: 2, hour: 3})",
        "datetime({year: 2000, quarter: 2, hour: 3})",
        "datetime({year: 2000, month: 2, day: 3, minute: 4})",
        "date({year: 2000, day: 2})",
    ],
)
def test_a_smaller_part_of_a_moment_needs_the_larger_ones(graph, text):
    with pytest.raises(QueryArgumentError):
        graph.execute(f"RETURN {text}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("localtime({hour: 1, minute: 2})", "01:02"),
        ("localtime({time: localtime('12:31:14'), second: 5})", "12:31:05"),
        ("localtime({time: localtime('12:31:14'), nanosecond: 5})", "12:31:14.000000005"),
        ("localdatetime({year: 2000, month: 2, day: 3})", "2000-02-03T00:00"),
        ("localdatetime({year: 2000, ordinalDay: 3, hour: 4})", "2000-01-03T04:00"),
        ("localdatetime({date: date('2000-01-03'), hour: 4})", "2000-01-03T04:00"),
        ("localdatetime({year: 2000, week: 1, dayOfWeek: 1, hour: 4})", "2000-01-03T04:00"),
        ("localtime.truncate('minute', localtime('12:31:14'), {millisecond: 2})", "12:31:00.002"),
    ],
)
def test_the_smallest_parts_may_be_left_out(graph, text, shown):
    assert rows(graph, f"RETURN toString({text})") == [(shown,)]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("apoc.text.join($many, $long)", lambda: {"many": ["a"] * 1200, "long": "x" * 1_000_000}),
        ("replace($text, 'x', $long)", lambda: {"text": "x" * 2000, "long": "y" * 1_000_000}),
        (
            "apoc.text.replace($text, 'x', $long)",
            lambda: {"text": "x" * 20_000, "long": "y" * 100_000},
        ),
        ("normalize($text, NFKD)", lambda: {"text": "\ufdfa" * 30_000_000}),
        ("apoc.convert.toJson($many)", lambda: {"many": ["\x01" * 10_000_000] * 18}),
    ],
    ids=["join", "replace", "replace by a pattern", "normalize", "JSON"],
)
def test_a_text_that_is_too_large_is_refused_before_it_is_made(graph, text, given):
    with pytest.raises(MemoryLimitError):
        graph.execute(f"RETURN size({text})", given())


@pytest.mark.parametrize(
    ("text", "given", "size"),
    [
        ("normalize($text, NFKD)", {"text": "\ufdfa" * 70_000}, 18 * 70_000),
        ("normalize($text, NFC)", {"text": "e\u0301" * 70_000}, 70_000),
        ("normalize($text, NFD)", {"text": "é" * 70_000}, 140_000),
        ("apoc.convert.toJson($text)", {"text": '\x01"' * 70_000}, 8 * 70_000 + 2),
        ("apoc.text.join($many, ', ')", {"many": ["é"] * 70_000}, 3 * 70_000 - 2),
    ],
    ids=["longest", "composed", "decomposed", "JSON", "join"],
)
def test_large_texts_are_made_whole(graph, text, given, size):
    assert rows(graph, f"RETURN size({text})", **given) == [(size,)]


def test_an_error_of_the_statement_is_one_of_ours(graph):
    with pytest.raises(QueryError):
        graph.execute("MATCH (n) RETURN EXISTS { MATCH (n)-->() RETURN n UNION MATCH (n)<--() }")


def names(graph, what):
    return graph.execute(f"SHOW {what} YIELD name RETURN collect(name)").value()


def test_a_parameter_may_name_an_index_or_a_constraint(graph):
    graph.execute("CREATE TEXT INDEX $name IF NOT EXISTS FOR (n:A) ON n.text", name="texts")
    graph.execute("CREATE CONSTRAINT $name FOR (n:A) REQUIRE n.id IS UNIQUE", name="the ids")
    assert names(graph, "INDEXES") == ["texts", "the ids"]
    assert names(graph, "CONSTRAINTS") == ["the ids"]
    graph.execute("DROP INDEX $name", name="texts")
    graph.execute("DROP INDEX $name IF EXISTS", name="texts")
    graph.execute("DROP CONSTRAINT $name", name="the ids")
    assert names(graph, "INDEXES") == names(graph, "CONSTRAINTS") == []
    with pytest.raises(QueryError, match="string"):
        graph.execute("CREATE INDEX $name FOR (n:A) ON (n.k)", name=5)
    with pytest.raises(QueryError, match=r"\$name"):
        graph.execute("DROP INDEX $name")


def test_options_of_a_constraint_are_those_of_its_index(graph):
    options = "OPTIONS {indexProvider: 'range-1.0'}"
    graph.execute(f"CREATE CONSTRAINT one FOR (n:A) REQUIRE n.k IS UNIQUE {options}")
    graph.execute(f"CREATE CONSTRAINT two FOR (n:M) REQUIRE (n.k, n.l) IS NODE KEY {options}")
    assert names(graph, "CONSTRAINTS") == ["one", "two"]
    with pytest.raises(QueryError) as caught:
        graph.execute("CREATE CONSTRAINT FOR (n:A) REQUIRE n.l IS UNIQUE OPTIONS {indexProvder: 1}")
    assert caught.value.hint == "indexProvider"
    with pytest.raises(QuerySyntaxError, match="OPTIONS"):
        graph.execute(f"CREATE CONSTRAINT FOR (n:A) REQUIRE n.l IS NOT NULL {options}")


@pytest.mark.parametrize(
    "text",
    ["left('a', null)", "right('a', null)", "substring('a', null)", "substring('a', 0, null)"],
)
def test_how_many_characters_is_not_null(graph, text):
    with pytest.raises(QueryTypeError):
        graph.execute(f"RETURN {text}")


def test_a_part_of_null_is_null(graph):
    text = "UNWIND ['abc', null] AS s RETURN left(s, 1), right(s, 2), substring(s, 1), substring(s, 1, 1)"
    assert rows(graph, text) == [("a", "bc", "bc", "b"), (None, None, None, None)]
    text = "RETURN left(null, null), right(null, null), substring(null, null, null)"
    assert rows(graph, text) == [(None, None, None)]


def test_transactions_say_of_which_database(graph):
    text = "SHOW TRANSACTIONS YIELD database, currentQuery WHERE currentQuery STARTS WITH 'SHOW'"
    assert rows(graph, text) == [("neo4j", text)]


def test_a_longer_path_is_sought_among_the_short_ones_first(graph):
    # All paths among so many nodes could never be looked at; those of length 2 can.
    graph.execute("UNWIND range(1, 30) AS i CREATE (:Dense {i: i})")
    graph.execute("MATCH (x:Dense), (y:Dense) WHERE x.i < y.i CREATE (x)-[:R]->(y)")
    match = "MATCH p = shortestPath((x:Dense {i: 1})-[:R*]-(y:Dense {i: 9})) WHERE length(p) > 1"
    assert rows(graph, f"{match} RETURN length(p)") == [(2,)]
