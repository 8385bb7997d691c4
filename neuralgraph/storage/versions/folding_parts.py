"""One commit becomes a base in parts, so that a commit may be larger than memory.

    part 1    base as of txid - 1  ──▶  base with what the first changes did, as of txid
    part 2                         ──▶  and the next ones, likewise as of txid
    ...
    finish                         ──▶  and the indexes: until then they are those of the base before

A part is folded like a checkpoint. One that only creates, and under ids that are beyond all others, is
attached like a bulk load, without a delta store between; its edges are put into the adjacency with those
of the next parts, as soon as somebody has to find them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from neuralgraph.storage.versions.attaching import (
    attach_edge_rows,
    attach_node_rows,
    storable_form,
)
from neuralgraph.storage.versions.attaching_later import attach_to_nodes
from neuralgraph.storage.versions.changes import (
    CreateEdge,
    CreateEdges,
    CreateNode,
    CreateNodes,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
    size_of,
)
from neuralgraph.storage.versions.deltas import DeltaStore
from neuralgraph.storage.versions.folding import fold_data
from neuralgraph.storage.versions.folding_indexes import Touched, fold_indexes
from neuralgraph.values import NO_IDS, Column
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.catalog import Names
    from neuralgraph.storage.versions.changes import Change
    from neuralgraph.values import IdArray

FOLDED_ROWS_MAX: Final = 1 << 16
"""So many entities go through a delta store at a time, which takes about a kilobyte for each."""

_RUN_ROWS_MIN: Final = 1 << 10
"""With fewer entities of one kind after each other, a delta store takes them more quickly."""

_BESIDE_EDGES: Final = frozenset(
    (CreateNode, CreateNodes, SetNodeProperty, SetEdgeProperty, SetLabels)
)
"""Changes that neither look at the adjacency nor change it."""

_Run = TypeVar("_Run", CreateNodes, CreateEdges)


class PartsFold:
    """The base of a commit, on its way; see the module's docstring.

    Args:
        base: what was before the commit, or an earlier part of it whose indexes are right.
        txid: of the commit.
        blocks: where to write.
        names: all that may be used; changed here.
        on_step: called with the base before a part and the one after it, once nobody here needs the former.

    Attributes:
        base: with all parts so far, but for its indexes, and for the adjacency of some edges.
    """

    __slots__ = (
        "_blocks",
        "_loose",
        "_names",
        "_on_step",
        "_start",
        "_touched",
        "_txid",
        "base",
    )

    def __init__(
        self,
        base: Base,
        txid: int,
        blocks: BlockFile,
        names: Names,
        on_step: Callable[[Base, Base], object] = lambda _before, _after: None,
    ) -> None:
        self.base = base
        self._start = base
        self._txid = txid
        self._blocks = blocks
        self._names = names
        self._on_step = on_step
        self._touched = _TouchedIds(base)
        # Edges by type that are in no adjacency yet.
        self._loose: dict[str, list[range]] = {}

    def add(self, changes: Sequence[Change]) -> None:
        """The next changes, of data only.

        Raises:
            DiskError: the disk refused.
        """
        self._names.note_commit(changes, self._txid)
        runs = _created_runs(changes, self.base)
        if runs is not None:
            self._attach(*runs)
            return
        if not all(type(change) in _BESIDE_EDGES for change in changes):
            self._tie()
        for piece in _pieces(changes):
            deltas = DeltaStore(self.base.txid, self.base)
            deltas.apply(piece, self._txid)
            folded, touched = fold_data(self.base, deltas, self._txid, self._blocks, self._names)
            self._touched.add(touched)
            self._step(folded)

    def finish(self) -> Base:
        """The base with everything.

        Raises:
            DiskError: the disk refused.
        """
        self._tie()
        before = self.base
        folded = fold_indexes(self._start, before, self._touched.all(), self._blocks)
        self.base = folded.replaced(txid=self._txid, births=self._names.births_at(self._txid))
        return self.base

    def _attach(self, nodes: Sequence[CreateNodes], edges: Sequence[CreateEdges]) -> None:
        for run in nodes:
            columns = {key: _stored(values) for key, values in run.properties.items()}
            self._step(
                attach_node_rows(
                    self.base,
                    run.first_id,
                    run.labels,
                    columns,
                    run.count,
                    self._txid,
                    self._blocks,
                )
            )
            self._touched.note("node", run.ids)
        for made in edges:
            columns = {key: _stored(values) for key, values in made.properties.items()}
            ends = (
                np.array(made.sources, dtype=np.int64),
                np.array(made.targets, dtype=np.int64),
            )
            self._step(
                attach_edge_rows(
                    self.base, made.type, made.first_id, ends, columns, self._txid, self._blocks
                )
            )
            self._touched.note("edge", made.ids)
            self._loose.setdefault(made.type, []).append(made.ids)

    def _tie(self) -> None:
        """Put the loose edges into the adjacency."""
        for edge_type, made in self._loose.items():
            self._step(attach_to_nodes(self.base, edge_type, made, self._blocks))
        self._loose = {}

    def _step(self, base: Base) -> None:
        before, self.base = self.base, base
        self._on_step(before, base)


class _TouchedIds:
    """What the indexes of a base have to look at again, part by part; nothing where there are none."""

    __slots__ = ("_ids", "_keys", "_kinds")

    def __init__(self, base: Base) -> None:
        self._kinds = {definition.entity for definition in base.indexes}
        self._keys = {
            (definition.entity, key) for definition in base.indexes for key in definition.keys
        }
        self._ids: dict[tuple[str, str | None], list[IdArray]] = {}

    def add(self, touched: Touched) -> None:
        for kind, states, values in (
            ("node", touched.nodes, touched.node_values),
            ("edge", touched.edges, touched.edge_values),
        ):
            if kind in self._kinds:
                self._ids.setdefault((kind, None), []).append(states)
            for key, ids in values.items():
                if (kind, key) in self._keys:
                    self._ids.setdefault((kind, key), []).append(ids)

    def note(self, kind: str, created: range) -> None:
        if kind in self._kinds:
            ids = np.arange(created.start, created.stop)
            self._ids.setdefault((kind, None), []).append(ids)

    def all(self) -> Touched:
        found = {known: distinct(np.concatenate(ids)) for known, ids in self._ids.items()}
        values: dict[str, dict[str, IdArray]] = {"node": {}, "edge": {}}
        for (kind, key), ids in found.items():
            if key is not None:
                values[kind][key] = ids
        return Touched(
            found.get(("node", None), NO_IDS),
            found.get(("edge", None), NO_IDS),
            values["node"],
            values["edge"],
        )


def _stored(values: Sequence[Any]) -> Column:
    return storable_form(Column.of_values(values))


def _pieces(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Changes of about `FOLDED_ROWS_MAX` entities."""
    start = count = 0
    for place, change in enumerate(changes):
        count += size_of(change)
        if count >= FOLDED_ROWS_MAX:
            yield changes[start : place + 1]
            start, count = place + 1, 0
    if start < len(changes):
        yield changes[start:]


