"""Implicit grouping: what may stand beside an aggregate, and what ORDER BY may name after one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.expression_checks import ExpressionChecker, complain
from neuralgraph.query.language.syntax import (
    Expression,
    FunctionCall,
    ListComprehension,
    PatternComprehension,
    Property,
    Quantified,
    Reduce,
    Subquery,
    Syntax,
    Variable,
)
from neuralgraph.query.language.walking import children, descendants, part_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.query.language.syntax import ProjectionItem

_SIMPLE = (Variable, Property)


def grouping_keys(plain: list[Expression]) -> frozenset[Expression]:
    """The keys that may be named again beside an aggregate: variables and their properties."""
    return frozenset(item for item in plain if type(item) in _SIMPLE)


def check_beside_aggregates(
    node: Expression, keys: frozenset[Expression], checker: ExpressionChecker
) -> None:
    """Outside of aggregates an expression may use grouping keys and constants only.

    Raises:
        QuerySyntaxError: AmbiguousAggregationExpression.
    """
    loose = _loose(node, keys, frozenset(), checker)
    if loose is not None:
        message = (
            f"`{loose.name}` stands beside an aggregate and is no grouping key; project it first"
        )
        complain(message, loose, "AmbiguousAggregationExpression")


def _loose(
    node: Syntax, keys: frozenset[Expression], bound: frozenset[str], checker: ExpressionChecker
) -> Variable | None:
    if type(node) in _SIMPLE and node in keys:
        return None
    if type(node) is Variable:
        return None if node.name in bound else node
    if type(node) is FunctionCall and checker.is_aggregate(node):
        return None
    if isinstance(node, ListComprehension | Quantified):
        inner = bound | {node.variable}
    elif isinstance(node, Reduce):
        inner = bound | {node.variable, node.accumulator}
    elif isinstance(node, PatternComprehension | Subquery):
        inner = bound | _drawn(node)
    else:
        inner = bound
    for child in children(node):
        loose = _loose(child, keys, inner, checker)
        if loose is not None:
            return loose
    return None


def _drawn(node: Syntax) -> frozenset[str]:
    """Names that patterns below may bind."""
    names = (getattr(part, "variable", None) for part in descendants(node))
    return frozenset(name for name in names if isinstance(name, str))


def with_projected(node: Any, items: Mapping[Expression, ProjectionItem]) -> Any:
    """An expression of ORDER BY in which whatever was projected is named by its column."""
    if isinstance(node, Expression):
        item = items.get(node)
        if item is not None:
            return Variable(item.name, span=node.span)
    if type(node) is tuple:
        return tuple(with_projected(part, items) for part in node)
    if not isinstance(node, Syntax):
        return node
    changes = {}
    for name in part_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, Syntax) or type(value) is tuple:
            changed = with_projected(value, items)
            if changed is not value and changed != value:
                changes[name] = changed
    return replace(node, **changes) if changes else node
