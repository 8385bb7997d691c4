"""IdSegment: ascending, distinct ids; immutable.

Consecutive ids are the first and the count, nothing else; others are stored as distances from the first, in
the least width.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.disk.segments.parts import (
    WIDTHS,
    load_part,
    narrowed,
    refs_of,
    store_part,
)

if TYPE_CHECKING:
    from neuralgraph.storage.disk.blocks import BlockRef
    from neuralgraph.storage.disk.segments.parts import BlockStore, Descriptor
    from neuralgraph.values.arrays import IdArray, MaskArray


class IdSegment:
    """A set of ids; thread-safe.

    Attributes:
        count: ids.
        first, last: least and greatest; 0 and -1 when there are none.
        is_range: are they consecutive?
    """

    __slots__ = (
        "_blocks",
        "_descriptor",
        "_ids",
        "_items",
        "_width",
        "count",
        "first",
        "is_range",
        "last",
    )

    def __init__(self, descriptor: Descriptor, blocks: BlockStore) -> None:
        self.count, self.first, self.last, self._width, _ = descriptor
        self.is_range = self._width == 0
        self._descriptor = descriptor
        self._blocks = blocks
        self._items: Any = None
        self._ids: IdArray | None = None

    @staticmethod
    def write(ids: IdArray, blocks: BlockStore, *, cold: bool = False) -> IdSegment:
        """Store ids.

        Args:
            ids: ascending, distinct.
            blocks: where.
            cold: compress them.

        Raises:
            DiskError: the disk refuses.
        """
        count = len(ids)
        first, last = (int(ids[0]), int(ids[-1])) if count else (0, -1)
        if last - first + 1 == count:
            return IdSegment([count, first, last, 0, [b""]], blocks)
        width, distances = narrowed(ids - first)
        return IdSegment(
            [count, first, last, width, [store_part(distances, blocks, cold=cold)]], blocks
        )

    def descriptor(self) -> Descriptor:
        """What `read` needs to find it again."""
        return self._descriptor

    @staticmethod
    def read(descriptor: Descriptor, blocks: BlockStore) -> IdSegment:
        """The segment that `descriptor` tells of; reads nothing yet."""
        return IdSegment(descriptor, blocks)

    def block_refs(self) -> list[BlockRef]:
        """The blocks it lives in."""
        return refs_of(self._descriptor)

    @property
    def ids(self) -> IdArray:
        """All ids, ascending; made once, read-only.

        Raises:
            CorruptionError: the block is damaged (at the first use of the segment; so in all that read).
        """
        ids = self._ids
        if ids is None:
            if self.is_range:
                ids = np.arange(self.first, self.last + 1)
            else:
                ids = np.add(np.asarray(self._distances()), self.first, dtype=np.int64)
            ids.flags.writeable = False
            self._ids = ids
        return ids

    def contains(self, entity_id: int) -> bool:
        """Is the id among them? About 1 us."""
        if not self.first <= entity_id <= self.last:
            return False
        if self.is_range:
            return True
        items = self._distances()
        distance = entity_id - self.first
        return bool(items[bisect_left(items, distance)] == distance)

    def contains_many(self, ids: IdArray) -> MaskArray:
        """Which of the ids are among them; in any order, shape of `ids`."""
        within: MaskArray = (ids >= self.first) & (ids <= self.last)
        if self.is_range:
            return within
        own = self.ids
        places = np.searchsorted(own, ids)
        places[places == len(own)] = 0
        found: MaskArray = own[places] == ids
        return found

    def _distances(self) -> Any:
        items = self._items
        if items is None:
            array: Any = load_part(self._descriptor[-1][0], WIDTHS[self._width], self._blocks)
            items = self._items = memoryview(array)
        return items
