"""From clauses to operators, one clause after the other; queries and unions of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from neuralgraph.query.language.syntax import (
    Call,
    CallSubquery,
    Clause,
    Create,
    Delete,
    Finish,
    Foreach,
    LoadCsv,
    Match,
    Merge,
    Parameter,
    Projection,
    Remove,
    Return,
    Set,
    Unwind,
    Use,
    With,
)
from neuralgraph.query.planning.batching import batched
from neuralgraph.query.planning.csv_places import PLACES
from neuralgraph.query.planning.early_conditions import with_early_conditions
from neuralgraph.query.planning.filtering import filtered_by
from neuralgraph.query.planning.graphs import is_search
from neuralgraph.query.planning.matching import match_pattern
from neuralgraph.query.planning.operators import (
    added,
    cross_joined,
    distinct,
    names_of,
    union_of,
    writes,
)
from neuralgraph.query.planning.past_matches import at_moment, with_outer_values
from neuralgraph.query.planning.plan import (
    Apply,
    ApplyInTransactions,
    Argument,
    LoadCsvRows,
    ProcedureCall,
    Slot,
    Unit,
    UnwindList,
)
from neuralgraph.query.planning.projections import project, visible
from neuralgraph.query.planning.repeats import (
    asks_of_the_way,
    choosy_search,
    path_names,
    searched_again,
    shortest_paths,
)
from neuralgraph.query.planning.searching import index_search
from neuralgraph.query.planning.subqueries import aggregated_by_row
from neuralgraph.query.planning.walking import (
    EVERYTHING,
    conjunction,
    conjuncts,
    free_names,
    mentioned,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.query.language.syntax import (
        Query,
        SingleQuery,
        SubqueryTransactions,
    )
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator

UNWIND_ROWS = 10.0
"""Elements that a list is thought to have."""


def plan_query(
    context: PlanningContext, query: Query, start: Operator, *, stays: bool = False
) -> Operator:
    """A whole query.

    Args:
        context: of this planning.
        query: what to plan.
        start: `Unit`, or the `Argument` of an inner plan.
        stays: do columns of the `Argument` stay visible behind every WITH?
    """
    parts = [plan_part(context, part, start, stays=stays) for part in query.parts]
    if len(parts) == 1:
        operator = parts[0]
    elif isinstance(query.parts[0].clauses[-1], Return):
        operator = union_of(parts, [slot.name for slot in parts[0].slots])
        operator = operator if query.union_all else distinct(operator)
    else:
        # Nothing is returned, so that only what came in is left, and no two rows are the same.
        operator = union_of(parts, [slot.name for slot in start.slots])
    if query.at is not None:
        operator = at_moment(operator, query.at, names_of(start.slots))
    return operator


def plan_part(
    context: PlanningContext, part: SingleQuery, start: Operator, *, stays: bool = False
) -> Operator:
    """Clauses in a row."""
    operator = start
    clauses = with_early_conditions(context, part.clauses) if context.optimise else part.clauses
    for place, clause in enumerate(clauses):
        if stays and isinstance(clause, Projection):
            outer = _still_needed(start, clause, clauses[place + 1 :])
            operator = project(context, clause, operator, outer)
        else:
            operator = plan_clause(context, clause, operator)
    return operator


def _still_needed(start: Operator, clause: Projection, later: Sequence[Clause]) -> Argument | None:
    """Columns of the outer row that are looked at behind the items of a projection."""
    behind = [key.expression for key in clause.order] + list(later)
    if isinstance(clause, With) and clause.where is not None:
        behind.append(clause.where)
    names = frozenset[str]().union(*map(mentioned, behind))
    slots = tuple(slot for slot in start.slots if slot.name in names or EVERYTHING in names)
    return Argument(slots=slots) if slots else None


def plan_clause(context: PlanningContext, clause: Clause, child: Operator) -> Operator:
    """One clause."""
    return _PLANNERS[type(clause)](context, clause, child)


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def _match(context: PlanningContext, clause: Match, child: Operator) -> Operator:
    if not clause.optional and clause.at is None:
        return _matched(context, clause, child)
    if clause.at is not None and not clause.optional and isinstance(child, Unit):
        return at_moment(_matched(context, clause, child), clause.at, names_of(()))
    if clause.at is not None:
        clause, child = with_outer_values(context, clause, child)
    inner = _matched(context, clause, Argument(slots=child.slots))
    if clause.at is not None:
        inner = at_moment(inner, clause.at, names_of(child.slots))
    known = names_of(child.slots)
    new = tuple(
        slot for slot in inner.slots if slot.name not in known and not slot.name.startswith(" ")
    )
    return Apply(
        slots=child.slots + new,
        estimated_rows=child.estimated_rows * max(1.0, inner.estimated_rows),
        outer=child,
        inner=batched(inner) or inner,
        kind="optional" if clause.optional else "inner",
    )


def _matched(context: PlanningContext, clause: Match, child: Operator) -> Operator:
    if clause.search is not None:
        child = index_search(context, clause.search, clause.pattern, child)
    paths = clause.pattern.paths
    whole = [
        path
        for path in paths
        if path.selector is not None and (asks_of_the_way(path) or not is_search(path))
    ]
    waiting = conjuncts(clause.where)
    if not whole:
        choosy = choosy_search(paths, waiting, names_of(child.slots))
        if choosy is None:
            return match_pattern(context, child, clause.pattern, clause.where)[0]
        return searched_again(context, child, clause.pattern, choosy, waiting, match_pattern)
    plain = tuple(path for path in paths if path not in whole)
    operator = child
    if plain:
        inside = frozenset[str]().union(*(path_names(path) for path in whole))
        early = [p for p in waiting if not free_names(p) & inside]
        waiting = [p for p in waiting if p not in early]
        pattern = replace(clause.pattern, paths=plain)
        operator, _ = match_pattern(context, operator, pattern, conjunction(early))
    for path in whole:
        # What is asked of the ends alone may be asked before the shortest are chosen.
        ends = {getattr(path.elements[place], "variable", None) for place in (0, -1)}
        inner_names = path_names(path) - ends
        bound = names_of(operator.slots) | ends
        early = [p for p in waiting if free_names(p) <= bound and not free_names(p) & inner_names]
        waiting = [p for p in waiting if p not in early]
        operator = shortest_paths(context, operator, path, tuple(early), match_pattern)
    return filtered_by(context, operator, waiting)


def _project(context: PlanningContext, clause: Projection, child: Operator) -> Operator:
    return project(context, clause, child)


def _unwind(context: PlanningContext, clause: Unwind, child: Operator) -> Operator:
    return UnwindList(
        slots=added(child, (clause.variable, "value")),
        estimated_rows=child.estimated_rows * UNWIND_ROWS,
        child=child,
        source=context.lower(clause.expression, child.slots),
        variable=clause.variable,
    )


def _load_csv(context: PlanningContext, clause: LoadCsv, child: Operator) -> Operator:
    return LoadCsvRows(
        slots=added(child, *((name, "value") for name in (clause.variable, *clause.places))),
        estimated_rows=child.estimated_rows * 1_000.0,
        child=child,
        source=context.lower(clause.source, child.slots),
        variable=clause.variable,
        headers=clause.headers,
        terminator=clause.terminator,
        places=clause.places,
    )


# ── calling ───────────────────────────────────────────────────────────────────────────────────


def _call(context: PlanningContext, clause: Call, child: Operator) -> Operator:
    signature = context.procedures.get(clause.procedure)
    outputs = () if signature is None else tuple(name for name, _ in signature.outputs)
    if clause.yields is not None:
        wanted = [(item.column, item.name) for item in clause.yields]
    else:
        wanted = [(name, name) for name in outputs]
    arguments = clause.arguments
    may_lack: tuple[str, ...] = ()
    if arguments is None:
        names = () if signature is None else tuple(name for name, _ in signature.inputs)
        arguments = tuple(Parameter(name, span=clause.span) for name in names)
        optional = 0 if signature is None else signature.optional_inputs
        may_lack = names[len(names) - optional :]
    # With the clause optional, the call stands inside an apply of its own.
    start = Argument(slots=child.slots) if clause.optional else child
    operator: Operator = ProcedureCall(
        slots=added(start, *((name, "value") for _, name in wanted)),
        estimated_rows=start.estimated_rows * UNWIND_ROWS,
        child=start,
        procedure=clause.procedure,
        arguments=tuple(context.lower(argument, start.slots) for argument in arguments),
        columns=tuple(column for column, _ in wanted),
        names=tuple(name for _, name in wanted),
        writes=signature is not None and signature.writes,
        administers=signature is not None and signature.administers,
        may_lack=may_lack,
        span=clause.span,
    )
    if clause.where is not None:
        operator = filtered_by(context, operator, conjuncts(clause.where))
    if not clause.optional:
        return operator
    return Apply(
        slots=operator.slots,
        estimated_rows=operator.estimated_rows,
        outer=child,
        inner=operator,
        kind="optional",
    )


def _call_subquery(context: PlanningContext, clause: CallSubquery, child: Operator) -> Operator:
    if clause.transactions is not None:
        return _in_transactions(context, clause, clause.transactions, child)
    inner, takes_rows = _inner_of_call(context, clause, child)
    returns = _returns(clause.query)
    known = names_of(child.slots)
    new = tuple(slot for slot in inner.slots if slot.name not in known) if returns else ()
    new = tuple(slot for slot in new if not slot.name.startswith(" "))
    changes = writes(inner)
    if returns and not takes_rows and not clause.optional and not (changes or writes(child)):
        return cross_joined(child, inner)
    if returns and not clause.optional and not changes:
        aggregated = aggregated_by_row(context, child, inner)
        if aggregated is not None:
            return aggregated
    name = None if returns else context.fresh("rows")
    batchable = None if changes else batched(inner)
    return Apply(
        slots=child.slots + new,
        estimated_rows=child.estimated_rows * (max(1.0, inner.estimated_rows) if returns else 1),
        outer=child,
        inner=batchable or inner,
        kind="count" if not returns else "optional" if clause.optional else "inner",
        name=name,
    )


def _in_transactions(
    context: PlanningContext,
    clause: CallSubquery,
    settings: SubqueryTransactions,
    child: Operator,
) -> Operator:
    imported = _imported(clause, child)
    start = Argument(slots=tuple(slot for slot in child.slots if slot.name in imported))
    inner = plan_query(context, clause.query, start, stays=_stays(clause))
    returns = _returns(clause.query)
    known = names_of(child.slots)
    new = tuple(slot for slot in inner.slots if slot.name not in known) if returns else ()
    new = tuple(slot for slot in new if not slot.name.startswith(" "))
    if settings.status is not None:
        new = (*new, Slot(settings.status, "value"))
    rows = None if settings.rows is None else context.lower(settings.rows, ())
    return ApplyInTransactions(
        slots=child.slots + new,
        estimated_rows=child.estimated_rows * (max(1.0, inner.estimated_rows) if returns else 1),
        outer=child,
        inner=inner,
        rows=rows,
        on_error=settings.on_error,
        retry=settings.retry,
        retry_s=None if settings.retry_s is None else context.lower(settings.retry_s, ()),
        returns=returns,
        optional=clause.optional,
        status=settings.status,
    )


def _inner_of_call(
    context: PlanningContext, clause: CallSubquery, child: Operator
) -> tuple[Operator, bool]:
    """The plan of the subquery, and whether it looks at the rows outside."""
    imported = _imported(clause, child)
    slots = tuple(slot for slot in child.slots if slot.name in imported)
    plain = not imported and not clause.optional
    start: Operator = Argument(slots=slots)
    if plain and not _changes(clause.query) and not writes(child):
        # Nothing is taken from outside, so it can run once and be joined.
        return plan_query(context, clause.query, Unit(slots=())), False
    return plan_query(context, clause.query, start, stays=_stays(clause)), True


def _imported(clause: CallSubquery, child: Operator) -> set[str]:
    """Names that the subquery takes from outside."""
    if clause.imports is not None and not clause.imports_star:
        return set(clause.imports)
    seen = set(visible(child.slots)) | (names_of(child.slots) & set(PLACES.values()))
    if clause.imports_star or any(_imports(part) for part in clause.query.parts):
        return seen
    return set()


def _stays(clause: CallSubquery) -> bool:
    """Is what the subquery takes from outside seen all through it?"""
    return clause.imports is not None


def _imports(part: SingleQuery) -> bool:
    return bool(part.clauses) and isinstance(part.clauses[0], With)


def _returns(query: Query) -> bool:
    return isinstance(query.parts[0].clauses[-1], Return)


def _changes(query: Query) -> bool:
    """Does the query write? Calls may, so they count; and without columns it is run for each row."""
    reading = (Match, Unwind, With, Return, LoadCsv, Use)
    return not _returns(query) or any(
        not isinstance(clause, reading) for part in query.parts for clause in part.clauses
    )


# ── nothing to do ─────────────────────────────────────────────────────────────────────────────


def _nothing(_context: PlanningContext, _clause: Clause, child: Operator) -> Operator:
    return child


def _updated(context: PlanningContext, clause: Clause, child: Operator) -> Operator:
    from neuralgraph.query.planning.updates import plan_update

    return plan_update(context, clause, child, plan_clause)


_PLANNERS: dict[type, Callable[..., Operator]] = {
    Match: _match,
    With: _project,
    Return: _project,
    Finish: _nothing,
    Use: _nothing,
    Unwind: _unwind,
    LoadCsv: _load_csv,
    Call: _call,
    CallSubquery: _call_subquery,
    **dict.fromkeys((Create, Merge, Set, Remove, Delete, Foreach), _updated),
}
