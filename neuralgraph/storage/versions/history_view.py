"""HistoricalBase: a base as it was after an earlier commit.

    base arrays   what is true at base.txid
    patches       ids in order, and what was true of them then instead (from `history`)
    births        what came later is not there yet

Every read is the base's read with a few rows replaced: `searchsorted` finds which. Patches are made on
first use and kept, and what is read often becomes flat, as in the base; so a read costs about as much as
one of now, whatever the number of versions, as long as one object serves many reads of its moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.indexes.sorted_index import IndexRun, OverlaidRun
from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
from neuralgraph.storage.versions.base_arrays import Cache
from neuralgraph.storage.versions.base_columns import PropertyColumn
from neuralgraph.storage.versions.base_indexing import covered_ids, index_entities
from neuralgraph.storage.versions.history_adjacency import HistoricalAdjacency
from neuralgraph.storage.versions.history_columns import HistoricalColumn
from neuralgraph.storage.versions.history_tables import HistoricalEdges, HistoricalNodes
from neuralgraph.storage.versions.search_building import level_among

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.indexes.search_run import Level, SearchRun
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.base_commits import CommitLog
    from neuralgraph.storage.versions.base_edges import EdgeRecord
    from neuralgraph.storage.versions.history import History, HistoryLog
    from neuralgraph.storage.versions.schema_history import Births, SchemaHistory
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import Int64Array


class HistoricalBase:
    """The graph as it was after commit `txid`; implements `base_reader.BaseReader`.

    Indexes are those of the base: each finds what was true then.
    """

    __slots__ = (
        "_cache",
        "base",
        "edge_keys",
        "edge_limit",
        "edge_types",
        "edges",
        "labels",
        "node_keys",
        "node_limit",
        "nodes",
        "property_keys",
        "txid",
    )

    def __init__(self, base: Base, txid: int) -> None:
        """Look at `base` as of `txid`, at most `base.txid`."""
        assert txid <= base.txid, "younger commits are not in this base"
        self.base = base
        self.txid = txid
        self.labels = base.labels
        self.edge_types = base.edge_types
        self.property_keys = base.property_keys
        self.node_limit = base.node_limit
        self.edge_limit = base.edge_limit
        history = base.history
        self.node_keys = tuple(dict.fromkeys((*base.node_keys, *history.node_values)))
        self.edge_keys = tuple(dict.fromkeys((*base.edge_keys, *history.edge_values)))
        self.nodes = HistoricalNodes(base.nodes, history.nodes.displaced(txid), txid)
        self.edges = HistoricalEdges(base.edges, history.edges.displaced(txid), txid)
        self._cache = Cache()

    @property
    def indexes(self) -> tuple[IndexDefinition, ...]:
        """As the base has them; what a later constraint owns is not known to be unique."""
        return self.schema.usable(self.base.indexes, self.txid)

    @property
    def constraints(self) -> tuple[ConstraintDefinition, ...]:
        """Those of then."""
        return tuple(made.definition for made in self.schema.at(self.txid).constraints.values())

    @property
    def schema(self) -> SchemaHistory:
        """As the base has it."""
        return self.base.schema

    @property
    def births(self) -> Births:
        """As the base has them."""
        return self.base.births

    @property
    def commits(self) -> CommitLog:
        """As the base has them."""
        return self.base.commits

    @property
    def history(self) -> History:
        """As the base has it."""
        return self.base.history

    def node_count(self, label: str | None = None) -> int:
        """Nodes, or nodes with `label`; exact."""
        return self.nodes.count(label)

    def edge_count(self, edge_type: str | None = None) -> int:
        """Edges, or edges of a type; exact."""
        return self.edges.count(edge_type)

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    def node_exists(self, ids: IdArray) -> MaskArray:
        """Which of the ids were nodes."""
        return self.nodes.exists(ids)

    def has_node(self, node_id: int) -> bool:
        """Was there such a node?"""
        return self.nodes.has(node_id)

    def has_label(self, ids: IdArray, label: str) -> MaskArray:
        """Which of the nodes carried `label`."""
        return self.nodes.has_label(ids, label)

    def labels_of(self, node_id: int) -> tuple[str, ...]:
        """Labels in order of first use; none for an unknown id."""
        return self.nodes.labels_of(node_id)

    def node_ids(self, label: str | None = None) -> Iterator[IdArray]:
        """All nodes, or all with `label`, ascending, a segment at a time."""
        return self.nodes.ids(label)

    def node_column(self, key: str) -> PropertyColumn | None:
        """A property of nodes; None when no node ever had it."""
        column: PropertyColumn | None = self._cache.get(
            ("node", key),
            lambda: self._column(
                self.base.node_column(key), self.history.node_values, key, self.node_limit
            ),
        )
        return column

    def _column(
        self,
        below: PropertyColumn | None,
        logs: Mapping[str, HistoryLog],
        key: str,
        limit: int,
    ) -> PropertyColumn | None:
        log = logs.get(key)
        displaced = None if log is None else log.displaced(self.txid)
        if displaced is None:
            return below
        if below is None:
            below = PropertyColumn({}, limit)
        return HistoricalColumn(below, displaced.ids, displaced.payload[0])

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def edge_exists(self, ids: IdArray) -> MaskArray:
        """Which of the ids were edges."""
        return self.edges.exists(ids)

    def edge_record(self, edge_id: int) -> EdgeRecord | None:
        """Type, source and target; None when there was no such edge."""
        return self.edges.record(edge_id)

    def edge_type_codes(self, ids: IdArray) -> Int64Array:
        """Places in `edge_types`; -1 for unknown ids."""
        return self.edges.type_codes(ids)

    def edge_ends(self, ids: IdArray) -> tuple[IdArray, IdArray]:
        """Sources and targets; -1 for unknown ids."""
        return self.edges.ends(ids)

    def edge_ids(self, edge_type: str | None = None) -> Iterator[IdArray]:
        """All edges, or all of a type, ascending, a segment at a time."""
        return self.edges.ids(edge_type)

    def edge_column(self, key: str) -> PropertyColumn | None:
        """A property of edges; None when no edge ever had it."""
        column: PropertyColumn | None = self._cache.get(
            ("edge", key),
            lambda: self._column(
                self.base.edge_column(key), self.history.edge_values, key, self.edge_limit
            ),
        )
        return column

    def adjacency(self, edge_type: str, direction: str) -> BaseAdjacency | None:
        """Edges of a type by node; None when there never was one."""
        adjacency: BaseAdjacency | None = self._cache.get(
            ("adjacency", edge_type, direction), lambda: self._adjacency(edge_type, direction)
        )
        return adjacency

    def _adjacency(self, edge_type: str, direction: str) -> BaseAdjacency | None:
        edges = self.edges
        below = self.base.adjacency(edge_type, direction)
        past = edges.past_edges(edge_type, direction)
        hidden = edges.hidden_edges()
        if len(past.edges) == 0 and len(hidden) == 0 and edges.births is None:
            return below
        if below is None:
            below = BaseAdjacency({}, self.node_limit)
        return HistoricalAdjacency(below, past, hidden, edges.births, self.txid)

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def index_run(self, name: str) -> IndexRun | None:
        """The entries of an index, as they would have been."""
        run: IndexRun | None = self._cache.get(("index", name), lambda: self._run(name))
        return run

    def _run(self, name: str) -> IndexRun | None:
        run = self.base.index_run(name)
        if run is None:
            return None
        differing = self._differing(run.definition)
        if len(differing) == 0:
            return run
        there = covered_ids(self, run.definition, differing)
        return OverlaidRun(run, differing, index_entities(self, run.definition, there, None))

    def search_run(self, name: str) -> SearchRun | None:
        """A search index as it is now; `search_level` says what was otherwise."""
        return self.base.search_run(name)

    def commit_time_us(self, txid: int) -> int | None:
        """See `BaseReader`."""
        return self.base.commit_time_us(txid)

    def search_level(self, definition: IndexDefinition) -> Level | None:
        """What was otherwise than the run has it; None: nothing."""
        level: Level | None = self._cache.get(
            ("search", definition), lambda: self._level(definition)
        )
        return level

    def _level(self, definition: IndexDefinition) -> Level | None:
        differing = self._differing(definition)
        return level_among(self, definition, differing) if len(differing) else None

    def _differing(self, definition: IndexDefinition) -> IdArray:
        """Entities whose entries in an index were not those of now; ascending."""
        entities = self.nodes if definition.entity == "node" else self.edges
        columns = self.history.node_values
        if definition.entity == "edge":
            columns = self.history.edge_values
        pieces = [entities.patched, entities.unborn()]
        for key in definition.keys:
            displaced = columns[key].displaced(self.txid) if key in columns else None
            if displaced is not None:
                pieces.append(displaced.ids)
        return np.unique(np.concatenate(pieces))

    # ── as what lies under a delta store ──────────────────────────────────────────────────────

    def latest_labels(self, node_id: int) -> tuple[str, ...] | None:
        """Labels, or None when there was no such node."""
        return self.nodes.labels_of(node_id) if self.nodes.has(node_id) else None

    def latest_labels_of_each(self, node_ids: Sequence[int]) -> list[tuple[str, ...] | None]:
        """`latest_labels` for many."""
        return [self.latest_labels(node_id) for node_id in node_ids]

    def latest_edge(self, edge_id: int) -> EdgeRecord | None:
        """Type, source and target, or None when there was no such edge."""
        return self.edges.record(edge_id)

    def lists_edge(self, edge_id: int) -> bool:
        """Does the edge stand in the adjacency?"""
        return self.edges.record(edge_id) is not None

    def latest_node_value(self, node_id: int, key: str) -> Any:
        """The property, None when absent."""
        column = self.node_column(key)
        return None if column is None else column.value(node_id)

    def latest_edge_value(self, edge_id: int, key: str) -> Any:
        """The property, None when absent."""
        column = self.edge_column(key)
        return None if column is None else column.value(edge_id)
