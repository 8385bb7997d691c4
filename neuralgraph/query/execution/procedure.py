"""Procedure: what CALL calls.

A procedure is its signature, as the language checks calls against it, and a function:
``call(context, *arguments)`` gives rows, each with a value for every output in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.contracts import ProcedureSignature
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.values import Column, RowArray

    # For each row of the piece the row it was made for (ascending), and a column for each output.
    Piece = tuple[RowArray, Sequence[Column]]


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
            gives a `Piece`, or makes several.
        long_run: as `columns`, with the `ExecutionContext`, whose `check` stops it in time.
        outside: its rows come from outside of the graph. So a statement that writes may use the first
            of them while others are yet to be made.

    Rows and pieces are used as they are made; an iterator that the run is done with is closed.
    """

    call: Callable[..., Iterable[Sequence[Any]]] = _no_rows
    change: Callable[..., Iterable[Sequence[Any]]] | None = None
    columns: Callable[..., Piece | Iterator[Piece]] | None = None
    long_run: Callable[..., Piece] | None = None
    outside: bool = False
