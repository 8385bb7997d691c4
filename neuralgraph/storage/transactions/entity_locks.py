"""EntityLocks: a transaction locks what it writes, and learns whether somebody committed it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.transactions import conflicts
from neuralgraph.storage.transactions.locks import ATTACH, DELETE, WRITE, LockOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.storage.transactions.conflicts import Generation
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.values import IdArray


class EntityLocks:
    """The locks of one transaction.

    Args:
        manager: the engine's.
        name: of the transaction.

    Attributes:
        owner: as the lock table knows it.
        generation: the deltas that were current when it began; read before the state (see `conflicts`).
        txid: of its snapshot; set by the transaction.
    """

    __slots__ = ("_manager", "generation", "owner", "txid")

    def __init__(self, manager: TransactionManager, name: str) -> None:
        self._manager = manager
        self.owner = LockOwner(name)
        self.generation: Generation = manager.pipeline.generation
        self.txid = 0

    def have_moved_on(self) -> bool:
        """Did somebody commit since the snapshot?"""
        return self._manager.pipeline.state.txid != self.txid

    def lock_node(self, node_id: int, mode: int) -> None:
        """Exclusive, for a change (WRITE) or a deletion (DELETE)."""
        key = ("n", node_id)
        if self.owner.held.get(key, 0) >= mode:
            return
        self._manager.locks.acquire(self.owner, key, mode)
        if self.have_moved_on():
            changed = (
                conflicts.node_changed_or_attached if mode == DELETE else conflicts.node_changed
            )
            conflicts.refuse(f"node {node_id}", changed(self.generation, node_id), self.txid)

    def lock_edge(self, edge_id: int) -> None:
        """Exclusive."""
        key = ("e", edge_id)
        if key in self.owner.held:
            return
        self._manager.locks.acquire(self.owner, key, WRITE)
        if self.have_moved_on():
            newest = conflicts.edge_changed(self.generation, edge_id)
            conflicts.refuse(f"relationship {edge_id}", newest, self.txid)

    def attach(self, node_id: int) -> None:
        """Tie an edge to the node: it has to stay until the end."""
        self._manager.locks.acquire(self.owner, ("n", node_id), ATTACH)
        if self.have_moved_on():
            newest = conflicts.node_deleted(self.generation, node_id)
            conflicts.refuse(f"node {node_id}", newest, self.txid)

    def lock_many(
        self,
        kind: str,
        entity_ids: IdArray,
        mode: int,
        newest_of: Callable[[Generation, int], int],
    ) -> None:
        """Lock nodes ("n") or edges ("e"), each once.

        `newest_of` tells when one changed so that it is in conflict.
        """
        self._manager.locks.acquire_ids(self.owner, kind, entity_ids, mode)
        if self.have_moved_on():
            word = "node" if kind == "n" else "relationship"
            touched = conflicts.touched_since(self.generation, kind, self.txid)
            if touched is not None:
                entity_ids = entity_ids[np.isin(entity_ids, touched)]
            for entity_id in entity_ids.tolist():
                newest = newest_of(self.generation, entity_id)
                conflicts.refuse(f"{word} {entity_id}", newest, self.txid)
