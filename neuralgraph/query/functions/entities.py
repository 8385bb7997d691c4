"""Functions of nodes, relationships, paths and maps.

The kernels take whole NODE and EDGE columns to the reader in one call; null rows stay null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.accessors import require_edge, require_node
from neuralgraph.query.functions.arguments import wrong_type
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import Column, EdgeRef, Kind, Node, NodeRef, PathRef, Relationship

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.access import GraphReader

_ENTITIES: Final = (Kind.NODE, Kind.EDGE)


def _entity_id(context: CallContext, entity: Any) -> int:  # noqa: ARG001
    if isinstance(entity, NodeRef | EdgeRef | Node | Relationship):
        return entity.id
    raise wrong_type("id", entity, "a node or relationship", "InvalidArgumentValue")


def _entity_id_column(context: CallContext, entities: Column) -> Column | None:  # noqa: ARG001
    if entities.kind not in _ENTITIES:
        return None
    if entities.is_listed:
        return Column.of_list(Kind.INTEGER, entities.to_list())
    return Column.of_array(Kind.INTEGER, entities.array, entities.valid)


def _element_id(context: CallContext, entity: Any) -> str:  # noqa: ARG001
    if isinstance(entity, NodeRef | EdgeRef | Node | Relationship):
        return str(entity.id)
    raise wrong_type("elementId", entity, "a node or relationship", "InvalidArgumentValue")


def _labels(context: CallContext, node: Any) -> list[str]:
    if isinstance(node, Node):
        return sorted(node.labels)
    if not isinstance(node, NodeRef):
        raise wrong_type("labels", node, "a node", "InvalidArgumentValue")
    reader = node.at or context.reader
    labels = reader.node_labels([node.id])[0]
    if not labels:
        require_node(reader, node.id)
    return list(labels)


def _labels_column(context: CallContext, nodes: Column) -> Column | None:
    if nodes.kind != Kind.NODE:
        return None
    return _looked_up(nodes, lambda ids: _labels_of(context, ids))


def _labels_of(context: CallContext, ids: list[int]) -> list[Any]:
    found = [list(labels) for labels in context.reader.node_labels(ids)]
    for node_id, labels in zip(ids, found, strict=True):
        if not labels:
            require_node(context.reader, node_id)
    return found


def _looked_up(entities: Column, look_up: Callable[[list[int]], list[Any]]) -> Column:
    """An ANY column of what `look_up` gives for the ids that are not null."""
    ids = entities.to_list()
    found = iter(look_up([item for item in ids if item is not None]))
    return Column.of_list(Kind.ANY, [None if item is None else next(found) for item in ids])


def _type(context: CallContext, edge: Any) -> Any:
    if isinstance(edge, Relationship):
        return edge.type
    if not isinstance(edge, EdgeRef):
        raise wrong_type("type", edge, "a relationship", "InvalidArgumentValue")
    reader = edge.at or context.reader
    return reader.edge_types(np.array([edge.id], dtype=np.int64)).to_list()[0]


def _type_column(context: CallContext, edges: Column) -> Column | None:
    return context.reader.edge_types(edges.ids) if edges.kind == Kind.EDGE else None


def properties_of_value(context: CallContext, value: Any) -> Any:
    """The properties of a node, relationship or map; QueryTypeError for anything else."""
    if isinstance(value, NodeRef):
        return _node_properties(value.at or context.reader, [value.id])[0]
    if isinstance(value, EdgeRef):
        return _edge_properties(value.at or context.reader, [value.id])[0]
    if isinstance(value, Node | Relationship):
        return dict(value.properties)
    if isinstance(value, dict):
        return value
    raise wrong_type("properties", value, "a node, relationship or map")


def _node_properties(reader: GraphReader, ids: list[int]) -> list[Any]:
    found: list[Any] = reader.node_properties(ids)
    for node_id, properties in zip(ids, found, strict=True):
        if not properties:
            require_node(reader, node_id)
    return found


def _edge_properties(reader: GraphReader, ids: list[int]) -> list[Any]:
    found: list[Any] = reader.edge_properties(ids)
    for edge_id, properties in zip(ids, found, strict=True):
        if not properties:
            require_edge(reader, edge_id)
    return found


def _properties_column(context: CallContext, entities: Column) -> Column | None:
    if entities.kind == Kind.NODE:
        return _looked_up(entities, lambda ids: _node_properties(context.reader, ids))
    if entities.kind == Kind.EDGE:
        return _looked_up(entities, lambda ids: _edge_properties(context.reader, ids))
    return None


def _keys(context: CallContext, value: Any) -> list[str]:
    if not isinstance(value, NodeRef | EdgeRef | Node | Relationship | dict):
        raise wrong_type("keys", value, "a node, relationship or map")
    return list(properties_of_value(context, value))


def _keys_column(context: CallContext, entities: Column) -> Column | None:
    properties = _properties_column(context, entities)
    if properties is None:
        return None
    return Column.of_list(
        Kind.ANY, [None if item is None else list(item) for item in properties.to_list()]
    )


def _endpoint(name: str, side: int) -> Callable[[CallContext, Any], NodeRef]:
    def endpoint(context: CallContext, edge: Any) -> NodeRef:
        if not isinstance(edge, EdgeRef):
            raise wrong_type(name, edge, "a relationship", "InvalidArgumentValue")
        reader = edge.at or context.reader
        ends = reader.edge_endpoints(np.array([edge.id], dtype=np.int64))
        node_id = int(ends[side][0])
        if node_id < 0:
            require_edge(reader, edge.id)
        return NodeRef(node_id, edge.at)

    return endpoint


def _endpoint_column(side: int) -> Callable[[CallContext, Column], Column | None]:
    def endpoint_column(context: CallContext, edges: Column) -> Column | None:
        if edges.kind != Kind.EDGE:
            return None
        nodes = context.reader.edge_endpoints(edges.ids)[side]
        return Column.of_array(Kind.NODE, nodes, edges.valid)

    return endpoint_column


# ── paths ─────────────────────────────────────────────────────────────────────────────────────


def _nodes(context: CallContext, path: Any) -> list[NodeRef]:  # noqa: ARG001
    if isinstance(path, PathRef):
        return [NodeRef(node_id, path.at) for node_id in path.nodes]
    raise wrong_type("nodes", path, "a path")


def _relationships(context: CallContext, path: Any) -> list[EdgeRef]:  # noqa: ARG001
    if isinstance(path, PathRef):
        return [EdgeRef(edge_id, path.at) for edge_id in path.edges]
    raise wrong_type("relationships", path, "a path")


def _length(context: CallContext, path: Any) -> int:  # noqa: ARG001
    if isinstance(path, PathRef):
        return len(path.edges)
    raise wrong_type("length", path, "a path")


_ENTITY: Final = "NODE|RELATIONSHIP"

FUNCTIONS: Final = (
    Function("id", (_ENTITY,), "INTEGER", _entity_id, kernel=_entity_id_column,
             description="The number that identifies a node or relationship."),
    Function("elementId", (_ENTITY,), "STRING", _element_id,
             description="The identity of a node or relationship as text."),
    Function("labels", ("NODE",), "LIST", _labels, kernel=_labels_column, category="List",
             description="The labels of a node."),
    Function("type", ("RELATIONSHIP",), "STRING", _type, kernel=_type_column,
             description="The type of a relationship."),
    Function("properties", (f"{_ENTITY}|MAP",), "MAP", properties_of_value, kernel=_properties_column,
             description="All properties as a map."),
    Function("keys", (f"{_ENTITY}|MAP",), "LIST", _keys, kernel=_keys_column, category="List",
             description="The names of the properties of an entity, or the keys of a map."),
    Function("startNode", ("RELATIONSHIP",), "NODE", _endpoint("startNode", 0),
             kernel=_endpoint_column(0), description="Where a relationship begins."),
    Function("endNode", ("RELATIONSHIP",), "NODE", _endpoint("endNode", 1),
             kernel=_endpoint_column(1), description="Where a relationship ends."),
    Function("nodes", ("PATH",), "LIST", _nodes, category="List",
             description="The nodes of a path, in order."),
    Function("relationships", ("PATH",), "LIST", _relationships, category="List",
             description="The relationships of a path, in order."),
    Function("length", ("PATH",), "INTEGER", _length,
             description="How many relationships a path has."),
)  # fmt: skip
