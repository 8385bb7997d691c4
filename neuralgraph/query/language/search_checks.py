"""Checks of SEARCH: what its expressions may see, and what its variable must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.language import typing_rules as types
from neuralgraph.query.language.expression_checks import (
    ExpressionChecker,
    Scope,
    complain,
    undefined,
)

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import SearchClause


def check_search(
    expressions: ExpressionChecker, clause: SearchClause, before: Scope, after: Scope
) -> Scope:
    """The scope behind a SEARCH.

    Args:
        expressions: checks the parts.
        clause: the SEARCH.
        before: what is known before its MATCH; queries and weights may use it.
        after: and with the names of the pattern.

    Raises:
        QuerySyntaxError: the variable is not one that this pattern brings, or a part does not fit.
    """
    variable = clause.variable
    if variable in before:
        message = (
            f"`{variable}` is bound before this MATCH; SEARCH finds a new variable of its pattern"
        )
        complain(message, clause, "VariableAlreadyBound")
    if variable not in after:
        undefined(variable, clause, after)
    kind = after[variable]
    if kind not in (types.NODE, types.RELATIONSHIP):
        message = f"SEARCH finds nodes or relationships; `{variable}` is {kind.lower()}"
        complain(message, clause, "InvalidArgumentType")
    for query in clause.queries:
        asked = expressions.type_of(query, before)
        if not (types.may_be(asked, types.STRING, "VECTOR") or types.may_be_list(asked)):
            message = f"An index is asked for a vector or a text, not for {asked.lower()}"
            complain(message, query, "InvalidArgumentType")
    for part in (clause.near, clause.weights):
        if part is not None:
            expressions.type_of(part, before)
    limit = expressions.type_of(clause.limit, {})
    if not types.may_be(limit, types.INTEGER):
        complain("LIMIT needs an integer", clause.limit, "InvalidArgumentType")
    if clause.where is not None:
        expressions.predicate(clause.where, {**before, variable: kind})
    if clause.score is None:
        return after
    if clause.score in after:
        complain(f"Variable `{clause.score}` already bound", clause, "VariableAlreadyBound")
    return {**after, clause.score: types.FLOAT}
