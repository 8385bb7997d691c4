"""Syntax tree of an expression -> Evaluator, against the slots of the batches it will see.

A variable becomes a place in the batch here, so that nothing is looked up by name in a run. What has no
variables and takes no chances is wrapped to be computed once a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.query.execution.columns import SLOT_KINDS
from neuralgraph.query.execution.expressions.calls import (
    CallEvaluator,
    TypeTestEvaluator,
    UnaryEvaluator,
    operator_evaluator,
)
from neuralgraph.query.execution.expressions.collections import (
    ComprehensionEvaluator,
    ListEvaluator,
    MapEvaluator,
    QuantifierEvaluator,
    ReduceEvaluator,
)
from neuralgraph.query.execution.expressions.comparisons import (
    EntityEqualityEvaluator,
    InEvaluator,
    chain,
)
from neuralgraph.query.execution.expressions.conditional import CaseEvaluator
from neuralgraph.query.execution.expressions.entities import (
    DegreeEvaluator,
    EdgeWhereEvaluator,
    EntityEvaluator,
)
from neuralgraph.query.execution.expressions.evaluator import (
    ConstantEvaluator,
    Evaluator,
    LiftedEvaluator,
    LiteralEvaluator,
    ParameterEvaluator,
    PlacedEvaluator,
    VariableEvaluator,
)
from neuralgraph.query.execution.expressions.facts import Facts, Known, facts_of
from neuralgraph.query.execution.expressions.labels import HasLabelsEvaluator, LabelTest
from neuralgraph.query.execution.expressions.logic import (
    ExclusiveEvaluator,
    JunctionEvaluator,
    NotEvaluator,
    NullEvaluator,
)
from neuralgraph.query.execution.expressions.properties import (
    EdgePropertyEvaluator,
    IndexEvaluator,
    MapProjectionEvaluator,
    NodePropertyEvaluator,
    PropertyEvaluator,
    SliceEvaluator,
)
from neuralgraph.query.execution.expressions.subplans import (
    InnerRunner,
    PathEvaluator,
    PlanEvaluator,
)
from neuralgraph.query.functions.operators import BINARY, UNARY
from neuralgraph.query.functions.signature import Function
from neuralgraph.query.language.syntax.expressions import (
    Binary,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    IsType,
    LiftedLiteral,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    MapProjection,
    Parameter,
    Property,
    Quantified,
    Reduce,
    Slice,
    Unary,
    Variable,
)
from neuralgraph.query.planning.plan import (
    AsEntity,
    DegreeOf,
    EdgeWhere,
    Operator,
    PathOf,
    PlanExpression,
    Slot,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neuralgraph.query.language import FunctionLookup

_LEAVES: Final = (LiteralValue, LiftedLiteral, Parameter, Variable)


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
        self.slots = tuple(slots)
        self.places = {slot.name: place for place, slot in enumerate(slots)}
        self.functions = functions
        self.plans = plans
        self.known: Known = {}

    def compile(self, expression: Expression) -> Evaluator:
        """The evaluator of an expression."""
        made = _COMPILERS[type(expression)](self, expression)
        if isinstance(expression, _LEAVES) or not self.facts(expression).constant:
            return made
        return ConstantEvaluator(made)

    def compile_all(self, expressions: Iterable[Expression]) -> tuple[Evaluator, ...]:
        """The evaluators of some expressions."""
        return tuple(self.compile(expression) for expression in expressions)

    def optional(self, expression: Expression | None) -> Evaluator | None:
        """The evaluator, where there is an expression."""
        return None if expression is None else self.compile(expression)

    def facts(self, expression: Any) -> Facts:
        """What an expression, or a tuple of them, depends on."""
        return facts_of(expression, self.functions, self.known)

    def slot_of(self, expression: Expression) -> Slot | None:
        """The slot that the expression simply names, if it does."""
        if isinstance(expression, Variable):
            place = self.places.get(expression.name)
            return None if place is None else self.slots[place]
        return None


# ── names ─────────────────────────────────────────────────────────────────────────────────


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
    made = PropertyEvaluator(compiler.compile(expression.subject), expression.key)
    return PlacedEvaluator(made, expression.span)


def _indexed(compiler: ExpressionCompiler, expression: Index) -> Evaluator:
    subject, index = compiler.compile(expression.subject), compiler.compile(expression.index)
    return PlacedEvaluator(IndexEvaluator(subject, index), expression.span)


def _sliced(compiler: ExpressionCompiler, expression: Slice) -> Evaluator:
    bounds = compiler.optional(expression.start), compiler.optional(expression.stop)
    made = SliceEvaluator(compiler.compile(expression.subject), *bounds)
    return PlacedEvaluator(made, expression.span)


def _map_projection(compiler: ExpressionCompiler, expression: MapProjection) -> Evaluator:
    entries: list[tuple[str | None, Evaluator | None]] = []
    for item in expression.items:
        if item.kind == "all":
            entries.append((None, None))
        elif item.kind == "property":
            entries.append((item.key, None))
        elif item.kind == "variable" or item.value is None:
            entries.append((item.key, _variable(compiler, Variable(item.key, span=item.span))))
        else:
            entries.append((item.key, compiler.compile(item.value)))
    return MapProjectionEvaluator(compiler.compile(expression.subject), entries)


# ── operators ─────────────────────────────────────────────────────────────────────────────


def _unary(compiler: ExpressionCompiler, expression: Unary) -> Evaluator:
    operand = compiler.compile(expression.operand)
    if expression.operator == "NOT":
        return NotEvaluator(operand)
    return UnaryEvaluator(UNARY[expression.operator], operand, expression.span)


def _binary(compiler: ExpressionCompiler, expression: Binary) -> Evaluator:
    left, right = compiler.compile(expression.left), compiler.compile(expression.right)
    if expression.operator in ("AND", "OR"):
        return JunctionEvaluator(expression.operator, left, right)
    if expression.operator == "XOR":
        return ExclusiveEvaluator(left, right)
    if expression.operator == "IN":
        return InEvaluator(BINARY["IN"], left, right)
    return operator_evaluator(expression.operator, left, right, expression.span)


def _comparison(compiler: ExpressionCompiler, expression: Comparison) -> Evaluator:
    if len(expression.operators) == 1 and expression.operators[0] in ("=", "<>"):
        left, right = (compiler.slot_of(operand) for operand in expression.operands)
        if left is not None and right is not None and left.kind == right.kind != "value":
            return EntityEqualityEvaluator(
                compiler.places[left.name],
                compiler.places[right.name],
                negated=expression.operators[0] == "<>",
            )
    return chain(expression.operators, compiler.compile_all(expression.operands))


def _case(compiler: ExpressionCompiler, expression: Case) -> Evaluator:
    subject = compiler.optional(expression.subject)
    branches: list[tuple[Evaluator, Evaluator]] = []
    for branch in expression.branches:
        condition = compiler.compile(branch.condition)
        if subject is not None:
            condition = operator_evaluator("=", subject, condition)
        branches.append((condition, compiler.compile(branch.result)))
    return CaseEvaluator(branches, compiler.optional(expression.default))


def _call(compiler: ExpressionCompiler, expression: FunctionCall) -> Evaluator:
    function = compiler.functions.lookup(expression.name)
    if not isinstance(function, Function):
        raise QuerySyntaxError(
            f"there is no function {expression.name}",
            detail="UnknownFunction",
            span=expression.span,
        )
    return CallEvaluator(function, compiler.compile_all(expression.arguments), expression.span)


# ── what binds names of its own ───────────────────────────────────────────────────────────


def _nested(
    compiler: ExpressionCompiler, bound: Sequence[str], *parts: Expression | None
) -> tuple[tuple[int, ...], ExpressionCompiler]:
    """A compiler for the parts of a comprehension, and the columns they need from outside."""
    names = compiler.facts(tuple(part for part in parts if part is not None)).names
    outside = tuple(
        place
        for place, slot in enumerate(compiler.slots)
        if slot.name in names and slot.name not in bound
    )
    slots = [compiler.slots[place] for place in outside]
    slots += [Slot(name, "value") for name in bound]
    return outside, ExpressionCompiler(slots, compiler.functions, compiler.plans)


def _comprehension(compiler: ExpressionCompiler, expression: ListComprehension) -> Evaluator:
    outside, inner = _nested(
        compiler, [expression.variable], expression.predicate, expression.result
    )
    return ComprehensionEvaluator(
        compiler.compile(expression.source),
        outside,
        inner.optional(expression.predicate),
        inner.optional(expression.result),
    )


def _quantified(compiler: ExpressionCompiler, expression: Quantified) -> Evaluator:
    outside, inner = _nested(compiler, [expression.variable], expression.predicate)
    return QuantifierEvaluator(
        expression.quantifier,
        compiler.compile(expression.source),
        outside,
        inner.compile(expression.predicate),
    )


def _reduce(compiler: ExpressionCompiler, expression: Reduce) -> Evaluator:
    outside, inner = _nested(
        compiler, [expression.accumulator, expression.variable], expression.step
    )
    return ReduceEvaluator(
        compiler.compile(expression.initial),
        compiler.compile(expression.source),
        outside,
        inner.compile(expression.step),
    )


# ── the graph's structure ─────────────────────────────────────────────────────────────────


def _plan(compiler: ExpressionCompiler, expression: PlanExpression) -> Evaluator:
    inner = compiler.plans.inner(expression.plan, compiler.slots)
    return PlanEvaluator(inner, expression.kind, expression.collected)


def _path(compiler: ExpressionCompiler, expression: PathOf) -> Evaluator:
    return PathEvaluator([compiler.places[name] for name in expression.steps])


_COMPILERS: Final[dict[type, Callable[[ExpressionCompiler, Any], Evaluator]]] = {
    LiteralValue: lambda _, expression: LiteralEvaluator(expression.value),
    LiftedLiteral: lambda _, expression: LiftedEvaluator(expression.index),
    Parameter: lambda _, expression: ParameterEvaluator(expression.name),
    Variable: _variable,
    Property: _property,
    Index: _indexed,
    Slice: _sliced,
    ListLiteral: lambda compiler, expression: ListEvaluator(compiler.compile_all(expression.items)),
    MapLiteral: lambda compiler, expression: MapEvaluator(
        [key for key, _ in expression.entries],
        compiler.compile_all(value for _, value in expression.entries),
    ),
    MapProjection: _map_projection,
    Unary: _unary,
    Binary: _binary,
    Comparison: _comparison,
    IsNull: lambda compiler, expression: NullEvaluator(
        compiler.compile(expression.operand), negated=expression.negated
    ),
    IsType: lambda compiler, expression: TypeTestEvaluator(
        compiler.compile(expression.operand),
        expression.type_name,
        negated=expression.negated,
    ),
    HasLabels: lambda compiler, expression: HasLabelsEvaluator(
        compiler.compile(expression.subject), LabelTest(expression.labels, compiler.compile)
    ),
    FunctionCall: _call,
    Case: _case,
    ListComprehension: _comprehension,
    Quantified: _quantified,
    Reduce: _reduce,
    PlanExpression: _plan,
    PathOf: _path,
    EdgeWhere: lambda compiler, expression: EdgeWhereEvaluator(
        *(compiler.places[name] for name in (expression.edge, expression.left, expression.right))
    ),
    DegreeOf: lambda compiler, expression: DegreeEvaluator(
        compiler.places[expression.node], expression.types, expression.direction
    ),
    AsEntity: lambda compiler, expression: EntityEvaluator(
        compiler.compile(expression.operand), SLOT_KINDS[expression.kind]
    ),
}
