"""Expanding, walking and shortest paths, against plain enumeration."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.values import PathRef
from tests.support.dict_graph import DictGraph
from tests.unit.query.execution.statements import graph_of, run

Edges = list[tuple[int, int]]
NODES = 5
EDGES = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=8)


def graph_with(edges: Edges) -> DictGraph:
    graph = DictGraph()
    for number in range(NODES):
        graph.create_node(["N"], {"k": number})
    for source, target in edges:
        graph.create_edge("T", source, target, {})
    return graph


def trails(
    edges: Edges, start: int, direction: str, most: int
) -> list[tuple[tuple[int, ...], ...]]:
    """Every trail from a node: its nodes and edges, the empty one included."""
    found = [((start,), ())]
    for trail in found:
        nodes, used = trail
        if len(used) >= most:
            continue
        for edge, (source, target) in enumerate(edges):
            if edge in used:
                continue
            ends = []
            if direction != "in" and source == nodes[-1]:
                ends.append(target)
            if (
                direction != "out"
                and target == nodes[-1]
                and (direction == "in" or source != target)
            ):
                ends.append(source)
            found.extend(((*nodes, end), (*used, edge)) for end in ends)
    return found


ARROWS = {"out": "-[{}]->", "in": "<-[{}]-", "both": "-[{}]-"}


@settings(max_examples=40, deadline=None)
@given(edges=EDGES, direction=st.sampled_from(["out", "in", "both"]), low=st.integers(0, 2))
def test_variable_length_finds_every_trail(edges: Edges, direction: str, low: int) -> None:
    graph = graph_with(edges)
    arrow = ARROWS[direction].format(f"r*{low}..3")
    rows = run(graph, f"MATCH (a){arrow}(b) RETURN a.k, [e IN r | id(e)], b.k")
    expected = [
        (nodes[0], list(used), nodes[-1])
        for start in range(NODES)
        for nodes, used in trails(edges, start, direction, 3)
        if len(used) >= low
    ]
    assert sorted(rows) == sorted(expected)


@settings(max_examples=60, deadline=None)
@given(
    edges=EDGES,
    direction=st.sampled_from(["out", "in", "both"]),
    low=st.integers(0, 1),
    most=st.sampled_from([1, 2, 3, 4, None]),
)
def test_distinct_ends_are_the_ends_of_trails(
    edges: Edges, direction: str, low: int, most: int | None
) -> None:
    graph = graph_with(edges)
    arrow = ARROWS[direction].format(f"*{low}..{'' if most is None else most}")
    rows = run(graph, f"MATCH (a){arrow}(b) RETURN DISTINCT a.k, b.k")
    expected = {
        (start, nodes[-1])
        for start in range(NODES)
        for nodes, used in trails(edges, start, direction, 8 if most is None else most)
        if len(used) >= low
    }
    assert sorted(rows) == sorted(expected)


@settings(max_examples=40, deadline=None)
@given(edges=EDGES, direction=st.sampled_from(["out", "in", "both"]))
def test_shortest_paths_are_all_the_shortest(edges: Edges, direction: str) -> None:
    graph = graph_with(edges)
    arrow = ARROWS[direction].format("*..4")
    rows = run(
        graph,
        f"MATCH (a), (b) WHERE a <> b MATCH p = allShortestPaths((a){arrow}(b)) RETURN p",
    )
    expected = []
    for start, end in product(range(NODES), repeat=2):
        if start != end:
            between = [t for t in trails(edges, start, direction, 4) if t[0][-1] == end]
            least = min((len(used) for _, used in between), default=0)
            expected += [PathRef(nodes, used) for nodes, used in between if len(used) == least]
    assert sorted((p.nodes, p.edges) for (p,) in rows) == sorted(
        (p.nodes, p.edges) for p in expected
    )
    single = run(
        graph, f"MATCH (a), (b) WHERE a <> b MATCH p = shortestPath((a){arrow}(b)) RETURN p"
    )
    assert {(p.nodes[0], p.nodes[-1], len(p.edges)) for (p,) in single} == {
        (p.nodes[0], p.nodes[-1], len(p.edges)) for p in expected
    }


@settings(max_examples=30, deadline=None)
@given(edges=EDGES)
def test_fixed_patterns_use_no_relationship_twice(edges: Edges) -> None:
    graph = graph_with(edges)
    rows = run(graph, "MATCH (a)-[r]-(b)-[s]-(c) RETURN a.k, b.k, c.k, id(r), id(s)")
    expected = [
        (*nodes, *used)
        for start in range(NODES)
        for nodes, used in trails(edges, start, "both", 2)
        if len(used) == 2
    ]
    assert sorted(rows) == sorted(expected)
    assert run(graph, "MATCH (a)-[r]-(b)-[s]-(c) RETURN count(*)") == [(len(expected),)]


@settings(max_examples=30, deadline=None)
@given(edges=EDGES)
def test_triangles_close(edges: Edges) -> None:
    graph = graph_with(edges)
    rows = run(graph, "MATCH (a)-[r]->(b)-[s]->(c)-[t]->(a) RETURN id(r), id(s), id(t)")
    expected = [
        used
        for start in range(NODES)
        for nodes, used in trails(edges, start, "out", 3)
        if len(used) == 3 and nodes[-1] == start
    ]
    assert sorted(rows) == sorted(expected)


def test_a_predicate_holds_for_every_edge_on_the_way() -> None:
    graph = graph_of(
        "CREATE (:S)-[:T {ok: true}]->(m)-[:T {ok: true}]->(:G {k: 1}),"
        " (m)-[:T {ok: false}]->(:G {k: 2})"
    )
    text = "MATCH (:S)-[r*2 {ok: true}]->(g) RETURN g.k"
    assert run(graph, text) == [(1,)]
    text = (
        "MATCH (s:S), (g:G) MATCH p = shortestPath((s)-[*]->(g))"
        " WHERE all(r IN relationships(p) WHERE r.ok) RETURN g.k"
    )
    assert run(graph, text) == [(1,)]


@pytest.mark.parametrize("count", [1, 30])
def test_optional_match_keeps_rows_and_their_order(count: int) -> None:
    graph = graph_of(
        f"UNWIND range(1, {count}) AS i CREATE (n:N {{k: i}})"
        " WITH n, i WHERE i % 2 = 0 CREATE (n)-[:T]->(:M {k: i})"
    )
    rows = run(graph, "MATCH (n:N) WITH n ORDER BY n.k OPTIONAL MATCH (n)-->(m) RETURN n.k, m.k")
    assert rows == [(i, i if i % 2 == 0 else None) for i in range(1, count + 1)]


def test_a_bound_list_of_edges_is_matched_again() -> None:
    graph = graph_of("CREATE (:A {k: 1})-[:T]->({k: 2})-[:T]->({k: 3})")
    text = "MATCH (:A)-[rs*2]->() WITH rs MATCH (x)-[rs*]->(y) RETURN x.k, y.k"
    assert run(graph, text) == [(1, 3)]
    text = "MATCH (:A)-[rs*2]->() WITH rs MATCH (x)<-[rs*]-(y) RETURN x.k, y.k"
    assert run(graph, text) == []
