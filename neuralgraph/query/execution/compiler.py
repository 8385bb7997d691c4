"""Plan -> Executable: every operator becomes a step, every expression an evaluator, every name a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import ProcedureError
from neuralgraph.query.execution.expressions import ExpressionCompiler
from neuralgraph.query.execution.operators import step_class
from neuralgraph.query.execution.operators.inner import InnerPlan
from neuralgraph.query.execution.operators.leaves import ArgumentStep, UnitStep
from neuralgraph.query.planning.plan import ROW_SLOT, Argument, Operator, Slot, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.step import Step
    from neuralgraph.query.execution.procedure import Procedure
    from neuralgraph.query.language import FunctionLookup, ProcedureLookup
    from neuralgraph.query.planning.plan import Plan
    from neuralgraph.values import Batch

_UNIT: Final = UnitStep(())


class Executable:
    """A compiled plan. It never changes: any number of threads may run it at once.

    Attributes:
        columns: the result's column names.
        argument_count: how many plans inside it read outer rows.
    """

    __slots__ = ("_root", "argument_count", "columns")

    def __init__(self, root: Step, columns: Sequence[str], argument_count: int) -> None:
        self._root = root
        self.columns = tuple(columns)
        self.argument_count = argument_count

    def run(self, context: ExecutionContext) -> Iterator[Batch]:
        """The result's batches, made as they are asked for; no batch is empty of rows for long.

        Args:
            context: made for this run, and not used for another.
        """
        if self.argument_count:
            context.arguments = [None] * self.argument_count
        return self._root.batches(context)


def compile_plan(
    plan: Plan,
    functions: FunctionLookup,
    procedures: ProcedureLookup | None = None,
    *,
    profile: bool = False,
) -> Executable:
    """Compile a plan.

    Args:
        plan: what planning made.
        functions: the registry that the plan was checked against.
        procedures: the registry of procedures; needed where the plan calls one.
        profile: count rows and seconds of each operator into `ExecutionContext.profile`.
    """
    compiler = Compiler(functions, procedures, profile=profile)
    root = compiler.step(plan.root)
    return Executable(root, plan.columns, compiler.argument_count)


def _profiled(operator: Operator, step: Step) -> Step:
    from neuralgraph.query.execution.operators.profiled import ProfiledStep

    return ProfiledStep(operator, step)


class Compiler:
    """Compiles one plan; see `operators.compiling.PlanCompiler`."""

    __slots__ = ("_outers", "_procedures", "_profile", "argument_count", "functions")

    def __init__(
        self, functions: FunctionLookup, procedures: ProcedureLookup | None, *, profile: bool
    ) -> None:
        self.functions = functions
        self.argument_count = 0
        self._procedures = procedures
        self._profile = profile
        # Around what is being compiled, outermost first: the argument's number, its batch's slots.
        self._outers: list[tuple[int, Sequence[Slot]]] = []

    def step(self, operator: Operator) -> Step:
        """The step of an operator, its inputs included."""
        made: Step
        if isinstance(operator, Unit):
            return _UNIT
        if isinstance(operator, Argument):
            made = ArgumentStep(operator.slots, *self.argument_places(operator.slots))
        else:
            made = step_class(type(operator))(operator, self)
        return _profiled(operator, made) if self._profile else made

    def inner(self, plan: Operator, outer: Sequence[Slot]) -> InnerPlan:
        """A plan whose `Argument` reads batches with the slots `outer`."""
        index = self.argument_count
        self.argument_count += 1
        self._outers.append((index, outer))
        try:
            return InnerPlan(self.step(plan), index)
        finally:
            self._outers.pop()

    def expressions(self, slots: Sequence[Slot]) -> ExpressionCompiler:
        """A compiler of expressions that see batches with these slots."""
        return ExpressionCompiler(slots, self.functions, self)

    def place(self, slots: Sequence[Slot], name: str) -> int:
        """Where a slot stands."""
        for place, slot in enumerate(slots):
            if slot.name == name:
                return place
        raise AssertionError(f"the plan has no slot {name} among {[slot.name for slot in slots]}")

    def argument_places(self, slots: Sequence[Slot]) -> tuple[int, list[int]]:
        """The innermost argument's number, and where its batch holds the slots."""
        index, outer = self._outers[-1]
        places = [-1 if slot.name == ROW_SLOT else self.place(outer, slot.name) for slot in slots]
        return index, places

    def procedure(self, name: str) -> Procedure:
        """A procedure by name.

        Raises:
            ProcedureError: there is none.
        """
        found: Any = None if self._procedures is None else self._procedures.lookup(name)
        if found is None:
            raise ProcedureError(f"there is no procedure {name}", detail="ProcedureNotFound")
        return found  # type: ignore[no-any-return]

    def procedures(self) -> Sequence[Procedure]:
        """All procedures there are."""
        registry = self._procedures
        names = () if registry is None else registry.names()
        return [self.procedure(name) for name in names]
