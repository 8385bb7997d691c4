"""Salvage: what can be read of a damaged database, and what cannot.

    every block is read; a piece with a damaged one is replaced:
    property segment       gone: its values read as null
    relationships          put together again from the adjacency, where that is whole
    adjacency              made anew from the relationships
    index                  made anew from the data
    nodes                  those with relationships or properties are kept, without labels
    births                 unknown: "since the first transaction"
    history, commits       gone: the past is told without them
    log                    read up to the first record that is damaged

What results is a base in memory over the healthy blocks, for reading only. Without a readable manifest
nothing says what the blocks are; then there is nothing to salvage but a log that goes back to the first
transaction, or to a bulk load, whose record describes all that there was. Then the graph is put together from
that, and `losses` say so.

Blocks and log are read, not mapped: what the disk cannot deliver is an error, and a loss.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuralgraph.errors import CorruptionError, DiskError, NeuralGraphError
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.maintenance.inventory import pieces_of
from neuralgraph.storage.versions import Base
from neuralgraph.storage.versions.base_adjacency import AdjacencySegment, BaseAdjacency
from neuralgraph.storage.versions.base_arrays import SEGMENT_BITS, SEGMENT_ROWS
from neuralgraph.storage.versions.base_columns import PropertyColumn
from neuralgraph.storage.versions.base_commits import CommitLog
from neuralgraph.storage.versions.base_edges import ABSENT, EdgeSegment, EdgeTable
from neuralgraph.storage.versions.base_indexing import build_index
from neuralgraph.storage.versions.base_nodes import NodeSegment, NodeTable
from neuralgraph.storage.versions.history import History, HistoryLog
from neuralgraph.storage.versions.search_building import build_search_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from neuralgraph.errors import StorageError
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.storage.indexes.search_run import SearchRun
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.maintenance.recovery import Recovered
    from neuralgraph.values import IdArray


class Loss(NamedTuple):
    """Something that could not be read as it was.

    Attributes:
        where: the piece.
        what: what becomes of it.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def salvage_base(base: Base, blocks: BlockFile) -> tuple[Base, list[Loss]]:
    """A base that can be read completely, and what it lacks.

    Args:
        base: as the manifest describes it.
        blocks: every block is read from there.
    """
    damaged = _damaged_refs(base, blocks)
    if not damaged:
        return base, []
    return _Salvage(base, damaged).run()


def _damaged_refs(base: Base, blocks: BlockFile) -> set[BlockRef]:
    damaged = set()
    for piece in pieces_of(base):
        for ref in piece.refs:
            try:
                blocks.check(ref)
            except NeuralGraphError:
                damaged.add(ref)
    return damaged


