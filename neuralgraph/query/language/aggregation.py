"""Implicit grouping: what may stand beside an aggregate, and what ORDER BY may name after one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.expression_checks import ExpressionChecker, complain
from neuralgraph.query.language.syntax import (
    EdgePattern,
    Expression,
    FunctionCall,
    ListComprehension,
    NodePattern,
    PatternComprehension,
    ProjectionItem,
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

    from neuralgraph.query.language.expression_checks import Scope

_SIMPLE = (Variable, Property)
_NAMING = (Variable, NodePattern, EdgePattern)


def grouping_keys(plain: list[Expression]) -> frozenset[Expression]:
    """The keys that may be named again beside an aggregate: variables and their properties."""
    return frozenset(item for item in plain if type(item) in _SIMPLE)


def check_beside_aggregates(
    node: Expression, keys: frozenset[Expression], scope: Scope, checker: ExpressionChecker
) -> None:
    """Outside of aggregates an expression may use grouping keys and constants only.

    Args:
        node: an item that aggregates.
        keys: see `grouping_keys`.
        scope: what the item sees.
        checker: knows which functions aggregate.

    Raises:
        QuerySyntaxError: AmbiguousAggregationExpression.
    """
    loose = _Loose(keys, frozenset(scope), checker).found_in(node, frozenset())
    if loose is not None:
        name, place = loose
        message = f"`{name}` stands beside an aggregate and is no grouping key; project it first"
        complain(message, place, "AmbiguousAggregationExpression")


class _Loose:
    """Looks for names of the scope that are neither grouping keys nor inside an aggregate."""

    def __init__(
        self, keys: frozenset[Expression], scope: frozenset[str], checker: ExpressionChecker
    ) -> None:
        self.keys = keys
        self.scope = scope
        self.checker = checker

    def found_in(self, node: Syntax, bound: frozenset[str]) -> tuple[str, Syntax] | None:
        """The name and where it stands; None when all is well.

        Args:
            node: where to look.
            bound: names that mean something else here.
        """
        if type(node) in _SIMPLE and node in self.keys:
            return None
        name = getattr(node, "name" if type(node) is Variable else "variable", None)
        if isinstance(node, _NAMING) and name is not None and name not in bound:
            return None if Variable(name) in self.keys else (name, node)
        if type(node) is FunctionCall and self.checker.is_aggregate(node):
            return None
        inner = bound | self._bound_by(node)
        for child in children(node):
            loose = self.found_in(child, inner)
            if loose is not None:
                return loose
        return None

    def _bound_by(self, node: Syntax) -> frozenset[str]:
        if isinstance(node, ListComprehension | Quantified):
            return frozenset((node.variable,))
        if isinstance(node, Reduce):
            return frozenset((node.variable, node.accumulator))
        if isinstance(node, PatternComprehension | Subquery):
            # What a pattern names is new, unless it is there already.
            return _drawn(node) - self.scope
        return frozenset()


def _drawn(node: Syntax) -> frozenset[str]:
    """Names that patterns and clauses below may bind."""
    names: set[str] = set()
    for part in descendants(node):
        named = part.name if isinstance(part, ProjectionItem) else getattr(part, "variable", None)
        if isinstance(named, str):
            names.add(named)
    return frozenset(names)


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
