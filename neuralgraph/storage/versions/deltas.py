"""DeltaStore: what changed since the base, or inside one transaction.

`apply` folds changes in; it is the only way in, for commits, for recovery, for a transaction's own
writes. Readers go through `GraphView`. Everything only grows: chains get newer heads, adjacency gets
longer lists, index candidates get more entries, and each entry carries its txid, so that any number of
snapshots read one store without locks. A checkpoint starts a new store; old readers keep the old one.

    nodes        id -> chain of label tuples; None: deleted
    edges        id -> chain of (type, source, target); None: deleted
    node_values  key -> DeltaColumn        edge_values alike
    outgoing     AddedEdges by source      incoming by target
    indexes      name -> DeltaIndex
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from neuralgraph.storage.indexes.delta_index import DeltaIndex
from neuralgraph.storage.versions.added_edges import AddedEdges
from neuralgraph.storage.versions.chains import DeltaColumn, TouchedIds, Version, visible
from neuralgraph.storage.versions.changes import (
    Change,
    CreateConstraint,
    CreateEdge,
    CreateIndex,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    DropConstraint,
    DropIndex,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sortedcontainers import SortedDict

    from neuralgraph.access import IndexDefinition


class Below(Protocol):
    """What lies under a delta store: the base, or for a transaction its snapshot."""

    def latest_labels(self, node_id: int) -> tuple[str, ...] | None:
        """Labels, or None when there is no such node."""
        ...

    def latest_edge(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target, or None when there is no such edge."""
        ...

    def latest_node_value(self, node_id: int, key: str) -> Any:
        """The property, None when absent."""
        ...

    def latest_edge_value(self, edge_id: int, key: str) -> Any:
        """The property, None when absent."""
        ...


