"""Bringing back what was deleted, under the id that it had.

Properties of the first life may still stand in the deltas; the change says that they are gone, so that they
do not shine through.
"""

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
    left = dict.fromkeys(view.node_properties([node_id])[0])
    return RestoreNode(node_id, labels, {**left, **properties})


def restored_edge(
    view: GraphView, edge_id: int, edge: tuple[str, int, int], properties: Mapping[str, Any]
) -> RestoreEdge:
    """The change that brings an edge back, `edge` being type, source and target.

    Raises:
        EntityNotFoundError: the edge is there.
    """
    if view.edge_or_none(edge_id) is not None:
        raise _is_there("relationship", edge_id)
    left = dict.fromkeys(view.edge_properties([edge_id])[0])
    return RestoreEdge(edge_id, *edge, {**left, **properties})


def _is_there(kind: str, entity_id: int) -> EntityNotFoundError:
    return EntityNotFoundError(f"{kind} {entity_id} is there: it cannot be brought back")
