"""The first committer wins: what others committed since a snapshot, and whether it stands in the way.

A checkpoint starts a new delta store, so "everything since my snapshot" may lie in several of them.
`Generation` links them, oldest first; a transaction keeps the one that was current when it began, and
so keeps alive exactly the stores that it may have to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.errors import ConflictError
from neuralgraph.storage.versions.changes import (
    CreateEdge,
    DeleteEdge,
    DeleteNode,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
    one_by_one,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from neuralgraph.storage.versions import DeltaStore, State
    from neuralgraph.storage.versions.changes import Change
    from neuralgraph.values import IdArray


class Generation:
    """One delta store and its successor; the last one is the current."""

    __slots__ = ("deltas", "successor")

    def __init__(self, deltas: DeltaStore) -> None:
        self.deltas = deltas
        self.successor: Generation | None = None

    def __iter__(self) -> Iterator[DeltaStore]:
        """This store and all later ones."""
        generation: Generation | None = self
        while generation is not None:
            yield generation.deltas
            generation = generation.successor


def node_changed(generation: Generation, node_id: int) -> int:
    """Txid of the newest commit that changed the node's labels or properties; 0: none there."""
    newest = 0
    for deltas in generation:
        if deltas.change_count:
            newest = max(newest, deltas.node_states.newest_txid(node_id))
            for column in list(deltas.node_values.values()):  # a commit may add one
                newest = max(newest, column.newest_txid(node_id))
    return newest


def edge_changed(generation: Generation, edge_id: int) -> int:
    """Txid of the newest commit that changed or deleted the edge; 0: none there."""
    newest = 0
    for deltas in generation:
        if deltas.change_count:
            newest = max(newest, deltas.edge_states.newest_txid(edge_id))
            for column in list(deltas.edge_values.values()):
                newest = max(newest, column.newest_txid(edge_id))
    return newest


def node_deleted(generation: Generation, node_id: int) -> int:
    """Txid of the commit that deleted the node; 0: none there did."""
    for deltas in generation:
        states = deltas.node_states
        place = states.heads.get(node_id, -1)
        if place >= 0 and states.values[place] is None:
            return states.txids[place]
    return 0


def node_attached(generation: Generation, node_id: int) -> int:
    """Txid of the newest commit that tied an edge to the node; 0: none there."""
    newest = 0
    for deltas in generation:
        for added in (deltas.outgoing, deltas.incoming):
            newest = max(newest, added.newest_txid(node_id))
    return newest


def node_changed_or_attached(generation: Generation, node_id: int) -> int:
    """Txid of the newest commit that a deletion of the node would be in conflict with; 0: none."""
    return max(node_changed(generation, node_id), node_attached(generation, node_id))


def touched_since(generation: Generation, kind: str, txid: int) -> IdArray:
    """Nodes (``"n"``) or edges (``"e"``) that commits after `txid` may have changed, or tied edges to."""
    found: list[Sequence[int]] = []
    for deltas in generation:
        if deltas.change_count:
            is_node = kind == "n"
            columns = deltas.node_values if is_node else deltas.edge_values
            states = deltas.node_states if is_node else deltas.edge_states
            found.extend(log.ids_since(txid) for log in (states, *list(columns.values())))
            if is_node:
                found.extend(
                    added.nodes_since(txid) for added in (deltas.outgoing, deltas.incoming)
                )
    return np.array([one for part in found for one in part], dtype=np.int64)


def refuse(entity: str, newest: int, snapshot_txid: int) -> None:
    """Raise ConflictError when an entity was changed by a commit that is younger than the snapshot."""
    if newest > snapshot_txid:
        raise ConflictError((entity,), newest)


def require_same_schema(latest: State, known: State) -> None:
    """Raise ConflictError when indexes or constraints changed: what was written knows nothing of it."""
    now, then = latest.catalog, known.catalog
    if now.constraints() != then.constraints() or now.indexes() != then.indexes():
        raise ConflictError(("the schema",), latest.txid)


def validate(changes: Iterable[Change], generation: Generation, snapshot_txid: int) -> None:
    """Check a whole write set against everything committed since its snapshot.

    Entities that the write set itself creates are found unchanged, for nobody else knows their ids.

    Raises:
        ConflictError: naming all entities in conflict.
    """
    conflicts: dict[str, int] = {}
    seen: set[tuple[type, int]] = set()
    tests: list[tuple[str, int, Callable[[Generation, int], int]]]
    for change in one_by_one(changes):
        match change:
            case CreateEdge(_, _, source, target):
                tests = [("node", source, node_deleted), ("node", target, node_deleted)]
            case SetNodeProperty(node_id) | SetLabels(node_id) | RestoreNode(node_id):
                tests = [("node", node_id, node_changed)]
            case DeleteNode(node_id):
                tests = [("node", node_id, node_changed_or_attached)]
            case SetEdgeProperty(edge_id) | DeleteEdge(edge_id):
                tests = [("relationship", edge_id, edge_changed)]
            case RestoreEdge(edge_id, _, source, target):
                tests = [
                    ("relationship", edge_id, edge_changed),
                    ("node", source, node_deleted),
                    ("node", target, node_deleted),
                ]
            case _:
                continue
        if (type(change), change.id) in seen:
            continue
        seen.add((type(change), change.id))
        for kind, entity_id, newest_of in tests:
            newest = newest_of(generation, entity_id)
            if newest > snapshot_txid:
                conflicts[f"{kind} {entity_id}"] = newest
    if conflicts:
        raise ConflictError(tuple(sorted(conflicts)), max(conflicts.values()))
