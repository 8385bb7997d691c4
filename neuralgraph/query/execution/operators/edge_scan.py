"""EdgeScan, EdgeById, EdgeIndexSeek, EdgeEnds: edges with their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import entity_column, ids_column, start_ids
from neuralgraph.query.execution.operators.crossing import cross, matched
from neuralgraph.query.execution.operators.node_scan import wanted_ids
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import NO_IDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.access import Direction, GraphReader
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import EdgeById, EdgeEnds, EdgeIndexSeek, EdgeScan
    from neuralgraph.values import Batch, IdArray, MaskArray, RowArray


def with_ends(
    reader: GraphReader, edges: IdArray, direction: Direction
) -> tuple[RowArray, list[Column]]:
    """Edges with their ends in the pattern's direction.

    Args:
        reader: the graph.
        edges: ids; shape (edges,).
        direction: ``out`` gives source and target, ``in`` target and source, ``both`` a row for each
            orientation, a loop once.

    Returns:
        For each row its place in `edges`, and three columns: edge, first end, second end.
    """
    sources, targets = reader.edge_endpoints(edges)
    rows = np.arange(len(edges))
    if direction == "in":
        sources, targets = targets, sources
    elif direction == "both":
        backward = np.flatnonzero(sources != targets)
        rows = np.concatenate([rows, backward])
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        sources, targets = (
            np.concatenate([sources, targets[backward]])[order],
            np.concatenate([targets, sources[backward]])[order],
        )
        edges = edges[rows]
    return rows, [
        ids_column(Kind.EDGE, edges),
        ids_column(Kind.NODE, sources),
        ids_column(Kind.NODE, targets),
    ]


def of_types(reader: GraphReader, edges: IdArray, types: Sequence[str]) -> MaskArray:
    """Which edges exist and are of one of the types (any type when none is named)."""
    exists = reader.edge_exists(edges)
    if not types or not len(edges):
        return exists
    column = reader.edge_types(edges)
    wanted = frozenset(types)
    if column.dictionary is not None:
        if not len(column.dictionary):
            return np.zeros(len(edges), dtype=np.bool_)
        is_wanted = np.fromiter((name in wanted for name in column.dictionary), np.bool_)
        found: MaskArray = is_wanted[column.array] & column.valid_mask
    else:
        found = np.fromiter((name in wanted for name in column.to_list()), np.bool_)
    return exists & found


class EdgeScanStep(Step):
    """All edges of some types, with their ends, for each row of the child."""

    __slots__ = ("child", "direction", "layout", "types")

    def __init__(self, operator: EdgeScan, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.direction = operator.direction
        self.types = operator.types
        names = [operator.variable, operator.source, operator.target]
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with each edge."""
        reader = context.reader
        for batch in self.child.batches(context):
            for edge_type in dict.fromkeys(self.types) or (None,):
                for edges in reader.scan_edges(edge_type):
                    if context.stoppable:
                        context.check()
                    rows, columns = with_ends(reader, edges, self.direction)
                    yield from cross(self.layout, batch, columns, len(rows))


class EdgeByIdStep(Step):
    """Edges by id, with their ends."""

    __slots__ = ("child", "direction", "ids", "layout", "types")

    def __init__(self, operator: EdgeById, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.ids = compiler.expressions(self.child.slots).compile(operator.ids)
        self.direction = operator.direction
        self.types = operator.types
        names = [operator.variable, operator.source, operator.target]
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with the edges that exist."""
        reader = context.reader
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            per_row = [wanted_ids(value) for value in self.ids.items(batch, context)]
            rows = np.repeat(np.arange(batch.count), [len(ids) for ids in per_row])
            edges = np.concatenate(per_row) if per_row else NO_IDS
            there = of_types(reader, edges, self.types)
            places, columns = with_ends(reader, edges[there], self.direction)
            yield from matched(self.layout, batch, rows[there][places], columns)


class EdgeIndexSeekStep(Step):
    """Edges whose indexed properties equal some values, with their ends."""

    __slots__ = ("child", "direction", "index", "layout", "values")

    def __init__(self, operator: EdgeIndexSeek, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.values = compiler.expressions(self.child.slots).compile_all(operator.values)
        self.index = operator.index
        self.direction = operator.direction
        names = [operator.variable, operator.source, operator.target]
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with the edges found."""
        reader = context.reader
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            columns = [value.items(batch, context) for value in self.values]
            found = [reader.seek(self.index, row) for row in zip(*columns, strict=True)]
            rows = np.repeat(np.arange(batch.count), [len(edges) for edges in found])
            edges = np.concatenate(found) if found else NO_IDS
            places, added = with_ends(reader, edges, self.direction)
            yield from matched(self.layout, batch, rows[places], added)


class EdgeEndsStep(Step):
    """A bound edge is matched again: its ends in the pattern's direction."""

    __slots__ = ("child", "direction", "layout", "place", "types")

    def __init__(self, operator: EdgeEnds, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.place = compiler.place(self.child.slots, operator.edge)
        self.direction = operator.direction
        self.types = operator.types
        names = [operator.source, operator.target]
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows whose edge is of the types, with its ends."""
        reader = context.reader
        for batch in self.child.batches(context):
            edges = start_ids(entity_column(batch.columns[self.place], Kind.EDGE))
            there = np.flatnonzero(of_types(reader, edges, self.types))
            places, columns = with_ends(reader, edges[there], self.direction)
            yield from matched(self.layout, batch, there[places], columns[1:])
