"""Making an inner plan run for a whole batch of outer rows at once.

The hidden slot `ROW_SLOT` is carried from `Argument` to the root of the plan, through operators
that treat each row by itself. Where one does not (a limit, an aggregate over everything, a write),
the plan stays as it is and runs once for each outer row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import ListLiteral, LiteralValue, Variable
from neuralgraph.query.planning.operators import with_inputs
from neuralgraph.query.planning.plan import (
    ROW_SLOT,
    Aggregate,
    Apply,
    Argument,
    AtTime,
    Distinct,
    EdgeById,
    EdgeEnds,
    EdgeIndexSeek,
    EdgeScan,
    EdgesReverify,
    Expand,
    ExpandInto,
    ExpandVariable,
    Extend,
    Filter,
    IndexSearch,
    NodeById,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    Operator,
    Project,
    ShortestPath,
    Slot,
    Sort,
    UnionAll,
    UnwindList,
)
from neuralgraph.query.planning.walking import free_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.language.syntax import Expression

_ROW: Final = Slot(ROW_SLOT, "value")

EMPTY: Final[dict[str, Expression | None]] = {
    "count": LiteralValue(0),
    "sum": LiteralValue(0),
    "collect": ListLiteral(()),
    "min": None,
    "max": None,
    "avg": None,
}
"""What aggregates give of nothing; None stands for null."""

ROW_BY_ROW: Final = (
    NodeScan,
    NodeById,
    EdgeById,
    EdgeScan,
    NodeIndexSeek,
    NodeIndexIn,
    NodeIndexRange,
    NodeIndexPrefix,
    EdgeIndexSeek,
    IndexSearch,
    Expand,
    ExpandInto,
    ExpandVariable,
    ShortestPath,
    EdgesReverify,
    EdgeEnds,
    Filter,
    Extend,
    UnwindList,
    Sort,
    AtTime,
)
"""Operators that pass columns on and treat each row by itself (Sort keeps the order within a row's own)."""


def batched(plan: Operator) -> Operator | None:
    """The plan with `ROW_SLOT` in its slots, or None where it must run row after row."""
    if isinstance(plan, Argument):
        return replace(plan, slots=(*plan.slots, _ROW))
    if isinstance(plan, UnionAll):
        return _batched_union(plan)
    if isinstance(plan, AtTime) and free_names(plan.moment.expression):
        return None  # each row has a moment of its own
    if isinstance(plan, Apply):
        outer = batched(plan.outer)
        return None if outer is None else replace(plan, outer=outer, slots=(*plan.slots, _ROW))
    if not isinstance(plan, (*ROW_BY_ROW, Project, Distinct, Aggregate)):
        return None
    child = batched(plan.child)
    if child is None:
        return None
    if isinstance(plan, Distinct):
        return with_inputs(plan, [child])
    if isinstance(plan, Project):
        return replace(
            plan, child=child, slots=(*plan.slots, _ROW), items=(*plan.items, Variable(ROW_SLOT))
        )
    if isinstance(plan, Aggregate):
        return _grouped_by_row(plan, child)
    return replace(plan, child=child, slots=(*plan.slots, _ROW))


def grouped_by_row(plan: Operator, names: Sequence[str]) -> Operator | None:
    """An aggregate over everything, for each outer row at once: grouped by the row.

    Outer rows for which there is nothing to aggregate have no group; `EMPTY` says what they have instead.

    Args:
        plan: an inner plan.
        names: the slots for its calls, in order.
    """
    if not isinstance(plan, Aggregate) or plan.keys or len(plan.slots) != len(names):
        return None
    if any(call.name not in EMPTY for call in plan.calls):
        return None
    child = batched(plan.child)
    if child is None:
        return None
    slots = (_ROW, *(Slot(name, "value") for name in names))
    return replace(plan, child=child, keys=(Variable(ROW_SLOT),), slots=slots)


def _batched_union(plan: UnionAll) -> Operator | None:
    if plan.first_only:
        return None  # each row has a first part of its own
    parts = [batched(part) for part in plan.parts]
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        return None
    return replace(plan, slots=(*plan.slots, _ROW), parts=whole)


def _grouped_by_row(plan: Aggregate, child: Operator) -> Operator | None:
    """Without keys there is a row even of no input, which groups do not give."""
    if not plan.keys:
        return None
    count = len(plan.keys)
    return replace(
        plan,
        child=child,
        keys=(*plan.keys, Variable(ROW_SLOT)),
        slots=(*plan.slots[:count], _ROW, *plan.slots[count:]),
    )
