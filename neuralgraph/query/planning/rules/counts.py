"""Counts of steps that nobody looks at come from degrees.

``count(*)`` over an Expand whose edge and target nothing looks at is the sum of the degrees of its
sources. Edges that the step must not take again are taken off one by one: each f of
`different_from` whose `different_where` slot equals the source is among the source's edges exactly
once if it is of the types walked, and in no other row. Edges of the same MATCH differ from each
other, so none is taken off twice. Where it is not known when an edge would be met again, or the
target must carry labels, the edges are walked.

``COUNT { (a)-[:T]->() }`` is a degree too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from neuralgraph.query.language.syntax import (
    Binary,
    Case,
    CaseBranch,
    Comparison,
    Expression,
    LiteralValue,
    Variable,
)
from neuralgraph.query.planning.operators import inputs, with_inputs
from neuralgraph.query.planning.plan import (
    ROW_SLOT,
    Aggregate,
    AggregateCall,
    Argument,
    DegreeOf,
    Expand,
    Extend,
    Filter,
    Operator,
    PlanExpression,
    Project,
)
from neuralgraph.query.planning.rules.facts import binder
from neuralgraph.query.planning.walking import rebuild


def with_degrees(operator: Operator) -> Operator:
    """The plan with degrees in place of steps that are only counted."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [with_degrees(part) for part in below])
    if isinstance(operator, Project | Extend):
        items = tuple(_with_degrees_inside(item) for item in operator.items)
        return replace(operator, items=items)
    if isinstance(operator, Filter):
        return replace(operator, predicate=_with_degrees_inside(operator.predicate))
    if isinstance(operator, Aggregate):
        return _count_of_steps(operator)
    return operator


def _count_of_steps(aggregate: Aggregate) -> Operator:
    expand = aggregate.child
    if aggregate.keys or len(aggregate.calls) != 1 or not isinstance(expand, Expand):
        return aggregate
    call = aggregate.calls[0]
    if not call.star or not _is_unseen(expand):
        return aggregate
    degree: Expression = DegreeOf(expand.source, expand.types, expand.direction)
    wheres = expand.different_where or (None,) * len(expand.different_from)
    for edge, where in zip(expand.different_from, wheres, strict=True):
        if where is None or not _is_of_types(expand, edge):
            return aggregate
        met = Comparison(("=",), (Variable(where), Variable(expand.source)))
        one = Case(None, (CaseBranch(met, LiteralValue(1)),), LiteralValue(0))
        degree = Binary("-", degree, one)
    return replace(aggregate, child=expand.child, calls=(AggregateCall("sum", (degree,)),))


def _is_unseen(expand: Expand) -> bool:
    added = {expand.edge, expand.target}
    seen = any(slot.name in added for slot in expand.slots)
    return not seen and not expand.target_labels and expand.edge is None


def _is_of_types(expand: Expand, edge: str) -> bool:
    """Is the edge in the slot one of those that the expand walks, given that it touches the source?"""
    if not expand.types:
        return True
    source: Any = binder(expand.child, edge)
    types = getattr(source, "types", ()) if source is not None else ()
    return bool(types) and set(types) <= set(expand.types)


def _with_degrees_inside(node: Any) -> Any:
    if not isinstance(node, PlanExpression):
        return rebuild(node, lambda part, _bound: _with_degrees_inside(part))
    expand = node.plan
    if node.kind != "count" or not isinstance(expand, Expand) or not _is_unseen(expand):
        return node
    slots = {slot.name: slot.kind for slot in expand.child.slots if slot.name != ROW_SLOT}
    plain = isinstance(expand.child, Argument) and not expand.different_from
    if not plain or slots.get(expand.source) != "node":
        return node
    return DegreeOf(expand.source, expand.types, expand.direction)
