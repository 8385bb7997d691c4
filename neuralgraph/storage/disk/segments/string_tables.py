"""StringTable: many strings as one UTF-8 buffer and the offsets they begin at.

One string is decoded at a time, or all of them in one go, by `PackedTexts`.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from neuralgraph.storage.disk.segments.decoded_texts import decoded_texts
from neuralgraph.storage.disk.segments.parts import WIDTHS, load_bytes, load_part
from neuralgraph.values.packed_texts import UTF8_ERRORS, PackedTexts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk.segments.parts import BlockStore, Part
    from neuralgraph.values.arrays import AnyArray, ObjectArray


_KEPT_TEXT_BYTES_MAX: Final = 1 << 20
"""Tables up to this many bytes stay decoded; of larger ones `decoded_texts` keeps the latest."""


def pack_strings(strings: Sequence[str]) -> tuple[AnyArray, bytes]:
    """Offsets (uint32 when they fit, else int64; one more than strings) and the UTF-8 buffer.

    Costs one join and one encoding, whatever the count of strings.
    """
    packed = PackedTexts.of_strings(strings)
    return narrow_offsets(packed.offsets), packed.data.tobytes()


def pack_bytes(keys: Sequence[bytes]) -> tuple[AnyArray, bytes]:
    """`pack_strings` for byte strings."""
    offsets = np.zeros(len(keys) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, keys), dtype=np.int64, count=len(keys)), out=offsets[1:])
    return narrow_offsets(offsets), b"".join(keys)


def narrow_offsets(offsets: AnyArray) -> AnyArray:
    """In uint32 when they fit, else in int64."""
    return offsets.astype(WIDTHS[4 if int(offsets[-1]) <= 0xFFFF_FFFF else 8])


class StringTable:
    """Strings by number; immutable.

    Attributes:
        count: of strings.
        data: the UTF-8 buffer.
        offsets: array of count + 1.
    """

    __slots__ = ("_bounds", "count", "data", "offsets")

    def __init__(self, offsets: AnyArray, data: memoryview | bytes) -> None:
        self.offsets = offsets
        self.data = memoryview(data)
        self.count = len(offsets) - 1
        # A memoryview gives Python ints in a fifth of the time that the array takes.
        self._bounds: Any = memoryview(cast("Any", offsets))

    @staticmethod
    def load(width: int, offsets: Part, data: Part, blocks: BlockStore) -> StringTable:
        """From the parts it was stored in.

        Raises:
            CorruptionError: a block is damaged.
        """
        return StringTable(load_part(offsets, WIDTHS[width], blocks), load_bytes(data, blocks))

    def text(self, number: int) -> str:
        """One string; about 0.4 us."""
        bounds = self._bounds
        return str(self.data[bounds[number] : bounds[number + 1]], "utf-8", UTF8_ERRORS)

    def raw(self, number: int) -> bytes:
        """One string's bytes."""
        bounds = self._bounds
        return bytes(self.data[bounds[number] : bounds[number + 1]])

    def texts(self, numbers: Sequence[int]) -> list[str]:
        """Some strings, decoded one by one."""
        bounds, data = self._bounds, self.data
        return [
            str(data[bounds[number] : bounds[number + 1]], "utf-8", UTF8_ERRORS)
            for number in numbers
        ]

    def packed(self) -> PackedTexts:
        """All strings, over the same buffer; remembers them strongly or weakly, by their size."""
        return KeptTexts(self.offsets, np.frombuffer(self.data, dtype=np.uint8))


class KeptTexts(PackedTexts):
    """Strings of a segment: few stay decoded, of many `decoded_texts` keeps the latest."""

    __slots__ = ("_weakly",)

    def __init__(self, offsets: AnyArray, data: AnyArray) -> None:
        super().__init__(offsets, data)
        self._weakly: weakref.ref[ObjectArray] | None = None

    def strings(self) -> ObjectArray:
        """All strings; the same array as long as anybody holds it."""
        if len(self.data) <= _KEPT_TEXT_BYTES_MAX:
            return super().strings()
        strings = self.known_strings()
        if strings is None:
            strings = self.decoded()
            strings.flags.writeable = False
            self._weakly = weakref.ref(strings)
            decoded_texts.hold(strings, len(self.data))
        return strings

    def known_strings(self) -> ObjectArray | None:
        """What `strings` gives, if anybody still holds it."""
        return super().known_strings() if self._weakly is None else self._weakly()
