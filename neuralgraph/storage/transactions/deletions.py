"""What must hold before nodes are gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.errors import ConstraintVerificationError
from neuralgraph.storage.transactions.write_set import deleted_edges

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
    node_ids = np.array(list(writes.deleted_nodes), dtype=np.int64)
    if writes.created_edges:
        left = own.expand(node_ids, (), "both")
        owners = node_ids[left.rows]
    else:
        # Without the own layer, which need not be made for it: what there was, less what was deleted.
        left = snapshot.expand(node_ids, (), "both")
        gone = deleted_edges(writes.changes)
        owners = node_ids[left.rows[np.isin(left.edges, gone, invert=True)]]
    if len(owners):
        raise ConstraintVerificationError(
            f"node {owners[0]} cannot be deleted: it still has relationships;"
            " delete them first, or use DETACH DELETE",
            detail="DeleteConnectedNode",
        )
