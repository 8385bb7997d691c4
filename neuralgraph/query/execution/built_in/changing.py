"""Single changes that count what they do; what the writing procedures share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.values import EdgeRef, NodeRef, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.query.execution.context import ExecutionContext


def node_of(procedure: str, value: Any) -> NodeRef:
    """`value`, if it is a node."""
    if type(value) is NodeRef:
        return value
    raise _wrong(procedure, value, "a node")


def edge_of(procedure: str, value: Any) -> EdgeRef:
    """`value`, if it is a relationship."""
    if type(value) is EdgeRef:
        return value
    raise _wrong(procedure, value, "a relationship")


def nodes_of(procedure: str, value: Any) -> list[NodeRef]:
    """A node, or a list of nodes and nulls, as a list of nodes."""
    items = value if type(value) is list else [value]
    return [node_of(procedure, item) for item in items if item is not None]


def names_of(procedure: str, value: Any, what: str) -> list[str]:
    """A list of names that are not empty."""
    items = value if type(value) is list else [value]
    for item in items:
        if type(item) is not str:
            raise _wrong(procedure, item, f"strings as {what}")
        if not item:
            raise QueryArgumentError(
                f"{procedure}: {what} cannot be empty", detail="InvalidArgumentValue"
            )
    return list(dict.fromkeys(items))


def map_of(procedure: str, value: Any) -> dict[str, Any]:
    """A map; an empty one for null."""
    if value is None:
        return {}
    if type(value) is dict:
        return value
    raise _wrong(procedure, value, "a map")


def _wrong(procedure: str, value: Any, wanted: str) -> QueryTypeError:
    return QueryTypeError(
        f"{procedure} takes {wanted}, not {type_name(value)}", detail="InvalidArgumentType"
    )


def create_node(
    context: ExecutionContext, labels: Sequence[str], properties: Mapping[str, Any]
) -> int:
    """A new node; properties that are null are left out."""
    known = {key: value for key, value in properties.items() if value is not None}
    counters = context.counters
    counters.nodes_created += 1
    counters.labels_added += len(labels)
    counters.properties_set += len(known)
    return context.require_writer().create_node(labels, known)


def create_edge(
    context: ExecutionContext,
    edge_type: str,
    source: int,
    target: int,
    properties: Mapping[str, Any],
) -> int:
    """A new edge; properties that are null are left out."""
    known = {key: value for key, value in properties.items() if value is not None}
    context.counters.relationships_created += 1
    context.counters.properties_set += len(known)
    return context.require_writer().create_edge(edge_type, source, target, known)


def set_property(
    context: ExecutionContext, entity: NodeRef | EdgeRef, key: str, value: Any
) -> None:
    """Set, or with null remove."""
    writer = context.require_writer()
    change = writer.set_node_property if type(entity) is NodeRef else writer.set_edge_property
    if change(entity.id, key, value):
        context.counters.properties_set += 1


def add_labels(context: ExecutionContext, node: NodeRef, labels: Sequence[str]) -> None:
    """Labels that the node does not carry yet."""
    writer = context.require_writer()
    context.counters.labels_added += sum(writer.add_label(node.id, label) for label in labels)


def remove_labels(context: ExecutionContext, node: NodeRef, labels: Sequence[str]) -> None:
    """Labels that the node carries."""
    writer = context.require_writer()
    context.counters.labels_removed += sum(writer.remove_label(node.id, label) for label in labels)


def delete_edges(context: ExecutionContext, gone: Mapping[int, str]) -> None:
    """Edges, with the type of each."""
    writer = context.require_writer()
    context.counters.relationships_deleted += sum(writer.delete_edge(edge) for edge in gone)
    context.note_deleted(()).add(gone)


def delete_node(context: ExecutionContext, node: NodeRef) -> None:
    """A node without edges."""
    context.counters.nodes_deleted += context.require_writer().delete_node(node.id)
    context.note_deleted((node.id,))
