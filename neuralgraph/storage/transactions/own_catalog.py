"""OwnCatalog: the snapshot's catalogue with the transaction's own changes counted in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.storage.versions import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.transactions.write_set import WriteSet
    from neuralgraph.storage.versions import Catalog


class OwnCatalog:
    """Implements `access.CatalogReader`; made once, follows the write set.

    The version stays the snapshot's, because data and schema do not mix in a transaction: plans that are
    right for the snapshot are right for it.
    """

    __slots__ = ("_noted", "_snapshot", "_used", "_writes", "version")

    def __init__(self, snapshot: Catalog, writes: WriteSet) -> None:
        self._snapshot = snapshot
        self._writes = writes
        self._noted = 0
        self._used: Names | None = None
        self.version = snapshot.version

    def labels(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return _joined(self._snapshot.labels(), self._used_names().labels)

    def edge_types(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return _joined(self._snapshot.edge_types(), self._used_names().edge_types)

    def property_keys(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return _joined(self._snapshot.property_keys(), self._used_names().property_keys)

    def indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return self._snapshot.indexes()

    def defined_indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return self._snapshot.defined_indexes()

    def constraints(self) -> Sequence[ConstraintDefinition]:
        """See `access.CatalogReader`."""
        return self._snapshot.constraints()

    def index(self, name: str) -> IndexDefinition | None:
        """The index of that name."""
        return self._snapshot.index(name)

    def constraint(self, name: str) -> ConstraintDefinition | None:
        """The constraint of that name."""
        return self._snapshot.constraint(name)

    def node_count(self, label: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._snapshot.node_count(label) + self._writes.own.counts.nodes.get(label, 0)

    def edge_count(self, edge_type: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._snapshot.edge_count(edge_type) + self._writes.own.counts.edges.get(
            edge_type, 0
        )

    def distinct_count(self, index: IndexDefinition) -> int:
        """See `access.CatalogReader`."""
        own = self._writes.own.indexes.get(index.name)
        known = self._snapshot.distinct_count(index)
        return known if own is None else max(known, own.distinct_count)

    def _used_names(self) -> Names:
        """Those in the write set; what was rolled back may be among them."""
        used = self._used
        if used is None:
            used = self._used = Names()
        changes = self._writes.changes
        if len(changes) > self._noted:
            used.note(changes[self._noted :])
        self._noted = len(changes)
        return used


def _joined(known: Sequence[str], used: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys((*known, *used)))
