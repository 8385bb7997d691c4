"""History: what a base no longer says, found by "displaced until".

When a fold replaces a value, the old one goes here with the txid `until` at which it stopped being true.
The value at a moment T is the displaced one with the smallest `until` > T, else the base's. A log of
history holds segments, oldest first; each has all that one fold (or several small ones, joined)
displaced, in order of (id, until):

    ids      untils   payload columns
    3        17       what 3 was up to 17
    3        21       what 3 was from 17 up to 21
    8        18       ...

No `until` of a segment is less than those of the segments before it; where one is equal, a large commit was
folded in parts, and no id stands there twice with it. Payload: one column for a
property (null: it was absent), the code of a label set for nodes, type code, source and target for edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.storage.disk import ColumnSegment
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.versions.base_arrays import SEGMENT_ROWS
from neuralgraph.storage.versions.base_columns import join
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import Column, IdArray
    from neuralgraph.values.arrays import Int64Array

JOINED_ROWS_MAX: Final = 1_000_000
"""Segments with more rows than this are not rewritten to make fewer of them."""


class Displaced(NamedTuple):
    """What differs from the base at one moment: ids (ascending, each once) and their payload then."""

    ids: IdArray
    payload: tuple[Column, ...]


@record
class HistorySegment:
    """Displaced rows in order of (id, until); `low` and `high` are the least and greatest `until`.

    A payload column is cut into column segments of at most 65,536 rows.
    """

    ids: StoredArray
    untils: StoredArray
    payload: tuple[tuple[ColumnSegment, ...], ...]
    low: int
    high: int

    @staticmethod
    def write(
        ids: IdArray, untils: Int64Array, payload: Sequence[Column], blocks: BlockFile
    ) -> HistorySegment:
        """Store rows that are in order, compressed."""
        return HistorySegment(
            StoredArray.store(narrowest(ids), blocks, compress=True),
            StoredArray.store(untils, blocks, compress=True),
            tuple(
                tuple(
                    ColumnSegment.write(
                        column.slice(start, start + SEGMENT_ROWS), blocks, cold=True
                    )
                    for start in range(0, len(ids), SEGMENT_ROWS)
                )
                for column in payload
            ),
            int(untils.min()),
            int(untils.max()),
        )

    def columns(self) -> list[Column]:
        """The payload, decoded."""
        return [join([piece.whole() for piece in pieces]) for pieces in self.payload]

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [
            self.ids.descriptor(),
            self.untils.descriptor(),
            [[piece.descriptor() for piece in pieces] for pieces in self.payload],
            self.low,
            self.high,
        ]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> HistorySegment:
        """The segment that `descriptor` describes."""
        ids, untils, payload, low, high = descriptor
        return HistorySegment(
            StoredArray.read(ids, blocks),
            StoredArray.read(untils, blocks),
            tuple(
                tuple(ColumnSegment.read(piece, blocks) for piece in pieces) for pieces in payload
            ),
            low,
            high,
        )

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        yield from self.ids.block_refs()
        yield from self.untils.block_refs()
        for pieces in self.payload:
            for piece in pieces:
                yield from piece.block_refs()


@record
class HistoryLog:
    """All that was displaced of one thing: of a property, of the label sets, of the edges."""

    segments: tuple[HistorySegment, ...] = ()

    @property
    def row_count(self) -> int:
        """How many displaced rows."""
        return sum(segment.ids.count for segment in self.segments)

    def displaced(self, txid: int) -> Displaced | None:
        """What held at `txid` where the base says otherwise; None when that is nothing."""
        segments = [segment for segment in self.segments if segment.high > txid]
        if not segments:
            return None
        ids = np.concatenate([segment.ids.array.astype(np.int64) for segment in segments])
        untils = np.concatenate([segment.untils.array for segment in segments])
        rows = np.flatnonzero(untils > txid)
        rows = rows[np.lexsort((untils[rows], ids[rows]))]
        ordered = ids[rows]
        first = np.ones(len(rows), dtype=np.bool_)
        first[1:] = ordered[1:] != ordered[:-1]
        rows, ordered = rows[first], ordered[first]
        payload = [
            join(columns).take(rows)
            for columns in zip(*(segment.columns() for segment in segments), strict=True)
        ]
        return Displaced(ordered, tuple(payload))

    def changed_between(self, low: int, high: int) -> tuple[IdArray, Int64Array]:
        """Ids that commits after `low` up to `high` displaced something of, and the txid of each."""
        ids, untils = [NO_IDS], [NO_IDS]
        for segment in self.segments:
            if segment.high > low and segment.low <= high:
                when = segment.untils.array
                rows = np.flatnonzero((when > low) & (when <= high))
                ids.append(segment.ids.array[rows].astype(np.int64))
                untils.append(when[rows])
        return np.concatenate(ids), np.concatenate(untils)

    def of(self, entity_id: int) -> list[tuple[int, tuple[Any, ...]]]:
        """What was displaced of one entity, oldest first: (until, payload)."""
        found: list[tuple[int, tuple[Any, ...]]] = []
        for segment in self.segments:
            ids, untils = segment.ids.array, segment.untils.array
            start, stop = ids.searchsorted(entity_id), ids.searchsorted(entity_id, side="right")
            for row in range(int(start), int(stop)):
                number, place = divmod(row, SEGMENT_ROWS)
                payload = tuple(pieces[number].value(place) for pieces in segment.payload)
                found.append((int(untils[row]), payload))
        return found

    def since(self, txid: int, blocks: BlockFile) -> HistoryLog:
        """The log without what only moments before `txid` need."""
        kept = []
        for segment in self.segments:
            if segment.low > txid:
                kept.append(segment)
                continue
            rows = np.flatnonzero(segment.untils.array > txid)
            if len(rows):
                columns = [column.take(rows) for column in segment.columns()]
                ids = segment.ids.array[rows].astype(np.int64)
                kept.append(HistorySegment.write(ids, segment.untils.array[rows], columns, blocks))
        return HistoryLog(tuple(kept))

    def add(
        self,
        ids: Sequence[int] | IdArray,
        untils: Sequence[int] | Int64Array,
        payload: Sequence[Column],
        blocks: BlockFile,
    ) -> HistoryLog:
        """The log with more displaced rows, in any order; all `until` are younger than those it has."""
        if len(ids) == 0:
            return self
        all_ids = np.asarray(ids, dtype=np.int64)
        all_untils = np.asarray(untils, dtype=np.int64)
        kept = list(self.segments)
        columns = list(payload)
        # As in a log-structured tree: a short last segment is joined with the new one, so that their number
        # grows with the logarithm of the rows.
        while kept and kept[-1].ids.count <= 2 * len(all_ids) and len(all_ids) < JOINED_ROWS_MAX:
            last = kept.pop()
            all_ids = np.concatenate([last.ids.array.astype(np.int64), all_ids])
            all_untils = np.concatenate([last.untils.array, all_untils])
            columns = [join(pair) for pair in zip(last.columns(), columns, strict=True)]
        order = np.lexsort((all_untils, all_ids))
        columns = [column.take(order) for column in columns]
        kept.append(HistorySegment.write(all_ids[order], all_untils[order], columns, blocks))
        return HistoryLog(tuple(kept))

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [segment.descriptor() for segment in self.segments]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> HistoryLog:
        """The log that `descriptor` describes."""
        return HistoryLog(tuple(HistorySegment.read(item, blocks) for item in descriptor))

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for segment in self.segments:
            yield from segment.block_refs()


@record
class History:
    """Everything that was displaced; values by property key."""

    nodes: HistoryLog
    edges: HistoryLog
    node_values: dict[str, HistoryLog]
    edge_values: dict[str, HistoryLog]

    @staticmethod
    def empty() -> History:
        """Nothing was ever displaced."""
        return History(HistoryLog(), HistoryLog(), {}, {})

    def logs(self) -> Iterator[tuple[str, HistoryLog]]:
        """Each log with a name for it."""
        yield "nodes", self.nodes
        yield "edges", self.edges
        for key, log in self.node_values.items():
            yield f"node property {key}", log
        for key, log in self.edge_values.items():
            yield f"relationship property {key}", log

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for _, log in self.logs():
            yield from log.block_refs()
