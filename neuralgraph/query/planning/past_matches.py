"""MATCH ... AT a moment: the pattern is sought in the past, from rows that belong to now.

What the clause asks of entities that come from outside (``q.n`` in ``MATCH (q) MATCH (p {n: q.n}) AT
TIME $t``) is worked out before, so that it is read where they come from. A subquery inside the clause, and
the pattern itself, look at the graph of then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import (
    Expression,
    ListLiteral,
    MapLiteral,
    Match,
    PatternComprehension,
    PatternPredicate,
    ShortestPathCall,
    Subquery,
    Variable,
)
from neuralgraph.query.planning.operators import added, names_of, past_slots
from neuralgraph.query.planning.plan import AtTime, Extend
from neuralgraph.query.planning.walking import free_names, rebuild

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import TimePoint
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator

_KEPT: Final = (
    Variable,
    ListLiteral,
    MapLiteral,
    Subquery,
    PatternPredicate,
    PatternComprehension,
    ShortestPathCall,
)
"""Kinds of expressions that stay where they are; parts of lists and maps need not."""

_OPAQUE: Final = (Subquery, PatternPredicate, PatternComprehension, ShortestPathCall)


def at_moment(operator: Operator, moment: TimePoint, passed: frozenset[str]) -> Operator:
    """The operator run at a moment; slots in `passed` belong to now."""
    return AtTime(
        slots=past_slots(operator.slots, tuple(passed)),
        estimated_rows=operator.estimated_rows,
        child=operator,
        moment=moment,
        passed=tuple(sorted(passed)),
    )


def with_outer_values(
    context: PlanningContext, clause: Match, child: Operator
) -> tuple[Match, Operator]:
    """The clause with variables for what it asks of outer rows, and the rows with those values."""
    assert clause.at is not None
    outer = names_of(child.slots)
    found: list[tuple[str, Expression]] = []

    def change(part: Any, bound: frozenset[str]) -> Any:
        if isinstance(part, _OPAQUE):
            return part
        if isinstance(part, Expression) and not isinstance(part, _KEPT):
            names = free_names(part)
            if names and names <= outer and not names & bound:
                name = context.fresh("now")
                found.append((name, part))
                return Variable(name, span=part.span)
        return rebuild(part, lambda inner, inside: change(inner, bound | inside))

    pattern = change(clause.pattern, frozenset())
    search = None if clause.search is None else change(clause.search, frozenset())
    where = None if clause.where is None else change(clause.where, frozenset())
    expression = clause.at.expression
    moment = clause.at
    if free_names(expression):
        moment = replace(moment, expression=change(expression, frozenset()))
    if found:
        child = Extend(
            slots=added(child, *((name, "value") for name, _ in found)),
            estimated_rows=child.estimated_rows,
            child=child,
            items=context.lower_all(tuple(part for _, part in found), child.slots),
        )
    return replace(clause, pattern=pattern, where=where, at=moment, search=search), child
