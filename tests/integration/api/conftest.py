"""A graph to ask."""

from __future__ import annotations

import pytest

import neuralgraph


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        yield graph


@pytest.fixture
def people(graph):
    graph.execute(
        "CREATE (ada:Person {name: 'Ada', age: 36}), (bob:Person {name: 'Bob', age: 20}),"
        " (eve:Person:Admin {name: 'Eve'}),"
        " (ada)-[:KNOWS {since: 2001}]->(bob), (bob)-[:KNOWS {since: 2010}]->(eve)"
    )
    return graph
