"""``UNWIND range(a, b)``: the numbers are made as they are taken, so that millions of them take no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.errors import QueryError
from neuralgraph.query.execution.columns import listed
from neuralgraph.query.execution.operators.step import is_small
from neuralgraph.query.functions.lists import range_numbers
from neuralgraph.query.language.syntax import FunctionCall
from neuralgraph.values import BATCH_ROWS_MAX, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator, ExpressionCompiler
    from neuralgraph.query.language.syntax import Expression, Span
    from neuralgraph.values import Batch, RowArray

_NO_NUMBERS = range(0)


class Ranges:
    """A call of range(), row by row."""

    __slots__ = ("bounds", "span")

    def __init__(self, bounds: Sequence[Evaluator], span: Span) -> None:
        self.bounds = bounds
        self.span = span

    @staticmethod
    def of(source: Expression, expressions: ExpressionCompiler) -> Ranges | None:
        """None where the source is anything else."""
        if not isinstance(source, FunctionCall) or source.name.lower() != "range":
            return None
        return Ranges(expressions.compile_all(source.arguments), source.span)

    def pieces(self, batch: Batch, context: ExecutionContext) -> Iterator[tuple[RowArray, Column]]:
        """Rows of the batch (ascending, each as often as its range has numbers) and the numbers.

        Raises:
            QueryArgumentError: a bound is no integer, or a step is 0.
        """
        columns = [bound.items(batch, context) for bound in self.bounds]
        try:
            ranges = [
                _NO_NUMBERS if None in bounds else range_numbers(*bounds)
                for bounds in zip(*columns, strict=True)
            ]
        except QueryError as error:
            error.place(self.span)
            raise
        pending: list[int] = []
        held = 0
        for row, numbers in enumerate(ranges):
            # Not len(): it cannot count beyond 63 bits.
            count = BATCH_ROWS_MAX + 1 if numbers[BATCH_ROWS_MAX:] else len(numbers)
            if pending and held + count > BATCH_ROWS_MAX:
                yield _together(pending, ranges)
                pending, held = [], 0
            if count > BATCH_ROWS_MAX:
                yield from _one(row, numbers)
            elif count:
                pending.append(row)
                held += count
        if pending:
            yield _together(pending, ranges)


def _one(row: int, numbers: range) -> Iterator[tuple[RowArray, Column]]:
    start = 0
    while part := numbers[start : start + BATCH_ROWS_MAX]:
        steps = np.arange(len(part), dtype=np.int64)
        column = Column.of_array(Kind.INTEGER, steps * part.step + part.start)
        yield np.full(len(part), row, dtype=np.int64), column
        start += BATCH_ROWS_MAX


def _together(rows: Sequence[int], ranges: Sequence[range]) -> tuple[RowArray, Column]:
    """The numbers of some rows, few for each."""
    counts = [len(ranges[row]) for row in rows]
    repeated = np.repeat(np.array(rows, dtype=np.int64), counts)
    if is_small(len(repeated)):
        return repeated, listed([number for row in rows for number in ranges[row]])
    firsts = np.repeat(np.array([ranges[row].start for row in rows], dtype=np.int64), counts)
    steps = np.repeat(np.array([ranges[row].step for row in rows], dtype=np.int64), counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    places = np.arange(len(repeated), dtype=np.int64) - before
    return repeated, Column.of_array(Kind.INTEGER, firsts + places * steps)
