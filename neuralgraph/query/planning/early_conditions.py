"""``MATCH (n) WITH n WHERE n.id = 7``: what WITH asks of a match is asked in the match.

There it chooses the index and the order of the walk. A condition moves over a WITH that only renames and
carries on: no aggregate, DISTINCT, order or limit. It must be plain (comparisons of properties,
labels, literals and parameters, joined by AND, OR, NOT), so that it raises nothing that
it would not have raised behind the match, and no name in it means something else there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    Expression,
    HasLabels,
    IsNull,
    LabelAnd,
    LabelName,
    LabelOr,
    LiftedLiteral,
    ListLiteral,
    LiteralValue,
    Match,
    Parameter,
    Property,
    Unary,
    Variable,
    With,
)
from neuralgraph.query.planning.walking import children, conjunction, conjuncts, substitute

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Clause
    from neuralgraph.query.planning.context import PlanningContext

_PLAIN: Final = (
    Comparison, IsNull, HasLabels, LabelAnd, LabelName, LabelOr, LiftedLiteral, ListLiteral, LiteralValue,
    Parameter, Variable,
)  # fmt: skip
_PLAIN_OPERATORS: Final = frozenset(
    {"AND", "OR", "XOR", "IN", "STARTS WITH", "ENDS WITH", "CONTAINS"}
)


def with_early_conditions(
    context: PlanningContext, clauses: tuple[Clause, ...]
) -> tuple[Clause, ...]:
    """The clauses with conditions moved towards the matches that they are about."""
    moved = list(clauses)
    for place in range(len(moved) - 1, 0, -1):
        clause, before = moved[place], moved[place - 1]
        if not isinstance(clause, With) or clause.where is None or not _carries(context, clause):
            continue
        if not _takes(context, before):
            continue
        meanings = {item.name: item.expression for item in clause.items}
        early: list[Expression] = []
        late: list[Expression] = []
        for predicate in conjuncts(clause.where):
            translated = _translated(predicate, meanings)
            (late if translated is None else early).append(translated or predicate)
        if early:
            asked = [*conjuncts(before.where), *early]  # type: ignore[attr-defined]
            moved[place - 1] = replace(before, where=conjunction(asked))  # type: ignore[call-arg]
            moved[place] = replace(clause, where=conjunction(late))
    return tuple(moved)


def _takes(context: PlanningContext, clause: Clause) -> bool:
    if isinstance(clause, Match):
        searches = any(path.selector is not None for path in clause.pattern.paths)
        return not clause.optional and clause.at is None and not searches
    return isinstance(clause, With) and _carries(context, clause)


def _carries(context: PlanningContext, clause: With) -> bool:
    """Does it neither join rows, nor count, sort or drop them but by its WHERE?"""
    cuts = clause.order or clause.skip is not None or clause.limit is not None
    return not (clause.distinct or cuts) and not any(
        context.aggregates(item.expression) for item in clause.items
    )


def _translated(predicate: Expression, meanings: dict[str, Expression]) -> Expression | None:
    """The condition in the names of the clause before; None where it must stay."""
    if not _is_plain(predicate):
        return None
    translated: Expression = substitute(predicate, meanings)
    return translated if _is_plain(translated) else None


def _is_plain(node: Any) -> bool:
    if isinstance(node, Property):
        return isinstance(node.subject, Variable)
    if isinstance(node, Binary):
        plain = node.operator in _PLAIN_OPERATORS
    elif isinstance(node, Unary):
        plain = node.operator == "NOT"
    else:
        plain = isinstance(node, _PLAIN)
    return plain and all(_is_plain(part) for part, _bound in children(node))
