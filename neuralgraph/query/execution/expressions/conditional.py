"""CASE: each row takes the result of the first branch whose condition is true for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.execution.columns import is_true, true_rows
from neuralgraph.query.execution.expressions.calls import operator_evaluator
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.values import Column, Kind
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.language.syntax.expressions import Case
    from neuralgraph.values import Batch, RowArray

_ARRAY_KINDS: Final = {int: Kind.INTEGER, float: Kind.FLOAT, bool: Kind.BOOLEAN}


class CaseEvaluator(Evaluator):
    """CASE; conditions and results are computed only for the rows that come to them."""

    __slots__ = ("branches", "default", "is_choice")

    def __init__(
        self, branches: Sequence[tuple[Evaluator, Evaluator]], default: Evaluator | None
    ) -> None:
        self.branches = tuple(branches)
        self.default = default
        self.is_choice = (
            len(self.branches) == 1
            and self.branches[0][1].constant
            and default is not None
            and default.constant
        )

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The result in each row."""
        if batch.count != 1:
            return self.vector(batch, context).to_values()
        for condition, result in self.branches:
            if is_true(condition.items(batch, context)[0]):
                return result.items(batch, context)
        return [None] if self.default is None else self.default.items(batch, context)

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The result in each row."""
        if self.is_choice:
            made = self._choice(batch, context)
            if made is not None:
                return made
        open_rows: RowArray = np.arange(batch.count)
        rest = batch
        placed: list[RowArray] = []
        results: list[Column] = []
        for condition, result in self.branches:
            if not rest.count:
                break
            mask = true_rows(condition.column(rest, context))
            if not mask.any():
                continue
            if all_true(mask):
                placed.append(open_rows)
                results.append(result.column(rest, context))
                open_rows = open_rows[:0]
                rest = rest.slice(0, 0)
                break
            chosen = np.flatnonzero(mask)
            placed.append(open_rows[chosen])
            results.append(result.column(rest.take(chosen), context))
            others = np.flatnonzero(~mask)
            open_rows = open_rows[others]
            rest = rest.take(others)
        if rest.count:
            placed.append(open_rows)
            results.append(self._default(rest, context, results))
        if not results:
            return Column.nulls(0)
        if len(results) == 1:
            return results[0]
        return Column.concat(results).take(np.argsort(np.concatenate(placed), kind="stable"))

    def _choice(self, batch: Batch, context: ExecutionContext) -> Column | None:
        """One condition between two constants of a type that arrays hold; else None."""
        assert self.default is not None
        condition, result = self.branches[0]
        values = result.value(context), self.default.value(context)
        kind = _ARRAY_KINDS.get(type(values[0]))
        if kind is None or type(values[1]) is not type(values[0]):
            return None
        mask = true_rows(condition.column(batch, context))
        return Column.of_array(kind, np.where(mask, *values))

    def _default(self, rest: Batch, context: ExecutionContext, results: Sequence[Column]) -> Column:
        if self.default is not None:
            return self.default.column(rest, context)
        # Nulls of the others' kind keep the whole column typed.
        kinds = {column.kind for column in results}
        if len(kinds) == 1 and results[0].dictionary is None:
            return Column.of_list(results[0].kind, [None] * rest.count)
        return Column.nulls(rest.count)


def compile_case(compiler: ExpressionCompiler, expression: Case) -> Evaluator:
    """CASE, with a subject or without."""
    subject = compiler.optional(expression.subject)
    branches: list[tuple[Evaluator, Evaluator]] = []
    for branch in expression.branches:
        condition = compiler.compile(branch.condition)
        if subject is not None:
            condition = operator_evaluator("=", subject, condition)
        branches.append((condition, compiler.compile(branch.result)))
    return CaseEvaluator(branches, compiler.optional(expression.default))
