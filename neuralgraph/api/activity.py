"""What runs: statements and transactions by name, for SHOW TRANSACTIONS and TERMINATE TRANSACTIONS.

Statements are known by weak references to their contexts, so that noting one costs next to nothing and a
result that is dropped half read is forgotten. Transactions tell when they begin and end.
"""

from __future__ import annotations

import itertools
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution import ExecutionContext

_PREFIX: Final = "transaction-"


class OpenTransaction:
    """A user's transaction while it is open.

    Attributes:
        number: which transaction of the process.
        began_ns: nanoseconds since 1970-01-01T00:00Z.
        terminated: somebody asked for its end; its next statement and its commit fail.
        statement: what it runs right now.
    """

    __slots__ = ("__weakref__", "began_ns", "number", "statement", "terminated")

    def __init__(self, number: int) -> None:
        self.number = number
        self.began_ns = time.time_ns()
        self.terminated = False
        self.statement: weakref.ref[ExecutionContext] | None = None

    def running(self) -> ExecutionContext | None:
        """The statement that it runs."""
        context = None if self.statement is None else self.statement()
        return context if context is not None and context.running else None


class Activity:
    """All that runs in one engine; thread-safe, as single operations on sets are."""

    __slots__ = ("_forget", "_note", "_numbers", "_statements", "_transactions")

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._statements: set[weakref.ref[ExecutionContext]] = set()
        self._transactions: weakref.WeakSet[OpenTransaction] = weakref.WeakSet()
        self._note = self._statements.add
        self._forget = self._statements.discard

    def note(self, context: ExecutionContext) -> None:
        """A statement of its own begins."""
        context.number = next(self._numbers)
        self._note(weakref.ref(context, self._forget))

    def begin(self) -> OpenTransaction:
        """A transaction begins; it is open as long as somebody holds what this gives."""
        transaction = OpenTransaction(next(self._numbers))
        self._transactions.add(transaction)
        return transaction

    def end(self, transaction: OpenTransaction) -> None:
        """It was committed or rolled back."""
        self._transactions.discard(transaction)

    def next_name(self) -> str:
        """A name for a transaction inside a statement."""
        return f"{_PREFIX}{next(self._numbers)}"

    def rows(self) -> list[dict[str, Any]]:
        """A row for each transaction, the oldest first."""
        rows = []
        for context in self._contexts():
            stopped = context.cancelled is not None and context.cancelled.is_set()
            rows.append((context.number, context.now_ns, context.query, stopped))
        for transaction in list(self._transactions):
            running = transaction.running()
            query = "" if running is None else running.query
            rows.append((transaction.number, transaction.began_ns, query, transaction.terminated))
        return [_row(*row) for row in sorted(rows)]

    def terminate(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Stop those of these names; a row for each."""
        return [
            {
                "transactionId": name,
                "username": "",
                "message": "Transaction terminated."
                if self._terminated(name)
                else "Transaction not found.",
            }
            for name in names
        ]

    def _terminated(self, name: str) -> bool:
        found = False
        for context in self._contexts():
            if name == f"{_PREFIX}{context.number}":
                context.stop()
                found = True
        for transaction in list(self._transactions):
            if name == f"{_PREFIX}{transaction.number}":
                transaction.terminated = True
                running = transaction.running()
                if running is not None:
                    running.stop()
                found = True
        return found

    def _contexts(self) -> list[ExecutionContext]:
        contexts = [reference() for reference in self._statements.copy()]
        return [context for context in contexts if context is not None and context.running]


def _row(number: int, began_ns: int, query: str, stopped: bool) -> dict[str, Any]:  # noqa: FBT001
    from neuralgraph.values.instants import DateTime, Duration

    return {
        "database": "neo4j",  # as SHOW DATABASES calls it
        "transactionId": f"{_PREFIX}{number}",
        "username": "",
        "currentQuery": query,
        "startTime": DateTime.at_instant(began_ns),
        "status": "Terminated" if stopped else "Running",
        "elapsedTime": Duration.of_nanos(0, 0, max(0, time.time_ns() - began_ns)),
    }
