"""TransactionManager: what the transactions of one engine share."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import ClosedError, LockTimeoutError
from neuralgraph.observability.logs import storage_logger
from neuralgraph.storage.transactions.ids import LEASE_IDS, IdAllocator
from neuralgraph.storage.transactions.interpreter_share import InterpreterShare
from neuralgraph.storage.transactions.locks import DELETE, GATE, LockOwner, LockTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.transactions.constraints import RuleSet
    from neuralgraph.storage.transactions.room import Room
    from neuralgraph.storage.versions import Catalog, State
    from neuralgraph.storage.versions.changes import Change

    Check = Callable[[CommitPipeline], None]
    CommitAsLoad = Callable[
        [LockOwner, Sequence[Change], tuple[Mapping[str, Any], int], Check | None], int | None
    ]
    """Takes the owner of the locks, a write set, metadata and time, and what to check the commit with."""


CLOSING_WAIT_S: Final = 1.0


class TransactionManager:
    """Locks, ids and the pipeline, and who may begin.

    Args:
        pipeline: where commits go.
        node_start, edge_start: the first ids that were never leased.
        busy_timeout_s: how long a writer waits for a lock.
        is_read_only: refuse every write.

    Attributes:
        maintenance: held while the base is swapped, and while a commit changes the schema: a fold must
            know all indexes before it begins. `upkeep` takes it, too, and keeps other processes out.
        interpreter: asked before a statement begins; see `InterpreterShare`.
        commit_as_load: commits what is worth it as a bulk load, or gives None; see `bulk_commit`.
            What was spilled it commits in any case.
        room: how much memory a write set may take before it goes to a file; None: any.
        take_over: called when upkeep begins, so that what other processes did to the file is known.
    """

    __slots__ = (
        "_abandoned",
        "_is_closed",
        "_rules",
        "_serials",
        "commit_as_load",
        "edge_ids",
        "interpreter",
        "is_read_only",
        "locks",
        "maintenance",
        "node_ids",
        "pipeline",
        "room",
        "sharing",
        "take_over",
    )

    def __init__(
        self,
        pipeline: CommitPipeline,
        *,
        node_start: int,
        edge_start: int,
        busy_timeout_s: float,
        is_read_only: bool = False,
    ) -> None:
        self._abandoned: deque[Callable[[], None]] = deque()
        self.pipeline = pipeline
        self.locks = LockTable(timeout_s=busy_timeout_s)
        self.node_ids = IdAllocator(node_start, self._lease_nodes)
        self.edge_ids = IdAllocator(edge_start, self._lease_edges)
        self.is_read_only = is_read_only
        self.maintenance = threading.RLock()
        self.sharing = pipeline.sharing
        self.interpreter = InterpreterShare()
        self.take_over: Callable[[], None] = lambda: None
        self.commit_as_load: CommitAsLoad | None = None
        self.room: Room | None = None
        self._serials = itertools.count(1)
        self._rules: tuple[int, RuleSet] | None = None
        self._is_closed = False

    def admit(self) -> str:
        """A transaction begins; the name by which others are told of it."""
        if self._is_closed:
            raise ClosedError("the graph was closed")
        self._roll_back_abandoned()
        return f"transaction {next(self._serials)}"

    def abandon(self, rollback: Callable[[], None]) -> None:
        """Somebody lost an open transaction: roll it back before the next one begins.

        Not at once: garbage is collected in the middle of anything, and locks may be held there.
        """
        self._abandoned.append(rollback)

    def _roll_back_abandoned(self) -> None:
        while self._abandoned:
            try:
                rollback = self._abandoned.popleft()
            except IndexError:
                return  # another thread took the last one
            rollback()

    def stop_writers(self) -> None:
        """Begin no more transactions, and give those that write a moment to end.

        What still writes after it can only be rolled back, for the pipeline is stopped next.
        """
        self._is_closed = True
        self._roll_back_abandoned()
        self.locks.timeout_s = min(self.locks.timeout_s, CLOSING_WAIT_S)
        try:
            self.locks.acquire(LockOwner("the closing of the graph"), GATE, DELETE)
        except LockTimeoutError:
            storage_logger().warning(
                "the graph is closed while a transaction writes; it is rolled back"
            )

    def latest_state(self) -> State:
        """The newest published state."""
        return self.pipeline.state

    def rules_of(self, catalog: Catalog) -> RuleSet:
        """The constraints of a catalogue; made once for each version."""
        known = self._rules
        if known is not None and known[0] == catalog.version:
            return known[1]
        from neuralgraph.storage.transactions.constraints import RuleSet

        rules = RuleSet.of(catalog)
        self._rules = (catalog.version, rules)
        return rules

    def commit(
        self,
        changes: Sequence[Change],
        metadata: Mapping[str, Any],
        timestamp_us: int = 0,
        *,
        check: Callable[[CommitPipeline], None] | None = None,
        owner: LockOwner | None = None,
    ) -> int:
        """See `CommitPipeline.commit`; `owner` has the locks of the transaction."""
        if owner is not None and self.commit_as_load is not None:
            txid = self.commit_as_load(owner, changes, (metadata, timestamp_us), check)
            if txid is not None:
                return txid
        from neuralgraph.storage.transactions.interrupts import Uninterrupted

        with Uninterrupted():
            return self.pipeline.commit(changes, metadata, timestamp_us=timestamp_us, check=check)

    def commit_schema(
        self, changes: Sequence[Change], metadata: Mapping[str, Any], timestamp_us: int = 0
    ) -> int:
        """The same, while no checkpoint is under way."""
        from neuralgraph.storage.transactions.interrupts import Uninterrupted

        with self.maintenance, Uninterrupted():
            return self.pipeline.commit(changes, metadata, timestamp_us=timestamp_us)

    # ── keeping other processes out ───────────────────────────────────────────────────────────

    @contextmanager
    def upkeep(self, purpose: str) -> Iterator[None]:
        """While nobody else, in any process, changes the file; see `Sharing.begin_upkeep`.

        Raises:
            DatabaseLockedError: another process does, for longer than the timeout.
        """
        with self.maintenance:
            self.sharing.begin_upkeep(purpose)
            try:
                with self.interpreter.claimed():
                    self.take_over()
                    yield
            finally:
                self.sharing.end_upkeep()

    def stop_the_others(self) -> bool:
        """Let no other process commit or keep up the file until `let_the_others_go`; True.

        Raises:
            DatabaseLockedError: one does, for longer than the timeout.
        """
        self.sharing.begin_upkeep("a schema change")
        try:
            self.pipeline.turns.hold()
        except BaseException:
            self.sharing.end_upkeep()
            raise
        return True

    def let_the_others_go(self) -> None:
        """The end of `stop_the_others`."""
        try:
            self.pipeline.turns.let_go()
        finally:
            self.sharing.end_upkeep()

    def ended(self, owner: LockOwner, *, stops_others: bool = False) -> None:
        """A transaction is over: its locks go, and with `stops_others` those that it had for the process."""
        try:
            if stops_others:
                self.let_the_others_go()
        finally:
            self.locks.release_all(owner)

    # ── ids ───────────────────────────────────────────────────────────────────────────────────

    def _lease_nodes(self, next_id: int, limit: int, count: int) -> tuple[int, int]:
        block = (0, 0)

        def wanted(leased: tuple[int, int]) -> tuple[int, int]:
            nonlocal block
            block = _block(leased[0], next_id, limit, count)
            return block[1], max(leased[1], self.edge_ids.limit)

        self.pipeline.lease(wanted)
        return block

    def _lease_edges(self, next_id: int, limit: int, count: int) -> tuple[int, int]:
        block = (0, 0)

        def wanted(leased: tuple[int, int]) -> tuple[int, int]:
            nonlocal block
            block = _block(leased[1], next_id, limit, count)
            return max(leased[0], self.node_ids.limit), block[1]

        self.pipeline.lease(wanted)
        return block

    def next_ids(self, *, is_last: bool = False) -> tuple[int, int]:
        """Node and edge ids below these may be in somebody's hands.

        Args:
            is_last: nobody takes any more, so that what is left of the leases need not count.
        """
        nodes, edges = self.pipeline.leased
        return _next_id(self.node_ids, nodes, is_last), _next_id(self.edge_ids, edges, is_last)

    def log_leases(self) -> None:
        """Write the current limits again, before the log's prefix with the older leases goes."""
        nodes, edges = self.node_ids, self.edge_ids
        self.pipeline.lease(
            lambda leased: (max(leased[0], nodes.limit), max(leased[1], edges.limit))
        )


def _block(leased: int, next_id: int, limit: int, count: int) -> tuple[int, int]:
    """First id and limit of the next block: what is left goes on in it when nobody came between."""
    first = next_id if leased <= limit else leased
    return first, first + count + LEASE_IDS


def _next_id(ids: IdAllocator, leased: int, is_last: bool) -> int:  # noqa: FBT001
    if leased > ids.limit:
        return leased
    return ids.next_id if is_last else ids.limit
