"""Forms of Neo4j's beside openCypher: match modes, literals, commands, older and newer spellings."""

from __future__ import annotations

import math
import threading

import pytest

import neuralgraph
from neuralgraph.errors import (
    DatabaseNotFoundError,
    QueryArgumentError,
    QueryArithmeticError,
    QuerySyntaxError,
    SchemaError,
)


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        yield graph


@pytest.fixture
def line(graph):
    graph.execute(
        "CREATE (:P {name: 'a'})-[:T]->(:P {name: 'b'})-[:T]->(:P {name: 'c'})",
    )
    return graph


def value(graph, text, **parameters):
    return graph.execute(text, parameters).value()


# ── match modes ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pattern", "different", "repeatable"),
    [
        ("(a)-[:T]-(b)-[:T]-(c)", 2, 6),
        ("(a)-[:T]-{2}(c)", 2, 6),
        ("(a {name: 'a'})-[:T]-{0,4}(c)", 3, 10),
        ("(a)-[r]-(b), (c)-[s]-(d)", 8, 16),
        ("((x)-[:T]->(y)<-[:T]-(z)){1,2}", 0, 4),
    ],
)
def test_repeatable_elements_may_come_again(line, pattern, different, repeatable):
    assert value(line, f"MATCH {pattern} RETURN count(*)") == different
    assert value(line, f"MATCH DIFFERENT RELATIONSHIPS {pattern} RETURN count(*)") == different
    assert value(line, f"MATCH REPEATABLE ELEMENTS {pattern} RETURN count(*)") == repeatable


@pytest.mark.parametrize(
    "pattern",
    [
        "(a)-[:T]-+(b)",
        "(a)-[:T*1..3]-(b)",
        "SHORTEST 1 (a)-[:T]-{1,3}(b)",
        "((a)((b)-[:T]->(c))+(d)){2}",
    ],
)
def test_repeatable_elements_need_bounds(graph, pattern):
    with pytest.raises(QuerySyntaxError):
        graph.execute(f"MATCH REPEATABLE ELEMENTS {pattern} RETURN 1")


# ── literals ──────────────────────────────────────────────────────────────────────────────────


def test_infinity_and_nan_are_literals_where_no_variable_has_the_name(graph):
    record = graph.execute("RETURN INF AS a, -Infinity AS b, NaN AS c").single()
    assert record["a"] == math.inf
    assert record["b"] == -math.inf
    assert math.isnan(record["c"])
    assert value(graph, "WITH 1 AS inf RETURN inf") == 1
    assert value(graph, "RETURN [nan IN [7] | nan]") == [7]
    graph.execute("CREATE (:P {name: 'x'})")
    assert value(graph, "MATCH (inf:P) RETURN inf.name") == "x"


def test_null_has_no_properties(graph):
    assert value(graph, "RETURN null.key.more") is None


# ── commands ──────────────────────────────────────────────────────────────────────────────────


def test_lookup_indexes_are_accepted_and_make_nothing(graph):
    graph.execute("CREATE LOOKUP INDEX names IF NOT EXISTS FOR (n) ON EACH labels(n)")
    graph.execute("CREATE LOOKUP INDEX FOR ()-[r]-() ON EACH type(r)")
    graph.execute("CREATE (:A)")
    assert graph.execute("SHOW INDEXES").to_dicts() == []


@pytest.mark.parametrize(
    "text",
    [
        "CREATE LOOKUP INDEX FOR (n:A) ON EACH labels(n)",
        "CREATE LOOKUP INDEX FOR (n) ON (n.a)",
        "CREATE INDEX FOR (n) ON (n.a)",
        "CREATE INDEX FOR (n:A) ON EACH labels(n)",
    ],
)
def test_an_index_without_a_label_or_a_property_is_refused(graph, text):
    with pytest.raises((QuerySyntaxError, SchemaError)):
        graph.execute(text)
    graph.execute("CREATE (:A)")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("CREATE USER ada SET PASSWORD 'x'", "no users"),
        ("SHOW CURRENT USER", "no users"),
        ("SHOW ALL PRIVILEGES", "no users"),
        ("GRANT ROLE a TO b", "no users"),
        ("CREATE OR REPLACE DATABASE b", "one graph"),
        ("STOP DATABASE b", "one graph"),
        ("SHOW SERVERS", "not on a server"),
    ],
)
def test_statements_of_administration_say_why_there_is_nothing_to_do(graph, text, why):
    with pytest.raises(QuerySyntaxError, match=why) as caught:
        graph.execute(text)
    assert caught.value.detail == "UnsupportedAdministrationCommand"


