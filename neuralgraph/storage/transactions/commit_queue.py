"""CommitQueue: commits that come while one is under way wait for it, and go together next.

    a thread   puts its commit in the queue; the first one leads, the others sleep
    the leader takes the commit lock, then all that waits, as one batch: one write, one sync
               wakes those whose commits are settled, and the first that came meanwhile leads next

Who needs the graph to stand still leads alone (`leading_alone`), and what comes meanwhile waits.

So a thread goes to sleep at most once for a commit, however many there are, and the leader takes no latch
that another one waits for in turn: with threads that share an interpreter, each such meeting costs more than
the commit itself. Nobody leads for longer than `LEADS_S`, if others can.

Invariants: a commit that is settled stays so; when a thread gives up in the middle (an interrupt), whoever
waits for what it was doing leads next.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from neuralgraph.storage.transactions.turns import CommitTurns
    from neuralgraph.storage.versions import Base
    from neuralgraph.storage.versions.changes import Change, Commit

LEADS_S: Final = 0.002


class Pending:
    """A commit on its way.

    Attributes:
        changes: what it does.
        encoded: the same for the log; see `commit_codec.encode_changes`.
        metadata: kept with it.
        check: called in its place in the order; what it raises stops the commit.
        base: see `CommitPipeline.commit`, like the next one.
        timestamp_us: at least so late.
        commit: once it has a txid.
        index: of its last record in the log.
        last_index_before: of the record before its first one.
        is_settled: it is published, or `error` says why not.
    """

    __slots__ = (
        "_gate",
        "base",
        "changes",
        "check",
        "commit",
        "encoded",
        "error",
        "index",
        "is_settled",
        "last_index_before",
        "metadata",
        "timestamp_us",
    )

    def __init__(
        self,
        changes: Sequence[Change],
        encoded: list[Any],
        metadata: Mapping[str, Any],
        check: Callable[[Any], None] | None,
        base: Base | None,
        timestamp_us: int,
    ) -> None:
        self.changes = changes
        self.encoded = encoded
        self.metadata = metadata
        self.check = check
        self.base = base
        self.timestamp_us = timestamp_us
        self.commit: Commit | None = None
        self.index = 0
        self.last_index_before = 0
        self.is_settled = False
        self.error: Exception | None = None
        self._gate: threading.Lock | None = None

    def result(self) -> int:
        """The txid, once it is settled.

        Raises:
            Exception: why it was not committed.
        """
        error, self.error = (
            self.error,
            None,
        )  # else it would lead to itself, by the frames that it was in
        if error is not None:
            raise error
        assert self.commit is not None, "it is settled"
        return self.commit.txid

    def settle(self, error: Exception | None = None) -> None:
        """It is published, or it will never be; its thread wakes."""
        self.error = error
        self.is_settled = True
        self.wake()

    def wake(self) -> None:
        """Its thread goes on, if it sleeps."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.release()

    def close_gate(self) -> threading.Lock:
        """A lock that is held until somebody wakes this thread."""
        self._gate = gate = threading.Lock()
        gate.acquire()
        return gate


class CommitQueue:
    """See the module.

    Args:
        turns: the commit lock; the leader is in it.
        serve: settles each commit of a batch. What it raises itself ends the leader's part.
    """

    __slots__ = (
        "_alone",
        "_is_led",
        "_latch",
        "_serve",
        "_served",
        "_soloists",
        "_turns",
        "_waiting",
    )

    def __init__(self, turns: CommitTurns, serve: Callable[[Sequence[Pending]], None]) -> None:
        self._turns = turns
        self._serve = serve
        self._latch = threading.Lock()
        self._is_led = False
        self._waiting: list[Pending] = []
        self._served: list[Pending] = []
        self._soloists: list[threading.Lock] = []
        self._alone = 0

    def __len__(self) -> int:
        """How many wait for the leader."""
        return len(self._waiting)

    def run(self, own: Pending) -> None:
        """Return once a commit is settled.

        Raises:
            DatabaseLockedError: another process had the commit lock for longer than the timeout.
            StorageError: what it wrote cannot be read.
        """
        if self._alone and self._alone == threading.get_ident():
            with self._turns:
                self._serve([own])
            return
        with self._latch:
            gate = own.close_gate() if self._is_led else None
            self._is_led = True
            self._waiting.append(own)
        if gate is not None:
            gate.acquire()
            if own.is_settled:
                return
        try:
            with self._turns:
                self._lead()
        finally:
            self._hand_over(own)

    @contextmanager
    def leading_alone(self) -> Iterator[None]:
        """While no commits are settled but those of this thread; its turn has to be held inside."""
        from neuralgraph.storage.transactions.interrupts import Uninterrupted

        me = threading.get_ident()
        try:
            with Uninterrupted():  # no longer than the leader takes for what it has
                gate = threading.Lock()
                with self._latch:
                    if self._is_led:
                        gate.acquire()
                        self._soloists.append(gate)
                    self._is_led = True
                gate.acquire()
                self._alone = me
            yield
        finally:
            if self._alone == me:
                self._alone = 0
                self._hand_over(None)

    def _lead(self) -> None:
        until = 0.0
        while True:
            with self._latch:
                self._served, self._waiting = self._waiting, []
            self._serve(self._served)
            if not self._waiting:
                return
            now = time.monotonic()
            until = until or now + LEADS_S
            if now > until:
                return

    def _hand_over(self, own: Pending | None) -> None:
        with self._latch:
            # Only where the leader was interrupted is anything left of what it served.
            left = [one for one in self._served if not one.is_settled and one is not own]
            waiting = [one for one in self._waiting if one is not own]
            self._served = []
            self._waiting = [one for one in left if one.commit is None] + waiting
            soloist = self._soloists.pop(0) if self._soloists and not left else None
            heirs = left or waiting
            if soloist is None and not heirs:
                self._is_led = False
                return
        if soloist is not None:
            soloist.release()
        else:
            heirs[0].wake()
