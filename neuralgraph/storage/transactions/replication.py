"""Replicator: the seam between a commit and the places where it is kept.

The pipeline hands in the records of a commit and waits until they are durable; what that means is the
replicator's business: one disk here, a majority of machines in a cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from neuralgraph.storage.disk import LogRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk import RecordKind, SegmentedLog

LOCAL_TERM: Final = 1
"""On one machine there is never another leader."""

Entry = tuple["RecordKind", int, bytes]
"""Kind, txid and payload of a record to be."""


class Replicator(Protocol):
    """Where commits go."""

    def propose(self, entries: Sequence[Entry]) -> int:
        """Put records in order, all or none; returns the index of the last one.

        Called by one thread at a time; quick: nothing need be durable yet.

        Raises:
            DiskError: they could not be kept; nothing of them ever will be.
        """
        ...

    def wait_durable(self, index: int) -> None:
        """Return once everything up to `index` is durable; many threads may wait at once.

        Raises:
            DiskError: it is not known whether they are; nothing may be proposed any more.
        """
        ...

    def withdraw(self, index: int) -> None:
        """Take back what comes after `index`, none of which was ever said to be durable."""
        ...

    @property
    def last_index(self) -> int:
        """Index of the last record proposed; 0 when there is none."""
        ...

    def follow(self, last_index: int) -> Sequence[LogRecord]:
        """What other processes put behind the last record known here, up to one that all may read.

        Raises:
            FellBehindError: it is not there any more.
        """
        ...

    def take_over(self) -> Sequence[LogRecord]:
        """All that a process left that died while it wrote, made durable."""
        ...


class LocalReplicator:
    """The segmented log of this machine."""

    __slots__ = ("_log",)

    def __init__(self, log: SegmentedLog) -> None:
        self._log = log

    def propose(self, entries: Sequence[Entry]) -> int:
        """See `Replicator.propose`."""
        return self._log.append(
            [LogRecord(kind, LOCAL_TERM, 0, txid, payload) for kind, txid, payload in entries]
        )

    def wait_durable(self, index: int) -> None:
        """See `Replicator.wait_durable`."""
        self._log.sync(index)

    def withdraw(self, index: int) -> None:
        """See `Replicator.withdraw`."""
        self._log.truncate_suffix(index + 1)

    @property
    def last_index(self) -> int:
        """See `Replicator.last_index`."""
        return self._log.last_index

    def follow(self, last_index: int) -> Sequence[LogRecord]:
        """See `Replicator.follow`."""
        return self._log.follow(last_index)

    def take_over(self) -> Sequence[LogRecord]:
        """See `Replicator.take_over`."""
        return self._log.take_over()
