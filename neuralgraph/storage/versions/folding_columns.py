"""Folding property values: new column segments, and what they displaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.indexes.id_places import array_of
from neuralgraph.storage.versions.base_arrays import by_segment
from neuralgraph.storage.versions.base_columns import PropertyColumn
from neuralgraph.storage.versions.folding_chains import Outcome, walk_chains
from neuralgraph.storage.versions.folding_segments import narrow, set_column_rows
from neuralgraph.storage.versions.history import HistoryLog
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.disk import BlockFile, ColumnSegment
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.values import IdArray


@record
class ColumnFold:
    """What folding the columns of nodes, or of edges, needs to know.

    Attributes:
        txid: fold up to this one.
        limit: one more than the greatest id.
        births: txid by id, of entities that the base before did not have.
        deaths: txid by id, of entities that are no more.
        blocks: where to write.
    """

    txid: int
    limit: int
    births: Mapping[int, int]
    deaths: Mapping[int, int]
    blocks: BlockFile


_PIECE_ROWS: Final = 1 << 14


@record
class FoldedColumns:
    """New columns and history logs by key; `touched` has the ids (ascending) whose value changed."""

    columns: dict[str, PropertyColumn]
    logs: dict[str, HistoryLog]
    touched: dict[str, IdArray]


def fold_columns(
    columns: Mapping[str, PropertyColumn],
    logs: Mapping[str, HistoryLog],
    deltas: Mapping[str, DeltaColumn],
    task: ColumnFold,
) -> FoldedColumns:
    """Fold every property; keys that nothing touched keep their column."""
    result = FoldedColumns(dict(columns), dict(logs), {})
    changed = list(deltas)  # a writer may add more keys meanwhile
    keys = dict.fromkeys((*columns, *changed) if task.deaths else changed)
    for key in keys:
        outcome = Outcome()
        if key in deltas:
            outcome = walk_chains(deltas[key], task.txid)
        column = columns.get(key)
        _displace_known(column, outcome, task)
        changes = _end_the_dead(column, outcome, task)
        if not changes:
            continue
        ids = array_of(sorted(changes))
        result.touched[key] = ids
        segments = _write_segments(column, ids, changes, task)
        if segments or column is not None:
            result.columns[key] = PropertyColumn(segments, task.limit)
        log = result.logs.get(key, HistoryLog()).add(
            outcome.displaced_ids,
            outcome.displaced_untils,
            (narrow(outcome.displaced_values),),
            task.blocks,
        )
        if log.segments:
            result.logs[key] = log
    return result


def _displace_known(column: PropertyColumn | None, outcome: Outcome, task: ColumnFold) -> None:
    """What the base says of the changed entities was true until their first change."""
    ids = array_of(outcome.ids)
    known = [None] * len(ids) if column is None else column.take(ids).to_list()
    births = task.births
    for entity_id, first, value in zip(outcome.ids, outcome.first_txids, known, strict=True):
        # Before its birth nobody asks for a property.
        if births.get(entity_id) != first:
            outcome.displace(entity_id, first, value)


def _end_the_dead(
    column: PropertyColumn | None, outcome: Outcome, task: ColumnFold
) -> dict[int, Any]:
    """New values by id; properties of deleted entities go, and were true until the deletion."""
    changes: dict[int, Any] = {}
    for start in range(0, len(outcome.ids), _PIECE_ROWS):  # others run between the pieces
        piece = slice(start, start + _PIECE_ROWS)
        changes.update(zip(outcome.ids[piece], outcome.values[piece], strict=True))
    deaths = task.deaths
    for entity_id, last in zip(outcome.ids, outcome.last_txids, strict=True):
        if entity_id in deaths and changes[entity_id] is not None:
            # Set in the very commit that deleted: nobody saw it.
            if last < deaths[entity_id]:
                outcome.displace(entity_id, deaths[entity_id], changes[entity_id])
            changes[entity_id] = None
    others = np.array([dead for dead in deaths if dead not in changes], dtype=np.int64)
    if column is None or len(others) == 0:
        return changes
    known = column.take(others)
    present = np.flatnonzero(known.valid_mask)
    values = known.take(present).to_list()
    for entity_id, value in zip(others[present].tolist(), values, strict=True):
        if value is not None:
            outcome.displace(entity_id, deaths[entity_id], value)
            changes[entity_id] = None
    return changes


def _write_segments(
    column: PropertyColumn | None, ids: IdArray, changes: Mapping[int, Any], task: ColumnFold
) -> dict[int, ColumnSegment]:
    segments = dict(column.segments) if column is not None else {}
    for number, places, rows in by_segment(ids):
        values = [changes[changed] for changed in ids[places].tolist()]
        older = segments.get(number)
        if older is None and all(value is None for value in values):
            continue
        segment = set_column_rows(older, rows, values, task.blocks)
        if segment is None:
            segments.pop(number, None)
        else:
            segments[number] = segment
    return segments
