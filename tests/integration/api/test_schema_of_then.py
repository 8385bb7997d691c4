"""Indexes, constraints and names as they were; and FLASHBACK, which brings them back."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph import errors


def names(result):
    return sorted(record["name"] for record in result)


@pytest.fixture(params=["deltas", "history", "reopened"])
def changed(request, tmp_path):
    """1: data; 2: index by_x; 3: constraint one_z; 4: by_x goes; 5: a label and a key come."""
    path = tmp_path / "g.ngdb"
    graph = neuralgraph.open(path)
    graph.execute("CREATE (:A {x: 1})-[:R {y: 1}]->(:B {z: 2})")
    graph.execute("CREATE INDEX by_x FOR (n:A) ON (n.x)")
    graph.execute("CREATE CONSTRAINT one_z FOR (n:B) REQUIRE n.z IS UNIQUE")
    graph.execute("DROP INDEX by_x")
    graph.execute("CREATE (:C {w: 1})-[:S]->(:B {z: 3})")
    if request.param == "history":
        graph.checkpoint()
    elif request.param == "reopened":
        graph.close()
        graph = neuralgraph.open(path)
    yield graph
    graph.close()


@pytest.mark.parametrize(
    "query",
    [
        "AT TRANSACTION {} SHOW INDEXES",
        "SHOW INDEXES AT TRANSACTION {}",
        "SHOW INDEXES AT TRANSACTION {} YIELD name WHERE name <> 'q'",
        "SHOW INDEXES YIELD name ORDER BY name AT TRANSACTION {}",
        "EXPLAIN AT TRANSACTION {} SHOW INDEXES",
    ],
)
def test_indexes_are_shown_as_they_were(changed, query):
    wanted = {1: [], 2: ["by_x"], 3: ["by_x", "one_z"], 4: ["one_z"], 5: ["one_z"]}
    if query.startswith("EXPLAIN"):
        assert changed.execute(query.format(1)).summary is not None
        return
    for txid, there in wanted.items():
        assert names(changed.execute(query.format(txid))) == there
    assert names(changed.execute("SHOW INDEXES")) == ["one_z"]


def test_a_graph_of_then_has_the_schema_of_then(changed):
    then = changed.at(2)
    schema = then.schema()
    assert [index.name for index in schema.indexes] == ["by_x"]
    assert schema.constraints == ()
    assert schema.labels == {"A": 1, "B": 1}
    assert schema.relationship_types == {"R": 1}
    assert set(schema.property_keys) == {"x", "y", "z"}
    assert names(then.execute("SHOW CONSTRAINTS")) == []
    assert names(changed.at(3).execute("SHOW CONSTRAINTS")) == ["one_z"]
    assert names(changed.execute("AT TRANSACTION 3 SHOW CONSTRAINTS")) == ["one_z"]
    now = changed.schema()
    assert set(now.labels) == {"A", "B", "C"}
    assert set(now.property_keys) == {"x", "y", "z", "w"}


def test_names_are_those_of_then(changed):
    def seen(query):
        return sorted(record[0] for record in changed.execute(query))

    assert seen("CALL db.propertyKeys()") == ["w", "x", "y", "z"]
    assert seen("AT TRANSACTION 4 CALL db.propertyKeys()") == ["x", "y", "z"]
    assert seen("AT TRANSACTION 4 CALL db.labels()") == ["A", "B"]
    assert seen("AT TRANSACTION 4 CALL db.relationshipTypes()") == ["R"]


def test_what_only_a_rolled_back_transaction_named_is_no_name():
    with neuralgraph.open() as graph:
        with graph.transaction() as tx:
            tx.execute("CREATE (:Gone {gone: 1})-[:GONE]->()")
            assert [row[0] for row in tx.execute("CALL db.propertyKeys()")] == ["gone"]
            tx.rollback()
        graph.execute("CREATE (:A:Gone {x: 1})")
        graph.checkpoint()
        assert graph.schema().property_keys == ("x",)
        assert set(graph.schema().labels) == {"A", "Gone"}
        graph.execute("CREATE ({gone: 1})")
        assert set(graph.schema().property_keys) == {"x", "gone"}
        assert graph.at(1).schema().property_keys == ("x",)


def test_a_load_brings_names_and_keeps_the_schema_of_before(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("CREATE INDEX by_x FOR (n:A) ON (n.x)")
        graph.load_nodes("L", {"k": [1, 2]})
        graph.execute("DROP INDEX by_x")
        assert graph.at(1).schema().labels == {}
        assert graph.at(2).schema().labels == {"L": 2}
        assert graph.at(1).schema().property_keys == ()
        assert names(graph.at(2).execute("SHOW INDEXES")) == ["by_x"]
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        assert graph.at(1).schema().labels == {}
        assert graph.at(2).schema().labels == {"L": 2}
        assert names(graph.at(2).execute("SHOW INDEXES")) == ["by_x"]


def test_the_schema_outlives_a_vacuum(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb", history="none") as graph:
        graph.execute("CREATE INDEX by_x FOR (n:A) ON (n.x)")
        graph.execute("CREATE INDEX by_y FOR (n:A) ON (n.y)")
        graph.execute("DROP INDEX by_x")
        graph.vacuum()
        graph.execute("CREATE INDEX by_z FOR (n:A) ON (n.z)")
        assert names(graph.execute("SHOW INDEXES")) == ["by_y", "by_z"]
        assert names(graph.at(3).execute("SHOW INDEXES")) == ["by_y"]
        with pytest.raises(errors.HistoryPrunedError):
            graph.at(1)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("AT TRANSACTION 1 SHOW INDEXES AT TRANSACTION 2", "two times"),
        ("SHOW FUNCTIONS AT TRANSACTION 1", "Only indexes and constraints"),
        ("AT TRANSACTION 1 SHOW PROCEDURES", "Only indexes and constraints"),
    ],
)
def test_times_that_mean_nothing_are_told(query, told):
    with neuralgraph.open() as graph, pytest.raises(errors.QuerySyntaxError, match=told):
        graph.execute(query)
