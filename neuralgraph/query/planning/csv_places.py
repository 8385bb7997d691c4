"""``linenumber()`` and ``file()`` behind LOAD CSV, as variables that no query can write.

The two functions have no argument to say which row they are about. So LOAD CSV gives each row its place in
hidden slots, the calls behind it become these slots, and WITH and CALL hand them on. Behind an aggregation
or DISTINCT a row has no place any more; calls that stay calls give null.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import (
    CallSubquery,
    FunctionCall,
    LoadCsv,
    ProjectionItem,
    Query,
    SingleQuery,
    Variable,
    With,
)
from neuralgraph.query.planning.walking import children, contains, rebuild

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Clause, Syntax
    from neuralgraph.query.planning.context import PlanningContext

PLACES: Final = {"linenumber": " linenumber", "file": " file"}
"""Function to hidden name."""


def with_places(query: Query, context: PlanningContext) -> Query:
    """The query with the calls replaced; itself where it has none or reads no file."""
    if not contains(query, (LoadCsv,)):
        return query
    wanted = frozenset(_called(query))
    return _query(query, frozenset(), wanted, context) if wanted else query


def _called(node: Syntax) -> set[str]:
    """Hidden names of the places asked for anywhere inside."""
    found = {_place(node)} - {None}
    for part, _bound in children(node):
        found |= _called(part)
    return found  # type: ignore[return-value]


def _place(node: Any) -> str | None:
    if isinstance(node, FunctionCall) and not node.arguments and not node.star:
        return PLACES.get(node.name.lower())
    return None


def _query(
    query: Query, known: frozenset[str], wanted: frozenset[str], context: PlanningContext
) -> Query:
    parts = []
    for part in query.parts:
        clauses: list[Clause] = []
        inside = known
        for clause in part.clauses:
            new, inside = _clause(clause, inside, wanted, context)
            clauses.append(new)
        parts.append(replace(part, clauses=tuple(clauses)))
    return replace(query, parts=tuple(parts))


def _clause(
    clause: Any, known: frozenset[str], wanted: frozenset[str], context: PlanningContext
) -> tuple[Any, frozenset[str]]:
    """The clause, and the places that are known behind it."""
    if isinstance(clause, CallSubquery):
        return _subquery(clause, known, wanted, context), known
    new = _replaced(clause, known)
    if isinstance(new, LoadCsv):
        names = [name for name in PLACES.values() if name in wanted]
        return replace(new, places=tuple(names)), known | frozenset(names)
    if isinstance(new, With) and known:
        if new.distinct or any(context.aggregates(item) for item in new.items):
            return new, frozenset()
        return replace(new, items=new.items + _items(known)), known
    return new, known


def _subquery(
    clause: CallSubquery, known: frozenset[str], wanted: frozenset[str], context: PlanningContext
) -> CallSubquery:
    inner = known if _called(clause.query) else frozenset[str]()
    if clause.imports is not None or clause.imports_star:
        query = _query(clause.query, inner, wanted, context)
        imports = None if clause.imports is None else (*clause.imports, *sorted(inner))
        return replace(clause, query=query, imports=imports)
    importing = inner and all(_imports(part) for part in clause.query.parts)
    if not importing:
        return replace(clause, query=_query(clause.query, frozenset(), wanted, context))
    return replace(clause, query=_query(clause.query, inner, wanted, context))


def _imports(part: SingleQuery) -> bool:
    """Does it begin with the WITH that brings outer variables in?"""
    first = part.clauses[0]
    return isinstance(first, With) and all(
        type(item.expression) is Variable for item in first.items
    )


def _items(known: frozenset[str]) -> tuple[ProjectionItem, ...]:
    return tuple(ProjectionItem(Variable(name), name, aliased=True) for name in sorted(known))


def _replaced(node: Any, known: frozenset[str]) -> Any:
    name = _place(node)
    if name is not None:
        return Variable(name, span=node.span) if name in known else node
    if not known or isinstance(node, Query):
        return node
    return rebuild(node, lambda part, _bound: _replaced(part, known))
