"""Sort and Top: openCypher's total order, stable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.operators.limits import row_count
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Kind
from neuralgraph.values.ordering import sort_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Sort, Top
    from neuralgraph.values import Column, RowArray

_PARTITION_FACTOR = 4
"""Picking candidates first pays when the input is at least so many times the output."""


class _SortedStep(Step):
    """What Sort and Top share."""

    __slots__ = ("child", "descending", "keys", "layout")

    def __init__(self, operator: Sort | Top, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        expressions = compiler.expressions(self.child.slots)
        self.keys: tuple[Evaluator, ...] = expressions.compile_all(
            key.expression for key in operator.keys
        )
        self.descending = tuple(key.descending for key in operator.keys)
        self.layout = Layout(operator.slots, self.child.slots, [])

    def keyed(self, batch: Batch, context: ExecutionContext) -> list[Column]:
        """The key columns of a batch."""
        return [key.column(batch, context) for key in self.keys]

    def output(self, batch: Batch, rows: RowArray) -> Iterator[Batch]:
        """The rows named, cut to size."""
        for start in range(0, len(rows), BATCH_ROWS_MAX):
            yield self.layout.gather(batch, rows[start : start + BATCH_ROWS_MAX], ())


class SortStep(_SortedStep):
    """All rows, in order."""

    __slots__ = ()

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows in order."""
        kept = []
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if batch.count:
                context.memory.hold_batch(batch)
                kept.append(batch)
        if not kept:
            return
        whole = Batch.concat(kept)
        yield from self.output(whole, sort_rows(self.keyed(whole, context), self.descending))


class TopStep(_SortedStep):
    """The first rows in order; never holds much more than those."""

    __slots__ = ("limit", "skip", "spans")

    def __init__(self, operator: Top, compiler: PlanCompiler) -> None:
        super().__init__(operator, compiler)
        self.limit = compiler.expressions(()).compile(operator.limit)
        self.spans = (operator.skip or operator.limit).span, operator.limit.span
        self.skip = compiler.expressions(()).optional(operator.skip)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The first rows in order, without those skipped."""
        skip = 0 if self.skip is None else row_count(self.skip, context, "SKIP", self.spans[0])
        wanted = skip + row_count(self.limit, context, "LIMIT", self.spans[1])
        pending: list[Batch] = []
        held = 0
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            pending.append(batch)
            held += batch.count
            if held > 2 * max(wanted, BATCH_ROWS_MAX):
                whole = Batch.concat(pending)
                # In their old order, so that what follows stays stable.
                rows = np.sort(self._first_rows(whole, wanted, context))
                pending = [whole.take(rows)]
                held = len(rows)
        if held <= skip:
            return
        whole = Batch.concat(pending)
        context.memory.hold_batch(whole)
        yield from self.output(whole, self._first_rows(whole, wanted, context)[skip:])

    def _first_rows(self, batch: Batch, wanted: int, context: ExecutionContext) -> RowArray:
        """The first rows in order; shape (at most wanted,)."""
        if wanted == 0:
            return np.empty(0, dtype=np.int64)
        keys = self.keyed(batch, context)
        candidates = leading(keys[0], self.descending[0], wanted)
        if candidates is None:
            return sort_rows(keys, self.descending)[:wanted]
        few = [key.take(candidates) for key in keys]
        return candidates[sort_rows(few, self.descending)[:wanted]]


def leading(column: Column, descending: bool, wanted: int) -> RowArray | None:  # noqa: FBT001
    """Rows that may be among the first `wanted` by this key, ties included.

    Returns:
        Rows, ascending; None when picking them does not pay or the kind has no quick way.
    """
    if column.count < _PARTITION_FACTOR * wanted or column.count < BATCH_ROWS_MAX // 64:
        return None
    if column.kind not in (Kind.INTEGER, Kind.FLOAT) or column.valid is not None:
        return None
    array = column.array
    if column.kind == Kind.FLOAT and np.isnan(array).any():
        return None
    if descending:
        bound = np.partition(array, len(array) - wanted)[len(array) - wanted]
        return np.flatnonzero(array >= bound)
    bound = np.partition(array, wanted - 1)[wanted - 1]
    return np.flatnonzero(array <= bound)
