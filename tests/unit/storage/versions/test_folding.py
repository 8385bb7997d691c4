"""Folds share what did not change, keep what was displaced, and survive being asked for little."""

import numpy as np
import pytest

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.errors import CorruptionError, FormatVersionError
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.versions import changes as ch
from neuralgraph.storage.versions.base import Base
from neuralgraph.storage.versions.deltas import DeltaStore
from neuralgraph.storage.versions.folding import fold
from neuralgraph.storage.versions.history_view import HistoricalBase
from neuralgraph.values import Kind


class Graph:
    """A base that every commit is folded into at once."""

    def __init__(self):
        self.blocks = BlockFile.create(MemoryDirectory(), "graph")
        self.base = Base.empty()

    def commit(self, *changes, metadata=None):
        txid = self.base.txid + 1
        deltas = DeltaStore(self.base.txid, self.base, self.base.indexes)
        deltas.apply([c for c in changes if not isinstance(c, ch.CreateConstraint)], txid)
        commit = ch.Commit(txid, txid * 100, changes, metadata or {})
        self.base = fold(self.base, deltas, txid, self.blocks, commits=[commit])
        return self.base


@pytest.fixture
def graph():
    return Graph()


def test_segments_that_nothing_touched_are_shared(graph):
    before = graph.commit(
        ch.CreateNode(0, ("A",), {"x": 1, "y": 2}),
        ch.CreateNode(70_000, ("A",), {"x": 3}),
        ch.CreateEdge(0, "T", 0, 70_000, {}),
    )
    after = graph.commit(ch.SetNodeProperty(70_000, "x", 4))
    assert before.nodes is after.nodes
    assert before.node_column("y").segments == after.node_column("y").segments
    assert before.node_column("x").segments[0] is after.node_column("x").segments[0]
    assert before.adjacency("T", "out").segments == after.adjacency("T", "out").segments
    assert after.node_column("x").values([0, 70_000]) == [1, 4]
    assert set(before.block_refs()) <= set(after.block_refs()) or after.block_refs()


def test_names_come_in_order_of_first_use(graph):
    base = graph.commit(
        ch.CreateNode(5, ("Z", "A"), {"q": 1}),
        ch.CreateNode(1, ("M",), {"b": 1, "a": None}),
        ch.CreateEdge(3, "T2", 5, 1, {}),
        ch.CreateEdge(1, "T1", 5, 1, {"z": 1}),
    )
    assert base.labels == ("Z", "A", "M")
    assert base.edge_types == ("T2", "T1")
    assert base.property_keys == ("q", "b", "a", "z")
    assert base.labels_of(5) == ("Z", "A")


def test_a_property_that_came_late_is_null_before(graph):
    graph.commit(ch.CreateNode(0, (), {}))
    graph.commit(ch.SetNodeProperty(0, "x", 7))
    graph.commit(ch.SetNodeProperty(0, "x", None))
    graph.commit(ch.SetNodeProperty(0, "x", "text"))
    seen = [HistoricalBase(graph.base, txid).node_column("x").value(0) for txid in range(1, 5)]
    assert seen == [None, 7, None, "text"]


def test_what_was_deleted_is_still_there_in_the_past(graph):
    graph.commit(
        ch.CreateNode(0, ("A",), {"x": 1}),
        ch.CreateNode(1, ("B",), {}),
        ch.CreateEdge(0, "T", 0, 1, {"w": 2}),
    )
    base = graph.commit(ch.DeleteEdge(0, "T", 0, 1), ch.DeleteNode(0))
    assert (base.node_count(), base.edge_count()) == (1, 0)
    assert base.node_column("x").value(0) is None
    assert base.adjacency("T", "out").expand_one(0)[0].tolist() == []
    past = HistoricalBase(base, 1)
    assert (past.node_count(), past.edge_count()) == (2, 1)
    assert past.labels_of(0) == ("A",)
    assert past.edge_record(0) == ("T", 0, 1)
    assert past.edge_column("w").value(0) == 2
    edges, neighbours = past.adjacency("T", "in").expand_one(1)
    assert (edges.tolist(), neighbours.tolist()) == ([0], [0])
    assert HistoricalBase(base, 0).node_count() == 0


def test_an_id_that_comes_again_was_gone_in_between(graph):
    graph.commit(ch.CreateNode(0, ("A",), {}), ch.CreateEdge(0, "T", 0, 0, {}))
    graph.commit(ch.DeleteEdge(0, "T", 0, 0), ch.DeleteNode(0))
    graph.commit(ch.CreateNode(0, ("B",), {}), ch.CreateEdge(0, "T", 0, 0, {}))
    for txid, labels, edges in ((1, ("A",), [0]), (2, (), []), (3, ("B",), [0])):
        past = HistoricalBase(graph.base, txid)
        assert (labels, len(edges)) == (past.labels_of(0), past.edge_count())
        assert edges == past.adjacency("T", "out").expand_one(0)[0].tolist()
        assert edges == past.adjacency("T", "out").flat().edges.tolist()


