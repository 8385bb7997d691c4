"""What stands behind a dot or in brackets: ``value.key``, ``value[index]``, ``value[start..stop]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import EntityNotFoundError, QueryTypeError
from neuralgraph.query.functions.components import component
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    EdgeRef,
    LocalDateTime,
    LocalTime,
    Node,
    NodeRef,
    Point,
    Relationship,
    Time,
    type_name,
)

if TYPE_CHECKING:
    from neuralgraph.access import GraphReader

UNBOUNDED: Final = object()
"""Stands for a bound that is not written in a slice; None is a bound that is null."""
VIRTUAL: Final = frozenset({Node, Relationship})
"""Entities that stand for something and are in no graph: what procedures show a schema with."""

_WITH_COMPONENTS: Final = frozenset(
    {Date, LocalTime, Time, LocalDateTime, DateTime, Duration, Point}
)


def property_of_value(value: Any, key: str, reader: GraphReader | None = None) -> Any:
    """``value.key``: a map's entry, a component of a temporal value or point, an entity's property.

    Args:
        value: anything; null gives null.
        key: the name behind the dot.
        reader: where entities are looked up; without one they count as of the wrong type.

    Raises:
        QueryTypeError: the value has no properties.
        PropertyNotFoundError: a temporal value or point has no such component.
        EntityNotFoundError: the entity was deleted.
    """
    kind = type(value)
    if kind is dict:
        return value.get(key)
    if value is None:
        return None
    if kind in _WITH_COMPONENTS:
        return component(value, key)
    if reader is not None and kind is NodeRef:
        reader = value.at or reader
        found = reader.node_values([value.id], key)[0]
        if found is None:
            require_node(reader, value.id)
        return found
    if reader is not None and kind is EdgeRef:
        reader = value.at or reader
        found = reader.edge_values([value.id], key)[0]
        if found is None:
            require_edge(reader, value.id)
        return found
    if kind in VIRTUAL:
        return value.properties.get(key)
    raise QueryTypeError(
        f"{type_name(value)} has no properties, so not .{key} either", detail="InvalidArgumentType"
    )


def require_node(reader: GraphReader, node_id: int) -> None:
    """Raises EntityNotFoundError (DeletedEntityAccess) unless the node exists."""
    if not reader.node_exists(np.array([node_id], dtype=np.int64))[0]:
        raise EntityNotFoundError(f"node {node_id} was deleted", detail="DeletedEntityAccess")


def require_edge(reader: GraphReader, edge_id: int) -> None:
    """Raises EntityNotFoundError (DeletedEntityAccess) unless the edge exists."""
    if not reader.edge_exists(np.array([edge_id], dtype=np.int64))[0]:
        raise EntityNotFoundError(
            f"relationship {edge_id} was deleted", detail="DeletedEntityAccess"
        )


def subscript(value: Any, index: Any, reader: GraphReader | None = None) -> Any:
    """``value[index]``: a list's element (negative from its end), or a property by computed name.

    Null on either side gives null, and so does a place beyond the list.

    Raises:
        QueryTypeError: the value cannot be indexed (InvalidArgumentType), or not by this
            (InvalidArgumentType for lists, MapElementAccessByNonString for maps).
    """
    if value is None or index is None:
        return None
    kind = type(value)
    if kind is list:
        if type(index) is not int:
            raise QueryTypeError(
                f"a list is indexed by an integer, not {type_name(index)}",
                detail="InvalidArgumentType",
            )
        return value[index] if -len(value) <= index < len(value) else None
    if kind is np.ndarray:
        found = subscript(value.tolist(), index)
        return None if found is None else float(found)
    if kind is dict or kind in (NodeRef, EdgeRef) or kind in _WITH_COMPONENTS | VIRTUAL:
        if type(index) is not str:
            raise QueryTypeError(
                f"{type_name(value)} is indexed by a string, not {type_name(index)}",
                detail="MapElementAccessByNonString",
            )
        return property_of_value(value, index, reader)
    raise QueryTypeError(f"{type_name(value)} cannot be indexed", detail="InvalidArgumentType")


def slice_list(value: Any, start: Any = UNBOUNDED, stop: Any = UNBOUNDED) -> Any:
    """``value[start..stop]``; negative bounds count from the end, and what lies beyond is cut.

    Null anywhere gives null; a bound that is not written is `UNBOUNDED`.
    """
    if value is None or start is None or stop is None:
        return None
    if type(value) is not list:
        raise QueryTypeError(
            f"a slice is taken of a list, not of {type_name(value)}", detail="InvalidArgumentType"
        )
    for bound in (start, stop):
        if bound is not UNBOUNDED and type(bound) is not int:
            raise QueryTypeError(
                f"a list is sliced by integers, not {type_name(bound)}",
                detail="InvalidArgumentType",
            )
    return value[None if start is UNBOUNDED else start : None if stop is UNBOUNDED else stop]
