"""The commit pipeline: one order for many writers.

    encode          each writer by itself
    queue           one writer leads, for all that wait meanwhile                    (`commit_queue`)
    turn            this process has the commit lock, and has caught up with the others'  (`turns`)
    order latch     each: check -> txid, timestamp; all: propose (append to the log)
    wait            for durability, outside every latch: one sync for all
    publish latch   apply to the state, in txid order; wake those who wait

Invariants:

- txids are dense and in the order of the log; timestamps never go back;
- a commit becomes visible only after it is durable, and only after all commits before it;
- `state` is replaced, never changed, so that a reader takes one reference and needs no latch;
- what other processes committed becomes state by the same `apply_commit`, from the records that they put in
  the log: when a statement begins and they have moved on, and at the beginning of each turn;
- after a failed sync nobody knows what is on the disk, so nothing more is written until the next open; what
  was acknowledged is safe, and reading goes on.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from neuralgraph.errors import DiskError, NeuralGraphError, QueryArgumentError, StorageError
from neuralgraph.storage.disk import FellBehindError, RecordKind, Sharing
from neuralgraph.storage.disk.sharing import LAST
from neuralgraph.storage.disk.values_codec import decode, encode
from neuralgraph.storage.transactions.apply import apply_commit, is_load, without_data
from neuralgraph.storage.transactions.commit_codec import CommitReader, encode_changes, records_of
from neuralgraph.storage.transactions.commit_queue import CommitQueue, Pending
from neuralgraph.storage.transactions.conflicts import Generation
from neuralgraph.storage.transactions.turns import CommitTurns
from neuralgraph.storage.versions.changes import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from neuralgraph.storage.disk import LogRecord
    from neuralgraph.storage.transactions.replication import Entry, Replicator
    from neuralgraph.storage.versions import Base, State
    from neuralgraph.storage.versions.changes import Change


class Reread(Protocol):
    """A graph that was read from the disk anew."""

    @property
    def state(self) -> State:
        """What it is now."""
        ...

    @property
    def commits(self) -> Sequence[Commit]:
        """Those beyond the base of `state`, without data."""
        ...

    @property
    def leased(self) -> tuple[int, int]:
        """Node and edge ids from here on are nobody's."""
        ...


