"""Searching packed strings: equal, begins with, ends with, contains; no string is decoded.

UTF-8 keeps characters apart: the bytes of one text stand in those of another only where its characters do.
So a search for characters is a search for bytes, half surrogate pairs included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.values.packed_texts import UTF8_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.values.arrays import AnyArray, Int64Array, MaskArray
    from neuralgraph.values.columns import Column
    from neuralgraph.values.packed_texts import PackedTexts


_SAMPLE_BYTES: Final = 1 << 15
_STRETCH_BYTES: Final = 1 << 20
"""So many bytes are searched at once: what is made of them stays in the processor's cache."""


def matching(column: Column, search: Callable[[PackedTexts], MaskArray]) -> MaskArray:
    """Which rows of a packed column the search finds; where null, anything. Shape (rows,)."""
    texts, chosen = column.texts, column.chosen
    assert texts is not None
    if chosen is None:
        return search(texts)
    part, numbers = texts.around(chosen)
    return search(part)[numbers]


def equal(texts: PackedTexts, needle: str) -> MaskArray:
    """Which of the strings are `needle`; shape (strings,)."""
    wanted = _bytes(needle)
    starts, stops = _bounds(texts)
    return _with_bytes(texts.data, starts, stops - starts == len(wanted), wanted)


def starting(texts: PackedTexts, needle: str) -> MaskArray:
    """Which of the strings begin with `needle`; shape (strings,)."""
    wanted = _bytes(needle)
    starts, stops = _bounds(texts)
    return _with_bytes(texts.data, starts, stops - starts >= len(wanted), wanted)


def ending(texts: PackedTexts, needle: str) -> MaskArray:
    """Which of the strings end with `needle`; shape (strings,)."""
    wanted = _bytes(needle)
    starts, stops = _bounds(texts)
    is_long = stops - starts >= len(wanted)
    return _with_bytes(texts.data, stops - len(wanted), is_long, wanted)


def containing(texts: PackedTexts, needle: str) -> MaskArray:
    """Which of the strings contain `needle`; shape (strings,)."""
    mask = np.zeros(len(texts), dtype=np.bool_)
    wanted = _bytes(needle)
    if not wanted:
        mask[:] = True
        return mask
    offsets: Any
    offsets, data = texts.rebased()
    for places in _places(data, wanted):
        found = np.searchsorted(offsets, places, side="right") - 1
        # A needle that begins in one string and ends in another is none.
        mask[found[places + len(wanted) <= offsets[found + 1]]] = True
    return mask


def _places(data: AnyArray, wanted: bytes) -> Iterator[Int64Array]:
    """Where `wanted` stands in a buffer, a stretch at a time.

    Its two rarest bytes are compared everywhere, which is fast, and the others where these agree.
    """
    frequencies = np.bincount(data[:_SAMPLE_BYTES].view(np.uint8), minlength=256)
    order = sorted(range(len(wanted)), key=lambda offset: int(frequencies[wanted[offset]]))
    first, *others = order
    second = others[0] if others else first
    stop = len(data) - len(wanted) + 1
    for low in range(0, stop, _STRETCH_BYTES):
        high = min(low + _STRETCH_BYTES, stop)
        may = data[low + first : high + first] == wanted[first]
        may &= data[low + second : high + second] == wanted[second]
        places = may.nonzero()[0]
        for offset in others[1:]:
            if not len(places):
                break
            places = places[data[places + (low + offset)] == wanted[offset]]
        if len(places):
            yield places + low


def _bytes(needle: str) -> bytes:
    return needle.encode("utf-8", UTF8_ERRORS)


def _bounds(texts: PackedTexts) -> tuple[Int64Array, Int64Array]:
    offsets = texts.offsets.astype(np.int64)
    return offsets[:-1], offsets[1:]


def _with_bytes(data: AnyArray, starts: Int64Array, may: MaskArray, wanted: bytes) -> MaskArray:
    """Which of the strings that may have `wanted` at their place do; byte by byte, ever fewer."""
    left = may.nonzero()[0]
    for offset, byte in enumerate(wanted):
        if not len(left):
            break
        left = left[data[starts[left] + offset] == byte]
    mask = np.zeros(len(may), dtype=np.bool_)
    mask[left] = True
    return mask
