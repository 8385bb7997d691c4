"""AtTime: a plan run on the graph as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.execution.operators.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import AtTime
    from neuralgraph.values import Batch


class AtTimeStep(Step):
    """Runs the child on another snapshot."""

    __slots__ = ("child", "kind", "moment")

    def __init__(self, operator: AtTime, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.kind = operator.moment.kind
        self.moment = compiler.expressions(()).compile(operator.moment.expression)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's batches."""
        if context.reader_at is None:
            raise QueryArgumentError(
                "this graph keeps no history, so AT TIME cannot be asked of it"
            )
        reader = context.reader_at(self.moment.value(context), self.kind)
        yield from self.child.batches(context.with_reader(reader))
