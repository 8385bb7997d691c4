"""Metadata and times that callers give to transactions and loads."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import neuralgraph
from neuralgraph import errors

QUERY = "CALL neural.transactions() YIELD txid, time, actor, reason, metadata RETURN *"


def noted(graph):
    return graph.execute(QUERY).to_dicts()


@pytest.mark.parametrize("is_folded", [False, True])
def test_a_load_notes_who_and_why_and_is_of_its_time(tmp_path, is_folded):
    path = tmp_path / "g.ngdb"
    with neuralgraph.open(path) as graph:
        graph.load_nodes(
            "P",
            {"k": [1, 2]},
            key="k",
            at="2001-01-01T00:00:00Z",
            metadata={"actor": "import", "batch": {"file": "p.csv", "rows": 2}},
        )
        graph.load_relationships(
            "R",
            {"a": [1], "b": [2]},
            source=("P", "a"),
            target=("P", "b"),
            at=dt.datetime(2002, 1, 1, tzinfo=dt.UTC),
            metadata={"reason": "links"},
        )
        if is_folded:
            graph.checkpoint()
        constraint, nodes, edges = noted(graph)
        assert constraint["actor"] == nodes["actor"] == "import"
        assert nodes["metadata"]["batch"] == {"file": "p.csv", "rows": 2}
        assert constraint["time"].year == nodes["time"].year == 2001
        assert (edges["reason"], edges["time"].year) == ("links", 2002)
        assert [
            graph.at(f"{year}-06-01").execute("MATCH (n) RETURN count(n)").value()
            for year in (2001, 2003)
        ] == [2, 2]
        assert graph.at("2001-06-01").execute("MATCH ()-[r]->() RETURN count(r)").value() == 0
        assert [commit.metadata for commit in graph.changes()][1:] == [
            nodes["metadata"],
            edges["metadata"],
        ]
        assert graph.verify(history=True) == []
    with neuralgraph.open(path) as graph:
        assert noted(graph)[1:] == [nodes, edges]
        with pytest.raises(errors.QueryArgumentError):
            graph.at("2000-01-01")


def test_an_import_goes_from_old_to_new():
    with neuralgraph.open() as graph:
        graph.load_nodes("P", {"k": [1]}, at="2001-01-01")
        with pytest.raises(errors.QueryArgumentError, match="does not go back"):
            graph.load_nodes("P", {"k": [2]}, at="2000-12-31")
        with pytest.raises(errors.QueryArgumentError, match="future"):
            graph.load_nodes("P", {"k": [2]}, at="2999-01-01")
        graph.load_nodes("P", {"k": [2]}, at="2001-01-01")
        with graph.transaction(at="2001-02-01", actor="a") as tx:
            tx.execute("MATCH (p:P {k: 1}) SET p.k = 3")
        graph.execute("MATCH (p:P {k: 2}) SET p.k = 4")
        with pytest.raises(errors.QueryArgumentError, match="does not go back"):
            graph.transaction(at="2001-02-02")
        assert graph.info().txid == 4

        def seen(moment):
            return graph.execute(
                "AT TIME $m MATCH (p:P) RETURN p.k AS k ORDER BY k", m=moment
            ).to_dicts()

        assert [row["k"] for row in seen("2001-01-15T00:00:00Z")] == [1, 2]
        assert [row["k"] for row in seen("2001-03-01T00:00:00Z")] == [2, 3]
        assert [
            row["k"]
            for row in graph.execute("AT TRANSACTION 1 MATCH (p:P) RETURN p.k AS k").to_dicts()
        ] == [1]


def test_metadata_takes_what_a_property_takes():
    with neuralgraph.open() as graph:
        given = {
            "actor": "ada", "when": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "n": np.int64(3),
            "list": [1, 2], "map": {"deep": {"er": [True]}}, "day": dt.date(2026, 1, 2),
        }  # fmt: skip
        with graph.transaction(**given) as tx:
            tx.execute("CREATE ()")
        (before,) = noted(graph)
        graph.checkpoint()
        (after,) = noted(graph)
        assert before == after
        assert after["metadata"]["n"] == 3
        assert after["metadata"]["map"] == {"deep": {"er": [True]}}
        assert (
            graph.execute(
                "CALL neural.transactions() YIELD metadata WHERE metadata.map.deep.er[0] "
                "RETURN metadata.when.year AS year"
            ).value()
            == 2026
        )


@pytest.mark.parametrize("metadata", [{"a": object()}, {1: "x"}, ["actor"]])
def test_what_cannot_be_kept_is_refused_at_once(metadata):
    with neuralgraph.open() as graph, pytest.raises(errors.QueryTypeError):
        graph.load_nodes("P", {"k": [1]}, metadata=metadata)
