"""Folding property values: new column segments, and what they displaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.versions.base_arrays import by_segment
from neuralgraph.storage.versions.base_columns import PropertyColumn, join
from neuralgraph.storage.versions.folding_chains import Outcome, chosen, news, walk_chains
from neuralgraph.storage.versions.folding_segments import narrow, set_column_rows
from neuralgraph.storage.versions.history import HistoryLog
from neuralgraph.values import Column
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.disk import BlockFile, ColumnSegment
    from neuralgraph.storage.versions.base_arrays import SegmentedArray
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.storage.versions.folding_chains import Since
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array


@record
class ColumnFold:
    """What folding the columns of nodes, or of edges, needs to know.

    Attributes:
        txid: fold up to this one.
        limit: one more than the greatest id.
        births: of entities that the base before did not have.
        deaths: of entities that are no more.
        blocks: where to write.
        known: births by id in the base before, where that is an earlier part of the commit that is folded;
            else None.
    """

    txid: int
    limit: int
    births: Since
    deaths: Since
    blocks: BlockFile
    known: SegmentedArray | None = None


@record
class FoldedColumns:
    """New columns and history logs by key; `touched` has the ids (ascending) whose value changed."""

    columns: dict[str, PropertyColumn]
    logs: dict[str, HistoryLog]
    touched: dict[str, IdArray]


class _Displaced:
    """What was true until a commit, in any order."""

    __slots__ = ("_ids", "_untils", "_values")

    def __init__(self) -> None:
        self._ids: list[IdArray] = []
        self._untils: list[Int64Array] = []
        self._values: list[Column] = []

    def add(self, ids: IdArray, untils: Int64Array, values: Column) -> None:
        """What was true of some entities."""
        if len(ids):
            self._ids.append(ids)
            self._untils.append(untils)
            self._values.append(values)

    def added_to(self, log: HistoryLog, task: ColumnFold) -> HistoryLog:
        """The log with all of it; of a commit in parts, with what no earlier part displaced or made."""
        if not self._ids:
            return log
        ids, untils = np.concatenate(self._ids), np.concatenate(self._untils)
        if len({column.kind for column in self._values}) == 1:
            values = join(self._values)
        else:  # nulls have no kind of their own
            values = narrow([value for column in self._values for value in column.to_list()])
        if task.known is not None:
            rows = news(log, task.known, ids, task.txid)
            ids, untils, values = ids[rows], untils[rows], values.take(rows)
        return log.add(ids, untils, (values,), task.blocks)


def fold_columns(
    columns: Mapping[str, PropertyColumn],
    logs: Mapping[str, HistoryLog],
    deltas: Mapping[str, DeltaColumn],
    task: ColumnFold,
) -> FoldedColumns:
    """Fold every property; keys that nothing touched keep their column."""
    result = FoldedColumns(dict(columns), dict(logs), {})
    changed = list(deltas)  # a writer may add more keys meanwhile
    keys = dict.fromkeys((*columns, *changed) if len(task.deaths.ids) else changed)
    for key in keys:
        outcome, displaced, column = Outcome(), _Displaced(), columns.get(key)
        if key in deltas:
            outcome = walk_chains(deltas[key], task.txid)
            values = narrow(chosen(deltas[key].values, outcome.displaced_places))
            displaced.add(outcome.displaced_ids, outcome.displaced_untils, values)
        _displace_known(column, outcome, displaced, task)
        _end_the_dead(column, outcome, displaced, task)
        if not len(outcome.ids):
            continue
        result.touched[key] = outcome.ids
        segments = _write_segments(column, outcome, task)
        if segments or column is not None:
            result.columns[key] = PropertyColumn(segments, task.limit)
        log = displaced.added_to(result.logs.get(key, HistoryLog()), task)
        if log.segments:
            result.logs[key] = log
    return result


def _displace_known(
    column: PropertyColumn | None, outcome: Outcome, displaced: _Displaced, task: ColumnFold
) -> None:
    """What the base says of the changed entities was true until their first change."""
    # Before its birth nobody asks for a property.
    rows = np.flatnonzero(task.births.of(outcome.ids) != outcome.first_txids)
    ids = outcome.ids[rows]
    known = Column.nulls(len(ids)) if column is None else column.take(ids)
    displaced.add(ids, outcome.first_txids[rows], known)


def _end_the_dead(
    column: PropertyColumn | None, outcome: Outcome, displaced: _Displaced, task: ColumnFold
) -> None:
    """Properties of deleted entities go, and were true until the deletion."""
    deaths = task.deaths
    if not len(deaths.ids):
        return
    died, values = deaths.of(outcome.ids), outcome.values
    ended = [row for row in np.flatnonzero(died).tolist() if values[row] is not None]
    # Set in the very commit that deleted: nobody saw it.
    seen = [row for row in ended if outcome.last_txids[row] < died[row]]
    displaced.add(outcome.ids[seen], died[seen], narrow([values[row] for row in seen]))
    for row in ended:
        values[row] = None
    if column is None:
        return
    # Those whose property nobody had changed.
    is_other = np.isin(deaths.ids, outcome.ids, assume_unique=True, invert=True)
    others, untils = deaths.ids[is_other], deaths.txids[is_other]
    known = column.take(others)
    present = np.flatnonzero(known.valid_mask)
    if not len(present):
        return
    others = others[present]
    displaced.add(others, untils[present], known.take(present))
    ids = np.concatenate((outcome.ids, others))
    order = np.argsort(ids)
    values += [None] * len(others)
    outcome.ids, outcome.values = ids[order], chosen(values, order)


def _write_segments(
    column: PropertyColumn | None, outcome: Outcome, task: ColumnFold
) -> dict[int, ColumnSegment]:
    segments = dict(column.segments) if column is not None else {}
    for number, places, rows in by_segment(outcome.ids):
        values = outcome.values
        if not isinstance(places, slice):
            values = chosen(values, places)
        older = segments.get(number)
        if older is None and set(map(type, values)) == {type(None)}:
            continue
        segment = set_column_rows(older, rows, values, task.blocks)
        if segment is None:
            segments.pop(number, None)
        else:
            segments[number] = segment
    return segments
