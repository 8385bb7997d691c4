"""Lists and maps: literals, comprehensions, quantifiers, reduce.

What runs for each element of a list runs on batches of the elements of all rows: the elements in one column,
and beside it the columns from outside that the body looks at, repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.columns import is_true, listed, true_rows
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.execution.expressions.making import shallow_bytes
from neuralgraph.query.execution.memory import items_bytes
from neuralgraph.query.planning.plan import Slot
from neuralgraph.values import ROW_PATH_MAX, Batch
from neuralgraph.values.nesting import require_walkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.language.syntax.expressions import (
        Expression,
        ListComprehension,
        ListLiteral,
        MapLiteral,
        Quantified,
        Reduce,
    )


ELEMENTS_MAX: Final = 16_384
"""So many elements are looked at together."""

_SAMPLE_ITEMS: Final = 16
_TURNS_BETWEEN_CHECKS: Final = 256
# Each turn may put what was made so far into a list, and into it twice.
_TURNS_BETWEEN_LOOKS: Final = 8
_LARGE_ITEMS: Final = 4_096


class ListEvaluator(Evaluator):
    """``[a, b]``."""

    __slots__ = ("elements",)

    def __init__(self, elements: Sequence[Evaluator]) -> None:
        self.elements = tuple(elements)

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The list in each row."""
        if not self.elements:
            return [[] for _ in range(batch.count)]
        columns = [element.items(batch, context) for element in self.elements]
        return [list(row) for row in zip(*columns, strict=True)]


class MapEvaluator(Evaluator):
    """``{key: value}``."""

    __slots__ = ("entries", "keys")

    def __init__(self, keys: Sequence[str], entries: Sequence[Evaluator]) -> None:
        self.keys = tuple(keys)
        self.entries = tuple(entries)

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The map in each row."""
        if not self.entries:
            return [{} for _ in range(batch.count)]
        columns = [entry.items(batch, context) for entry in self.entries]
        keys = self.keys
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def list_of(value: Any) -> Sequence[Any]:
    """A list's elements.

    Raises:
        QueryTypeError: it is no list.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, np.ndarray):
        return value.tolist()  # type: ignore[no-any-return]
    raise QueryTypeError(f"expected a list, got {value!r}", detail="InvalidArgumentType")


def _sources(
    source: Evaluator, batch: Batch, context: ExecutionContext
) -> list[Sequence[Any] | None]:
    """A list for each row; None is null."""
    return [None if value is None else list_of(value) for value in source.items(batch, context)]


def element_batches(
    sources: Sequence[Sequence[Any] | None],
    batch: Batch,
    outside: Sequence[int],
    context: ExecutionContext,
) -> Iterator[tuple[list[int], Batch]]:
    """The elements of one list a row, laid out as batches of at most ELEMENTS_MAX.

    Args:
        sources: the lists; None is null.
        batch: the rows that they belong to.
        outside: places of the columns from outside that stand before the elements.
        context: stopped in between when it must be.

    Yields:
        For each element its row; and the columns from outside, then the elements.
    """
    rows: list[int] = []
    elements: list[Any] = []
    for row, source in enumerate(sources):
        start = 0
        while source and start < len(source):
            part = source[start : start + ELEMENTS_MAX - len(elements)]
            elements.extend(part)
            rows.extend([row] * len(part))
            start += len(part)
            if len(elements) == ELEMENTS_MAX:
                yield rows, _laid_out(rows, elements, batch, outside)
                rows, elements = [], []
                if context.stoppable:
                    context.check()
    if rows:
        yield rows, _laid_out(rows, elements, batch, outside)


def _laid_out(rows: list[int], elements: list[Any], batch: Batch, outside: Sequence[int]) -> Batch:
    columns = []
    if outside:
        places = np.array(rows, dtype=np.int64)
        columns = [batch.columns[place].take(places) for place in outside]
    columns.append(listed(elements))
    return Batch(columns, len(rows))


