"""`pause` and `in_pieces`: a long piece of work lets other threads run.

The interpreter takes a thread off only when another one has waited for 5 ms, and never in the middle of a
call into C. Whoever works for long in the background stops now and then by itself, so that a reader waits for
a millisecond or two.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_ROWS: Final = 1 << 13
"""So many rows of Python's own objects are dealt with in less than two milliseconds."""


def pause() -> None:
    """Let another thread run, if one waits."""
    time.sleep(0)


def in_pieces(start: int, stop: int) -> Iterator[slice]:
    """The rows from `start` up to `stop` in pieces, with a pause before each but the first."""
    for low in range(start, stop, PIECE_ROWS):
        if low > start:
            pause()
        yield slice(low, min(stop, low + PIECE_ROWS))
