"""Bulk loads: tables become nodes and relationships, each load one commit.

A load goes straight into base segments (`Engine.load_nodes`), so that its rows are written once; it is
visible, durable and checked against constraints like any other commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neuralgraph.api.matching import find_nodes, key_property
from neuralgraph.api.tables import read_table
from neuralgraph.errors import QueryArgumentError
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import GraphReader
    from neuralgraph.api.noting import Noted
    from neuralgraph.api.statement import StatementRunner
    from neuralgraph.api.tables import Table
    from neuralgraph.values.arrays import IdArray

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all); 0 at the start, all of them at the end."""


@record
class LoadReport:
    """What a load did.

    Attributes:
        rows: how many nodes or relationships were added.
        seconds: how long it took, reading the table included.
    """

    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """The rate."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0


def load_nodes(
    runner: StatementRunner,
    labels: tuple[str, ...],
    data: Any,
    *,
    key: str | None,
    progress: Progress | None,
    noted: Noted,
) -> LoadReport:
    """See `Graph.load_nodes`."""
    began_s = time.perf_counter()
    if not labels or not all(labels):
        raise QueryArgumentError("nodes are loaded with at least one label, and no empty one")
    table = read_table(data)
    if key is not None and key not in table:
        raise _no_column(key, table)
    ids = runner.engine.load_nodes(
        labels,
        table,
        key=key,
        progress=progress,
        metadata=noted.metadata,
        timestamp_us=noted.timestamp_us,
    )
    return LoadReport(len(ids), time.perf_counter() - began_s)


def load_relationships(
    runner: StatementRunner,
    edge_type: str,
    data: Any,
    *,
    source: tuple[str, ...],
    target: tuple[str, ...],
    progress: Progress | None,
    noted: Noted,
) -> LoadReport:
    """See `Graph.load_relationships`."""
    began_s = time.perf_counter()
    if not edge_type:
        raise QueryArgumentError("relationships are loaded with a type, which is not empty")
    table = read_table(data)
    reader = runner.engine.reader()
    sources = _ends(reader, table, source, "source")
    targets = _ends(reader, table, target, "target")
    properties = {
        name: column for name, column in table.items() if name not in (source[1], target[1])
    }
    rows = runner.engine.load_relationships(
        edge_type,
        properties,
        sources,
        targets,
        progress=progress,
        metadata=noted.metadata,
        timestamp_us=noted.timestamp_us,
    )
    return LoadReport(rows, time.perf_counter() - began_s)


def _ends(reader: GraphReader, table: Table, end: tuple[str, ...], name: str) -> IdArray:
    if len(end) not in (2, 3):
        raise QueryArgumentError(
            f"{name} is (label, column) or (label, column, property), not {end!r}"
        )
    label, column = end[0], end[1]
    if column not in table:
        raise _no_column(column, table)
    key = end[2] if len(end) == 3 else key_property(reader.catalog, label)
    return find_nodes(reader, label, key, table[column], column=column)


def _no_column(name: str, table: Table) -> QueryArgumentError:
    return QueryArgumentError(
        f"the table has no column {name!r}; it has {', '.join(table) or 'none'}"
    )
