"""What a search must find, by looking at everything: the model of the search indexes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import SearchHits, VectorQuery
from tests.support.brute_text import text_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.access import IndexDefinition, SearchQuery
    from neuralgraph.values import IdArray


def brute_force(
    index: IndexDefinition,
    query: SearchQuery,
    limit: int,
    within: IdArray | None,
    ids: Sequence[int],
    properties: Sequence[Mapping[str, Any]],
) -> SearchHits:
    """The best of some entities.

    Args:
        index: what is covered, and how.
        query: what is sought.
        limit: so many at most.
        within: only these count; None: all do.
        ids: of all that carry a label of the index.
        properties: of each.
    """
    if isinstance(query, VectorQuery):
        scores = _vector_scores(index, query, ids, properties)
    else:
        scores = text_scores(index, query, dict(zip(ids, properties, strict=True)))
    counted = scores.keys() if within is None else scores.keys() & set(within.tolist())
    best = sorted((-scores[entity_id], entity_id) for entity_id in counted)[:limit]
    return SearchHits(
        np.array([entity_id for _, entity_id in best], dtype=np.int64),
        np.array([-negated for negated, _ in best], dtype=np.float64),
    )


def _vector_scores(
    index: IndexDefinition,
    query: VectorQuery,
    ids: Sequence[int],
    properties: Sequence[Mapping[str, Any]],
) -> dict[int, float]:
    sought = [float(number) for number in query.vector]
    metric = index.options.get("vector.similarity_function", "cosine")
    found: dict[int, float] = {}
    for entity_id, held in zip(ids, properties, strict=True):
        value = held.get(index.keys[0])
        if isinstance(value, (list, np.ndarray)) and len(value) == len(sought):
            vector = [float(np.float32(number)) for number in value]
            found[entity_id] = score(metric, vector, sought)
    return found


def score(metric: str, one: Sequence[float], other: Sequence[float]) -> float:
    """As Neo4j normalises it."""
    if metric == "euclidean":
        return 1.0 / (1.0 + math.fsum((a - b) ** 2 for a, b in zip(one, other, strict=True)))
    dot = math.fsum(a * b for a, b in zip(one, other, strict=True))
    if metric == "cosine":
        lengths = math.sqrt(math.fsum(a * a for a in one) * math.fsum(b * b for b in other))
        dot = max(-1.0, min(1.0, dot / lengths))
    return (1.0 + dot) / 2.0
