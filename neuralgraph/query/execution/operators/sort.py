"""Sort and Top: openCypher's total order, stable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.memory import Share, values_bytes
from neuralgraph.query.execution.operators.limits import row_count
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Kind
from neuralgraph.values.ordering import sort_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Sort, Top
    from neuralgraph.values import Column, RowArray

_RANK_BYTES = 150
"""A set, a list in order and a dictionary, for each different value."""

_KEY_BYTES = 80
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

    def ordered(self, batch: Batch, context: ExecutionContext) -> RowArray:
        """The rows of a batch in order; shape (rows,)."""
        keys = self.keyed(batch, context)
        return sorted_rows(keys, self.descending, context)

    def output(self, batch: Batch, rows: RowArray) -> Iterator[Batch]:
        """The rows named, cut to size."""
        for start in range(0, len(rows), BATCH_ROWS_MAX):
            yield self.layout.gather(batch, rows[start : start + BATCH_ROWS_MAX], ())


class SortStep(_SortedStep):
    """All rows, in order."""

    __slots__ = ()

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows in order."""
        with Share(context.memory) as held:
            kept = []
            for batch in self.child.batches(context):
                if context.stoppable:
                    context.check()
                if batch.count:
                    held.hold_batch(batch)
                    kept.append(batch)
            if not kept:
                return
            held.require(held.bytes_held)
            whole = Batch.concat(kept)
            kept.clear()
            yield from self.output(whole, self.ordered(whole, context))


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
        with Share(context.memory) as kept:
            yield from self._first(context, kept)

    def _first(self, context: ExecutionContext, kept: Share) -> Iterator[Batch]:
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
            kept.hold_batch(batch)
            held += batch.count
            if held > 2 * max(wanted, BATCH_ROWS_MAX):
                whole = Batch.concat(pending)
                # In their old order, so that what follows stays stable.
                rows = np.sort(self._first_rows(whole, wanted, context))
                pending = [whole.take(rows)]
                held = len(rows)
                kept.let_go()
                kept.hold_batch(pending[0])
        if held <= skip:
            return
        kept.require(kept.bytes_held)
        whole = Batch.concat(pending)
        pending.clear()
        yield from self.output(whole, self._first_rows(whole, wanted, context)[skip:])

    def _first_rows(self, batch: Batch, wanted: int, context: ExecutionContext) -> RowArray:
        """The first rows in order; shape (at most wanted,)."""
        if wanted == 0:
            return np.empty(0, dtype=np.int64)
        keys = self.keyed(batch, context)
        candidates = leading(keys[0], self.descending[0], wanted)
        if candidates is None:
            return sorted_rows(keys, self.descending, context)[:wanted]
        few = [key.take(candidates) for key in keys]
        return candidates[sorted_rows(few, self.descending, context)[:wanted]]


def sorted_rows(
    keys: Sequence[Column], descending: Sequence[bool], context: ExecutionContext
) -> RowArray:
    """`sort_rows`, when there is memory for it."""
    if keys[0].count > BATCH_ROWS_MAX // 64:
        context.reserve(sum(map(_sorting_bytes, keys)))
    return sort_rows(keys, descending)


def _sorting_bytes(key: Column) -> int:
    """What sorting takes beside the column: ranks and rows, and for what is no number a key a value."""
    numbers = 3 * 8 * key.count
    if key.kind in (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.NODE, Kind.EDGE):
        return numbers
    if key.dictionary is not None:
        return numbers + _RANK_BYTES * len(key.dictionary)
    if key.kind == Kind.TEXT:
        return numbers + _RANK_BYTES * key.count
    return numbers + (_RANK_BYTES + _KEY_BYTES) * key.count + values_bytes(key)


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
