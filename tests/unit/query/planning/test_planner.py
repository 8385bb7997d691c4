"""What plans look like, claim by claim, and rows where the plan's shape is not the point."""

from __future__ import annotations

import pytest

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.errors import QuerySyntaxError
from neuralgraph.query.planning.explain import explain
from neuralgraph.query.planning.operators import walk
from neuralgraph.query.planning.plan import (
    Apply,
    Eager,
    Expand,
    Limit,
    NodeIndexSeek,
    NodeScan,
    Operator,
    Sort,
)
from neuralgraph.values import NodeRef
from tests.support.bench_catalog import BenchCatalog
from tests.support.dict_graph import DictGraph
from tests.unit.query.planning.running import bag, planned, rows


def operators(text: str) -> list[Operator]:
    return list(walk(planned(text, BenchCatalog()).root))


def has(text: str, kind: type) -> bool:
    return any(isinstance(operator, kind) for operator in operators(text))


def people() -> DictGraph:
    graph = DictGraph()
    ids = [
        graph.create_node(["Person"], {"id": number, "age": 20 + number, "city": "AB"[number % 2]})
        for number in range(5)
    ]
    for one, other in ((0, 1), (1, 2), (2, 0), (2, 3), (3, 3)):
        graph.create_edge("KNOWS", ids[one], ids[other], {"since": one})
    graph.create_constraint(ConstraintDefinition("u", "unique", "node", "Person", ("id",)))
    graph.create_index(IndexDefinition("age", "range", "node", ("Person",), ("age",)))
    return graph


# ── barriers ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (b:Person) WHERE b.id = $x CREATE (:Person {id: 3})-[:KNOWS]->(b)",
        "MATCH (p:Person) WHERE p.id = $x SET p.id = 3",
        "MATCH (p:Person) SET p.age = 3",
        "MATCH (p:Person) CREATE (:Post)",
        "MATCH (p:Person)-[:KNOWS]->(q) CREATE (p)-[:LIKES]->(q)",
        "MATCH (p:Person) WHERE p.name = 'x' DETACH DELETE p",
        "UNWIND $rows AS r MERGE (p:Person {id: r.id})",
        "MATCH (a:Person {id: 1})-[:KNOWS]->(b) CREATE (a)-[:KNOWS]->(:Person)",
        "CREATE (p:Person {id: 1}) RETURN p.id",
    ],
)
def test_no_barrier_where_nothing_can_be_seen_twice(text):
    assert not has(text, Eager), explain(planned(text, BenchCatalog()))


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a:Person) CREATE (:Person)",
        "MATCH (a) CREATE (:Post)",
        "MATCH (a:Person)-[:KNOWS]->(b) CREATE (b)-[:KNOWS]->(a)",
        "MATCH (p:Person) WHERE p.age > 3 SET p.age = 1",
        "MATCH (a:Person) SET a:Post WITH a MATCH (p:Post) RETURN count(p)",
        "MATCH (p:Post) MERGE (q:Post {id: p.id + 1})",
        "UNWIND $rows AS r MATCH (b:Person) WHERE b.id = r.b CREATE (:Person {id: r.a})",
        "MATCH (p:Person) FOREACH (x IN [1] | CREATE (:Person))",
    ],
)
def test_a_barrier_where_a_clause_could_see_its_own_writes(text):
    assert has(text, Eager), explain(planned(text, BenchCatalog()))


def test_a_limit_over_writes_does_not_stop_them():
    graph = people()
    assert any(isinstance(o, Limit) and o.drain for o in operators("CREATE (n:T) RETURN n LIMIT 0"))
    rows(graph, "MATCH (p:Person) CREATE (n:T) RETURN n LIMIT 1")
    assert graph.catalog.node_count("T") == 5


# ── finding ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (p:Person {id: 1}) RETURN p",
        "MATCH (p:Person) WHERE $x = p.id RETURN p",
        "UNWIND $rows AS r MATCH (p:Person {id: r.id}) RETURN p",
        "MATCH (q:Post {id: 1}), (p:Person {id: q.author}) RETURN p",
        "MATCH (q:Post {id: 1}) OPTIONAL MATCH (p:Person {id: q.author}) RETURN p",
        "MATCH (q:Post {id: 1}) CALL (q) { MATCH (p:Person {id: q.author}) RETURN p } RETURN p",
    ],
)
def test_a_value_that_is_known_seeks(text):
    assert has(text, NodeIndexSeek)
    assert not has(text, NodeScan)


def test_a_value_of_the_node_itself_does_not_seek():
    assert not has("MATCH (p:Person) WHERE p.id = p.age RETURN p", NodeIndexSeek)


