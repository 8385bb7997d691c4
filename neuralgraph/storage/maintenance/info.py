"""EngineInfo: sizes and counts of an open database."""

from __future__ import annotations

from neuralgraph.values.records import record


@record
class EngineInfo:
    """Sizes and counts, for people.

    Attributes:
        file_bytes, free_bytes: the database file, and what of it is free.
        wal_bytes: the log's folder.
        delta_changes: changes that the next checkpoint folds.
        failure: why nothing more is written, or None.
        checkpoint_failure: what the last background checkpoint failed with, or None.
        torn_bytes: behind the log's last record, as this opening found it; set aside if it could.
        torn_tails: files beside the database with what crashes left behind the log's last record.
    """

    name: str
    txid: int
    base_txid: int
    timestamp_us: int
    node_count: int
    edge_count: int
    file_bytes: int
    free_bytes: int
    wal_bytes: int
    delta_changes: int
    failure: str | None
    checkpoint_failure: str | None
    torn_bytes: int = 0
    torn_tails: tuple[str, ...] = ()
