"""Told: what commits say, as versions: what each thing was after each commit that touched it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
    one_by_one,
)
from neuralgraph.storage.versions.schema_history import OF_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array


class Versions:
    """Ids, the commit that touched each, and what it was after it; an id once for each commit."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._txids: list[int] = []
        self._values: list[Any] = []

    def add(self, entity_id: int, txid: int, value: Any = None) -> None:
        """One more; within a commit the last one counts, which is the caller's to see to."""
        self._ids.append(entity_id)
        self._txids.append(txid)
        self._values.append(value)

    def arrays(self) -> tuple[IdArray, Int64Array, list[Any]]:
        """All of them."""
        return np.array(self._ids, np.int64), np.array(self._txids, np.int64), self._values


class Told:
    """Versions that some commits made.

    Attributes:
        count: how many.
        txids: of the commits.
        nodes: labels; None for a node that went.
        edges: (type, source, target); None for an edge that went.
        values: by (kind, key); None for a property that went.
        born_nodes, born_edges: what was created, not what came back.
        ended_nodes, ended_edges: what was deleted, and with it all properties; and what came back, for some
            of those that it had in its first life may have been displaced only then.
        schema: changes of the schema, each with its txid.
    """

    def __init__(self) -> None:
        self.count = 0
        self.txids: list[int] = []
        self.nodes, self.edges = Versions(), Versions()
        self.born_nodes, self.born_edges = Versions(), Versions()
        self.ended_nodes, self.ended_edges = Versions(), Versions()
        self.values: dict[tuple[str, str], Versions] = {}
        self.schema: list[tuple[int, Change]] = []

    def add(self, txid: int, changes: Iterable[Change]) -> None:
        """What one commit did."""
        self.txids.append(txid)
        after = _After()
        for change in one_by_one(changes):
            if type(change) in OF_SCHEMA:
                self.schema.append((txid, change))
            else:
                after.take(change)
        for versions, states in ((self.nodes, after.nodes), (self.edges, after.edges)):
            for entity_id, state in states.items():
                versions.add(entity_id, txid, state)
        for born, ids in ((self.born_nodes, after.born_nodes), (self.born_edges, after.born_edges)):
            for entity_id in ids:
                born.add(entity_id, txid)
        for ended, ids in (
            (self.ended_nodes, after.ended_nodes),
            (self.ended_edges, after.ended_edges),
        ):
            for entity_id in ids:
                ended.add(entity_id, txid)
        for (kind, key, entity_id), value in after.values.items():
            self.values.setdefault((kind, key), Versions()).add(entity_id, txid, value)
        self.count += len(after.nodes) + len(after.edges) + len(after.values)


class _After:
    """What is after one commit what it was not before."""

    def __init__(self) -> None:
        self.nodes: dict[int, tuple[str, ...] | None] = {}
        self.edges: dict[int, tuple[str, int, int] | None] = {}
        self.values: dict[tuple[str, str, int], Any] = {}
        self.born_nodes: set[int] = set()
        self.born_edges: set[int] = set()
        self.ended_nodes: set[int] = set()
        self.ended_edges: set[int] = set()

    def take(self, change: Change) -> None:
        """One change, about one entity."""
        match change:
            case CreateNode(node_id, labels, properties):
                self.nodes[node_id] = labels
                self.born_nodes.add(node_id)
                self._write("node", node_id, properties)
            case RestoreNode(node_id, labels, properties):
                self.nodes[node_id] = labels
                self.ended_nodes.add(node_id)
                self._write("node", node_id, properties)
            case SetLabels(node_id, labels):
                self.nodes[node_id] = labels
            case SetNodeProperty(node_id, key, value):
                self.values["node", key, node_id] = value
            case DeleteNode(node_id):
                self.nodes[node_id] = None
                self.ended_nodes.add(node_id)
                self._forget("node", node_id)
            case CreateEdge(edge_id, edge_type, source, target, properties):
                self.edges[edge_id] = (edge_type, source, target)
                self.born_edges.add(edge_id)
                self._write("edge", edge_id, properties)
            case RestoreEdge(edge_id, edge_type, source, target, properties):
                self.edges[edge_id] = (edge_type, source, target)
                self.ended_edges.add(edge_id)
                self._write("edge", edge_id, properties)
            case SetEdgeProperty(edge_id, key, value):
                self.values["edge", key, edge_id] = value
            case DeleteEdge(edge_id):
                self.edges[edge_id] = None
                self.ended_edges.add(edge_id)
                self._forget("edge", edge_id)
            case _:
                raise AssertionError(f"{type(change).__name__} has no content")

    def _write(self, kind: str, entity_id: int, properties: Mapping[str, Any]) -> None:
        for key, value in properties.items():
            self.values[kind, key, entity_id] = value

    def _forget(self, kind: str, entity_id: int) -> None:
        """Properties go with the entity; few change and go in one commit."""
        for known in [one for one in self.values if one[0] == kind and one[2] == entity_id]:
            del self.values[known]
