"""Opening a database: the lock, the block file, the log, and what recovery makes of them.

An opening that fails leaves nothing open and, but for a torn tail that is set aside, nothing written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import DatabaseLockedError, DiskError
from neuralgraph.storage.disk import (
    BlockFile,
    MemoryDirectory,
    SegmentedLog,
    read_what_is_left,
)
from neuralgraph.storage.maintenance.pins import BasePins
from neuralgraph.storage.maintenance.recovery import recover
from neuralgraph.storage.maintenance.salvage import Loss, opened_base, salvage_base
from neuralgraph.storage.maintenance.torn_tails import keep_torn_tails
from neuralgraph.storage.versions import Base
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.config import Options
    from neuralgraph.storage.disk import Directory, Lock
    from neuralgraph.storage.maintenance.recovery import Recovered


@record
class Opened:
    """The parts of an engine."""

    lock: Lock
    blocks: BlockFile
    log: SegmentedLog
    pins: BasePins
    published: Base
    recovered: Recovered
    open_base: Callable[[bytes], Base]
    losses: tuple[Loss, ...] = ()


def open_files(directory: Directory, name: str, options: Options, lock: Lock) -> Opened:
    """Open or create the files, and replay the log. A failure closes what was opened, but the lock."""
    is_there = directory.exists(name)
    blocks = (
        BlockFile.open(directory, name, read_only=options.read_only)
        if is_there
        else BlockFile.create(directory, name)
    )
    try:
        pins = BasePins(blocks)
        manifest = blocks.manifest()

        def open_base(described: bytes) -> Base:
            return pins.pin(Base.from_manifest(described, blocks))

        published = pins.pin(Base.empty()) if manifest is None else open_base(manifest)
        log = _open_log(directory, name, options, blocks)
        try:
            recovered = recover(published, log, open_base)
            needed = set(published.block_refs())
            needed.update(recovered.state.base.block_refs())
            if recovered.loaded is not None:
                needed.update(recovered.loaded.block_refs())
            blocks.use(needed)
            pins.keep_only(needed)
            if not options.read_only:
                keep_torn_tails(directory, name, log_name(name))
                blocks.mend_header()
        except BaseException:
            log.close()
            raise
    except BaseException:
        blocks.close()
        raise
    return Opened(lock, blocks, log, pins, published, recovered, open_base)


def open_salvaged(directory: Directory, name: str, lock: Lock) -> Opened:
    """What can be read; nothing is written, so that blocks need not be told apart."""
    blocks = BlockFile.open(directory, name, read_only=True)
    try:
        pins = BasePins(blocks)
        losses: list[Loss] = []

        def open_base(described: bytes) -> Base:
            base, lost = salvage_base(Base.from_manifest(described, blocks), blocks)
            losses.extend(lost)
            return pins.pin(base)

        published = opened_base(blocks, open_base, losses)
        kept = read_what_is_left(_copy_of_log(directory, log_name(name)), blocks.identity)
        losses.extend(Loss(*lost) for lost in kept.lost)
        recovered = recover(
            published, kept, open_base, on_loss=lambda *lost: losses.append(Loss(*lost))
        )
        log = SegmentedLog.open(MemoryDirectory(), segment_bytes=4096, identity=blocks.identity)
    except BaseException:
        blocks.close()
        raise
    return Opened(lock, blocks, log, pins, published, recovered, open_base, tuple(losses))


def _open_log(directory: Directory, name: str, options: Options, blocks: BlockFile) -> SegmentedLog:
    place: Directory
    if options.read_only:
        place = _copy_of_log(directory, log_name(name))
    else:
        place = directory.child(log_name(name), create=True)
    return SegmentedLog.open(
        place,
        segment_bytes=options.wal_segment_bytes,
        durability=options.durability,
        identity=blocks.identity,
    )


def _copy_of_log(directory: Directory, log_name: str) -> MemoryDirectory:
    """The log in memory: opening one may have to set a torn tail aside, and here nothing is written."""
    copy = MemoryDirectory()
    if directory.has_child(log_name):
        folder = directory.child(log_name)
        for name in folder.names():
            source, target = folder.open(name), copy.open(name, create=True)
            target.write_at(0, source.read_at(0, source.size()))
            source.close()
            target.close()
    return copy


def take_lock(directory: Directory, name: str, holder: str) -> Lock:
    """Lock the database file itself: unlike a file of its own, it is never removed."""
    try:
        lock = directory.lock(name)
    except DatabaseLockedError as error:
        raise DatabaseLockedError(
            f"{name} is in use by {_read_holder(directory, name)}; close it there, or try again"
        ) from error
    if holder:
        try:
            file = directory.open(lock_name(name), create=True)
            file.write_at(0, holder.encode())
            file.truncate(len(holder.encode()))
            file.close()
        except BaseException:
            lock.release()
            raise
    return lock


def _read_holder(directory: Directory, name: str) -> str:
    try:
        file = directory.open(lock_name(name))
        try:
            return file.read_at(0, 200).decode(errors="replace") or "another process"
        finally:
            file.close()
    except DiskError:
        # It is only a name for the message; the lock itself said no already.
        return "another process"


def log_name(name: str) -> str:
    """The folder of a database's log."""
    return f"{name}-wal"


def lock_name(name: str) -> str:
    """The file that says who has a database open."""
    return f"{name}-lock"
