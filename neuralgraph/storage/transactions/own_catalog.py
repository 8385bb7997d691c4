"""OwnCatalog: the snapshot's catalogue with the transaction's own changes counted in."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    __slots__ = ("_snapshot", "_writes", "version")

    def __init__(self, snapshot: Catalog, writes: WriteSet) -> None:
        self._snapshot = snapshot
        self._writes = writes
        self.version = snapshot.version

    def labels(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return _joined(self._snapshot.labels(), self._writes.used_names().labels)

    def edge_types(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return _joined(self._snapshot.edge_types(), self._writes.used_names().edge_types)

    def property_keys(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return _joined(self._snapshot.property_keys(), self._writes.used_names().property_keys)

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
        return self._writes.node_count(label)

    def edge_count(self, edge_type: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._writes.edge_count(edge_type)

    def distinct_count(self, index: IndexDefinition) -> int:
        """See `access.CatalogReader`."""
        own = self._writes.own.indexes.get(index.name)
        known = self._snapshot.distinct_count(index)
        return known if own is None else max(known, own.distinct_count)


def _joined(known: Sequence[str], used: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys((*known, *used)))
