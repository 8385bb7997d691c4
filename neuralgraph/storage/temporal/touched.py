"""What commits touched: found in the history of the base and in the chains of the deltas, by txid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.versions.history import HistoryLog
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.versions import State
    from neuralgraph.storage.versions.base_edges import EdgeTable
    from neuralgraph.storage.versions.base_nodes import NodeTable
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

Marks = tuple["IdArray", "Int64Array"]
"""Ids, and the txid of the commit that touched each; an id stands there once for each commit."""

_SEGMENT_BITS = 16


@record
class Touched:
    """Entities that came, went or changed labels, and by property key those whose value changed.

    What came with an entity, or went with it, may not be among the values.
    """

    nodes: Marks
    edges: Marks
    node_values: Mapping[str, Marks]
    edge_values: Mapping[str, Marks]


def touched_between(state: State, low: int, high: int) -> Touched:
    """What commits after `low` up to `high` touched.

    Args:
        state: at least `high` old.
        low: a txid.
        high: a txid, not less.
    """
    base, deltas = state.base, state.deltas
    history = base.history
    return Touched(
        _joined(
            history.nodes.changed_between(low, high),
            _births(base.nodes, low, high),
            deltas.node_states.changed_between(low, high),
        ),
        _joined(
            history.edges.changed_between(low, high),
            _births(base.edges, low, high),
            deltas.edge_states.changed_between(low, high),
        ),
        _values(history.node_values, deltas.node_values, low, high),
        _values(history.edge_values, deltas.edge_values, low, high),
    )


def _joined(*marks: Marks) -> Marks:
    return np.concatenate([ids for ids, _ in marks]), np.concatenate([when for _, when in marks])


def _births(table: NodeTable | EdgeTable, low: int, high: int) -> Marks:
    ids, txids = [NO_IDS], [NO_IDS]
    for number, segment in table.segments.items():
        if segment.latest > low:
            created = segment.created.array
            rows = np.flatnonzero((created > low) & (created <= high))
            ids.append(rows + (number << _SEGMENT_BITS))
            txids.append(created[rows])
    return np.concatenate(ids), np.concatenate(txids)


def _values(
    logs: Mapping[str, HistoryLog], columns: Mapping[str, DeltaColumn], low: int, high: int
) -> dict[str, Marks]:
    found: dict[str, Marks] = {}
    for key in dict.fromkeys((*logs, *list(columns))):
        marks = [logs.get(key, HistoryLog()).changed_between(low, high)]
        if key in columns:
            marks.append(columns[key].changed_between(low, high))
        joined = _joined(*marks)
        if len(joined[0]):
            found[key] = joined
    return found
