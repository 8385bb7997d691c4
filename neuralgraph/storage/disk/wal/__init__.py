"""wal: the log of commits, in numbered, preallocated segments.

    log_store      LogStore, the protocol; RecordKind, what records are for
    log_segment    one segment: header, frames, making and recycling
    log_recovery   what a directory of segments holds: the chain, the torn tail
    log_following  what other processes appended
    log_salvage    what can be read of a damaged log
    segmented_log  SegmentedLog: append, group commit, read, compact

Invariants: indexes are dense; a segment that is not the last is whole and synced; behind the last record
there are only zeros.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door
from neuralgraph.storage.disk.framing import LogRecord

if TYPE_CHECKING:
    from neuralgraph.storage.disk.wal.log_following import FellBehindError
    from neuralgraph.storage.disk.wal.log_recovery import TornTail
    from neuralgraph.storage.disk.wal.log_salvage import (
        KeptRecords,
        identity_in,
        read_what_is_left,
    )
    from neuralgraph.storage.disk.wal.log_store import LogStore, RecordKind
    from neuralgraph.storage.disk.wal.segmented_log import SegmentedLog
else:
    __getattr__ = door(
        __name__,
        log_following="FellBehindError",
        log_recovery="TornTail",
        log_salvage="KeptRecords identity_in read_what_is_left",
        log_store="LogStore RecordKind",
        segmented_log="SegmentedLog",
    )

__all__ = [
    "FellBehindError",
    "KeptRecords",
    "LogRecord",
    "LogStore",
    "RecordKind",
    "SegmentedLog",
    "TornTail",
    "identity_in",
    "read_what_is_left",
]
