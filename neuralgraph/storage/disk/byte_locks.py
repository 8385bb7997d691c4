"""ByteLocks and Words: how processes that have one database open keep out of each other's way.

A lock is a place, a number that stands for something only its users know; the system takes the locks of
a process back when it dies, however it dies. Words are numbers in memory that all of them see: hints that
can be made anew, never the truth.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

WORDS_COUNT: Final = 512
"""A page of them."""


class Words(Protocol):
    """Integers from 0 to 2**63 - 1, each read and written in one piece."""

    def __getitem__(self, place: int, /) -> int:
        """The number at a place."""
        ...

    def __setitem__(self, place: int, value: int, /) -> None:
        """Put a number at a place."""
        ...


class ByteLocks(Protocol):
    """Locks on places of one file; whoever opened it once holds them all together, by whatever thread."""

    def try_lock(self, place: int, count: int = 1) -> bool:
        """Take `count` places, all or none; False when somebody else has one. Harmless when held already.

        Raises:
            DiskError: there are no locks on this file system.
        """
        ...

    def unlock(self, place: int, count: int = 1) -> None:
        """Let go of places; harmless when they are not held."""
        ...

    def is_locked(self, place: int, count: int = 1) -> bool:
        """Does somebody else hold one of these places?"""
        ...

    def release(self) -> None:
        """Let go of everything and close; harmless when called twice."""
        ...

    def leave_to_parent(self) -> None:
        """In a child that was forked: close, and leave every lock to the parent."""
        ...


class LockTable:
    """Who holds which places of a file in memory."""

    __slots__ = ("held", "mutex")

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.held: dict[MemoryByteLocks, list[tuple[int, int]]] = {}


class MemoryByteLocks:
    """See `ByteLocks`; the others are engines of the same process."""

    __slots__ = ("_table",)

    def __init__(self, table: LockTable) -> None:
        self._table = table

    def try_lock(self, place: int, count: int = 1) -> bool:
        """See `ByteLocks.try_lock`."""
        with self._table.mutex:
            if self._is_taken(place, place + count):
                return False
            self._table.held.setdefault(self, []).append((place, place + count))
            return True

    def unlock(self, place: int, count: int = 1) -> None:
        """See `ByteLocks.unlock`."""
        low, high = place, place + count
        with self._table.mutex:
            kept = []
            for start, stop in self._table.held.get(self, ()):
                kept += [(start, min(stop, low)), (max(start, high), stop)]
            self._table.held[self] = [(start, stop) for start, stop in kept if start < stop]

    def is_locked(self, place: int, count: int = 1) -> bool:
        """See `ByteLocks.is_locked`."""
        with self._table.mutex:
            return self._is_taken(place, place + count)

    def release(self) -> None:
        """See `ByteLocks.release`."""
        with self._table.mutex:
            self._table.held.pop(self, None)

    def leave_to_parent(self) -> None:
        """See `ByteLocks.leave_to_parent`: nobody but this process sees the memory anyway."""
        self.release()

    def _is_taken(self, low: int, high: int) -> bool:
        return any(
            start < high and low < stop
            for other, places in self._table.held.items()
            if other is not self
            for start, stop in places
        )
