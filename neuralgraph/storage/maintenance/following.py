"""Follower: keeps an engine in step with what other processes do to the same database.

    follow      the log went on: apply it; a newer manifest is there: move to it
    take_over   upkeep begins: what did others do to the file since ours?
    reread      the log was cut before we had read it: manifest and log, as at an opening

Moving to a manifest is what a checkpoint does at its end, with a base that somebody else folded: commits that
it does not have are applied again over it, and what comes meanwhile is handed over by the pipeline.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import StorageError
from neuralgraph.storage.disk.sharing import EPOCH, FIRST, LAST, MAINTAINER, SEQUENCE
from neuralgraph.storage.maintenance.recovery import recover
from neuralgraph.storage.transactions.apply import apply_commit, attach, fresh_deltas, is_load
from neuralgraph.storage.transactions.commit_codec import CommitReader
from neuralgraph.storage.versions import Base, Catalog, State
from neuralgraph.storage.versions.changes import AttachSegments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.storage.disk import BlockFile, Directory, SegmentedLog, Words
    from neuralgraph.storage.maintenance.checkpoint import Checkpointer
    from neuralgraph.storage.maintenance.pins import BasePins
    from neuralgraph.storage.maintenance.recovery import Recovered
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.storage.versions import Commit

ATTEMPTS_MAX: Final = 50
"""So often is read again what somebody else replaced while it was read."""
_PAUSE_S: Final = 0.002
_VERSION_STEP: Final = 1 << 20
"""Between catalogues that do not know each other's versions: plans are kept by them."""


class Follower:
    """See the module.

    Args:
        blocks, log, manager, pins, checkpointer: the engine's.
        open_base: makes a base from the manifest that a bulk load logged.
        log_folder: of a reader that has a copy of the log: where those who write have theirs.
    """

    __slots__ = ("_blocks", "_checkpointer", "_header", "_log", "_log_folder", "_manager", "_open_base",
                 "_pins", "_pipeline", "_words")  # fmt: skip

    def __init__(
        self,
        blocks: BlockFile,
        log: SegmentedLog,
        manager: TransactionManager,
        pins: BasePins,
        checkpointer: Checkpointer,
        open_base: Callable[[bytes], Base],
        log_folder: Callable[[], Directory] | None = None,
    ) -> None:
        self._log_folder = log_folder
        self._blocks = blocks
        self._log = log
        self._manager = manager
        self._pipeline = manager.pipeline
        self._pins = pins
        self._checkpointer = checkpointer
        self._open_base = open_base
        self._words = manager.sharing.words
        self._header = threading.Lock()

    def follow(self) -> None:
        """Be where the other processes are.

        Raises:
            StorageError: what they wrote cannot be read.
        """
        words = self._words
        epoch = words[EPOCH]
        self._pipeline.follow()
        if words[SEQUENCE] != self._checkpointer.published_sequence:
            # Another thread that does it, or folds, is as good.
            if not self._manager.maintenance.acquire(blocking=False):
                return
            try:
                self._adopt()
            finally:
                self._manager.maintenance.release()
        elif epoch > self._manager.sharing.pinned_epoch:
            # In this order: what counts now has not been retired before that epoch.
            self._pins.renew(epoch)

    def take_over(self) -> None:
        """Upkeep begins; when somebody else did the last one, see what is in the file now."""
        sharing, words = self._manager.sharing, self._words
        if not sharing.is_shared or words[MAINTAINER] == sharing.token:
            return
        with self._pipeline.turns:
            # Also what a process left in the log that died: it may need blocks that look free.
            self._blocks.refresh()
        words[SEQUENCE] = self._blocks.sequence
        self._adopt()
        self.forget_prefix()
        self._blocks.mend_header()
        self._pins.take_over()
        words[EPOCH] += 1
        words[MAINTAINER] = sharing.token

    def forget_prefix(self) -> None:
        """Let go of the part of the log that others cut; the process's maintenance lock is held."""
        self._log.forget_prefix(self._words[FIRST])

    def reread(self, last: int) -> Recovered:
        """Manifest and log as they are now, at least up to a record.

        Raises:
            StorageError: they cannot be read.
        """
        for attempt in range(ATTEMPTS_MAX):
            sequence, first = self._words[SEQUENCE], self._words[FIRST]
            try:
                base, epoch, number = self._read_header()
                published = self._pins.pin(base, epoch)
                self._pins.found_published(published)
                folder = None if self._log_folder is None else self._log_folder()
                self._log.rejoin(max(last, self._words[LAST]), folder)
                version = self._pipeline.state.catalog.version + _VERSION_STEP
                found = recover(published, self._log, self._open_base, version=version)
            except StorageError:
                if (sequence, first) == (self._words[SEQUENCE], self._words[FIRST]) and attempt > 2:
                    raise
                time.sleep(_PAUSE_S)
                continue
            self._checkpointer.begin(published, number)
            return found
        raise StorageError("the file was replaced faster than it could be read; try again")

    def _adopt(self) -> None:
        """Move to the manifest in the header; the process's maintenance lock is held."""
        for attempt in range(ATTEMPTS_MAX):
            sequence, first = self._words[SEQUENCE], self._words[FIRST]
            if sequence == self._checkpointer.published_sequence:
                return
            try:
                self._adopt_once()
            except StorageError:
                # Somebody may have published the next one, or cut the log, while it was read.
                if (sequence, first) == (self._words[SEQUENCE], self._words[FIRST]) and attempt > 2:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return

    def _adopt_once(self) -> None:
        self.forget_prefix()
        base, epoch, sequence = self._read_header()
        published = self._pins.pin(base, epoch)
        del base
        pipeline = self._pipeline
        state, _, last_index = pipeline.start_fold()
        try:
            if state.base.txid <= published.txid <= state.txid:
                moved = _Moved(published, state, self._open_base)
                moved.replay(self._log, last_index)
                pipeline.finish_fold(moved)
            else:
                # The state stands on a base that is younger than the header's.
                pipeline.abandon_fold()
        except BaseException:
            pipeline.abandon_fold()
            raise
        self._checkpointer.begin(published, sequence)
        del state, published
        self._pins.settle()

    def _read_header(self) -> tuple[Base, int, int]:
        with self._header:
            return read_header(self._blocks, self._words)


