"""Graph algorithms as procedures, against networkx."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np
import pytest

import neuralgraph
from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.execution.algorithms import distances, ranking, subgraph

SETTINGS = "{labels: ['P'], types: ['T']}"


@pytest.fixture(params=[1, 2, 3])
def pair(request):
    """A graph with more in it than the subgraph, and the subgraph as networkx has it, by `k`."""
    chance = random.Random(request.param)
    count = chance.choice([1, 30, 80])
    model = nx.MultiDiGraph()
    model.add_nodes_from(range(count))
    model.add_edges_from(
        (chance.randrange(count), chance.randrange(count), {"w": chance.randint(1, 4)})
        for _ in range(2 * count)
    )
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(0, 4) AS i CREATE (:Q {k: -1 - i})")
        graph.execute("UNWIND range(0, $n) AS i CREATE (:P {k: i})", n=count - 1)
        graph.execute(
            "UNWIND $edges AS e MATCH (a:P {k: e[0]}), (b:P {k: e[1]}) CREATE (a)-[:T {w: e[2]}]->(b)",
            edges=[[a, b, w] for a, b, w in model.edges(data="w")],
        )
        graph.execute("MATCH (p:P {k: 0}), (q:Q) CREATE (q)-[:T]->(p), (p)-[:U]->(p)")
        yield graph, model


def scores(graph, name, output, settings=SETTINGS):
    rows = graph.execute(
        f"CALL algo.{name}({settings}) YIELD node, {output} RETURN node.k, {output}"
    )
    return dict(map(tuple, rows))


def simple(model):
    plain = nx.Graph(model)
    plain.remove_edges_from(list(nx.selfloop_edges(plain)))
    return plain


@pytest.fixture(params=["scipy", "numpy"])
def with_and_without_scipy(request, monkeypatch):
    if request.param == "scipy":
        pytest.importorskip("scipy")
    else:
        for module in (distances, ranking, subgraph):
            monkeypatch.setattr(module, "scipy_sparse", lambda: None)


@pytest.mark.usefixtures("with_and_without_scipy")
def test_pagerank(pair):
    graph, model = pair
    many = "{labels: ['P'], types: ['T'], iterations: 300, tolerance: 1e-12"
    expected = nx.pagerank(model, tol=1e-12, max_iter=300, weight=None)
    assert scores(graph, "pagerank", "score", many + "}") == pytest.approx(expected, abs=1e-8)
    expected = nx.pagerank(model, tol=1e-12, max_iter=300, weight="w")
    weighted = scores(graph, "pagerank", "score", many + ", weight: 'w'}")
    assert weighted == pytest.approx(expected, abs=1e-8)


@pytest.mark.usefixtures("with_and_without_scipy")
def test_components(pair):
    graph, model = pair
    found = scores(graph, "wcc", "component")
    groups = {frozenset(k for k in found if found[k] == name) for name in set(found.values())}
    assert groups == set(map(frozenset, nx.weakly_connected_components(model)))


def test_cores_and_triangles(pair):
    graph, model = pair
    assert scores(graph, "kcore", "core") == nx.core_number(simple(model))
    assert scores(graph, "triangles", "triangles") == nx.triangles(simple(model))


def test_betweenness(pair):
    graph, model = pair
    plain = nx.DiGraph(model)
    graph.execute(
        "MATCH (a:P)-[t:T]->(b:P) WITH a, b, collect(t) AS ts FOREACH (t IN ts[1..] | DELETE t)"
    )
    expected = nx.betweenness_centrality(plain, normalized=False)
    assert scores(graph, "betweenness", "score") == pytest.approx(expected)


@pytest.mark.parametrize("weight", [None, "w"])
def test_shortest_paths(pair, weight):
    graph, model = pair
    extra = "" if weight is None else f", weight: '{weight}'"
    rows = graph.execute(
        f"MATCH (a:P {{k: 0}}) CALL algo.shortestPaths({{source: a, labels: ['P'], types: ['T']{extra}}})"
        " YIELD node, distance RETURN node.k, distance"
    )
    expected = nx.single_source_dijkstra_path_length(model, 0, weight=weight or (lambda *_: 1))
    assert dict(map(tuple, rows)) == expected


@pytest.mark.parametrize("name", ["louvain", "leiden", "labelPropagation"])
def test_communities_of_two_cliques(name):
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(0, 11) AS i CREATE (:P {k: i})")
        graph.execute(
            "MATCH (a:P), (b:P) WHERE a.k < b.k AND a.k / 6 = b.k / 6 CREATE (a)-[:T]->(b)"
        )
        graph.execute("MATCH (a:P {k: 0}), (b:P {k: 6}) CREATE (a)-[:T]->(b)")
        found = scores(graph, name, "community")
        assert [len({found[k] for k in part}) for part in (range(6), range(6, 12))] == [1, 1]
        assert found[0] != found[6]


@pytest.mark.parametrize("name", ["louvain", "leiden"])
def test_communities_are_as_good_as_those_of_networkx(pair, name):
    graph, model = pair
    found = scores(graph, name, "community")
    groups = [{k for k in found if found[k] == name} for name in set(found.values())]
    theirs = nx.community.louvain_communities(nx.Graph(model), seed=1)
    plain = nx.Graph(model)
    if plain.number_of_edges() > 1:
        ours = nx.community.modularity(plain, groups)
        assert ours > nx.community.modularity(plain, theirs) - 0.1
    if name == "leiden":
        assert all(nx.is_connected(plain.subgraph(group)) for group in groups)


def planted(graph, weight_inside):
    """Four groups of 50 with many relationships inside, and as many between them."""
    chance = random.Random(5)
    rows = []
    for number in range(4_000):
        a = chance.randrange(200)
        b = a // 50 * 50 + chance.randrange(50) if number % 2 else chance.randrange(200)
        rows.append([a, b, weight_inside if a // 50 == b // 50 else 1])
    graph.execute("UNWIND range(0, 199) AS i CREATE (:P {k: i})")
    graph.execute(
        "UNWIND $rows AS e MATCH (a:P {k: e[0]}), (b:P {k: e[1]}) CREATE (a)-[:T {w: e[2]}]->(b)",
        rows=rows,
    )


@pytest.mark.usefixtures("with_and_without_scipy")
@pytest.mark.parametrize("name", ["louvain", "leiden"])
def test_planted_communities_are_found_again_the_same_every_time(name):
    with neuralgraph.open() as graph:
        planted(graph, 3)
        found = scores(graph, name, "community", "{weight: 'w'}")
        groups = [{found[k] for k in range(50 * part, 50 * part + 50)} for part in range(4)]
        assert [len(group) for group in groups] == [1] * 4
        assert len(set.union(*groups)) == 4
        assert found == scores(graph, name, "community", "{weight: 'w'}")


def test_sampled_betweenness_is_near_the_exact_one():
    with neuralgraph.open() as graph:
        planted(graph, 1)
        exact, near = (
            scores(graph, "betweenness", "score", f"{{samples: {count}}}") for count in (0, 100)
        )
        assert sum(near.values()) == pytest.approx(sum(exact.values()), rel=0.1)


def test_algorithms_on_a_larger_graph():
    """Large enough for sampled edges, many blocks of nodes; against networkx."""
    chance = random.Random(3)
    model = nx.gnm_random_graph(3_000, 6_000, seed=3, directed=True)
    model.add_edges_from((chance.randrange(60), chance.randrange(60)) for _ in range(900))
    model.remove_edges_from(list(nx.selfloop_edges(model)))
    with neuralgraph.open() as graph:
        graph.load_nodes("P", {"k": list(range(3_000))}, key="k")
        sources, targets = map(list, zip(*model.edges, strict=True))
        ends = {"a": sources, "b": targets}
        graph.load_relationships("T", ends, source=("P", "a"), target=("P", "b"))
        plain = nx.Graph(model)
        assert scores(graph, "kcore", "core") == nx.core_number(plain)
        assert scores(graph, "triangles", "triangles") == nx.triangles(plain)
        found = scores(graph, "wcc", "component")
        groups = {frozenset(k for k in found if found[k] == name) for name in set(found.values())}
        assert groups == set(map(frozenset, nx.weakly_connected_components(model)))


def test_settings_are_checked(pair):
    graph, _ = pair
    with pytest.raises(QueryArgumentError, match="did you mean iterations"):
        scores(graph, "pagerank", "score", "{iteration: 3}")
    with pytest.raises(QueryArgumentError, match="damping is a number from 0 to 1"):
        scores(graph, "pagerank", "score", "{damping: 'x'}")
    with pytest.raises(QueryArgumentError, match="labels is a list of strings"):
        scores(graph, "wcc", "component", "{labels: [1]}")
    with pytest.raises(QueryArgumentError, match="source must be given"):
        scores(graph, "shortestPaths", "distance", "{}")


def test_results_are_written_back_and_whole_graphs_need_no_settings(pair):
    graph, model = pair
    graph.execute("CALL algo.wcc() YIELD node, component SET node.part = component")
    parts = graph.execute("MATCH (n) RETURN n.part").values()
    assert len(parts) == len(model) + 5
    assert None not in parts


def test_an_empty_graph_has_no_scores():
    with neuralgraph.open() as graph:
        for name, output in (
            ("pagerank", "score"),
            ("wcc", "component"),
            ("kcore", "core"),
            ("triangles", "triangles"),
            ("louvain", "community"),
            ("labelPropagation", "community"),
            ("betweenness", "score"),
        ):
            assert scores(graph, name, output, "") == {}


def test_csr_is_the_relationships_of_a_type_and_read_only():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (a:P)-[:T]->(b:P), (a)-[:T]->(c:P), (c)-[:U]->(a)")
        offsets, neighbours, edges = graph.csr("T")
        ends = graph.execute("MATCH (a)-[t:T]->(b) RETURN id(a), id(b), id(t)").to_numpy().values()
        sources = [
            node for node in range(len(offsets) - 1) for _ in range(*offsets[node : node + 2])
        ]
        found = sorted(zip(sources, neighbours.tolist(), edges.tolist(), strict=True))
        assert found == sorted(zip(*(column.tolist() for column in ends), strict=True))
        assert len(graph.csr()[2]) == len(graph.csr("U", direction="in")[2]) + len(edges) == 3
        with pytest.raises(ValueError, match="read-only"):
            neighbours[0] = 7


def test_csr_goes_to_scipy_and_networkx_as_documented():
    sparse = pytest.importorskip("scipy.sparse")
    with neuralgraph.open() as graph:
        planted(graph, 1)
        offsets, neighbours, _ = graph.csr("T")
        count = len(offsets) - 1
        parts = (np.ones(len(neighbours)), neighbours, offsets)
        matrix = sparse.csr_array(parts, shape=(count, count))
        assert (matrix @ np.ones(count)).sum() == len(neighbours) == 4_000
        index = np.stack((np.arange(count).repeat(np.diff(offsets)), neighbours))
        copied = sparse.csr_array(parts, shape=(count, count), copy=True)
        model = nx.from_scipy_sparse_array(copied, create_using=nx.DiGraph)
        assert set(model.edges()) == set(zip(*index.tolist(), strict=True))


def test_an_algorithm_of_many_rounds_ends_with_the_timeout():
    with neuralgraph.open(query_timeout_s=0.2) as graph:
        graph.execute("CREATE (a:N)-[:K]->(b:N)-[:K]->(a)")
        with pytest.raises(neuralgraph.QueryTimeoutError):
            graph.execute("CALL algo.pagerank({iterations: 1000000000}) YIELD score RETURN score")
