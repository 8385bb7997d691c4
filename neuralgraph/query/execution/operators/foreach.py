"""ForeachApply: updating clauses for each element of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import listed
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.query.execution.operators.unwind import elements_of
from neuralgraph.query.planning.plan import Argument, CreateEntities, RemoveItems, SetItems, Slot
from neuralgraph.values import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import ForeachApply


class ForeachStep(Step):
    """Runs the inner plan for each element of each row; passes the rows on.

    Attributes:
        together: the inner plan is a single clause that keeps the order of its rows by itself, so
            that it may take all elements at once.
    """

    __slots__ = ("child", "inner", "layout", "source", "together")

    def __init__(self, operator: ForeachApply, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        slots = self.child.slots
        self.source = compiler.expressions(slots).compile(operator.source)
        self.inner = compiler.inner(operator.inner, [*slots, Slot(operator.variable, "value")])
        self.together = isinstance(
            operator.inner, CreateEntities | SetItems | RemoveItems
        ) and isinstance(operator.inner.child, Argument)
        self.layout = Layout(operator.slots, slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, once the inner plan has run for them."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            lists = [elements_of(value) for value in self.source.items(batch, context)]
            rows = np.repeat(np.arange(batch.count), [len(elements) for elements in lists])
            if len(rows):
                columns = [column.take(rows) for column in batch.columns]
                columns.append(listed([element for elements in lists for element in elements]))
                whole = Batch(columns, len(rows))
                for piece in context.pieces(len(rows)):
                    self._run(whole.slice(piece.start, piece.stop), context)
            yield self.layout.extend(batch, ())

    def _run(self, elements: Batch, context: ExecutionContext) -> None:
        if self.together:
            context.arguments[self.inner.index] = elements
            for _ in self.inner.step.batches(context):
                pass
            return
        for _ in self.inner.run(elements, context):
            pass
