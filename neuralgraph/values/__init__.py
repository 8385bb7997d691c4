"""What flows through every box: scalars, entities, columns, batches.

`columns` explains the two forms of a column and how null is held; `ordering` has openCypher's equality
and total order; `types` what can be stored and what parameters may be; `instants` the temporal types,
over the calendar of `gregorian` and the `zones`.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.values.arrays import NO_IDS, IdArray, MaskArray, RowArray
    from neuralgraph.values.batches import BATCH_ROWS_MAX, ROW_PATH_MAX, UNIT, Batch
    from neuralgraph.values.columns import Column, Kind
    from neuralgraph.values.entities import EdgeRef, Node, NodeRef, Path, PathRef, Relationship
    from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
    from neuralgraph.values.ordering import compare, equality_key, equals, order_key, sort_rows
    from neuralgraph.values.points import Point
    from neuralgraph.values.types import from_python, storable, type_name
else:
    __getattr__ = door(
        __name__,
        arrays="NO_IDS IdArray MaskArray RowArray",
        batches="BATCH_ROWS_MAX ROW_PATH_MAX UNIT Batch",
        columns="Column Kind",
        entities="EdgeRef Node NodeRef Path PathRef Relationship",
        instants="Date DateTime Duration LocalDateTime LocalTime Time",
        ordering="compare equality_key equals order_key sort_rows",
        points="Point",
        types="from_python storable type_name",
    )

__all__ = [
    "BATCH_ROWS_MAX",
    "NO_IDS",
    "ROW_PATH_MAX",
    "UNIT",
    "Batch",
    "Column",
    "Date",
    "DateTime",
    "Duration",
    "EdgeRef",
    "IdArray",
    "Kind",
    "LocalDateTime",
    "LocalTime",
    "MaskArray",
    "Node",
    "NodeRef",
    "Path",
    "PathRef",
    "Point",
    "Relationship",
    "RowArray",
    "Time",
    "compare",
    "equality_key",
    "equals",
    "from_python",
    "order_key",
    "sort_rows",
    "storable",
    "type_name",
]
