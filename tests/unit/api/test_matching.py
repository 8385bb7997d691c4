"""Rows find their nodes, by an index or by a join, and say which they cannot find."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.access import ConstraintDefinition
from neuralgraph.api.matching import find_nodes, key_property
from neuralgraph.errors import EntityNotFoundError, QueryArgumentError, SchemaError
from neuralgraph.values import Column, Kind
from tests.support.dict_graph import DictGraph


@pytest.fixture
def graph():
    graph = DictGraph()
    for number in range(5):
        graph.create_node(["Person"], {"id": 100 - number, "name": f"p{number}"})
    graph.create_node(["Person"], {"name": "no id"})
    graph.create_node(["Other"], {"id": 100})
    return graph


def find(graph, key, column):
    return find_nodes(graph, "Person", key, column, column="c").tolist()


def names(graph, ids):
    return graph.node_values(ids, "name")


@pytest.mark.parametrize("repeats", [1, 50])
def test_integers(graph, repeats):
    found = find(graph, "id", Column.of_array(Kind.INTEGER, np.array([98, 100, 98] * repeats)))
    assert names(graph, found) == ["p2", "p0", "p2"] * repeats


def test_text_with_and_without_a_dictionary(graph):
    plain = Column.of_list(Kind.TEXT, ["p3", "p1"])
    words = np.array(["p1", "p3"], dtype=object)
    coded = Column.of_array(Kind.TEXT, np.array([1, 0], dtype=np.int32), None, words)
    assert names(graph, find(graph, "name", plain)) == ["p3", "p1"]
    assert find(graph, "name", coded) == find(graph, "name", plain)


def test_a_float_finds_the_equal_integer(graph):
    assert names(graph, find(graph, "id", Column.of_list(Kind.FLOAT, [99.0]))) == ["p1"]


def test_what_is_not_there_is_named(graph):
    with pytest.raises(EntityNotFoundError, match=r"1 rows have no Person .* row 1 with 7"):
        find(graph, "id", Column.of_list(Kind.INTEGER, [100, 7]))
    with pytest.raises(EntityNotFoundError):
        find(graph, "id", Column.of_list(Kind.INTEGER, [None]))


@pytest.mark.parametrize("key", ["id", "name"])
def test_two_nodes_with_the_value_are_refused(graph, key):
    graph.create_node(["Person"], {"id": 100, "name": "p0"})
    value = {"id": Column.of_list(Kind.INTEGER, [100]), "name": Column.of_list(Kind.TEXT, ["p0"])}[
        key
    ]
    with pytest.raises(QueryArgumentError):
        find(graph, key, value)


def test_the_key_is_that_of_the_unique_constraint(graph):
    with pytest.raises(SchemaError, match="no unique constraint"):
        key_property(graph.catalog, "Person")
    graph.create_constraint(ConstraintDefinition("c", "unique", "node", "Person", ("id",)))
    assert key_property(graph.catalog, "Person") == "id"
