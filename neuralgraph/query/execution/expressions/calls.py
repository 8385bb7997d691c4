"""Functions and operators that are functions: ``toUpper(x)``, ``a + b``, ``a STARTS WITH b``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryError, QuerySyntaxError
from neuralgraph.query.execution.columns import listed
from neuralgraph.query.execution.context import FEW_ROWS
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.execution.expressions.labels import type_of_edge
from neuralgraph.query.execution.expressions.making import (
    piled,
    require_columns,
    require_joined,
)
from neuralgraph.query.functions.operators import BINARY
from neuralgraph.query.functions.signature import Function
from neuralgraph.query.functions.type_tests import is_of_type
from neuralgraph.query.language.syntax.expressions import NO_SPAN
from neuralgraph.values import EdgeRef, Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.functions.operators import OperatorFunction
    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.query.language.syntax.expressions import FunctionCall, IsType, Span
    from neuralgraph.values import Batch, Column

_LONG: Final = frozenset({str, list, bytes})
_NUMBERS: Final = (Kind.INTEGER, Kind.FLOAT)
_LONG_TYPES: Final = frozenset({"STRING", "LIST", "MAP"})
_ASKS_ENTITY: Final = frozenset({"labels", "keys", "properties"})


class CallEvaluator(Evaluator):
    """A function called with arguments.

    Attributes:
        asks_entity: what the statement deleted must not be asked this.
        is_long: it makes values about as large as its arguments.
    """

    __slots__ = ("arguments", "asks_entity", "function", "is_long", "is_type", "span")

    def __init__(
        self, function: Function, arguments: Sequence[Evaluator], span: Span = NO_SPAN
    ) -> None:
        self.span = span
        self.function = function
        self.arguments = tuple(arguments)
        self.asks_entity = function.name.lower() in _ASKS_ENTITY
        self.is_type = function.name.lower() == "type"
        self.is_long = not function.grows and not _LONG_TYPES.isdisjoint(function.result.split("|"))

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The result in each row."""
        if self.function.by_columns and self.arguments:
            return self.vector(batch, context).to_values()
        arguments = [argument.items(batch, context) for argument in self.arguments]
        if self.is_long:
            require_joined(arguments, context)
        return self._scalar(arguments, batch.count, context)

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The result in each row."""
        columns = [argument.vector(batch, context) for argument in self.arguments]
        if self.is_long:
            require_columns(columns, batch.count, context)
        kernel = self.function.kernel
        if (
            kernel is not None
            and columns
            and not context.deleted_edges
            and not context.deleted_nodes
        ):
            try:
                made = kernel(context.call_context, *columns)
            except QueryError as error:
                error.place(self.span)
                raise
            if made is not None:
                return made
        return listed(
            self._scalar([column.to_values() for column in columns], batch.count, context)
        )

    def _scalar(
        self, arguments: list[list[Any]], count: int, context: ExecutionContext
    ) -> list[Any]:
        try:
            return self._called(arguments, count, context)
        except QueryError as error:
            error.place(self.span)
            raise

    def _called(
        self, arguments: list[list[Any]], count: int, context: ExecutionContext
    ) -> list[Any]:
        function = self.function
        scalar = function.scalar
        call = context.call_context
        if context.deleted_nodes is not None and arguments:
            if self.asks_entity:
                _check_deleted(arguments[0], context)
            elif self.is_type:
                return [
                    type_of_edge(item.id, context)
                    if type(item) is EdgeRef and item.at is None
                    else (None if item is None else scalar(call, item))
                    for item in arguments[0]
                ]
        if not arguments:
            return [scalar(call) for _ in range(count)]
        if function.grows:
            skips = function.null_in_null_out
            results = (
                None if skips and any(item is None for item in row) else scalar(call, *row)
                for row in zip(*arguments, strict=True)
            )
            return piled(results, context)
        if count > FEW_ROWS and context.stoppable:
            made: list[Any] = []
            for piece in context.growing_pieces(count):
                made += self._of_rows([argument[piece] for argument in arguments], call)
            return made
        return self._of_rows(arguments, call)

    def _of_rows(self, arguments: list[list[Any]], call: CallContext) -> list[Any]:
        function = self.function
        scalar = function.scalar
        if len(arguments) == 1:
            if function.null_in_null_out:
                return [None if item is None else scalar(call, item) for item in arguments[0]]
            return [scalar(call, item) for item in arguments[0]]
        if function.null_in_null_out:
            return [
                None if any(item is None for item in row) else scalar(call, *row)
                for row in zip(*arguments, strict=True)
            ]
        return [scalar(call, *row) for row in zip(*arguments, strict=True)]


def _check_deleted(values: Sequence[Any], context: ExecutionContext) -> None:
    context.check_nodes(
        [value.id for value in values if type(value) is NodeRef and value.at is None]
    )
    context.check_edges(
        [value.id for value in values if type(value) is EdgeRef and value.at is None]
    )


class UnaryEvaluator(Evaluator):
    """``-x``, ``+x``."""

    __slots__ = ("kernel", "operand", "scalar", "span")

    def __init__(
        self, function: OperatorFunction, operand: Evaluator, span: Span = NO_SPAN
    ) -> None:
        self.span = span
        self.scalar = function.scalar
        self.kernel = function.kernel
        self.operand = operand

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The result in each row."""
        operands = self.operand.items(batch, context)
        try:
            return list(map(self.scalar, operands))
        except QueryError as error:
            error.place(self.span)
            raise

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The result in each row."""
        column = self.operand.vector(batch, context)
        try:
            made = None if self.kernel is None else self.kernel(column)
            if made is not None:
                return made
            return listed(list(map(self.scalar, column.to_values())))
        except QueryError as error:
            error.place(self.span)
            raise


class BinaryEvaluator(Evaluator):
    """``a + b``, ``a < b``, ``a STARTS WITH b`` and the like.

    A constant operand is given to the kernel as a column of one row, which stands for all.
    """

    __slots__ = ("kernel", "left", "right", "scalar", "span")

    def __init__(
        self,
        function: OperatorFunction,
        left: Evaluator,
        right: Evaluator,
        span: Span = NO_SPAN,
    ) -> None:
        self.span = span
        self.scalar = function.scalar
        self.kernel = function.kernel
        self.left = left
        self.right = right

    def prepare(self, left: Column, right: Column, count: int, context: ExecutionContext) -> None:
        """Look at the operands of so many rows before anything is made of them."""

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The result in each row."""
        left, right = self.left.items(batch, context), self.right.items(batch, context)
        try:
            return list(map(self.scalar, left, right))
        except QueryError as error:
            error.place(self.span)
            raise

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The result in each row."""
        left = _operand(self.left, batch, context)
        right = _operand(self.right, batch, context)
        self.prepare(left, right, batch.count, context)
        try:
            made = None if self.kernel is None else self.kernel(left, right)
            if made is not None and made.count == batch.count:
                return made
            lefts, rights = _repeated(left, batch.count), _repeated(right, batch.count)
            if batch.count <= FEW_ROWS or not context.stoppable:
                return listed(list(map(self.scalar, lefts, rights)))
            results: list[Any] = []
            for piece in context.growing_pieces(batch.count):
                results += map(self.scalar, lefts[piece], rights[piece])
            return listed(results)
        except QueryError as error:
            error.place(self.span)
            raise


class JoinEvaluator(BinaryEvaluator):
    """``a + b`` and ``a || b``, which make strings and lists as long as both together."""

    __slots__ = ()

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The result in each row."""
        left, right = self.left.items(batch, context), self.right.items(batch, context)
        if not (_LONG.isdisjoint(map(type, left)) and _LONG.isdisjoint(map(type, right))):
            require_joined((left, right), context)
        try:
            return list(map(self.scalar, left, right))
        except QueryError as error:
            error.place(self.span)
            raise

    def prepare(self, left: Column, right: Column, count: int, context: ExecutionContext) -> None:
        """Count what joining the columns makes."""
        if left.kind not in _NUMBERS or right.kind not in _NUMBERS:
            require_columns((left, right), count, context)


