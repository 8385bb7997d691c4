"""CommitTurns: the commit lock of all processes, as the threads of one share it.

The first thread takes the lock and catches up with what others wrote; threads that come while it is held
join, so that they share a sync; the last one lets go. When another process waits, nobody joins any more after
`TURN_S`, so that a process whose threads overlap for ever gives way.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.storage.disk import Sharing

TURN_S: Final = 0.005


class CommitTurns:
    """A context manager that any number of threads may be in at once.

    Args:
        sharing: whose lock it is; where nothing is shared, entering does nothing.
        catch_up: called with the lock just taken, and whether its last holder died; what it raises
            gives the lock back.
        settle: called before the lock is given back; True when the log ends where everybody is told.
    """

    __slots__ = (
        "_catch_up",
        "_changed",
        "_count",
        "_holds",
        "_latch",
        "_settle",
        "_sharing",
        "_until",
        "_waiters",
    )

    def __init__(
        self, sharing: Sharing, catch_up: Callable[[bool], None], settle: Callable[[], bool]
    ) -> None:
        self._sharing = sharing
        self._catch_up = catch_up
        self._settle = settle
        self._latch = threading.Lock()
        self._changed = threading.Condition(self._latch)
        self._waiters = 0
        self._count = 0
        self._holds = 0
        self._until = 0.0

    def __enter__(self) -> None:
        """Have the commit lock.

        Raises:
            DatabaseLockedError: another process had it for longer than the timeout.
            StorageError: what it wrote cannot be read.
        """
        if self._sharing.is_shared:
            with self._latch:
                self._join()

    def __exit__(self, *_: object) -> None:
        """Let go."""
        if self._sharing.is_shared:
            with self._latch:
                self._leave()

    def hold(self) -> None:
        """Enter for long: other processes wait, this one's threads may join all the while."""
        if self._sharing.is_shared:
            with self._latch:
                self._join()
                self._holds += 1

    def let_go(self) -> None:
        """The end of `hold`."""
        if self._sharing.is_shared:
            with self._latch:
                self._holds -= 1
                self._leave()

    def _join(self) -> None:
        while self._count and not self._holds and self._is_over():
            self._waiters += 1
            self._changed.wait()
            self._waiters -= 1
        if not self._count:
            is_left = self._sharing.lock_commit()
            try:
                self._catch_up(is_left)
            except BaseException:
                self._sharing.unlock_commit(is_clean=not is_left)
                raise
            self._until = time.monotonic() + TURN_S
        self._count += 1

    def _is_over(self) -> bool:
        return self._sharing.is_commit_wanted() and time.monotonic() > self._until

    def _leave(self) -> None:
        self._count -= 1
        if not self._count:
            is_clean = False
            try:
                is_clean = self._settle()
            finally:
                self._sharing.unlock_commit(is_clean=is_clean)
                if self._waiters:
                    self._changed.notify_all()