class ComprehensionEvaluator(Evaluator):
    """``[variable IN source WHERE predicate | result]``.

    Attributes:
        outside: places of the columns from outside that `predicate` and `result` see before the
            element.
    """

    __slots__ = ("outside", "predicate", "result", "source")

    def __init__(
        self,
        source: Evaluator,
        outside: Sequence[int],
        predicate: Evaluator | None,
        result: Evaluator | None,
    ) -> None:
        self.source = source
        self.outside = tuple(outside)
        self.predicate = predicate
        self.result = result

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The new list in each row."""
        sources = _sources(self.source, batch, context)
        made: list[Any] = [None if source is None else [] for source in sources]
        held = 0
        for rows, inner in element_batches(sources, batch, self.outside, context):
            kept_rows, values = self._results(rows, inner, context)
            for row, value in zip(kept_rows, values, strict=True):
                made[row].append(value)
            held += max(items_bytes(values[:_SAMPLE_ITEMS], len(values)), shallow_bytes(values))
            context.memory.require(held)
        return made

    def _results(
        self, rows: list[int], inner: Batch, context: ExecutionContext
    ) -> tuple[list[int], list[Any]]:
        """For the elements that are kept, their rows and what becomes of them."""
        if self.predicate is not None:
            kept = np.flatnonzero(true_rows(self.predicate.column(inner, context)))
            if len(kept) < inner.count:
                inner = inner.take(kept)
                rows = [rows[place] for place in kept.tolist()]
        if not inner.count:
            return rows, []
        if self.result is None:
            return rows, inner.columns[-1].to_values()
        return rows, self.result.column(inner, context).to_values()


class QuantifierEvaluator(Evaluator):
    """``all / any / none / single (variable IN source WHERE predicate)``."""

    __slots__ = ("outside", "predicate", "quantifier", "source")

    def __init__(
        self, quantifier: str, source: Evaluator, outside: Sequence[int], predicate: Evaluator
    ) -> None:
        self.quantifier = quantifier
        self.source = source
        self.outside = tuple(outside)
        self.predicate = predicate

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """Does the quantifier hold, in each row?"""
        sources = _sources(self.source, batch, context)
        trues, nulls = [0] * batch.count, [0] * batch.count
        for rows, inner in element_batches(sources, batch, self.outside, context):
            truths = self.predicate.column(inner, context).to_values()
            for row, truth in zip(rows, truths, strict=True):
                if truth is None:
                    nulls[row] += 1
                elif is_true(truth):
                    trues[row] += 1
        return [
            None if source is None else self._verdict(len(source), trues[row], nulls[row])
            for row, source in enumerate(sources)
        ]

    def _verdict(self, count: int, trues: int, nulls: int) -> bool | None:
        quantifier = self.quantifier
        if quantifier == "all":
            if trues + nulls < count:
                return False
            return None if nulls else True
        if quantifier == "single":
            if trues > 1:
                return False
            return None if nulls else trues == 1
        if trues:
            return quantifier == "any"
        return None if nulls else quantifier == "none"


class ReduceEvaluator(Evaluator):
    """``reduce(accumulator = initial, variable IN source | step)``.

    The step runs for the first elements of all rows together, then for the second, and so on.
    """

    __slots__ = ("initial", "outside", "source", "step")

    def __init__(
        self, initial: Evaluator, source: Evaluator, outside: Sequence[int], step: Evaluator
    ) -> None:
        self.initial = initial
        self.source = source
        self.outside = tuple(outside)
        self.step = step

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The last value of the accumulator in each row; null where the list is."""
        sources = _sources(self.source, batch, context)
        totals = list(self.initial.items(batch, context))
        rows = [row for row, source in enumerate(sources) if source]
        turn = 0
        while rows:
            columns = []
            if self.outside:
                places = np.array(rows, dtype=np.int64)
                columns = [batch.columns[place].take(places) for place in self.outside]
            columns.append(listed([totals[row] for row in rows]))
            columns.append(listed([sources[row][turn] for row in rows]))  # type: ignore[index]
            inner = Batch(columns, len(rows))
            if len(rows) <= ROW_PATH_MAX:
                values = self.step.items(inner, context)
            else:
                values = self.step.column(inner, context).to_values()
            for row, value in zip(rows, values, strict=True):
                totals[row] = value
            turn += 1
            self._require(turn, values, context)
            if turn % _TURNS_BETWEEN_LOOKS == 0:
                for value in values:
                    require_walkable(value)
            rows = [row for row in rows if len(sources[row]) > turn]  # type: ignore[arg-type]
        return [
            None if source is None else total for source, total in zip(sources, totals, strict=True)
        ]

    @staticmethod
    def _require(turn: int, totals: list[Any], context: ExecutionContext) -> None:
        """Stop what takes too long, or piles up too much."""
        if context.stoppable and (turn % _TURNS_BETWEEN_CHECKS == 0 or len(totals) > ROW_PATH_MAX):
            context.check()
        first = totals[0]
        if isinstance(first, (str, list)) and len(first) > _LARGE_ITEMS:
            # The next turn may make twice as much of each before this one is let go.
            context.reserve(2 * items_bytes(totals[:_SAMPLE_ITEMS], len(totals)))


def _nested(
    compiler: ExpressionCompiler, bound: Sequence[str], *parts: Expression | None
) -> tuple[tuple[int, ...], ExpressionCompiler]:
    """A compiler for the parts of a comprehension, and the columns they need from outside."""
    names = compiler.facts(tuple(part for part in parts if part is not None)).names
    outside = tuple(
        place
        for place, slot in enumerate(compiler.slots)
        if slot.name in names and slot.name not in bound
    )
    slots = [compiler.slots[place] for place in outside]
    slots += [Slot(name, "value") for name in bound]
    return outside, compiler.over(slots)


def compile_comprehension(compiler: ExpressionCompiler, expression: ListComprehension) -> Evaluator:
    """``[x IN xs WHERE ... | ...]``."""
    outside, inner = _nested(
        compiler, [expression.variable], expression.predicate, expression.result
    )
    return ComprehensionEvaluator(
        compiler.compile(expression.source),
        outside,
        inner.optional(expression.predicate),
        inner.optional(expression.result),
    )


def compile_quantified(compiler: ExpressionCompiler, expression: Quantified) -> Evaluator:
    """``all(x IN xs WHERE ...)`` and its kin."""
    outside, inner = _nested(compiler, [expression.variable], expression.predicate)
    return QuantifierEvaluator(
        expression.quantifier,
        compiler.compile(expression.source),
        outside,
        inner.compile(expression.predicate),
    )


def compile_reduce(compiler: ExpressionCompiler, expression: Reduce) -> Evaluator:
    """``reduce(a = 0, x IN xs | a + x)``."""
    outside, inner = _nested(
        compiler, [expression.accumulator, expression.variable], expression.step
    )
    return ReduceEvaluator(
        compiler.compile(expression.initial),
        compiler.compile(expression.source),
        outside,
        inner.compile(expression.step),
    )


def compile_list(compiler: ExpressionCompiler, expression: ListLiteral) -> Evaluator:
    """``[1, 2, 3]``."""
    return ListEvaluator(compiler.compile_all(expression.items))


def compile_map(compiler: ExpressionCompiler, expression: MapLiteral) -> Evaluator:
    """``{a: 1, b: 2}``."""
    keys = [key for key, _ in expression.entries]
    return MapEvaluator(keys, compiler.compile_all(value for _, value in expression.entries))
