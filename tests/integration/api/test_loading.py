"""Bulk loads: from every form of table, checked, and seen like any other commit."""

from __future__ import annotations

import numpy as np
import pytest

import neuralgraph
from neuralgraph import errors

PEOPLE = {"id": [1, 2, 3], "name": ["Ada", "Bob", None], "score": np.array([0.5, 1.5, 2.5])}
KNOWS = {"a": [1, 2, 3], "b": [2, 3, 1], "since": [2001, 2002, 2003]}


@pytest.fixture
def loaded(graph):
    graph.load_nodes("Person", PEOPLE, key="id")
    graph.load_relationships("KNOWS", KNOWS, source=("Person", "a"), target=("Person", "b"))
    return graph


def test_rows_become_nodes_and_relationships(loaded):
    rows = loaded.execute(
        "MATCH (a:Person)-[r:KNOWS]->(b:Person) RETURN a.id, r.since, b.id, keys(a) ORDER BY a.id"
    )
    assert [row[:3] for row in rows] == [(1, 2001, 2), (2, 2002, 3), (3, 2003, 1)]
    assert loaded.execute("MATCH (p:Person {id: 3}) RETURN p").value().properties == {
        "id": 3,
        "score": 2.5,
    }
    assert loaded.verify() == []


def test_the_key_is_unique_from_then_on(loaded):
    assert [rule.keys for rule in loaded.schema().constraints] == [("id",)]
    before = loaded.info().nodes
    with pytest.raises(errors.ConstraintViolationError):
        loaded.load_nodes("Person", {"id": [7, 1]}, key="id")
    with pytest.raises(errors.ConstraintViolationError):
        loaded.load_nodes("Person", {"id": [8, 8]}, key="id")
    assert loaded.info().nodes == before
    assert loaded.load_nodes("Person", {"id": [7, 8]}, key="id").rows == 2


def test_reports_and_progress(graph):
    seen = []
    report = graph.load_nodes(
        ["Person", "Admin"], PEOPLE, progress=lambda done, rows: seen.append((done, rows))
    )
    assert report.rows == 3
    assert report.rows_per_second > 0
    assert seen[-1] == (3, 3)
    assert graph.schema().labels == {"Person": 3, "Admin": 3}


def test_an_end_that_is_not_there_loads_nothing(loaded):
    table = {"a": [1, 9], "b": [2, 2]}
    with pytest.raises(errors.EntityNotFoundError, match="no Person whose id"):
        loaded.load_relationships("LIKES", table, source=("Person", "a"), target=("Person", "b"))
    assert loaded.schema().relationship_types == {"KNOWS": 3}


def test_ends_by_another_property(loaded):
    loaded.load_relationships(
        "LIKES",
        {"who": ["Ada"], "whom": [2]},
        source=("Person", "who", "name"),
        target=("Person", "whom"),
    )
    assert loaded.execute("MATCH (a)-[:LIKES]->(b) RETURN a.name, b.name").single() == (
        "Ada",
        "Bob",
    )


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda graph: graph.load_nodes("", PEOPLE), errors.QueryArgumentError),
        (lambda graph: graph.load_nodes("P", PEOPLE, key="nr"), errors.QueryArgumentError),
        (lambda graph: graph.load_nodes("P", {"id": [None]}, key="id"), errors.QueryArgumentError),
        (lambda graph: graph.load_nodes("P", {"x": [[{"a": 1}]]}), errors.QueryTypeError),
        (
            lambda graph: graph.load_relationships(
                "R", KNOWS, source=("P", "a"), target=("P", "b")
            ),
            errors.SchemaError,
        ),
        (
            lambda graph: graph.load_relationships(
                "R", KNOWS, source=("P", "x", "id"), target=("P", "b", "id")
            ),
            errors.QueryArgumentError,
        ),
    ],
)
def test_loads_that_make_no_sense(graph, call, error):
    with pytest.raises(error):
        call(graph)
    assert graph.info().nodes == 0


def test_loads_survive_reopening(tmp_path):
    path = tmp_path / "g.ngdb"
    with neuralgraph.open(path) as graph:
        graph.load_nodes("Person", PEOPLE, key="id")
        graph.execute("MATCH (p:Person {id: 1}) SET p.name = 'Eve'")
        graph.load_relationships("KNOWS", KNOWS, source=("Person", "a"), target=("Person", "b"))
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (p:Person {id: 1})-->(b) RETURN p.name, b.name").single() == (
            "Eve",
            "Bob",
        )
        assert graph.verify() == []


def test_vectors_and_bytes_and_dates_come_back(graph):
    vectors = np.arange(8, dtype=np.float32).reshape(2, 4)
    days = np.array(["2026-01-31", "NaT"], dtype="datetime64[D]")
    graph.load_nodes("V", {"id": [1, 2], "v": vectors, "raw": [b"x", None], "day": days})
    row = graph.execute("MATCH (v:V {id: 1}) RETURN v.v, v.raw, v.day").single()
    assert np.array_equal(row[0], vectors[0])
    assert row[1:] == (b"x", neuralgraph.Date.of(2026, 1, 31))
    matrix = graph.execute("MATCH (v:V) RETURN v.v AS vector ORDER BY v.id").to_numpy()["vector"]
    assert np.array_equal(np.stack(list(matrix)), vectors)
