"""`plan`: from a checked statement to a plan.

    syntax ── clauses ── pruned ── rules ── pruned ── barriers ── Plan

Clauses are planned one after the other, the patterns of a MATCH by cost. Rules then rewrite the operators;
each keeps the rows (`rules`). Barriers come last, because rules move what reads and writes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.query.language.contracts import Checked
from neuralgraph.query.language.show_columns import show_columns
from neuralgraph.query.language.syntax import (
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    FunctionCall,
    Parameter,
    Query,
    Return,
    Show,
    TimePoint,
    TransactionCommand,
    Variable,
)
from neuralgraph.query.planning.clauses import plan_query
from neuralgraph.query.planning.context import PlanningContext
from neuralgraph.query.planning.csv_places import with_places
from neuralgraph.query.planning.eagerness import with_barriers
from neuralgraph.query.planning.filtering import filtered_by
from neuralgraph.query.planning.operators import (
    administers,
    projected,
    runs_in_transactions,
    writes,
    writes_outside,
)
from neuralgraph.query.planning.past_matches import at_moment
from neuralgraph.query.planning.plan import Plan, SchemaChange, ShowRows, Slot, Unit
from neuralgraph.query.planning.projections import project
from neuralgraph.query.planning.pruning import pruned
from neuralgraph.query.planning.rules import rewritten
from neuralgraph.query.planning.timeless_catalog import TimelessCatalog
from neuralgraph.query.planning.walking import children, conjuncts, contains, rebuild

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access import CatalogReader
    from neuralgraph.errors import Span
    from neuralgraph.query.language.contracts import ProcedureSignature
    from neuralgraph.query.language.syntax import Statement, Syntax
    from neuralgraph.query.planning.context import Functions
    from neuralgraph.query.planning.plan import Operator

_SCHEMA: Final = (CreateIndex, DropIndex, CreateConstraint, DropConstraint)


def plan(
    checked: Checked | Statement,
    catalog: CatalogReader,
    functions: Functions,
    procedures: Mapping[str, ProcedureSignature] | None = None,
    *,
    optimise: bool = True,
) -> Plan:
    """Plan a statement.

    Args:
        checked: what the analysis gave; a bare statement is taken on trust.
        catalog: names, indexes and counts; a cached plan is good for its `version` only.
        functions: tells aggregates from other functions.
        procedures: signatures by name as written, when `checked` is a bare statement.
        optimise: False leaves out the rules, to compare with.

    Raises:
        QuerySyntaxError: for the few forms that NGQL knows and cannot plan.
    """
    statement = checked.statement if isinstance(checked, Checked) else checked
    if isinstance(checked, Checked):
        procedures = checked.procedures
    body = statement.body
    if contains(body, (TimePoint,)):
        catalog = TimelessCatalog(catalog)
    context = PlanningContext(catalog, functions, procedures or {}, plan_query, optimise=optimise)
    if isinstance(body, _SCHEMA):
        return _plan(SchemaChange(slots=(), command=body), (), body, changes_schema=True)
    if isinstance(body, TransactionCommand):
        raise QuerySyntaxError(
            f"{body.kind} is for the shell; in Python use `with graph.transaction()`",
            span=body.span,
        )
    if isinstance(body, Show):
        return _planned_show(context, body)
    if isinstance(checked, Checked) and checked.calls_writers:
        body = _with_writers(body, functions)
    root = plan_query(context, with_places(body, context), Unit(slots=()))
    columns = tuple(slot.name for slot in root.slots) if _gives_rows(body) else ()
    root = pruned(root, frozenset(columns))
    if optimise:
        root = pruned(rewritten(root, catalog), frozenset(columns))
    root = _exactly(columns, with_barriers(root))
    if runs_in_transactions(root) and writes_outside(root):
        raise QuerySyntaxError(
            "A statement with CALL { } IN TRANSACTIONS changes the graph inside of it only",
            detail="UnexpectedSyntax",
            span=body.span,
        )
    made = _plan(root, columns, body)
    if isinstance(checked, Checked) and checked.writes and not made.writes:
        # A function that writes is no operator.
        return replace(made, writes=True)
    return made


def _with_writers(node: Any, functions: Functions) -> Any:
    """The tree with the calls marked that change something."""
    new = rebuild(node, lambda part, _bound: _with_writers(part, functions))
    if isinstance(new, FunctionCall) and getattr(functions.lookup(new.name), "writes", False):
        return replace(new, writes=True)
    return new


def _plan(
    root: Operator, columns: tuple[str, ...], body: Syntax, *, changes_schema: bool = False
) -> Plan:
    return Plan(
        root=root,
        columns=columns,
        writes=changes_schema or writes(root),
        administers=administers(root),
        in_transactions=runs_in_transactions(root),
        changes_schema=changes_schema,
        returns_rows=bool(columns),
        parameters=parameters_of(body),
    )


def _gives_rows(query: Query) -> bool:
    """Does it end in RETURN, or is it a procedure call standing alone?"""
    clauses = query.parts[0].clauses
    if isinstance(clauses[-1], Return):
        return True
    return len(clauses) == 1 and type(clauses[0]).__name__ == "Call"


def _exactly(columns: tuple[str, ...], root: Operator) -> Operator:
    """The result's columns and nothing else, in order."""
    if not columns or tuple(slot.name for slot in root.slots) == columns:
        return root
    kinds = {slot.name: slot.kind for slot in root.slots}
    return projected(root, [(Slot(name, kinds[name]), Variable(name)) for name in columns])


def _planned_show(context: PlanningContext, show: Show) -> Plan:
    columns = show_columns(show)
    root: Operator = ShowRows(slots=tuple(Slot(name, "value") for name in columns), command=show)
    if show.at is not None:
        root = at_moment(root, show.at, frozenset())
    if show.yields is not None:
        root = project(context, show.yields, root)
        if show.yields.star:
            root = _exactly(columns, root)
    if show.where is not None:
        root = filtered_by(context, root, conjuncts(show.where))
    if show.return_ is not None:
        root = project(context, show.return_, root)
    names = tuple(slot.name for slot in root.slots)
    return _plan(root, names, show)


def parameters_of(node: Syntax) -> dict[str, Span]:
    """Names of all parameters in a tree, and where each stands first."""
    found: dict[str, Span] = {}
    waiting: list[Syntax] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Parameter):
            found[item.name] = min(item.span, found.get(item.name, item.span))
        waiting.extend(part for part, _ in children(item))
    return found
