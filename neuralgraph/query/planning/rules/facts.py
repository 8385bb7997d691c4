"""What can be told of a slot from the operators below: its labels, and how many values it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.syntax import LiteralValue
from neuralgraph.query.planning.operators import inputs, names_of, walk
from neuralgraph.query.planning.plan import (
    Aggregate,
    Apply,
    Argument,
    CreateEntities,
    DeleteEntities,
    Eager,
    Expand,
    ExpandVariable,
    Extend,
    Filter,
    ForeachApply,
    Limit,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    Project,
    RemoveItems,
    SetItems,
    Sort,
    Top,
    UnionAll,
    Unit,
)

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader
    from neuralgraph.query.planning.plan import Operator


def binder(operator: Operator, name: str) -> Operator | None:
    """The operator that first gives the slot, where it comes up unchanged from there.

    None when something between gives the name anew (a Project, a union) or it is not plain who does.
    """
    while True:
        if isinstance(operator, Project | UnionAll):
            return None
        if isinstance(operator, Apply) and name not in names_of(operator.outer.slots):
            return None
        below = inputs(operator)
        if not below or name not in names_of(below[0].slots):
            return operator
        operator = below[0]


def known_labels(operator: Operator, name: str) -> frozenset[str]:
    """Labels that the node in the slot is sure to carry (null aside)."""
    source: Any = binder(operator, name)
    if isinstance(source, NodeScan):
        return frozenset((source.label,)) if source.label is not None else frozenset()
    if isinstance(source, NodeIndexSeek | NodeIndexIn | NodeIndexRange | NodeIndexPrefix):
        return frozenset(source.index.labels)
    if isinstance(source, Expand | ExpandVariable) and source.target == name:
        return frozenset(source.target_labels)
    return frozenset()


def is_unique_key(operator: Operator, name: str, key: str, catalog: CatalogReader) -> bool:
    """Do different nodes in the slot have different values of the property (null aside)?

    A node carries its labels to the end of the statement only if nothing in it writes.
    """
    labels = known_labels(operator, name)
    if not labels or any(type(part).__name__ in _CHANGES for part in walk(operator)):
        return False
    return any(
        constraint.kind in ("unique", "key")
        and constraint.entity == "node"
        and constraint.label in labels
        and constraint.keys == (key,)
        for constraint in catalog.constraints()
    )


_CHANGES = frozenset(("SetItems", "RemoveItems", "MergePath", "ForeachApply", "ProcedureCall"))


def spread(operator: Operator, name: str, catalog: CatalogReader) -> float:
    """How many different values the slot is thought to hold."""
    source = binder(operator, name)
    if source is None:
        return operator.estimated_rows
    labels = known_labels(operator, name)
    slot = next((slot for slot in operator.slots if slot.name == name), None)
    if slot is not None and slot.kind == "node":
        count = float(min((catalog.node_count(label) for label in labels), default=0))
        count = count or float(catalog.node_count())
        return min(max(1.0, count), max(1.0, source.estimated_rows))
    return max(1.0, source.estimated_rows)


def at_most_one_row(operator: Operator) -> bool:
    """Can the operator never give a second row?"""
    if isinstance(operator, Unit | Argument):
        # The inner side of an apply is planned for one row; batched ones hold no writes.
        return True
    if isinstance(operator, Aggregate):
        return not operator.keys
    if isinstance(operator, Limit | Top):
        limit = operator.count if isinstance(operator, Limit) else operator.limit
        if isinstance(limit, LiteralValue) and limit.value in (0, 1):
            return True
        return at_most_one_row(operator.child)
    if isinstance(operator, NodeIndexSeek):
        unique = operator.index.owner is not None
        whole = len(operator.values) == len(operator.index.keys)
        return unique and whole and at_most_one_row(operator.child)
    passing = (Filter, Project, Extend, Eager, SetItems, RemoveItems, CreateEntities)
    if isinstance(operator, (*passing, DeleteEntities, Sort, ForeachApply)):
        return at_most_one_row(inputs(operator)[0])
    if isinstance(operator, Apply) and operator.kind not in ("inner", "optional"):
        return at_most_one_row(operator.outer)
    return False