def read_header(blocks: BlockFile, words: Words) -> tuple[Base, int, int]:
    """The base that the header leads to, an epoch at which it was current, and its sequence number.

    Raises:
        StorageError: it cannot be read, and not because somebody replaced it meanwhile.
    """
    for attempt in range(ATTEMPTS_MAX):
        epoch, sequence = words[EPOCH], words[SEQUENCE]
        try:
            blocks.refresh()
            manifest = blocks.manifest()
            base = Base.empty() if manifest is None else Base.from_manifest(manifest, blocks)
        except StorageError:
            # The block of an old manifest is free as soon as there is a new one.
            if words[SEQUENCE] == sequence and attempt > 2:
                raise
            time.sleep(_PAUSE_S)
        else:
            return base, epoch, blocks.sequence
    raise StorageError("manifests were replaced faster than they could be read; try again")


class _Moved:
    """Applies commits again, over a base that another process folded; see `CommitPipeline.finish_fold`."""

    __slots__ = ("_open_base", "_state")

    def __init__(self, base: Base, state: State, open_base: Callable[[bytes], Base]) -> None:
        catalog = Catalog.of_base(base, version=state.catalog.version + _VERSION_STEP)
        timestamp_us = base.commits.timestamp_of(base.txid) or 0
        self._state = State(base, fresh_deltas(base, catalog), base.txid, timestamp_us, catalog)
        self._open_base = open_base

    def replay(self, log: SegmentedLog, last_index: int) -> None:
        """The commits in the log that the base does not have, up to a record."""
        reader = CommitReader()
        base_txid = self._state.txid
        for entry in log.read(log.first_index, last_index + 1):
            if entry.txid > base_txid:
                commit = reader.take(entry)
                if commit is not None:
                    self._apply(commit)

    def __call__(self, current: State, commits: Sequence[Commit]) -> State:
        for commit in commits:
            self._apply(commit)
        assert self._state.txid == current.txid, "every commit since was handed over"
        return self._state

    def _apply(self, commit: Commit) -> None:
        if is_load(commit):
            (change,) = commit.changes
            assert isinstance(change, AttachSegments)
            base = self._open_base(change.manifest)
            self._state = attach(self._state, base, commit.txid, commit.timestamp_us)
        else:
            self._state = apply_commit(self._state, commit, self._open_base)
