"""Folding property values: new column segments, and what they displaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuralgraph.storage.disk.pauses import in_pieces, pause
from neuralgraph.storage.indexes.id_places import array_of
from neuralgraph.storage.versions.base_arrays import by_segment
from neuralgraph.storage.versions.base_columns import PropertyColumn, join
from neuralgraph.storage.versions.folding_chains import Outcome, chosen, walk_chains
from neuralgraph.storage.versions.folding_segments import narrow, set_column_rows
from neuralgraph.storage.versions.history import HistoryLog
from neuralgraph.values import Column
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.disk import BlockFile, ColumnSegment
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array


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
        displaced = _displaced(column, outcome, task)
        ids, values = _end_the_dead(column, outcome, task)
        if not len(ids):
            continue
        result.touched[key] = ids
        segments = _write_segments(column, ids, values, task)
        if segments or column is not None:
            result.columns[key] = PropertyColumn(segments, task.limit)
        log = result.logs.get(key, HistoryLog()).add(*displaced.rows(outcome), task.blocks)
        if log.segments:
            result.logs[key] = log
    return result


class _Displaced(NamedTuple):
    """What the base says of entities was true until their first change; beside what the chains displaced."""

    ids: IdArray
    untils: Int64Array
    values: Column

    def rows(self, outcome: Outcome) -> tuple[IdArray, Int64Array, tuple[Column]]:
        """Both, as a history log takes them."""
        if not outcome.displaced_ids:
            return self.ids, self.untils, (self.values,)
        values = narrow(outcome.displaced_values)
        if values.kind != self.values.kind:
            # Nulls have no kind of their own.
            values = narrow([*outcome.displaced_values, *self.values.to_list()])
        else:
            values = join([values, self.values])
        return (
            np.concatenate([array_of(outcome.displaced_ids), self.ids]),
            np.concatenate([array_of(outcome.displaced_untils), self.untils]),
            (values,),
        )


def _displaced(column: PropertyColumn | None, outcome: Outcome, task: ColumnFold) -> _Displaced:
    ids, untils = array_of(outcome.ids), array_of(outcome.first_txids)
    births = task.births
    if births:
        # Before its birth nobody asks for a property.
        is_older = np.ones(len(ids), dtype=np.bool_)
        for piece in in_pieces(0, len(ids)):
            pairs = zip(outcome.ids[piece], outcome.first_txids[piece], strict=True)
            is_older[piece] = [births.get(entity_id) != first for entity_id, first in pairs]
        ids, untils = ids[is_older], untils[is_older]
    known = Column.nulls(len(ids)) if column is None else column.take(ids)
    return _Displaced(ids, untils, known)


def _end_the_dead(
    column: PropertyColumn | None, outcome: Outcome, task: ColumnFold
) -> tuple[IdArray, list[Any]]:
    """New values, by id; properties of deleted entities go, and were true until the deletion."""
    deaths = task.deaths
    if not deaths:
        return array_of(outcome.ids), outcome.values
    changes: dict[int, Any] = {}
    for piece in in_pieces(0, len(outcome.ids)):
        changes.update(zip(outcome.ids[piece], outcome.values[piece], strict=True))
    for entity_id, last in zip(outcome.ids, outcome.last_txids, strict=True):
        if entity_id in deaths and changes[entity_id] is not None:
            # Set in the very commit that deleted: nobody saw it.
            if last < deaths[entity_id]:
                outcome.displace(entity_id, deaths[entity_id], changes[entity_id])
            changes[entity_id] = None
    if column is not None:
        _end_untouched(column, changes, outcome, task)
    ids = sorted(changes)
    return array_of(ids), [changes[entity_id] for entity_id in ids]


def _end_untouched(
    column: PropertyColumn, changes: dict[int, Any], outcome: Outcome, task: ColumnFold
) -> None:
    """Deleted entities whose property nobody had changed."""
    deaths = task.deaths
    others = np.array([dead for dead in deaths if dead not in changes], dtype=np.int64)
    if not len(others):
        return
    known = column.take(others)
    present = np.flatnonzero(known.valid_mask)
    values = known.take(present).to_list()
    for entity_id, value in zip(others[present].tolist(), values, strict=True):
        if value is not None:
            outcome.displace(entity_id, deaths[entity_id], value)
            changes[entity_id] = None


def _write_segments(
    column: PropertyColumn | None, ids: IdArray, values: list[Any], task: ColumnFold
) -> dict[int, ColumnSegment]:
    segments = dict(column.segments) if column is not None else {}
    for number, places, rows in by_segment(ids):
        pause()
        part = values if isinstance(places, slice) else chosen(values, places)
        older = segments.get(number)
        if older is None and all(value is None for value in part):
            continue
        segment = set_column_rows(older, rows, part, task.blocks)
        if segment is None:
            segments.pop(number, None)
        else:
            segments[number] = segment
    return segments
