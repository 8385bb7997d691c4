"""NodeScan and NodeById: nodes without an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.columns import ids_column
from neuralgraph.query.execution.operators.crossing import cross, matched
from neuralgraph.query.execution.operators.leaves import UnitStep
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, NO_IDS, Batch, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import NodeById, NodeScan
    from neuralgraph.values import IdArray


class NodeScanStep(Step):
    """All nodes, or all with a label, for each row of the child."""

    __slots__ = ("child", "label", "layout")

    def __init__(self, operator: NodeScan, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.label = operator.label
        self.layout = Layout(operator.slots, self.child.slots, [operator.variable])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with each node."""
        if isinstance(self.child, UnitStep):
            for ids in context.reader.scan_nodes(self.label):
                if context.stoppable:
                    context.check()
                yield Batch([ids_column(Kind.NODE, ids)] if self.slots else (), len(ids))
            return
        found: list[IdArray] | None = None
        for batch in self.child.batches(context):
            if found is None or context.writer is not None:
                # Nothing but the statement itself changes the graph; a pure reader scans once.
                found = list(context.reader.scan_nodes(self.label))
            ids = np.concatenate(found) if found else NO_IDS
            for crossed in cross(self.layout, batch, [ids_column(Kind.NODE, ids)], len(ids)):
                if context.stoppable:
                    context.check()
                yield crossed


def wanted_ids(value: Any) -> IdArray:
    """Ids out of an integer or a list, each once, in order; whatever is no integer finds nothing."""
    values = value if isinstance(value, list) else [value]
    ids = [item for item in dict.fromkeys(_whole(item) for item in values) if item is not None]
    return np.array(ids, dtype=np.int64)


def _whole(value: Any) -> int | None:
    """An id that equals the value: ``id(n) = 1.0`` holds for node 1."""
    if type(value) is int and 0 <= value < 2**63:
        return value
    if type(value) is float and value.is_integer() and 0 <= value < 2**62:
        return int(value)
    return None


class NodeByIdStep(Step):
    """Nodes whose id is in a list, or is a single integer."""

    __slots__ = ("child", "ids", "layout")

    def __init__(self, operator: NodeById, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.ids: Evaluator = compiler.expressions(self.child.slots).compile(operator.ids)
        self.layout = Layout(operator.slots, self.child.slots, [operator.variable])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with the nodes that exist."""
        reader = context.reader
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if self.ids.constant:
                ids = wanted_ids(self.ids.value(context))
                ids = ids[reader.node_exists(ids)]
                yield from cross(self.layout, batch, [ids_column(Kind.NODE, ids)], len(ids))
                continue
            per_row = [wanted_ids(value) for value in self.ids.items(batch, context)]
            rows = np.repeat(np.arange(batch.count), [len(ids) for ids in per_row])
            ids = np.concatenate(per_row) if per_row else NO_IDS
            there = reader.node_exists(ids)
            yield from matched(self.layout, batch, rows[there], [ids_column(Kind.NODE, ids[there])])


def cut(ids: IdArray) -> Iterator[Batch]:
    """Nodes alone, in batches."""
    for start in range(0, len(ids), BATCH_ROWS_MAX):
        part = ids[start : start + BATCH_ROWS_MAX]
        yield Batch([ids_column(Kind.NODE, part)], len(part))
