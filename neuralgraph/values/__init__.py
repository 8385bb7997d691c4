"""What flows through every box: scalars, entities, columns, batches.

`columns` explains the two forms of a column and how null is held; `ordering` has openCypher's equality
and total order; `instants` the temporal types.
"""

from neuralgraph.values.arrays import NO_IDS, IdArray, MaskArray, RowArray
from neuralgraph.values.batches import BATCH_ROWS_MAX, ROW_PATH_MAX, UNIT, Batch
from neuralgraph.values.columns import Column, Kind
from neuralgraph.values.entities import EdgeRef, Node, NodeRef, Path, PathRef, Relationship

__all__ = [
    "BATCH_ROWS_MAX",
    "NO_IDS",
    "ROW_PATH_MAX",
    "UNIT",
    "Batch",
    "Column",
    "EdgeRef",
    "IdArray",
    "Kind",
    "MaskArray",
    "Node",
    "NodeRef",
    "Path",
    "PathRef",
    "Relationship",
    "RowArray",
]
