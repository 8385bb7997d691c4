"""Evaluator: a compiled expression.

Three ways to ask for the same values, so that few rows do not pay for numpy and many rows get it:

    items     row form: a plain list, entities as NodeRef and EdgeRef; always there
    vector    array form: a Column; falls back to `items` where nothing vectorised is known
    value     for evaluators that do not look at rows: the one value

`column` picks by the batch's size. An evaluator holds nothing of a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from neuralgraph.errors import QueryError
from neuralgraph.query.execution.columns import listed
from neuralgraph.values import ROW_PATH_MAX, UNIT, Batch, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.errors import Span
    from neuralgraph.query.execution.context import ExecutionContext


class Evaluator:
    """An expression, ready to be computed.

    Attributes:
        constant: the same for every row of a run: made of literals, parameters and deterministic
            functions of them.
    """

    __slots__ = ()
    constant: ClassVar[bool] = False

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:  # noqa: ARG002
        """The value in each row; None is null. The caller must not change it."""
        raise AssertionError(f"{type(self).__name__} has no row form")

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The value in each row, for many rows."""
        return listed(self.items(batch, context))

    def column(self, batch: Batch, context: ExecutionContext) -> Column:
        """The value in each row, by whichever way is quicker for so many rows."""
        if batch.count <= ROW_PATH_MAX:
            return listed(self.items(batch, context))
        return self.vector(batch, context)

    def value(self, context: ExecutionContext) -> Any:
        """The value of a constant."""
        return self.items(UNIT, context)[0]


class LiteralEvaluator(Evaluator):
    """A value known when the plan is compiled."""

    __slots__ = ("literal",)
    constant = True

    def __init__(self, literal: Any) -> None:
        self.literal = literal

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:  # noqa: ARG002
        """The literal in each row."""
        return [self.literal] * batch.count

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:  # noqa: ARG002
        """The literal in each row."""
        return Column.constant(self.literal, batch.count)

    def value(self, context: ExecutionContext) -> Any:  # noqa: ARG002
        """The literal."""
        return self.literal


class _RunConstant(Evaluator):
    """A value known when the run begins."""

    __slots__ = ()
    constant = True

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The value in each row; not asked for when there are none."""
        return [self.value(context)] * batch.count if batch.count else []

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The value in each row."""
        return Column.constant(self.value(context), batch.count)


class LiftedEvaluator(_RunConstant):
    """A literal that was lifted out of the text."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def value(self, context: ExecutionContext) -> Any:
        """The literal's value in this run."""
        return context.literals[self.index]


class ParameterEvaluator(_RunConstant):
    """``$name``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def value(self, context: ExecutionContext) -> Any:
        """The parameter's value; raises ParameterMissingError."""
        return context.parameter(self.name)


class ConstantEvaluator(_RunConstant):
    """An expression of constants: computed once a batch, not once a row."""

    __slots__ = ("inner",)

    def __init__(self, inner: Evaluator) -> None:
        self.inner = inner

    def value(self, context: ExecutionContext) -> Any:
        """The value in this run."""
        return self.inner.items(UNIT, context)[0]


class PlacedEvaluator(Evaluator):
    """An expression whose errors tell where it stands."""

    __slots__ = ("inner", "span")

    def __init__(self, inner: Evaluator, span: Span) -> None:
        self.inner = inner
        self.span = span

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The value in each row."""
        try:
            return self.inner.items(batch, context)
        except QueryError as error:
            error.place(self.span)
            raise

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The value in each row."""
        try:
            return self.inner.vector(batch, context)
        except QueryError as error:
            error.place(self.span)
            raise


class VariableEvaluator(Evaluator):
    """A slot of the batch."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:  # noqa: ARG002
        """The slot's values."""
        return batch.columns[self.place].to_values()

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:  # noqa: ARG002
        """The slot's column."""
        return batch.columns[self.place]

    def column(self, batch: Batch, context: ExecutionContext) -> Column:  # noqa: ARG002
        """The slot's column, ids as ids."""
        return batch.columns[self.place]


def all_constant(evaluators: Sequence[Evaluator]) -> bool:
    """Does none of them look at rows?"""
    return all(evaluator.constant for evaluator in evaluators)
