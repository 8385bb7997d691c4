"""The edges of a base by id: type, source, target, since when. `base_adjacency` has them by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.versions.base_arrays import SEGMENT_BITS, Cache, SegmentedArray
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import Int64Array

EdgeRecord = tuple[str, int, int]
"""Type, source and target."""

ABSENT = 0
"""The code of an id that is no edge; type number n has code n + 1."""


@record
class EdgeSegment:
    """The first `codes.count` ids of 65,536.

    Attributes:
        codes: 0 where there is no edge, else one more than the place of its type in `edge_types`.
        sources: node ids; of no meaning where there is no edge.
        targets: alike.
        created: the txid at which each edge came to be; deleted ones keep it.
        counts: how many edges have each code; the place is the code.
        latest: the greatest created txid.
    """

    codes: StoredArray
    sources: StoredArray
    targets: StoredArray
    created: StoredArray
    counts: tuple[int, ...]
    latest: int

    @staticmethod
    def write(
        codes: NDArray[Any],
        sources: NDArray[Any],
        targets: NDArray[Any],
        created: Int64Array,
        blocks: BlockFile,
    ) -> EdgeSegment:
        """Store arrays of one item an id."""
        counts = np.bincount(codes, minlength=1)
        return EdgeSegment(
            StoredArray.store(codes.astype(np.uint16, copy=False), blocks),
            # Mostly in order, and seldom asked for: they shrink to a tenth.
            StoredArray.store(narrowest(sources), blocks, compress=True),
            StoredArray.store(narrowest(targets), blocks),
            StoredArray.store(created, blocks, compress=True),
            tuple(counts.tolist()),
            int(created.max(initial=0)),
        )

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Codes, sources, targets, created."""
        return self.codes.array, self.sources.array, self.targets.array, self.created.array

    def descriptor(self) -> list[Any]:
        """Plain values."""
        stored = (self.codes, self.sources, self.targets, self.created)
        return [*(array.descriptor() for array in stored), list(self.counts), self.latest]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile, *, codes_limit: int = 0) -> EdgeSegment:
        """The segment that `descriptor` describes; no code in it is `codes_limit` or more."""
        told, *stored, counts, latest = descriptor
        if codes_limit and len(counts) > codes_limit:
            raise ValueError(f"it counts {len(counts)} types of {codes_limit}")
        codes = StoredArray.read(told, blocks, below=codes_limit)
        sources, targets, created = (StoredArray.read(item, blocks) for item in stored)
        return EdgeSegment(codes, sources, targets, created, tuple(counts), latest)

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for array in (self.codes, self.sources, self.targets, self.created):
            yield from array.block_refs()


class EdgeTable:
    """All edges; immutable.

    Attributes:
        types: names in order of first use.
        segments: by segment number.
        limit: one more than the greatest id that was ever given out.
    """

    __slots__ = (
        "_cache",
        "_has_gaps",
        "codes",
        "created",
        "limit",
        "segments",
        "sources",
        "targets",
        "types",
    )

    def __init__(
        self, types: Sequence[str], segments: Mapping[int, EdgeSegment], limit: int
    ) -> None:
        self.types = tuple(types)
        self.segments = segments
        self.limit = limit

        def part(name: str, dtype: Any, fill: int) -> SegmentedArray:
            arrays = {number: getattr(segment, name) for number, segment in segments.items()}
            return SegmentedArray(arrays, limit, dtype, fill=fill)

        self.codes = part("codes", np.uint16, ABSENT)
        self.sources = part("sources", np.int64, -1)
        self.targets = part("targets", np.int64, -1)
        self.created = part("created", np.int64, 0)
        # Where no edge was ever deleted and no id skipped, the ends need no look at the codes.
        self._has_gaps = any(segment.counts[ABSENT] for segment in segments.values())
        self._cache = Cache()

    def record(self, edge_id: int) -> EdgeRecord | None:
        """Type, source and target; None when there is no such edge."""
        code = self.codes.value(edge_id)
        if code == ABSENT:
            return None
        return self.types[code - 1], self.sources.value(edge_id), self.targets.value(edge_id)

    def exists(self, ids: IdArray) -> MaskArray:
        """Which ids are edges; any int64 may be asked for."""
        if len(ids) and int(ids.min()) < -1:
            ids = np.maximum(ids, -1)
        exists: MaskArray = self.codes.take(ids) != ABSENT
        return exists

    def type_codes(self, ids: IdArray) -> Int64Array:
        """The place of each edge's type in `types`, -1 for unknown ids."""
        return self.codes.take(ids).astype(np.int64) - 1

    def ends(self, ids: IdArray) -> tuple[IdArray, IdArray]:
        """Sources and targets; -1 for unknown ids."""
        sources, targets = self.sources.take(ids), self.targets.take(ids)
        if self._has_gaps:
            gaps = self.codes.take(ids) == ABSENT
            if gaps.any():
                sources = np.where(gaps, -1, sources)
                targets = np.where(gaps, -1, targets)
        return sources, targets

    def ids(self, edge_type: str | None = None) -> Iterator[IdArray]:
        """Ids of all edges, or all of a type, ascending, a segment at a time."""
        for number in sorted(self.segments):
            found = self.segment_ids(number, edge_type)
            if len(found):
                yield found

    def segment_ids(self, number: int, edge_type: str | None) -> IdArray:
        """`ids` of one segment."""
        segment = self.segments[number]
        first = number << SEGMENT_BITS
        if edge_type is None:
            wanted = segment.codes.array != ABSENT
        else:
            code = self.code_of(edge_type)
            if code >= len(segment.counts) or not segment.counts[code]:
                return NO_IDS
            if segment.counts[code] == segment.codes.count:
                return np.arange(first, first + segment.codes.count)
            wanted = segment.codes.array == code
        return np.flatnonzero(wanted) + first

    def code_of(self, edge_type: str) -> int:
        """The code of a type; one that no edge has, when it is unknown."""
        try:
            return self.types.index(edge_type) + 1
        except ValueError:
            return 1 << 16

    def count(self, edge_type: str | None = None) -> int:
        """How many edges, or edges of a type; exact."""
        total: int = self._cache.get((edge_type, "count"), lambda: self._count(edge_type))
        return total

    def _count(self, edge_type: str | None) -> int:
        if edge_type is None:
            return sum(sum(segment.counts[1:]) for segment in self.segments.values())
        code = self.code_of(edge_type)
        return sum(
            segment.counts[code] for segment in self.segments.values() if code < len(segment.counts)
        )

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block they stand in."""
        for segment in self.segments.values():
            yield from segment.block_refs()
