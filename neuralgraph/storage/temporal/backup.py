"""Backups: a whole copy, commits added to it later, and a restore to any moment from the copy on.

A backup folder holds copies and the commits since each, and each copy with its log is a database:

    full-12.ngdb         the graph after transaction 12
    full-12.ngdb-wal/    log segments: the transactions after it, as far as they were added
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import DiskError, HistoryPrunedError, QueryArgumentError
from neuralgraph.storage.disk import BlockFile, LogRecord, MemoryDirectory, SegmentedLog
from neuralgraph.storage.temporal.feed import commits_since
from neuralgraph.storage.transactions.commit_codec import (
    CommitReader,
    encode_changes,
    records_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk import Directory
    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.versions import Commit

LOG_SEGMENT_BYTES: Final = 1 << 20
_PREFIX: Final = "full-"
_SUFFIX: Final = ".ngdb"
_COPY_BYTES: Final = 1 << 22


def add_backup(engine: Engine, folder: Directory) -> int:
    """Bring the backup in a folder up to date: commits since the last time, or a whole copy.

    Returns:
        The txid up to which it goes.
    """
    known = _copies(folder)
    if known:
        added = _add_commits(engine, folder, known[-1])
        if added is not None:
            return added
    half = "new-copy"
    if folder.exists(half):
        folder.remove(half)
    txid = engine.copy_to(folder, half)
    folder.rename(half, _name(txid))
    folder.sync()
    return txid


def restore(
    folder: Directory,
    target: Directory,
    name: str,
    *,
    txid: int | None = None,
    timestamp_us: int | None = None,
) -> int:
    """Make a database of a backup, as it was after a transaction or at a time; by default the newest.

    Returns:
        The last transaction in it. The copied log is folded when it is opened and closed.

    Raises:
        QueryArgumentError: the backup holds no such moment.
        DiskError: there is no backup, or the target exists.
    """
    copies = _copies(folder)
    if not copies:
        raise DiskError("there is no backup in the folder")
    if target.exists(name):
        raise DiskError(f"cannot restore to {name}: there is such a file")
    for copy in reversed(copies):
        commits = list(_commits_of(folder, copy))
        if txid is not None:
            last = txid
        elif timestamp_us is not None:
            before = [one.txid for one in commits if one.timestamp_us <= timestamp_us]
            last = before[-1] if before else (copy if not commits else copy - 1)
        else:
            last = commits[-1].txid if commits else copy
        if copy <= last <= (commits[-1].txid if commits else copy):
            _copy_file(folder, _name(copy), target, name)
            wanted = [commit for commit in commits if commit.txid <= last]
            _append(target, name, wanted)
            return last
    raise QueryArgumentError("the backup does not reach to that moment", detail="UnknownMoment")


def _name(txid: int) -> str:
    return f"{_PREFIX}{txid}{_SUFFIX}"


def _copies(folder: Directory) -> list[int]:
    """Txids of the whole copies, ascending."""
    return sorted(
        int(name.removeprefix(_PREFIX).removesuffix(_SUFFIX))
        for name in folder.names()
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    )


def _add_commits(engine: Engine, folder: Directory, copy: int) -> int | None:
    """Add the commits that are missing; None when they cannot be had any more."""
    last = max((commit.txid for commit in _commits_of(folder, copy)), default=copy)
    try:
        commits = list(commits_since(engine, last))
    except HistoryPrunedError:
        return None
    _append(folder, _name(copy), commits)
    return commits[-1].txid if commits else last


def _append(folder: Directory, name: str, commits: list[Commit]) -> None:
    if not commits:
        return
    blocks = BlockFile.open(folder, name, read_only=True)
    identity = blocks.identity
    blocks.close()
    log = SegmentedLog.open(
        folder.child(f"{name}-wal", create=True),
        segment_bytes=LOG_SEGMENT_BYTES,
        durability="full",
        identity=identity,
    )
    try:
        for commit in commits:
            entries = records_of(
                encode_changes(commit.changes), commit.txid, commit.timestamp_us, commit.metadata
            )
            first = log.last_index + 1
            log.append(
                [
                    LogRecord(kind, 1, first + place, txid, payload)
                    for place, (kind, txid, payload) in enumerate(entries)
                ]
            )
        log.flush()
    finally:
        log.close()


def _commits_of(folder: Directory, copy: int) -> Iterator[Commit]:
    """The commits that were added to a copy, oldest first; nothing in the folder is touched."""
    name = f"{_name(copy)}-wal"
    if not folder.has_child(name):
        return
    blocks = BlockFile.open(folder, _name(copy), read_only=True)
    identity = blocks.identity
    blocks.close()
    memory = MemoryDirectory()
    child = folder.child(name)
    for segment in child.names():
        _copy_file(child, segment, memory, segment)
    log = SegmentedLog.open(
        memory, segment_bytes=LOG_SEGMENT_BYTES, durability="off", identity=identity
    )
    reader = CommitReader()
    for entry in log.read(log.first_index):
        commit = reader.take(entry)
        if commit is not None:
            yield commit
    log.close()


def _copy_file(source: Directory, name: str, target: Directory, new_name: str) -> None:
    read, written = source.open(name), target.open(new_name, create=True)
    try:
        for offset in range(0, read.size(), _COPY_BYTES):
            written.write_at(offset, read.read_at(offset, min(_COPY_BYTES, read.size() - offset)))
        written.sync()
    finally:
        read.close()
        written.close()
    target.sync()
