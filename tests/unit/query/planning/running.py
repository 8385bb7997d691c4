"""Text to rows over a `DictGraph`, and a matcher that tries everything: what plans are checked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.execution import ExecutionContext, ProcedureRegistry, compile_plan
from neuralgraph.query.functions import default_registry
from neuralgraph.query.language import CheckContext, check, parse
from neuralgraph.query.planning import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from neuralgraph.access import CatalogReader
    from tests.support.dict_graph import DictGraph

PROCEDURES = ProcedureRegistry()


def planned(text: str, catalog: CatalogReader, *, optimise: bool = True) -> Plan:
    """The plan of a text."""
    functions = default_registry()
    checked = check(parse(text), CheckContext(functions, PROCEDURES))
    return plan(checked, catalog, functions, optimise=optimise)


def rows(
    graph: DictGraph, text: str, *, optimise: bool = True, **parameters: Any
) -> list[tuple[Any, ...]]:
    """The result of a text, in order."""
    made = planned(text, graph.catalog, optimise=optimise)
    executable = compile_plan(made, default_registry(), PROCEDURES)
    context = ExecutionContext(graph, graph if made.writes else None, parameters)
    found: list[tuple[Any, ...]] = []
    for batch in executable.run(context):
        columns = [column.to_values() for column in batch.columns]
        found += list(zip(*columns, strict=True)) if columns else [()] * batch.count
    return found


def bag(result: list[tuple[Any, ...]]) -> list[str]:
    """Rows without their order."""
    return sorted(map(repr, result))


# ── the plain matcher ─────────────────────────────────────────────────────────────────────────

Step = tuple[str, str, str | None, str]
"""left node, direction, type, right node; the n-th step's edge is called ``r<n>``."""


def matches(
    graph: DictGraph, labels: Mapping[str, str | None], steps: list[Step]
) -> Iterator[dict[str, int]]:
    """Every match of a pattern: nodes by name, edges as ``r0``, ``r1``, ..., no edge twice."""
    yield from _walk(graph, labels, steps, 0, {})


def _walk(
    graph: DictGraph,
    labels: Mapping[str, str | None],
    steps: list[Step],
    place: int,
    bound: dict[str, int],
) -> Iterator[dict[str, int]]:
    if place == len(steps):
        yield from _free(graph, labels, [n for n in labels if n not in bound], bound)
        return
    left, direction, edge_type, right = steps[place]
    for edge_id, edge in graph.edges.items():
        if edge_id in (bound.get(f"r{p}") for p in range(place)):
            continue
        if edge_type not in (None, edge.type):
            continue
        ends = {(edge.source, edge.target)} if direction in ("out", "both") else set()
        if direction in ("in", "both"):
            ends.add((edge.target, edge.source))
        for one, other in ends:
            new = dict(bound)
            if _put(graph, labels, new, left, one) and _put(graph, labels, new, right, other):
                new[f"r{place}"] = edge_id
                yield from _walk(graph, labels, steps, place + 1, new)


def _free(
    graph: DictGraph, labels: Mapping[str, str | None], names: list[str], bound: dict[str, int]
) -> Iterator[dict[str, int]]:
    if not names:
        yield bound
        return
    for node_id in graph.nodes:
        new = dict(bound)
        if _put(graph, labels, new, names[0], node_id):
            yield from _free(graph, labels, names[1:], new)


def _put(
    graph: DictGraph,
    labels: Mapping[str, str | None],
    bound: dict[str, int],
    name: str,
    node_id: int,
) -> bool:
    label = labels.get(name)
    if label is not None and label not in graph.nodes[node_id].labels:
        return False
    return bound.setdefault(name, node_id) == node_id
