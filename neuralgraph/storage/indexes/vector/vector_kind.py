"""VectorKind: vector indexes as a kind of search index. What it is made of is imported when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import FreshEntries, SearchRun, SearchSource


class VectorKind:
    """Implements `SearchKind`."""

    __slots__ = ()

    def build(
        self, definition: IndexDefinition, source: SearchSource, blocks: BlockFile | None
    ) -> SearchRun:
        """See `SearchKind`."""
        from neuralgraph.storage.indexes.vector import vector_run

        return vector_run.build_vector_run(definition, source, blocks)

    def read(self, definition: IndexDefinition, descriptor: Any, blocks: BlockFile) -> SearchRun:
        """See `SearchKind`."""
        from neuralgraph.storage.indexes.vector import vector_run

        return vector_run.read_vector_run(definition, descriptor, blocks)

    def fresh(self, definition: IndexDefinition) -> FreshEntries:
        """See `SearchKind`."""
        from neuralgraph.access.vectors import VectorSettings
        from neuralgraph.storage.indexes.vector.fresh_vectors import FreshVectors

        return FreshVectors(VectorSettings.of(definition))
