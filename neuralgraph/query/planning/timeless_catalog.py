"""TimelessCatalog: what a plan may know that also runs on the graph as it was.

Indexes find what was true at any moment; constraints say something of now only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import CatalogReader, ConstraintDefinition, IndexDefinition


class TimelessCatalog:
    """A catalogue without constraints; no index is known to be unique. An `access.CatalogReader`."""

    __slots__ = ("_now",)

    def __init__(self, now: CatalogReader) -> None:
        self._now = now

    @property
    def version(self) -> int:
        """See `access.CatalogReader`."""
        return self._now.version

    def labels(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return self._now.labels()

    def edge_types(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return self._now.edge_types()

    def property_keys(self) -> Sequence[str]:
        """See `access.CatalogReader`."""
        return self._now.property_keys()

    def indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return [replace(index, owner=None) for index in self._now.indexes()]

    def defined_indexes(self) -> Sequence[IndexDefinition]:
        """See `access.CatalogReader`."""
        return self._now.defined_indexes()

    def constraints(self) -> Sequence[ConstraintDefinition]:
        """None."""
        return ()

    def node_count(self, label: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._now.node_count(label)

    def edge_count(self, edge_type: str | None = None) -> int:
        """See `access.CatalogReader`."""
        return self._now.edge_count(edge_type)

    def distinct_count(self, index: IndexDefinition) -> int:
        """See `access.CatalogReader`."""
        return self._now.distinct_count(index)