def test_words_of_administration_are_names_elsewhere(graph):
    graph.execute("CREATE user = (role:Database)-[:GRANT]->(server:User)")
    assert value(graph, "MATCH (user:User) RETURN count(user)") == 1
    assert graph.execute("SHOW USER DEFINED FUNCTIONS").to_dicts() == []


@pytest.mark.parametrize(
    "text", ["SHOW DATABASES", "SHOW DEFAULT DATABASE", "SHOW DATABASE neo4j", "SHOW HOME DATABASE"]
)
def test_the_one_graph_is_shown_as_a_database(graph, text):
    shown = graph.execute(text).single()
    assert (shown["name"], shown["currentStatus"], shown["default"]) == ("neo4j", "online", True)
    assert value(graph, f"{text} YIELD name, type WHERE type = 'x' RETURN count(*)") == 0


@pytest.mark.parametrize(
    "text",
    [
        "SHOW FUNCTIONS EXECUTABLE YIELD name",
        "SHOW ALL FUNCTIONS EXECUTABLE BY CURRENT USER YIELD name",
        "SHOW PROCEDURES EXECUTABLE BY neo4j YIELD name",
    ],
)
def test_what_is_executable_is_all_there_is(graph, text):
    assert len(graph.execute(text).to_dicts()) > 10


@pytest.mark.parametrize(
    "text",
    ["EXPLAIN CYPHER 5 RETURN 1", "CYPHER 5 EXPLAIN RETURN 1", "cypher runtime=slotted RETURN 1"],
)
def test_options_of_the_planner_are_read_over(graph, text):
    graph.execute(text)


def test_the_old_form_of_parameters_says_what_the_new_one_is(graph):
    with pytest.raises(QuerySyntaxError, match=r"write \$name"):
        graph.execute("MATCH (n {name: {name}}) RETURN n", name="x")


# ── IN TRANSACTIONS ON ERROR RETRY ────────────────────────────────────────────────────────────


def test_what_may_pass_is_tried_again(graph):
    graph.execute("CREATE (:Counter {n: 0})")
    started, go = threading.Event(), threading.Event()

    def other():
        with graph.transaction() as transaction:
            transaction.execute("MATCH (c:Counter) SET c.n = c.n + 1")
            started.set()
            go.wait(20)

    graph.register_procedure("test.go() :: ()", lambda: [go.set()][:0], effects="reads")
    thread = threading.Thread(target=other)
    thread.start()
    started.wait(20)
    graph.execute(
        "UNWIND [1, 2] AS i CALL (i) { CALL test.go() MATCH (c:Counter) SET c.n = c.n + i }"
        " IN TRANSACTIONS OF 1 ROW ON ERROR RETRY FOR 20 SECONDS"
    )
    thread.join()
    assert value(graph, "MATCH (c:Counter) RETURN c.n") == 4


@pytest.mark.parametrize(("tail", "statuses"), [("THEN CONTINUE", 2), ("THEN BREAK", 2)])
def test_what_does_not_pass_is_not_tried_again(graph, tail, statuses):
    records = graph.execute(
        "UNWIND [0, 1] AS i CALL (i) { CREATE (:T {i: 1 / i}) } IN TRANSACTIONS OF 1 ROW"
        f" ON ERROR RETRY {tail} REPORT STATUS AS s RETURN s.committed AS committed"
    ).to_dicts()
    assert len(records) == statuses
    assert records[0]["committed"] is False


def test_the_time_of_a_retry_is_not_negative(graph):
    with pytest.raises(QueryArgumentError):
        graph.execute(
            "UNWIND [1] AS i CALL (i) { CREATE (:T) } IN TRANSACTIONS ON ERROR RETRY FOR -1 SECONDS"
        )


