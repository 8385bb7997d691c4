"""Skip, Limit and Eager: how many rows pass, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import QuerySyntaxError, QueryTypeError
from neuralgraph.query.execution.memory import Share
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.language.syntax.expressions import NO_SPAN
from neuralgraph.query.planning.plan import Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.errors import Span
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Eager, Limit
    from neuralgraph.values import Batch


def row_count(
    evaluator: Evaluator, context: ExecutionContext, clause: str, span: Span = NO_SPAN
) -> int:
    """The number behind SKIP or LIMIT, which stands at `span`.

    Raises:
        QuerySyntaxError: it is negative, or no integer (openCypher calls both syntax errors, even
            when a parameter is to blame).
    """
    value: Any = evaluator.value(context)
    if type(value) is not int:
        if isinstance(value, float):
            raise QuerySyntaxError(
                f"{clause} needs an integer, got {value!r}",
                detail="InvalidArgumentType",
                phase="runtime",
                span=span if span[1] else None,
            )
        raise QueryTypeError(
            f"{clause} needs an integer, got {value!r}",
            detail="InvalidArgumentType",
            span=span if span[1] else None,
        )
    if value < 0:
        raise QuerySyntaxError(
            f"{clause} cannot be negative, got {value}",
            detail="NegativeIntegerArgument",
            phase="runtime",
            span=span if span[1] else None,
        )
    return value


class SkipStep(Step):
    """All but the first rows."""

    __slots__ = ("child", "count", "span")

    def __init__(self, operator: Skip, compiler: PlanCompiler) -> None:
        self.child = compiler.step(operator.child)
        super().__init__(self.child.slots)
        self.count = compiler.expressions(()).compile(operator.count)
        self.span = operator.count.span

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """What is left."""
        left = row_count(self.count, context, "SKIP", self.span)
        for batch in self.child.batches(context):
            if left >= batch.count:
                left -= batch.count
            elif left:
                yield batch.slice(left, batch.count)
                left = 0
            else:
                yield batch


class LimitStep(Step):
    """The first rows; then the child is stopped, or run to its end when it writes."""

    __slots__ = ("child", "count", "drain", "skipped", "span")

    def __init__(self, operator: Limit, compiler: PlanCompiler) -> None:
        self.child = compiler.step(operator.child)
        self.skipped = None
        if isinstance(operator.child, Skip):
            skipped = operator.child.count
            self.skipped = compiler.expressions(()).compile(skipped), skipped.span
        super().__init__(self.child.slots)
        self.count = compiler.expressions(()).compile(operator.count)
        self.span = operator.count.span
        self.drain = operator.drain

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """At most so many rows."""
        left = row_count(self.count, context, "LIMIT", self.span)
        if not left and not self.drain:
            if self.skipped is not None:
                # The child never runs, and its number is as wrong as if it did.
                count, span = self.skipped
                row_count(count, context, "SKIP", span)
            return
        for batch in self.child.batches(context):
            if left:
                if batch.count <= left:
                    left -= batch.count
                    yield batch
                else:
                    part = batch.slice(0, left)
                    left = 0
                    yield part
            if not left and not self.drain:
                return


class EagerStep(Step):
    """Takes everything from the child before it gives anything."""

    __slots__ = ("child",)

    def __init__(self, operator: Eager, compiler: PlanCompiler) -> None:
        self.child = compiler.step(operator.child)
        super().__init__(self.child.slots)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's batches."""
        kept = []
        with Share(context.memory) as held:
            for batch in self.child.batches(context):
                if context.stoppable:
                    context.check()
                held.hold_batch(batch)
                kept.append(batch)
            yield from kept