class CommitPipeline:
    """Everything between a write set and the state that has it.

    Args:
        state: what recovery found.
        replicator: where commits go.
        clock_us: microseconds since 1970 UTC; may go back, the timestamps of commits do not.
        open_base: makes a base from the manifest that a bulk load logged.
        commits: those that the state has beyond its base.
        sharing: where it stands among the processes that have the database open.
        leased: node and edge ids from here on are nobody's.

    Attributes:
        words: the sharing's.
        seen_index: of the last record that is known here; when the word `LAST` is greater, `follow`.
        foreign_txid: of the newest commit of another process that came in since the opening.
        gap_txid: what was committed up to here cannot be checked for conflicts by who began before.
        turns: the commit lock.
        queue: commits that wait to be served.
        reread: reads file and log anew, up to a record.
        published_index: of the log's last record that `state` has.
        state: the newest published state; take it once and read it.
        commits: those since the base of `state`, oldest first, without data; grows in place until
            a fold.
        generation: the delta store of `state`, as conflict checks see it. Read it before `state`.
    """

    __slots__ = (
        "_clock_us",
        "_failure",
        "_is_torn",
        "_last_timestamp_us",
        "_last_txid",
        "_open_base",
        "_order",
        "_pending",
        "_publishing",
        "_reader",
        "_recent",
        "_replicator",
        "commits",
        "foreign_txid",
        "gap_txid",
        "generation",
        "leased",
        "on_publish",
        "published_index",
        "queue",
        "reread",
        "seen_index",
        "sharing",
        "state",
        "turns",
        "words",
    )

    def __init__(
        self,
        state: State,
        replicator: Replicator,
        *,
        clock_us: Callable[[], int],
        open_base: Callable[[bytes], Base],
        commits: Sequence[Commit] = (),
        sharing: Sharing | None = None,
        leased: tuple[int, int] = (0, 0),
    ) -> None:
        self.sharing = sharing or Sharing(None)
        self.words = self.sharing.words
        self.leased = leased
        self.foreign_txid = self.gap_txid = 0
        self.turns = CommitTurns(self.sharing, self._catch_up, self._settle)
        self.reread: Callable[[int], Reread] | None = None
        self._reader = CommitReader()
        self._is_torn = False
        self.state = state
        self.commits = list(commits)
        self.generation = Generation(state.deltas)
        self.on_publish: Callable[[State], None] | None = None
        self._replicator = replicator
        self._clock_us = clock_us
        self._open_base = open_base
        self._last_txid = state.txid
        self._last_timestamp_us = state.timestamp_us
        self._order = threading.Lock()
        self._publishing = threading.Lock()
        self._pending: deque[Pending] = deque()
        self.queue = CommitQueue(self.turns, self._commit_all)
        self.published_index = self.seen_index = replicator.last_index
        self._recent: list[Commit] | None = None
        self._failure: StorageError | None = None

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def commit(
        self,
        changes: Sequence[Change],
        metadata: Mapping[str, Any],
        *,
        check: Callable[[CommitPipeline], None] | None = None,
        base: Base | None = None,
        timestamp_us: int = 0,
    ) -> int:
        """Make changes durable and visible.

        Args:
            changes: at least one.
            metadata: kept with the commit.
            check: called once the order is fixed and we have caught up; what it raises stops the commit.
            base: for a bulk load, what its manifest describes, so that it need not be opened again.
            timestamp_us: at least so late.

        Returns:
            The txid.

        Raises:
            DiskError: nothing was committed. When it came from a sync, nothing more is written until
                the graph is opened again.
        """
        encoded = encode_changes(changes)
        self._require_working()
        own = Pending(changes, encoded, metadata, check, base, timestamp_us)
        self.queue.run(own)
        return own.result()

    def _commit_all(self, batch: Sequence[Pending]) -> None:
        """Settle commits, in this order; called in our turn, by one thread at a time."""
        self._publish_left()
        with self._order:
            ordered = self._put_in_order(batch)
        if ordered:
            self._pending.extend(ordered)
            self._publish_left()

    def _put_in_order(self, batch: Sequence[Pending]) -> list[Pending]:
        """Give commits their txids and log them; those that may not be are settled, and left out."""
        txid, timestamp_us = self._last_txid, self._last_timestamp_us
        index = self._replicator.last_index
        entries: list[Entry] = []
        ordered: list[tuple[Pending, Commit]] = []
        for one in batch:
            try:
                self._require_working()
                if one.check is not None:
                    one.check(self)
            except Exception as error:  # noqa: BLE001 - raised in the thread whose commit it is
                one.settle(error)
                continue
            txid += 1
            timestamp_us = max(one.timestamp_us or self._clock_us(), timestamp_us)
            records = records_of(one.encoded, txid, timestamp_us, one.metadata)
            entries += records
            one.last_index_before, index = index, index + len(records)
            one.index = index
            ordered.append((one, Commit(txid, timestamp_us, one.changes, one.metadata)))
        if not ordered:
            return []
        try:
            self._propose(entries)
        except Exception as error:  # noqa: BLE001 - the same
            if len(ordered) == 1:
                ordered[0][0].settle(error)
                return []
            # Only one of them may be too large for a record, or for the disk.
            return [kept for one, _ in ordered for kept in self._put_in_order([one])]
        self._last_txid, self._last_timestamp_us = txid, timestamp_us
        for one, commit in ordered:
            one.commit = commit
        return [one for one, _ in ordered]

    def _propose(self, entries: list[Entry]) -> int:
        try:
            return self._replicator.propose(entries)
        except BaseException:
            self._is_torn = True  # some of them may be there, or a segment that was begun for them
            raise

    def check_timestamp(self, timestamp_us: int) -> None:
        """May a commit have this time?

        Raises:
            QueryArgumentError: it is before the last commit's, or in the future.
        """
        if timestamp_us < max(self._last_timestamp_us, self.state.timestamp_us):
            raise QueryArgumentError(
                "time does not go back: there is a later transaction already",
                detail="InvalidArgumentValue",
            )
        if timestamp_us > self.next_timestamp_us():
            raise QueryArgumentError(
                "a transaction cannot be of the future", detail="InvalidArgumentValue"
            )

    def next_timestamp_us(self) -> int:
        """What a commit would get now."""
        return max(self._clock_us(), self._last_timestamp_us, self.state.timestamp_us)

    def log(self, kind: RecordKind, payload: bytes, txid: int = 0) -> int:
        """Put a record that is no commit in the log; durable with the next commit.

        Returns:
            Its index.
        """
        self._require_working()
        with self.turns, self._order:
            self._require_working()
            return self._propose([(kind, txid, payload)])

    def lease(self, wanted: Callable[[tuple[int, int]], tuple[int, int]]) -> None:
        """Note durably that ids are taken.

        Args:
            wanted: called in our turn with `leased`, gives what it is from now on.

        Raises:
            DiskError: nothing more is written until the graph is opened again.
        """
        self._require_working()
        with self.turns:
            with self._order:
                self._require_working()
                limits = wanted(self.leased)
                index = self._propose([(RecordKind.LEASE, 0, encode(list(limits)))])
                self.leased = limits
            self.wait_durable(index)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """While nobody else commits, in this process or another; `state` has all commits there are.

        Raises:
            DatabaseLockedError: another process commits for longer than the timeout.
            StorageError: nothing more is written, or what another process wrote cannot be read.
        """
        self._require_working()
        with self.queue.leading_alone():
            self.turns.hold()
            try:
                self._publish_left()  # what an interrupt kept from it
                self._require_working()
                yield
            finally:
                self.turns.let_go()

    def wait_durable(self, index: int) -> None:
        """Return once the records up to `index` are as durable as a commit.

        Raises:
            DiskError: nothing more is written until the graph is opened again.
        """
        try:
            self._replicator.wait_durable(index)
        except DiskError as error:
            self.stop(error)
            raise

    def _publish_left(self) -> None:
        """Wait until all that is in the log is durable, and apply it."""
        if not self._pending:
            return
        index = self._pending[-1].index
        try:
            self._replicator.wait_durable(index)
        except DiskError as error:
            self._fail(error)
        else:
            self._publish(index)

    def _publish(self, index: int) -> None:
        """Apply every commit up to `index`, which is durable; the order of the queue is that of the log."""
        pending = self._pending
        with self._publishing:
            while pending and pending[0].index <= index:
                one = pending.popleft()
                assert one.commit is not None, "it has its place in the log"
                try:
                    self._require_working()
                    self._advance(one.commit, one.index, one.base)
                except BaseException as error:
                    # It is in the log, and half of it in the deltas: only a new open tells them right.
                    self._failure = self._failure or StorageError(
                        f"transaction {one.commit.txid} is durable but could not be applied"
                        f" ({error}); close the graph and open it again"
                    )
                    one.settle(error if isinstance(error, Exception) else again(self._failure))
                    self._refuse_pending(self._failure)
                    if not isinstance(error, Exception):
                        raise
                    return
                # In this order: who finds the word greater than what was seen has to follow.
                self.seen_index = one.index
                if self.sharing.is_shared:
                    self.words[LAST] = one.index
                one.settle()

    def _refuse_pending(self, error: StorageError) -> None:
        while self._pending:
            self._pending.popleft().settle(again(error))

    def _advance(self, commit: Commit, index: int, base: Base | None = None) -> None:
        before = self.state
        state = apply_commit(before, commit, self._open_base, base=base)
        if state.deltas is not before.deltas:
            self._extend_generations(state, state.base if is_load(commit) else None)
        self.state = state
        if state.base.txid == commit.txid:
            self.commits = []  # a bulk load: its base knows them all
            self._note_ids(state.base)
        else:
            self.commits.append(without_data(commit))
        self.published_index = index
        if self._recent is not None:
            self._recent.append(commit)
        if self.on_publish is not None:
            self.on_publish(state)

    def _note_ids(self, base: Base) -> None:
        nodes, edges = self.leased
        next_nodes, next_edges = base.parts.next_ids
        self.leased = (
            max(nodes, base.node_limit, next_nodes),
            max(edges, base.edge_limit, next_edges),
        )

    def _extend_generations(self, state: State, loaded: Base | None = None) -> None:
        # Linked before it is current: who reads `generation` and then `state` finds all of it.
        fresh = Generation(state.deltas, loaded)
        self.generation.successor = fresh
        self.generation = fresh

    # ── other processes ───────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Apply what other processes committed, if there is any.

        Raises:
            StorageError: it cannot be read.
        """
        with self._publishing:
            last = self.words[LAST]
            if last > self.seen_index:
                self._follow_to(last)

    def _catch_up(self, is_left: bool) -> None:  # noqa: FBT001 - called by position
        """Our turn begins: be where the log ends. `is_left`: somebody died in his."""
        if self._failure is not None:
            return  # whoever called finds it out
        self._publish_left()  # what an interrupt kept from it
        with self._publishing:
            last = self.words[LAST]
            if last > self.seen_index:
                self._follow_to(last)
            if is_left:
                self._take(self._replicator.take_over())
                self.seen_index = self.published_index = self._replicator.last_index
                self.words[LAST] = self.seen_index
            self._last_txid = self.state.txid
            self._last_timestamp_us = max(self._last_timestamp_us, self.state.timestamp_us)

    def _settle(self) -> bool:
        """Our turn ends: does the log end where everybody is told?"""
        self._publish_left()
        if self._failure is not None or self._is_torn:
            self._is_torn = False
            return False
        self.seen_index = max(self.seen_index, self._replicator.last_index)
        self.words[LAST] = self.seen_index
        return True

    def _follow_to(self, last: int) -> None:
        if self.seen_index == _UNKNOWN:
            self._read_anew(last)
            return
        # Were this interrupted, what was read would be lost: then the next one reads everything anew.
        self.seen_index = _UNKNOWN
        try:
            records = self._replicator.follow(last)
        except FellBehindError:
            self._read_anew(last)
            return
        self._take(records)
        self.published_index = self.seen_index = last

    def _take(self, records: Sequence[LogRecord]) -> None:
        """Apply records of other processes."""
        commits: list[Commit] = []
        for found in records:
            if found.kind == RecordKind.LEASE:
                nodes, edges = decode(found.payload)
                self.leased = (max(self.leased[0], nodes), max(self.leased[1], edges))
            elif found.txid > self.state.txid or not found.txid:
                commit = self._reader.take(found)
                if commit is not None:
                    if is_load(commit) and commits:
                        # Its base has them all; that of an earlier load may be overwritten by now.
                        commits.clear()
                        self.gap_txid = commit.txid
                    commits.append(commit)
        for commit in commits:
            self._advance(commit, self.published_index)
            self.foreign_txid = commit.txid

    def _read_anew(self, last: int) -> None:
        """Forget the state and read the file and the log; for open transactions there is a gap between."""
        assert self.reread is not None, "nobody is followed without it"
        self.seen_index = _UNKNOWN
        found = self.reread(last)
        self._reader = CommitReader()
        self._recent = None
        self._extend_generations(found.state)
        self.state = found.state
        self.commits = list(found.commits)
        self.leased = (
            max(self.leased[0], found.leased[0]),
            max(self.leased[1], found.leased[1]),
        )
        self.gap_txid = self.foreign_txid = found.state.txid
        self.published_index = self.seen_index = self._replicator.last_index

    # ── failing ───────────────────────────────────────────────────────────────────────────────

    @property
    def failure(self) -> StorageError | None:
        """Why nothing more is written; None when all is well."""
        return self._failure

    def stop(self, error: StorageError) -> None:
        """Write nothing more."""
        with self._order:
            self._failure = self._failure or error

    def _require_working(self) -> None:
        if self._failure is not None:
            raise again(self._failure)

    def _fail(self, error: DiskError) -> None:
        """A sync failed: withdraw what is not published, and write nothing more."""
        with self._order, self._publishing:
            first = self._failure is None
            message = (
                f"{error}; the transaction was rolled back. What was committed before is safe and can be"
                " read, but nothing is written until the graph is closed and opened again"
            )
            self._failure = DiskError(message)
            self._failure.__cause__ = error
            if first and self._pending:
                message += self._withdraw(self._pending[0].last_index_before)
            self._refuse_pending(DiskError(message))

    def _withdraw(self, index: int) -> str:
        """Keep records that were rolled back from coming alive at the next open; what if not."""
        try:
            self._replicator.withdraw(index)
        except NeuralGraphError as error:
            return (
                f" ({error}: should the disk have kept its records after all, the transaction will be"
                " there after the next open)"
            )
        return ""

    # ── for checkpoints ───────────────────────────────────────────────────────────────────────

    def start_fold(self) -> tuple[State, Sequence[Commit], int]:
        """Commits from here on are collected for `finish_fold`.

        Returns:
            The state to fold, the commits that its base does not have, and the index of the last log
            record that the fold makes superfluous.
        """
        with self._publishing:
            self._recent = []
            return self.state, list(self.commits), self.published_index

    def abandon_fold(self) -> None:
        """The fold failed: collect no more."""
        with self._publishing:
            self._recent = None

    def finish_fold(self, rebase: Callable[[State, Sequence[Commit]], State]) -> State:
        """Swap the base.

        Args:
            rebase: called with the current state and the commits since `start_fold`; gives the same
                graph over the new base. Called again, with further commits only, when some came in
                meanwhile; the last call happens under the publish latch.

        Returns:
            The state that is published now.
        """
        while len(self._recent or ()) > _CATCH_UP_COMMITS_MAX:
            with self._publishing:
                commits, self._recent = self._collected(), []
                state = self.state
            rebase(state, commits)
        with self._publishing:
            commits, self._recent = self._collected(), None
            state = rebase(self.state, commits)
            self._extend_generations(state)
            self.state = state
            self.commits = [commit for commit in self.commits if commit.txid > state.base.txid]
            if self.on_publish is not None:
                self.on_publish(state)
            return state

    def _collected(self) -> list[Commit]:
        if self._recent is None:
            raise StorageError("the graph was read anew while it was folded; fold it again")
        return self._recent


def again(error: StorageError) -> StorageError:
    """The same error, to be raised in another thread or another time."""
    made = type(error)(str(error))
    made.__cause__ = error
    return made


_UNKNOWN: Final = -1
"""As `seen_index`: less than any."""
_CATCH_UP_COMMITS_MAX: Final = 64
"""With fewer commits to apply again, a checkpoint does it while the others wait."""
