"""DeltaStore: what changed since the base, or inside one transaction.

`apply` folds changes in; it is the only way in, for commits, for recovery, for a transaction's own
writes. Readers go through `GraphView`. Everything only grows: chains get newer heads, adjacency gets
longer lists, index candidates get more entries, and each entry carries its txid, so that any number of
snapshots read one store without locks. A checkpoint starts a new store; old readers keep the old one.

    nodes, edges    chains of label tuples, of (type, source, target); None: deleted
    node_values     key -> DeltaColumn        edge_values alike
    outgoing        AddedEdges by source      incoming by target
    deleted_edges   those that are gone, once more
    indexes         name -> DeltaIndex
    touch_logs      definition -> TouchLog, of search indexes

A large commit is applied in runs of changes of one kind, column by column.
"""

from __future__ import annotations

from itertools import groupby, repeat
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, cast

from neuralgraph.storage.indexes.delta_index import DeltaIndex
from neuralgraph.storage.indexes.search_kinds import SEARCH_KINDS, touch_log
from neuralgraph.storage.versions.added_edges import AddedEdges
from neuralgraph.storage.versions.chains import DeltaColumn, txids_of
from neuralgraph.storage.versions.changes import (
    Change,
    CreateConstraint,
    CreateEdge,
    CreateEdges,
    CreateIndex,
    CreateNode,
    CreateNodes,
    DeleteEdge,
    DeleteEdges,
    DeleteNode,
    DeleteNodes,
    DropConstraint,
    DropIndex,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
    size_of,
)
from neuralgraph.storage.versions.counts import Counts
from neuralgraph.storage.versions.deleted_edges import DeletedEdges
from neuralgraph.storage.versions.entity_states import EdgeStates, NodeStates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.indexes.touch_log import TouchLog

_RUN_MIN: Final = 8
"""From so many changes on it pays to look for runs of one kind."""


