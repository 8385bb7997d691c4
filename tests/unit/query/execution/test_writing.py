"""Statements that change the graph: what they do, what they count, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from neuralgraph.errors import (
    AccessModeError,
    ConstraintVerificationError,
    EntityNotFoundError,
    QueryTypeError,
    SchemaError,
    SemanticError,
)
from neuralgraph.query.execution import Counters, ExecutionContext
from tests.support.dict_graph import DictGraph
from tests.unit.query.execution.statements import compiled, context_for, graph_of, rows_of, run


def counted(graph: DictGraph, text: str, **parameters: Any) -> Counters:
    context = context_for(graph, parameters)
    rows_of(compiled(graph, text)[1], context)
    return context.counters


@pytest.mark.parametrize("count", [1, 20])
def test_create_counts_what_it_makes(count: int) -> None:
    graph = DictGraph()
    made = counted(
        graph,
        "UNWIND range(1, $count) AS i CREATE (:A:B {x: i, y: null})-[:T {z: i}]->()",
        count=count,
    )
    assert made == Counters(
        nodes_created=2 * count,
        relationships_created=count,
        labels_added=2 * count,
        properties_set=2 * count,
    )
    assert made.contains_updates
    rows = run(graph, "MATCH (a:A:B)-[t:T]->() RETURN a.x, t.z, keys(a)")
    assert sorted(rows) == [(i, i, ["x"]) for i in range(1, count + 1)]


def test_later_entities_see_the_ones_before() -> None:
    graph = graph_of("CREATE (a {x: 1}), (b {y: a.x + 1})")
    assert run(graph, "MATCH (b) WHERE b.y IS NOT NULL RETURN b.y") == [(2,)]


def test_create_from_maps() -> None:
    graph = DictGraph()
    run(graph, "UNWIND $rows AS row CREATE (n:N) SET n = row", rows=[{"a": 1}, {"b": 2}])
    run(graph, "CREATE (n:N $map)", map={"c": 3, "d": None})
    assert run(graph, "MATCH (n:N) RETURN properties(n)") == [({"a": 1},), ({"b": 2},), ({"c": 3},)]


def test_a_relationship_needs_both_ends() -> None:
    with pytest.raises(EntityNotFoundError):
        run(DictGraph(), "OPTIONAL MATCH (a:Absent) CREATE (a)-[:T]->()")


def test_merge_sees_what_earlier_rows_created() -> None:
    graph = DictGraph()
    text = (
        "UNWIND [1, 2, 1, 2, 1] AS k MERGE (n:N {k: k})"
        " ON CREATE SET n.made = 1 ON MATCH SET n.met = coalesce(n.met, 0) + 1 RETURN id(n)"
    )
    assert run(graph, text) == [(0,), (1,), (0,), (1,), (0,)]
    rows = run(graph, "MATCH (n:N) RETURN n.k, n.made, n.met ORDER BY n.k")
    assert rows == [(1, 1, 2), (2, 1, 1)]


def test_merge_refuses_null() -> None:
    with pytest.raises(SemanticError) as caught:
        run(DictGraph(), "MERGE (n:N {k: $k})", k=None)
    assert caught.value.detail == "MergeReadOwnWrites"


def test_set_takes_effect_row_by_row() -> None:
    graph = graph_of("CREATE (:N {x: 0})")
    run(graph, "UNWIND range(1, 20) AS i MATCH (n:N) SET n.x = n.x + i")
    assert run(graph, "MATCH (n:N) RETURN n.x") == [(210,)]


def test_set_to_the_same_value_is_not_counted() -> None:
    graph = graph_of("CREATE (:N {x: 1})")
    assert not counted(graph, "MATCH (n:N) SET n.x = 1").contains_updates
    assert counted(graph, "MATCH (n:N) SET n.x = 2, n:M").properties_set == 1
    assert counted(graph, "MATCH (n:N) SET n:M").labels_added == 0
    assert counted(graph, "MATCH (n:N) REMOVE n:M, n.x, n.absent") == Counters(
        labels_removed=1, properties_set=1
    )


def test_set_replaces_or_adds_properties() -> None:
    graph = graph_of("CREATE (:N {a: 1, b: 2})")
    run(graph, "MATCH (n:N) SET n += {b: 3, c: 4}")
    assert run(graph, "MATCH (n:N) RETURN properties(n)") == [({"a": 1, "b": 3, "c": 4},)]
    run(graph, "MATCH (n:N) SET n = {d: 5}")
    assert run(graph, "MATCH (n:N) RETURN properties(n)") == [({"d": 5},)]
    run(graph, "MATCH (n:N) CREATE (m:M) SET m = n, m['e'] = 6")
    assert run(graph, "MATCH (m:M) RETURN properties(m)") == [({"d": 5, "e": 6},)]


def test_setting_on_null_does_nothing() -> None:
    graph = DictGraph()
    text = (
        "OPTIONAL MATCH (n:Absent) SET n.x = 1, n:L, n += {y: 2} REMOVE n.z, n:L DELETE n RETURN n"
    )
    assert run(graph, text) == [(None,)]


def test_only_entities_have_properties_to_set() -> None:
    with pytest.raises(QueryTypeError):
        run(DictGraph(), "WITH $m AS m SET m.x = 1", m={"x": 0})


def test_values_that_cannot_be_stored_are_refused() -> None:
    with pytest.raises(QueryTypeError) as caught:
        run(DictGraph(), "CREATE (n) SET n.x = [{a: 1}]")
    assert caught.value.detail == "InvalidPropertyType"


def test_delete_takes_relationships_before_nodes() -> None:
    graph = graph_of("CREATE (:A)-[:T]->(:B)-[:T]->(:C)")
    assert counted(graph, "MATCH (a:A)-[r]->(b) DELETE a, r").nodes_deleted == 1
    with pytest.raises(ConstraintVerificationError) as caught:
        run(graph, "MATCH (b:B) DELETE b")
    assert caught.value.detail == "DeleteConnectedNode"
    assert counted(graph, "MATCH (b:B) DETACH DELETE b") == Counters(
        nodes_deleted=1, relationships_deleted=1
    )
    assert run(graph, "MATCH (n) RETURN labels(n)") == [(["C"],)]


def test_delete_a_path_and_what_stands_in_lists() -> None:
    graph = graph_of("CREATE (:A)-[:T]->()-[:T]->()")
    assert counted(graph, "MATCH p = (:A)-[*2]->() DELETE p").nodes_deleted == 3
    graph = graph_of("CREATE (:A), (:A)")
    run(graph, "MATCH (a:A) WITH collect(a) AS all DELETE all[0]")
    assert run(graph, "MATCH (n) RETURN count(*)") == [(1,)]
    with pytest.raises(QueryTypeError):
        run(graph, "WITH $x AS x DELETE x", x=1)


@pytest.mark.parametrize("clause", ["CREATE (:M {k: x})", "MERGE (m:M {k: x}) SET m.n = x"])
def test_foreach_runs_for_every_element(clause: str) -> None:
    graph = DictGraph()
    run(graph, f"UNWIND [1, 2] AS row FOREACH (x IN range(row, 3) | {clause})")
    found = run(graph, "MATCH (m:M) RETURN DISTINCT m.k ORDER BY m.k")
    assert found == [(1,), (2,), (3,)]


def test_writing_needs_a_writer() -> None:
    graph = DictGraph()
    executable = compiled(graph, "CREATE (n)")[1]
    with pytest.raises(AccessModeError):
        rows_of(executable, ExecutionContext(graph))


def test_schema_commands() -> None:
    graph = DictGraph()
    assert counted(graph, "CREATE INDEX i FOR (n:N) ON (n.k)").indexes_added == 1
    assert not counted(graph, "CREATE INDEX i IF NOT EXISTS FOR (n:N) ON (n.k)").contains_updates
    with pytest.raises(SchemaError):
        run(graph, "CREATE INDEX i FOR (n:N) ON (n.j)")
    text = "CREATE CONSTRAINT c FOR (n:M) REQUIRE n.k IS UNIQUE"
    assert counted(graph, text).constraints_added == 1
    names = [row[0] for row in run(graph, "SHOW INDEXES YIELD name")]
    assert "i" in names
    shown = run(graph, "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties")
    assert shown == [("c", "UNIQUENESS", ["M"], ["k"])]
    assert counted(graph, "DROP CONSTRAINT c").constraints_removed == 1
    assert counted(graph, "DROP INDEX i").indexes_removed == 1
    assert not counted(graph, "DROP INDEX i IF EXISTS").contains_updates


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("n.x = n.x + 1", (2, 0)),
        ("n.x = n.x + 1, n.y = n.x", (2, 2)),
        ("n.y = n.x + 1", (1, 2)),
    ],
)
def test_items_see_the_items_before(items: str, expected: tuple[int, int]) -> None:
    graph = graph_of("UNWIND range(1, 20) AS i CREATE (:N {x: 1, y: 0})")
    run(graph, f"MATCH (n:N) SET {items}")
    assert run(graph, "MATCH (n:N) RETURN DISTINCT n.x, n.y") == [expected]
