"""What a search must find, by looking at everything: the model of the search indexes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import SearchHits, VectorQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.access import IndexDefinition, SearchQuery


def brute_force(
    index: IndexDefinition,
    query: SearchQuery,
    limit: int,
    ids: Sequence[int],
    properties: Sequence[Mapping[str, Any]],
) -> SearchHits:
    """The best of some entities.

    Args:
        index: vector indexes only, so far.
        query: what is sought.
        limit: so many at most.
        ids: of all that carry a label of the index.
        properties: of each.
    """
    assert isinstance(query, VectorQuery)
    sought = [float(number) for number in query.vector]
    metric = index.options.get("vector.similarity_function", "cosine")
    found = []
    for entity_id, held in zip(ids, properties, strict=True):
        value = held.get(index.keys[0])
        if isinstance(value, (list, np.ndarray)) and len(value) == len(sought):
            vector = [float(np.float32(number)) for number in value]
            found.append((-score(metric, vector, sought), entity_id))
    found.sort()
    best = found[:limit]
    return SearchHits(
        np.array([entity_id for _, entity_id in best], dtype=np.int64),
        np.array([-negated for negated, _ in best], dtype=np.float64),
    )


def score(metric: str, one: Sequence[float], other: Sequence[float]) -> float:
    """As Neo4j normalises it."""
    if metric == "euclidean":
        return 1.0 / (1.0 + math.fsum((a - b) ** 2 for a, b in zip(one, other, strict=True)))
    dot = math.fsum(a * b for a, b in zip(one, other, strict=True))
    if metric == "cosine":
        lengths = math.sqrt(math.fsum(a * a for a in one) * math.fsum(b * b for b in other))
        dot = max(-1.0, min(1.0, dot / lengths))
    return (1.0 + dot) / 2.0
