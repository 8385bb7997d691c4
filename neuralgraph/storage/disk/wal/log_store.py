"""LogStore: what the engine and, in a cluster, Raft ask of a log."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.storage.disk.framing import LogRecord


class RecordKind(IntEnum):
    """What a record is for; the numbers are stored. Payloads are the writers' affair."""

    BEGIN = 1
    CHANGES = 2
    COMMIT = 3
    ABORT = 4
    LEASE = 5
    """A range of ids is handed to a process."""
    CHECKPOINT = 6
    TRANSACTION = 7
    """Begin, changes and commit of a small transaction in one record."""
    CONFIGURATION = 8
    """Members of a cluster."""


class LogStore(Protocol):
    """An ordered, durable list of records. Thread-safe."""

    @property
    def first_index(self) -> int:
        """Index of the oldest record that can be read, or one more than `last_index`."""
        ...

    @property
    def last_index(self) -> int:
        """Index of the newest record; one less than the next."""
        ...

    def append(self, records: Sequence[LogRecord]) -> int:
        """Add records in one piece, none from anyone else between them; the last one's index.

        They are durable once `sync` of that index returned.

        Raises:
            DiskError: nothing was added; after a failed sync this stays so until the log is opened again.
        """
        ...

    def sync(self, index: int) -> None:
        """Return when everything up to `index` is as durable as the options ask.

        Raises:
            DiskError: it may or may not be on disk; the log takes no more records.
        """
        ...

    def flush(self) -> None:
        """Put everything on disk, whatever the durability.

        Raises:
            DiskError: as `sync`.
        """
        ...

    def read(self, low: int, high: int | None = None) -> Iterator[LogRecord]:
        """Records from `low` up to but not including `high`; to the end there is now when None.

        Raises:
            CorruptionError: a record is damaged, or `low` was compacted away.
        """
        ...

    def truncate_suffix(self, index: int) -> None:
        """Forget the records from `index` on."""
        ...

    def compact_prefix(self, index: int) -> None:
        """Nobody needs the records up to and including `index` any more; whole segments of them go."""
        ...

    def close(self) -> None:
        """Flush and let go. Harmless when called twice."""
        ...