class Counts:
    """Changes of the number of nodes by label and of edges by type; the key None counts all."""

    __slots__ = ("edges", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[str | None, int] = {}
        self.edges: dict[str | None, int] = {}

    def count_node(self, labels: Iterable[str], step: int) -> None:
        """A node with these labels came (1) or went (-1)."""
        nodes = self.nodes
        nodes[None] = nodes.get(None, 0) + step
        for label in labels:
            nodes[label] = nodes.get(label, 0) + step

    def count_edge(self, edge_type: str, step: int) -> None:
        """An edge of this type came (1) or went (-1)."""
        edges = self.edges
        edges[None] = edges.get(None, 0) + step
        edges[edge_type] = edges.get(edge_type, 0) + step


class DeltaStore:
    """Changes younger than `base_txid`; see the module's docstring."""

    __slots__ = (
        "_below",
        "_by_key",
        "_by_label",
        "_handlers",
        "base_txid",
        "change_count",
        "counts",
        "deleted_edges",
        "edge_limit",
        "edge_states",
        "edge_values",
        "incoming",
        "index_definitions",
        "indexes",
        "node_limit",
        "node_states",
        "node_values",
        "outgoing",
    )

    def __init__(
        self, base_txid: int, below: Below, indexes: Iterable[IndexDefinition] = ()
    ) -> None:
        self.base_txid = base_txid
        self._below = below
        self.node_states = DeltaColumn()
        self.edge_states = DeltaColumn()
        self.node_values: dict[str, DeltaColumn] = {}
        self.edge_values: dict[str, DeltaColumn] = {}
        self.outgoing = AddedEdges()
        self.incoming = AddedEdges()
        self.deleted_edges = TouchedIds()
        self.indexes: dict[str, DeltaIndex] = {}
        self.index_definitions: dict[str, IndexDefinition] = {}
        self._by_key: dict[tuple[str, str], list[IndexDefinition]] = {}
        self._by_label: dict[tuple[str, str], list[IndexDefinition]] = {}
        self.node_limit = 0
        self.edge_limit = 0
        self.change_count = 0
        self.counts = Counts()
        for definition in indexes:
            self.add_index(definition)
        self._handlers: dict[type, Callable[[Any, int], None]] = {
            CreateNode: self._create_node,
            DeleteNode: self._delete_node,
            SetNodeProperty: self._set_node_property,
            SetLabels: self._set_labels,
            CreateEdge: self._create_edge,
            DeleteEdge: self._delete_edge,
            SetEdgeProperty: self._set_edge_property,
        }

    @property
    def nodes(self) -> SortedDict[int, Version]:
        """Chains of label tuples."""
        return self.node_states.chains

    @property
    def edges(self) -> SortedDict[int, Version]:
        """Chains of (type, source, target)."""
        return self.edge_states.chains

    def apply(self, changes: Sequence[Change], txid: int) -> None:
        """Fold changes in, in order. One writer at a time; readers need not wait.

        Schema changes are the state's business and pass by, but for indexes, which begin to collect
        candidates here.
        """
        handlers = self._handlers
        for change in changes:
            handler = handlers.get(type(change))
            if handler is not None:
                handler(change, txid)
            else:
                self._change_schema(change)
        self.change_count += len(changes)

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    def _create_node(self, change: CreateNode, txid: int) -> None:
        node_id, labels = change.id, change.labels
        self.node_states.push(node_id, labels, txid)
        if node_id >= self.node_limit:
            self.node_limit = node_id + 1
        self.counts.count_node(labels, 1)
        for key, value in change.properties.items():
            _column(self.node_values, key).push(node_id, value, txid)
        if self.indexes:
            self._index_entity("node", node_id, labels, change.properties)

    def _delete_node(self, change: DeleteNode, txid: int) -> None:
        labels = self.labels_of(change.id)
        self.node_states.push(change.id, None, txid)
        self.counts.count_node(labels or (), -1)
        for label in labels or ():
            for definition in self._by_label.get(("node", label), ()):
                self.indexes[definition.name].touch(change.id)

    def _set_labels(self, change: SetLabels, txid: int) -> None:
        before = self.labels_of(change.id) or ()
        self.node_states.push(change.id, change.labels, txid)
        counts = self.counts.nodes
        for label in before:
            if label not in change.labels:
                counts[label] = counts.get(label, 0) - 1
                for definition in self._by_label.get(("node", label), ()):
                    self.indexes[definition.name].touch(change.id)
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
        if self.indexes:
            self._index_entity("edge", edge_id, (edge_type,), change.properties)

    def _delete_edge(self, change: DeleteEdge, txid: int) -> None:
        chain = self.edge_states.chains.get(change.id)
        self.edge_states.push(change.id, None, txid)
        if chain is None or chain.value is not None:
            self.deleted_edges.note(change.id)
        self.counts.count_edge(change.type, -1)
        for definition in self._by_label.get(("edge", change.type), ()):
            self.indexes[definition.name].touch(change.id)

    def _set_edge_property(self, change: SetEdgeProperty, txid: int) -> None:
        _column(self.edge_values, change.key).push(change.id, change.value, txid)
        for definition in self._by_key.get(("edge", change.key), ()):
            self._reindex(definition, change.id)

    # ── what is true now ──────────────────────────────────────────────────────────────────────

    def labels_of(self, node_id: int) -> tuple[str, ...] | None:
        """Labels after all changes, or None when there is no such node."""
        chain = self.node_states.chains.get(node_id)
        return self._below.latest_labels(node_id) if chain is None else chain.value

    def edge_of(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target after all changes, or None when there is no such edge."""
        chain = self.edge_states.chains.get(edge_id)
        return self._below.latest_edge(edge_id) if chain is None else chain.value

    def node_value(self, node_id: int, key: str) -> Any:
        """A property after all changes."""
        column = self.node_values.get(key)
        chain = None if column is None else column.chains.get(node_id)
        return self._below.latest_node_value(node_id, key) if chain is None else chain.value

    def edge_value(self, edge_id: int, key: str) -> Any:
        """A property after all changes."""
        column = self.edge_values.get(key)
        chain = None if column is None else column.chains.get(edge_id)
        return self._below.latest_edge_value(edge_id, key) if chain is None else chain.value

    # What lies above this store (a transaction's own) asks the same questions.
    latest_labels = labels_of
    latest_edge = edge_of
    latest_node_value = node_value
    latest_edge_value = edge_value

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def add_index(self, definition: IndexDefinition) -> None:
        """Begin to collect candidates; what is here already is the caller's to add."""
        self.indexes[definition.name] = DeltaIndex()
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
        states = self.node_states if definition.entity == "node" else self.edge_states
        values = self.node_values if definition.entity == "node" else self.edge_values
        columns = [values[key] for key in definition.keys if key in values]
        touched = set(states.chains).union(*(column.chains for column in columns))
        for entity_id in sorted(touched):
            self._reindex(definition, entity_id)
            for txid in _txids_of(entity_id, columns)[1:]:
                self._index_version(definition, entity_id, txid)

    def _index_version(self, definition: IndexDefinition, entity_id: int, txid: int) -> None:
        """A candidate for what an entity had after an older commit."""
        of_nodes = definition.entity == "node"
        columns = self.node_values if of_nodes else self.edge_values
        below = self._below.latest_node_value if of_nodes else self._below.latest_edge_value
        had: list[Any] = []
        for key in definition.keys:
            column = columns.get(key)
            version = None if column is None else visible(column.chains.get(entity_id), txid)
            had.append(below(entity_id, key) if version is None else version.value)
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
        for label in labels:
            for definition in self._by_label.get((entity, label), ()):
                values = [properties.get(key) for key in definition.keys]
                index = self.indexes[definition.name]
                if None in values:
                    index.touch(entity_id)
                else:
                    index.add(entity_id, values)

    def _reindex(self, definition: IndexDefinition, entity_id: int) -> None:
        value_of = self.node_value if definition.entity == "node" else self.edge_value
        values = [value_of(entity_id, key) for key in definition.keys]
        index = self.indexes[definition.name]
        if any(value is None for value in values):
            index.touch(entity_id)
        else:
            index.add(entity_id, values)


def _txids_of(entity_id: int, columns: Iterable[DeltaColumn]) -> list[int]:
    """When some values of an entity changed, youngest first."""
    txids: set[int] = set()
    for column in columns:
        version = column.chains.get(entity_id)
        while version is not None:
            txids.add(version.txid)
            version = version.older
    return sorted(txids, reverse=True)


def _column(columns: dict[str, DeltaColumn], key: str) -> DeltaColumn:
    column = columns.get(key)
    if column is None:
        column = columns[key] = DeltaColumn()
    return column
