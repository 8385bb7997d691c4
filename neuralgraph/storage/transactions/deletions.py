"""What must hold before nodes are gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.errors import ConstraintVerificationError
from neuralgraph.storage.indexes.id_places import array_of
from neuralgraph.storage.transactions.id_ranges import ascending
from neuralgraph.storage.transactions.write_set import deleted_edges
from neuralgraph.values import BATCH_ROWS_MAX, NO_IDS

if TYPE_CHECKING:
    from neuralgraph.storage.transactions.write_set import WriteSet
    from neuralgraph.storage.versions import GraphView


def check_no_edge_is_left(own: GraphView, snapshot: GraphView, writes: WriteSet) -> None:
    """No node may go and leave an edge.

    Args:
        own: the graph as the transaction leaves it.
        snapshot: as it found it.
        writes: what it did; some node was deleted.

    Raises:
        ConstraintVerificationError: detail ``DeleteConnectedNode``.
    """
    deleted = ascending(writes.deleted_nodes)
    # Without the own layer, which need not be made for it: what there was, less what was deleted.
    needs_own = writes.created_edges or writes.own_base is not None
    gone = NO_IDS if needs_own else array_of(deleted_edges(writes.changes))
    view = own if needs_own else snapshot
    for start in range(0, len(deleted), BATCH_ROWS_MAX):
        node_ids = deleted[start : start + BATCH_ROWS_MAX]
        left = view.expand(node_ids, (), "both")
        owners = node_ids[left.rows[np.isin(left.edges, gone, invert=True)]]
        if len(owners):
            raise ConstraintVerificationError(
                f"node {owners[0]} cannot be deleted: it still has relationships;"
                " delete them first, or use DETACH DELETE",
                detail="DeleteConnectedNode",
            )
