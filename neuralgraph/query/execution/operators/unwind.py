"""UnwindList: a row for each element of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.columns import for_slot, listed
from neuralgraph.query.execution.operators.crossing import cross, matched
from neuralgraph.query.execution.operators.ranges import Ranges
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, UNIT, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import UnwindList
    from neuralgraph.values import Batch


class UnwindStep(Step):
    """A row for each element; none for null and for an empty list, one for a value that is no list."""

    __slots__ = ("child", "layout", "ranges", "source", "variable")

    def __init__(self, operator: UnwindList, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        expressions = compiler.expressions(self.child.slots)
        self.source = expressions.compile(operator.source)
        self.ranges = Ranges.of(operator.source, expressions)
        slots = {slot.name: slot for slot in operator.slots}
        self.variable = slots.get(operator.variable)
        self.layout = Layout(operator.slots, self.child.slots, [operator.variable])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, each as often as its list has elements."""
        for batch in self.child.batches(context):
            if not batch.count:
                continue
            if self.ranges is not None:
                outputs = self._of_ranges(self.ranges, batch, context)
            elif self.source.constant or batch.count == 1:
                value = (
                    self.source.value(context)
                    if self.source.constant
                    else self.source.items(batch, context)[0]
                )
                outputs = self._of_one(batch, elements_of(value))
            else:
                outputs = self._of_many(batch, self.source.items(batch, context))
            for output in outputs:
                if context.stoppable:
                    context.check()
                yield output

    def _of_ranges(
        self, ranges: Ranges, batch: Batch, context: ExecutionContext
    ) -> Iterator[Batch]:
        for rows, numbers in ranges.pieces(batch, context):
            column = self._for_slot(numbers)
            if batch.count == 1:
                yield self.layout.repeat(batch, column.count, [column])
            else:
                yield self.layout.gather(batch, rows, [column])

    def _column(self, elements: Sequence[Any]) -> Column:
        return self._for_slot(listed(list(elements)))

    def _for_slot(self, column: Column) -> Column:
        return column if self.variable is None else for_slot(column, self.variable)

    def _of_one(self, batch: Batch, elements: Sequence[Any]) -> Iterator[Batch]:
        """All rows of the batch with the same list, cut before columns are made of it."""
        for start in range(0, len(elements), BATCH_ROWS_MAX):
            part = elements[start : start + BATCH_ROWS_MAX]
            if batch is UNIT or batch.count == 1:
                yield self.layout.repeat(batch, len(part), [self._column(part)])
            else:
                yield from cross(self.layout, batch, [self._column(part)], len(part))

    def _of_many(self, batch: Batch, values: Sequence[Any]) -> Iterator[Batch]:
        lists = [elements_of(value) for value in values]
        rows = np.repeat(np.arange(batch.count), [len(elements) for elements in lists])
        flat = [element for elements in lists for element in elements]
        yield from matched(self.layout, batch, rows, [self._column(flat)])


def elements_of(value: Any) -> Sequence[Any]:
    """What UNWIND makes rows of."""
    if isinstance(value, list):
        return value
    if value is None:
        return ()
    if isinstance(value, np.ndarray):
        return value.tolist()  # type: ignore[no-any-return]
    return (value,)
