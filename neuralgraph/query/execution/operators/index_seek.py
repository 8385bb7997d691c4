"""NodeIndexSeek, NodeIndexIn, NodeIndexRange, NodeIndexPrefix: nodes by their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import Range
from neuralgraph.query.execution.columns import ids_column
from neuralgraph.query.execution.expressions.evaluator import all_constant
from neuralgraph.query.execution.operators.crossing import cross, matched
from neuralgraph.query.execution.operators.leaves import UnitStep
from neuralgraph.query.execution.operators.node_scan import cut
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, NO_IDS, ROW_PATH_MAX, Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax import Expression
    from neuralgraph.query.planning.plan import (
        NodeIndexIn,
        NodeIndexPrefix,
        NodeIndexRange,
        NodeIndexSeek,
    )
    from neuralgraph.values import IdArray


class NodeIndexSeekStep(Step):
    """Nodes whose indexed properties equal some values."""

    __slots__ = ("alone", "child", "constant", "index", "layout", "values")

    def __init__(self, operator: NodeIndexSeek, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.values = compiler.expressions(self.child.slots).compile_all(operator.values)
        self.constant = all_constant(self.values)
        # Nobody may look at the nodes themselves; then the slots are empty.
        self.alone = self.constant and isinstance(self.child, UnitStep) and bool(operator.slots)
        self.index = operator.index
        self.layout = Layout(operator.slots, self.child.slots, [operator.variable])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with the nodes found."""
        if self.alone:
            # The point lookup: nothing is made that one seek does not need.
            ids = context.reader.seek(self.index, [value.value(context) for value in self.values])
            count = len(ids)
            if count <= BATCH_ROWS_MAX:
                if count:
                    yield Batch([Column(Kind.NODE, count, ids, None, None)], count)
                return
            yield from cut(ids)
            return
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            yield from self._of_batch(batch, context)

    def _of_batch(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        reader = context.reader
        if self.constant or batch.count == 1:
            if not batch.count:
                return
            values = [value.items(batch, context)[0] for value in self.values]
            ids = reader.seek(self.index, values)
            yield from cross(self.layout, batch, [ids_column(Kind.NODE, ids)], len(ids))
        elif len(self.values) == 1 and batch.count > ROW_PATH_MAX and len(self.index.keys) == 1:
            rows, ids = reader.seek_many(self.index, self.values[0].vector(batch, context))
            yield from matched(self.layout, batch, rows, [ids_column(Kind.NODE, ids)])
        else:
            columns = [value.items(batch, context) for value in self.values]
            found = [reader.seek(self.index, row) for row in zip(*columns, strict=True)]
            yield from _matched_each(self.layout, batch, found)


def _matched_each(layout: Layout, batch: Batch, found: Sequence[IdArray]) -> Iterator[Batch]:
    """Rows of a batch, each with the nodes found for it."""
    rows = np.repeat(np.arange(batch.count), [len(ids) for ids in found])
    ids = np.concatenate(found) if found else NO_IDS
    yield from matched(layout, batch, rows, [ids_column(Kind.NODE, ids)])


class _LookupStep(Step):
    """What the other lookups share: one lookup a row, or one for all when nothing varies."""

    __slots__ = ("alone", "arguments", "child", "constant", "index", "layout")

    def __init__(
        self,
        operator: NodeIndexIn | NodeIndexRange | NodeIndexPrefix,
        arguments: Sequence[Expression | None],
        compiler: PlanCompiler,
    ) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.index = operator.index
        expressions = compiler.expressions(self.child.slots)
        self.arguments = [expressions.optional(argument) for argument in arguments]
        self.constant = all_constant(
            [argument for argument in self.arguments if argument is not None]
        )
        # Nobody may look at the nodes themselves; then the slots are empty.
        self.alone = self.constant and isinstance(self.child, UnitStep) and bool(operator.slots)
        self.layout = Layout(operator.slots, self.child.slots, [operator.variable])

    def find(self, context: ExecutionContext, *values: Any) -> IdArray:  # noqa: ARG002
        """The nodes for the arguments' values; None for an argument that is not there."""
        raise AssertionError

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row of the child with the nodes found."""
        if self.alone:
            yield from cut(self._find_for_all(context))
            return
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            if self.constant:
                ids = self._find_for_all(context)
                yield from cross(self.layout, batch, [ids_column(Kind.NODE, ids)], len(ids))
            else:
                absent = [None] * batch.count
                columns = [
                    absent if argument is None else argument.items(batch, context)
                    for argument in self.arguments
                ]
                found = [self.find(context, *values) for values in zip(*columns, strict=True)]
                yield from _matched_each(self.layout, batch, found)

    def _find_for_all(self, context: ExecutionContext) -> IdArray:
        arguments = self.arguments
        return self.find(
            context,
            *[None if argument is None else argument.value(context) for argument in arguments],
        )


class NodeIndexInStep(_LookupStep):
    """Nodes whose indexed property equals an element of a list; each node once."""

    __slots__ = ()

    def __init__(self, operator: NodeIndexIn, compiler: PlanCompiler) -> None:
        super().__init__(operator, [operator.values], compiler)

    def find(self, context: ExecutionContext, *values: Any) -> IdArray:
        """The nodes of a list of values."""
        (wanted,) = values
        items = [item for item in wanted if item is not None] if isinstance(wanted, list) else []
        reader = context.reader
        if len(items) <= ROW_PATH_MAX:
            parts = [reader.seek(self.index, [item]) for item in items]
        else:
            parts = [reader.seek_many(self.index, Column.of_values(items))[1]]
        if not parts:
            return NO_IDS
        # Elements may repeat, and 1 and 1.0 find the same nodes.
        return np.unique(np.concatenate(parts))


class NodeIndexRangeStep(_LookupStep):
    """Nodes whose indexed property lies in an interval, in its order."""

    __slots__ = ("descending", "lower_inclusive", "upper_inclusive")

    def __init__(self, operator: NodeIndexRange, compiler: PlanCompiler) -> None:
        super().__init__(operator, [operator.lower, operator.upper, *operator.equal], compiler)
        self.lower_inclusive = operator.lower_inclusive
        self.upper_inclusive = operator.upper_inclusive
        self.descending = operator.descending

    def find(self, context: ExecutionContext, *values: Any) -> IdArray:
        """The nodes between two bounds."""
        lower, upper, *equal = values
        # A bound that is written and null makes the comparison unknown: nothing qualifies.
        if (lower is None and self.arguments[0] is not None) or (
            upper is None and self.arguments[1] is not None
        ):
            return NO_IDS
        within = Range(lower, upper, self.lower_inclusive, self.upper_inclusive)
        ids = context.reader.seek_range(self.index, within, equal)
        return ids[::-1] if self.descending else ids


class NodeIndexPrefixStep(_LookupStep):
    """Nodes whose indexed property starts with a string."""

    __slots__ = ()

    def __init__(self, operator: NodeIndexPrefix, compiler: PlanCompiler) -> None:
        super().__init__(operator, [operator.prefix, *operator.equal], compiler)

    def find(self, context: ExecutionContext, *values: Any) -> IdArray:
        """The nodes of a prefix."""
        prefix, *equal = values
        if not isinstance(prefix, str):
            return NO_IDS
        return context.reader.seek_prefix(self.index, prefix, equal)
