"""Procedure: what CALL calls.

A procedure is its signature, as the language checks calls against it, and a function:
``call(context, *arguments)`` gives rows, each with a value for every output in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.contracts import ProcedureSignature
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.values import Column, RowArray


def _no_rows(_context: CallContext, *_arguments: Any) -> Iterable[Sequence[Any]]:
    return ()


@record
class Procedure(ProcedureSignature):
    """A procedure.

    Attributes:
        call: ``call(context, *arguments)``; arguments and results are engine values (entities as
            `NodeRef` and `EdgeRef`). ``context.reader`` is the transaction where the statement writes.
        change: instead of `call`, for a procedure that writes: ``change(context, *arguments)`` with the
            `ExecutionContext`, whose writer and counters it uses.
        columns: instead of `call`, for all rows of a batch at once: ``columns(context, count, *columns)``
            gives, for each row of the result, the row it was made for (ascending); and the outputs.
        long_run: as `columns`, with the `ExecutionContext`, whose `check` stops it in time.
    """

    call: Callable[..., Iterable[Sequence[Any]]] = _no_rows
    change: Callable[..., Iterable[Sequence[Any]]] | None = None
    columns: Callable[..., tuple[RowArray, Sequence[Column]]] | None = None
    long_run: Callable[..., tuple[RowArray, Sequence[Column]]] | None = None
