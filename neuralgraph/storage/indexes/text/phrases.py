"""Phrases: how often words stand together in documents.

The position of each word is taken relative to its place in the phrase: where all words of a phrase stand
together exactly, these are equal. With slop they may differ, and a match that differs more counts less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.indexes.text.corpus import positions_in
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.storage.indexes.text.text_segment import FieldPostings
    from neuralgraph.values.arrays import Float64Array, Int64Array

_CHECKED_ROWS: Final = 256
_STRIDE: Final = 1 << 32
_SHIFT: Final = 1 << 31


def phrase_frequencies(
    field: FieldPostings,
    words: Sequence[tuple[int, Sequence[int]]],
    documents: Int64Array,
    slop: int,
    check: Callable[[], object],
) -> Float64Array:
    """How often each document has the phrase; with slop, each match counts ``1 / (1 + distance)``.

    Args:
        field: of a segment.
        words: for each, its offset in the phrase, and the numbers of the terms that it may be.
        documents: that have all the words; ascending.
        slop: how far words may be from where they should stand, from the first to the last.
        check: called now and then; it may raise to stop.
    """
    keys = [_keys(field, offset, numbers, documents) for offset, numbers in words]
    if slop == 0:
        common = keys[0]
        for more in keys[1:]:
            common = common[np.isin(common, more)]
        counts = np.bincount(common // _STRIDE, minlength=len(documents))
        return counts.astype(np.float64)
    stops = np.arange(len(documents) + 1) * _STRIDE
    bounds = [own.searchsorted(stops) for own in keys]
    frequencies = np.zeros(len(documents), dtype=np.float64)
    offsets = [offset for offset, _ in words]
    for row in range(len(documents)):
        if row % _CHECKED_ROWS == 0:
            check()
        lists = [
            own[bound[row] : bound[row + 1]].tolist()
            for own, bound in zip(keys, bounds, strict=True)
        ]
        frequencies[row] = _sloppy(lists, offsets, slop)
    return frequencies


def _keys(
    field: FieldPostings, offset: int, numbers: Sequence[int], documents: Int64Array
) -> Int64Array:
    """Row of the document and relative position, as one number; ascending."""
    pieces: list[Int64Array] = []
    for number in numbers:
        rows, positions = positions_in(field, number, documents)
        pieces.append(rows * _STRIDE + (positions - offset + _SHIFT))
    return pieces[0] if len(pieces) == 1 else distinct(np.concatenate(pieces))


def _sloppy(lists: Sequence[list[int]], offsets: Sequence[int], slop: int) -> float:
    """The matches of one document: windows, each as narrow as it can be, that hold every word once."""
    places = [0] * len(lists)
    current = [own[0] for own in lists]
    frequency = 0.0
    while True:
        first = min(range(len(lists)), key=current.__getitem__)
        high = max(current)
        second = min((at for word, at in enumerate(current) if word != first), default=high)
        own = lists[first]
        place = places[first]
        # As far as the first word can go without another one becoming the first.
        while place + 1 < len(own) and own[place + 1] <= second:
            place += 1
        current[first] = own[place]
        width = max(current) - min(current)
        if width <= slop and _are_apart(current, offsets):
            frequency += 1.0 / (1 + width)
        if place + 1 == len(own):
            return frequency
        places[first] = place + 1
        current[first] = own[place + 1]


def _are_apart(current: Sequence[int], offsets: Sequence[int]) -> bool:
    """A word that comes twice in the phrase has to stand in two places."""
    stand = {at + offset for at, offset in zip(current, offsets, strict=True)}
    return len(stand) == len(current)
