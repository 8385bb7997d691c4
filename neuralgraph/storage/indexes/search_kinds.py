"""The kinds of search index there are, by the kind that definitions name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.storage.indexes.text.text_kind import TextKind
from neuralgraph.storage.indexes.vector.vector_kind import VectorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.indexes.search_run import SearchKind
    from neuralgraph.storage.indexes.touch_log import TouchLog

SEARCH_KINDS: Final[Mapping[str, SearchKind]] = {
    "fulltext": TextKind(),
    "vector": VectorKind(),
}


def touch_log(definition: IndexDefinition, logs: Any) -> TouchLog:
    """What collects the changes that a search index is to see; `logs` as `TouchLog` takes them."""
    from neuralgraph.storage.indexes.touch_log import TouchLog

    return TouchLog(SEARCH_KINDS[definition.kind].fresh(definition), logs)
