"""BaseParts: what a base consists of, as data."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from neuralgraph.storage.versions.base_commits import CommitLog
from neuralgraph.storage.versions.base_edges import EdgeTable
from neuralgraph.storage.versions.base_nodes import NodeTable
from neuralgraph.storage.versions.history import History
from neuralgraph.storage.versions.schema_history import Births, SchemaHistory
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access import ConstraintDefinition
    from neuralgraph.storage.indexes.search_run import SearchRun
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
    from neuralgraph.storage.versions.base_columns import PropertyColumn


@record
class BaseParts:
    """Everything a base consists of; `dataclasses.replace` makes the parts of the next one."""

    txid: int = 0
    nodes: NodeTable = field(default_factory=lambda: NodeTable((), (), {}, 0))
    edges: EdgeTable = field(default_factory=lambda: EdgeTable((), {}, 0))
    property_keys: tuple[str, ...] = ()
    node_columns: Mapping[str, PropertyColumn] = field(default_factory=dict)
    edge_columns: Mapping[str, PropertyColumn] = field(default_factory=dict)
    adjacencies: Mapping[tuple[str, str], BaseAdjacency] = field(default_factory=dict)
    runs: Mapping[str, IndexRun] = field(default_factory=dict)
    search_runs: Mapping[str, SearchRun] = field(default_factory=dict)
    constraints: tuple[ConstraintDefinition, ...] = ()
    schema: SchemaHistory = field(default_factory=SchemaHistory)
    births: Births = field(default_factory=Births)
    commits: CommitLog = field(default_factory=CommitLog)
    history: History = field(default_factory=History.empty)
    next_ids: tuple[int, int] = (0, 0)
