"""check_base says what is wrong, and nothing when nothing is."""

from dataclasses import replace

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.indexes.sorted_building import empty_run
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.maintenance.integrity import check_base
from neuralgraph.storage.versions.attaching import attach_edges, attach_nodes
from neuralgraph.storage.versions.base import Base
from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
from neuralgraph.storage.versions.base_columns import PropertyColumn
from neuralgraph.storage.versions.base_commits import CommitLog, CommitTime
from neuralgraph.storage.versions.base_edges import EdgeTable
from neuralgraph.storage.versions.base_nodes import NodeTable
from neuralgraph.storage.versions.history import HistoryLog, HistorySegment
from neuralgraph.values import Column, Kind

INDEX = IndexDefinition("by_x", "range", "node", ("A",), ("x",))


@pytest.fixture
def base():
    blocks = BlockFile.create(MemoryDirectory(), "graph")
    column = Column.of_array(Kind.INTEGER, np.arange(10))
    made = attach_nodes(Base.empty().with_index(INDEX), 0, ("A",), {"x": column}, 10, 1, blocks)
    sources, targets = np.array([0, 1, 2]), np.array([3, 4, 5])
    return attach_edges(made, "T", 0, sources, targets, {}, 2, blocks)


def only_problem(base, where):
    problems = check_base(base)
    assert {where} == {problem.where for problem in problems}, problems


def test_a_sound_base_has_no_problems(base):
    assert check_base(base) == []


def test_a_wrong_count_is_found(base):
    segment = replace(base.nodes.segments[0], counts=(0, 9))
    nodes = NodeTable(base.labels, base.nodes.label_sets, {0: segment}, 10)
    only_problem(base.replaced(nodes=nodes), "nodes, segment 0")


def test_an_end_that_is_no_node_is_found(base):
    segment = replace(base.edges.segments[0], targets=StoredArray.in_memory(np.array([3, 4, 77])))
    found = check_base(base.replaced(edges=EdgeTable(("T",), {0: segment}, 3)))
    assert "relationship 2 has a target that is no node" in found[0].what
    assert {"outgoing T", "ingoing T"} <= {problem.where for problem in found}


def test_directions_that_disagree_are_found(base):
    adjacencies = dict(base.parts.adjacencies)
    adjacencies["T", "in"] = BaseAdjacency({}, 10)
    only_problem(base.replaced(adjacencies=adjacencies), "ingoing T")


def test_an_index_that_lacks_entries_is_found(base):
    only_problem(base.replaced(runs={"by_x": empty_run(INDEX)}), "index by_x")


def test_properties_of_nothing_are_found(base):
    segments = base.node_column("x").segments
    columns = {"x": PropertyColumn(segments, 10), "y": PropertyColumn({1: segments[0]}, 10)}
    keys = (*base.property_keys, "y")
    only_problem(base.replaced(node_columns=columns, property_keys=keys), "node property y")


def test_a_label_set_that_is_there_twice_or_of_nothing_is_found(base):
    nodes = NodeTable(base.labels, [(), ("A",), ("A",)], base.nodes.segments, 10)
    only_problem(base.replaced(nodes=nodes), "label sets")
    nodes = NodeTable((), [(), ("A",)], base.nodes.segments, 10)
    assert "label sets" in {problem.where for problem in check_base(base.replaced(nodes=nodes))}


def test_commits_out_of_order_are_found(base):
    blocks = BlockFile.create(MemoryDirectory(), "graph")
    one, two, late = CommitTime(1, 50, {}), CommitTime(2, 60, {}), CommitTime(3, 70, {})
    assert check_base(base.replaced(commits=CommitLog().add([one, two], blocks))) == []
    back = CommitTime(2, 40, {})
    only_problem(base.replaced(commits=CommitLog().add([one, back], blocks)), "commits")
    only_problem(base.replaced(commits=CommitLog().add([one, two, late], blocks)), "commits")


def test_history_out_of_order_or_beyond_the_base_is_found(base):
    blocks = BlockFile.create(MemoryDirectory(), "graph")
    payload = (Column.of_values([7, 8]),)

    def with_history(ids, untils):
        segment = HistorySegment.write(np.array(ids), np.array(untils), payload, blocks)
        history = replace(base.history, node_values={"x": HistoryLog((segment,))})
        return base.replaced(history=history)

    assert check_base(with_history([1, 2], [1, 2])) == []
    only_problem(with_history([2, 1], [1, 2]), "history of node property x")
    only_problem(with_history([1, 2], [1, 9]), "history of node property x")
