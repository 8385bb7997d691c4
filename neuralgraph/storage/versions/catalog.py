"""Catalog: names, definitions and counts at one snapshot; immutable, a new one for each commit."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateEdges,
    CreateNode,
    CreateNodes,
    DeleteEdge,
    DeleteEdges,
    DeleteNode,
    DeleteNodes,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)
from neuralgraph.storage.versions.schema_history import NEVER, OF_SCHEMA, Births

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.indexes.delta_index import DeltaIndex
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.storage.versions.counts import Counts
    from neuralgraph.storage.versions.schema_history import SchemaHistory


_NAMELESS: Final = frozenset({DeleteNode, DeleteNodes, DeleteEdge, DeleteEdges})

_DISTINCT_UNKNOWN: Final = 10
"""Different values of an index of which nothing is known: each is thought to be had by a tenth."""

PAST_TXIDS: Final = 1 << 40


def past_version(version: int, txid: int) -> int:
    """A version of its own for the catalogue of an earlier moment: plans are cached by it.

    Args:
        version: of the newest catalogue.
        txid: the moment, below `PAST_TXIDS`.
    """
    return -(version * PAST_TXIDS + txid) - 1


class Names:
    """Labels, types and property keys in order of first use; shared by the catalogues of an engine.

    Names are only ever added; one that an aborted transaction brought stays until the graph is
    closed, and does no harm.
    """

    __slots__ = ("_adding", "_births", "edge_types", "labels", "property_keys")

    def __init__(
        self,
        labels: Sequence[str] = (),
        edge_types: Sequence[str] = (),
        property_keys: Sequence[str] = (),
        births: Births | None = None,
    ) -> None:
        # Two writers may bring new names at once; each must get a place of its own.
        self._adding = threading.Lock()
        self.labels: dict[str, int] = {name: place for place, name in enumerate(labels)}
        self.edge_types: dict[str, int] = {name: place for place, name in enumerate(edge_types)}
        self.property_keys: dict[str, int] = {
            name: place for place, name in enumerate(property_keys)
        }
        known = births or Births()
        # Only who applies commits writes here. A name that none has used yet is missing.
        self._births: list[dict[str, int]] = [
            {name: born.get(name, 0) for name in names if born.get(name, 0) != NEVER}
            for names, born in zip(self.kinds(), known.kinds(), strict=True)
        ]

    def kinds(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        """Labels, types and keys."""
        return self.labels, self.edge_types, self.property_keys

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

    def note_commit(self, changes: Sequence[Change], txid: int) -> None:
        """The same for a commit, which is the birth of names that none before it used."""
        self.note(changes)
        labels, types, keys = self._births
        if (
            len(keys) < len(self.property_keys)
            or len(labels) < len(self.labels)
            or len(types) < len(self.edge_types)
        ):
            used = Names()
            used.note(changes)
            self.note_births(used.kinds(), txid)

    def note_births(self, names: Sequence[Iterable[str]], txid: int) -> None:
        """Names (labels, types, keys) that a commit uses; those that were born before stay as they are."""
        for born, used in zip(self._births, names, strict=True):
            for name in used:
                born.setdefault(name, txid)

    def note_told(self, births: Births) -> None:
        """Births that a base tells of; commits in between may not have been seen here."""
        for born, told in zip(self._births, births.kinds(), strict=True):
            for name, when in told.items():
                if when != NEVER:
                    born.setdefault(name, when)

    def born_by(
        self, txid: int, kind: Literal["labels", "edge_types", "property_keys"]
    ) -> list[str]:
        """Names that commits up to `txid` used, in order of first use."""
        place = ("labels", "edge_types", "property_keys").index(kind)
        born = self._births[place]
        return [name for name in list(self.kinds()[place]) if born.get(name, NEVER) <= txid]

    def births_at(self, txid: int) -> Births:
        """Since when all names are used; NEVER where no commit up to `txid` did."""
        found = []
        for born, names in zip(self._births, self.kinds(), strict=True):
            found.append(
                {
                    name: when if (when := born.get(name, NEVER)) <= txid else NEVER
                    for name in list(names)  # others may add some meanwhile
                }
            )
        return Births(*found)

    def copy_at(self, txid: int) -> Names:
        """All names so far, with the births that commits up to `txid` gave."""
        births = self.births_at(txid)
        labels, edge_types, property_keys = births.kinds()
        return Names(tuple(labels), tuple(edge_types), tuple(property_keys), births)

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
        "_fresh",
        "_indexes",
        "_node_counts",
        "_version",
        "base",
        "names",
        "schema",
        "txid",
    )

    def __init__(
        self,
        base: BaseReader,
        names: Names,
        indexes: Mapping[str, IndexDefinition],
        constraints: Mapping[str, ConstraintDefinition],
        counts: tuple[Mapping[str | None, int], Mapping[str | None, int]],
        version: int,
        txid: int,
        schema: SchemaHistory,
    ) -> None:
        self.base = base
        self.names = names
        self.txid = txid
        self.schema = schema
        self._indexes = indexes
        self._constraints = constraints
        self._node_counts, self._edge_counts = counts
        self._version = version
        self._fresh: Mapping[str, DeltaIndex] = {}

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
            names or Names(base.labels, base.edge_types, base.property_keys, base.births),
            {definition.name: definition for definition in base.indexes},
            {definition.name: definition for definition in base.constraints},
            (node_counts, edge_counts),
            version,
            base.txid,
            base.schema,
        )

    # ── CatalogReader ─────────────────────────────────────────────────────────────────────────

    @property
    def version(self) -> int:
        """See `access.CatalogReader`."""
        return self._version

    def labels(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return self.names.born_by(self.txid, "labels")

    def edge_types(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return self.names.born_by(self.txid, "edge_types")

    def property_keys(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return self.names.born_by(self.txid, "property_keys")

    def indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return list(self._indexes.values())

    def defined_indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return [made.definition for made in self.schema.at(self.txid).indexes.values()]

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
        """See `access.CatalogReader`.

        Keys that only the deltas have are counted on top of the base's: a key in both counts twice.
        """
        count = (self.node_count if index.entity == "node" else self.edge_count)(index.label)
        if index.owner is not None:
            return max(1, count)
        run = self.base.index_run(index.name)
        distinct = 0 if run is None else run.distinct_count
        fresh = self._fresh.get(index.name)
        if fresh is not None:
            distinct += fresh.distinct_count
        # Nothing is known of an index that was made in another process, or is empty as yet.
        return max(1, min(count, distinct or _DISTINCT_UNKNOWN))

    def note_deltas(self, indexes: Mapping[str, DeltaIndex]) -> None:
        """Where the state to which this catalogue belongs gathers its deltas' keys.

        They are shared with the states that follow, so that estimates may count younger keys.
        """
        self._fresh = indexes

    # ── the next one ──────────────────────────────────────────────────────────────────────────

    def after(self, changes: Sequence[Change], counts: Counts, txid: int) -> Catalog:
        """The catalogue once these changes are in.

        Args:
            changes: what a commit does; what it does to the schema comes first.
            counts: how much it changes the counts.
            txid: of the commit.
        """
        self.names.note_commit(changes, txid)
        indexes, constraints, schema = self._indexes, self._constraints, self.schema
        version = self._version
        if changes and type(changes[0]) in OF_SCHEMA:
            schema = schema.after(changes, txid)
            known = schema.at(txid)
            indexes = {name: made.definition for name, made in known.indexes.items()}
            constraints = {name: made.definition for name, made in known.constraints.items()}
            version += 1
        node_counts, grown_nodes = _counted(self._node_counts, counts.nodes)
        edge_counts, grown_edges = _counted(self._edge_counts, counts.edges)
        if grown_nodes or grown_edges:
            version += 1
        return Catalog(
            self.base,
            self.names,
            indexes,
            constraints,
            (node_counts, edge_counts),
            version,
            txid,
            schema,
        )

    def at(
        self,
        base: BaseReader,
        txid: int,
        version: int,
        node_counts: Mapping[str | None, int],
        edge_counts: Mapping[str | None, int],
    ) -> Catalog:
        """The catalogue of an earlier moment, over a base that has it.

        Args:
            base: what a reader of that moment reads.
            txid: the moment.
            version: of the catalogue; no other one has it.
            node_counts: of then.
            edge_counts: of then.
        """
        usable = self.schema.usable(self._indexes.values(), txid)
        constraints = self.schema.at(txid).constraints
        return Catalog(
            base,
            self.names,
            {index.name: index for index in usable},
            {name: made.definition for name, made in constraints.items()},
            (node_counts, edge_counts),
            version,
            txid,
            self.schema,
        )

    def without_constraints(self, dropped: Collection[str]) -> Catalog:
        """The same without some indexes and all constraints, and no index known to be unique.

        For a transaction that changes the schema together with data.
        """
        indexes = {
            name: replace(index, owner=None)
            for name, index in self._indexes.items()
            if name not in dropped
        }
        counts = (self._node_counts, self._edge_counts)
        version = past_version(self._version, PAST_TXIDS - 1)
        return Catalog(self.base, self.names, indexes, {}, counts, version, self.txid, self.schema)

    def over(self, base: BaseReader) -> Catalog:
        """The same catalogue over a newer base: what a checkpoint leaves."""
        return Catalog(
            base,
            self.names,
            self._indexes,
            self._constraints,
            (self._node_counts, self._edge_counts),
            self._version + 1,
            self.txid,
            self.schema,
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
