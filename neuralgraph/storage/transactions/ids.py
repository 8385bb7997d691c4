"""IdAllocator: dense ids that are final when they are given out, and never given out again.

Ids are leased from the log in blocks: a record says "ids below this are taken", and is as durable as a
commit before the first of them is given out, for somebody may write down an id of a transaction that comes to
nothing.
What is left of a lease when a process dies is never used.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.values import IdArray

LEASE_IDS: Final = 1_024


class IdAllocator:
    """Ids of one kind of entity; thread-safe.

    Args:
        start: the first id to give out.
        lease: called with the next id, the limit of the block that it is in, and how many more are needed;
            gives the first id of the block to go on with and its limit, once they are nobody else's.
            What it raises leaves the allocator as it was.
    """

    __slots__ = ("_lease", "_mutex", "limit", "next_id")

    def __init__(self, start: int, lease: Callable[[int, int, int], tuple[int, int]]) -> None:
        self.next_id = start
        self.limit = start
        self._lease = lease
        self._mutex = threading.Lock()

    def take(self) -> int:
        """One id."""
        with self._mutex:
            taken = self.next_id
            if taken >= self.limit:
                taken = self._extend(1)
            self.next_id = taken + 1
            return taken

    def take_many(self, count: int) -> IdArray:
        """`count` consecutive ids, ascending."""
        with self._mutex:
            first = self.next_id
            if first + count > self.limit:
                first = self._extend(count)
            self.next_id = first + count
        return np.arange(first, first + count, dtype=np.int64)

    def skip_to(self, next_id: int) -> None:
        """Ids below `next_id` were used in another way (a bulk load); never goes back."""
        with self._mutex:
            self.next_id = max(self.next_id, next_id)
            self.limit = max(self.limit, self.next_id)

    def _extend(self, count: int) -> int:
        first, limit = self._lease(self.next_id, self.limit, count)
        self.limit = limit
        return first
