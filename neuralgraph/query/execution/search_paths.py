"""Which way a search takes, and why: for EXPLAIN before the run, for PROFILE in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.execution.fusion import depth
from neuralgraph.query.language.syntax import (
    Expression,
    LiftedLiteral,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    Parameter,
)
from neuralgraph.query.planning.plan import IndexSearch, NearestRows, ProcedureCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.access import GraphReader, IndexDefinition
    from neuralgraph.query.planning.plan import Operator

_LIMIT: Final = 10
"""Before the run nobody knows how many will be sought; this many mostly are."""


def expected_path(
    operator: Operator,
    reader: GraphReader,
    parameters: Mapping[str, Any],
    literals: Sequence[object],
) -> str | None:
    """How an operator of a plan is thought to search; None when it does not.

    Args:
        operator: of the plan.
        reader: the snapshot that would be searched.
        parameters: of the statement.
        literals: that were lifted from it.
    """
    if isinstance(operator, ProcedureCall):
        given = [_known(one, parameters, literals) for one in operator.arguments]
        return _path_of_call(operator.procedure, given, reader)
    if isinstance(operator, IndexSearch):
        plan = operator.candidates
        thought = None if plan is None else round(plan.plan.estimated_rows)
        return path_of(
            reader, operator.indexes, _LIMIT, thought, is_fused=operator.fusion is not None
        )
    if isinstance(operator, NearestRows):
        if not is_complete(reader, operator.index):
            return INCOMPLETE
        thought = None if operator.is_whole else round(operator.child.estimated_rows)
        return path_of(reader, (operator.index,), _LIMIT, thought, exact=True)
    return None


def state_of(facts: Mapping[str, Any]) -> str:
    """The state of a search index, of its facts: FAILED where it cannot be searched."""
    if facts.get("failure") is not None:
        return "FAILED"
    return "ONLINE" if facts.get("progress", 1.0) == 1.0 else "POPULATING"


def path_of(
    reader: GraphReader,
    indexes: Sequence[IndexDefinition],
    limit: int,
    candidates: int | None,
    *,
    exact: bool = False,
    is_fused: bool = False,
) -> str:
    """How indexes are searched for the best among so many candidates (None: all)."""
    wanted = depth(limit) if is_fused else limit
    return "; ".join(
        f"{index.name} {reader.search_path(index, wanted, candidates, exact=exact)}"
        for index in indexes
    )


# ── calls ─────────────────────────────────────────────────────────────────────────────────────

_NEIGHBOURS: Final = ("db.index.vector.queryNodes", "db.index.vector.queryRelationships")
_TEXTS: Final = (
    "db.index.fulltext.queryNodes",
    "db.index.fulltext.queryRelationships",
    "neural.fulltext.query",
    "neural.fulltext.fuzzyQuery",
)
_UNKNOWN: Final = object()
"""What an argument is that only the run can tell."""


def _known(
    expression: Expression, parameters: Mapping[str, Any], literals: Sequence[object]
) -> Any:
    """The value of an argument, as far as it is written down; lists and maps may hold unknown ones."""
    if isinstance(expression, LiteralValue):
        return expression.value
    if isinstance(expression, LiftedLiteral):
        return literals[expression.index]
    if isinstance(expression, Parameter):
        return parameters.get(expression.name, _UNKNOWN)
    if isinstance(expression, ListLiteral):
        return [_known(item, parameters, literals) for item in expression.items]
    if isinstance(expression, MapLiteral):
        return {key: _known(item, parameters, literals) for key, item in expression.entries}
    return _UNKNOWN


def _path_of_call(procedure: str, given: Sequence[Any], reader: GraphReader) -> str | None:
    """How a procedure is thought to search; None when it does not, or for something that is not there."""
    names: list[Any]
    options: Any
    if procedure in _NEIGHBOURS:
        names, options, is_fused = [given[0]], {"limit": given[1]}, False
    elif procedure in _TEXTS or procedure == "neural.search":
        names, options, is_fused = [given[0]], given[2] if len(given) > 2 else {}, False
    elif procedure == "neural.hybrid":
        searches = given[0] if isinstance(given[0], list) else []
        names = [one.get("index") if isinstance(one, dict) else _UNKNOWN for one in searches]
        options, is_fused = given[1] if len(given) > 1 else {}, True
    else:
        return None
    if options is _UNKNOWN or any(name is _UNKNOWN for name in names):
        return "which way it takes, only the run can tell: see PROFILE"
    found = {index.name: index for index in reader.catalog.indexes()}
    if not names or any(type(name) is not str or name not in found for name in names):
        return None
    chosen = options if isinstance(options, dict) else {}
    within, limit = chosen.get("within"), chosen.get("limit", _LIMIT)
    if within is _UNKNOWN:
        return f"{'; '.join(names)}: which way it takes goes by how many count: see PROFILE"
    return path_of(
        reader,
        [found[name] for name in names],
        limit if type(limit) is int and limit > 0 else _LIMIT,
        len(within) if isinstance(within, list) else None,
        exact=chosen.get("exact") is True,
        is_fused=is_fused,
    )


INCOMPLETE: Final = "passes all rows: not every node of the label has a vector in the index"


def is_complete(reader: GraphReader, index: IndexDefinition) -> bool:
    """Does an index hold all nodes of its label? Then it can speak for all rows."""
    held: int = reader.search_facts(index).get("rows", -1)
    return held == reader.catalog.node_count(index.label)
