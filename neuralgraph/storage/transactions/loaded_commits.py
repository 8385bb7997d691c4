"""LoadedCommit: what a commit changed that went straight into a base, for conflict checks.

No delta store has it. What it displaced stands in the history of the base, under its txid; most bulk loads
displace nothing. The ids are looked up when somebody asks, who began before it and writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuralgraph.storage.versions import Base
    from neuralgraph.storage.versions.history import HistoryLog
    from neuralgraph.values import IdArray


class LoadedCommit:
    """See the module.

    Args:
        base: as of the commit.

    Attributes:
        txid: of the commit.
    """

    __slots__ = ("_base", "_edges", "_nodes", "txid")

    def __init__(self, base: Base) -> None:
        self._base = base
        self.txid = base.txid
        self._nodes: IdArray | None = None
        self._edges: IdArray | None = None

    def changed_node(self, node_id: int) -> bool:
        """Did it change labels or properties of a node that was there?"""
        if self._nodes is None:
            history = self._base.history
            self._nodes = self._displaced((history.nodes, *history.node_values.values()))
        return _has(self._nodes, node_id)

    def changed_edge(self, edge_id: int) -> bool:
        """Did it change or delete an edge that was there?"""
        if self._edges is None:
            history = self._base.history
            self._edges = self._displaced((history.edges, *history.edge_values.values()))
        return _has(self._edges, edge_id)

    def deleted_node(self, node_id: int) -> bool:
        """Is the node gone by it?"""
        return not self._base.has_node(node_id) and self.changed_node(node_id)

    def attached_node(self, node_id: int) -> bool:
        """Did it tie an edge to the node?"""
        base = self._base
        for edge_type in base.edge_types:
            for direction in ("out", "in"):
                adjacency = base.adjacency(edge_type, direction)
                if adjacency is not None:
                    edges, _ = adjacency.expand_one(node_id)
                    if bool((base.edges.created.take(edges) == self.txid).any()):
                        return True
                    if any(map(self.changed_edge, edges.tolist())):
                        return True  # one that was deleted once, and is back
        return False

    def _displaced(self, logs: Iterable[HistoryLog]) -> IdArray:
        """Ids of which it displaced something, ascending."""
        found = [log.changed_between(self.txid - 1, self.txid)[0] for log in logs]
        ids: IdArray = distinct(np.concatenate([NO_IDS, *found]))
        return ids


def _has(ids: IdArray, wanted_id: int) -> bool:
    place = int(ids.searchsorted(wanted_id))
    return place < len(ids) and int(ids[place]) == wanted_id
