"""Schema: what is in a graph, by name and number; now or at an earlier moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access import CatalogReader, ConstraintDefinition, IndexDefinition


@record
class Schema:
    """What is in a graph, by name and number.

    Attributes:
        labels: nodes of each label.
        relationship_types: relationships of each type.
        property_keys: every key that was ever used.
        indexes: the indexes that are ready.
        constraints: the constraints in force.
    """

    labels: Mapping[str, int]
    relationship_types: Mapping[str, int]
    property_keys: tuple[str, ...]
    indexes: tuple[IndexDefinition, ...]
    constraints: tuple[ConstraintDefinition, ...]


def schema_of(catalog: CatalogReader) -> Schema:
    """What a catalogue says."""
    return Schema(
        labels={name: catalog.node_count(name) for name in catalog.labels()},
        relationship_types={name: catalog.edge_count(name) for name in catalog.edge_types()},
        property_keys=tuple(catalog.property_keys()),
        indexes=tuple(catalog.defined_indexes()),
        constraints=tuple(catalog.constraints()),
    )
