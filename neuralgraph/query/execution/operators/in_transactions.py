"""CALL { } IN TRANSACTIONS: outer rows in portions, each in a transaction of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import (
    NeuralGraphError,
    QueryArgumentError,
    QueryCancelledError,
    QueryTimeoutError,
    SemanticError,
)
from neuralgraph.query.execution.backoff import Backoff
from neuralgraph.query.execution.columns import null_column
from neuralgraph.query.execution.operators.step import Step, slot_places
from neuralgraph.values import Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neuralgraph.query.execution.context import ExecutionContext, Host
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import ApplyInTransactions
    from neuralgraph.values import RowArray

ROWS: Final = 1_000
"""Outer rows in a transaction where the statement does not say."""
RETRY_S: Final = 30.0
"""So long a transaction is run again where the statement does not say."""


class InTransactionsStep(Step):
    """See `plan.ApplyInTransactions`.

    Attributes:
        sources: for each output slot (place, from the outer side?); the place of the status is -1.
    """

    __slots__ = ("inner", "operator", "outer", "retry_s", "rows", "sources")

    def __init__(self, operator: ApplyInTransactions, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.outer = compiler.step(operator.outer)
        self.inner = compiler.inner(operator.inner, self.outer.slots)
        self.rows = (
            None if operator.rows is None else compiler.expressions(()).compile(operator.rows)
        )
        self.retry_s = (
            None if operator.retry_s is None else compiler.expressions(()).compile(operator.retry_s)
        )
        outer = slot_places(self.outer.slots)
        inner = self.inner.places
        self.sources = tuple(
            (outer[slot.name], True)
            if slot.name in outer
            else (-1 if slot.name == operator.status else inner[slot.name], False)
            for slot in operator.slots
        )

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows, once all transactions are done."""
        host = context.host
        if host is None:
            raise SemanticError(
                "CALL { } IN TRANSACTIONS needs a statement outside of a transaction"
            )
        size = self._size(context)
        retry_s = self._seconds(context)
        made: list[Batch] = []
        broken = False
        for part in _portions(self.outer.batches(context), size):
            context.check()
            if broken:
                made.append(self._without(part, _status(started=False)))
                continue
            memory = context.memory
            held, memory.bytes_written = memory.bytes_held, 0
            found, failed = self._until_done(part, context, host, retry_s)
            # What the transaction held is free; what it gave is kept.
            memory.free(memory.bytes_held - held)
            for batch in found:
                memory.hold_batch(batch)
            made += found
            broken = failed and self.operator.on_error == "BREAK"
        # What follows sees what was committed.
        context.reader = host.newest()
        yield from made

    def _size(self, context: ExecutionContext) -> int:
        if self.rows is None:
            return ROWS
        size = self.rows.items(Batch((), 1), context)[0]
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise QueryArgumentError(
                f"IN TRANSACTIONS OF takes a number of rows above zero, not {size!r}",
                detail="InvalidArgumentValue",
            )
        return size

    def _seconds(self, context: ExecutionContext) -> float:
        """How long to try again; 0 for not at all."""
        if self.retry_s is None:
            return RETRY_S if self.operator.retry else 0.0
        seconds = self.retry_s.items(Batch((), 1), context)[0]
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not seconds >= 0:
            raise QueryArgumentError(
                f"ON ERROR RETRY FOR takes a number of seconds, not {seconds!r}",
                detail="InvalidArgumentValue",
            )
        return float(seconds)

    def _until_done(
        self, part: Batch, context: ExecutionContext, host: Host, retry_s: float
    ) -> tuple[list[Batch], bool]:
        """`_one`, again and again while the reason of the failure may pass."""
        backoff = Backoff(retry_s)
        while True:
            found = self._one(part, context, host, again=backoff.goes_on)
            if found is not None:
                return found
            context.check()
            backoff.pause()

    def _one(
        self, part: Batch, context: ExecutionContext, host: Host, *, again: bool
    ) -> tuple[list[Batch], bool] | None:
        """One transaction: its rows, and whether it failed; None when it is to be run `again`."""
        inner = host.begin_inner()
        inside = context.inside(inner.writer)
        try:
            joined = list(self._joined(part, inside))
            inner.commit()
        except (QueryCancelledError, QueryTimeoutError):
            inner.rollback()
            raise
        except NeuralGraphError as error:
            inner.rollback()
            if again and error.retryable:
                return None
            if self.operator.on_error == "FAIL":
                raise
            return [self._without(part, _status(inner.name, error))], True
        except BaseException:
            inner.rollback()
            raise
        context.counters.add(inside.counters)
        status = _status(inner.name)
        return [self._with_status(rows, found, part, status) for rows, found in joined], False

    def _joined(
        self, part: Batch, context: ExecutionContext
    ) -> Iterator[tuple[RowArray, Batch | None]]:
        """Rows of `part` with what the subquery gave for them."""
        seen = np.zeros(part.count, dtype=np.bool_)
        for rows, found in self.inner.run(part, context):
            seen[rows] = True
            if self.operator.returns:
                context.memory.hold_batch(found)
                yield rows, found
        if not self.operator.returns:
            yield np.arange(part.count), None
        elif self.operator.optional and not seen.all():
            yield np.flatnonzero(~seen), None

    def _with_status(
        self, rows: RowArray, found: Batch | None, part: Batch, status: dict[str, Any]
    ) -> Batch:
        columns: list[Column] = []
        for (place, is_outer), slot in zip(self.sources, self.slots, strict=True):
            if is_outer:
                columns.append(part.columns[place].take(rows))
            elif place < 0:
                columns.append(Column.of_list(Kind.ANY, [status] * len(rows)))
            elif found is None:
                columns.append(null_column(slot, len(rows)))
            else:
                columns.append(found.columns[place])
        return Batch(columns, len(rows))

    def _without(self, part: Batch, status: dict[str, Any]) -> Batch:
        """The rows of a transaction that failed or did not begin."""
        return self._with_status(np.arange(part.count), None, part, status)


def _portions(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """The rows, `size` at a time, as they come: they are of the statement's snapshot, whatever commits."""
    pending: list[Batch] = []
    count = 0
    for batch in batches:
        pending.append(batch)
        count += batch.count
        if count < size:
            continue
        whole = Batch.concat(pending)
        stop = count - count % size
        for start in range(0, stop, size):
            yield whole.slice(start, start + size)
        pending, count = [whole.slice(stop, count)], count - stop
    if count:
        yield Batch.concat(pending)


def _status(
    name: str | None = None, error: NeuralGraphError | None = None, *, started: bool = True
) -> dict[str, Any]:
    return {
        "started": started,
        "committed": started and error is None,
        "transactionId": name,
        "errorMessage": None if error is None else str(error),
    }
