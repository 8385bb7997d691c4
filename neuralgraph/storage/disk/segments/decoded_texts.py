"""DecodedTexts: keeps large decoded dictionaries alive for a while, up to a budget for the whole process.

A decoded string takes far more memory than its bytes in the file, so a segment holds on to a small dictionary
only. A large one is held by whoever works with it, and by this queue, oldest out first, so that query after
query over the same texts does not decode them each time.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from neuralgraph.values.arrays import ObjectArray

STRING_OVERHEAD_BYTES: Final = 60
"""What a Python string and its place in an array take beside its characters."""


class DecodedTexts:
    """A queue of arrays with a budget; thread-safe."""

    __slots__ = ("_budget_bytes_max", "_held", "_held_bytes", "_mutex")

    def __init__(self, budget_bytes_max: int) -> None:
        self._budget_bytes_max = budget_bytes_max
        self._held: deque[tuple[object, int]] = deque()
        self._held_bytes = 0
        self._mutex = threading.Lock()

    def hold(self, strings: ObjectArray, text_bytes: int) -> None:
        """Keep an array alive until the budget is needed for later ones.

        Args:
            strings: the array.
            text_bytes: of the strings together.
        """
        self.hold_bytes(strings, text_bytes + len(strings) * STRING_OVERHEAD_BYTES)

    def hold_bytes(self, held: object, size: int) -> None:
        """Keep anything alive that takes `size` bytes, likewise."""
        with self._mutex:
            self._held.append((held, size))
            self._held_bytes += size
            while self._held_bytes > self._budget_bytes_max:
                _, freed = self._held.popleft()
                self._held_bytes -= freed


decoded_texts: Final = DecodedTexts(budget_bytes_max=128 << 20)
"""The process's one."""