def test_an_order_of_an_index_is_not_sorted_again():
    assert not has("MATCH (p:Person) WHERE p.created > 1 RETURN p.id ORDER BY p.created", Sort)
    assert has("MATCH (p:Person) WHERE p.created > 1 RETURN p.id ORDER BY p.id", Sort)
    graph = people()
    text = "MATCH (p:Person) WHERE p.age >= 21 RETURN p.id ORDER BY p.age DESC"
    assert rows(graph, text) == [(4,), (3,), (2,), (1,)]


def test_types_that_cannot_be_equal_are_not_compared():
    text = "MATCH (a)-[:KNOWS]->(b)-[:LIKES]->(c) RETURN a, b, c"
    assert all(not o.different_from for o in operators(text) if isinstance(o, Expand))


def test_inner_plans_are_batched_where_rows_do_not_mix():
    inner = [
        o.inner
        for o in operators("MATCH (a) OPTIONAL MATCH (a)-->(b) RETURN b")
        if isinstance(o, Apply)
    ]
    assert " row" in {slot.name for slot in inner[0].slots}
    text = "MATCH (a) CALL (a) { MATCH (a)-->(b) RETURN b LIMIT 1 } RETURN b"
    inner = [o.inner for o in operators(text) if isinstance(o, Apply)]
    assert " row" not in {slot.name for slot in inner[0].slots}


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATCH (a:Person) WITH a.city AS c, count(*) AS n WHERE n > 2 RETURN c, n", [("A", 3)]),
        ("MATCH (a:Person) RETURN a.city AS c, count(*) + 1 AS n ORDER BY c", [("A", 4), ("B", 3)]),
        ("MATCH (a:Person) RETURN a.id AS x ORDER BY a.age DESC LIMIT 2", [(4,), (3,)]),
        ("MATCH (a:Person) WITH a.id AS x WHERE a.age = 22 RETURN x", [(2,)]),
        ("MATCH (a:Person) RETURN DISTINCT a.city AS c ORDER BY c DESC", [("B",), ("A",)]),
        ("MATCH (a {id: 0})-[:KNOWS*1..3]->(b) RETURN collect(b.id)", [([1, 2, 0, 3],)]),
        ("MATCH (a {id: 3})-[:KNOWS]-(b) RETURN count(*)", [(2,)]),
        ("MATCH (a {id: 0}) RETURN COUNT { (a)-[:KNOWS]-() } AS n", [(2,)]),
        ("MATCH (a {id: 4}) OPTIONAL MATCH (a)-->(b) RETURN b.id", [(None,)]),
        ("MATCH (a {id: 0}), (b {id: 3}) RETURN length(shortestPath((a)-[*]->(b)))", [(3,)]),
        ("MATCH (a) WHERE NOT (a)-->() RETURN a.id", [(4,)]),
        ("UNWIND [1, 2] AS x CALL (x) { RETURN x * 2 AS y } RETURN x, y", [(1, 2), (2, 4)]),
        ("RETURN 1 AS x UNION ALL RETURN 1 AS x", [(1,), (1,)]),
        ("MATCH (a {id: 0})-[r]->(b) WITH a, r MATCH (a)-[r]->(c) RETURN c.id", [(1,)]),
        ("MATCH (a:Person) CALL (a) { MATCH (a)-->(b) RETURN count(b) AS n } RETURN a.id, n",
         [(0, 1), (1, 1), (2, 2), (3, 1), (4, 0)]),
        ("MATCH (a:Person) CALL (a) { MATCH (a)-->(b) RETURN max(b.id) AS m, collect(b.id) AS c } RETURN *",
         [(NodeRef(0), [1], 1), (NodeRef(1), [2], 2), (NodeRef(2), [0, 3], 3), (NodeRef(3), [3], 3),
          (NodeRef(4), [], None)]),
    ],
)  # fmt: skip
def test_rows(text, expected):
    assert rows(people(), text) == expected


def test_merge_sees_what_it_created():
    graph = people()
    rows(graph, "UNWIND [7, 7, 8] AS x MERGE (:Tag {v: x})")
    assert bag(rows(graph, "MATCH (t:Tag) RETURN t.v")) == bag([(7,), (8,)])


def test_a_written_batch_is_seen_whole():
    graph = people()
    text = "MATCH (a:Person) SET a.city = 'C' WITH a MATCH (b:Person {city: 'C'}) RETURN count(*)"
    assert rows(graph, text) == [(25,)]


def test_a_command_for_the_shell_says_so():
    with pytest.raises(QuerySyntaxError):
        planned("BEGIN", BenchCatalog())
