"""`in_pieces`: a long piece of work lets other threads run.

The interpreter takes a thread off when another one has waited for a while (a millisecond during upkeep, see
`transactions.interpreter_share`), but never in the middle of a call into C. Whoever works for long in the
background keeps such calls short, so that a reader waits for a millisecond or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_ROWS: Final = 1 << 13
"""So many rows of Python's own objects are dealt with in less than two milliseconds."""


def in_pieces(start: int, stop: int) -> Iterator[slice]:
    """The rows from `start` up to `stop` in pieces."""
    for low in range(start, stop, PIECE_ROWS):
        yield slice(low, min(stop, low + PIECE_ROWS))
