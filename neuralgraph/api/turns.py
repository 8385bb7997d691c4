"""Turns: middling statements of several threads run one after the other.

Python runs one thread at a time, and numpy lets the others in at each array of more than 500 items. For such
an array, a change of threads takes longer than the work: two threads that ask statements of some hundred to
some thousand rows, each letting the other in at every step, together do two thirds of what one does alone. So
these statements take turns as wholes. Smaller ones never let others in, and larger ones gain by it.
"""

from __future__ import annotations

import os
import threading
from typing import Final

ROWS_MIN: Final = 128
ROWS_MAX: Final = 16_384
"""Statements take turns when the planner expects so many rows from an operator."""

_WAIT_S: Final = 0.005
"""Whoever has the turn for longer is not so small after all, or waits for something itself."""


class Turns:
    """One for a process."""

    __slots__ = ("_lock", "_owner")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Forget who has the turn: in a forked child nobody has."""
        self._lock = threading.Lock()
        self._owner = 0

    def take(self, wait_s: float = _WAIT_S) -> threading.Lock | None:
        """Wait for the turn.

        Returns:
            What to release at the end of it. None: the turn is this thread's already, or not to be had soon.
        """
        lock, me = self._lock, threading.get_ident()
        if not lock.acquire(blocking=False):
            # A statement may run another one, through a function written in Python.
            if self._owner == me:
                return None
            if not lock.acquire(timeout=wait_s):
                if self._lock is lock:
                    # Nobody else shall wait for one that takes so long: the next go by another lock.
                    self.renew()
                return None
        self._owner = me
        return lock


TURNS: Final = Turns()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=TURNS.renew)
