"""Bringing back what was deleted, under the id that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import EntityNotFoundError
from neuralgraph.storage.versions.changes import RestoreEdge, RestoreNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.versions import GraphView


def restored_node(
    view: GraphView, node_id: int, labels: tuple[str, ...], properties: Mapping[str, Any]
) -> RestoreNode:
    """The change that brings a node back.

    Raises:
        EntityNotFoundError: the node is there.
    """
    if view.has_node(node_id):
        raise _is_there("node", node_id)
    return RestoreNode(node_id, labels, properties)


def restored_edge(
    view: GraphView, edge_id: int, edge: tuple[str, int, int], properties: Mapping[str, Any]
) -> RestoreEdge:
    """The change that brings an edge back, `edge` being type, source and target.

    Raises:
        EntityNotFoundError: the edge is there.
    """
    if view.edge_or_none(edge_id) is not None:
        raise _is_there("relationship", edge_id)
    return RestoreEdge(edge_id, *edge, properties)


def _is_there(kind: str, entity_id: int) -> EntityNotFoundError:
    return EntityNotFoundError(f"{kind} {entity_id} is there: it cannot be brought back")
