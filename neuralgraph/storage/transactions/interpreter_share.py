"""`InterpreterShare`: statements leave a share of the interpreter to the upkeep of the file, and keep one.

Python runs one thread at a time. A thread that wants to go on waits until the running one lets go by
itself, or for the switch interval, 5 ms. Statements hardly ever let go; upkeep does at each larger array
and each write, a thousand times in a checkpoint, and then waits. The other way round, a statement waits
for the pieces of upkeep that do not let go. So while upkeep is under way, statements begin only in their
own two thirds of the time, and the interval is a millisecond.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

STATEMENTS_S: Final = 0.001
UPKEEP_S: Final = 0.0005
"""Long enough to be worth two changes of threads, short beside what a user notices."""


class InterpreterShare:
    """One for an engine.

    Attributes:
        is_claimed: upkeep is under way: call `give_way` before a statement begins.
    """

    __slots__ = ("_claims", "_theirs_until", "is_claimed")

    def __init__(self) -> None:
        self.is_claimed = False
        self._claims = 0
        self._theirs_until = 0.0

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """While upkeep is under way; no two threads may enter or leave at once."""
        self._claims += 1
        self.is_claimed = True
        try:
            with _SWITCHES.often():
                yield
        finally:
            self._claims -= 1
            self.is_claimed = self._claims > 0

    def give_way(self) -> None:
        """Sleep while it is the upkeep's turn; any number of threads may call it at once."""
        now = time.perf_counter()
        if now >= self._theirs_until + STATEMENTS_S:
            self._theirs_until = now + UPKEEP_S
        left = self._theirs_until - now
        if left > 0:
            time.sleep(left)


class _Switches:
    """The interpreter's switch interval, which all engines of the process share."""

    def __init__(self) -> None:
        self._latch = threading.Lock()
        self._count = 0
        self._before_s = 0.0

    def forget(self) -> None:
        """In a forked child: what the parent was at is not under way here."""
        if self._count:
            sys.setswitchinterval(self._before_s)
        self._latch, self._count = threading.Lock(), 0

    @contextmanager
    def often(self) -> Iterator[None]:
        """At most a millisecond, unless somebody else sets it meanwhile; then as it was."""
        with self._latch:
            self._count += 1
            if self._count == 1:
                self._before_s = sys.getswitchinterval()
                sys.setswitchinterval(min(self._before_s, STATEMENTS_S))
        try:
            yield
        finally:
            with self._latch:
                self._count -= 1
                # The interval is kept as microseconds: what was set is not quite what is read.
                if not self._count and sys.getswitchinterval() <= STATEMENTS_S:
                    sys.setswitchinterval(self._before_s)


_SWITCHES: Final = _Switches()

forget = _SWITCHES.forget
"""Call it in a forked child, before anything else runs."""
