"""What can be told of a slot from the operators below: its labels, and how many values it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.planning.operators import inputs, names_of, walk
from neuralgraph.query.planning.plan import (
    Apply,
    Expand,
    ExpandVariable,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    Project,
    UnionAll,
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
