"""Opening a database: the door, the block file, the log, and what recovery makes of them.

    first writer    recovers: mends the header, sets a torn tail aside, says in the words where everything is
    later ones      join: manifest and log as the words tell, and nothing is mended
    reader          joins when there are writers; else it reads a copy of the log, and joins those that come

An opening that fails leaves nothing open and, but for a torn tail that is set aside, nothing written.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import CorruptionError, StorageError
from neuralgraph.storage import disk
from neuralgraph.storage.disk import BlockFile, SegmentedLog, Sharing
from neuralgraph.storage.disk.sharing import (
    COMMITTING,
    EPOCH,
    FIRST,
    LAST,
    MAINTAINER,
    READY,
    SEQUENCE,
)
from neuralgraph.storage.maintenance.following import ATTEMPTS_MAX, read_header
from neuralgraph.storage.maintenance.later_words import WORDS_NAME, LaterWords, words_if_any
from neuralgraph.storage.maintenance.pins import RETIRED_NOTE, BasePins, PinnedBase
from neuralgraph.storage.maintenance.recovery import recover
from neuralgraph.storage.maintenance.torn_tails import keep_torn_tails
from neuralgraph.storage.versions import Base
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.config import Durability, Options
    from neuralgraph.storage.disk import Directory
    from neuralgraph.storage.maintenance.recovery import Recovered
    from neuralgraph.storage.maintenance.salvage import Loss

_PAUSE_S: Final = 0.002


@record
class Opened:
    """The parts of an engine.

    Attributes:
        log_folder: where the log is, of which a reader has a copy; None where it is the log itself.
    """

    sharing: Sharing
    blocks: BlockFile
    log: SegmentedLog
    pins: BasePins
    published: PinnedBase
    recovered: Recovered
    open_base: Callable[[bytes], Base]
    losses: tuple[Loss, ...] = ()
    log_folder: Callable[[], Directory] | None = None


def enter(
    directory: Directory, name: str, options: Options, *, process_id: int, is_ephemeral: bool
) -> Sharing:
    """Take a place among the processes that have the database open; the door stays ours.

    Raises:
        DatabaseLockedError: another process keeps others out, or is in the door for too long.
    """
    if is_ephemeral:
        return Sharing(None)
    sharing = Sharing(
        directory.locks(name),
        name=name,
        timeout_s=options.busy_timeout_s,
        process_id=process_id,
        is_exclusive=options.exclusive or options.salvage,
    )
    sharing.enter(is_reader=options.read_only, words=words_if_any(directory, log_name(name)))
    return sharing


def open_files(directory: Directory, name: str, options: Options, sharing: Sharing) -> Opened:
    """Open or create the files, and replay the log. A failure closes what was opened, but the sharing."""
    blocks = _open_blocks(directory, name, options)
    try:
        if sharing.is_shared and (
            sharing.has_other_writers() if options.read_only else not sharing.is_first
        ):
            return _join(directory, name, options, sharing, blocks)
        return _recover(directory, name, options, sharing, blocks)
    except BaseException:
        blocks.close()
        raise


def _open_blocks(directory: Directory, name: str, options: Options) -> BlockFile:
    """The database file; a new one, where there is none and no log either.

    Raises:
        CorruptionError: there is a log, and the file was emptied or is gone.
    """
    has_log = directory.has_child(log_name(name))
    if has_log and disk.identity_in(directory.child(log_name(name))) is not None:
        # A file has its header, safe, before its log is begun.
        if not directory.exists(name) or BlockFile.is_new(directory, name):
            raise CorruptionError(
                "the file is empty, but its log has records: salvage=True reads what they tell; move the"
                f" folder {log_name(name)} away to begin anew",
                where=name,
            )
    elif not directory.exists(name):
        return BlockFile.create(directory, name)
    return BlockFile.open(directory, name, read_only=options.read_only)


def _recover(
    directory: Directory, name: str, options: Options, sharing: Sharing, blocks: BlockFile
) -> Opened:
    """As the first one that writes; or to read a database that nobody writes."""
    if options.read_only:
        # No words, no epochs: everything that is there now has to stay, until a writer has come.
        sharing.share(LaterWords(directory, log_name(name)))
        sharing.pin(0)
        pins = BasePins(blocks, sharing, None)
    else:
        folder = directory.child(log_name(name), create=True)
        _begin_sharing(folder, sharing, blocks)
        pins = BasePins(blocks, sharing, folder if sharing.is_shared else None)

    manifest = blocks.manifest()
    published = pins.pin(Base.empty() if manifest is None else Base.from_manifest(manifest, blocks))
    pins.found_published(published)
    log = SegmentedLog.open(
        _copy_of_log(directory, log_name(name))
        if options.read_only
        else directory.child(log_name(name), create=True),
        segment_bytes=options.wal_segment_bytes,
        durability=_durability(options, sharing),
        identity=blocks.identity,
    )
    try:
        recovered = recover(published, log, pins.open_logged)
        if not options.read_only:
            if sharing.is_shared and sharing.has_readers():
                pins.take_over()
            else:
                pins.begin_alone()
            keep_torn_tails(directory, name, log_name(name))
            blocks.mend_header()
            sharing.words[LAST] = log.last_index
            sharing.words[READY] = sharing.token
    except BaseException:
        log.close()
        raise
    return Opened(
        sharing,
        blocks,
        log,
        pins,
        published,
        recovered,
        pins.open_logged,
        log_folder=(lambda: directory.child(log_name(name))) if options.read_only else None,
    )


def _begin_sharing(folder: Directory, sharing: Sharing, blocks: BlockFile) -> None:
    """Say in the words how things stand; what a dead process left in them does not count."""
    words = folder.words(WORDS_NAME, create=True)
    if not sharing.is_shared:
        sharing.share(words)
        return
    if sharing.has_readers():
        words[EPOCH] += 1  # those that they pin keep their meaning
    else:
        words[EPOCH] = 1
        if folder.note(RETIRED_NOTE):
            folder.leave_note(RETIRED_NOTE, b"")
    words[FIRST] = words[COMMITTING] = words[READY] = 0
    words[SEQUENCE] = blocks.sequence
    words[MAINTAINER] = sharing.token
    sharing.share(words)
    sharing.pin_now()


def _join(
    directory: Directory, name: str, options: Options, sharing: Sharing, blocks: BlockFile
) -> Opened:
    """As one more that has the database open."""
    folder = directory.child(log_name(name))
    words = folder.words(WORDS_NAME)
    sharing.share(words)
    pins = BasePins(blocks, sharing, folder)
    for attempt in range(ATTEMPTS_MAX):
        sharing.pin_now()
        sequence, first = words[SEQUENCE], words[FIRST]
        log: SegmentedLog | None = None
        try:
            base, epoch, _ = read_header(blocks, words)
            published = pins.pin(base, epoch)
            pins.found_published(published)
            log = SegmentedLog.join(
                folder,
                words[LAST],
                segment_bytes=options.wal_segment_bytes,
                durability=_durability(options, sharing),
                identity=blocks.identity,
                read_only=options.read_only,
            )
            recovered = recover(published, log, pins.open_logged)
        except StorageError:
            if log is not None:
                with suppress(StorageError):
                    log.close()
            # The front of the log goes when a manifest has it: then both have to be read again.
            if (sequence, first) == (words[SEQUENCE], words[FIRST]) and attempt > 2:
                raise
            time.sleep(_PAUSE_S)
            continue
        return Opened(sharing, blocks, log, pins, published, recovered, pins.open_logged)
    raise StorageError("the file was replaced faster than it could be read; try again")


def _durability(options: Options, sharing: Sharing) -> Durability:
    # What is kept in the process others cannot read.
    return "normal" if options.durability == "off" and sharing.is_shared else options.durability


def open_salvaged(directory: Directory, name: str, sharing: Sharing) -> Opened:
    """What can be read; nothing is written, so that blocks need not be told apart."""
    from neuralgraph.storage.maintenance.salvage import (
        Loss,
        loss_of_manifest,
        published_base,
        salvage_base,
    )

    has_log = directory.has_child(log_name(name))
    folder = directory.child(log_name(name)) if has_log else disk.MemoryDirectory()
    blocks, error = BlockFile.open_what_is_left(directory, name, disk.identity_in(folder))
    try:
        pins = BasePins(blocks, sharing, None)
        losses: list[Loss] = []

        def open_base(described: bytes) -> Base:
            base, lost = salvage_base(Base.from_manifest(described, blocks), blocks)
            losses.extend(lost)
            return base

        base, error = published_base(blocks, open_base, error)
        published = pins.pin(base)
        kept = disk.read_what_is_left(folder, blocks.identity)
        losses.extend(Loss(*lost) for lost in kept.lost)
        recovered = recover(
            published, kept, open_base, on_loss=lambda *lost: losses.append(Loss(*lost))
        )
        if error is not None:
            losses.insert(0, loss_of_manifest(error, recovered))
        log = SegmentedLog.open(
            disk.MemoryDirectory(), segment_bytes=4096, identity=blocks.identity
        )
    except BaseException:
        blocks.close()
        raise
    return Opened(sharing, blocks, log, pins, published, recovered, open_base, tuple(losses))


def _copy_of_log(directory: Directory, log_name: str) -> disk.MemoryDirectory:
    """The log in memory: opening one may have to set a torn tail aside, and here nothing is written."""
    copy = disk.MemoryDirectory()
    if directory.has_child(log_name):
        folder = directory.child(log_name)
        for name in folder.names():
            if name == WORDS_NAME:
                continue
            source, target = folder.open(name), copy.open(name, create=True)
            target.write_at(0, source.read_at(0, source.size()))
            source.close()
            target.close()
    return copy


def log_name(name: str) -> str:
    """The folder of a database's log."""
    return f"{name}-wal"