class _Salvage:
    """One salvage; each method replaces a kind of piece."""

    def __init__(self, base: Base, damaged: set[BlockRef]) -> None:
        self.base = base
        self.damaged = damaged
        self.losses: list[Loss] = []

    def run(self) -> tuple[Base, list[Loss]]:
        """See `salvage_base`."""
        parts = self.base.parts
        edges = self._edges()
        nodes = self._nodes(edges)
        is_rewired = edges is not parts.edges or self._is_any_damaged(parts.adjacencies.values())
        for (edge_type, direction), adjacency in parts.adjacencies.items():
            for number, segment in adjacency.segments.items():
                if self._is_damaged(segment):
                    self._lose(
                        f"{direction}going {edge_type}, segment {number}",
                        "made anew from the relationships; nothing is lost",
                    )
        bare = Base(
            replace(
                parts,
                nodes=nodes,
                edges=edges,
                node_columns=self._columns(parts.node_columns, "node"),
                edge_columns=self._columns(parts.edge_columns, "relationship"),
                adjacencies=_wired(edges, nodes.limit) if is_rewired else parts.adjacencies,
                runs={},
                search_runs={},
                commits=self._commits(),
                history=self._history(),
            ),
            origin=self.base,
        )
        runs, search_runs = self._runs(bare), self._search_runs(bare)
        return Base(
            replace(bare.parts, runs=runs, search_runs=search_runs), origin=bare
        ), self.losses

    # ── entities ──────────────────────────────────────────────────────────────────────────────

    def _nodes(self, edges: EdgeTable) -> NodeTable:
        table = self.base.parts.nodes
        label_sets = list(table.label_sets)
        kept: dict[int, NodeSegment] = {}
        for number, segment in table.segments.items():
            where = f"nodes, segment {number}"
            if self._is_damaged(segment.codes):
                if () not in label_sets[1:]:
                    label_sets += ((),) if label_sets else ((), ())
                bare = label_sets.index((), 1)
                kept[number] = self._without_labels(where, number, segment, edges, bare)
            elif self._is_damaged(segment.created):
                self._lose(where, _BIRTHS)
                kept[number] = replace(
                    segment, created=_ones(segment.codes.count), latest=min(1, segment.latest)
                )
            else:
                kept[number] = segment
        if all(kept[number] is segment for number, segment in table.segments.items()):
            return table
        return NodeTable(table.labels, label_sets, kept, table.limit)

    def _without_labels(
        self, where: str, number: int, segment: NodeSegment, edges: EdgeTable, bare: int
    ) -> NodeSegment:
        """Nodes that relationships and properties tell of; `bare` is the code of no labels."""
        count, first = segment.codes.count, number << SEGMENT_BITS
        codes = np.zeros(count, dtype=np.uint32)
        for part in edges.segments.values():
            alive = part.codes.array != ABSENT
            for ends in (part.sources.array, part.targets.array):
                rows = ends[alive].astype(np.int64) - first
                codes[rows[(rows >= 0) & (rows < count)]] = bare
        for column in self.base.parts.node_columns.values():
            values = column.segments.get(number)
            if values is not None and not self._is_damaged(values):
                rows = np.flatnonzero(values.whole().valid_mask)
                codes[rows[rows < count]] = bare
        found, known = int(np.count_nonzero(codes)), sum(segment.counts[1:])
        self._lose(
            where,
            f"all labels are lost, and {max(0, known - found)} nodes; {found} are kept, for there are"
            " relationships or properties of them",
        )
        created = _ones(count) if self._is_damaged(segment.created) else segment.created
        latest = int(created.array.max(initial=0))
        return NodeSegment(
            StoredArray.in_memory(codes), created, tuple(np.bincount(codes).tolist()), latest
        )

    def _edges(self) -> EdgeTable:
        table = self.base.parts.edges
        kept = dict(table.segments)
        for number, segment in table.segments.items():
            where = f"relationships, segment {number}"
            if any(map(self._is_damaged, (segment.codes, segment.sources, segment.targets))):
                kept[number] = self._put_together(where, number, segment)
            elif self._is_damaged(segment.created):
                self._lose(where, _BIRTHS)
                kept[number] = replace(
                    segment, created=_ones(segment.codes.count), latest=min(1, segment.latest)
                )
        if all(kept[number] is segment for number, segment in table.segments.items()):
            return table
        return EdgeTable(table.types, kept, table.limit)

    def _put_together(self, where: str, number: int, segment: EdgeSegment) -> EdgeSegment:
        """Type and ends of each edge, from the adjacency of either direction."""
        count = segment.codes.count
        codes = np.zeros(count, dtype=np.uint16)
        ends = np.zeros((2, count), dtype=np.int64)
        types = self.base.parts.edges.types
        for (edge_type, direction), adjacency in self.base.parts.adjacencies.items():
            for place, csr in adjacency.segments.items():
                if self._is_damaged(csr):
                    continue
                rows = csr.edges.array.astype(np.int64) - (number << SEGMENT_BITS)
                inside = (rows >= 0) & (rows < count)
                rows = rows[inside]
                codes[rows] = types.index(edge_type) + 1
                own = csr.rows()[inside] + (place << SEGMENT_BITS)
                is_out = direction == "out"
                ends[0 if is_out else 1, rows] = own
                ends[1 if is_out else 0, rows] = csr.neighbours.array[inside]
        created = segment.created
        if self._is_damaged(created):
            created = _ones(count)
        lost = sum(segment.counts[1:]) - int(np.count_nonzero(codes))
        told = f"{lost} relationships are lost" if lost else "nothing is lost"
        self._lose(where, f"put together again from the adjacency; {told}")
        return _edge_segment(codes, ends[0], ends[1], created)

    # ── what hangs on them ────────────────────────────────────────────────────────────────────

    def _columns(
        self, columns: Mapping[str, PropertyColumn], entity: str
    ) -> dict[str, PropertyColumn]:
        kept = {}
        for key, column in columns.items():
            segments = {}
            for number, segment in column.segments.items():
                if self._is_damaged(segment):
                    first = number << SEGMENT_BITS
                    self._lose(
                        f"{entity} property {key}, segment {number}",
                        f"{segment.count - segment.null_count} values read as null"
                        f" (ids {first} to {first + segment.count - 1})",
                    )
                else:
                    segments[number] = segment
            whole = len(segments) == len(column.segments)
            kept[key] = column if whole else PropertyColumn(segments, column.limit)
        return kept

    def _runs(self, base: Base) -> dict[str, IndexRun]:
        runs = {}
        for name, run in self.base.parts.runs.items():
            if self._is_damaged(run):
                self._lose(f"index {name}", "made anew from the data; nothing is lost")
            # The data may have changed under a healthy index, too.
            runs[name] = build_index(base, run.definition, None)
        return runs

    def _search_runs(self, base: Base) -> dict[str, SearchRun]:
        runs = {}
        for name, run in self.base.parts.search_runs.items():
            if self._is_damaged(run):
                self._lose(f"index {name}", "made anew from the data; nothing is lost")
            runs[name] = build_search_run(base, run.definition, None)
        return runs

    def _history(self) -> History:
        def kept(name: str, log: HistoryLog) -> HistoryLog:
            segments = []
            for place, segment in enumerate(log.segments):
                if self._is_damaged(segment):
                    self._lose(
                        f"history of {name}, segment {place}",
                        f"what was displaced by transactions {segment.low} to {segment.high} is"
                        " lost; the past before shows later values",
                    )
                else:
                    segments.append(segment)
            return HistoryLog(tuple(segments))

        logs = {name: kept(name, log) for name, log in self.base.history.logs()}
        history = self.base.history
        return History(
            logs["nodes"],
            logs["edges"],
            {key: logs[f"node property {key}"] for key in history.node_values},
            {key: logs[f"relationship property {key}"] for key in history.edge_values},
        )

    def _commits(self) -> CommitLog:
        log = self.base.parts.commits
        segments = []
        for place, segment in enumerate(log.segments):
            if self._is_damaged(segment):
                self._lose(
                    f"commits, segment {place}",
                    f"times and metadata of transactions {segment.low} to {segment.high} are lost",
                )
            else:
                segments.append(segment)
        return log if len(segments) == len(log.segments) else CommitLog(tuple(segments))

    # ── which ─────────────────────────────────────────────────────────────────────────────────

    def _lose(self, where: str, what: str) -> None:
        self.losses.append(Loss(where, what))

    def _is_damaged(self, piece: Any) -> bool:
        return not self.damaged.isdisjoint(piece.block_refs())

    def _is_any_damaged(self, pieces: Iterable[Any]) -> bool:
        return any(map(self._is_damaged, pieces))


