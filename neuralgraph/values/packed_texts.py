"""PackedTexts: many strings as one UTF-8 buffer and the offsets they begin at.

Files, segments and Arrow have strings in this form; as long as nobody asks for a Python string, none is made.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values.arrays import AnyArray, ObjectArray, RowArray

UTF8_ERRORS: Final = "surrogatepass"
"""openCypher's strings may hold half of a surrogate pair, as Python's may."""


class PackedTexts:
    """Strings by number; immutable.

    Attributes:
        offsets: integers, one more than strings, ascending; the first need not be 0.
        data: UTF-8, shape (bytes,), uint8.
    """

    __slots__ = ("data", "offsets")

    def __init__(self, offsets: AnyArray, data: AnyArray) -> None:
        self.offsets = offsets
        self.data = data

    @staticmethod
    def of_empty(count: int) -> PackedTexts:
        """So many empty strings."""
        return PackedTexts(np.zeros(count + 1, dtype=np.int64), np.empty(0, dtype=np.uint8))

    @staticmethod
    def concat(parts: Sequence[PackedTexts]) -> PackedTexts:
        """One after the other; nothing is copied where only one has any characters."""
        before = 0
        bounds: list[Any] = [np.zeros(1, dtype=np.int64)]
        buffers: list[Any] = []
        data: Any
        for part in parts:
            offsets: Any
            offsets, data = part.rebased()
            bounds.append(offsets[1:] + np.int64(before))
            before += len(data)
            if len(data):
                buffers.append(data)
        data = buffers[0] if len(buffers) == 1 else np.concatenate([parts[0].data[:0], *buffers])
        return PackedTexts(np.concatenate(bounds), data)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def slice(self, start: int, stop: int) -> PackedTexts:
        """Strings from `start` up to `stop`, over the same buffer."""
        start = min(start, len(self))
        return PackedTexts(self.offsets[start : max(start, stop) + 1], self.data)

    def texts(self, numbers: RowArray) -> list[str]:
        """Some strings, decoded one by one."""
        data = memoryview(self.data)
        starts, stops = self.offsets[numbers].tolist(), self.offsets[numbers + 1].tolist()
        return [
            str(data[low:high], "utf-8", UTF8_ERRORS)
            for low, high in zip(starts, stops, strict=True)
        ]

    def rebased(self) -> tuple[AnyArray, AnyArray]:
        """Offsets from 0 on, and no more of the buffer than they need."""
        offsets: Any = self.offsets
        low, high = int(offsets[0]), int(offsets[-1])
        return offsets - low if low else offsets, self.data[low:high]

    def decoded(self) -> ObjectArray:
        """All strings; about 0.1 us each: the buffer is decoded once and cut."""
        offsets: Any
        offsets, data = self.rebased()
        text = str(data, "utf-8", UTF8_ERRORS)
        if len(text) != len(data):
            starts = (data & 0xC0) != 0x80  # type: ignore[operator]
            before = np.zeros(len(starts) + 1, dtype=np.int64)
            np.cumsum(starts, out=before[1:])
            offsets = before[offsets]
        strings = np.empty(len(self), dtype=object)
        strings[:] = [text[low:high] for low, high in pairwise(offsets.tolist())]
        return strings
