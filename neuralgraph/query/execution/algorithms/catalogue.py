"""The algorithms as procedures: their settings, and the columns they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.execution.algorithms import communities, grouping, ranking
from neuralgraph.query.execution.algorithms.distances import distances
from neuralgraph.query.execution.algorithms.subgraph import (
    Settings,
    Subgraph,
    neighbours_of,
    subgraph_of,
    weights_of,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import IdArray, RowArray
    from neuralgraph.values.arrays import Int64Array

    Found = tuple[IdArray, Column]
    Run = Callable[[ExecutionContext, Subgraph, Settings], Found]


def _scored(subgraph: Subgraph, scores: Any) -> Found:
    return subgraph.ids, Column.of_array(Kind.FLOAT, scores)


def _numbered(subgraph: Subgraph, numbers: Any) -> Found:
    return subgraph.ids, Column.of_array(Kind.INTEGER, numbers.astype(np.int64, copy=False))


def _grouped(subgraph: Subgraph, firsts: Any) -> Found:
    """A group is called by the least id in it."""
    return _numbered(subgraph, subgraph.ids[firsts])


def _pagerank(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
    reader, key = context.reader, settings.name("weight")
    names = (settings.names("labels"), settings.names("types"), key)

    def make() -> Any:
        weights = weights_of(reader, subgraph, key)
        sent = np.bincount(subgraph.sources, weights=weights, minlength=subgraph.node_count)
        return ranking.flow_of(subgraph, weights), np.flatnonzero(sent == 0)

    flow, sinks = reader.memo(("flow", names), make)
    ranks = ranking.pagerank(
        flow,
        sinks,
        count=subgraph.node_count,
        iterations=settings.number("iterations"),
        damping=settings.number("damping", most=1),
        tolerance=settings.number("tolerance"),
        check=context.check,
    )
    return _scored(subgraph, ranks)


def _betweenness(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
    samples = settings.number("samples")
    roots = np.arange(subgraph.node_count)
    share = 1.0
    if 0 < samples < subgraph.node_count:
        # Always the same nodes, spread over all: a result should come again.
        roots = np.linspace(0, subgraph.node_count - 1, samples).astype(np.int64)
        share = subgraph.node_count / samples
    return _scored(subgraph, ranking.betweenness(subgraph, roots, context.check) * share)


def _wcc(_context: ExecutionContext, subgraph: Subgraph, _settings: Settings) -> Found:
    parts = (subgraph.offsets, subgraph.sources, subgraph.targets)
    return _grouped(subgraph, grouping.components(*parts))


def _label_propagation(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
    rounds = settings.number("iterations")
    graph = neighbours_of(context.reader, settings, subgraph)
    found = communities.label_propagation(graph, iterations=rounds, check=context.check)
    return _grouped(subgraph, found)


def _modular(find: Callable[..., Int64Array]) -> Run:
    def run(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
        levels = settings.number("levels", least=1)
        graph = neighbours_of(context.reader, settings, subgraph, settings.name("weight"))
        return _grouped(subgraph, find(graph, levels=levels, check=context.check))

    return run


def _kcore(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
    graph = neighbours_of(context.reader, settings, subgraph)
    return _numbered(subgraph, grouping.core_numbers(graph, context.check))


def _triangles(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
    graph = neighbours_of(context.reader, settings, subgraph)
    return _numbered(subgraph, grouping.triangles(graph, context.check))


def _shortest_paths(context: ExecutionContext, subgraph: Subgraph, settings: Settings) -> Found:
    key = settings.name("weight")
    weights = None if key is None else weights_of(context.reader, subgraph, key)
    found = distances(subgraph, settings.node("source", subgraph), weights, context.check)
    reached = np.flatnonzero(np.isfinite(found))
    return subgraph.ids[reached], Column.of_array(Kind.FLOAT, found[reached])


def _procedure(
    name: str, output: tuple[str, str], settings: dict[str, Any], run: Run, description: str
) -> Procedure:
    """A procedure that runs an algorithm once for each row that calls it."""

    def call(
        context: ExecutionContext, count: int, *given: Column
    ) -> tuple[RowArray, Sequence[Column]]:
        configs = given[0].to_values() if given else [None] * count
        found = []
        for config in configs:
            chosen = Settings(config, settings)
            found.append(run(context, subgraph_of(context.reader, chosen), chosen))
        lengths = [len(ids) for ids, _ in found]
        nodes = Column.of_array(Kind.NODE, np.concatenate([ids for ids, _ in found]))
        return np.arange(count).repeat(lengths), [nodes, Column.concat([last for _, last in found])]

    return Procedure(
        f"algo.{name}",
        (("config", "MAP"),),
        (("node", "NODE"), output),
        optional_inputs=1,
        description=description,
        long_run=call,
    )


ALGORITHMS: Final = (
    _procedure(
        "pagerank",
        ("score", "FLOAT"),
        {"iterations": 20, "damping": 0.85, "tolerance": 0.0, "weight": None},
        _pagerank,
        "How likely a walk along relationships is to be at each node; all scores add up to 1.",
    ),
    _procedure(
        "betweenness",
        ("score", "FLOAT"),
        {"samples": 0},
        _betweenness,
        "How many shortest directed paths go through each node; `samples` start nodes instead of all.",
    ),
    _procedure(
        "wcc",
        ("component", "INTEGER"),
        {},
        _wcc,
        "Nodes connected in any direction; a component is called by its least node id.",
    ),
    _procedure(
        "labelPropagation",
        ("community", "INTEGER"),
        {"iterations": 10},
        _label_propagation,
        "Communities in which most neighbours agree.",
    ),
    _procedure(
        "louvain",
        ("community", "INTEGER"),
        {"levels": 10, "weight": None},
        _modular(communities.louvain),
        "Communities of high modularity.",
    ),
    _procedure(
        "leiden",
        ("community", "INTEGER"),
        {"levels": 10, "weight": None},
        _modular(communities.leiden),
        "Communities of high modularity, each of which hangs together.",
    ),
    _procedure(
        "kcore",
        ("core", "INTEGER"),
        {},
        _kcore,
        "The greatest k such that the node lies in a part where all have k neighbours or more.",
    ),
    _procedure(
        "triangles",
        ("triangles", "INTEGER"),
        {},
        _triangles,
        "How many triangles each node is a corner of, whatever the directions.",
    ),
    _procedure(
        "shortestPaths",
        ("distance", "FLOAT"),
        {"source": None, "weight": None},
        _shortest_paths,
        "The distance of each node that can be reached from `source`.",
    ),
)
