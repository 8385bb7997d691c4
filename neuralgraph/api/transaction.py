"""Transaction: several statements that happen together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from neuralgraph.errors import (
    TransactionClosedError,
    TransactionError,
    TransactionTerminatedError,
)
from neuralgraph.query.execution import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from neuralgraph.api.noting import Noted
    from neuralgraph.api.result import Result
    from neuralgraph.api.statement import Parameters, StatementRunner
    from neuralgraph.storage.transactions import Transaction as EngineTransaction

T = TypeVar("T")


class Transaction:
    """A unit of work; get one from `Graph.transaction`.

    It reads the graph as it was when it began, and its own writes. A statement that fails is undone by
    itself; the transaction goes on. As a context manager it commits at the end of the block, and rolls
    back when the block raises. One thread at a time.

    Attributes:
        metadata: what was given to `Graph.transaction`; kept with the commit.
        txid: the number of the commit; None before it, and where nothing was written.
    """

    __slots__ = (
        "__weakref__",
        "_engine_transaction",
        "_on_close",
        "_open",
        "_read_only",
        "_runner",
        "metadata",
        "txid",
    )

    def __init__(
        self,
        runner: StatementRunner,
        noted: Noted,
        on_close: Callable[[Transaction], None],
        *,
        read_only: bool = False,
    ) -> None:
        self.metadata = noted.metadata
        self.txid: int | None = None
        self._runner = runner
        self._on_close = on_close
        self._read_only = read_only
        self._engine_transaction: EngineTransaction | None = runner.engine.begin(
            self.metadata, timestamp_us=noted.timestamp_us
        )
        self._open = runner.activity.begin()

    @property
    def is_open(self) -> bool:
        """Neither committed nor rolled back."""
        return self._engine_transaction is not None

    def execute(self, query: str, parameters: Parameters | None = None, /, **named: Any) -> Result:
        """Run one statement to its end; see `Graph.execute`.

        Raises:
            QueryError: the statement is wrong or failed; the transaction is as it was before it.
            AccessModeError: it writes, and the transaction was begun with ``access="read"``.
            ConflictError, DeadlockError, LockTimeoutError: run the whole transaction again.
            TransactionClosedError: it was committed or rolled back.
            TransactionTerminatedError: TERMINATE TRANSACTIONS named it; it is rolled back.
        """
        transaction = self._opened()
        return self._runner.execute_in(
            transaction, self._open, query, parameters, named, read_only=self._read_only
        )

    def commit(self) -> int | None:
        """Make it durable; gives its txid, or None where nothing was written.

        Raises:
            ConflictError, ConstraintViolationError, DiskError: nothing of it happened.
        """
        transaction = self._opened()
        self._close()
        self.txid = transaction.commit()
        return self.txid

    def rollback(self) -> None:
        """Undo everything; harmless once it is closed."""
        transaction = self._engine_transaction
        if transaction is not None:
            self._close()
            transaction.rollback()

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.rollback()
        elif self.is_open:
            self.commit()

    def _opened(self) -> EngineTransaction:
        transaction = self._engine_transaction
        if transaction is None:
            raise TransactionClosedError("the transaction was committed or rolled back already")
        if self._open.terminated:
            self.rollback()
            raise TransactionTerminatedError("the transaction was terminated, and is rolled back")
        return transaction

    def _close(self) -> None:
        self._engine_transaction = None
        self._runner.activity.end(self._open)
        self._on_close(self)

    def leave_to_parent(self) -> None:
        """In a child that was forked: it is over here; the parent's goes on."""
        self._engine_transaction = None

    def __del__(self) -> None:
        # What it locked must not stay locked for ever because somebody lost it.
        transaction = getattr(self, "_engine_transaction", None)
        if transaction is not None:
            self._runner.engine.abandon(transaction)

    def __repr__(self) -> str:
        return f"<Transaction {'open' if self.is_open else 'closed'}>"


def tried(begin: Callable[[], Transaction], work: Callable[[Transaction], T], seconds: float) -> T:
    """What `work` returns in a transaction that was committed.

    Args:
        begin: begins a transaction.
        work: what is to be done in it; again in a new one where it clashed with somebody else.
        seconds: for how long to try again, from the first clash.

    Raises:
        TransactionError: it still clashed, or no other try would help.
    """
    backoff: Backoff | None = None
    while True:
        try:
            with begin() as transaction:
                return work(transaction)
        except TransactionError as error:
            backoff = backoff or Backoff(seconds)
            if not error.retryable or not backoff.goes_on:
                raise
        backoff.pause()
