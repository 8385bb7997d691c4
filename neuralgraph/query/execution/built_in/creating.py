"""Names that are values: ``apoc.create.*``, ``db.create.set...VectorProperty``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.execution.built_in.changing import (
    add_labels,
    create_edge,
    create_node,
    edge_of,
    map_of,
    names_of,
    node_of,
    nodes_of,
    remove_labels,
    set_property,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values import EdgeRef, NodeRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext

    Rows = Iterable[Sequence[Any]]


def _node(context: ExecutionContext, labels: Any, properties: Any) -> Rows:
    names = names_of("apoc.create.node", labels, "labels")
    made = create_node(context, names, map_of("apoc.create.node", properties))
    return [(NodeRef(made),)]


def _relationship(
    context: ExecutionContext, source: Any, name: Any, properties: Any, target: Any
) -> Rows:
    me = "apoc.create.relationship"
    (edge_type,) = names_of(me, name, "the type")
    made = create_edge(
        context, edge_type, node_of(me, source).id, node_of(me, target).id, map_of(me, properties)
    )
    return [(EdgeRef(made),)]


def _add_labels(context: ExecutionContext, nodes: Any, labels: Any) -> Rows:
    names = names_of("apoc.create.addLabels", labels, "labels")
    found = nodes_of("apoc.create.addLabels", nodes)
    for node in found:
        add_labels(context, node, names)
    return [(node,) for node in found]


def _remove_labels(context: ExecutionContext, nodes: Any, labels: Any) -> Rows:
    names = names_of("apoc.create.removeLabels", labels, "labels")
    found = nodes_of("apoc.create.removeLabels", nodes)
    for node in found:
        remove_labels(context, node, names)
    return [(node,) for node in found]


def _set_labels(context: ExecutionContext, nodes: Any, labels: Any) -> Rows:
    names = names_of("apoc.create.setLabels", labels, "labels")
    found = nodes_of("apoc.create.setLabels", nodes)
    for node in found:
        before = context.require_writer().node_labels([node.id])[0]
        remove_labels(context, node, [label for label in before if label not in names])
        add_labels(context, node, names)
    return [(node,) for node in found]


def _set_property(context: ExecutionContext, nodes: Any, key: Any, value: Any) -> Rows:
    (name,) = names_of("apoc.create.setProperty", key, "the key")
    found = nodes_of("apoc.create.setProperty", nodes)
    for node in found:
        set_property(context, node, name, value)
    return [(node,) for node in found]


# ── vectors ───────────────────────────────────────────────────────────────────────────────────


def _set_node_vector(context: ExecutionContext, node: Any, key: Any, vector: Any) -> Rows:
    me = "db.create.setNodeVectorProperty"
    (name,) = names_of(me, key, "the key")
    found = node_of(me, node)
    set_property(context, found, name, _vector(context, me, found, name, vector))
    return ()


def _set_edge_vector(context: ExecutionContext, edge: Any, key: Any, vector: Any) -> Rows:
    me = "db.create.setRelationshipVectorProperty"
    (name,) = names_of(me, key, "the key")
    found = edge_of(me, edge)
    set_property(context, found, name, _vector(context, me, found, name, vector))
    return ()


def _vector(
    context: ExecutionContext, procedure: str, entity: NodeRef | EdgeRef, key: str, value: Any
) -> Any:
    """A list of numbers as a vector; as it is, where it is none and a vector index will refuse it by name.

    Raises:
        QueryArgumentError: it is empty, or something in it is no finite number.
    """
    if isinstance(value, np.ndarray):
        return value
    if type(value) is list and all(type(item) in (int, float) for item in value):
        with np.errstate(over="ignore"):
            vector = np.array(value, dtype=np.float32)
        if len(vector) and np.isfinite(vector).all():
            return vector
        if _is_indexed(context, entity, key):
            return value
    word = "node" if isinstance(entity, NodeRef) else "relationship"
    raise QueryArgumentError(
        f"{procedure} takes a list of finite numbers, at least one, for {word} {entity.id}",
        detail="InvalidArgumentValue",
    )


def _is_indexed(context: ExecutionContext, entity: NodeRef | EdgeRef, key: str) -> bool:
    """Does a vector index cover the property?"""
    writer = context.require_writer()
    ids = np.array([entity.id], dtype=np.int64)
    for index in writer.catalog.indexes():
        if index.kind != "vector" or index.keys[0] != key:
            continue
        if isinstance(entity, NodeRef):
            if index.entity == "node" and writer.has_label(ids, index.label)[0]:
                return True
        elif index.entity == "edge" and writer.edge_types(ids).to_list() == [index.label]:
            return True
    return False


_LABELS: Final = (("nodes", "ANY"), ("labels", "LIST<STRING>"))
_GIVES_NODE: Final = (("node", "NODE"),)

PROCEDURES: Final = (
    Procedure("apoc.create.node", (("labels", "LIST<STRING>"), ("props", "MAP")), _GIVES_NODE,
              writes=True, change=_node, description="A node with these labels."),
    Procedure("apoc.create.relationship",
              (("from", "NODE"), ("relType", "STRING"), ("props", "MAP"), ("to", "NODE")),
              (("rel", "RELATIONSHIP"),), writes=True, change=_relationship,
              description="A relationship of this type."),
    Procedure("apoc.create.addLabels", _LABELS, _GIVES_NODE, writes=True, change=_add_labels,
              description="Adds labels to a node or a list of nodes."),
    Procedure("apoc.create.removeLabels", _LABELS, _GIVES_NODE, writes=True, change=_remove_labels,
              description="Removes labels from a node or a list of nodes."),
    Procedure("apoc.create.setLabels", _LABELS, _GIVES_NODE, writes=True, change=_set_labels,
              description="Gives a node or a list of nodes these labels and no others."),
    Procedure("apoc.create.setProperty",
              (("nodes", "ANY"), ("key", "STRING"), ("value", "ANY")), _GIVES_NODE,
              writes=True, change=_set_property,
              description="Sets a property of a node or a list of nodes."),
    Procedure("db.create.setNodeVectorProperty",
              (("node", "NODE"), ("key", "STRING"), ("vector", "ANY")), (),
              writes=True, change=_set_node_vector,
              description="Stores a list of numbers as a vector of 32-bit floats."),
    Procedure("db.create.setRelationshipVectorProperty",
              (("relationship", "RELATIONSHIP"), ("key", "STRING"), ("vector", "ANY")), (),
              writes=True, change=_set_edge_vector,
              description="Stores a list of numbers as a vector of 32-bit floats."),
)  # fmt: skip
