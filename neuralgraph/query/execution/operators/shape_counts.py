"""PathCount and TriangleCount: shapes counted as a whole, from what the whole graph's adjacency tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.execution.operators.triangles import (
    directed_triangles,
    simple_graph,
    triangle_count,
)
from neuralgraph.values import Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import GraphReader
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Arm, PathCount, TriangleCount
    from neuralgraph.values import MaskArray
    from neuralgraph.values.arrays import Int64Array


_KEPT_EDGES_MAX: Final = 1 << 22
_EDGE_BYTES: Final = 100
"""What counting triangles takes for each edge, half of it afterwards; of more edges nothing is kept."""


def _one(count: int) -> Batch:
    return Batch([Column(Kind.INTEGER, 1, None, None, [count])], 1)


class PathCountStep(Step):
    """Paths of one or two steps, as a sum over their middle of products of degrees."""

    __slots__ = ("arms", "common", "labels", "operator")

    def __init__(self, operator: PathCount, compiler: PlanCompiler) -> None:  # noqa: ARG002
        super().__init__(operator.slots)
        self.labels = operator.labels
        self.arms = operator.arms
        self.operator = operator
        # Types of the edges that both arms could take; None where they cannot meet.
        self.common: tuple[str, ...] | None = None
        if operator.different:
            one, other = (arm.types for arm in operator.arms)
            both = set(one) & set(other) if one and other else set(one) | set(other)
            self.common = tuple(sorted(both)) if both or not (one or other) else None

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """One row."""
        reader = context.reader
        ways = _labelled_degrees(reader, self.arms[0], self.labels)
        if len(self.arms) == 1:
            yield _one(int(ways.sum()))
            return
        total = int(np.dot(ways, _degrees(reader, self.arms[1])))
        if self.common is not None:
            total -= self._same_edge_twice(reader, self.common)
        yield _one(total)

    def _same_edge_twice(self, reader: GraphReader, types: tuple[str, ...]) -> int:
        """How many of the pairs of steps are one edge, taken twice."""
        one, other = self.arms
        labels = tuple(dict.fromkeys(one.labels + other.labels))
        if one.direction == other.direction:
            met = type(one)(types, one.direction, labels)
            return int(_labelled_degrees(reader, met, self.labels).sum())
        # In and out along the same edge leads back to where it began: a loop.
        loops: Int64Array = reader.memo(("loops", types), lambda: _loop_nodes(reader, types))
        for label in (*self.labels, *labels):
            loops = loops[reader.has_label(loops, label)]
        return len(loops)


def _degrees(reader: GraphReader, arm: Arm) -> Int64Array:
    """For each node id the number of ways along an arm; kept with the snapshot."""
    return reader.memo(("ways", arm), lambda: _count_ways(reader, arm))


def _labelled_degrees(reader: GraphReader, arm: Arm, labels: tuple[str, ...]) -> Int64Array:
    """`_degrees`, 0 for nodes that lack one of `labels`."""

    def make() -> Int64Array:
        ways = _degrees(reader, arm)
        mask = labelled(reader, labels)
        return ways if mask is None else ways * mask

    return reader.memo(("labelled ways", arm, labels), make)


def _count_ways(reader: GraphReader, arm: Arm) -> Int64Array:
    adjacency = reader.adjacency(arm.types, "out" if arm.direction == "out" else "in")
    mask = labelled(reader, arm.labels)
    if mask is None:
        return np.diff(adjacency.offsets)
    sums = np.zeros(len(adjacency.neighbours) + 1, dtype=np.int64)
    np.cumsum(mask[adjacency.neighbours], out=sums[1:])
    return np.diff(sums[adjacency.offsets])


def labelled(reader: GraphReader, labels: tuple[str, ...]) -> MaskArray | None:
    """Which node ids carry all the labels; None where there are no labels to carry."""
    if not labels:
        return None
    everyone = np.arange(reader.node_limit)
    mask = reader.has_label(everyone, labels[0])
    for label in labels[1:]:
        mask = mask & reader.has_label(everyone, label)
    return mask


def _loop_nodes(reader: GraphReader, types: tuple[str, ...]) -> Int64Array:
    """The node of each loop."""
    offsets, neighbours, _ = reader.adjacency(types, "out")
    sources = np.arange(len(offsets) - 1).repeat(np.diff(offsets))
    loops: Int64Array = sources[sources == neighbours]
    return loops


class TriangleCountStep(Step):
    """Triangles of a simple graph, found at their corner of least degree; else one by one."""

    __slots__ = ("child", "labels", "types", "weights")

    def __init__(self, operator: TriangleCount, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.types = operator.types
        self.labels = operator.labels
        self.weights = directed_triangles(operator.sides)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """One row."""
        reader = context.reader
        edges = sum(reader.catalog.edge_count(name) for name in self.types or (None,))
        if edges <= _KEPT_EDGES_MAX:
            graph = reader.memo(
                ("simple graph", self.types), lambda: simple_graph(reader, self.types)
            )
        else:
            context.memory.hold(_EDGE_BYTES * edges)
            graph = simple_graph(reader, self.types)
        all_labelled = reader.memo(
            ("all labelled", self.types, self.labels), lambda: self._all_labelled(reader)
        )
        if graph is not None and all_labelled:
            yield _one(triangle_count(graph, self.weights, check=context.check))
            return
        total = 0
        for batch in self.child.batches(context):
            context.check()
            total += batch.count
        yield _one(total)

    def _all_labelled(self, reader: GraphReader) -> bool:
        """Does every node at the end of an edge carry all the labels?"""
        mask = labelled(reader, self.labels)
        if mask is None:
            return True
        ends = [np.diff(reader.adjacency(self.types, way).offsets) > 0 for way in ("out", "in")]
        return bool(mask[ends[0] | ends[1]].all())
