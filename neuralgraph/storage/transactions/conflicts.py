"""The first committer wins: what others committed since a snapshot, and whether it stands in the way.

A checkpoint starts a new delta store, so "everything since my snapshot" may lie in several of them, and a
commit that went straight into a base in none.
`Generation` links them, oldest first; a transaction keeps the one that was current when it began, and
so keeps alive exactly the stores that it may have to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.errors import ConflictError
from neuralgraph.storage.transactions.loaded_commits import LoadedCommit
from neuralgraph.storage.versions.changes import (
    CreateEdge,
    CreateNode,
    CreateNodes,
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

    from neuralgraph.storage.versions import Base, DeltaStore, State
    from neuralgraph.storage.versions.changes import Change
    from neuralgraph.values import IdArray


class Generation:
    """One delta store and its successor; the last one is the current.

    Args:
        deltas: the store.
        loaded: the base below it, where that is a commit that no store has.
    """

    __slots__ = ("deltas", "loaded", "successor")

    def __init__(self, deltas: DeltaStore, loaded: Base | None = None) -> None:
        self.deltas = deltas
        self.loaded = None if loaded is None else LoadedCommit(loaded)
        self.successor: Generation | None = None

    def __iter__(self) -> Iterator[DeltaStore]:
        """This store and all later ones."""
        generation: Generation | None = self
        while generation is not None:
            yield generation.deltas
            generation = generation.successor

    def newest_load(self, is_in: Callable[[LoadedCommit], bool]) -> int:
        """Txid of the newest commit among the later bases of which that is true; 0: of none."""
        newest = 0
        generation = self.successor
        while generation is not None:
            if generation.loaded is not None and is_in(generation.loaded):
                newest = generation.loaded.txid
            generation = generation.successor
        return newest


def node_changed(generation: Generation, node_id: int) -> int:
    """Txid of the newest commit that changed the node's labels or properties; 0: none there."""
    newest = generation.newest_load(lambda loaded: loaded.changed_node(node_id))
    for deltas in generation:
        if deltas.change_count:
            newest = max(newest, deltas.node_states.newest_txid(node_id))
            for column in list(deltas.node_values.values()):  # a commit may add one
                newest = max(newest, column.newest_txid(node_id))
    return newest


def edge_changed(generation: Generation, edge_id: int) -> int:
    """Txid of the newest commit that changed or deleted the edge; 0: none there."""
    newest = generation.newest_load(lambda loaded: loaded.changed_edge(edge_id))
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
    return generation.newest_load(lambda loaded: loaded.deleted_node(node_id))


def node_attached(generation: Generation, node_id: int) -> int:
    """Txid of the newest commit that tied an edge to the node; 0: none there."""
    newest = generation.newest_load(lambda loaded: loaded.attached_node(node_id))
    for deltas in generation:
        for added in (deltas.outgoing, deltas.incoming):
            newest = max(newest, added.newest_txid(node_id))
    return newest


def node_changed_or_attached(generation: Generation, node_id: int) -> int:
    """Txid of the newest commit that a deletion of the node would be in conflict with; 0: none."""
    return max(node_changed(generation, node_id), node_attached(generation, node_id))


def touched_since(generation: Generation, kind: str, txid: int) -> IdArray | None:
    """Nodes (``"n"``) or edges (``"e"``) that commits after `txid` may have changed, or tied edges to.

    None: they are not listed; a commit went straight into a base.
    """
    if generation.newest_load(lambda _: True):
        return None
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


_SEEN_MAX: Final = 100_000


def _checked(changes: Iterable[Change]) -> Iterator[Change]:
    """Changes one by one, without those that cannot be in conflict."""
    return one_by_one(change for change in changes if type(change) not in (CreateNode, CreateNodes))


def validate(changes: Iterable[Change], generation: Generation, snapshot_txid: int) -> None:
    """Check a whole write set against everything committed since its snapshot.

    Entities that the write set itself creates are found unchanged, for nobody else knows their ids.

    Raises:
        ConflictError: naming all entities in conflict.
    """
    conflicts: dict[str, int] = {}
    seen: set[tuple[type, int]] = set()
    tests: list[tuple[str, int, Callable[[Generation, int], int]]]
    for change in _checked(changes):
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
        if len(seen) > _SEEN_MAX:
            seen.clear()  # it only saves looking twice
        seen.add((type(change), change.id))
        for kind, entity_id, newest_of in tests:
            newest = newest_of(generation, entity_id)
            if newest > snapshot_txid:
                conflicts[f"{kind} {entity_id}"] = newest
    if conflicts:
        raise ConflictError(tuple(sorted(conflicts)), max(conflicts.values()))
