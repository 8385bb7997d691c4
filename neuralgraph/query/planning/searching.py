"""SEARCH: the operator that asks search indexes, under the matching of the rest of the pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import SchemaError
from neuralgraph.hints import close_name
from neuralgraph.query.language.syntax import (
    EdgePattern,
    LabelName,
    LabelOr,
    Match,
    NodePattern,
    PathPattern,
    Pattern,
    ProjectionItem,
    Query,
    Return,
    SingleQuery,
    Variable,
)
from neuralgraph.query.planning.operators import added, names_of
from neuralgraph.query.planning.plan import IndexSearch
from neuralgraph.query.planning.walking import free_names

if TYPE_CHECKING:
    from neuralgraph.access import IndexDefinition
    from neuralgraph.query.language.syntax import Expression, LabelExpression, SearchClause
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator, PlanExpression

SEARCH_ROWS = 10.0
"""Matches that a search is thought to give."""


def index_search(
    context: PlanningContext, clause: SearchClause, pattern: Pattern, child: Operator
) -> Operator:
    """`child` with the variable of a SEARCH, and its score.

    Args:
        context: of this planning.
        clause: what is searched.
        pattern: of its MATCH; it tells what the variable is.
        child: the rows before the MATCH.

    Raises:
        SchemaError: there is no such index, or it is of another kind.
    """
    is_edge = _is_edge(pattern, clause.variable)
    indexes = tuple(_found(context, name, clause.kind, is_edge=is_edge) for name in clause.indexes)
    candidates = None
    depends = False
    if clause.where is not None:
        candidates = _candidates(context, clause.variable, clause.where, indexes, child)
        depends = bool(free_names(candidates) & names_of(child.slots))
    new: list[Any] = [(clause.variable, "edge" if is_edge else "node"), (clause.score, "value")]
    lowered = context.lower_all(clause.queries, child.slots)
    return IndexSearch(
        slots=added(child, *new),
        estimated_rows=child.estimated_rows * SEARCH_ROWS,
        child=child,
        indexes=indexes,
        queries=lowered,
        limit=clause.limit,
        variable=clause.variable,
        score=clause.score,
        candidates=candidates,
        depends=depends,
        near=None if clause.near is None else context.lower(clause.near, child.slots),
        fusion=clause.fusion if clause.kind == "hybrid" else None,
        weights=None if clause.weights is None else context.lower(clause.weights, child.slots),
    )


def _is_edge(pattern: Pattern, variable: str) -> bool:
    return any(
        isinstance(element, EdgePattern) and element.variable == variable
        for path in pattern.paths
        for element in path.elements
    )


def _found(context: PlanningContext, name: str, kind: str, *, is_edge: bool) -> IndexDefinition:
    known = {index.name: index for index in context.catalog.indexes()}
    searched = {key: one for key, one in known.items() if one.kind in ("vector", "fulltext")}
    index = known.get(name)
    if index is None:
        if any(one.name == name for one in context.catalog.defined_indexes()):
            raise SchemaError(
                f"the index {name} of this moment was dropped since; when it is made again, it searches"
                " this moment, too",
                detail="IndexNotFound",
            )
        raise SchemaError(
            f"There is no search index named {name}",
            detail="IndexNotFound",
            hint=close_name(name, searched),
        )
    wanted = ("vector", "fulltext") if kind == "hybrid" else (kind,)
    if index.kind not in wanted:
        raise SchemaError(
            f"{name} is a {index.kind} index; here a {' or '.join(wanted)} index is searched",
            detail="IndexNotFound",
        )
    if (index.entity == "edge") is not is_edge:
        finds = "relationships" if index.entity == "edge" else "nodes"
        raise SchemaError(
            f"the index {name} finds {finds}; the variable is not one", detail="IndexNotFound"
        )
    return index


def _candidates(
    context: PlanningContext,
    variable: str,
    where: Expression,
    indexes: tuple[IndexDefinition, ...],
    child: Operator,
) -> PlanExpression:
    """The plan of ``MATCH (d:Label) WHERE p RETURN d``."""
    labels = _any_of(tuple(dict.fromkeys(label for one in indexes for label in one.labels)))
    if indexes[0].entity == "node":
        path = PathPattern((NodePattern(variable, labels),))
    else:
        edge = EdgePattern(variable, labels, "out")
        path = PathPattern((NodePattern(), edge, NodePattern()))
    item = ProjectionItem(Variable(variable), variable, aliased=True)
    clauses = (Match(Pattern((path,)), where), Return((item,)))
    scope = {slot.name: slot for slot in child.slots}
    return context.inner_plan(Query((SingleQuery(clauses),)), scope, "ids")


def _any_of(names: tuple[str, ...]) -> LabelExpression:
    parts = tuple(LabelName(name) for name in names)
    return parts[0] if len(parts) == 1 else LabelOr(parts)
