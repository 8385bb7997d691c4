"""What operators ask of the compiler while they are compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.expressions import ExpressionCompiler
    from neuralgraph.query.execution.operators.inner import InnerPlan
    from neuralgraph.query.execution.operators.step import Step
    from neuralgraph.query.execution.procedure import Procedure
    from neuralgraph.query.language import FunctionLookup
    from neuralgraph.query.planning.plan import Operator, Slot


class PlanCompiler(Protocol):
    """Turns a plan's operators into steps."""

    @property
    def functions(self) -> FunctionLookup:
        """The functions there are."""
        ...

    def step(self, operator: Operator) -> Step:
        """The step of an operator, its inputs included."""
        ...

    def inner(self, plan: Operator, outer: Sequence[Slot]) -> InnerPlan:
        """A plan whose `Argument` reads batches with the slots `outer`."""
        ...

    def expressions(self, slots: Sequence[Slot]) -> ExpressionCompiler:
        """A compiler of expressions that see batches with these slots."""
        ...

    def place(self, slots: Sequence[Slot], name: str) -> int:
        """Where a slot stands."""
        ...

    def argument_places(self, slots: Sequence[Slot]) -> tuple[int, list[int]]:
        """The argument of the innermost plan being compiled, and where it finds the slots."""
        ...

    def procedure(self, name: str) -> Procedure:
        """A procedure by name; raises ProcedureError."""
        ...

    def procedures(self) -> Sequence[Procedure]:
        """All procedures there are."""
        ...
