"""CreateEntities and MergePath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.query.execution.operators.assignments import Assignments
from neuralgraph.query.execution.operators.entity_making import EntityMaker
from neuralgraph.query.execution.operators.step import Layout, Step, slot_places
from neuralgraph.query.planning.plan import CreateEntities
from neuralgraph.values import BATCH_ROWS_MAX, Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import MergePath, Slot


_CREATED_ROWS_MAX: Final = 16_384


class CreateStep(Step):
    """Creates nodes and edges for each row."""

    __slots__ = ("child", "layout", "maker")

    def __init__(self, operator: CreateEntities, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        # Scripts create with hundreds of clauses in a row: they are one step, not a tower of them.
        entities = operator.entities
        child = operator.child
        while isinstance(child, CreateEntities):
            entities = child.entities + entities
            child = child.child
        self.child = compiler.step(child)
        self.maker = EntityMaker(entities, self.child.slots, compiler)
        self.layout = Layout(operator.slots, self.maker.slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows with what was created for them."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            # The rows of a large batch in pieces: each is made in a moment, and can be the last.
            for start in range(0, batch.count, _CREATED_ROWS_MAX):
                if start and context.stoppable:
                    context.check()
                part = batch
                if batch.count > _CREATED_ROWS_MAX:
                    part = batch.slice(start, start + _CREATED_ROWS_MAX)
                yield self.layout.extend(self.maker.make(part, context), ())


class MergeStep(Step):
    """For each row in turn: what matches, or else what is created."""

    __slots__ = (
        "child",
        "created_layout",
        "inner",
        "maker",
        "matched_layout",
        "matched_places",
        "on_create",
        "on_match",
    )

    def __init__(self, operator: MergePath, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        own = self.child.slots
        self.inner = compiler.inner(operator.match, own)
        names = slot_places(own)
        found: list[Slot] = [slot for slot in self.inner.step.slots if slot.name not in names]
        self.matched_places = [self.inner.places[slot.name] for slot in found]
        matched_slots = [*own, *found]
        self.maker = EntityMaker(operator.entities, own, compiler, must_be_known=True)
        self.on_create = Assignments(operator.on_create, self.maker.slots, compiler)
        self.on_match = Assignments(operator.on_match, matched_slots, compiler)
        self.created_layout = Layout(operator.slots, self.maker.slots, [])
        self.matched_layout = Layout(operator.slots, matched_slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows with what was found or created."""
        pending: list[Batch] = []
        held = 0
        for batch in self.child.batches(context):
            for row in range(batch.count):
                if context.stoppable:
                    context.check()
                one = batch if batch.count == 1 else batch.slice(row, row + 1)
                merged = self._merged(one, context)
                pending.extend(merged)
                held += sum(part.count for part in merged)
            # A batch at a time: rows of one entity each would make all that follows slow.
            if held:
                yield from _together(pending)
                pending, held = [], 0

    def _merged(self, row: Batch, context: ExecutionContext) -> list[Batch]:
        found = list(self.inner.run(row, context))
        if not found:
            created = self.maker.make(row, context)
            self.on_create.apply(created, context)
            return [self.created_layout.extend(created, ())]
        outputs = []
        for _, batch in found:
            columns = [column.repeat(batch.count) for column in row.columns]
            columns += [batch.columns[place] for place in self.matched_places]
            matched = Batch(columns, batch.count)
            self.on_match.apply(matched, context)
            outputs.append(self.matched_layout.extend(matched, ()))
        return outputs


def _together(batches: Sequence[Batch]) -> Iterator[Batch]:
    whole = Batch.concat(batches)
    if whole.count <= BATCH_ROWS_MAX:
        yield whole
        return
    for start in range(0, whole.count, BATCH_ROWS_MAX):
        yield whole.slice(start, start + BATCH_ROWS_MAX)
