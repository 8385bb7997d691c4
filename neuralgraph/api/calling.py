"""CallingTransaction: what a procedure in Python does inside the statement that calls it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import AccessModeError, TransactionClosedError

if TYPE_CHECKING:
    from neuralgraph.api.result import Result
    from neuralgraph.api.statement import Parameters, StatementRunner
    from neuralgraph.query.execution import ExecutionContext


class CallingTransaction:
    """The transaction of the statement that calls a procedure; good until the call returns its last row.

    It reads what the statement reads, the statement's own writes included. A procedure that is
    registered with ``effects="writes"`` also writes: it happens with the statement or not at all.
    """

    __slots__ = ("_context", "_runner", "_writes")

    def __init__(self, runner: StatementRunner, context: ExecutionContext, *, writes: bool) -> None:
        self._runner = runner
        self._context: ExecutionContext | None = context
        self._writes = writes

    def execute(self, query: str, parameters: Parameters | None = None, /, **named: Any) -> Result:
        """Run one statement to its end; see `Graph.execute`.

        Raises:
            QueryError: the statement is wrong or failed; what it wrote is undone, the call goes on.
            AccessModeError: it writes, and the procedure declares that it only reads.
            TransactionClosedError: the call is over.
        """
        context = self._context
        if context is None:
            raise TransactionClosedError("the call that this transaction was given to is over")
        if self._writes and context.writer is None:
            raise AccessModeError("the statement that calls the procedure only reads")
        began_ns = time.perf_counter_ns()
        return self._runner.execute_inside(
            context, query, parameters, named, began_ns, writes=self._writes
        )

    def close(self) -> None:
        """The call is over."""
        self._context = None
