"""Expressions that take the graph's structure to compute: plans inside expressions, and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.columns import boolean_column
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.execution.memory import Share, values_bytes
from neuralgraph.stopping import watched
from neuralgraph.values import Column, EdgeRef, Kind, NodeRef, PathRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler, InnerRunner
    from neuralgraph.query.planning.plan import PathOf, PlanExpression
    from neuralgraph.values import Batch


class PlanEvaluator(Evaluator):
    """EXISTS, COUNT, COLLECT, or the first value of a plan run for each row."""

    __slots__ = ("collected", "inner", "kind")

    def __init__(self, inner: InnerRunner, kind: str, collected: str | None) -> None:
        self.inner = inner
        self.kind = kind
        self.collected = None if collected is None else inner.place(collected)

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The value in each row."""
        if not batch.count:
            return []
        if self.kind in ("exists", "count"):
            return self.vector(batch, context).to_list()
        place = self.collected
        assert place is not None
        lists: list[list[Any]] = [[] for _ in range(batch.count)]
        with Share(context.memory) as held:
            for rows, found in self.inner.run(batch, context):
                column = found.columns[place]
                held.hold(values_bytes(column))
                for row, value in zip(rows.tolist(), column.to_values(), strict=True):
                    lists[row].append(value)
        if self.kind == "collect":
            return lists
        return [found[0] if found else None for found in lists]

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The value in each row."""
        if self.kind not in ("exists", "count"):
            return super().vector(batch, context)
        counts = np.zeros(batch.count, dtype=np.int64)
        for rows, _ in self.inner.run(batch, context):
            if batch.count == 1:
                counts[0] += len(rows)
                if self.kind == "exists" and len(rows):
                    break
            else:
                counts += np.bincount(rows, minlength=batch.count)
        if self.kind == "count":
            return Column.of_array(Kind.INTEGER, counts)
        return boolean_column(counts > 0)

    def column(self, batch: Batch, context: ExecutionContext) -> Column:
        """The value in each row."""
        return self.vector(batch, context)


class PathEvaluator(Evaluator):
    """A path from slots: node, edge or list of edges, node, ...; null when any of them is."""

    __slots__ = ("steps",)

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = tuple(steps)

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The path in each row."""
        columns = [batch.columns[place].to_values() for place in self.steps]
        ends = self._ends(columns[1::2], context)
        return [path_of(row, ends) for row in watched(zip(*columns, strict=True))]

    def _ends(
        self, edge_columns: Sequence[Sequence[Any]], context: ExecutionContext
    ) -> dict[int, tuple[int, int]]:
        """Source and target of every edge that stands in a list."""
        ids = {
            edge.id
            for column in edge_columns
            for value in column
            if isinstance(value, list)
            for edge in value
        }
        if not ids:
            return {}
        listed_ids = sorted(ids)
        sources, targets = context.reader.edge_endpoints(np.array(listed_ids, dtype=np.int64))
        return dict(
            zip(listed_ids, zip(sources.tolist(), targets.tolist(), strict=True), strict=True)
        )


def path_of(steps: Sequence[Any], ends: dict[int, tuple[int, int]]) -> PathRef | None:
    """The path through node, edge or list of edges, node, ...; None when any is null.

    Args:
        steps: what stands on the path, in walking order.
        ends: source and target of the edges in lists.
    """
    if any(step is None for step in steps):
        return None
    first = steps[0]
    assert isinstance(first, NodeRef)
    nodes = [first.id]
    edges: list[int] = []
    for place in range(1, len(steps), 2):
        between, target = steps[place], steps[place + 1]
        if isinstance(between, EdgeRef):
            edges.append(between.id)
            nodes.append(target.id)
            continue
        for edge in between:
            source, end = ends[edge.id]
            edges.append(edge.id)
            nodes.append(end if source == nodes[-1] else source)
    return PathRef(tuple(nodes), tuple(edges))


def compile_plan(compiler: ExpressionCompiler, expression: PlanExpression) -> Evaluator:
    """A plan inside an expression."""
    inner = compiler.plans.inner(expression.plan, tuple(compiler.slots))
    return PlanEvaluator(inner, expression.kind, expression.collected)


def compile_path(compiler: ExpressionCompiler, expression: PathOf) -> Evaluator:
    """A path of entities in slots."""
    return PathEvaluator([compiler.places[name] for name in expression.steps])
