"""An order that is there already is not made again.

A range of an index comes out in the order of its property; filters, walks and projections keep it.
So ``MATCH (p:Person) WHERE p.created >= $lo RETURN p ORDER BY p.created LIMIT 20`` needs no sort,
and the limit stops the walk. Ties may come in any order, so equal keys need no care; nulls are in
no range.

The order holds only where the range is asked once (its child gives one row) and each further key
would break ties: only a single key is taken.

A limit over a scan of a label begins with the index too, if nothing between filters: what the index holds
comes first, and the nodes without the property behind it, as null is last; most limits never look
at them. Downwards null is first, so there the rows must be asked for ``IS NOT NULL``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import IsNull, Property, Variable
from neuralgraph.query.planning.operators import inputs, with_inputs, writes
from neuralgraph.query.planning.plan import (
    Expand,
    ExpandInto,
    Extend,
    Filter,
    Limit,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    Operator,
    Project,
    Skip,
    Sort,
    Top,
    UnionAll,
    Unit,
)
from neuralgraph.query.planning.rules.facts import at_most_one_row

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader
    from neuralgraph.query.planning.plan import SortKey

_KEEPS_ORDER: Final = (Filter, Extend, Expand, ExpandInto)


def without_idle_sorts(operator: Operator, catalog: CatalogReader) -> Operator:
    """The plan without sorts whose input is in order."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [without_idle_sorts(part, catalog) for part in below])
    if not isinstance(operator, Sort | Top) or len(operator.keys) != 1:
        return operator
    key = operator.keys[0]
    ordered = _ordered(operator.child, key)
    if ordered is None and isinstance(operator, Top):
        ordered = _indexed(operator.child, key, catalog)
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
    asked = operator.index.keys[len(operator.equal)]
    if key.expression != Property(Variable(operator.variable), asked):
        return None
    return replace(operator, descending=key.descending)


def _indexed(operator: Operator, key: SortKey, catalog: CatalogReader) -> Operator | None:
    """The input from an index in the order of the key, in place of a scan; None where that cannot be."""
    asked = False
    path: list[Operator] = []
    while isinstance(operator, (*_KEEPS_ORDER, Project)):
        if isinstance(operator, Project):
            items = zip(operator.slots, operator.items, strict=True)
            named = {Variable(slot.name): item for slot, item in items}
            if key.expression not in named:
                return None
            key = replace(key, expression=named[key.expression])
        elif isinstance(operator, Filter):
            if asked or operator.predicate != IsNull(key.expression, negated=True):
                # Few rows might pass, and then all would be looked at in an order that jumps.
                return None
            asked = True
            operator = operator.child
            continue
        path.append(operator)
        operator = operator.child
    scanned = _scanned(operator, key, catalog)
    if scanned is None or (key.descending and not asked):
        return None
    if not asked:
        scanned = _with_nulls(operator, scanned, key)
    for above in reversed(path):
        scanned = with_inputs(above, [scanned])
    return scanned


def _scanned(operator: Operator, key: SortKey, catalog: CatalogReader) -> Operator | None:
    """All that an index holds, in its order, for a scan of its label."""
    if not isinstance(operator, NodeScan) or not _one_row(operator.child):
        return None
    wanted = key.expression
    if not isinstance(wanted, Property) or wanted.subject != Variable(operator.variable):
        return None
    for index in catalog.indexes():
        covers = index.entity == "node" and index.labels == (operator.label,)
        if covers and index.kind == "range" and index.keys == (wanted.key,):
            return NodeIndexRange(
                slots=operator.slots,
                estimated_rows=operator.estimated_rows,
                child=operator.child,
                variable=operator.variable,
                index=index,
                lower=None,
                lower_inclusive=False,
                upper=None,
                upper_inclusive=False,
                descending=key.descending,
            )
    return None


def _with_nulls(scan: Operator, ordered: Operator, key: SortKey) -> Operator:
    """What the index holds, and behind it the nodes of the scan that lack the property."""
    rest = Filter(
        slots=scan.slots,
        estimated_rows=1.0,
        child=scan,
        predicate=IsNull(key.expression, negated=False),
    )
    return UnionAll(slots=scan.slots, estimated_rows=scan.estimated_rows, parts=(ordered, rest))


def _one_row(operator: Operator) -> bool:
    if isinstance(operator, NodeIndexSeek):
        return at_most_one_row(operator)
    return isinstance(operator, Unit)
