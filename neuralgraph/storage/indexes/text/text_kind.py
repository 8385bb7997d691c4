"""TextKind: full-text indexes as a kind of search index. What it is made of is imported when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import FreshEntries, SearchRun, SearchSource


class TextKind:
    """Implements `SearchKind`."""

    __slots__ = ()

    def build(
        self, definition: IndexDefinition, source: SearchSource, blocks: BlockFile | None
    ) -> SearchRun:
        """See `SearchKind`."""
        from neuralgraph.storage.indexes.text import text_run

        return text_run.build_text_run(definition, source, blocks)

    def read(self, definition: IndexDefinition, descriptor: Any, blocks: BlockFile) -> SearchRun:
        """See `SearchKind`."""
        from neuralgraph.storage.indexes.text import text_run

        return text_run.read_text_run(definition, descriptor, blocks)

    def fresh(self, definition: IndexDefinition) -> FreshEntries:
        """See `SearchKind`."""
        from neuralgraph.storage.indexes.text import fresh_texts

        return fresh_texts.fresh_texts_of(definition)