# ── shortest paths ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("selector", ["SHORTEST 2", "SHORTEST 3 GROUPS", "SHORTEST 1"])
@pytest.mark.parametrize("step", ["-[:R]->+", "((x)-[:R]->(y)-[:R]->(z))+"])
def test_a_target_that_cannot_be_reached_is_not_looked_for_along_every_walk(graph, selector, step):
    """A graph with cycles has more walks than anybody can follow."""
    graph.execute("CREATE (:Far) WITH 1 AS one UNWIND range(0, 39) AS i CREATE (:N {i: i})")
    graph.execute(
        "MATCH (a:N), (b:N) WHERE b.i IN [(a.i + 1) % 40, (a.i + 7) % 40] CREATE (a)-[:R]->(b)"
    )
    text = f"MATCH p = {selector} (a:N {{i: 0}}){step}(b:{{}}) RETURN count(p) > 0"
    assert value(graph, text.replace("{}", "Far")) is False
    found = text.replace("(b:{})", "(b:N {i: 16})")
    assert value(graph, found) is True


# ── what is refused as there ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "MATCH p = SHORTEST 0 (a)-[:T]->+(b) RETURN p",
        "MATCH p = SHORTEST 0 GROUPS (a)-[:T]->+(b) RETURN p",
        "MATCH p = ANY 0 (a)-[:T]->+(b) RETURN p",
        "MATCH (a)-[:T]->{0}(b) RETURN a",
        "MATCH (a)-[:T]->{0,0}(b) RETURN a",
        "MATCH (a)-[:T]->{,0}(b) RETURN a",
        "MATCH (a)((x)-[:T]->(y)){0}(b) RETURN a",
        "MATCH (a)-[:T]->{3,1}(b) RETURN a",
        "MATCH (n:A:B|C) RETURN n",
        "MATCH (n:A&B:C) RETURN n",
        "MATCH (n:!A:B) RETURN n",
        "MATCH (n:%:B) RETURN n",
        "MATCH (n:(A|B):C) RETURN n",
        "MATCH (n:A|:B) RETURN n",
        "MATCH (n) WHERE n:A:B|C RETURN n",
        "MATCH ()-[r:A:B]->() RETURN r",
        "MATCH ()-[r:A|:B&C]->() RETURN r",
        "MATCH (n:``) RETURN n",
        "MATCH (n) RETURN n.``",
        "CREATE (n {``: 1})",
        "CREATE ()-[:``]->()",
        "CREATE INDEX FOR (n:``) ON (n.x)",
        "MATCH (n) WHERE exists(n.x) RETURN n",
        "MATCH (n) WHERE exists(n['x']) RETURN n",
    ],
)
def test_forms_that_mean_nothing_are_refused(graph, text):
    with pytest.raises(QuerySyntaxError) as caught:
        graph.execute(text)
    assert caught.value.phase == "compile time"


def test_older_signs_by_themselves_are_taken(line):
    assert value(line, "MATCH (n:P:P) RETURN count(n)") == 3
    assert value(line, "MATCH ()-[r:T|:U|V]->() RETURN count(r)") == 2
    assert value(line, "MATCH (n) WHERE n:P:P OR n:Q RETURN count(n)") == 3


def test_the_old_question_for_a_property_names_the_new_one(graph):
    with pytest.raises(QuerySyntaxError, match=r"did you mean n\.x IS NOT NULL"):
        graph.execute("MATCH (n) WHERE exists(n.x) RETURN n")
    assert value(graph, "RETURN exists((:P)-->()) AS there") is False


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) SET n += $map",
        "MATCH (n) SET n = $map",
        "MATCH (n) SET n[$name] = 1",
        "MATCH (n) SET n:$($name)",
        "CREATE (n $map)",
        "CREATE (n:$($name))",
        "CREATE (a)-[:$($name)]->(a)",
        "CREATE (a)-[:T $map]->(a)",
        "MERGE (n:$($name))",
        "UNWIND range(1, 500) AS x CREATE (n:$($name))",
        "UNWIND range(1, 500) AS x CREATE (n $map)",
        "CALL apoc.merge.node(['A'], $map)",
        "CALL apoc.create.node([$name], {})",
    ],
)
def test_names_from_values_are_not_empty(graph, text):
    graph.execute("CREATE ()")
    with pytest.raises(QueryArgumentError, match="empty"):
        graph.execute(text, {"map": {"": 1}, "name": ""})


