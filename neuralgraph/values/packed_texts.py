"""PackedTexts: many strings as one UTF-8 buffer and the offsets they begin at.

Files, segments and Arrow have strings in this form; as long as nobody asks for a Python string, none is made.

    strings    'ab'  ''  'c'         offsets  0 2 2 3         data  a b c
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

_FEW_FACTOR: Final = 4
"""Decoding a string alone costs as much as decoding so many of them together."""

_SPARSE_FACTOR: Final = 2
"""Strings that lie further apart than this are copied together before they are worked on."""

_PIECE_BYTES: Final = 64
"""Pieces at least so long, in the mean, are copied one by one; shorter ones byte by byte, all at once."""


class PackedTexts:
    """Strings by number; immutable but for what it remembers.

    Attributes:
        offsets: integers, one more than strings, ascending; the first need not be 0.
        data: UTF-8, shape (bytes,), uint8.
    """

    __slots__ = ("_debt", "_strings", "data", "offsets")

    def __init__(self, offsets: AnyArray, data: AnyArray) -> None:
        self.offsets = offsets
        self.data = data
        self._strings: ObjectArray | None = None
        self._debt = 0

    @staticmethod
    def of_empty(count: int) -> PackedTexts:
        """So many empty strings."""
        return PackedTexts(np.zeros(count + 1, dtype=np.int64), np.empty(0, dtype=np.uint8))

    @staticmethod
    def of_strings(strings: Sequence[str]) -> PackedTexts:
        """Python strings; costs one join and one encoding, whatever their count."""
        text = "".join(strings)
        offsets = np.zeros(len(strings) + 1, dtype=np.int64)
        lengths = np.fromiter(map(len, strings), dtype=np.int64, count=len(strings))
        np.cumsum(lengths, out=offsets[1:])
        data = np.frombuffer(text.encode("utf-8", UTF8_ERRORS), dtype=np.uint8)
        if len(data) != len(text):
            # From characters to bytes: a character begins wherever a byte does not continue one.
            starts = np.flatnonzero((data & 0xC0) != 0x80)
            offsets = np.append(starts, len(data))[offsets]
        return PackedTexts(offsets, data)

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

    def around(self, numbers: RowArray) -> tuple[PackedTexts, RowArray]:
        """A part that has these strings, and their numbers in it: a slice where they lie close together."""
        if not len(numbers):
            return self.slice(0, 0), numbers
        low, high = int(numbers.min()), int(numbers.max()) + 1
        if high - low > _SPARSE_FACTOR * len(numbers):
            return self.take(numbers), np.arange(len(numbers))
        return self.slice(low, high), numbers - low

    def take(self, numbers: RowArray) -> PackedTexts:
        """Some strings, in that order, in a buffer of their own."""
        offsets: Any = self.offsets
        starts = offsets[numbers].astype(np.int64)
        stops = offsets[numbers + 1].astype(np.int64)
        lengths = stops - starts
        bounds = np.zeros(len(numbers) + 1, dtype=np.int64)
        np.cumsum(lengths, out=bounds[1:])
        # Neighbours that stay neighbours are copied together.
        breaks = np.flatnonzero(starts[1:] != stops[:-1]) + 1
        if int(bounds[-1]) >= _PIECE_BYTES * (len(breaks) + 1):
            firsts = starts[np.append(0, breaks)].tolist()
            lasts = stops[np.append(breaks - 1, len(numbers) - 1)].tolist()
            buffer = memoryview(self.data)
            pieces = [buffer[low:high] for low, high in zip(firsts, lasts, strict=True)]
            return PackedTexts(bounds, np.frombuffer(b"".join(pieces), dtype=np.uint8))
        places = (starts - bounds[:-1]).repeat(lengths)
        places += np.arange(len(places))
        return PackedTexts(bounds, self.data[places])

    def strings(self) -> ObjectArray:
        """All strings, decoded once and kept; read-only."""
        strings = self._strings
        if strings is None:
            strings = self._strings = self.decoded()
            strings.flags.writeable = False
        return strings

    def known_strings(self) -> ObjectArray | None:
        """What `strings` gives, if it is there already."""
        return self._strings

    def chosen_strings(self, numbers: RowArray) -> ObjectArray:
        """Some strings; all are decoded when that is less work, this time or by now."""
        known = self.known_strings()
        if known is None:
            self._debt += len(numbers) * _FEW_FACTOR
            if self._debt < len(self):
                chosen: ObjectArray = np.empty(len(numbers), dtype=object)
                chosen[:] = self.texts(numbers)
                return chosen
            known = self.strings()
        return known[numbers]

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