class Below(Protocol):
    """What lies under a delta store: the base, or for a transaction its snapshot."""

    def latest_labels(self, node_id: int) -> tuple[str, ...] | None:
        """Labels, or None when there is no such node."""
        ...

    def latest_labels_of_each(self, node_ids: Sequence[int]) -> Sequence[tuple[str, ...] | None]:
        """`latest_labels` for many."""
        ...

    def latest_edge(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target, or None when there is no such edge."""
        ...

    def lists_edge(self, edge_id: int) -> bool:
        """Does the edge stand in the adjacency, dead or alive?"""
        ...

    def latest_node_value(self, node_id: int, key: str) -> Any:
        """The property, None when absent."""
        ...

    def latest_edge_value(self, edge_id: int, key: str) -> Any:
        """The property, None when absent."""
        ...

    @property
    def node_keys(self) -> Iterable[str]: ...  # noqa: D102 - of those that some node has, and perhaps more
    @property
    def edge_keys(self) -> Iterable[str]: ...  # noqa: D102


class DeltaStore:
    """Changes younger than `base_txid`; see the module's docstring."""

    __slots__ = (
        "_below",
        "_by_key",
        "_by_label",
        "base_txid",
        "change_count",
        "counts",
        "deleted_edges",
        "edge_limit",
        "edge_states",
        "edge_values",
        "edges",
        "incoming",
        "index_definitions",
        "indexes",
        "node_limit",
        "node_states",
        "node_values",
        "nodes",
        "outgoing",
        "touch_logs",
    )

    def __init__(
        self, base_txid: int, below: Below, indexes: Iterable[IndexDefinition] = ()
    ) -> None:
        self.base_txid = base_txid
        self._below = below
        self.nodes = NodeStates()
        self.edges = EdgeStates()
        self.node_states = self.nodes.log
        self.edge_states = self.edges.log
        self.node_values: dict[str, DeltaColumn] = {}
        self.edge_values: dict[str, DeltaColumn] = {}
        self.outgoing = AddedEdges()
        self.incoming = AddedEdges()
        self.deleted_edges = DeletedEdges(self.edge_states)
        self.indexes: dict[str, DeltaIndex] = {}
        self.touch_logs: dict[IndexDefinition, TouchLog] = {}
        self.index_definitions: dict[str, IndexDefinition] = {}
        self._by_key: dict[tuple[str, str], list[IndexDefinition]] = {}
        self._by_label: dict[tuple[str, str], list[IndexDefinition]] = {}
        self.node_limit = 0
        self.edge_limit = 0
        self.change_count = 0
        self.counts = Counts()
        for definition in indexes:
            self.add_index(definition)

    def apply(self, changes: Sequence[Change], txid: int) -> None:
        """Fold changes in, in order. One writer at a time; readers need not wait.

        Schema changes are the state's business and pass by, but for indexes, which begin to collect
        candidates here.
        """
        if len(changes) < _RUN_MIN:
            self._apply_each(changes, txid)
        else:
            for kind, run in groupby(changes, type):
                if kind is CreateNode:
                    self._create_each_node(cast("list[CreateNode]", list(run)), txid)
                elif kind is CreateEdge:
                    self._create_each_edge(cast("list[CreateEdge]", list(run)), txid)
                else:
                    self._apply_each(run, txid)
        for log in self.touch_logs.values():
            log.mark(txid)
        self.change_count += sum(map(size_of, changes))

    def _apply_each(self, changes: Iterable[Change], txid: int) -> None:
        handlers = self._handlers
        for change in changes:
            handler = handlers.get(type(change))
            if handler is not None:
                handler(self, change, txid)
            else:
                self._change_schema(change)

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    def _create_node(self, change: CreateNode, txid: int) -> None:
        node_id, labels = change.id, change.labels
        self.node_states.push(node_id, labels, txid)
        if node_id >= self.node_limit:
            self.node_limit = node_id + 1
        self.counts.count_node(labels, 1)
        for key, value in change.properties.items():
            _column(self.node_values, key).push(node_id, value, txid)
        if self.index_definitions:
            self._index_entity("node", node_id, labels, change.properties)

    def _create_nodes(self, change: CreateNodes, txid: int) -> None:
        self._add_nodes(list(change.ids), change.labels, change.properties, txid)

    def _create_each_node(self, changes: list[CreateNode], txid: int) -> None:
        for (labels, keys), group in groupby(changes, _shape_of_node):
            part = list(group)
            ids = [change.id for change in part]
            self._add_nodes(ids, labels, _columns_of(keys, part), txid)

    def _add_nodes(
        self,
        ids: Sequence[int],
        labels: tuple[str, ...],
        columns: Mapping[str, Sequence[Any]],
        txid: int,
    ) -> None:
        self.nodes.log.push_first(ids, [labels] * len(ids), txid)
        self.node_limit = max(self.node_limit, max(ids) + 1)
        self.counts.count_node(labels, len(ids))
        _push_values(self.node_values, columns, ids, txid)
        for label in labels:
            for definition in self._by_label.get(("node", label), ()):
                self._index_entities(definition, ids, columns)

    def _delete_node(self, change: DeleteNode, txid: int) -> None:
        self._delete_all((change.id,), txid)

    def _delete_nodes(self, change: DeleteNodes, txid: int) -> None:
        self._delete_all(change.ids, txid)

    def _delete_all(self, ids: Sequence[int], txid: int) -> None:
        """Nodes that exist, each once."""
        by_labels: dict[tuple[str, ...], list[int]] = {}
        for node_id, labels in zip(ids, self.labels_of_each(ids), strict=True):
            by_labels.setdefault(labels or (), []).append(node_id)
        self.node_states.push_many(ids, [None] * len(ids), txid)
        for labels, gone in by_labels.items():
            self.counts.count_node(labels, -len(gone))
            for label in labels:
                for definition in self._by_label.get(("node", label), ()):
                    self._collector(definition).touch_many(gone)

    def _set_labels(self, change: SetLabels, txid: int) -> None:
        before = self.labels_of(change.id) or ()
        self.node_states.push(change.id, change.labels, txid)
        counts = self.counts.nodes
        for label in before:
            if label not in change.labels:
                counts[label] = counts.get(label, 0) - 1
                for definition in self._by_label.get(("node", label), ()):
                    self._collector(definition).touch(change.id)
        for label in change.labels:
            if label not in before:
                counts[label] = counts.get(label, 0) + 1
                for definition in self._by_label.get(("node", label), ()):
                    self._reindex(definition, change.id)

    def _set_node_property(self, change: SetNodeProperty, txid: int) -> None:
        _column(self.node_values, change.key).push(change.id, change.value, txid)
        for definition in self._by_key.get(("node", change.key), ()):
            self._reindex(definition, change.id)

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def _create_edge(self, change: CreateEdge, txid: int) -> None:
        edge_id, edge_type = change.id, change.type
        source, target = change.source, change.target
        self.edge_states.push(edge_id, (edge_type, source, target), txid)
        if edge_id >= self.edge_limit:
            self.edge_limit = edge_id + 1
        self.outgoing.add(source, edge_id, edge_type, target, txid)
        self.incoming.add(target, edge_id, edge_type, source, txid)
        self.counts.count_edge(edge_type, 1)
        for key, value in change.properties.items():
            _column(self.edge_values, key).push(edge_id, value, txid)
        if self.index_definitions:
            self._index_entity("edge", edge_id, (edge_type,), change.properties)

    def _delete_edge(self, change: DeleteEdge, txid: int) -> None:
        self.edge_states.push(change.id, None, txid)
        self.deleted_edges.add((change.id,), txid)
        self.counts.count_edge(change.type, -1)
        for definition in self._by_label.get(("edge", change.type), ()):
            self._collector(definition).touch(change.id)

    def _create_edges(self, change: CreateEdges, txid: int) -> None:
        ends = (change.sources, change.targets)
        self._add_edges(list(change.ids), change.type, ends, change.properties, txid)

    def _create_each_edge(self, changes: list[CreateEdge], txid: int) -> None:
        for (edge_type, keys), group in groupby(changes, _shape_of_edge):
            part = list(group)
            ids = [change.id for change in part]
            ends = ([change.source for change in part], [change.target for change in part])
            self._add_edges(ids, edge_type, ends, _columns_of(keys, part), txid)

    def _add_edges(
        self,
        ids: Sequence[int],
        edge_type: str,
        ends: tuple[Sequence[int], Sequence[int]],
        columns: Mapping[str, Sequence[Any]],
        txid: int,
    ) -> None:
        sources, targets = ends
        states = zip(repeat(edge_type, len(ids)), sources, targets, strict=True)
        self.edge_states.push_first(ids, states, txid)
        self.edge_limit = max(self.edge_limit, max(ids) + 1)
        self.outgoing.add_many(sources, ids, edge_type, targets, txid)
        self.incoming.add_many(targets, ids, edge_type, sources, txid)
        self.counts.count_edge(edge_type, len(ids))
        _push_values(self.edge_values, columns, ids, txid)
        for definition in self._by_label.get(("edge", edge_type), ()):
            self._index_entities(definition, ids, columns)

    def _delete_edges(self, change: DeleteEdges, txid: int) -> None:
        ids = change.ids
        self.edge_states.push_many(ids, [None] * len(ids), txid)
        self.deleted_edges.add(ids, txid)
        self.counts.count_edge(change.type, -len(ids))
        for definition in self._by_label.get(("edge", change.type), ()):
            self._collector(definition).touch_many(ids)

    def _set_edge_property(self, change: SetEdgeProperty, txid: int) -> None:
        _column(self.edge_values, change.key).push(change.id, change.value, txid)
        for definition in self._by_key.get(("edge", change.key), ()):
            self._reindex(definition, change.id)

    # ── what comes back ───────────────────────────────────────────────────────────────────────
    # Values of the first life may stand in this store or below. Which do depends on where the base ends, here
    # and now, so that the change itself cannot tell: whoever replays it may stand on another base.

    def _restore_node(self, change: RestoreNode, txid: int) -> None:
        node_id, labels = change.id, change.labels
        self.node_states.push(node_id, labels, txid)
        self.node_limit = max(self.node_limit, node_id + 1)
        self.counts.count_node(labels, 1)
        keys = {*self.node_values, *self._below.node_keys}
        left = (key for key in keys if self.node_value(node_id, key) is not None)
        properties = {**dict.fromkeys(left), **change.properties}
        for key, value in properties.items():
            _column(self.node_values, key).push(node_id, value, txid)
        if self.index_definitions:
            self._index_entity("node", node_id, labels, properties)

    def _restore_edge(self, change: RestoreEdge, txid: int) -> None:
        edge_id, edge_type = change.id, change.type
        source, target = change.source, change.target
        if not self.lists_edge(edge_id):
            self.outgoing.add(source, edge_id, edge_type, target, txid)
            self.incoming.add(target, edge_id, edge_type, source, txid)
        self.edge_states.push(edge_id, (edge_type, source, target), txid)
        # It stands in the adjacency, of this layer or below; whoever took it out there is overruled.
        self.deleted_edges.add_restored(edge_id, txid)
        self.edge_limit = max(self.edge_limit, edge_id + 1)
        self.counts.count_edge(edge_type, 1)
        keys = {*self.edge_values, *self._below.edge_keys}
        left = (key for key in keys if self.edge_value(edge_id, key) is not None)
        properties = {**dict.fromkeys(left), **change.properties}
        for key, value in properties.items():
            _column(self.edge_values, key).push(edge_id, value, txid)
        if self.index_definitions:
            self._index_entity("edge", edge_id, (edge_type,), properties)

    def lists_edge(self, edge_id: int) -> bool:
        """Does the edge stand in the adjacency of this store or of what lies below, dead or alive?"""
        states = self.edge_states
        place = states.heads.get(edge_id, -1)
        while place >= 0:
            if states.values[place] is not None:
                return True
            place = states.older[place]
        return self._below.lists_edge(edge_id)

    # ── what is true now ──────────────────────────────────────────────────────────────────────

    def labels_of(self, node_id: int) -> tuple[str, ...] | None:
        """Labels after all changes, or None when there is no such node."""
        states = self.node_states
        place = states.heads.get(node_id, -1)
        return self._below.latest_labels(node_id) if place < 0 else states.values[place]

    def labels_of_each(self, node_ids: Sequence[int]) -> Sequence[tuple[str, ...] | None]:
        """`labels_of` for many."""
        if self.node_states.heads.keys().isdisjoint(node_ids):
            return self._below.latest_labels_of_each(node_ids)
        return [self.labels_of(node_id) for node_id in node_ids]

    def edge_of(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target after all changes, or None when there is no such edge."""
        states = self.edge_states
        place = states.heads.get(edge_id, -1)
        return self._below.latest_edge(edge_id) if place < 0 else states.values[place]

    def node_value(self, node_id: int, key: str) -> Any:
        """A property after all changes."""
        column = self.node_values.get(key)
        place = -1 if column is None else column.heads.get(node_id, -1)
        if column is None or place < 0:
            return self._below.latest_node_value(node_id, key)
        return column.values[place]

    def edge_value(self, edge_id: int, key: str) -> Any:
        """A property after all changes."""
        column = self.edge_values.get(key)
        place = -1 if column is None else column.heads.get(edge_id, -1)
        if column is None or place < 0:
            return self._below.latest_edge_value(edge_id, key)
        return column.values[place]

    # What lies above this store (a transaction's own) asks the same questions.
    latest_labels = labels_of
    latest_labels_of_each = labels_of_each
    latest_edge = edge_of
    latest_node_value = node_value
    latest_edge_value = edge_value

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def add_index(self, definition: IndexDefinition) -> None:
        """Begin to collect candidates; for an index of keys, what is here already is the caller's to add."""
        if definition.kind in SEARCH_KINDS:
            log = touch_log(definition, self._logs_of(definition))
            self.touch_logs = {**self.touch_logs, definition: log}
        else:
            self.indexes[definition.name] = DeltaIndex(len(definition.keys))
        self.index_definitions[definition.name] = definition
        for label in definition.labels:
            self._by_label.setdefault((definition.entity, label), []).append(definition)
        for key in definition.keys:
            self._by_key.setdefault((definition.entity, key), []).append(definition)

    def drop_index(self, name: str) -> None:
        """Stop collecting."""
        definition = self.index_definitions.pop(name, None)
        if definition is None:
            return
        # Readers of an older state may still look here, so the candidates stay until the next fold.
        for known in (self._by_label, self._by_key):
            for entry, definitions in list(known.items()):
                known[entry] = [other for other in definitions if other.name != name]

    def _change_schema(self, change: Change) -> None:
        match change:
            case CreateIndex(definition):
                self.add_index(definition)
                if definition.kind not in SEARCH_KINDS:
                    self._populate(definition)
            case DropIndex(name):
                self.drop_index(name)
            case CreateConstraint() | DropConstraint():
                return
            case _:
                raise AssertionError(f"{type(change).__name__} does not go through deltas")

    def _populate(self, definition: IndexDefinition) -> None:
        """Candidates for what changed between the base and the making of the index.

        Older versions are candidates too: the past is read through an index that was made later.
        """
        states, *columns = self._logs_of(definition)
        touched = set(states.heads).union(*(column.heads for column in columns))
        for entity_id in sorted(touched):
            if self._is_foreign(definition, entity_id):
                continue
            self._reindex(definition, entity_id)
            for txid in txids_of(entity_id, columns)[1:]:
                self._index_version(definition, entity_id, txid)

    def _is_foreign(self, definition: IndexDefinition, entity_id: int) -> bool:
        """Was the entity made since the base, and has it never had a label (or type) of the index?"""
        of_nodes = definition.entity == "node"
        states = self.node_states if of_nodes else self.edge_states
        below = self._below.latest_labels if of_nodes else self._below.latest_edge
        place = states.heads.get(entity_id, -1)
        state = None if place < 0 or states.older[place] >= 0 else states.values[place]
        if state is None or below(entity_id) is not None:
            return False
        return set(definition.labels).isdisjoint(state if of_nodes else state[:1])

    def _logs_of(self, definition: IndexDefinition) -> list[DeltaColumn]:
        """What an index is about: the states of entities, and the values of its keys."""
        of_nodes = definition.entity == "node"
        values = self.node_values if of_nodes else self.edge_values
        states = self.node_states if of_nodes else self.edge_states
        return [states, *(values[key] for key in definition.keys if key in values)]

    def _index_version(self, definition: IndexDefinition, entity_id: int, txid: int) -> None:
        """A candidate for what an entity had after an older commit."""
        of_nodes = definition.entity == "node"
        columns = self.node_values if of_nodes else self.edge_values
        below = self._below.latest_node_value if of_nodes else self._below.latest_edge_value
        had: list[Any] = []
        for key in definition.keys:
            column = columns.get(key)
            place = -1 if column is None else column.place_of(entity_id, txid)
            if column is None or place < 0:
                had.append(below(entity_id, key))
            else:
                had.append(column.values[place])
        if not any(value is None for value in had):
            self.indexes[definition.name].add(entity_id, had)

    def _index_entity(
        self,
        entity: str,
        entity_id: int,
        labels: Iterable[str],
        properties: Mapping[str, Any],
    ) -> None:
        """A created entity; all it has is at hand."""
        get = properties.get
        for label in labels:
            for definition in self._by_label.get((entity, label), ()):
                log = self._log(definition)
                if log is not None:
                    log.touch(entity_id)
                    continue
                values = []
                for key in definition.keys:
                    value = get(key)
                    if value is None:
                        self.indexes[definition.name].touch(entity_id)
                        break
                    values.append(value)
                else:
                    self.indexes[definition.name].add(entity_id, values)

    def _index_entities(
        self,
        definition: IndexDefinition,
        ids: Sequence[int],
        columns: Mapping[str, Sequence[Any]],
    ) -> None:
        """Created entities of one shape."""
        index = self._collector(definition)
        if type(index) is DeltaIndex and all(key in columns for key in definition.keys):
            index.add_many(ids, [columns[key] for key in definition.keys])
        else:
            index.touch_many(ids)

    def _collector(self, definition: IndexDefinition) -> DeltaIndex | TouchLog:
        log = self._log(definition)
        return self.indexes[definition.name] if log is None else log

    def _log(self, definition: IndexDefinition) -> TouchLog | None:
        """Of a search index; None for one of keys."""
        return self.touch_logs.get(definition) if self.touch_logs else None

    def _reindex(self, definition: IndexDefinition, entity_id: int) -> None:
        log = self._log(definition)
        if log is not None:
            log.touch(entity_id)
            return
        value_of = self.node_value if definition.entity == "node" else self.edge_value
        values = [value_of(entity_id, key) for key in definition.keys]
        index = self.indexes[definition.name]
        if any(value is None for value in values):
            index.touch(entity_id)
        else:
            index.add(entity_id, values)

    # Not bound methods in each store: these would lead back to it, and only a collection would let it go.
    _handlers: ClassVar[dict[type, Callable[[DeltaStore, Any, int], None]]] = {
        CreateNode: _create_node,
        DeleteNode: _delete_node,
        DeleteNodes: _delete_nodes,
        SetNodeProperty: _set_node_property,
        SetLabels: _set_labels,
        CreateEdge: _create_edge,
        DeleteEdge: _delete_edge,
        SetEdgeProperty: _set_edge_property,
        RestoreNode: _restore_node,
        RestoreEdge: _restore_edge,
        CreateNodes: _create_nodes,
        CreateEdges: _create_edges,
        DeleteEdges: _delete_edges,
    }


def _column(columns: dict[str, DeltaColumn], key: str) -> DeltaColumn:
    column = columns.get(key)
    if column is None:
        column = columns[key] = DeltaColumn()
    return column


def _shape_of_node(change: CreateNode) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return change.labels, tuple(change.properties)


def _shape_of_edge(change: CreateEdge) -> tuple[str, tuple[str, ...]]:
    return change.type, tuple(change.properties)


def _columns_of(
    keys: Sequence[str], changes: Sequence[CreateNode] | Sequence[CreateEdge]
) -> dict[str, Sequence[Any]]:
    """The properties of created entities that all have the same keys in the same order; by key."""
    rows = (change.properties.values() for change in changes)
    return dict(zip(keys, zip(*rows, strict=True), strict=True))


def _push_values(
    columns: dict[str, DeltaColumn],
    values: Mapping[str, Sequence[Any]],
    ids: Sequence[int],
    txid: int,
) -> None:
    """The properties of created entities, a value for each."""
    for key, items in values.items():
        _column(columns, key).push_first(ids, items, txid)
