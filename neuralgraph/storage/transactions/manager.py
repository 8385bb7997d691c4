"""TransactionManager: what the transactions of one engine share."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import ClosedError, LockTimeoutError
from neuralgraph.storage.disk import RecordKind
from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.storage.transactions.constraints import RuleSet
from neuralgraph.storage.transactions.ids import IdAllocator
from neuralgraph.storage.transactions.interrupts import Uninterrupted
from neuralgraph.storage.transactions.locks import DELETE, GATE, LockOwner, LockTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.versions import Catalog, State
    from neuralgraph.storage.versions.changes import Change


CLOSING_WAIT_S: Final = 1.0

_logger = logging.getLogger("neuralgraph.storage")


class TransactionManager:
    """Locks, ids and the pipeline, and who may begin.

    Args:
        pipeline: where commits go.
        node_start, edge_start: the first ids that were never leased.
        busy_timeout_s: how long a writer waits for a lock.
        is_read_only: refuse every write.

    Attributes:
        maintenance: held while the base is swapped, and while a commit changes the schema: a fold must
            know all indexes before it begins.
    """

    __slots__ = (
        "_abandoned",
        "_is_closed",
        "_rules",
        "_serials",
        "edge_ids",
        "is_read_only",
        "locks",
        "maintenance",
        "node_ids",
        "pipeline",
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
        self._serials = itertools.count(1)
        self._rules: tuple[int, RuleSet] = (-1, RuleSet(()))
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
            _logger.warning("the graph is closed while a transaction writes; it is rolled back")

    def latest_state(self) -> State:
        """The newest published state."""
        return self.pipeline.state

    def rules_of(self, catalog: Catalog) -> RuleSet:
        """The constraints of a catalogue; made once for each version."""
        version, rules = self._rules
        if version != catalog.version:
            rules = RuleSet.of(catalog)
            self._rules = (catalog.version, rules)
        return rules

    def commit(
        self, changes: Sequence[Change], metadata: Mapping[str, Any], timestamp_us: int = 0
    ) -> int:
        """See `CommitPipeline.commit`."""
        with Uninterrupted():
            return self.pipeline.commit(changes, metadata, timestamp_us=timestamp_us)

    def commit_schema(
        self, changes: Sequence[Change], metadata: Mapping[str, Any], timestamp_us: int = 0
    ) -> int:
        """The same, while no checkpoint is under way."""
        with self.maintenance, Uninterrupted():
            return self.pipeline.commit(changes, metadata, timestamp_us=timestamp_us)

    def ended(self, owner: LockOwner) -> None:
        """A transaction is over: its locks go."""
        self.locks.release_all(owner)

    # ── ids ───────────────────────────────────────────────────────────────────────────────────

    def _lease_nodes(self, limit: int) -> None:
        self._lease(limit, self.edge_ids.limit)

    def _lease_edges(self, limit: int) -> None:
        self._lease(self.node_ids.limit, limit)

    def _lease(self, node_limit: int, edge_limit: int) -> None:
        index = self.pipeline.log(RecordKind.LEASE, encode([node_limit, edge_limit]))
        self.pipeline.wait_durable(index)

    def next_ids(self, *, is_last: bool = False) -> tuple[int, int]:
        """Node and edge ids below these may be in somebody's hands.

        Args:
            is_last: nobody takes any more, so that what is left of the leases need not count.
        """
        nodes, edges = self.node_ids, self.edge_ids
        if is_last:
            return nodes.next_id, edges.next_id
        return nodes.limit, edges.limit

    def log_leases(self) -> None:
        """Write the current limits again, before the log's prefix with the older leases goes."""
        self._lease(self.node_ids.limit, self.edge_ids.limit)
