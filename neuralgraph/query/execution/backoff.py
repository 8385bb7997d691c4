"""Backoff: pauses between tries of what clashed with somebody else."""

from __future__ import annotations

import random
import time
from typing import Final

_PAUSE_S: Final = 0.001
_PAUSE_MAX_S: Final = 0.1


class Backoff:
    """Longer and longer pauses until some time has passed.

    Each is cut by chance, or those that clashed would clash again.

    Args:
        seconds: for how long to try again; 0: not at all.
    """

    __slots__ = ("_pause_s", "_until")

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause_s = _PAUSE_S

    @property
    def goes_on(self) -> bool:
        """Is there time for another try?"""
        return time.monotonic() < self._until

    def pause(self) -> None:
        """Wait."""
        time.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
        self._pause_s = min(2 * self._pause_s, _PAUSE_MAX_S)
