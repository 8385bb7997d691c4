"""Project and Extend: new columns from expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.execution.columns import SLOT_KINDS, for_slot
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Extend, Project
    from neuralgraph.values import Column


class ProjectStep(Step):
    """New columns, and nothing else."""

    __slots__ = ("child", "entities", "evaluators")

    def __init__(self, operator: Project, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.evaluators = compiler.expressions(self.child.slots).compile_all(operator.items)
        # Slots that promise ids need a look at what came out.
        self.entities = tuple(
            place for place, slot in enumerate(operator.slots) if slot.kind in SLOT_KINDS
        )

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """A batch for each of the child's."""
        evaluators = self.evaluators
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            columns = [evaluator.column(batch, context) for evaluator in evaluators]
            for place in self.entities:
                columns[place] = for_slot(columns[place], self.slots[place])
            yield Batch(columns, batch.count)


class ExtendStep(Step):
    """The child's columns, and new ones; later ones see the child's only."""

    __slots__ = ("added", "child", "evaluators", "layout")

    def __init__(self, operator: Extend, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.evaluators = compiler.expressions(self.child.slots).compile_all(operator.items)
        given = {slot.name for slot in self.child.slots}
        # The new slots stand in the order of the items, but other slots may stand among them.
        self.added = tuple(slot for slot in operator.slots if slot.name not in given)
        assert len(self.added) == len(operator.items)
        names = [slot.name for slot in self.added]
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """A batch for each of the child's."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            columns: list[Column] = [
                for_slot(evaluator.column(batch, context), slot)
                for evaluator, slot in zip(self.evaluators, self.added, strict=True)
            ]
            yield self.layout.extend(batch, columns)
