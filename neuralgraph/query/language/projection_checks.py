"""Checks of WITH and RETURN: names, grouping, ORDER BY, SKIP and LIMIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.language import typing_rules as types
from neuralgraph.query.language.aggregation import (
    check_beside_aggregates,
    grouping_keys,
    with_projected,
)
from neuralgraph.query.language.expression_checks import ExpressionChecker, Scope, complain
from neuralgraph.query.language.syntax import (
    Expression,
    LiftedLiteral,
    LiteralValue,
    Property,
    Unary,
    Variable,
    With,
)
from neuralgraph.query.language.walking import descendants

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Projection, ProjectionItem


def require_names(clause: Projection, where: str) -> None:
    """Complain of an item that is neither a variable nor named by AS; what it returns is to be used."""
    for item in clause.items:
        if not item.aliased and type(item.expression) is not Variable:
            message = f"An expression in {where} needs a name; add AS and a name"
            complain(message, item, "NoExpressionAlias")


class ProjectionChecker:
    """Checks projections of one statement."""

    def __init__(self, expressions: ExpressionChecker) -> None:
        self.expressions = expressions

    def check(self, clause: Projection, scope: Scope, outer: Scope) -> tuple[Scope, Scope]:
        """What the clause projects (in column order), and what its ORDER BY and WHERE may see.

        Args:
            clause: what to check.
            scope: what its items may see.
            outer: what stays visible behind it though it does not name it.
        """
        projected: Scope = {}
        if clause.star:
            if not scope and not isinstance(clause, With):
                complain(
                    "RETURN * needs a variable, and there is none", clause, "NoVariablesInScope"
                )
            projected.update((name, scope[name]) for name in sorted(scope) if name[0] != " ")
        aggregating = self._items(clause, scope, projected)
        narrow = aggregating or clause.distinct
        visible = {**(outer if narrow else scope), **projected}
        self._order(clause, visible, narrow=narrow, aggregating=aggregating)
        for name, bound in (("SKIP", clause.skip), ("LIMIT", clause.limit)):
            if bound is not None:
                self._bound(name, bound)
        if isinstance(clause, With):
            require_names(clause, "WITH")
            if clause.where is not None:
                where = (
                    with_projected(clause.where, _by_expression(clause)) if narrow else clause.where
                )
                self.expressions.predicate(where, visible)
        return projected, visible

    def _items(self, clause: Projection, scope: Scope, projected: Scope) -> bool:
        """Check the items; do any aggregate?"""
        expressions = self.expressions
        aggregates: list[Expression] = []
        plain: list[Expression] = []
        for item in clause.items:
            expressions.found_aggregate = False
            with expressions.aggregates("allowed"):
                kind = expressions.type_of(item.expression, scope)
            (aggregates if expressions.found_aggregate else plain).append(item.expression)
            if item.name in projected:
                message = f"Column `{item.name}` stands twice"
                complain(message, item, "ColumnNameConflict")
            projected[item.name] = kind
        expressions.found_aggregate = False
        if aggregates:
            if clause.star:
                plain += [Variable(name) for name in scope]
            keys = grouping_keys(plain)
            for expression in aggregates:
                check_beside_aggregates(expression, keys, scope, expressions)
        return bool(aggregates)

    def _order(
        self, clause: Projection, visible: Scope, *, narrow: bool, aggregating: bool
    ) -> None:
        if not clause.order:
            return
        items = _by_expression(clause) if narrow else {}
        for sort in clause.order:
            expression = sort.expression
            if not narrow:
                self.expressions.type_of(expression, visible)
                continue
            if aggregating and self.expressions.aggregates_in(expression):
                self._aggregate_order(expression, items)
            replaced = with_projected(expression, items)
            with self.expressions.aggregates("allowed" if aggregating else "forbidden"):
                self.expressions.type_of(replaced, visible)
            if self.expressions.aggregates_in(replaced):
                message = "ORDER BY can only use an aggregate that is projected too"
                complain(message, sort, "InvalidAggregation")

    def _aggregate_order(
        self, expression: Expression, items: dict[Expression, ProjectionItem]
    ) -> None:
        """Beside an aggregate only simple keys may be repeated, not expressions, even projected ones."""
        if expression in items:
            return
        for part in descendants(expression):
            if (
                isinstance(part, Expression)
                and part in items
                and type(part) not in (Variable, Property, LiteralValue, LiftedLiteral)
                and not self.expressions.aggregates_in(part)
            ):
                message = (
                    "This expression stands beside an aggregate; name it with AS and use the name"
                )
                complain(message, part, "AmbiguousAggregationExpression")

    def _bound(self, name: str, bound: Expression) -> None:
        for part in descendants(bound):
            if type(part) is Variable:
                message = f"{name} cannot depend on a variable"
                complain(message, part, "NonConstantExpression")
        kind = self.expressions.type_of(bound, {})
        value = _constant(bound)
        if isinstance(value, int) and not isinstance(value, bool) and value < 0:
            complain(f"{name} takes no negative number", bound, "NegativeIntegerArgument")
        if not types.may_be(kind, types.INTEGER, types.NUMBER):
            complain(f"{name} takes an integer", bound, "InvalidArgumentType")


def _by_expression(clause: Projection) -> dict[Expression, ProjectionItem]:
    return {item.expression: item for item in clause.items}


def _constant(node: Expression) -> object:
    if isinstance(node, LiteralValue):
        return node.value
    if isinstance(node, LiftedLiteral):
        return node.sample
    if isinstance(node, Unary) and node.operator == "-":
        value = _constant(node.operand)
        return -value if isinstance(value, int | float) else None
    return None