# ── runs of what is created ───────────────────────────────────────────────────────────────────


def _created_runs(
    changes: Sequence[Change], base: Base
) -> tuple[list[CreateNodes], list[CreateEdges]] | None:
    """Changes as few long runs of new nodes, then of new edges; None where they are anything else."""
    nodes: list[CreateNodes] = []
    edges: list[CreateEdges] = []
    for change in changes:
        match change:
            case CreateNodes():
                nodes.append(change)
            case CreateNode():
                columns = {key: [value] for key, value in change.properties.items()}
                nodes.append(CreateNodes(change.id, 1, change.labels, columns))
            case CreateEdges():
                edges.append(change)
            case CreateEdge(edge_id, edge_type, source, target):
                columns = {key: [value] for key, value in change.properties.items()}
                edges.append(CreateEdges(edge_id, edge_type, [source], [target], columns))
            case _:
                return None
    long_nodes = _joined(nodes, base.node_limit, _continues_nodes, _join_nodes)
    long_edges = _joined(edges, base.edge_limit, _continues_edges, _join_edges)
    if long_nodes is None or long_edges is None:
        return None
    return long_nodes, long_edges


def _joined(
    made: list[_Run],
    limit: int,
    continues: Callable[[_Run, _Run], bool],
    join: Callable[[list[_Run]], _Run],
) -> list[_Run] | None:
    """Runs in order of their ids; None where they are short or lie among those that are there."""
    made.sort(key=lambda run: run.first_id)
    if made and made[0].first_id < limit:
        return None
    groups: list[list[_Run]] = []
    for run in made:
        if groups and continues(groups[-1][-1], run):
            groups[-1].append(run)
        else:
            groups.append([run])
    if len(groups) > 1 and sum(map(size_of, made)) < len(groups) * _RUN_ROWS_MIN:
        return None
    return [group[0] if len(group) == 1 else join(group) for group in groups]


def _continues_nodes(one: CreateNodes, other: CreateNodes) -> bool:
    return (
        one.ids.stop == other.first_id
        and one.labels == other.labels
        and one.properties.keys() == other.properties.keys()
    )


def _continues_edges(one: CreateEdges, other: CreateEdges) -> bool:
    return (
        one.ids.stop == other.first_id
        and one.type == other.type
        and one.properties.keys() == other.properties.keys()
    )


def _join_nodes(group: list[CreateNodes]) -> CreateNodes:
    first = group[0]
    return CreateNodes(
        first.first_id, sum(part.count for part in group), first.labels, _columns_of(group)
    )


def _join_edges(group: list[CreateEdges]) -> CreateEdges:
    first = group[0]
    sources = [node for part in group for node in part.sources]
    targets = [node for part in group for node in part.targets]
    return CreateEdges(first.first_id, first.type, sources, targets, _columns_of(group))


def _columns_of(group: Iterable[CreateNodes | CreateEdges]) -> dict[str, list[Any]]:
    columns: Mapping[str, list[Any]] = {}
    for part in group:
        if not columns:
            columns = {key: [] for key in part.properties}
        for key, values in part.properties.items():
            columns[key].extend(values)
    return dict(columns)
