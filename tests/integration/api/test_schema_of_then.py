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


# ── FLASHBACK ─────────────────────────────────────────────────────────────────────────────────


def test_flashback_brings_the_schema_back_with_the_data_and_that_is_undone_again(changed):
    for txid in (1, 5, 2, 3, 4, 0, 3, 5):
        changed.execute("FLASHBACK TO TRANSACTION $t", t=txid)
        for what in ("INDEXES", "CONSTRAINTS"):
            assert names(changed.execute(f"SHOW {what}")) == names(
                changed.at(txid).execute(f"SHOW {what}") if txid else []
            )
        wanted = changed.at(txid).execute("MATCH (n) RETURN count(n)").value()
        assert changed.execute("MATCH (n) RETURN count(n)").value() == wanted
        assert changed.execute("MATCH (n:A) WHERE n.x = 1 RETURN n.x").to_dicts() == (
            [{"n.x": 1}] if txid else []
        )
        assert changed.verify(history=True) == []
    with pytest.raises(errors.ConstraintViolationError):
        changed.execute("CREATE (:B {z: 2})")


def test_a_flashback_says_what_it_does_to_the_schema(changed):
    told = [tuple(row) for row in changed.execute("FLASHBACK TO TRANSACTION 2 DRY RUN")]
    assert ("delete", "constraint", None, "one_z", None) in told
    assert ("delete", "index", None, "one_z", None) in told
    made = {"type": "RANGE", "entityType": "NODE", "labelsOrTypes": ["A"], "properties": ["x"]}
    assert ("create", "index", None, "by_x", made) in told
    assert names(changed.execute("SHOW INDEXES")) == ["one_z"]
    done = changed.execute("FLASHBACK TO TRANSACTION 2")
    counters = done.summary.counters
    assert (counters.indexes_added, counters.indexes_removed) == (1, 1)
    assert counters.constraints_removed == 1
    diff = [tuple(row)[:4] for row in changed.execute("CALL neural.diff(3, 4)")]
    assert diff == [("delete", "index", None, "by_x")]


def test_one_change_of_the_schema_is_undone(changed):
    changed.execute("FLASHBACK TRANSACTION 4")
    assert names(changed.execute("SHOW INDEXES")) == ["by_x", "one_z"]
    with pytest.raises(errors.FlashbackConflictError):
        changed.execute("FLASHBACK TRANSACTION 2")
    changed.execute("FLASHBACK TRANSACTION 3")
    changed.execute("FLASHBACK TRANSACTION 2 FORCE")
    assert names(changed.execute("SHOW INDEXES")) == []
    assert names(changed.execute("SHOW CONSTRAINTS")) == []
    assert changed.execute("MATCH (n:B {z: 3}) RETURN count(n)").value() == 1
    changed.execute("CREATE (:B {z: 3})")
    with pytest.raises(errors.ConstraintViolationError):
        changed.execute("FLASHBACK TRANSACTION 7")
    assert names(changed.execute("SHOW CONSTRAINTS")) == []
    changed.execute("MATCH (n:B {z: 3}) WITH n LIMIT 1 DETACH DELETE n")
    changed.execute("FLASHBACK TRANSACTION 7")
    assert names(changed.execute("SHOW CONSTRAINTS")) == ["one_z"]
    assert changed.verify() == []


def test_an_equal_index_under_another_name_stands_in_the_way():
    with neuralgraph.open() as graph:
        graph.execute("CREATE INDEX a FOR (n:A) ON (n.x)")
        graph.execute("DROP INDEX a")
        graph.execute("CREATE INDEX b FOR (n:A) ON (n.x)")
        with pytest.raises(errors.FlashbackConflictError) as raised:
            graph.execute("FLASHBACK TRANSACTION 2")
        assert "3" in str(raised.value)
        graph.execute("FLASHBACK TRANSACTION 2 FORCE")
        assert names(graph.execute("SHOW INDEXES")) == ["b"]
        graph.execute("FLASHBACK TO TRANSACTION 1")
        assert names(graph.execute("SHOW INDEXES")) == ["a"]
        graph.execute("CREATE (:A {x: 1})")
        assert graph.execute("MATCH (n:A {x: 1}) RETURN n.x").value() == 1
        assert graph.verify() == []


@pytest.mark.parametrize("is_folded", [False, True])
def test_unique_values_change_places_on_the_way_back(is_folded):
    with neuralgraph.open() as graph:
        graph.execute("CREATE CONSTRAINT one FOR (n:U) REQUIRE n.k IS UNIQUE")
        graph.execute("UNWIND range(0, 4) AS k CREATE (:U {k: k, was: k})")
        graph.execute("MATCH (n:U) SET n.k = n.k + 10")
        graph.execute("MATCH (n:U) SET n.k = (n.was + 1) % 5")
        if is_folded:
            graph.checkpoint()
        graph.execute("FLASHBACK TO TRANSACTION 2")
        assert graph.execute("MATCH (n:U) WHERE n.k <> n.was RETURN count(n)").value() == 0
        graph.execute("FLASHBACK TO TRANSACTION 4")
        found = graph.execute("MATCH (n:U) RETURN n.was, n.k ORDER BY n.was").to_dicts()
        assert [row["n.k"] for row in found] == [1, 2, 3, 4, 0]
        for k in range(5):
            assert graph.execute("MATCH (n:U {k: $k}) RETURN count(n)", k=k).value() == 1
            with pytest.raises(errors.ConstraintViolationError):
                graph.execute("CREATE (:U {k: $k})", k=k)
        assert graph.verify() == []


def test_a_flashback_to_what_a_constraint_forbids_is_refused():
    with neuralgraph.open() as graph:
        graph.execute("CREATE CONSTRAINT one FOR (n:U) REQUIRE n.k IS UNIQUE")
        graph.execute("CREATE (:U {k: 1})")
        graph.execute("MATCH (n:U) SET n.k = 2")
        graph.execute("CREATE (:U {k: 1})")
        with pytest.raises(errors.ConstraintViolationError):
            graph.execute("FLASHBACK TRANSACTION 3")
        graph.execute("MATCH (n:U {k: 1}) DELETE n")
        graph.execute("FLASHBACK TRANSACTION 3")
        assert graph.execute("MATCH (n:U) RETURN n.k").value() == 1


def test_a_transaction_goes_on_behind_a_flashback_of_the_schema():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:U {k: 1}), (:U {k: 2})")
        graph.execute("CREATE CONSTRAINT one FOR (n:U) REQUIRE n.k IS UNIQUE")
        graph.execute("DROP CONSTRAINT one")
        broken = graph.transaction()
        broken.execute("FLASHBACK TO TRANSACTION 2")
        broken.execute("CREATE (:U {k: 1})")
        with pytest.raises(errors.ConstraintViolationError):
            broken.commit()
        assert graph.info().txid == 3
        with graph.transaction() as tx:
            tx.execute("FLASHBACK TO TRANSACTION 2")
            tx.execute("CREATE (:U {k: 3})")
            assert tx.execute("MATCH (n:U) RETURN count(n)").value() == 3
        assert graph.execute("MATCH (n:U {k: 3}) RETURN count(n)").value() == 1
        with graph.transaction() as tx:
            tx.execute("FLASHBACK TO TRANSACTION 1")
            tx.execute("CREATE (:U {k: 1})")
            assert tx.execute("MATCH (n:U {k: 1}) RETURN count(n)").value() == 2
        assert names(graph.execute("SHOW CONSTRAINTS")) == []
        assert graph.verify(history=True) == []
