"""Edges by node as they were: the base's without those that came later, with those that have gone since."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neuralgraph.access import Adjacency, Expansion
from neuralgraph.storage.indexes.sorted_parts import spread
from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
from neuralgraph.storage.versions.folding_segments import offsets_of
from neuralgraph.storage.versions.history_columns import find_patched
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from neuralgraph.storage.versions.base_arrays import SegmentedArray
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import Int64Array


class PastEdges(NamedTuple):
    """Edges that are not in the base's adjacency, in order of (node, neighbour)."""

    nodes: IdArray
    neighbours: IdArray
    edges: IdArray


class HistoricalAdjacency(BaseAdjacency):
    """Edges of one type in one direction at a moment.

    Attributes:
        below: the base's; None where the type has no edges any more.
        past: edges that were there and are not in `below`.
        hidden: edges of `below` that were not as they are now, ascending; nearly always none.
        births: when each edge came to be, where some came after `txid`; else None.
    """

    __slots__ = ("below", "births", "hidden", "past", "txid")

    def __init__(
        self,
        below: BaseAdjacency,
        past: PastEdges,
        hidden: IdArray,
        births: SegmentedArray | None,
        txid: int,
    ) -> None:
        super().__init__(below.segments, below.limit)
        self.below = below
        self.past = past
        self.hidden = hidden
        self.births = births
        self.txid = txid

    def flat(self) -> Adjacency:
        """As `BaseAdjacency.flat`."""
        flat = self._flat
        if flat is None:
            offsets, neighbours, edges = self.below.flat()
            nodes = np.arange(self.limit).repeat(np.diff(offsets))
            shown = self._shown(edges)
            if shown is not None:
                nodes, neighbours, edges = nodes[shown], neighbours[shown], edges[shown]
            past = self.past
            if len(past.edges):
                nodes = np.concatenate([nodes, past.nodes])
                neighbours = np.concatenate([neighbours, past.neighbours])
                edges = np.concatenate([edges, past.edges])
                order = np.lexsort((edges, neighbours, nodes))
                nodes, neighbours, edges = nodes[order], neighbours[order], edges[order]
            offsets = offsets_of(nodes, self.limit)
            self._stops = offsets[1:] if self.limit else np.zeros(1, dtype=np.int64)
            flat = self._flat = Adjacency(offsets, neighbours, edges)
        return flat

    def _shown(self, edges: IdArray) -> MaskArray | None:
        """Which of the base's edges were there; None for all."""
        shown: MaskArray | None = None
        if self.births is not None:
            shown = self.births.take(edges) <= self.txid
        if len(self.hidden):
            rows, _ = find_patched(self.hidden, edges)
            shown = np.ones(len(edges), dtype=np.bool_) if shown is None else shown
            shown[rows] = False
        return shown

    def _expand_by_segment(self, ids: IdArray) -> Expansion:
        found = self.below.expand(ids)
        shown = self._shown(found.edges)
        if shown is not None and not shown.all():
            found = Expansion(*(array[shown] for array in found))
        past = self.past
        starts = past.nodes.searchsorted(ids)
        counts = past.nodes.searchsorted(ids, side="right") - starts
        if not counts.any():
            return found
        places, rows = spread(starts, counts)
        joined = Expansion(
            np.concatenate([found.rows, rows]),
            np.concatenate([found.edges, past.edges[places]]),
            np.concatenate([found.neighbours, past.neighbours[places]]),
        )
        order = np.lexsort((joined.edges, joined.neighbours, joined.rows))
        return Expansion(*(array[order] for array in joined))

    def _expand_one_cold(self, node_id: int) -> tuple[IdArray, IdArray]:
        found = self._expand_by_segment(np.array([node_id], dtype=np.int64))
        return found.edges, found.neighbours

    def _degree_by_segment(self, ids: IdArray) -> Int64Array:
        if self.births is None and len(self.hidden) == 0:
            past = self.past.nodes
            more = past.searchsorted(ids, side="right") - past.searchsorted(ids)
            return self.below.degree(ids) + more
        return np.bincount(self._expand_by_segment(ids).rows, minlength=len(ids))


def no_past_edges() -> PastEdges:
    """Nothing has gone."""
    return PastEdges(NO_IDS, NO_IDS, NO_IDS)
