"""Aggregate: groups of equal keys, and one value a call for each.

Counts are computed here; other aggregates are accumulators of the functions box, which take a batch at
a time with the group of each row. DISTINCT is done here too: only the first row of each different value
in a group reaches the accumulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryError, QuerySyntaxError
from neuralgraph.query.execution.columns import for_slot
from neuralgraph.query.execution.memory import Share, values_bytes
from neuralgraph.query.execution.operators.expand import ExpandStep
from neuralgraph.query.execution.operators.grouping import Grouper
from neuralgraph.query.execution.operators.reachable import distinct_below
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.functions.signature import AggregateFunction
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator, ExpressionCompiler
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Aggregate, AggregateCall
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import Int64Array

_KEEPING: Final = {"collect": 0, "percentilecont": 16, "percentiledisc": 16}
"""Aggregates that keep every value, and what they take to order it in the end."""

_STATE_BYTES: Final = 40
"""What an aggregate keeps for a group, beside values."""

_LIST_BYTES: Final = 120
_SET_ENTRY_BYTES: Final = 90


class Call:
    """One aggregate, compiled."""

    __slots__ = (
        "arguments",
        "distinct",
        "function",
        "function_bytes",
        "keeps",
        "place",
        "span",
        "star",
    )

    def __init__(self, call: AggregateCall, expressions: ExpressionCompiler) -> None:
        self.star = call.star
        self.distinct = call.distinct
        self.arguments = expressions.compile_all(call.arguments)
        self.span = call.span
        function = expressions.functions.lookup(call.name)
        if not isinstance(function, AggregateFunction):
            raise QuerySyntaxError(f"{call.name} does not aggregate", detail="UnknownFunction")
        self.function = function
        self.keeps = function.name.lower() in _KEEPING
        self.function_bytes = _KEEPING.get(function.name.lower(), 0)
        # The place of the slot that is counted, when the argument is simply one.
        slot = expressions.slot_of(call.arguments[0]) if call.arguments else None
        self.place = -1 if slot is None else expressions.places[slot.name]

    @property
    def is_count(self) -> bool:
        """Is it count(...)?"""
        return self.star or self.function.name.lower() == "count"


class AggregateStep(Step):
    """Groups and their values."""

    __slots__ = ("calls", "child", "counts_only", "keys", "stars_only")

    def __init__(self, operator: Aggregate, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        expressions = compiler.expressions(self.child.slots)
        self.keys: tuple[Evaluator, ...] = expressions.compile_all(operator.keys)
        self.calls = tuple(Call(call, expressions) for call in operator.calls)
        self.stars_only = not self.keys and all(call.star for call in self.calls)
        self.counts_only = not self.keys and all(self._is_simple_count(call) for call in self.calls)

    def _is_simple_count(self, call: Call) -> bool:
        """A count that needs no groups: of rows, of what is not null, of different ids in a slot."""
        if not call.distinct:
            return call.is_count
        return call.is_count and call.place >= 0 and self.child.slots[call.place].kind != "value"

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """A row for each group, in the order they were first seen."""
        if self.stars_only:
            total = self._count_rows(context)
            column = Column(Kind.INTEGER, 1, None, None, [total])
            yield Batch([column] * len(self.calls), 1)
        elif self.counts_only:
            with Share(context.memory) as kept:
                yield self._counts(context, kept)
        else:
            with Share(context.memory) as kept:
                yield from self._grouped(context, kept)

    # ── counts of everything ──────────────────────────────────────────────────────────────────

    def _count_rows(self, context: ExecutionContext) -> int:
        if isinstance(self.child, ExpandStep):
            return sum(self.child.count(context))
        total = 0
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            total += batch.count
        return total

    def _counts(self, context: ExecutionContext, kept: Share) -> Batch:
        counters = [
            _DistinctIds(kept) if call.distinct else _PresentRows(call.arguments)
            for call in self.calls
        ]
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if batch.count:
                for call, counter in zip(self.calls, counters, strict=True):
                    counter.add(call, batch, context)
        columns = [Column(Kind.INTEGER, 1, None, None, [counter.total()]) for counter in counters]
        return Batch(columns, 1)

    # ── groups ────────────────────────────────────────────────────────────────────────────────

    def _grouped(self, context: ExecutionContext, kept: Share) -> Iterator[Batch]:
        grouper = Grouper(kept)
        runs = [_Run(call, kept, grouped=bool(self.keys)) for call in self.calls]
        group_count = 0 if self.keys else 1
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            if self.keys:
                keys = [key.column(batch, context) for key in self.keys]
                groups, new = grouper.groups(keys, batch.count)
                grouper.keep(keys, new)
                kept.hold(len(new) * sum(run.group_bytes for run in runs))
                group_count = grouper.count
            else:
                groups = np.zeros(batch.count, dtype=np.int64)
            for run in runs:
                run.add(groups, group_count, batch, context)
        if not group_count:
            return
        columns = grouper.key_columns() if self.keys else []
        columns = [
            for_slot(column, slot) for column, slot in zip(columns, self.slots, strict=False)
        ]
        columns += [run.finish(group_count) for run in runs]
        result = Batch(columns, group_count)
        for start in range(0, group_count, BATCH_ROWS_MAX):
            yield (
                result
                if group_count <= BATCH_ROWS_MAX
                else result.slice(start, start + BATCH_ROWS_MAX)
            )


class _Run:
    """One call in one run."""

    __slots__ = ("accumulator", "call", "counts", "grouped", "memory", "pairs")

    def __init__(self, call: Call, memory: Share, *, grouped: bool) -> None:
        self.call = call
        self.memory = memory
        self.grouped = grouped
        self.counts: Int64Array = np.zeros(0, dtype=np.int64)
        self.accumulator: Any = None if call.is_count else call.function.make()
        # What was seen, with its group where there are several.
        self.pairs = Grouper(memory) if call.distinct else None

    @property
    def group_bytes(self) -> int:
        """What a group takes beside its values."""
        return _LIST_BYTES if self.call.keeps else _STATE_BYTES

    def add(
        self, groups: Int64Array, group_count: int, batch: Batch, context: ExecutionContext
    ) -> None:
        call = self.call
        if call.star and not call.distinct:
            self._count(groups, group_count)
            return
        arguments = [argument.column(batch, context) for argument in call.arguments]
        if self.pairs is not None:
            told_apart = [arguments[0]]
            if self.grouped:
                told_apart.insert(0, Column.of_array(Kind.INTEGER, groups))
            _, new = self.pairs.groups(told_apart, batch.count)
            groups = groups[new]
            arguments = [argument.take(new) for argument in arguments]
        if call.keeps and self.memory.counts(batch.count):
            column = arguments[0]
            self.memory.hold(values_bytes(column) + call.function_bytes * column.count)
        if self.accumulator is None:
            valid = arguments[0].valid
            self._count(groups if valid is None else groups[valid], group_count)
        else:
            try:
                self.accumulator.add(groups, group_count, arguments)
            except QueryError as error:
                error.place(call.span)
                raise

    def _count(self, groups: Int64Array, group_count: int) -> None:
        counts = np.bincount(groups, minlength=group_count)
        counts[: len(self.counts)] += self.counts
        self.counts = counts

    def finish(self, group_count: int) -> Column:
        if self.accumulator is not None:
            try:
                column: Column = self.accumulator.finish(group_count)
            except QueryError as error:
                error.place(self.call.span)
                raise
            return column
        if len(self.counts) < group_count:
            self._count(np.zeros(0, dtype=np.int64), group_count)
        return Column.of_array(Kind.INTEGER, self.counts)


class _PresentRows:
    """Counts rows, or rows where a value is not null."""

    __slots__ = ("arguments", "found")

    def __init__(self, arguments: Sequence[Evaluator]) -> None:
        self.arguments = arguments
        self.found = 0

    def add(self, call: Call, batch: Batch, context: ExecutionContext) -> None:
        if call.star:
            self.found += batch.count
            return
        column = self.arguments[0].column(batch, context)
        if column.is_listed:
            self.found += sum(item is not None for item in column.to_list())
        else:
            valid = column.valid
            self.found += batch.count if valid is None else int(np.count_nonzero(valid))

    def total(self) -> int:
        return self.found


class _DistinctIds:
    """Counts different ids in a slot of nodes or edges."""

    __slots__ = ("first", "flags", "limit", "memory", "written")

    def __init__(self, memory: Share) -> None:
        self.memory = memory
        self.first: IdArray | None = None
        # From the second batch on, a flag for each id there may be.
        self.flags: MaskArray | None = None
        self.limit = 0
        # A writer's ids may lie beyond any limit known at the start.
        self.written: set[int] | None = None

    def add(self, call: Call, batch: Batch, context: ExecutionContext) -> None:
        column = batch.columns[call.place]
        ids = column.ids
        if column.valid is not None:
            ids = ids[column.valid]
        if context.writer is not None:
            if self.written is None:
                self.written = set()
            before = len(self.written)
            self.written.update(ids.tolist())
            self.memory.hold(_SET_ENTRY_BYTES * (len(self.written) - before))
            return
        if self.first is None:
            reader = context.reader
            self.limit = reader.node_limit if column.kind == Kind.NODE else reader.edge_limit
            self.memory.hold(self.limit + ids.nbytes)
            self.first = ids
            return
        if self.flags is None:
            self.flags = np.zeros(self.limit, dtype=np.bool_)
            self.flags[self.first] = True
        self.flags[ids] = True

    def total(self) -> int:
        if self.written is not None:
            return len(self.written)
        if self.flags is not None:
            return int(np.count_nonzero(self.flags))
        return 0 if self.first is None else len(distinct_below(self.first, self.limit))
