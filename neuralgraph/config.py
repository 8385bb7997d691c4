"""Options as frozen dataclasses; reads no file and no environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Durability = Literal["full", "normal", "off"]


@dataclass(frozen=True, slots=True)
class Options:
    """How an engine behaves; `neuralgraph.open(path, **options)`.

    Attributes:
        durability: ``full`` syncs the log before a commit returns; ``normal`` hands the log to the
            operating system (a crash of the machine may lose the last commits, never consistency);
            ``off`` buffers it in the process.
        busy_timeout_s: how long a writer waits for a lock.
        query_timeout_s: how long a statement may run; None is for ever.
        query_memory_bytes_max: what one statement may hold; None is no limit.
        checkpoint_changes: fold the deltas into the base once this many changes are in them.
        wal_segment_bytes: size of one preallocated log segment.
        plan_cache_entries_max: how many plans are kept.
        read_only: refuse every write.
        history: how long the past can be read: ``forever``, ``none``, or a span such as ``30d`` or
            ``12h``; what is older goes at the next vacuum (with ``none`` at the next checkpoint).
        salvage: read what can be read of a damaged file, read-only; `Graph.losses` says what cannot.
        import_folders: folders below which LOAD CSV may read.
    """

    durability: Durability = "full"
    busy_timeout_s: float = 5.0
    query_timeout_s: float | None = None
    query_memory_bytes_max: int | None = None
    checkpoint_changes: int = 200_000
    wal_segment_bytes: int = 4 << 20
    plan_cache_entries_max: int = 1_024
    read_only: bool = False
    salvage: bool = False
    import_folders: tuple[str, ...] = ()
    history: str = "forever"
