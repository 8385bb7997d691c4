"""EdgesReverify: a list of edges that is bound already is matched again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import ids_column
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import EdgeRef, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.access import Direction, GraphReader
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import EdgesReverify
    from neuralgraph.values import Batch


class EdgesReverifyStep(Step):
    """The rows whose list is a path in the pattern's direction, with the path's ends.

    An empty list has no ends, and matches nothing.
    """

    __slots__ = ("child", "direction", "layout", "place")

    def __init__(self, operator: EdgesReverify, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.place = compiler.place(self.child.slots, operator.edges)
        self.direction = operator.direction
        names = [operator.source, operator.target]
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows that match."""
        for batch in self.child.batches(context):
            rows: list[int] = []
            ends: list[tuple[int, int]] = []
            for row, value in enumerate(batch.columns[self.place].to_values()):
                edges = [value] if isinstance(value, EdgeRef) else value
                if not isinstance(edges, list) or not all(isinstance(e, EdgeRef) for e in edges):
                    continue
                found = path_ends([edge.id for edge in edges], self.direction, context.reader)
                rows.extend([row] * len(found))
                ends.extend(found)
            if rows:
                both = np.array(ends, dtype=np.int64).reshape(-1, 2)
                added = [ids_column(Kind.NODE, both[:, 0]), ids_column(Kind.NODE, both[:, 1])]
                yield from matched(self.layout, batch, np.array(rows, dtype=np.int64), added)


def path_ends(
    edges: Sequence[int], direction: Direction, reader: GraphReader
) -> list[tuple[int, int]]:
    """First and last node of each way to walk the edges in order; none when there is no way."""
    if not edges or len(set(edges)) < len(edges):
        return []
    sources, targets = reader.edge_endpoints(np.array(edges, dtype=np.int64))
    if (sources < 0).any():
        return []
    steps = list(zip(sources.tolist(), targets.tolist(), strict=True))
    if direction == "in":
        steps = [(target, source) for source, target in steps]
    ways = {(first, last) for first, last in _oriented(steps[0], direction)}
    for step in steps[1:]:
        ways = {
            (first, target)
            for first, last in ways
            for source, target in _oriented(step, direction)
            if source == last
        }
    return sorted(ways)


def _oriented(step: tuple[int, int], direction: Direction) -> list[tuple[int, int]]:
    if direction != "both" or step[0] == step[1]:
        return [step]
    return [step, (step[1], step[0])]
