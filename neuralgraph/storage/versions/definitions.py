"""Definitions of indexes and constraints as plain values, for the log and the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.access import ConstraintDefinition, IndexDefinition, IndexOptions
from neuralgraph.access.options import NO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping


def index_fields(index: IndexDefinition) -> list[Any]:
    """See `read_index`."""
    labels, keys = list(index.labels), list(index.keys)
    fields = [index.name, index.kind, index.entity, labels, keys, index.owner]
    # What has no options reads as it always did, by older versions too.
    return [*fields, index.options.plain()] if index.options else fields


def read_index(
    name: str,
    kind: Any,
    entity: Any,
    labels: list[str],
    keys: list[str],
    owner: str | None,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> IndexDefinition:
    """The index that `index_fields` described."""
    return IndexDefinition(
        name, kind, entity, tuple(labels), tuple(keys), owner, IndexOptions(options)
    )


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
