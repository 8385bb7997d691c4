"""Predicates as operators: one Filter for the plain ones, a semi-apply for each EXISTS of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.language.syntax import PatternPredicate, Subquery, Unary
from neuralgraph.query.planning.operators import filtered
from neuralgraph.query.planning.plan import Apply, PlanExpression
from neuralgraph.query.planning.walking import conjunction, contains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.language.syntax import Expression
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator


def filtered_by(
    context: PlanningContext, child: Operator, predicates: Sequence[Expression]
) -> Operator:
    """Rows of `child` where all predicates hold; cheap ones are asked first."""
    plain: list[Expression] = []
    costly: list[Expression] = []
    exists: list[tuple[Expression, bool]] = []
    for predicate in predicates:
        positive, negated = _without_not(predicate)
        if _is_exists(positive):
            exists.append((positive, negated))
        else:
            lowered = context.lower(predicate, child.slots)
            (costly if contains(lowered, (PlanExpression,)) else plain).append(lowered)
    operator = child
    condition = conjunction([*plain, *costly])
    if condition is not None:
        selectivity = max(1e-6, context.estimates.selectivity(condition))
        operator = filtered(operator, condition, selectivity=selectivity)
    for predicate, negated in exists:
        inner = context.lower(predicate, child.slots).plan
        operator = Apply(
            slots=operator.slots,
            estimated_rows=operator.estimated_rows * 0.5,
            outer=operator,
            inner=inner,
            kind="anti" if negated else "semi",
        )
    return operator


def _without_not(predicate: Expression) -> tuple[Expression, bool]:
    negated = False
    while isinstance(predicate, Unary) and predicate.operator == "NOT":
        predicate, negated = predicate.operand, not negated
    return predicate, negated


def _is_exists(predicate: Expression) -> bool:
    return isinstance(predicate, PatternPredicate) or (
        isinstance(predicate, Subquery) and predicate.kind == "EXISTS"
    )
