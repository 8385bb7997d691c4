"""Fusion: one ranking from several of the same entities, and nearness in the graph as a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.access import SearchHits, TextQuery, VectorQuery
from neuralgraph.access.reader import never_stopped
from neuralgraph.access.search import NO_HITS, best_hits
from neuralgraph.access.vectors import as_vector
from neuralgraph.errors import QueryTypeError
from neuralgraph.values import NO_IDS, NodeRef
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.access import GraphReader, IndexDefinition
    from neuralgraph.access.search import SearchQuery
    from neuralgraph.values.arrays import Float64Array, IdArray

    Asked = tuple[IndexDefinition, SearchQuery | None]

Fusion = Literal["ranks", "scores"]

DAMPING: Final = 60.0
"""Added to every rank, so that the first places do not outweigh all others."""

STEPS_MAX: Final = 3
"""How far from the anchors nearness goes."""


def depth(limit: int) -> int:
    """How many matches of each ranking are looked at for `limit` fused ones."""
    return max(100, 4 * limit)


def fuse(
    rankings: Sequence[SearchHits], weights: Sequence[float], limit: int, fusion: Fusion
) -> SearchHits:
    """The best of several rankings together.

    ``ranks`` is reciprocal rank fusion: each ranking gives weight / (60 + rank), equal scores share a rank
    (G. Cormack, C. Clarke, S. Buettcher: Reciprocal Rank Fusion outperforms Condorcet and individual Rank
    Learning Methods, SIGIR 2009). ``scores`` gives weight x score / best score, so that every ranking
    reaches from 0 to its weight. An entity that a ranking does not have gets nothing from it.

    Args:
        rankings: best first; no negative scores.
        weights: one a ranking.
        limit: so many at most.
        fusion: what is added up.
    """
    parts = [
        (hits.ids, weight * _shares(hits.scores, fusion))
        for hits, weight in zip(rankings, weights, strict=True)
        if len(hits.ids)
    ]
    if not parts:
        return NO_HITS
    every = np.concatenate([part[0] for part in parts])
    ids = distinct(every)
    places = ids.searchsorted(every)
    shares = np.concatenate([part[1] for part in parts])
    # What stubs say of weighted counts differs between versions of numpy.
    totals: Any = np.bincount(places, shares, minlength=len(ids))
    return best_hits(ids, totals, limit)


def fusion_weights(value: Any, count: int) -> list[float]:
    """Weights as they were given.

    Raises:
        QueryTypeError: not a list of `count` numbers from 0 up.
    """
    plain = isinstance(value, list) and all(type(one) in (int, float) for one in value)
    if not plain or len(value) != count or any(not 0 <= one < float("inf") for one in value):
        raise QueryTypeError(
            f"weights are a list of {count} numbers, none negative: one for each index, and one for nearness",
            detail="InvalidArgumentType",
        )
    return [float(one) for one in value]


def anchors_of(value: Any) -> IdArray:
    """Ids of a node, or of a list of nodes; none of null.

    Raises:
        QueryTypeError: anything else.
    """
    nodes = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(node, NodeRef) for node in nodes):
        raise QueryTypeError(
            "what is near is told by a node or a list of nodes", detail="InvalidArgumentType"
        )
    return np.array([node.id for node in nodes], dtype=np.int64)


def question_of(index: IndexDefinition, value: Any) -> SearchQuery | None:
    """What an index is asked for a value: a vector, a list of numbers, or a text; None for null.

    Raises:
        QueryTypeError: the value is not for such an index.
    """
    if value is None:
        return None
    if index.kind == "vector":
        vector = as_vector(value)
        if vector is not None:
            return VectorQuery(vector)
    elif isinstance(value, str):
        return TextQuery(value)
    wanted = "a vector or a list of numbers" if index.kind == "vector" else "a text"
    raise QueryTypeError(
        f"the {index.kind} index {index.name} is asked for {wanted}, not for {value!r:.80}",
        detail="InvalidArgumentType",
    )


def _shares(scores: Float64Array, fusion: Fusion) -> Float64Array:
    if fusion == "ranks":
        ranks = 1 + np.searchsorted(-scores, -scores, side="left")
        return (1.0 / (DAMPING + ranks)).astype(np.float64)
    best = float(scores[0])
    return scores / best if best > 0 else np.zeros(len(scores))


def fused_search(
    reader: GraphReader,
    asked: Sequence[Asked],
    limit: int,
    within: IdArray | None,
    *,
    anchors: IdArray | None = None,
    weights: Sequence[float] | None = None,
    fusion: Fusion | None = "ranks",
    check: Callable[[], object] = never_stopped,
) -> SearchHits:
    """What several indexes find, and nearness to some nodes, in one ranking.

    Args:
        reader: the snapshot that all are asked at.
        asked: indexes, all of nodes or all of edges, each with what it is asked for; None finds nothing.
        limit: so many at most.
        within: only these count; ascending ids, each once. None: all do.
        anchors: nodes; None: nearness does not count.
        weights: one for each index, and one for nearness; None: 1 each.
        fusion: what is added up; None for one index whose answer stands as it is.
        check: called now and then; it may raise to stop.

    Raises:
        QueryArgumentError: a query cannot be asked of its index.
        QueryTypeError: nearness of relationships; or no index is asked for anything, nor nearness.
    """
    if anchors is None and all(query is None for _, query in asked):
        index = asked[0][0]
        raise QueryTypeError(
            f"the {index.kind} index {index.name} is asked for null, and no other for anything",
            detail="InvalidArgumentType",
        )
    if fusion is None:
        ((index, query),) = asked
        return NO_HITS if query is None else reader.search(index, query, limit, within, check)
    rankings = []
    for index, query in asked:
        found = (
            NO_HITS if query is None else reader.search(index, query, depth(limit), within, check)
        )
        rankings.append(found)
    if anchors is not None:
        near = nearness(reader, anchors, check)
        rankings.append(_covered(reader, [index for index, _ in asked], near, within))
    return fuse(rankings, weights or [1.0] * len(rankings), limit, fusion)


def _covered(
    reader: GraphReader,
    indexes: Sequence[IndexDefinition],
    near: SearchHits,
    within: IdArray | None,
) -> SearchHits:
    """What of the near nodes the indexes cover and counts."""
    if any(index.entity == "edge" for index in indexes):
        raise QueryTypeError(
            "nearness ranks nodes; this search finds relationships", detail="InvalidArgumentType"
        )
    keep = np.zeros(len(near.ids), dtype=np.bool_)
    for label in dict.fromkeys(label for index in indexes for label in index.labels):
        keep |= reader.has_label(near.ids, label)
    if within is not None:
        keep &= np.isin(near.ids, within)
    return SearchHits(near.ids[keep], near.scores[keep])


def nearness(
    reader: GraphReader,
    anchors: IdArray,
    check: Callable[[], object] = never_stopped,
    steps_max: int = STEPS_MAX,
) -> SearchHits:
    """Nodes within some relationships of the anchors, whatever type and direction: 1 / (1 + steps).

    Breadth first, each node once. The anchors themselves are 0 steps away.

    Args:
        reader: the graph.
        anchors: where to begin; unknown ids count for nothing.
        check: called at every step; it may raise to stop.
        steps_max: how far to go.
    """
    frontier = distinct(anchors[reader.node_exists(anchors)])
    seen = np.zeros(reader.node_limit, dtype=np.bool_)
    found: list[IdArray] = [frontier]
    seen[frontier] = True
    for _ in range(steps_max):
        check()
        if not len(frontier):
            break
        neighbours = reader.expand(frontier, (), "both").neighbours
        frontier = distinct(neighbours[~seen[neighbours]])
        seen[frontier] = True
        found.append(frontier)
    scores = [np.full(len(ids), 1.0 / (1 + steps)) for steps, ids in enumerate(found)]
    return SearchHits(np.concatenate([NO_IDS, *found]), np.concatenate(scores))
