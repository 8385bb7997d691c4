"""What analysis makes of texts: tokens of one, or arrays over many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from neuralgraph.values.records import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neuralgraph.values.arrays import Int64Array, RowArray

GAP: Final = 100
"""Positions between two items of a list of strings, so that no phrase spans both."""


class Token(NamedTuple):
    """A term of a text; several may stand at one position.

    Attributes:
        term: as it is indexed.
        position: 0 for the first word; words that are left out count.
        start, end: where it stands in the text, in characters.
    """

    term: str
    position: int
    start: int
    end: int


class TermNumbers(dict[str, int]):
    """Numbers for terms, from 0 in order of first use: ``numbers[term]`` makes one where there is none."""

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self)
        return number


@record
class EncodedTexts:
    """The tokens of many texts; all arrays but `lengths` have shape (tokens,), in order of the texts.

    Attributes:
        numbers: of the terms, by a `TermNumbers`.
        rows: which text; ascending.
        positions: in the text.
        lengths: tokens of each text; shape (texts,).
    """

    numbers: NDArray[np.int32]
    rows: RowArray
    positions: NDArray[np.int32]
    lengths: Int64Array
