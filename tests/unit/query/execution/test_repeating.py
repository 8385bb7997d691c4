"""Quantified paths of any kind and the shortest of whole paths, against plain enumeration."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.values import PathRef
from tests.unit.query.execution.statements import graph_of, run
from tests.unit.query.execution.test_walking import EDGES, NODES, Edges, graph_with, trails

LINE = """CREATE (a:P {v: 0})-[:R]->(b:P {v: 1})-[:S]->(c:P {v: 2})-[:R]->(d:P {v: 3})-[:S]->(e:P {v: 4}),
    (a)-[:R]->(c), (b)-[:R]->(d)"""
FEW = settings(max_examples=40, deadline=None)


def rounds_of_two(edges: Edges, start: int, most: int) -> list[tuple[int, ...]]:
    """Nodes of all trails outwards from a node over an even number of edges, up to `most` pairs."""
    return [nodes for nodes, used in trails(edges, start, "out", 2 * most) if len(used) % 2 == 0]


@FEW
@given(edges=EDGES, low=st.integers(0, 2))
def test_rounds_of_two_relationships_are_trails_of_even_length(edges: Edges, low: int) -> None:
    graph = graph_with(edges)
    text = (
        "MATCH (s) ((a)-[]->(b)-[]->(c)){" + str(low) + ",2} (e)"
        " RETURN s.k, e.k, [x IN a | x.k], [x IN b | x.k], [x IN c | x.k]"
    )
    expected = [
        (nodes[0], nodes[-1], list(nodes[:-1:2]), list(nodes[1::2]), list(nodes[2::2]))
        for start in range(NODES)
        for nodes in rounds_of_two(edges, start, 2)
        if len(nodes) // 2 >= low
    ]
    assert sorted(run(graph, text)) == sorted(expected)
    bound_at_the_end = text.replace("MATCH (s)", "MATCH (e) MATCH (s)")
    assert sorted(run(graph, bound_at_the_end)) == sorted(expected)


@FEW
@given(edges=EDGES)
def test_conditions_hold_in_each_round_whichever_way_it_goes(edges: Edges) -> None:
    graph = graph_with(edges)
    text = "MATCH (s) ((a)-[r]-(b) WHERE a.k < b.k){1,3} (e) RETURN s.k, [x IN b | x.k], size(r)"
    expected = [
        (nodes[0], list(nodes[1:]), len(used))
        for start in range(NODES)
        for nodes, used in trails(edges, start, "both", 3)
        if used and all(one < other for one, other in pairwise(nodes))
    ]
    assert sorted(run(graph, text)) == sorted(expected)


@FEW
@given(edges=EDGES, count=st.integers(1, 3), kind=st.sampled_from(["", " GROUPS"]))
def test_the_shortest_of_each_pair(edges: Edges, count: int, kind: str) -> None:
    graph = graph_with(edges)
    lengths: dict[tuple[int, int], list[int]] = {}
    for start in range(NODES):
        for nodes, used in trails(edges, start, "out", len(edges)):
            if used:
                lengths.setdefault((start, nodes[-1]), []).append(len(used))
    expected = []
    for pair, found in lengths.items():
        wanted = sorted(found)[:count]
        if kind:
            least = sorted(set(found))[:count]
            wanted = [length for length in found if length in least]
        expected += [(*pair, length) for length in wanted]
    for pattern in ("(a)-[]->+(b)", "(a)-[*]->(b)", "(a) ((x)-[]->(y) WHERE x.k >= 0)+ (b)"):
        text = f"MATCH p = SHORTEST {count}{kind} {pattern} RETURN a.k, b.k, length(p)"
        assert sorted(run(graph, text)) == sorted(expected), text


@FEW
@given(edges=EDGES)
def test_the_shortest_of_a_path_of_several_parts(edges: Edges) -> None:
    graph = graph_with(edges)
    least: dict[tuple[int, int], int] = {}
    for start in range(NODES):
        for nodes, used in trails(edges, start, "out", len(edges)):
            if len(used) >= 2:
                pair = (start, nodes[-1])
                least[pair] = min(len(used), least.get(pair, len(used)))
    text = "MATCH p = ANY SHORTEST (a)-[]->(m)-[]->+(b) RETURN a.k, b.k, length(p)"
    assert sorted(run(graph, text)) == sorted((*pair, length) for pair, length in least.items())


def test_a_path_through_rounds_has_its_nodes_and_edges_in_order():
    graph = graph_of(LINE)
    [(path,)] = run(graph, "MATCH p = (s {v: 0}) ((a)-[:R]->(b)-[:S]->(c)){2} RETURN p")
    assert path == PathRef((0, 1, 2, 3, 4), (0, 1, 2, 3))


def test_no_relationship_is_walked_twice_in_one_match():
    graph = graph_of("CREATE (:A {v: 1})-[:R]->(:B)")
    assert run(graph, "MATCH ((a)-[:R]-(b)-[:R]-(c))+ RETURN count(*)") == [(0,)]
    assert run(graph, "MATCH (x)-[:R]-(y), ((a)-[:R]-(b) WHERE a.v = 1){1} RETURN count(*)") == [
        (0,)
    ]


def test_where_chooses_after_the_shortest_and_inner_conditions_before():
    graph = graph_of(LINE)
    before = "MATCH p = SHORTEST 1 (a {v: 0}) ((x)-[r:R|S]->(y) WHERE y.v <> 1)+ (b {v: 4}) RETURN length(p)"
    assert run(graph, before) == [(3,)]
    every = "MATCH p = ALL SHORTEST (a {v: 0})-[:R|S]->+(b {v: 4}) WHERE "
    after = every + "none(n IN nodes(p) WHERE n.v = 1) RETURN length(p)"
    assert run(graph, after) == [(3,)]
    gone = every + "all(r IN relationships(p) WHERE type(r) = 'S') RETURN length(p)"
    assert run(graph, gone) == []


def test_a_path_in_parentheses_is_the_path():
    graph = graph_of(LINE)
    text = "MATCH (p = (a {v: 0})-[:R]->(b) WHERE b.v > a.v) RETURN length(p), b.v ORDER BY b.v"
    assert run(graph, text) == [(1, 1), (1, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (s), ((a)-[]->(b) WHERE a.k = s.k){1,2} RETURN a",
        "MATCH ((a)){1,2} RETURN a",
        "MATCH (s) ((a)-[]->(b)) RETURN a",
    ],
)
def test_quantified_paths_that_mean_nothing_are_errors(text):
    with pytest.raises(QuerySyntaxError):
        run(graph_of(), text)
