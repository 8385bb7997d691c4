"""Long texts of a segment, compressed a stretch at a time, so that one of them is read without the others.

    offsets   where each text ends in the bytes as they were         0 310 655 ...
    ends      where each frame ends in the frames                    9812 19702 ...
    frames    zstd, one for each `stride` texts

Reading one text decompresses its frame, about 40 us, and keeps that frame; reading many decompresses each
frame once. All of them together are remembered for a while, like decoded texts.
"""

from __future__ import annotations

import weakref
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk.segments.decoded_texts import decoded_texts
from neuralgraph.storage.disk.segments.parts import WIDTHS, load_bytes, load_part
from neuralgraph.storage.disk.segments.string_tables import KeptTexts, narrow_offsets
from neuralgraph.values import Column
from neuralgraph.values.packed_texts import UTF8_ERRORS, PackedTexts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk.segments.parts import BlockStore, Part
    from neuralgraph.storage.disk.segments.value_stores import Encoded
    from neuralgraph.values import Kind, RowArray

_LONG_MIN: Final = 96
"""Texts of fewer bytes on average are looked through as often as they are read: they stay as they are."""
_TOTAL_MIN: Final = 1 << 16
_FRAME_BYTES: Final = 1 << 15
_LEVEL: Final = 1
_RATIO_MAX: Final = 0.7
"""A sample must shrink to this, or it is not worth the time."""
_SAMPLES: Final = 4


def as_long(encoded: Encoded) -> Encoded | None:
    """Settings and parts of TEXTS as those of LONG_TEXTS; None where that is no gain."""
    settings, (codes, offsets, data) = encoded
    count = len(offsets) - 1
    if len(codes) or not isinstance(offsets, np.ndarray) or len(data) < _TOTAL_MIN:
        return None
    if len(data) < count * _LONG_MIN:
        return None
    stride = max(1, _FRAME_BYTES * count // len(data))
    import zstandard

    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    view = memoryview(cast("Any", data)).cast("B")
    bounds = offsets[np.append(np.arange(0, count, stride), count)].tolist()
    stretches = [view[low:high] for low, high in pairwise(bounds)]
    sample = stretches[:: -(-len(stretches) // _SAMPLES)]
    packed = sum(len(compressor.compress(stretch)) for stretch in sample)
    if packed > _RATIO_MAX * sum(map(len, sample)):
        return None
    frames = [compressor.compress(stretch) for stretch in stretches]
    ends = narrow_offsets(np.cumsum(np.fromiter(map(len, frames), np.int64, len(frames))))
    return [settings[1], ends.dtype.itemsize, stride], [offsets, ends, b"".join(frames)]


class LongTextValues:
    """See the module; thread-safe."""

    __slots__ = ("_bounds", "_ends", "_frame", "_frames", "_offsets", "_stride", "_whole")

    def __init__(
        self, kind: Kind, count: int, settings: list[Any], parts: list[Part], blocks: BlockStore
    ) -> None:
        del kind, count
        offsets_width, ends_width, self._stride = settings
        self._offsets: Any = load_part(parts[0], WIDTHS[offsets_width], blocks)
        self._bounds: Any = memoryview(self._offsets)
        self._ends: list[int] = load_part(parts[1], WIDTHS[ends_width], blocks).tolist()
        self._frames = memoryview(load_bytes(parts[2], blocks))
        self._frame: tuple[int, bytes] = (-1, b"")
        self._whole: weakref.ref[_WholeTexts] | None = None

    def value(self, row: int) -> str:
        """One text."""
        whole = self._known()
        bounds = self._bounds
        if whole is not None:
            data, before = memoryview(cast("Any", whole.data)), 0
        else:
            number = row // self._stride
            data, before = memoryview(self._read(number)), bounds[number * self._stride]
        return str(data[bounds[row] - before : bounds[row + 1] - before], "utf-8", UTF8_ERRORS)

    def values(self, rows: Sequence[int]) -> list[Any]:
        """Some texts."""
        if len(rows) > 1 and self._known() is None:
            return self.take(np.array(rows, dtype=np.int64)).to_list()
        return [self.value(row) for row in rows]

    def take(self, rows: RowArray) -> Column:
        """Some texts, packed."""
        numbers = rows // self._stride
        wanted = np.unique(numbers)
        if self._known() is not None or len(wanted) * 2 > len(self._ends):
            return Column.of_packed(self._all(), None, rows)
        parts = [self._read(number) for number in wanted.tolist()]
        bounds: list[Any] = [np.zeros(1, dtype=np.int64)]
        done = 0
        for number, part in zip(wanted.tolist(), parts, strict=True):
            first = number * self._stride
            offsets = self._offsets[first : first + self._stride + 1].astype(np.int64)
            bounds.append(offsets[1:] - offsets[0] + done)
            done += len(part)
        data = np.frombuffer(b"".join(parts), dtype=np.uint8)
        # Only the last frame of all may have fewer texts than the others.
        places = np.searchsorted(wanted, numbers) * self._stride + rows % self._stride
        return Column.of_packed(PackedTexts(np.concatenate(bounds), data), None, places)

    def whole(self) -> Column:
        """All texts, packed."""
        return Column.of_packed(self._all())

    def _known(self) -> _WholeTexts | None:
        return None if self._whole is None else self._whole()

    def _all(self) -> _WholeTexts:
        whole = self._known()
        if whole is None:
            data = b"".join(map(self._unpacked, range(len(self._ends))))
            whole = _WholeTexts(self._offsets, np.frombuffer(data, dtype=np.uint8))
            self._whole = weakref.ref(whole)
            decoded_texts.hold_bytes(whole, len(data))
        return whole

    def _read(self, number: int) -> bytes:
        known, data = self._frame
        if known != number:
            data = self._unpacked(number)
            self._frame = (number, data)
        return data

    def _unpacked(self, number: int) -> bytes:
        first, last = number * self._stride, (number + 1) * self._stride
        length = int(self._offsets[min(last, len(self._offsets) - 1)]) - int(self._offsets[first])
        frame = self._frames[self._ends[number - 1] if number else 0 : self._ends[number]]
        import zstandard

        try:
            data = zstandard.decompress(frame, length)
        except zstandard.ZstdError as error:
            raise CorruptionError(
                f"a frame of long texts cannot be unpacked: {error}", where=""
            ) from error
        if len(data) != length:
            raise CorruptionError("long texts are not as long as they were", where="")
        return data


class _WholeTexts(KeptTexts):
    """All texts of a segment; let go when nobody uses them and the budget is needed."""

    __slots__ = ("__weakref__",)
