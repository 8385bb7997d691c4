"""Backups: a whole copy, commits added to it later, and a restore to any moment from the copy on.

A backup folder holds copies and the commits since each, and each copy with its log is a database:

    full-12.ngdb         the graph after transaction 12
    full-12.ngdb-wal/    log segments: the transactions after it, as far as they were added
    reaches              the last transaction of the backup and its time in microseconds, in decimal: what
                         was acknowledged, and whose history it is

Commits are copied record by record, so that a backup needs no more memory than a record, however large they
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import (
    CorruptionError,
    DiskError,
    HistoryPrunedError,
    NotADatabaseError,
    QueryArgumentError,
)
from neuralgraph.observability.logs import storage_logger
from neuralgraph.storage.disk import BlockFile, LogRecord, RecordKind, SegmentedLog
from neuralgraph.storage.temporal.feed import commits_since
from neuralgraph.storage.transactions.commit_codec import CommitReader, streamed_records
from neuralgraph.storage.versions import Base
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neuralgraph.storage.disk import Directory
    from neuralgraph.storage.maintenance import Engine

LOG_SEGMENT_BYTES: Final = 1 << 20
_PREFIX: Final = "full-"
_SUFFIX: Final = ".ngdb"
_REACHES: Final = "reaches"
_COPY_BYTES: Final = 1 << 22


@record
class _Reach:
    """How far a copy goes with the commits that were added to it.

    Attributes:
        copy: the transaction of the copy.
        times: by txid, ascending, when each later commit was, in microseconds.
    """

    copy: int
    times: dict[int, int]

    @property
    def last(self) -> int:
        """The last transaction."""
        return max(self.times, default=self.copy)

    def txid_at(self, timestamp_us: int) -> int | None:
        """The last transaction not after a time; None where the copy came later, for all that is known."""
        before = [txid for txid, when in self.times.items() if when <= timestamp_us]
        if before:
            return before[-1]
        return None if self.times else self.copy


def add_backup(engine: Engine, folder: Directory, *, verify: bool = False) -> int:
    """Bring the backup in a folder up to date: commits since the last time, or a whole copy.

    A copy that is damaged, or whose commits are, is left as it is, and a new one is begun.

    Args:
        engine: of the graph.
        folder: of the backup.
        verify: read all of the copy; else only its header and manifest, and whether it was cut.

    Returns:
        The txid up to which it goes.

    Raises:
        QueryArgumentError: the backup is of another graph, or of transactions that this one does not have.
    """
    known = _copies(folder)
    _require_same_history(engine, folder)
    # A power cut must not take from the graph what the backup has: its numbers would be given again.
    engine.flush()
    if known and _is_sound(folder, _name(known[-1]), every_block=verify):
        added = _add_commits(engine, folder, known[-1])
        if added is not None:
            return added
    half = "new-copy"
    if folder.exists(half):
        folder.remove(half)
    txid = engine.copy_to(folder, half)
    if folder.exists(_name(txid)):  # it is damaged, and nothing was committed since
        folder.remove_child(f"{_name(txid)}-wal")
    folder.rename(half, _name(txid))
    folder.sync()
    _note_reach(folder, txid, _time_of(engine, txid))
    return txid


def _is_sound(folder: Directory, name: str, *, every_block: bool) -> bool:
    """Can a copy be restored, as far as a look, or reading all of it, tells?"""
    try:
        blocks = BlockFile.open(folder, name, read_only=True)
        try:
            manifest = blocks.manifest()
            base = Base.empty() if manifest is None else Base.from_manifest(manifest, blocks)
            refs = frozenset(base.block_refs())
            is_cut = any(ref.offset + ref.length > blocks.size() for ref in refs)
            for ref in refs if every_block else ():
                blocks.check(ref)
        finally:
            blocks.close()
    except (CorruptionError, NotADatabaseError, DiskError) as error:
        storage_logger().warning(
            "the copy %s in the backup is damaged, a new one is begun: %s", name, error
        )
        return False
    if is_cut:
        storage_logger().warning("the copy %s in the backup was cut, a new one is begun", name)
    return not is_cut


def _require_same_history(engine: Engine, folder: Directory) -> None:
    """Numbers of transactions begin anew in another graph, and are given again in a restored one."""
    txid, noted = _noted_reach(folder)
    time = _time_of(engine, txid) if txid else None
    if txid > engine.state.txid or (noted and time is not None and time != noted):
        raise QueryArgumentError(
            f"the folder holds the backup of another history: its transaction {txid} is not one of this graph"
            " (another graph, or one that was restored to an earlier moment); back up to a new folder",
            detail="InvalidArgumentValue",
        )


def _time_of(engine: Engine, txid: int) -> int | None:
    """When a transaction was, in microseconds; None where that is not known any more."""
    state = engine.state
    if txid <= state.base.txid:
        return state.base.commits.timestamp_of(txid)
    commits = engine.logged_commits(txid - 1, 1)
    return commits[0].timestamp_us if commits and commits[0].txid == txid else None


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
        CorruptionError: it is damaged and does not reach so far any more.
        DiskError: there is no backup, or the target exists.
    """
    copies = _copies(folder)
    if not copies:
        raise DiskError("there is no backup in the folder")
    if target.exists(name):
        raise DiskError(f"cannot restore to {name}: there is such a file")
    readable = 0
    for copy in reversed(copies):
        reach = _reach(folder, copy)
        readable = max(readable, reach.last)
        if txid is not None:
            last: int | None = txid
        elif timestamp_us is not None:
            last = reach.txid_at(timestamp_us)
        else:
            _require_whole(folder, reach.last)
            last = reach.last
        if last is not None and copy <= last <= reach.last:
            _copy_file(folder, _name(copy), target, name)
            _append(target, name, _records(folder, copy, last))
            return last
    if txid is None or txid > readable:
        _require_whole(folder, readable)
    raise QueryArgumentError("the backup does not reach to that moment", detail="UnknownMoment")


