"""Engine: one open database; the front door of storage for `api`.

    files        <name>          the database: header, blocks, manifest         disk.blocks
                 <name>-wal/     the log of commits since                        disk.wal
                 <name>-wal/shared  what processes tell each other                disk.sharing
    state        CommitPipeline.state: base + deltas, replaced by each commit
    writers      TransactionManager: locks, ids, transactions
    upkeep       Checkpointer, CheckpointSchedule
    others       Follower: other processes that have the same database open

A graph in memory is the same engine over a `MemoryDirectory` with durability off.

Any number of processes may have a database open (docs/many-processes.md), an engine each. Everything here is
thread-safe; readers take `reader()` and need nothing else.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import (
    AccessModeError,
    ClosedError,
    DatabaseLockedError,
    DiskError,
    StorageError,
)
from neuralgraph.observability.logs import storage_logger
from neuralgraph.storage.disk import RecordKind
from neuralgraph.storage.disk.sharing import EPOCH, LAST
from neuralgraph.storage.maintenance.checkpoint import Checkpointer
from neuralgraph.storage.maintenance.following import Follower
from neuralgraph.storage.maintenance.info import EngineInfo
from neuralgraph.storage.maintenance.moments import Moments
from neuralgraph.storage.maintenance.opening import (
    Opened,
    enter,
    log_name,
    open_files,
    open_salvaged,
)
from neuralgraph.storage.maintenance.schedule import CheckpointSchedule
from neuralgraph.storage.maintenance.torn_tails import keep_torn_tails, torn_tails
from neuralgraph.storage.maintenance.vacuum import Vacuum, VacuumReport, shape_of
from neuralgraph.storage.transactions.commit import CommitPipeline, again
from neuralgraph.storage.transactions.manager import TransactionManager
from neuralgraph.storage.transactions.replication import LocalReplicator
from neuralgraph.storage.transactions.room import Room
from neuralgraph.storage.versions.base_commits import CommitTime
from neuralgraph.storage.versions.changes import only_creates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from neuralgraph.config import Options
    from neuralgraph.storage.disk import Directory
    from neuralgraph.storage.maintenance.bulk_load import Loader, Progress
    from neuralgraph.storage.maintenance.bulk_rows import BulkRows
    from neuralgraph.storage.maintenance.checkpoint import CheckpointReport
    from neuralgraph.storage.maintenance.manifest_checks import Problem
    from neuralgraph.storage.maintenance.recovery import RecoveryReport
    from neuralgraph.storage.maintenance.salvage import Loss
    from neuralgraph.storage.transactions.locks import LockOwner
    from neuralgraph.storage.transactions.transaction import Transaction
    from neuralgraph.storage.versions import Change, Commit, GraphView, State
    from neuralgraph.values import Column, IdArray


class Engine:
    """One open database. Make it with `open`; end it with `close`.

    Attributes:
        options: as given.
        recovery: what the opening did.
        losses: what `Options.salvage` could not read as it was.
    """

    __slots__ = (
        "_blocks",
        "_checkpointer",
        "_closing",
        "_directory",
        "_follower",
        "_interpreter",
        "_is_ephemeral",
        "_is_open",
        "_lock",
        "_log",
        "_manager",
        "_moments",
        "_pins",
        "_pipeline",
        "_schedule",
        "losses",
        "name",
        "options",
        "recovery",
    )

    def __init__(
        self,
        directory: Directory,
        name: str,
        options: Options,
        opened: Opened,
        *,
        clock_us: Callable[[], int],
        is_ephemeral: bool,
    ) -> None:
        self.name = name
        self.options = options
        self.recovery: RecoveryReport = opened.recovered.report
        self.losses: tuple[Loss, ...] = opened.losses
        self._directory = directory
        self._lock = sharing = opened.sharing
        self._blocks = blocks = opened.blocks
        self._log = log = opened.log
        self._is_ephemeral = is_ephemeral
        self._is_open = True
        self._closing = threading.Lock()
        self._pins = opened.pins
        recovered = opened.recovered
        self._pipeline = CommitPipeline(
            recovered.state,
            LocalReplicator(opened.log),
            clock_us=clock_us,
            open_base=opened.open_base,
            commits=recovered.commits,
            sharing=sharing,
            leased=recovered.leased,
        )
        self._moments = Moments(self._pipeline)
        self._manager = TransactionManager(
            self._pipeline,
            node_start=recovered.node_start,
            edge_start=recovered.edge_start,
            busy_timeout_s=options.busy_timeout_s,
            is_read_only=options.read_only,
        )
        self._checkpointer = Checkpointer(blocks, opened.log, self._manager, opened.pins)
        self._checkpointer.begin(opened.published, blocks.sequence)
        self._checkpointer.shape = shape_of(options.history, blocks)
        self._follower = Follower(
            blocks,
            opened.log,
            self._manager,
            opened.pins,
            self._checkpointer,
            opened.open_base,
            opened.log_folder,
        )
        self._schedule = CheckpointSchedule(
            self._fold_in_background,
            changes_max=options.checkpoint_changes,
            log_bytes=lambda: log.size_bytes,  # not `opened`, which holds the first base
            log_bytes_max=options.checkpoint_log_bytes,
        )
        self._manager.room = Room.of(options, directory)
        self._connect()

    def _connect(self) -> None:
        """Say who calls whom; and in the log, what came to nothing."""
        self._interpreter = self._manager.interpreter
        self._manager.take_over = self._follower.take_over
        self._manager.commit_as_load = self._commit_as_load
        self._pipeline.reread = self._follower.reread
        self._pipeline.on_publish = self._published
        if not self.options.read_only:
            for txid in self.recovery.aborted:
                self._pipeline.log(RecordKind.ABORT, b"", txid)

    @staticmethod
    def open(
        directory: Directory,
        name: str,
        options: Options,
        *,
        clock_us: Callable[[], int],
        process_id: int = 0,
        is_ephemeral: bool = False,
    ) -> Engine:
        """Open the database `name`, or make it.

        Args:
            directory: where its files are.
            name: of the database file.
            options: how it behaves.
            clock_us: microseconds since 1970 UTC.
            process_id: by which others are told who has it open.
            is_ephemeral: it ends with its process: closing it need not fold the log.

        Raises:
            DatabaseLockedError: another process keeps others out; the message says which.
            NotADatabaseError, FormatVersionError, CorruptionError, DiskError: nothing was written.
        """
        if options.salvage:
            options = replace(options, read_only=True)
        if options.read_only and not directory.exists(name):
            told = "; make an empty one to salvage its log" if options.salvage else ""
            raise DiskError(f"cannot open {name} for reading only: there is no such file{told}")
        sharing = enter(directory, name, options, process_id=process_id, is_ephemeral=is_ephemeral)
        try:
            if options.salvage:
                opened = open_salvaged(directory, name, sharing)
            else:
                opened = open_files(directory, name, options, sharing)
            engine = Engine(
                directory, name, options, opened, clock_us=clock_us, is_ephemeral=is_ephemeral
            )
        except BaseException:
            sharing.release()
            raise
        sharing.close_door()
        return engine

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    @property
    def state(self) -> State:
        """The newest published state; stays readable after `close`."""
        if self._is_open:
            self._catch_up()
        return self._pipeline.state

    def reader(self) -> GraphView:
        """The newest state; a few attribute reads and a look at shared memory.

        Raises:
            StorageError: what another process wrote cannot be read, or the graph was closed.
        """
        if not self._is_open:
            raise _closed()
        if self._interpreter.is_claimed:
            self._interpreter.give_way()
        pipeline = self._pipeline
        if pipeline.words[LAST] > pipeline.seen_index:
            self._follower.follow()
        return pipeline.state.view

    def move_on(self) -> None:
        """Let go of blocks that others wait for, as a statement would; does nothing where nobody does.

        Raises:
            StorageError: what another process wrote cannot be read.
        """
        if self._is_open and self._pipeline.words[EPOCH] > self._lock.pinned_epoch >= 0:
            self._follower.follow()
            self._moments.published(self._pipeline.state)

    def _published(self, state: State) -> None:
        self._moments.published(state)
        if not self.options.read_only:
            self._schedule.published(state)

    def _catch_up(self) -> None:
        if self._pipeline.words[LAST] > self._pipeline.seen_index:
            self._follower.follow()

    def reader_at(self, *, txid: int | None = None, timestamp_us: int | None = None) -> GraphView:
        """The graph as it was after a commit, or at a moment (the last commit not after it).

        Raises:
            QueryArgumentError: there is no such commit yet.
        """
        if not self._is_open:
            raise _closed()
        self._catch_up()
        return self._moments.view(txid=txid, timestamp_us=timestamp_us)

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def begin(
        self, metadata: Mapping[str, Any] | None = None, *, timestamp_us: int = 0
    ) -> Transaction:
        """A transaction on the newest state; `metadata` is kept with its commit, and its time, if given.

        Raises:
            QueryArgumentError: the time is before the last commit, or in the future.
        """
        from neuralgraph.storage.transactions.transaction import Transaction

        self._catch_up()
        if timestamp_us:
            self._pipeline.check_timestamp(timestamp_us)
        transaction = Transaction(self._manager, metadata)
        transaction.timestamp_us = timestamp_us
        return transaction

    def abandon(self, transaction: Transaction) -> None:
        """See `TransactionManager.abandon`."""
        self._manager.abandon(transaction.rollback)

    def load_nodes(
        self,
        labels: Sequence[str],
        columns: Mapping[str, Column],
        *,
        key: str | None = None,
        progress: Progress | None = None,
        metadata: Mapping[str, Any] | None = None,
        timestamp_us: int = 0,
    ) -> IdArray:
        """See `bulk_load.load_nodes`; metadata and time are those of `begin`."""
        from neuralgraph.storage.maintenance import bulk_load

        loader = self._loader(metadata, timestamp_us, progress)
        return bulk_load.load_nodes(loader, labels, columns, key=key)

    def load_relationships(
        self,
        edge_type: str,
        columns: Mapping[str, Column],
        sources: IdArray,
        targets: IdArray,
        *,
        progress: Progress | None = None,
        metadata: Mapping[str, Any] | None = None,
        timestamp_us: int = 0,
    ) -> int:
        """See `bulk_load.load_relationships`; metadata and time are those of `begin`."""
        from neuralgraph.storage.maintenance import bulk_load

        loader = self._loader(metadata, timestamp_us, progress)
        return bulk_load.load_relationships(loader, edge_type, columns, sources, targets)

    def bulk_rows(
        self, metadata: Mapping[str, Any] | None = None, *, timestamp_us: int = 0
    ) -> AbstractContextManager[BulkRows]:
        """See `bulk_rows.bulk_rows`; metadata and time are those of `begin`."""
        from neuralgraph.storage.maintenance import bulk_rows

        return bulk_rows.bulk_rows(self._loader(metadata, timestamp_us, None))

    def resolve_keys(self, label: str, key: str, values: Column) -> IdArray:
        """See `bulk_checks.resolve_keys`."""
        from neuralgraph.storage.maintenance import bulk_checks

        return bulk_checks.resolve_keys(self.reader(), label, key, values)

    def _fold_in_background(self) -> CheckpointReport:
        """Fold, unless another process was first."""
        is_long = self._log.size_bytes >= self.options.checkpoint_log_bytes
        changes_min = 1 if is_long else self.options.checkpoint_changes
        return self._checkpointer.run(changes_min=changes_min)

    def _commit_as_load(
        self,
        owner: LockOwner,
        changes: Sequence[Change],
        told: tuple[Mapping[str, Any], int],
        check: Callable[[CommitPipeline], None] | None,
    ) -> int | None:
        rows_min = self.options.load_commit_rows
        is_spilled = not isinstance(changes, list)
        if not is_spilled and (rows_min is None or not only_creates(changes, rows_min)):
            return None
        from neuralgraph.storage.maintenance import bulk_commit

        return bulk_commit.commit_as_load(self._loader(*told, None), owner, changes, check)

    def _loader(
        self, metadata: Mapping[str, Any] | None, timestamp_us: int, progress: Progress | None
    ) -> Loader:
        from neuralgraph.storage.maintenance.bulk_load import Loader

        self._require_writable()
        return Loader(
            self._manager,
            self._blocks,
            self._pins,
            self._checkpointer.fold,
            self._log.flush,
            metadata or {},
            timestamp_us,
            progress,
        )

    # ── what happened ─────────────────────────────────────────────────────────────────────────

    def commit_times(self, after: int = 0) -> list[CommitTime]:
        """Commits younger than `after`, oldest first, without what they did.

        The digest of those that no checkpoint has folded yet is empty.
        """
        self._catch_up()
        commits = self._pipeline.commits
        state = self._pipeline.state
        found = list(state.base.commits.after(after, contents=False))
        last = max(after, state.base.txid)
        found.extend(
            CommitTime(commit.txid, commit.timestamp_us, commit.metadata)
            for commit in list(commits)
            if last < commit.txid <= state.txid
        )
        return found

    def logged_commits(self, after: int, count_max: int) -> list[Commit]:
        """The oldest commits after `after` out of the log, `count_max` at most.

        `after` is at least the txid of the base; when a checkpoint came between, there are none and
        the base has them.
        """
        from neuralgraph.storage.maintenance.copying import read_commits

        with self._manager.maintenance:
            if not self._is_open:
                raise _closed()
            self._follower.forget_prefix()
            base_txid = self._pipeline.state.base.txid
            if after < base_txid:
                after = self._pipeline.state.txid
            try:
                return read_commits(self._log, after, self._pipeline.published_index, count_max)
            except StorageError:
                # Another process may have folded them, and cut the log.
                self._follower.follow()
                if self._pipeline.state.base.txid == base_txid:
                    raise
                return []

    # ── upkeep ────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> None:
        """Put all commits so far on the disk, whatever the durability.

        Raises:
            DiskError: nothing more is written until the graph is opened again.
        """
        if not self.options.read_only:
            self._pipeline.wait_durable(self._log.last_index)
            self._log.flush()

    def checkpoint(self) -> CheckpointReport:
        """Fold the commits into the file now; readers and writers go on.

        Raises:
            DiskError: the graph is as it was.
        """
        self._require_writable()
        return self._checkpointer.run()

    def copy_to(self, directory: Directory, name: str) -> int:
        """Write what is committed now to a new database file, without free space; writers go on.

        Returns:
            The txid of the copy.

        Raises:
            DiskError: there is such a file already, or the disk refused; the copy is not there then.
        """
        from neuralgraph.storage.maintenance.copying import copy_base

        if not self._is_open:
            raise _closed()
        if not self.options.read_only:
            self._require_writable()
            self._checkpointer.run()
        base = self._pipeline.state.base  # as long as this frame holds it, its blocks stay
        whole = base.replaced(next_ids=self._manager.next_ids(is_last=False))
        copy_base(whole, self._blocks, directory, name)
        return base.txid

    def vacuum(self, *, before: int | None = None) -> VacuumReport:
        """Let go of history that retention does not ask for, and make the file as small as it gets.

        Args:
            before: states before this transaction go, too, whatever the retention.

        Raises:
            DiskError: the graph is as it was.
        """
        self._require_writable()
        self._moments.forget()
        cleaner = Vacuum(self._blocks, self._checkpointer, self._manager, self.options.history)
        return cleaner.run(before or 0)

    def verify(self, *, history: bool = False) -> list[Problem]:
        """Read and check everything, with `history` the commits against the data; empty when all is well."""
        from neuralgraph.storage.maintenance.live_checks import check_all

        if not self._is_open:
            raise _closed()
        with self._alone():
            self._catch_up()
            self._follower.forget_prefix()
            parts = (self._blocks, self._pins, (self._log, log_name(self.name)))
            return list(check_all(self._pipeline.state, *parts, history=history))

    def _alone(self) -> AbstractContextManager[object]:
        """While nobody changes the file, as far as that can be had."""
        if self.options.read_only:
            return self._manager.maintenance
        return self._manager.upkeep("a check")

    def info(self) -> EngineInfo:
        """Sizes and counts."""
        if self._is_open:
            self._catch_up()
        state = self._pipeline.state
        failure, checkpoint_failure = self._pipeline.failure, self._schedule.last_error
        return EngineInfo(
            self.name,
            state.txid,
            state.base.txid,
            state.timestamp_us,
            state.catalog.node_count(),
            state.catalog.edge_count(),
            self._blocks.size(),
            self._blocks.free_bytes(),
            self._log.size_bytes,
            state.deltas.change_count,
            None if failure is None else str(failure),
            None if checkpoint_failure is None else str(checkpoint_failure),
            0 if self.recovery.torn is None else self.recovery.torn.byte_count,
            torn_tails(self._directory, self.name),
        )

    def close(self) -> None:
        """Fold the log, so that one file is the whole database, and let go of it.

        Transactions that still write are given a moment; after it they can only be rolled back.
        Harmless when called twice. When the disk refuses the fold, nothing is lost: the log is kept, the next
        opening reads it, and a warning says so.

        Raises:
            DiskError: what was kept in the process (durability off) could not be written.
        """
        with self._closing:
            if not self._is_open:
                return
            try:
                self._manager.stop_writers()
                self._moments.forget()
                self._schedule.close()
                self._finish(may_fold=self._pass_door())
            finally:
                self._is_open = False
                self._lock.release()

    def leave_to_parent(self) -> None:
        """In a child that was forked: have nothing to do with the parent's locks; closed from now on."""
        self._is_open = False
        self._lock.leave_to_parent()

    def _pass_door(self) -> bool:
        """Is it certain that nobody comes or goes meanwhile?"""
        try:
            self._lock.pass_door()
        except DatabaseLockedError:
            return False
        return not (self.options.read_only or self._is_ephemeral)

    def _finish(self, *, may_fold: bool) -> None:
        is_folded = False
        try:
            if may_fold and not self._pipeline.failure:
                is_folded = self._fold_as_last()
        finally:
            self._pipeline.stop(_closed())
            try:
                self._log.close()
            finally:
                self._blocks.close()
        if is_folded:
            # Where another process died in the middle of an append.
            keep_torn_tails(self._directory, self.name, log_name(self.name))
            self._directory.remove_child(log_name(self.name))

    def _fold_as_last(self) -> bool:
        """Fold, if no other process will go on writing; may the log go?"""
        sharing = self._lock
        if sharing.is_shared and sharing.has_other_writers():
            return False
        # Readers look for what later writers do in the log's folder.
        is_last = not (sharing.is_shared and sharing.has_readers())
        try:
            self._checkpointer.run(is_last=is_last)
        except DiskError as error:
            storage_logger().warning(
                "%s was closed without folding its log, which is kept: %s", self.name, error
            )
            return False
        return is_last

    def _require_writable(self) -> None:
        if not self._is_open:
            raise _closed()
        if self.options.read_only:
            raise AccessModeError("the graph was opened for reading only")
        if self._pipeline.failure is not None:
            raise again(self._pipeline.failure)


def _closed() -> ClosedError:
    return ClosedError("the graph was closed")
