"""ProcedureCall: CALL."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import ProcedureError, QueryError
from neuralgraph.query.execution.columns import listed
from neuralgraph.query.execution.context import PIECE_ROWS
from neuralgraph.query.execution.memory import Share, column_bytes, items_bytes
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.step import Layout, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.execution.procedure import Piece
    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.query.planning.plan import ProcedureCall
    from neuralgraph.values import Batch


class CallStep(Step):
    """Calls a procedure for each row; each of its rows stands beside the row it was called for."""

    __slots__ = ("arguments", "child", "floats", "layout", "operator", "procedure", "wanted")

    def __init__(self, operator: ProcedureCall, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        self.procedure = compiler.procedure(operator.procedure)
        self.arguments = compiler.expressions(self.child.slots).compile_all(operator.arguments)
        self.floats = tuple(type_name == "FLOAT" for _, type_name in self.procedure.inputs)
        places = {name: place for place, (name, _) in enumerate(self.procedure.outputs)}
        missing = [column for column in operator.columns if column not in places]
        if missing:
            raise ProcedureError(f"{operator.procedure} gives no column {missing[0]}")
        self.wanted = tuple(places[column] for column in operator.columns)
        self.layout = Layout(operator.slots, self.child.slots, operator.names or operator.columns)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows with what the procedure gave for them."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            pieces = self._placed(batch, context)
            if self._waits(context):
                yield from self._whole(batch, pieces, context)
                continue
            for rows, outputs in pieces:
                yield from matched(self.layout, batch, rows, outputs)
            if not self.procedure.outputs:
                yield self.layout.extend(batch, ())

    def _waits(self, context: ExecutionContext) -> bool:
        """Must all rows be made before the first is used?

        One that writes has written everything before the next clause looks; one that reads has read
        everything before the next clause writes.
        """
        procedure = self.procedure
        return procedure.writes or (context.writer is not None and not procedure.outside)

    def _whole(
        self, batch: Batch, pieces: Iterator[Piece], context: ExecutionContext
    ) -> Iterator[Batch]:
        kept = []
        with Share(context.memory) as held:
            for rows, outputs in pieces:
                held.hold(rows.nbytes + sum(map(column_bytes, outputs)))
                kept.append((rows, outputs))
            for rows, outputs in kept:
                yield from matched(self.layout, batch, rows, outputs)
        if not self.procedure.outputs:
            yield self.layout.extend(batch, ())

    def _given(self, context: ExecutionContext) -> Sequence[Evaluator]:
        """The arguments, without the last ones whose parameters were not given."""
        count = len(self.arguments)
        for name in reversed(self.operator.may_lack):
            if name in context.parameters:
                break
            count -= 1
        return self.arguments[:count]

    def _placed(self, batch: Batch, context: ExecutionContext) -> Iterator[Piece]:
        """`_pieces`; an error shows the call."""
        try:
            yield from self._pieces(batch, context)
        except QueryError as error:
            error.place(self.operator.span)
            raise

    def _pieces(self, batch: Batch, context: ExecutionContext) -> Iterator[Piece]:
        """What the procedure gives: for each row the row of the batch it is for, and the wanted outputs.

        A procedure without outputs is run to its end, and gives no piece.
        """
        procedure = self.procedure
        if procedure.long_run is not None:
            columns = [argument.vector(batch, context) for argument in self._given(context)]
            rows, outputs = procedure.long_run(context, batch.count, *columns)
            pieces: Iterator[Piece] = iter([(rows, [outputs[place] for place in self.wanted])])
        elif procedure.columns is not None:
            pieces = self._at_once(procedure.columns, batch, context)
        else:
            pieces = self._row_by_row(batch, context)
        return pieces if procedure.outputs else _run_to_the_end(pieces)

    def _row_by_row(self, batch: Batch, context: ExecutionContext) -> Iterator[Piece]:
        """Rows that are made one by one come in pieces that grow from one row.

        So LIMIT n asks for less than 2 n rows; a list that is there already is taken whole.
        """
        columns = [argument.items(batch, context) for argument in self._given(context)]
        given = zip(*columns, strict=True) if columns else [()] * batch.count
        rows: list[int] = []
        found: list[list[Any]] = [[] for _ in self.wanted]
        piece_rows, held = 1, 0
        is_limited = context.memory.bytes_max is not None
        for row, arguments in enumerate(given):
            results = self._called(arguments, context)
            is_made = isinstance(results, list | tuple)
            context.open(results)
            try:
                for result in results:
                    if context.stoppable:
                        context.check()
                    if is_limited:
                        held += items_bytes(result, len(result))
                        context.memory.require(held)
                    rows.append(row)
                    for column, place in zip(found, self.wanted, strict=True):
                        column.append(result[place])
                    if len(rows) >= (PIECE_ROWS if is_made else piece_rows):
                        yield _piece(rows, found, context)
                        piece_rows = min(2 * piece_rows, PIECE_ROWS)
                        rows, found, held = [], [[] for _ in self.wanted], 0
            finally:
                context.close(results)
        if rows:
            yield _piece(rows, found, context)

    def _called(self, arguments: tuple[Any, ...], context: ExecutionContext) -> Iterable[Any]:
        procedure = self.procedure
        if procedure.change is None:
            return procedure.call(self._call_context(context), *self._converted(arguments))
        return procedure.change(context, *self._converted(arguments))

    def _at_once(
        self, call: Callable[..., Any], batch: Batch, context: ExecutionContext
    ) -> Iterator[Piece]:
        columns = [argument.vector(batch, context) for argument in self._given(context)]
        given = call(self._call_context(context), batch.count, *columns)
        pieces = (given,) if isinstance(given, tuple) else given
        context.open(pieces)
        try:
            for rows, outputs in pieces:
                if context.stoppable:
                    context.check()
                wanted = [outputs[place] for place in self.wanted]
                if context.memory.bytes_max is not None:
                    context.memory.require(sum(map(column_bytes, wanted)))
                yield rows, wanted
        finally:
            context.close(pieces)

    def _call_context(self, context: ExecutionContext) -> CallContext:
        if context.profile is None:
            return context.call_context
        note = partial(context.profile.note, self.operator)
        return replace(context.call_context, note=note)

    def _converted(self, arguments: tuple[Any, ...]) -> list[Any]:
        """Integers as floats where the procedure asks for floats."""
        return [
            float(value) if wants_float and type(value) is int else value
            for value, wants_float in zip(arguments, self.floats, strict=False)
        ]


def _piece(rows: list[int], found: list[list[Any]], context: ExecutionContext) -> Piece:
    columns = [listed(column) for column in found]
    context.memory.require(sum(map(column_bytes, columns)))
    return np.array(rows, dtype=np.int64), columns


def _run_to_the_end(pieces: Iterator[Piece]) -> Iterator[Piece]:
    for _ in pieces:
        pass
    yield from ()
