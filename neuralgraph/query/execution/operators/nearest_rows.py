"""NearestRows: of all rows, those whose nodes have the vectors nearest to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access import VectorQuery
from neuralgraph.access.vectors import VectorSettings, as_vector, fault_of
from neuralgraph.query.execution.columns import ids_column
from neuralgraph.query.execution.operators.limits import row_count
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.execution.search_paths import INCOMPLETE, is_complete, path_of
from neuralgraph.values import Batch, Kind
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import NearestRows


_MORE: Final = 16
"""The index knows lists by their 32-bit values: what is as good as equal there is told apart by the sort."""


class NearestRowsStep(Step):
    """See `plan.NearestRows`. Where the index cannot tell, all rows."""

    __slots__ = ("child", "count", "index", "is_whole", "operator", "place", "settings", "vector")

    def __init__(self, operator: NearestRows, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        self.place = compiler.place(self.child.slots, operator.variable)
        self.vector = compiler.expressions(()).compile(operator.vector)
        self.count = compiler.expressions(()).compile(operator.count)
        self.index = operator.index
        self.settings = VectorSettings.of(operator.index)
        self.is_whole = operator.is_whole

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows of the nearest nodes."""
        query = self._query(context)
        if query is None:
            self._note(context, None, None)
            yield from self.child.batches(context)
            return
        limit = row_count(self.count, context, "LIMIT") + _MORE
        reader = context.reader
        if self.is_whole:
            self._note(context, limit, None)
            ids = reader.search(self.index, query, limit, None, context.check).ids
            yield Batch([ids_column(Kind.NODE, ids)], len(ids))
            return
        kept = list(self.child.batches(context))
        columns = [batch.columns[self.place] for batch in kept]
        if any(column.valid is not None for column in columns):
            yield from kept
            return
        each: list[Any] = [column.array for column in columns]
        everyone = distinct(np.concatenate(each)) if each else np.empty(0, dtype=np.int64)
        if not reader.has_label(everyone, self.index.label).all():
            yield from kept
            return
        self._note(context, limit, len(everyone))
        ids = np.sort(reader.search(self.index, query, limit, everyone, context.check).ids)
        for batch, own in zip(kept, each, strict=True):
            rows = np.flatnonzero(np.isin(own, ids))
            if len(rows):
                yield batch.take(rows)

    def _query(self, context: ExecutionContext) -> VectorQuery | None:
        """What to ask the index; None when it cannot speak for all rows."""
        vector = as_vector(self.vector.value(context))
        if vector is None or fault_of(vector, self.settings) is not None:
            return None
        if not is_complete(context.reader, self.index):
            return None
        return VectorQuery(vector, exact=True)

    def _note(self, context: ExecutionContext, limit: int | None, count: int | None) -> None:
        """Tell PROFILE how it went about it; without a limit: not at all."""
        if context.profile is not None:
            context.profile.note(
                self.operator,
                INCOMPLETE
                if limit is None
                else path_of(context.reader, (self.index,), limit, count, exact=True),
            )