def _require_whole(folder: Directory, readable: int) -> None:
    """What was acknowledged must be there."""
    reaches, _ = _noted_reach(folder)
    if reaches > readable:
        raise CorruptionError(
            f"the backup is damaged: it went to transaction {reaches}, and can be read to {readable};"
            f" at={readable} restores what is left",
            where=folder.label,
        )


def _noted_reach(folder: Directory) -> tuple[int, int]:
    """Transaction and time as the file says; 0 for what it does not say."""
    if not folder.exists(_REACHES):
        return 0, 0
    file = folder.open(_REACHES)
    try:
        words = bytes(file.read_at(0, min(file.size(), 64))).split()
    finally:
        file.close()
    numbers = [int(word) if word.isdigit() else 0 for word in (*words[:2], b"", b"")]
    return numbers[0], numbers[1]


def _note_reach(folder: Directory, txid: int, time: int | None) -> None:
    half = f"{_REACHES}-new"
    if folder.exists(half):
        folder.remove(half)
    file = folder.open(half, create=True)
    try:
        file.write_at(0, b"%d %d\n" % (txid, time or 0))
        file.sync()
    finally:
        file.close()
    folder.rename(half, _REACHES)
    folder.sync()


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
    """Add the commits that are missing; None when they cannot be had any more, or added there."""
    last = _reach(folder, copy).last
    if last < _noted_reach(folder)[0]:
        return None
    try:
        _append(folder, _name(copy), _fresh_records(engine, last))
    except HistoryPrunedError:
        return None
    reached = _reach(folder, copy).last
    _note_reach(folder, reached, _time_of(engine, reached))
    return reached


def _fresh_records(engine: Engine, last: int) -> Iterator[tuple[RecordKind, int, bytes]]:
    for commit in commits_since(engine, last):
        yield from streamed_records(
            commit.changes, commit.txid, commit.timestamp_us, commit.metadata
        )


def _append(folder: Directory, name: str, records: Iterable[tuple[RecordKind, int, bytes]]) -> None:
    """Add records to the log beside a copy; a commit of which the last is missing never happened."""
    log: SegmentedLog | None = None
    try:
        for kind, txid, payload in records:
            if log is None:
                log = _log(folder, name)
            log.append([LogRecord(kind, 1, log.last_index + 1, txid, payload)])
        if log is not None:
            log.flush()
    finally:
        if log is not None:
            log.close()


def _log(folder: Directory, name: str, *, read_only: bool = False) -> SegmentedLog:
    blocks = BlockFile.open(folder, name, read_only=True)
    identity = blocks.identity
    blocks.close()
    return SegmentedLog.open(
        folder.child(f"{name}-wal", create=not read_only),
        segment_bytes=LOG_SEGMENT_BYTES,
        durability="full",
        identity=identity,
        read_only=read_only,
    )


def _logged(folder: Directory, copy: int) -> Iterator[LogRecord]:
    """What was added to a copy; nothing in the folder is touched."""
    name = _name(copy)
    if not folder.has_child(f"{name}-wal"):
        return
    log = _log(folder, name, read_only=True)
    try:
        yield from log.read(log.first_index)
    finally:
        log.close()


def _reach(folder: Directory, copy: int) -> _Reach:
    reader = CommitReader(packed=True)
    times = {}
    for entry in _logged(folder, copy):
        commit = reader.take(entry)
        if commit is not None:
            times[commit.txid] = commit.timestamp_us
    return _Reach(copy, times)


def _records(folder: Directory, copy: int, last: int) -> Iterator[tuple[RecordKind, int, bytes]]:
    """The records of the commits up to one."""
    for entry in _logged(folder, copy):
        if 0 < entry.txid <= last:
            yield RecordKind(entry.kind), entry.txid, bytes(entry.payload)


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
