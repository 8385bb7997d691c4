"""The kinds of search index there are, by the kind that definitions name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.storage.indexes.text.text_kind import TextKind
from neuralgraph.storage.indexes.vector.vector_kind import VectorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.indexes.search_run import SearchKind

SEARCH_KINDS: Final[Mapping[str, SearchKind]] = {
    "fulltext": TextKind(),
    "vector": VectorKind(),
}
