"""AND, OR, XOR, NOT and IS NULL: three-valued logic.

The right side is computed only for the rows that the left side leaves open, so that
``x <> 0 AND 1 / x > 2`` does not divide by zero. For many rows, it is first tried on all of them, which
is quicker, and narrowed down only if that raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryError, QueryTypeError
from neuralgraph.query.execution.columns import boolean_column
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.values import Kind
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.language.syntax.expressions import IsNull
    from neuralgraph.values import Batch, Column, MaskArray


def _checked(value: Any, operator: str) -> bool | None:
    if value is None or value is True or value is False:
        return value
    raise QueryTypeError(f"{operator} needs booleans, got {value!r}", detail="InvalidArgumentType")


def masks(column: Column, operator: str) -> tuple[MaskArray, MaskArray]:
    """Where a column of booleans is true, and where it is false; shape (rows,) each.

    Raises:
        QueryTypeError: a value is neither a boolean nor null.
    """
    if column.kind != Kind.BOOLEAN:
        items = [_checked(item, operator) for item in column.to_list()]
        count = len(items)
        return (
            np.fromiter((item is True for item in items), dtype=np.bool_, count=count),
            np.fromiter((item is False for item in items), dtype=np.bool_, count=count),
        )
    array: MaskArray = column.array  # type: ignore[assignment]
    valid = column.valid
    if valid is None:
        return array, ~array
    return array & valid, ~array & valid


def truth_column(true: MaskArray, false: MaskArray) -> Column:
    """A BOOLEAN column from where it is true and where it is false; null elsewhere."""
    known = true | false
    return boolean_column(true, None if all_true(known) else known)


class JunctionEvaluator(Evaluator):
    """AND or OR of two operands: the `decisive` value (False or True) of either decides."""

    __slots__ = ("decisive", "left", "operator", "right")

    def __init__(self, operator: str, left: Evaluator, right: Evaluator) -> None:
        self.operator = operator
        self.decisive = operator == "OR"
        self.left = left
        self.right = right

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The junction in each row."""
        decisive = self.decisive
        lefts = self.left.items(batch, context)
        open_rows = [row for row, left in enumerate(lefts) if left is not decisive]
        result: list[Any] = [decisive] * len(lefts)
        if not open_rows:
            return result
        if len(open_rows) == len(lefts):
            rights = self.right.items(batch, context)
        else:
            rights = self.right.items(batch.take(np.array(open_rows, dtype=np.int64)), context)
        for row, right in zip(open_rows, rights, strict=True):
            left = _checked(lefts[row], self.operator)
            if _checked(right, self.operator) is decisive:
                continue
            result[row] = None if left is None or right is None else not decisive
        return result

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The junction in each row."""
        true, false = masks(self.left.vector(batch, context), self.operator)
        decided = true if self.decisive else false
        if all_true(decided):
            return boolean_column(true)
        try:
            right_true, right_false = masks(self.right.vector(batch, context), self.operator)
        except QueryError:
            if not decided.any():
                raise
            right_true, right_false = self._narrowed(batch, context, ~decided)
        if self.decisive:
            return truth_column(true | right_true, false & right_false)
        return truth_column(true & right_true, false | right_false)

    def _narrowed(
        self, batch: Batch, context: ExecutionContext, needed: MaskArray
    ) -> tuple[MaskArray, MaskArray]:
        rows = np.flatnonzero(needed)
        some_true, some_false = masks(self.right.column(batch.take(rows), context), self.operator)
        true = np.zeros(batch.count, dtype=np.bool_)
        false = np.zeros(batch.count, dtype=np.bool_)
        true[rows] = some_true
        false[rows] = some_false
        return true, false


class ExclusiveEvaluator(Evaluator):
    """XOR."""

    __slots__ = ("left", "right")

    def __init__(self, left: Evaluator, right: Evaluator) -> None:
        self.left = left
        self.right = right

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """XOR in each row."""
        result: list[Any] = []
        lefts, rights = self.left.items(batch, context), self.right.items(batch, context)
        for left, right in zip(lefts, rights, strict=True):
            one, other = _checked(left, "XOR"), _checked(right, "XOR")
            result.append(None if one is None or other is None else one is not other)
        return result

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """XOR in each row."""
        true, false = masks(self.left.vector(batch, context), "XOR")
        right_true, right_false = masks(self.right.vector(batch, context), "XOR")
        return truth_column(
            (true & right_false) | (false & right_true), (true & right_true) | (false & right_false)
        )


class NotEvaluator(Evaluator):
    """NOT."""

    __slots__ = ("operand",)

    def __init__(self, operand: Evaluator) -> None:
        self.operand = operand

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """NOT in each row."""
        checked = [_checked(item, "NOT") for item in self.operand.items(batch, context)]
        return [None if item is None else not item for item in checked]

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """NOT in each row."""
        true, false = masks(self.operand.vector(batch, context), "NOT")
        return truth_column(false, true)


class NullEvaluator(Evaluator):
    """IS NULL, IS NOT NULL."""

    __slots__ = ("negated", "operand")

    def __init__(self, operand: Evaluator, *, negated: bool) -> None:
        self.operand = operand
        self.negated = negated

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """Is it null, in each row?"""
        negated = self.negated
        return [(item is None) is not negated for item in self.operand.items(batch, context)]

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """Is it null, in each row?"""
        column = self.operand.vector(batch, context)
        valid = column.valid
        if valid is None:
            return boolean_column(np.full(batch.count, self.negated, dtype=np.bool_))
        return boolean_column(valid if self.negated else ~valid)


def compile_is_null(compiler: ExpressionCompiler, expression: IsNull) -> Evaluator:
    """``x IS NULL``."""
    return NullEvaluator(compiler.compile(expression.operand), negated=expression.negated)
