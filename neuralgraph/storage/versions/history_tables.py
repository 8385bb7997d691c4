"""Nodes and edges by id as they were: codes patched by history, later births left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.versions.base_arrays import SEGMENT_BITS, Cache
from neuralgraph.storage.versions.base_edges import ABSENT, EdgeTable
from neuralgraph.storage.versions.base_nodes import NodeTable
from neuralgraph.storage.versions.history_adjacency import PastEdges, no_past_edges
from neuralgraph.storage.versions.history_columns import PatchedArray
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralgraph.storage.versions.base_arrays import SegmentedArray
    from neuralgraph.storage.versions.history import Displaced
    from neuralgraph.values import IdArray


def born_after(births: SegmentedArray, segments: Any, txid: int) -> IdArray:
    """Ids that came to be after `txid`, ascending; looks only into segments that have some."""
    found = [NO_IDS]
    for number in sorted(segments):
        if segments[number].latest > txid:
            created = births.segments[number].array
            found.append(np.flatnonzero(created > txid) + (number << SEGMENT_BITS))
    return np.concatenate(found)


def _has_patch(patched: IdArray, number: int) -> bool:
    low, high = patched.searchsorted([number << SEGMENT_BITS, (number + 1) << SEGMENT_BITS])
    return bool(low < high)


def _numbers(displaced: Displaced | None, place: int) -> NDArray[Any]:
    return NO_IDS if displaced is None else displaced.payload[place].array


class HistoricalNodes(NodeTable):
    """The nodes at a moment.

    Attributes:
        below: the base's.
        patched: ids that had other labels, or were nodes and are none now.
        txid: the moment.
    """

    __slots__ = ("below", "patched", "txid")

    def __init__(self, below: NodeTable, displaced: Displaced | None, txid: int) -> None:
        super().__init__(below.labels, below.label_sets, below.segments, below.limit)
        self.below = below
        self.patched = NO_IDS if displaced is None else displaced.ids
        self.txid = txid
        is_later = any(segment.latest > txid for segment in below.segments.values())
        births = below.created if is_later else None
        self.codes = PatchedArray(below.codes, self.patched, _numbers(displaced, 0), births, txid)
        self.created = below.created

    def _is_as_now(self, number: int) -> bool:
        return self.segments[number].latest <= self.txid and not _has_patch(self.patched, number)

    def _find_ids(self, number: int, label: str | None) -> IdArray:
        if self._is_as_now(number):
            return self.below.segment_ids(number, label)
        first = number << SEGMENT_BITS
        ids = np.arange(first, first + self.segments[number].codes.count)
        found: IdArray = ids[self.codes_with(label)[self.codes.take(ids)]]
        return found

    def _count(self, label: str | None) -> int:
        if all(map(self._is_as_now, self.segments)):
            return self.below.count(label)
        return sum(len(self.segment_ids(number, label)) for number in self.segments)

    def unborn(self) -> IdArray:
        """Nodes of the base that came later, ascending."""
        return born_after(self.created, self.segments, self.txid)


class HistoricalEdges(EdgeTable):
    """The edges at a moment.

    Attributes:
        below: the base's.
        patched: ids that were edges and are none now, or the other way round.
        txid: the moment.
    """

    __slots__ = ("_places", "below", "births", "patched", "txid")

    def __init__(self, below: EdgeTable, displaced: Displaced | None, txid: int) -> None:
        super().__init__(below.types, below.segments, below.limit)
        self.below = below
        self.patched = NO_IDS if displaced is None else displaced.ids
        self.txid = txid
        is_later = any(segment.latest > txid for segment in below.segments.values())
        self.births = below.created if is_later else None
        codes, sources, targets = (_numbers(displaced, place) for place in range(3))
        self.codes = PatchedArray(below.codes, self.patched, codes, self.births, txid)
        self.sources = PatchedArray(below.sources, self.patched, sources, None, txid)
        self.targets = PatchedArray(below.targets, self.patched, targets, None, txid)
        self.created = below.created
        self._has_gaps = True
        self._places = Cache()

    def _is_as_now(self, number: int) -> bool:
        return self.segments[number].latest <= self.txid and not _has_patch(self.patched, number)

    def segment_ids(self, number: int, edge_type: str | None) -> IdArray:
        """As `EdgeTable.segment_ids`."""
        if self._is_as_now(number):
            return self.below.segment_ids(number, edge_type)
        first = number << SEGMENT_BITS
        ids = np.arange(first, first + self.segments[number].codes.count)
        codes = self.codes.take(ids)
        wanted = codes != ABSENT if edge_type is None else codes == self.code_of(edge_type)
        found: IdArray = ids[wanted]
        return found

    def _count(self, edge_type: str | None) -> int:
        if all(map(self._is_as_now, self.segments)):
            return self.below.count(edge_type)
        return sum(len(self.segment_ids(number, edge_type)) for number in self.segments)

    def unborn(self) -> IdArray:
        """Edges of the base that came later, ascending."""
        return born_after(self.created, self.segments, self.txid)

    def past_edges(self, edge_type: str, direction: str) -> PastEdges:
        """Edges of a type that the base's adjacency lacks, or has otherwise."""
        if len(self.patched) == 0:
            return no_past_edges()
        found: PastEdges = self._places.get(
            (edge_type, direction), lambda: self._find_past(edge_type, direction)
        )
        return found

    def _find_past(self, edge_type: str, direction: str) -> PastEdges:
        ids = self.patched
        ids = ids[self.codes.take(ids) == self.code_of(edge_type)]
        nodes, neighbours = self.sources.take(ids), self.targets.take(ids)
        if direction == "in":
            nodes, neighbours = neighbours, nodes
        order = np.lexsort((ids, neighbours, nodes))
        return PastEdges(nodes[order], neighbours[order], ids[order])

    def hidden_edges(self) -> IdArray:
        """Patched edges that the base has: one that was deleted and came again under its id."""
        ids = self.patched
        return ids[self.below.exists(ids)] if len(ids) else NO_IDS
