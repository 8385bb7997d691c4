"""Syntax tree of an expression -> Evaluator, against the slots of the batches it will see.

A variable becomes a place in the batch here, so that nothing is looked up by name in a run. What has no
variables and takes no chances is wrapped to be computed once a batch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.query.execution.expressions.evaluator import (
    ConstantEvaluator,
    Evaluator,
    LiftedEvaluator,
    LiteralEvaluator,
    ParameterEvaluator,
    VariableEvaluator,
)
from neuralgraph.query.execution.expressions.facts import Facts, Known, facts_of
from neuralgraph.query.execution.expressions.properties import (
    EdgePropertyEvaluator,
    NodePropertyEvaluator,
)
from neuralgraph.query.language.syntax.expressions import (
    Expression,
    LiftedLiteral,
    LiteralValue,
    Parameter,
    Property,
    Variable,
)
from neuralgraph.stopping import glance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.language import FunctionLookup
    from neuralgraph.query.planning.plan import Operator, Slot
    from neuralgraph.values import Batch, RowArray

    CompileOne = Callable[["ExpressionCompiler", Any], Evaluator]

_LEAVES: Final = (LiteralValue, LiftedLiteral, Parameter, Variable)


class InnerRunner(Protocol):
    """A plan that is run for the rows of a batch (`operators.inner.InnerPlan`)."""

    def run(self, batch: Batch, context: ExecutionContext) -> Iterator[tuple[RowArray, Batch]]:
        """Batches of the plan, with the row of `batch` that each of their rows belongs to."""
        ...

    def place(self, name: str) -> int:
        """Where the slot `name` stands in the batches."""
        ...


class InnerCompiler(Protocol):
    """Compiles a plan that runs for the rows of a batch."""

    def inner(self, plan: Operator, outer: Sequence[Slot]) -> InnerRunner:
        """The plan, its `Argument` reading batches with the slots `outer`."""
        ...


class ExpressionCompiler:
    """Compiles expressions over one set of slots."""

    __slots__ = ("functions", "known", "places", "plans", "slots")

    def __init__(
        self, slots: Sequence[Slot], functions: FunctionLookup, plans: InnerCompiler
    ) -> None:
        self.slots = list(slots)
        self.places = {slot.name: place for place, slot in enumerate(slots)}
        self.functions = functions
        self.plans = plans
        self.known: Known = {}

    def add(self, slot: Slot) -> None:
        """What is compiled from now on sees one more slot, behind the others."""
        self.places[slot.name] = len(self.slots)
        self.slots.append(slot)

    def compile(self, expression: Expression) -> Evaluator:
        """The evaluator of an expression."""
        glance()
        made = _compile_one(type(expression))(self, expression)
        if isinstance(expression, _LEAVES) or not self.facts(expression).constant:
            return made
        return ConstantEvaluator(made)

    def compile_all(self, expressions: Iterable[Expression]) -> tuple[Evaluator, ...]:
        """The evaluators of some expressions."""
        return tuple(self.compile(expression) for expression in expressions)

    def optional(self, expression: Expression | None) -> Evaluator | None:
        """The evaluator, where there is an expression."""
        return None if expression is None else self.compile(expression)

    def over(self, slots: Sequence[Slot]) -> ExpressionCompiler:
        """A compiler of the same statement's expressions over other slots."""
        return ExpressionCompiler(slots, self.functions, self.plans)

    def facts(self, expression: Any) -> Facts:
        """What an expression, or a tuple of them, depends on."""
        return facts_of(expression, self.functions, self.known)

    def slot_of(self, expression: Expression) -> Slot | None:
        """The slot that the expression simply names, if it does."""
        if isinstance(expression, Variable):
            place = self.places.get(expression.name)
            return None if place is None else self.slots[place]
        return None


def _compile_one(kind: type[Expression]) -> CompileOne:
    """What compiles expressions of a class."""
    found = _COMPILERS.get(kind)
    if found is None:
        found = _COMPILERS[kind] = _loaded(kind.__name__)
    return found


def _loaded(kind: str) -> CompileOne:
    module, _, name = _PLACES[kind].partition(".")
    made: CompileOne = getattr(import_module(f"{__package__}.{module}"), name)
    return made


def _variable(compiler: ExpressionCompiler, expression: Variable) -> Evaluator:
    place = compiler.places.get(expression.name)
    if place is None:
        raise QuerySyntaxError(
            f"variable {expression.name} is not defined",
            detail="UndefinedVariable",
            span=expression.span,
        )
    return VariableEvaluator(place)


def _property(compiler: ExpressionCompiler, expression: Property) -> Evaluator:
    slot = compiler.slot_of(expression.subject)
    if slot is not None and slot.kind == "node":
        return NodePropertyEvaluator(compiler.places[slot.name], expression.key, expression.span)
    if slot is not None and slot.kind == "edge":
        return EdgePropertyEvaluator(compiler.places[slot.name], expression.key, expression.span)
    return _loaded("Property")(compiler, expression)


_COMPILERS: Final[dict[type, CompileOne]] = {
    LiteralValue: lambda _, expression: LiteralEvaluator(expression.value),
    LiftedLiteral: lambda _, expression: LiftedEvaluator(expression.index),
    Parameter: lambda _, expression: ParameterEvaluator(expression.name),
    Variable: _variable,
    Property: _property,
}
"""What most statements are made of, and what others were made of so far."""

_PLACES: Final = {
    "AsEntity": "entities.compile_entity",
    "Binary": "operators.compile_binary",
    "Case": "conditional.compile_case",
    "Comparison": "operators.compile_comparison",
    "DegreeOf": "entities.compile_degree",
    "EdgeWhere": "entities.compile_edge_where",
    "FunctionCall": "calls.compile_call",
    "HasLabels": "labels.compile_has_labels",
    "Index": "look_ups.compile_index",
    "IsNull": "logic.compile_is_null",
    "IsType": "calls.compile_type_test",
    "ListComprehension": "collections.compile_comprehension",
    "ListLiteral": "collections.compile_list",
    "MapLiteral": "collections.compile_map",
    "MapProjection": "look_ups.compile_map_projection",
    "PathOf": "subplans.compile_path",
    "PlanExpression": "subplans.compile_plan",
    "Property": "look_ups.compile_property",
    "Quantified": "collections.compile_quantified",
    "Reduce": "collections.compile_reduce",
    "Slice": "look_ups.compile_slice",
    "Unary": "operators.compile_unary",
}
"""What compiles each class of expressions, by module of this package: loaded when the first is compiled."""
