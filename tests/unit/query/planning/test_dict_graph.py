"""The model itself: small examples that a reader can check by eye."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.access import ConstraintDefinition, GraphWriter, IndexDefinition, Range
from neuralgraph.errors import ConstraintViolationError, EntityNotFoundError
from neuralgraph.values import Column
from tests.support.dict_graph import DictGraph

AGE = IndexDefinition("age", "range", "node", ("Person",), ("age",))


def small() -> DictGraph:
    graph = DictGraph()
    ada = graph.create_node(["Person"], {"name": "Ada", "age": 36})
    bob = graph.create_node(["Person", "Admin"], {"name": "Bob", "age": 20.5})
    graph.create_edge("KNOWS", ada, bob, {"since": 1})
    graph.create_edge("KNOWS", bob, bob, {})
    graph.create_edge("LIKES", bob, ada, {})
    graph.create_index(AGE)
    return graph


def test_it_is_a_writer():
    writer: GraphWriter = small()
    assert writer.node_limit == 2
    assert writer.catalog.edge_types() == ("KNOWS", "LIKES")


def test_expand_gives_a_loop_once_and_sorts_by_neighbour():
    graph = small()
    rows, edges, neighbours = graph.expand(np.array([1, 0, -1]), [], "both")
    assert rows.tolist() == [0, 0, 0, 1, 1]
    assert neighbours.tolist() == [0, 0, 1, 1, 1]
    assert edges.tolist() == [0, 2, 1, 0, 2]
    assert graph.degree(np.array([1, 0, 7]), ["KNOWS"], "out").tolist() == [1, 1, 0]
    assert graph.adjacency(["KNOWS"], "in").offsets.tolist() == [0, 0, 2]


def test_indexes_compare_within_a_family():
    graph = small()
    graph.create_node(["Person"], {"age": "36"})
    assert graph.seek(AGE, [36.0]).tolist() == [0]
    assert graph.seek_range(AGE, Range(10, None)).tolist() == [1, 0]
    rows, ids = graph.seek_many(AGE, Column.of_values([None, 36, True, "36"]))
    assert (rows.tolist(), ids.tolist()) == ([1, 3], [0, 2])


def test_rollback_brings_back_everything_but_ids():
    graph = small()
    mark = graph.savepoint()
    graph.set_node_property(0, "name", None)
    created = graph.create_node([], {})
    graph.delete_edge(0)
    graph.rollback_to(mark)
    assert graph.node_values([0], "name") == ["Ada"]
    assert len(graph.edges) == 3
    assert graph.create_node([], {}) > created
    graph._check()


def test_unique_constraint_and_deleted_entities():
    graph = small()
    graph.create_constraint(ConstraintDefinition("u", "unique", "node", "Person", ("name",)))
    with pytest.raises(ConstraintViolationError):
        graph.create_node(["Person"], {"name": "Ada"})
    graph.delete_edge(0)
    graph.delete_edge(2)
    graph.delete_node(0)
    with pytest.raises(EntityNotFoundError):
        graph.set_node_property(0, "name", "x")