def test_kinds_widen_and_narrow_with_the_values(graph):
    vector = np.array([1, 2], dtype=np.float32)
    graph.commit(ch.CreateNode(0, (), {"x": 1, "v": vector}), ch.CreateNode(1, (), {"x": 2}))
    assert graph.base.node_column("v").segments[0].kind == Kind.VECTOR
    graph.commit(ch.SetNodeProperty(0, "x", "one"), ch.SetNodeProperty(1, "v", vector * 2))
    assert graph.base.node_column("x").values([0, 1]) == ["one", 2]
    assert graph.base.node_column("v").value(1).tolist() == [2, 4]
    graph.commit(ch.SetNodeProperty(0, "x", 1))
    assert graph.base.node_column("x").segments[0].kind == Kind.INTEGER
    graph.commit(ch.SetNodeProperty(0, "v", None), ch.SetNodeProperty(1, "v", None))
    assert graph.base.node_column("v").value(1) is None


def test_constraints_and_indexes_survive_the_manifest(graph):
    unique = ConstraintDefinition("u", "unique", "node", "A", ("x",))
    index = IndexDefinition("u", "range", "node", ("A",), ("x",), "u")
    graph.commit(ch.CreateNode(0, ("A",), {"x": 1}))
    graph.base = graph.base.with_index(index)
    base = graph.commit(ch.CreateConstraint(unique))
    again = Base.from_manifest(base.to_manifest(), graph.blocks)
    assert ((index,), (unique,)) == (again.indexes, again.constraints)
    assert again.index_run("u").seek([1]).tolist() == [0]
    assert again.without_index("u").indexes == ()


def test_commits_keep_their_time_and_metadata(graph):
    for number in range(1, 40):
        graph.commit(metadata={"number": number} if number % 2 else None)
    commits = graph.base.commits
    assert len(commits.segments) < 8
    assert [(txid, txid * 100) for txid in range(1, 40)] == [entry[:2] for entry in commits]
    assert (commits.metadata_of(7), commits.metadata_of(8)) == ({"number": 7}, {})
    assert (commits.timestamp_of(99), commits.timestamp_of(5)) == (None, 500)
    assert (commits.txid_at(99), commits.txid_at(599), commits.txid_at(10**9)) == (0, 5, 39)


def test_history_is_kept_in_few_segments_however_often_one_folds(graph):
    graph.commit(ch.CreateNode(0, (), {"x": 0}))
    for number in range(1, 60):
        graph.commit(ch.SetNodeProperty(0, "x", number))
    log = graph.base.history.node_values["x"]
    assert (log.row_count, len(log.segments) < 9) == (59, True)
    for txid in (1, 17, 59):
        assert txid - 1 == HistoricalBase(graph.base, txid).node_column("x").value(0)


def test_a_manifest_that_makes_no_sense_is_refused(graph):
    base = graph.commit(ch.CreateNode(0, (), {}))
    with pytest.raises(CorruptionError, match="manifest"):
        Base.from_manifest(base.to_manifest()[:-9], graph.blocks)
    with pytest.raises(FormatVersionError, match="newer"):
        Base.from_manifest(b"\x81\xa6layout\x7f", graph.blocks)


def test_an_untouched_column_has_nulls_for_nodes_that_came_later(graph):
    graph.commit(ch.CreateNode(0, ("A",), {"x": 1, "y": 2}))
    graph.commit(ch.CreateNode(1, ("A",), {"x": 3}), ch.CreateNode(2, ("A",), {"x": 3}))
    column = graph.base.node_column("y")
    for ids, wanted in (([0, 1], [2, None]), ([0, 2], [2, None]), ([-1, 0], [None, 2]), ([0], [2])):
        column.take(np.zeros(9, dtype=np.int64))
        found = column.take(np.array(ids))
        assert (wanted, [value is not None for value in wanted]) == (
            found.to_list(),
            found.valid_mask.tolist(),
        )


def test_parallel_edges_stand_in_order_of_their_ids_whichever_came_first(graph):
    graph.commit(ch.CreateNode(0, (), {}), ch.CreateEdge(9, "T", 0, 0, {}))
    graph.commit(ch.CreateEdge(3, "T", 0, 0, {}), ch.CreateEdge(12, "T", 0, 0, {}))
    for direction in ("out", "in"):
        assert graph.base.adjacency("T", direction).expand_one(0)[0].tolist() == [3, 9, 12]
