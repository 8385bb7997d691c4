"""Walking and rewriting syntax trees, with respect for the names that comprehensions bind.

One description of the binders serves free names, substitution and lowering. Operators are not entered:
a `PlanExpression` counts as a use of the slots that its `Argument` takes.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    EdgePattern,
    Expression,
    LabelName,
    LiftedLiteral,
    ListComprehension,
    LiteralValue,
    MapProjectionItem,
    NodePattern,
    Parameter,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Projection,
    Property,
    Quantified,
    Reduce,
    ShortestPathCall,
    Subquery,
    Syntax,
    Variable,
)
from neuralgraph.query.planning.operators import argument_names
from neuralgraph.query.planning.plan import DegreeOf, EdgeWhere, PathOf, PlanExpression
from neuralgraph.stopping import glance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

EVERYTHING: Final = "*"
"""Among free names: a ``*`` inside a subquery, which looks at all there is."""

NO_NAMES: Final[frozenset[str]] = frozenset()
TRUE: Final = LiteralValue(True)  # noqa: FBT003

_LEAVES: Final = (LiteralValue, LiftedLiteral, Parameter, LabelName)
PLANNED: Final = (PatternPredicate, PatternComprehension, Subquery, ShortestPathCall)
"""Expressions that have a plan of their own."""
_FIELDS: Final[dict[type, tuple[str, ...]]] = {}


def _field_names(kind: type) -> tuple[str, ...]:
    names = _FIELDS.get(kind)
    if names is None:
        names = tuple(field.name for field in fields(kind) if field.name != "span")
        _FIELDS[kind] = names
    return names


def _bound_in(node: Syntax, field_name: str) -> frozenset[str]:
    """Names that a comprehension binds for one of its parts."""
    if isinstance(node, ListComprehension | Quantified):
        return NO_NAMES if field_name == "source" else frozenset((node.variable,))
    if isinstance(node, Reduce) and field_name == "step":
        return frozenset((node.accumulator, node.variable))
    return NO_NAMES


def children(node: Syntax) -> Iterator[tuple[Syntax, frozenset[str]]]:
    """Direct parts, each with the names that `node` binds for it."""
    glance()
    for name in _field_names(type(node)):
        yield from ((part, _bound_in(node, name)) for part in _parts(getattr(node, name)))


def _parts(value: Any) -> Iterator[Syntax]:
    if isinstance(value, Syntax):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item)


def rebuild(node: Any, change: Callable[[Any, frozenset[str]], Any]) -> Any:
    """The node with `change(part, bound names)` in place of each direct part; itself if all stay."""
    glance()
    changed = {}
    for name in _field_names(type(node)):
        value = getattr(node, name)
        new = _rebuilt(value, change, _bound_in(node, name))
        if new is not value:
            changed[name] = new
    return replace(node, **changed) if changed else node


def _rebuilt(
    value: Any, change: Callable[[Any, frozenset[str]], Any], bound: frozenset[str]
) -> Any:
    if isinstance(value, Syntax):
        return change(value, bound)
    if isinstance(value, tuple):
        items = tuple(_rebuilt(item, change, bound) for item in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def free_names(node: Syntax | None) -> frozenset[str]:
    """Names that the value depends on; may name too many where a subquery stands in it."""
    if node is None or isinstance(node, _LEAVES):
        return NO_NAMES
    if isinstance(node, Variable):
        return frozenset((node.name,))
    if isinstance(node, Property):
        return free_names(node.subject)
    if isinstance(node, PlanExpression):
        return argument_names(node.plan)
    if isinstance(node, PathOf):
        return frozenset(node.steps)
    if isinstance(node, EdgeWhere):
        return frozenset((node.edge, node.left, node.right))
    if isinstance(node, DegreeOf):
        return frozenset((node.node,))
    if isinstance(node, PLANNED):
        return mentioned(node)
    if isinstance(node, MapProjectionItem) and node.kind == "variable":
        return frozenset((node.key,))
    names: frozenset[str] = NO_NAMES
    for part, bound in children(node):
        names |= free_names(part) - bound
    return names


def mentioned(node: Syntax) -> frozenset[str]:
    """Every name written anywhere inside, bound or not; `EVERYTHING` for a star."""
    names: set[str] = set()
    waiting: list[Syntax] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Variable):
            names.add(item.name)
        elif isinstance(item, NodePattern | EdgePattern | PathPattern) and item.variable:
            names.add(item.variable)
        elif isinstance(item, MapProjectionItem) and item.kind == "variable":
            names.add(item.key)
        elif isinstance(item, Projection) and item.star:
            names.add(EVERYTHING)
        names.update(getattr(item, "imports", None) or ())
        if getattr(item, "imports_star", False):
            names.add(EVERYTHING)
        waiting.extend(part for part, _ in children(item))
    return frozenset(names)


def needs(node: Syntax | None, universe: frozenset[str]) -> frozenset[str]:
    """The names of `universe` that the value depends on."""
    names = free_names(node)
    return universe if EVERYTHING in names else names & universe


def contains(node: Syntax, kinds: tuple[type, ...]) -> bool:
    """Does a node of one of these classes stand in the tree?"""
    return isinstance(node, kinds) or any(contains(part, kinds) for part, _ in children(node))


def has_binders(node: Syntax) -> bool:
    """Does anything inside bind names, so that substitution could capture one?"""
    return contains(node, (ListComprehension, Quantified, Reduce, *PLANNED))


def substitute(node: Any, mapping: dict[str, Expression]) -> Any:
    """Put expressions for variables; the caller sees to it that nothing is captured."""
    if not mapping:
        return node
    if isinstance(node, Variable):
        return mapping.get(node.name, node)
    if isinstance(node, MapProjectionItem) and node.kind == "variable" and node.key in mapping:
        return replace(node, kind="entry", value=mapping[node.key])

    def change(part: Any, bound: frozenset[str]) -> Any:
        if bound & mapping.keys():
            return substitute(part, {k: v for k, v in mapping.items() if k not in bound})
        return substitute(part, mapping)

    return rebuild(node, change)


def replace_equal(node: Any, replacements: Iterable[tuple[Expression, Expression]]) -> Any:
    """Put the second of a pair wherever the first stands, the largest parts first."""
    for old, new in replacements:
        if node == old:
            return new
    if isinstance(node, PLANNED):
        return node
    return rebuild(node, lambda part, _bound: replace_equal(part, replacements))


def conjuncts(predicate: Expression | None) -> list[Expression]:
    """The parts of an AND; comparison chains come as pairs. None is nothing to ask."""
    if predicate is None:
        return []
    if isinstance(predicate, Binary) and predicate.operator == "AND":
        return conjuncts(predicate.left) + conjuncts(predicate.right)
    if isinstance(predicate, Comparison) and len(predicate.operators) > 1:
        pairs = zip(predicate.operands, predicate.operators, predicate.operands[1:], strict=False)
        return [
            Comparison((operator,), (left, right), span=predicate.span)
            for left, operator, right in pairs
        ]
    return [predicate]


def conjunction(predicates: Iterable[Expression]) -> Expression | None:
    """The AND of all; None of nothing."""
    result: Expression | None = None
    for predicate in predicates:
        result = predicate if result is None else Binary("AND", result, predicate)
    return result
