"""An order that is there already is not made again.

A range of an index comes out in the order of its property; filters, walks and projections keep it.
So ``MATCH (p:Person) WHERE p.created >= $lo RETURN p ORDER BY p.created LIMIT 20`` needs no sort,
and the limit stops the walk. Ties may come in any order, so equal keys need no care; nulls are in
no range.

The order holds only where the range is asked once (its child gives one row) and each further key
would break ties: only a single key is taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import Property, Variable
from neuralgraph.query.planning.operators import inputs, with_inputs, writes
from neuralgraph.query.planning.plan import (
    Expand,
    ExpandInto,
    Extend,
    Filter,
    Limit,
    NodeIndexRange,
    NodeIndexSeek,
    Operator,
    Project,
    Skip,
    Sort,
    Top,
    Unit,
)

if TYPE_CHECKING:
    from neuralgraph.query.planning.plan import SortKey

_KEEPS_ORDER: Final = (Filter, Extend, Expand, ExpandInto)


def without_idle_sorts(operator: Operator) -> Operator:
    """The plan without sorts whose input is in order."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [without_idle_sorts(part) for part in below])
    if not isinstance(operator, Sort | Top) or len(operator.keys) != 1:
        return operator
    if operator.keys[0].descending:
        return operator
    ordered = _ordered(operator.child, operator.keys[0])
    if ordered is None:
        return operator
    if isinstance(operator, Sort):
        return _same_slots(operator, ordered)
    if operator.skip is not None:
        ordered = Skip(
            slots=ordered.slots,
            estimated_rows=ordered.estimated_rows,
            child=ordered,
            count=operator.skip,
        )
    return _same_slots(
        operator,
        Limit(
            slots=ordered.slots,
            estimated_rows=operator.estimated_rows,
            child=ordered,
            count=operator.limit,
            drain=writes(ordered),
        ),
    )


def _same_slots(old: Operator, new: Operator) -> Operator:
    """A sort may have dropped its keys; what takes its place must give the same columns."""
    if old.slots == new.slots:
        return new
    items = tuple(Variable(slot.name) for slot in old.slots)
    return Project(slots=old.slots, estimated_rows=new.estimated_rows, child=new, items=items)


def _ordered(operator: Operator, key: SortKey) -> Operator | None:
    """The input in the order of the key, by turning a range round if need be; None where it is not."""
    if isinstance(operator, _KEEPS_ORDER):
        child = _ordered(operator.child, key)
        return None if child is None else with_inputs(operator, [child])
    if isinstance(operator, Project):
        named = {slot.name: item for slot, item in zip(operator.slots, operator.items, strict=True)}
        expression = key.expression
        if not isinstance(expression, Variable) or expression.name not in named:
            return None
        child = _ordered(operator.child, replace(key, expression=named[expression.name]))
        return None if child is None else with_inputs(operator, [child])
    if not isinstance(operator, NodeIndexRange) or not _one_row(operator.child):
        return None
    if key.expression != Property(Variable(operator.variable), operator.index.keys[0]):
        return None
    return replace(operator, descending=key.descending)


def _one_row(operator: Operator) -> bool:
    if isinstance(operator, NodeIndexSeek):
        return operator.index.owner is not None and _one_row(operator.child)
    return isinstance(operator, Unit)
