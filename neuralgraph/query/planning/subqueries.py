"""Inner plans that aggregate, beside the outer rows that they are run for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.language.syntax import FunctionCall, Variable
from neuralgraph.query.planning.batching import EMPTY, batched, grouped_by_row
from neuralgraph.query.planning.operators import added, argument_slots, names_of
from neuralgraph.query.planning.plan import Aggregate, Apply, Argument, Extend

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Expression
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator


def aggregated_by_row(
    context: PlanningContext, child: Operator, inner: Operator
) -> Operator | None:
    """A subquery that aggregates: all outer rows at once, and what is empty put in behind."""
    names = [context.fresh(slot.name.strip()) for slot in inner.slots]
    grouped = grouped_by_row(inner, names)
    if grouped is None:
        return None
    assert isinstance(inner, Aggregate)
    found = Apply(
        slots=added(child, *((name, "value") for name in names)),
        estimated_rows=child.estimated_rows,
        outer=child,
        inner=grouped,
        kind="optional",
    )
    items: list[Expression] = []
    for name, call in zip(names, inner.calls, strict=True):
        empty = EMPTY[call.name]
        value = Variable(name)
        items.append(value if empty is None else FunctionCall("coalesce", (value, empty)))
    return Extend(
        slots=(*found.slots, *inner.slots),
        estimated_rows=found.estimated_rows,
        child=found,
        items=tuple(items),
    )


def beside_outer(context: PlanningContext, outer: Argument, inner: Operator) -> Operator:
    """What an inner plan gives for an outer row, with columns of that row beside it.

    Args:
        context: of this planning.
        outer: these columns.
        inner: rows of the same inner plan, from whose columns the outer ones are gone. A name that both have
            is the same value.
    """
    known = names_of(outer.slots)
    taken = tuple(slot for slot in argument_slots(inner) if slot.name not in known)
    row = Argument(slots=outer.slots + taken)
    aggregated = aggregated_by_row(context, row, inner)
    if aggregated is not None:
        return aggregated
    return Apply(
        slots=outer.slots + tuple(slot for slot in inner.slots if slot.name not in known),
        estimated_rows=inner.estimated_rows,
        outer=row,
        inner=batched(inner) or inner,
        kind="inner",
    )
