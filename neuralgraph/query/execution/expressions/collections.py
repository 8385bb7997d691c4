"""Lists and maps: literals, comprehensions, quantifiers, reduce.

What runs for each element of a list runs on one batch for all elements of all rows: the elements in one
column, and beside it the columns from outside that the body looks at, repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.columns import is_true, listed, true_rows
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.values import ROW_PATH_MAX, Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext


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


class Elements:
    """The elements of one list a row, laid out as one batch.

    Attributes:
        sources: the lists; None is null.
        rows: for each element its row.
        batch: the columns from outside, then the elements.
    """

    __slots__ = ("batch", "rows", "sources")

    def __init__(self, sources: Sequence[Any], batch: Batch, outside: Sequence[int]) -> None:
        self.sources = [None if source is None else list_of(source) for source in sources]
        rows: list[int] = []
        elements: list[Any] = []
        for row, source in enumerate(self.sources):
            if source:
                elements.extend(source)
                rows.extend([row] * len(source))
        self.rows = rows
        columns = []
        if outside:
            places = np.array(rows, dtype=np.int64)
            columns = [batch.columns[place].take(places) for place in outside]
        columns.append(listed(elements))
        self.batch = Batch(columns, len(rows))


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
        elements = Elements(self.source.items(batch, context), batch, self.outside)
        inner, rows = elements.batch, elements.rows
        if self.predicate is not None and inner.count:
            kept = np.flatnonzero(true_rows(self.predicate.column(inner, context)))
            if len(kept) < inner.count:
                inner = inner.take(kept)
                rows = [rows[place] for place in kept.tolist()]
        if not inner.count:
            values: list[Any] = []
        elif self.result is None:
            values = inner.columns[-1].to_values()
        else:
            values = self.result.column(inner, context).to_values()
        made: list[Any] = [None if source is None else [] for source in elements.sources]
        for row, value in zip(rows, values, strict=True):
            made[row].append(value)
        return made


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
        elements = Elements(self.source.items(batch, context), batch, self.outside)
        inner = elements.batch
        trues, nulls = [0] * batch.count, [0] * batch.count
        if inner.count:
            truths = self.predicate.column(inner, context).to_values()
            for row, truth in zip(elements.rows, truths, strict=True):
                if truth is None:
                    nulls[row] += 1
                elif is_true(truth):
                    trues[row] += 1
        return [
            None if source is None else self._verdict(len(source), trues[row], nulls[row])
            for row, source in enumerate(elements.sources)
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
        sources = [
            None if source is None else list_of(source)
            for source in self.source.items(batch, context)
        ]
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
            rows = [row for row in rows if len(sources[row]) > turn]  # type: ignore[arg-type]
        return [
            None if source is None else total for source, total in zip(sources, totals, strict=True)
        ]