def test_a_path_from_a_node_to_itself_is_the_shortest_way_round(graph):
    graph.execute("CREATE (a:Q)-[:T]->()-[:T]->()-[:T]->(a)")
    assert value(graph, "MATCH p = shortestPath((a:Q)-[:T*]->(a)) RETURN length(p)") == 3
    assert value(graph, "MATCH p = shortestPath((a:Q)-[:T*0..]->(a)) RETURN length(p)") == 0
    assert value(graph, "MATCH (a:Q) RETURN length(shortestPath((a)-[:T*]->(a)))") == 3


@pytest.mark.parametrize(
    "text",
    [
        "RETURN 1 AS a, 2 AS b UNION ALL RETURN 4 AS b, 3 AS a",
        "CALL () { RETURN 1 AS a, 2 AS b UNION ALL RETURN 4 AS b, 3 AS a } RETURN a, b",
        "WITH 0 AS z CALL { WITH z RETURN 1 AS a, 2 AS b UNION WITH z RETURN 4 AS b, 3 AS a } RETURN a, b",
    ],
)
def test_columns_of_a_union_are_matched_by_name(graph, text):
    rows = [(record["a"], record["b"]) for record in graph.execute(text)]
    assert rows == [(1, 2), (3, 4)]
    assert list(graph.execute(text).columns) == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "USE nosuchdb RETURN 1",
        "USE graph.byName('x') RETURN 1",
        "CALL { USE neo RETURN 1 AS x } RETURN x",
    ],
)
def test_there_is_one_graph_to_use(graph, text):
    with pytest.raises(DatabaseNotFoundError) as caught:
        graph.execute(text)
    assert caught.value.code == "Neo.ClientError.Database.DatabaseNotFound"


@pytest.mark.parametrize(
    "name", ["neo4j", "NEO4J", "`neo4j`", "graph.byName('Neo4j')", "graph.byElementId('1')"]
)
def test_the_one_graph_has_a_name(graph, name):
    assert graph.execute(f"USE {name} RETURN 1 AS x").value() == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 IS :: ANY<INTEGER | STRING>", True),
        ("1.5 IS :: ANY<INTEGER | STRING>", False),
        ("[1, 'a'] IS :: LIST<ANY<INTEGER | STRING>>", True),
        ("trim(FROM ' a ')", "a"),
        ("trim(from)", "b"),
    ],
)
def test_forms_of_types_and_trims(graph, text, value):
    assert graph.execute(f"WITH ' b ' AS from RETURN {text} AS x").value() == value


@pytest.mark.parametrize("order", ["", "ORDER BY x "])
def test_a_wrong_number_to_skip_is_refused_though_nothing_is_taken(graph, order):
    with pytest.raises(QuerySyntaxError, match="SKIP cannot be negative"):
        graph.execute(f"UNWIND [1] AS x RETURN x {order}SKIP $n LIMIT 0", n=-1).consume()


def test_all_that_a_subquery_in_transactions_returns_is_computed(graph):
    text = (
        "UNWIND [1, 0, 2] AS x CALL (x) {{ RETURN 1 / x AS q }}"
        " IN TRANSACTIONS OF 1 ROW ON ERROR {} RETURN x"
    )
    with pytest.raises(QueryArithmeticError):
        graph.execute(text.format("FAIL")).consume()
    reported = graph.execute(text.format("CONTINUE REPORT STATUS AS s") + ", s.committed AS done")
    assert [row["done"] for row in reported] == [True, False, True]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("all", "Predicate"), ("any", "Predicate"), ("none", "Predicate"), ("single", "Predicate"),
        ("exists", "Predicate"), ("reduce", "List"), ("isEmpty", "Predicate"), ("abs", "Numeric"),
        ("rand", "Numeric"), ("ceiling", "Numeric"), ("ln", "Logarithmic"), ("sqrt", "Logarithmic"),
        ("atan2", "Trigonometric"), ("pi", "Trigonometric"), ("lower", "String"), ("char_length", "String"),
        ("collect_list", "Aggregating"),
    ],
)  # fmt: skip
def test_functions_are_shown_with_second_names_under_the_categories_of_neo4j(graph, name, category):
    shown = "SHOW BUILT IN FUNCTIONS YIELD name, category WHERE name = $name RETURN category"
    assert graph.execute(shown, name=name).values() == [category]
