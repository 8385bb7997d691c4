"""Apply: a plan run for the rows of another, and what becomes of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import boolean_column, null_column, take_or_null
from neuralgraph.query.execution.memory import Share, values_bytes
from neuralgraph.query.execution.operators.step import Step, slot_places
from neuralgraph.values import Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Apply
    from neuralgraph.values import RowArray


class ApplyStep(Step):
    """The output's columns: those that the outer side has come from it, the others from the inner.

    Attributes:
        sources: for each output slot (place, from the outer side?); the place of `name` is -1.
    """

    __slots__ = ("collected", "inner", "kind", "outer", "sources")

    def __init__(self, operator: Apply, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.kind = operator.kind
        self.outer = compiler.step(operator.outer)
        self.inner = compiler.inner(operator.inner, self.outer.slots)
        outer = slot_places(self.outer.slots)
        inner = self.inner.places
        self.sources = tuple(
            (outer[slot.name], True)
            if slot.name in outer
            else (-1 if slot.name == operator.name else inner[slot.name], False)
            for slot in operator.slots
        )
        self.collected = -1 if operator.collected is None else inner[operator.collected]

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Rows as the kind says."""
        for batch in self.outer.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            if self.kind == "inner":
                for rows, found in self.inner.run(batch, context):
                    yield self._joined(batch, rows, found)
            elif self.kind == "optional":
                yield from self._optional(batch, context)
            elif self.kind == "collect":
                yield self._collect(batch, context)
            else:
                yield from self._counted(batch, context)

    def _joined(self, batch: Batch, rows: RowArray, found: Batch) -> Batch:
        columns = [
            self._outer_column(batch, place, rows) if is_outer else found.columns[place]
            for place, is_outer in self.sources
        ]
        return Batch(columns, found.count)

    @staticmethod
    def _outer_column(batch: Batch, place: int, rows: RowArray) -> Column:
        column = batch.columns[place]
        return column.repeat(len(rows)) if batch.count == 1 else column.take(rows)

    # ── optional ──────────────────────────────────────────────────────────────────────────────

    def _optional(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        if batch.count == 1:
            found_any = False
            for rows, found in self.inner.run(batch, context):
                found_any = True
                yield self._joined(batch, rows, found)
            if not found_any:
                yield self._without(batch)
            return
        rows_of: list[RowArray] = []
        kept: list[Batch] = []
        with Share(context.memory) as held:
            for rows, found in self.inner.run(batch, context):
                held.hold_batch(found)
                rows_of.append(rows)
                kept.append(found)
            if not kept:
                yield self._without(batch)
                return
            held.require(2 * held.bytes_held)
            yield from self._merged(batch, np.concatenate(rows_of), Batch.concat(kept))

    def _without(self, batch: Batch) -> Batch:
        """Outer rows that found nothing."""
        columns = [
            batch.columns[place] if is_outer else null_column(slot, batch.count)
            for (place, is_outer), slot in zip(self.sources, self.slots, strict=True)
        ]
        return Batch(columns, batch.count)

    def _merged(self, batch: Batch, rows: RowArray, found: Batch) -> Iterator[Batch]:
        """What was found and the rows that found nothing, in the order of the outer rows."""
        has = np.zeros(batch.count, dtype=np.bool_)
        has[rows] = True
        missing = np.flatnonzero(~has)
        places = np.arange(found.count)
        if len(missing):
            rows = np.concatenate([rows, missing])
            places = np.concatenate([places, np.full(len(missing), -1)])
        if len(rows) > 1 and (rows[1:] < rows[:-1]).any():
            order = np.argsort(rows, kind="stable")
            rows, places = rows[order], places[order]
        columns: list[Column] = []
        for place, is_outer in self.sources:
            if is_outer:
                columns.append(batch.columns[place].take(rows))
            else:
                columns.append(take_or_null(found.columns[place], places))
        yield Batch(columns, len(rows))

    # ── what only counts ──────────────────────────────────────────────────────────────────────

    def _counted(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        kind = self.kind
        counts = np.zeros(batch.count, dtype=np.int64)
        for rows, _ in self.inner.run(batch, context):
            if batch.count == 1:
                counts[0] += len(rows)
                # One row is enough to know, unless running is what it is for.
                if kind != "count" and context.writer is None:
                    break
            else:
                counts += np.bincount(rows, minlength=batch.count)
        if kind in ("semi", "anti"):
            kept = np.flatnonzero((counts > 0) if kind == "semi" else (counts == 0))
            if len(kept):
                yield self._with_name(batch if len(kept) == batch.count else batch.take(kept), None)
        elif kind == "mark":
            yield self._with_name(batch, boolean_column(counts > 0))
        else:
            yield self._with_name(batch, Column.of_array(Kind.INTEGER, counts))

    def _collect(self, batch: Batch, context: ExecutionContext) -> Batch:
        lists: list[list[object]] = [[] for _ in range(batch.count)]
        with Share(context.memory) as held:
            for rows, found in self.inner.run(batch, context):
                column = found.columns[self.collected]
                held.hold(values_bytes(column))
                for row, value in zip(rows.tolist(), column.to_values(), strict=True):
                    lists[row].append(value)
        return self._with_name(batch, Column.of_list(Kind.ANY, list(lists)))

    def _with_name(self, batch: Batch, named: Column | None) -> Batch:
        columns: list[Column] = []
        for place, is_outer in self.sources:
            if is_outer:
                columns.append(batch.columns[place])
            else:
                assert named is not None
                columns.append(named)
        return Batch(columns, batch.count)