_BIRTHS = "it is not known since when; they seem to be there since the first transaction"


def _ones(count: int) -> StoredArray:
    return StoredArray.in_memory(np.ones(count, dtype=np.int64))


def _edge_segment(
    codes: NDArray[Any], sources: NDArray[Any], targets: NDArray[Any], created: StoredArray
) -> EdgeSegment:
    in_memory = StoredArray.in_memory
    return EdgeSegment(
        in_memory(codes.astype(np.uint16, copy=False)),
        in_memory(sources.astype(np.int64, copy=False)),
        in_memory(targets.astype(np.int64, copy=False)),
        created,
        tuple(np.bincount(codes, minlength=1).tolist()),
        int(created.array.max(initial=0)),
    )


def _wired(edges: EdgeTable, node_limit: int) -> dict[tuple[str, str], BaseAdjacency]:
    """The adjacency of every type and direction, in memory."""
    made = {}
    for edge_type in edges.types:
        pieces = list(edges.ids(edge_type))
        ids = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)
        sources, targets = edges.ends(ids)
        made[edge_type, "out"] = BaseAdjacency(_csr(sources, targets, ids), node_limit)
        made[edge_type, "in"] = BaseAdjacency(_csr(targets, sources, ids), node_limit)
    return made


def _csr(own: IdArray, others: IdArray, ids: IdArray) -> dict[int, AdjacencySegment]:
    order = np.lexsort((ids, others, own))
    own, others, ids = own[order], others[order], ids[order]
    in_memory = StoredArray.in_memory
    segments = {}
    for number in np.unique(own >> SEGMENT_BITS).tolist():
        first = number << SEGMENT_BITS
        low, high = own.searchsorted([first, first + SEGMENT_ROWS]).tolist()
        rows = own[low:high] - first
        offsets = np.zeros(int(rows[-1]) + 2, dtype=np.int64)
        offsets[1:] = np.bincount(rows).cumsum()
        segments[number] = AdjacencySegment(
            in_memory(offsets), in_memory(others[low:high]), in_memory(ids[low:high])
        )
    return segments


def published_base(
    blocks: BlockFile, open_base: Callable[[bytes], Base], header_error: StorageError | None
) -> tuple[Base, StorageError | None]:
    """The base that the header names; an empty one, and why, when its manifest cannot be read."""
    if header_error is not None:
        return Base.empty(), header_error
    try:
        manifest = blocks.manifest()
        return (Base.empty() if manifest is None else open_base(manifest)), None
    except (CorruptionError, DiskError) as error:
        return Base.empty(), error


def loss_of_manifest(error: StorageError, recovered: Recovered) -> Loss:
    """What became of a database without its manifest."""
    report = recovered.report
    if report.txid == 0:
        return Loss("the manifest", f"{error}; all that was folded into the file is lost")
    return Loss(
        "the manifest",
        f"{error}; the graph was put together from the log alone, as it was after transaction"
        f" {report.txid}, the last one that the log tells of",
    )
