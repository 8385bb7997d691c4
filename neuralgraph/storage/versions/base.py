"""Base: the immutable, stored, columnar fold of all commits up to `base.txid`.

    nodes           label sets and birth by id               base_nodes
    edges           type, ends and birth by id               base_edges
    columns         property values by key and id            base_columns
    adjacencies     edges by node, type and direction        base_adjacency
    runs            index entries in order                   indexes.sorted_index
    search_runs     vector and full-text indexes             indexes.search_run
    history         what was displaced, by "until"           history
    commits         txid, time and metadata                  base_commits

All of it is segments of 65,536 ids in blocks of the database file, mapped when first touched: opening a
base reads its manifest only. A new base shares every segment that did not change with the one before;
`folding` and `attaching` make new ones, `HistoricalBase` reads an old moment. Threads may read one base
without locks.

Ids given to methods that take arrays must be at least -1, but for `node_exists` and `edge_exists`,
which take any.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.storage.indexes.search_kinds import SEARCH_KINDS
from neuralgraph.storage.versions.base_parts import BaseParts
from neuralgraph.storage.versions.manifest_codec import (
    decode_manifest,
    encode_manifest,
    unbuilt,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.storage.indexes.search_run import SearchRun
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
    from neuralgraph.storage.versions.base_columns import PropertyColumn
    from neuralgraph.storage.versions.base_edges import EdgeRecord
    from neuralgraph.storage.versions.schema_history import Births, SchemaHistory
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import Int64Array


class Base:
    """The graph as it was after commit `txid`; implements `base_reader.BaseReader`."""

    __slots__ = (
        "_adjacencies",
        "_edge_columns",
        "_node_columns",
        "_origin",
        "_runs",
        "_search_runs",
        "commits",
        "edge_keys",
        "edge_limit",
        "edge_types",
        "edges",
        "history",
        "labels",
        "node_keys",
        "node_limit",
        "nodes",
        "parts",
        "property_keys",
        "txid",
    )

    def __init__(self, parts: BaseParts, *, origin: Base | None = None) -> None:
        """Take parts; `origin` is another base that must live as long as this one."""
        self.parts = parts
        self._origin = origin
        self.txid = parts.txid
        self.nodes = parts.nodes
        self.edges = parts.edges
        self.history = parts.history
        self.commits = parts.commits
        self.labels: tuple[str, ...] = parts.nodes.labels
        self.edge_types: tuple[str, ...] = parts.edges.types
        self.property_keys = parts.property_keys
        self.node_limit: int = parts.nodes.limit
        self.edge_limit: int = parts.edges.limit
        self._node_columns = dict(parts.node_columns)
        self._edge_columns = dict(parts.edge_columns)
        self.node_keys: tuple[str, ...] = tuple(self._node_columns)
        self.edge_keys: tuple[str, ...] = tuple(self._edge_columns)
        self._adjacencies = dict(parts.adjacencies)
        self._runs = dict(parts.runs)
        self._search_runs = dict(parts.search_runs)

    @staticmethod
    def empty() -> Base:
        """The graph before the first commit."""
        return Base(BaseParts())

    # ── schema and counts ─────────────────────────────────────────────────────────────────────

    @property
    def indexes(self) -> tuple[IndexDefinition, ...]:
        """Indexes of keys, then search indexes; oldest first."""
        runs: tuple[IndexRun | SearchRun, ...] = (*self._runs.values(), *self._search_runs.values())
        return tuple(run.definition for run in runs)

    @property
    def constraints(self) -> tuple[ConstraintDefinition, ...]:
        """Constraints, oldest first."""
        return self.parts.constraints

    @property
    def schema(self) -> SchemaHistory:
        """How indexes and constraints came and went, as far as it was folded."""
        return self.parts.schema

    @property
    def births(self) -> Births:
        """Since when names are used."""
        return self.parts.births

    def node_count(self, label: str | None = None) -> int:
        """Nodes, or nodes with `label`; exact."""
        return self.nodes.count(label)

    def edge_count(self, edge_type: str | None = None) -> int:
        """Edges, or edges of a type; exact."""
        return self.edges.count(edge_type)

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    def node_exists(self, ids: IdArray) -> MaskArray:
        """Which of the ids are nodes."""
        return self.nodes.exists(ids)

    def has_node(self, node_id: int) -> bool:
        """Is there such a node?"""
        return self.nodes.has(node_id)

    def has_label(self, ids: IdArray, label: str) -> MaskArray:
        """Which of the nodes carry `label`."""
        return self.nodes.has_label(ids, label)

    def labels_of(self, node_id: int) -> tuple[str, ...]:
        """Labels in order of first use; none for an unknown id."""
        return self.nodes.labels_of(node_id)

    def node_ids(self, label: str | None = None) -> Iterator[IdArray]:
        """All nodes, or all with `label`, ascending, a segment at a time."""
        return self.nodes.ids(label)

    def node_column(self, key: str) -> PropertyColumn | None:
        """A property of nodes; None when no node ever had it."""
        return self._node_columns.get(key)

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def edge_exists(self, ids: IdArray) -> MaskArray:
        """Which of the ids are edges."""
        return self.edges.exists(ids)

    def edge_record(self, edge_id: int) -> EdgeRecord | None:
        """Type, source and target; None when there is no such edge."""
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
        return self._edge_columns.get(key)

    def adjacency(self, edge_type: str, direction: str) -> BaseAdjacency | None:
        """Edges of a type by node; None when there never was one. `direction` is out or in."""
        return self._adjacencies.get((edge_type, direction))

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def index_run(self, name: str) -> IndexRun | None:
        """The entries of an index of keys."""
        return self._runs.get(name)

    def search_run(self, name: str) -> SearchRun | None:
        """A search index."""
        return self._search_runs.get(name)

    @property
    def is_unfinished(self) -> bool:
        """Is a search index waiting for the next fold?"""
        return any(run.is_unfinished for run in self._search_runs.values())

    def commit_time_us(self, txid: int) -> int | None:
        """See `BaseReader`."""
        return self.commits.timestamp_of(txid)

    def search_level(self, _definition: IndexDefinition) -> None:
        """What differs from the run: nothing."""
        return

    def with_index(self, definition: IndexDefinition) -> Base:
        """The same base with one more index, built in memory; the next fold stores it."""
        name = definition.name
        known = self._runs.get(name) or self._search_runs.get(name)
        if known is not None and known.definition == definition:
            return self
        runs, search_runs = dict(self._runs), dict(self._search_runs)
        if definition.kind in SEARCH_KINDS:
            from neuralgraph.storage.versions.search_building import build_search_run

            search_runs[name] = build_search_run(self, definition, None)
        else:
            from neuralgraph.storage.versions.base_indexing import build_index

            runs[name] = build_index(self, definition, None)
        return self._with_runs(runs, search_runs)

    def without_index(self, name: str) -> Base:
        """The same base without an index."""
        return self._with_runs(
            {known: run for known, run in self._runs.items() if known != name},
            {known: run for known, run in self._search_runs.items() if known != name},
        )

    def _with_runs(self, runs: dict[str, IndexRun], search_runs: dict[str, SearchRun]) -> Base:
        # It stands in the very blocks of this one: as long as it lives, this one must not go.
        return Base(replace(self.parts, runs=runs, search_runs=search_runs), origin=self)

    def replaced(self, **parts: Any) -> Base:
        """A base that differs in some of its `BaseParts`."""
        return Base(replace(self.parts, **parts))

    # ── as what lies under a delta store ──────────────────────────────────────────────────────

    def latest_labels(self, node_id: int) -> tuple[str, ...] | None:
        """Labels, or None when there is no such node."""
        return self.nodes.labels_of(node_id) if self.nodes.has(node_id) else None

    def latest_labels_of_each(self, node_ids: Sequence[int]) -> list[tuple[str, ...] | None]:
        """`latest_labels` for many."""
        return self.nodes.labels_of_each(node_ids)

    def latest_edge(self, edge_id: int) -> EdgeRecord | None:
        """Type, source and target, or None when there is no such edge."""
        return self.edges.record(edge_id)

    def lists_edge(self, edge_id: int) -> bool:
        """Does the edge stand in the adjacency?"""
        return self.edges.record(edge_id) is not None

    def latest_node_value(self, node_id: int, key: str) -> Any:
        """The property, None when absent."""
        column = self._node_columns.get(key)
        return None if column is None else column.value(node_id)

    def latest_edge_value(self, edge_id: int, key: str) -> Any:
        """The property, None when absent."""
        column = self._edge_columns.get(key)
        return None if column is None else column.value(edge_id)

    # ── as bytes ──────────────────────────────────────────────────────────────────────────────

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block that this base needs, history included."""
        parts = self.parts
        yield from parts.nodes.block_refs()
        yield from parts.edges.block_refs()
        stored: Sequence[Iterable[Any]] = (
            parts.node_columns.values(),
            parts.edge_columns.values(),
            parts.adjacencies.values(),
            parts.runs.values(),
            parts.search_runs.values(),
            (parts.history, parts.commits),
        )
        for group in stored:
            for part in group:
                yield from part.block_refs()

    def to_manifest(self) -> bytes:
        """All that `from_manifest` needs to find the blocks again."""
        return encode_manifest(self.parts)

    @staticmethod
    def from_manifest(manifest: bytes, blocks: BlockFile) -> Base:
        """The base that `to_manifest` described; reads no block.

        Raises:
            CorruptionError: the manifest cannot be read.
        """
        parts = decode_manifest(manifest, blocks)
        base = Base(parts)
        for definition in unbuilt(parts):
            base = base.with_index(definition)
        return base
