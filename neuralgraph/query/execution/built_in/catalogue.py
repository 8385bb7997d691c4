"""All built-in procedures."""

from typing import Final

from neuralgraph.query.execution.built_in import (
    creating,
    fulltext_indexes,
    fulltext_queries,
    hybrid,
    indexes,
    merging,
    metadata,
    names,
    refactoring,
    searching,
)

BUILT_IN: Final = (
    *names.PROCEDURES,
    *metadata.PROCEDURES,
    *indexes.PROCEDURES,
    *creating.PROCEDURES,
    *merging.PROCEDURES,
    *refactoring.PROCEDURES,
    *searching.PROCEDURES,
    *hybrid.PROCEDURES,
    *fulltext_queries.PROCEDURES,
    *fulltext_indexes.PROCEDURES,
)
