"""Distinct: each different row once, in the order of first appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.query.execution.operators.grouping import Grouper
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Distinct
    from neuralgraph.values import Batch, Column, MaskArray

_ROW_BYTES: Final = 120
"""A key in a dictionary."""


class DistinctStep(Step):
    """Each different row once; null equals null."""

    __slots__ = ("child",)

    def __init__(self, operator: Distinct, compiler: PlanCompiler) -> None:
        self.child = compiler.step(operator.child)
        super().__init__(self.child.slots)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows not seen before."""
        if not self.slots:
            yield from self._of_nothing(context)
            return
        if len(self.slots) == 1 and self.slots[0].kind in ("node", "edge"):
            yield from self._of_ids(context)
            return
        grouper = Grouper()
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            _, new = grouper.groups(batch.columns, batch.count)
            context.memory.hold(_ROW_BYTES * len(new) * len(self.slots))
            if len(new) == batch.count:
                yield batch
            elif len(new):
                yield batch.take(new)

    def _of_nothing(self, context: ExecutionContext) -> Iterator[Batch]:
        """Rows without columns are all the same."""
        for batch in self.child.batches(context):
            if batch.count:
                yield batch.slice(0, 1)
                return

    def _of_ids(self, context: ExecutionContext) -> Iterator[Batch]:
        """One column of ids: a mask over all ids there may be tells what was seen."""
        seen: MaskArray | None = None
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            column: Column = batch.columns[0]
            if seen is None:
                seen = self._mask(column, context)
            # The last place of the mask stands for null, whose id is -1.
            ids = column.ids if column.valid is None else np.where(column.valid, column.ids, -1)
            rows = new_ids(ids, seen)
            if len(rows) == batch.count:
                yield batch
            elif len(rows):
                yield batch.take(rows)

    def _mask(self, column: Column, context: ExecutionContext) -> MaskArray:
        reader = context.reader
        limit = reader.node_limit if column.kind == Kind.NODE else reader.edge_limit
        context.memory.hold(limit + 1)
        return np.zeros(limit + 1, dtype=np.bool_)


def new_ids(ids: np.typing.NDArray[np.int64], seen: MaskArray) -> np.typing.NDArray[np.int64]:
    """Rows of ids not seen before, each id once; they are seen afterwards.

    Args:
        ids: shape (rows,); -1 is an id like any other.
        seen: a flag an id, the last one for -1; changed.
    """
    rows = np.flatnonzero(~seen[ids])
    fresh = ids[rows]
    if len(fresh) > 1:
        # Within the batch: the first row of each id.
        _, first = np.unique(fresh, return_index=True)
        if len(first) < len(fresh):
            first.sort()
            rows = rows[first]
            fresh = fresh[first]
    seen[fresh] = True
    return rows
