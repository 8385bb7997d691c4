"""Definitions of indexes and constraints as plain values, for the log and the manifest."""

from __future__ import annotations

from typing import Any

from neuralgraph.access import ConstraintDefinition, IndexDefinition


def index_fields(index: IndexDefinition) -> list[Any]:
    """See `read_index`."""
    labels, keys = list(index.labels), list(index.keys)
    return [index.name, index.kind, index.entity, labels, keys, index.owner]


def read_index(
    name: str, kind: Any, entity: Any, labels: list[str], keys: list[str], owner: str | None
) -> IndexDefinition:
    """The index that `index_fields` described."""
    return IndexDefinition(name, kind, entity, tuple(labels), tuple(keys), owner)


def constraint_fields(constraint: ConstraintDefinition) -> list[Any]:
    """See `read_constraint`."""
    return [
        constraint.name,
        constraint.kind,
        constraint.entity,
        constraint.label,
        list(constraint.keys),
        constraint.type_name,
    ]


def read_constraint(
    name: str, kind: Any, entity: Any, label: str, keys: list[str], type_name: str | None
) -> ConstraintDefinition:
    """The constraint that `constraint_fields` described."""
    return ConstraintDefinition(name, kind, entity, label, tuple(keys), type_name)
