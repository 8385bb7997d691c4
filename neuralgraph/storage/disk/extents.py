"""FreeExtents: which bytes of the block file nobody needs. First fit, neighbours merged."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class FreeExtents:
    """Free space below `end`, as extents that neither touch nor overlap.

    Cost: `take` walks the free extents from the front, `add` bisects and moves those behind.
    """

    __slots__ = ("_lengths", "_offsets", "end")

    def __init__(self, end: int) -> None:
        self.end = end
        self._offsets: list[int] = []  # ascending
        self._lengths: list[int] = []

    def take(self, length: int) -> int | None:
        """Offset of the first gap that `length` bytes fit in; they are no longer free. None when none is."""
        fitting = (place for place, free in enumerate(self._lengths) if free >= length)
        place = next(fitting, None)
        if place is None:
            return None
        offset, free = self._offsets[place], self._lengths[place]
        if free > length:
            self._offsets[place] = offset + length
            self._lengths[place] = free - length
        else:
            del self._offsets[place], self._lengths[place]
        return offset

    def add(self, offset: int, length: int) -> None:
        """Make bytes free that are not."""
        offsets, lengths = self._offsets, self._lengths
        place = bisect_left(offsets, offset)
        if place < len(offsets):
            assert offset + length <= offsets[place], "free twice"
            if offset + length == offsets[place]:
                length += lengths[place]
                del offsets[place], lengths[place]
        if place > 0:
            before = offsets[place - 1] + lengths[place - 1]
            assert before <= offset, "free twice"
            if before == offset:
                lengths[place - 1] += length
                return
        offsets.insert(place, offset)
        lengths.insert(place, length)

    def grow(self, end: int) -> None:
        """The file was extended: what is new is free."""
        self.add(self.end, end - self.end)
        self.end = end

    def cut_end(self) -> int:
        """Give up the free extent at the end, if there is one; the new end."""
        if self._offsets and self._offsets[-1] + self._lengths[-1] == self.end:
            self.end = self._offsets.pop()
            self._lengths.pop()
        return self.end

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Offset and length of each extent, ascending."""
        return zip(self._offsets, self._lengths, strict=True)

    def total(self) -> int:
        """Free bytes."""
        return sum(self._lengths)
