"""Triangles of large simple graphs are those that a matrix counts, whoever works on which stretch."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.access import Adjacency
from neuralgraph.query.execution.operators import triangles
from neuralgraph.query.execution.operators.triangles import (
    directed_triangles,
    simple_graph,
    triangle_count,
)
from neuralgraph.query.execution.parallel import sum_in_parallel

TRANSITIVE = ((0, 1, False), (1, 2, False), (0, 2, False))
CYCLE = ((0, 1, False), (1, 2, False), (2, 0, False))
UNDIRECTED = ((0, 1, True), (1, 2, True), (2, 0, True))


def counted(graph, sides):
    return triangle_count(graph, directed_triangles(sides), check=lambda: None)


class Edges:
    """A reader of nothing but edges."""

    def __init__(self, matrix):
        self.matrix = matrix

    def adjacency(self, types, direction):  # noqa: ARG002
        sources, targets = np.nonzero(self.matrix)
        offsets = np.concatenate(([0], np.cumsum(self.matrix.sum(axis=1))))
        return Adjacency(offsets, targets, np.arange(len(sources)))


def random_matrix(nodes, density, seed):
    generator = np.random.default_rng(seed)
    # A few hubs, so that many pairs of nodes have edges in both directions.
    weights = generator.random(nodes) ** 3
    matrix = generator.random((nodes, nodes)) < density * (weights + weights[:, None])
    np.fill_diagonal(matrix, val=False)
    return matrix.astype(np.int64)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("candidates_max", [7, 1 << 18])
def test_counts_are_those_of_a_matrix(monkeypatch, seed, candidates_max):
    monkeypatch.setattr(triangles, "_CANDIDATES_MAX", candidates_max)
    matrix = random_matrix(60, 0.3, seed)
    graph = simple_graph(Edges(matrix), ("T",))
    assert graph is not None
    transitive = int((matrix @ matrix * matrix).sum())
    cycles = int(np.trace(matrix @ matrix @ matrix))
    assert counted(graph, TRANSITIVE) == transitive
    assert counted(graph, CYCLE) == cycles
    either = matrix + matrix.T
    assert counted(graph, UNDIRECTED) == int(np.trace(either @ either @ either))


@pytest.mark.parametrize("nodes", [0, 1, 2, 3])
def test_tiny_graphs_have_the_triangles_they_have(nodes):
    matrix = np.triu(np.ones((nodes, nodes), dtype=np.int64), 1)
    graph = simple_graph(Edges(matrix), ("T",))
    assert graph is not None
    assert counted(graph, TRANSITIVE) == (nodes == 3)


def test_pairs_whose_hashes_meet_are_told_apart(monkeypatch):
    monkeypatch.setattr(triangles, "_SPREAD", 0)
    matrix = random_matrix(40, 0.5, 1)
    graph = simple_graph(Edges(matrix), ("T",))
    assert graph is not None
    found = counted(graph, TRANSITIVE)
    assert found == int((matrix @ matrix * matrix).sum())


def parts(count):
    return (slice(place, place + 1) for place in range(count))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 200])
def test_every_part_is_summed_once(count):
    total = sum_in_parallel(
        lambda part: np.array([part.start, 1]), parts(count), np.zeros(2, np.int64), lambda: None
    )
    assert total.tolist() == [count * (count - 1) // 2, count]


def test_the_first_failure_ends_the_work():
    def work(part):
        if part.start == 50:
            raise ValueError("fifty")
        return np.array([1])

    with pytest.raises(ValueError, match="fifty"):
        sum_in_parallel(work, parts(1_000_000), np.zeros(1, np.int64), lambda: None)


def test_the_check_ends_the_work():
    asked = []

    def check():
        asked.append(1)
        if len(asked) > 5:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        sum_in_parallel(lambda _: np.array([1]), parts(1_000_000), np.zeros(1, np.int64), check)
