"""What a vector index asks of the data: vectors of one dimension, with a direction where that counts.

Lists of numbers are vectors, too; other values are none of the index's business, and not in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import ConstraintDefinition, IndexOptions
from neuralgraph.access.vectors import VectorSettings, as_vector, fault_of, vectors_of
from neuralgraph.errors import SchemaError, VectorError
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.versions import GraphView
    from neuralgraph.values import IdArray


def as_constraint(index: IndexDefinition) -> ConstraintDefinition:
    """A vector index as the rule that it is for writers."""
    return ConstraintDefinition(
        index.name, "type", index.entity, index.label, index.keys, type_name="VECTOR"
    )


def check_vector(
    settings: VectorSettings, rule: ConstraintDefinition, entity_id: int, value: Any
) -> None:
    """Raise VectorError unless the index can hold the value, or leaves it alone."""
    vector = as_vector(value)
    fault = None if vector is None else fault_of(vector, settings)
    if fault is not None:
        word = "node" if rule.entity == "node" else "relationship"
        raise VectorError(
            f"{word} {entity_id} cannot have this vector as `{rule.keys[0]}`: {fault}"
            f" (vector index {rule.name} on {rule.label})",
            index=rule.name,
            entity_id=entity_id,
        )


def all_are_well(settings: VectorSettings, values: Sequence[Any]) -> bool:
    """Can the index hold all of the values? False: it takes `check_vector`, one by one, to tell."""
    if not all(type(value) is np.ndarray for value in values):
        return False
    if any(len(value) != settings.dimension for value in values):
        return False
    mask, _ = vectors_of(Column.of_array(Kind.VECTOR, np.stack(values)), settings)
    return bool(mask.all())


def first_fault(settings: VectorSettings, column: Column) -> tuple[int, str] | None:
    """The first row whose vector the index cannot hold, and why; None when there is none."""
    mask, _ = vectors_of(column, settings)
    if mask.all():
        return None
    for row in np.flatnonzero(~mask & column.valid_mask).tolist():
        vector = as_vector(column.take(np.array([row])).to_values()[0])
        fault = None if vector is None else fault_of(vector, settings)
        if fault is not None:
            return row, fault
    return None


def completed(view: GraphView, index: IndexDefinition) -> IndexDefinition:
    """A vector index about to be made: with the dimension of the vectors there are, if it says none.

    Raises:
        SchemaError: it is on several labels or properties, or nothing tells the dimension.
        VectorError: something that is there does not fit.
    """
    if len(index.labels) != 1 or len(index.keys) != 1:
        raise SchemaError("a vector index is on one label (or type) and one property")
    if "vector.dimensions" not in index.options:
        dimension = _dimension_there(view, index)
        if dimension is None:
            raise SchemaError(
                f"nothing says how many dimensions the vector index {index.name} has: there are no"
                " vectors yet; write OPTIONS {indexConfig: {`vector.dimensions`: ...}}"
            )
        options = IndexOptions({**index.options, "vector.dimensions": dimension})
        index = replace(index, options=options)
    settings, rule = VectorSettings.of(index), as_constraint(index)
    for ids, column in _batches(view, index):
        found = first_fault(settings, column)
        if found is not None:
            row = found[0]
            value = column.take(np.array([row])).to_values()[0]
            check_vector(settings, rule, int(ids[row]), value)
    return index


def _dimension_there(view: GraphView, index: IndexDefinition) -> int | None:
    for _ids, column in _batches(view, index):
        if column.kind == Kind.VECTOR and column.valid_mask.any():
            return int(column.array.shape[1])
        for value in column.to_values():
            vector = as_vector(value)
            if vector is not None and len(vector):
                return len(vector)
    return None


def _batches(view: GraphView, index: IndexDefinition) -> Iterator[tuple[IdArray, Column]]:
    of_nodes = index.entity == "node"
    scan = view.scan_nodes if of_nodes else view.scan_edges
    property_of = view.node_property if of_nodes else view.edge_property
    for ids in scan(index.label):
        yield ids, property_of(ids, index.keys[0])
