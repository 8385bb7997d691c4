"""Catalog: names, definitions and counts at one snapshot; immutable, a new one for each commit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

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
    DropConstraint,
    DropIndex,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.storage.versions.deltas import Counts


_NAMELESS: Final = frozenset({DeleteNode, DeleteEdge, DeleteEdges})
_OF_SCHEMA: Final = frozenset({CreateIndex, DropIndex, CreateConstraint, DropConstraint})


class Names:
    """Labels, types and property keys in order of first use; shared by the catalogues of an engine.

    Names are only ever added; one that an aborted transaction brought stays until the graph is
    closed, and does no harm.
    """

    __slots__ = ("_adding", "edge_types", "labels", "property_keys")

    def __init__(
        self,
        labels: Sequence[str] = (),
        edge_types: Sequence[str] = (),
        property_keys: Sequence[str] = (),
    ) -> None:
        # Two writers may bring new names at once; each must get a place of its own.
        self._adding = threading.Lock()
        self.labels: dict[str, int] = {name: place for place, name in enumerate(labels)}
        self.edge_types: dict[str, int] = {name: place for place, name in enumerate(edge_types)}
        self.property_keys: dict[str, int] = {
            name: place for place, name in enumerate(property_keys)
        }

    def note(self, changes: Sequence[Change]) -> None:
        """Add the names that changes bring."""
        labels, types, keys = self.labels, self.edge_types, self.property_keys
        # Nearly always all of them are known, which is told by a comparison of key sets.
        known_keys = keys.keys()
        with self._adding:
            for change in changes:
                if type(change) in _NAMELESS:
                    continue
                match change:
                    case CreateNode() | CreateNodes() | RestoreNode():
                        for label in change.labels:
                            if label not in labels:
                                labels[label] = len(labels)
                        if not change.properties.keys() <= known_keys:
                            _add_names(keys, change.properties)
                    case CreateEdge() | CreateEdges() | RestoreEdge():
                        if change.type not in types:
                            types[change.type] = len(types)
                        if not change.properties.keys() <= known_keys:
                            _add_names(keys, change.properties)
                    case SetLabels():
                        _add_names(labels, change.labels)
                    case SetNodeProperty() | SetEdgeProperty():
                        keys.setdefault(change.key, len(keys))
                    case _:
                        continue

    def in_label_order(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Labels as they are stored: each once, in order of first use, new ones as they come."""
        known = self.labels
        unique = dict.fromkeys(labels)
        for label in unique:
            if label not in known:
                with self._adding:
                    known.setdefault(label, len(known))
        return tuple(sorted(unique, key=known.__getitem__))


class Catalog:
    """Implements `access.CatalogReader`."""

    __slots__ = (
        "_constraints",
        "_edge_counts",
        "_indexes",
        "_node_counts",
        "_version",
        "base",
        "names",
    )

    def __init__(
        self,
        base: BaseReader,
        names: Names,
        indexes: Mapping[str, IndexDefinition],
        constraints: Mapping[str, ConstraintDefinition],
        node_counts: Mapping[str | None, int],
        edge_counts: Mapping[str | None, int],
        version: int,
    ) -> None:
        self.base = base
        self.names = names
        self._indexes = indexes
        self._constraints = constraints
        self._node_counts = node_counts
        self._edge_counts = edge_counts
        self._version = version

    @staticmethod
    def of_base(base: BaseReader, names: Names | None = None, version: int = 1) -> Catalog:
        """What a base says, without deltas."""
        node_counts: dict[str | None, int] = {None: base.node_count()}
        for label in base.labels:
            node_counts[label] = base.node_count(label)
        edge_counts: dict[str | None, int] = {None: base.edge_count()}
        for edge_type in base.edge_types:
            edge_counts[edge_type] = base.edge_count(edge_type)
        return Catalog(
            base,
            names or Names(base.labels, base.edge_types, base.property_keys),
            {definition.name: definition for definition in base.indexes},
            {definition.name: definition for definition in base.constraints},
            node_counts,
            edge_counts,
            version,
        )

    # ── CatalogReader ─────────────────────────────────────────────────────────────────────────

    @property
    def version(self) -> int:
        """See `access.CatalogReader`."""
        return self._version

    def labels(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return list(self.names.labels)

    def edge_types(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return list(self.names.edge_types)

    def property_keys(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return list(self.names.property_keys)

    def indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return list(self._indexes.values())

    def constraints(self) -> Sequence[ConstraintDefinition]:
        """See `access.CatalogReader`."""
        return list(self._constraints.values())

    def index(self, name: str) -> IndexDefinition | None:
        """The index of that name."""
        return self._indexes.get(name)

    def constraint(self, name: str) -> ConstraintDefinition | None:
        """The constraint of that name."""
        return self._constraints.get(name)

    def node_count(self, label: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._node_counts.get(label, 0)

    def edge_count(self, edge_type: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._edge_counts.get(edge_type, 0)

    def distinct_count(self, index: IndexDefinition) -> int:
        """See `access.CatalogReader`."""
        if index.owner is not None:
            return max(1, self.node_count(index.label) if index.entity == "node" else 1)
        run = self.base.index_run(index.name)
        return max(1, run.distinct_count) if run is not None else 1

    # ── the next one ──────────────────────────────────────────────────────────────────────────

    def after(self, changes: Sequence[Change], counts: Counts) -> Catalog:
        """The catalogue once these changes are in.

        Args:
            changes: what a commit (or a transaction so far) does.
            counts: how much it changes the counts.
        """
        self.names.note(changes)
        indexes, constraints = self._indexes, self._constraints
        version = self._version
        for change in changes:
            if type(change) not in _OF_SCHEMA:
                continue
            match change:
                case CreateIndex(definition):
                    indexes = {**indexes, definition.name: definition}
                case DropIndex(name):
                    indexes = {key: value for key, value in indexes.items() if key != name}
                case CreateConstraint(constraint):
                    constraints = {**constraints, constraint.name: constraint}
                case DropConstraint(name):
                    constraints = {key: value for key, value in constraints.items() if key != name}
                case _:
                    continue
            version += 1
        node_counts, grown_nodes = _counted(self._node_counts, counts.nodes)
        edge_counts, grown_edges = _counted(self._edge_counts, counts.edges)
        if grown_nodes or grown_edges:
            version += 1
        return Catalog(
            self.base, self.names, indexes, constraints, node_counts, edge_counts, version
        )

    def over(self, base: BaseReader) -> Catalog:
        """The same catalogue over a newer base: what a checkpoint leaves."""
        return Catalog(
            base,
            self.names,
            self._indexes,
            self._constraints,
            self._node_counts,
            self._edge_counts,
            self._version + 1,
        )


def _add_names(known: dict[str, int], names: Iterable[str]) -> None:
    for name in names:
        known.setdefault(name, len(known))


def _counted(
    known: Mapping[str | None, int], steps: Mapping[str | None, int]
) -> tuple[Mapping[str | None, int], bool]:
    """New counts, and whether one changed so much (about fourfold) that plans may be outdated."""
    if not steps:
        return known, False
    counts = dict(known)
    outdated = False
    for name, step in steps.items():
        before = counts.get(name, 0)
        after = before + step
        counts[name] = after
        if before.bit_length() >> 1 != after.bit_length() >> 1:
            outdated = True
    return counts, outdated
