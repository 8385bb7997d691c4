"""FreeExtents: which bytes of the block file nobody needs. First fit, neighbours merged."""

from __future__ import annotations

from sortedcontainers import SortedDict


class FreeExtents:
    """Free space below `end`, as extents that neither touch nor overlap.

    Cost: `take` walks the free extents from the front, `add` is logarithmic.
    """

    __slots__ = ("_lengths", "end")

    def __init__(self, end: int) -> None:
        self.end = end
        self._lengths: SortedDict[int, int] = SortedDict()

    def take(self, length: int) -> int | None:
        """Offset of the first gap that `length` bytes fit in; they are no longer free. None when none is."""
        fitting = (offset for offset, available in self._lengths.items() if available >= length)
        offset: int | None = next(fitting, None)
        if offset is None:
            return None
        available = self._lengths.pop(offset)
        if available > length:
            self._lengths[offset + length] = available - length
        return offset

    def add(self, offset: int, length: int) -> None:
        """Make bytes free that are not."""
        lengths = self._lengths
        place = lengths.bisect_left(offset)
        if place < len(lengths):
            after, after_length = lengths.peekitem(place)
            assert offset + length <= after, "free twice"
            if offset + length == after:
                del lengths[after]
                length += after_length
        if place > 0:
            before, before_length = lengths.peekitem(place - 1)
            assert before + before_length <= offset, "free twice"
            if before + before_length == offset:
                lengths[before] = before_length + length
                return
        lengths[offset] = length

    def grow(self, end: int) -> None:
        """The file was extended: what is new is free."""
        self.add(self.end, end - self.end)
        self.end = end

    def cut_end(self) -> int:
        """Give up the free extent at the end, if there is one; the new end."""
        if self._lengths:
            offset, length = self._lengths.peekitem(-1)
            if offset + length == self.end:
                del self._lengths[offset]
                self.end = int(offset)
        return self.end

    def total(self) -> int:
        """Free bytes."""
        return sum(self._lengths.values())
