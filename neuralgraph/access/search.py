"""What is asked of search indexes, and what they answer. Plain records; see `GraphReader.search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from neuralgraph.access.options import NO_OPTIONS, IndexOptions
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.values.arrays import Float32Array, Float64Array, IdArray


@record
class VectorQuery:
    """The nearest neighbours of a vector.

    Attributes:
        vector: shape (dimension,).
        exact: compare with every vector, whatever the index offers.
        effort: how many candidates the index looks at, where it does not look at all; 0 leaves it to the
            index. More find more of the true neighbours, and take longer.
    """

    vector: Float32Array
    exact: bool = False
    effort: int = 0


@record
class TextQuery:
    """A full-text query.

    Attributes:
        text: in the query language.
        options: settings of this query, by name.
    """

    text: str
    options: IndexOptions = NO_OPTIONS


SearchQuery = VectorQuery | TextQuery


@record
class TermRequest:
    """Which terms of a full-text index to count.

    Attributes:
        field: a key of the index; None: all.
        prefix: what they start with.
        near: a term that they differ from by `distance` letters at most; None: any.
        distance: 1 or 2.
        limit: so many at most; those that most entities have.
    """

    field: str | None = None
    prefix: str = ""
    near: str | None = None
    distance: int = 2
    limit: int = 100


class TermCount(NamedTuple):
    """A term of a full-text index, and where it stands at a snapshot."""

    field: str
    term: str
    documents: int
    """How many entities have it."""
    occurrences: int
    """How often it stands in them."""
    example: int
    """One of the entities."""


class SearchHits(NamedTuple):
    """What was found: the best first; of equal scores, the least id."""

    ids: IdArray
    """Shape (hits,)."""
    scores: Float64Array
    """Shape (hits,); the higher, the better."""


NO_HITS: Final = SearchHits(NO_IDS, np.zeros(0, dtype=np.float64))


def best_hits(ids: IdArray, scores: Float64Array, limit: int) -> SearchHits:
    """The `limit` best of what was scored, in order.

    Args:
        ids: each once, in any order; shape (rows,).
        scores: shape (rows,); no NaN.
        limit: at least 0.
    """
    if limit <= 0:
        return NO_HITS
    if len(ids) > limit:
        # All that are as good as the last one stay in: the ids decide between them.
        last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        rows = np.flatnonzero(scores >= last)
        ids, scores = ids[rows], scores[rows]
    order = np.lexsort((ids, -scores))[:limit]
    return SearchHits(ids[order], scores[order])