def operator_evaluator(
    symbol: str, left: Evaluator, right: Evaluator, span: Span = NO_SPAN
) -> Evaluator:
    """An operator by its text; `span` is where it stands, for errors."""
    if symbol in ("+", "||"):
        return JoinEvaluator(BINARY[symbol], left, right, span)
    return BinaryEvaluator(BINARY[symbol], left, right, span)


def _operand(evaluator: Evaluator, batch: Batch, context: ExecutionContext) -> Column:
    if evaluator.constant:
        return listed([evaluator.value(context)])
    return evaluator.vector(batch, context)


def _repeated(column: Column, count: int) -> list[Any]:
    values = column.to_values()
    return values * count if len(values) == 1 != count else values


class TypeTestEvaluator(Evaluator):
    """``x IS :: INTEGER NOT NULL``."""

    __slots__ = ("negated", "operand", "type_text")

    def __init__(self, operand: Evaluator, type_text: str, *, negated: bool) -> None:
        self.operand = operand
        self.type_text = type_text
        self.negated = negated

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """Is it of the type, in each row?"""
        type_text, negated = self.type_text, self.negated
        return [
            is_of_type(item, type_text) is not negated
            for item in self.operand.items(batch, context)
        ]


def compile_call(compiler: ExpressionCompiler, expression: FunctionCall) -> Evaluator:
    """``f(x)``."""
    function = compiler.functions.lookup(expression.name)
    if not isinstance(function, Function):
        raise QuerySyntaxError(
            f"there is no function {expression.name}",
            detail="UnknownFunction",
            span=expression.span,
        )
    return CallEvaluator(function, compiler.compile_all(expression.arguments), expression.span)


def compile_type_test(compiler: ExpressionCompiler, expression: IsType) -> Evaluator:
    """``x IS :: INTEGER``."""
    operand = compiler.compile(expression.operand)
    return TypeTestEvaluator(operand, expression.type_name, negated=expression.negated)
