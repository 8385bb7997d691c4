"""HashJoin, CrossJoin and UnionAll: rows of several plans together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.query.execution.memory import Share, values_bytes
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.grouping import codes_of, row_keys
from neuralgraph.query.execution.operators.step import Layout, Step, slot_places
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import CrossJoin, HashJoin, UnionAll
    from neuralgraph.values import MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array


_CODE_BYTES: Final = 32
_KEY_BYTES: Final = 300
"""A place in a dictionary, a tuple, a list of rows."""


def drained(step: Step, context: ExecutionContext, held: Share) -> Batch | None:
    """Everything that a step gives, held at once; None when that is nothing."""
    kept: list[Batch] = []
    for batch in step.batches(context):
        if context.stoppable:
            context.check()
        if batch.count:
            held.hold_batch(batch)
            kept.append(batch)
    if len(kept) > 1:
        held.require(held.bytes_held)
    return Batch.concat(kept) if kept else None


class CrossJoinStep(Step):
    """Every row of the left with every row of the right; the right is run once."""

    __slots__ = ("layout", "left", "right", "right_places")

    def __init__(self, operator: CrossJoin, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.left = compiler.step(operator.left)
        self.right = compiler.step(operator.right)
        names = [slot.name for slot in self.right.slots]
        self.layout = Layout(operator.slots, self.left.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The pairs, row by row of the left."""
        with Share(context.memory) as held:
            yield from self._pairs(context, held)

    def _pairs(self, context: ExecutionContext, held: Share) -> Iterator[Batch]:
        right: Batch | None = None
        for batch in self.left.batches(context):
            if not batch.count:
                continue
            if right is None:
                right = drained(self.right, context, held)
                if right is None:
                    return
            for start in range(0, batch.count, max(1, BATCH_ROWS_MAX // right.count)):
                if context.stoppable:
                    context.check()
                stop = min(batch.count, start + max(1, BATCH_ROWS_MAX // right.count))
                rows = np.repeat(np.arange(start, stop), right.count)
                others = np.tile(np.arange(right.count), stop - start)
                added = [column.take(others) for column in right.columns]
                yield self.layout.gather(batch, rows, added)


class HashJoinStep(Step):
    """Rows of both sides that agree in some slots; the right side is held, the left streams."""

    __slots__ = ("layout", "left", "left_keys", "right", "right_keys")

    def __init__(self, operator: HashJoin, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.left = compiler.step(operator.left)
        self.right = compiler.step(operator.right)
        left, right = slot_places(self.left.slots), slot_places(self.right.slots)
        self.left_keys = [left[name] for name in operator.on]
        self.right_keys = [right[name] for name in operator.on]
        # The joined slots come from the left; the right's own take part in the layout unseen.
        names = [slot.name if slot.name not in operator.on else "" for slot in self.right.slots]
        self.layout = Layout(operator.slots, self.left.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The pairs, in the order of the left."""
        with Share(context.memory) as held:
            yield from self._pairs(context, held)

    def _pairs(self, context: ExecutionContext, held: Share) -> Iterator[Batch]:
        right: Batch | None = None
        table: _IdTable | _KeyTable | None = None
        for batch in self.left.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            if right is None or table is None:
                right = drained(self.right, context, held)
                if right is None:
                    return
                table = _table(
                    [right.columns[place] for place in self.right_keys], right.count, held
                )
            rows, others = table.find([batch.columns[place] for place in self.left_keys])
            for start in range(0, len(rows), BATCH_ROWS_MAX):
                part = slice(start, start + BATCH_ROWS_MAX)
                added = [column.take(others[part]) for column in right.columns]
                yield from matched(self.layout, batch, rows[part], added)


def _present(column: Column) -> MaskArray | None:
    """Where a key can equal anything: neither null nor NaN; None when everywhere."""
    valid = column.valid
    if column.kind == Kind.FLOAT:
        numbers = ~np.isnan(column.array)
        valid = numbers if valid is None else numbers & valid
    elif column.kind == Kind.ANY:
        real = np.fromiter(
            (not isinstance(value, float) or value == value for value in column.to_list()),  # noqa: PLR0124
            dtype=np.bool_,
            count=column.count,
        )
        valid = real if valid is None else real & valid
    return valid


def _table(keys: Sequence[Column], count: int, held: Share) -> _IdTable | _KeyTable:
    if len(keys) == 1 and keys[0].kind in (Kind.NODE, Kind.EDGE, Kind.INTEGER):
        codes = codes_of(keys[0])
        if codes is not None:
            held.hold(_CODE_BYTES * count)
            return _IdTable(keys[0])
    held.hold(_KEY_BYTES * count + sum(map(values_bytes, keys)))
    return _KeyTable(keys, count)


class _IdTable:
    """One key of integers: sorted once, searched by halving."""

    __slots__ = ("kind", "order", "sorted")

    def __init__(self, key: Column) -> None:
        self.kind = key.kind
        array: Int64Array = key.array  # type: ignore[assignment]
        rows = np.arange(key.count) if key.valid is None else np.flatnonzero(key.valid)
        self.order = rows[np.argsort(array[rows], kind="stable")]
        self.sorted = array[self.order]

    def find(self, keys: Sequence[Column]) -> tuple[RowArray, RowArray]:
        """Rows of the left and of the right that agree, in the order of the left."""
        key = keys[0]
        if key.kind != self.kind:
            return self._find_mixed(key)
        wanted = key.array
        low = np.searchsorted(self.sorted, wanted, side="left")
        counts = np.searchsorted(self.sorted, wanted, side="right") - low
        if key.valid is not None:
            counts = np.where(key.valid, counts, 0)
        rows = np.repeat(np.arange(key.count), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows, self.order[np.repeat(low, counts) + within]

    def _find_mixed(self, key: Column) -> tuple[RowArray, RowArray]:
        """The left side holds other kinds (floats that equal integers, say)."""
        own = Column.of_array(self.kind, self.sorted)
        rows, places = _KeyTable([own], own.count).find([key])
        return rows, self.order[places]


class _KeyTable:
    """Any keys: rows by key in a dictionary."""

    __slots__ = ("rows",)

    def __init__(self, keys: Sequence[Column], count: int) -> None:
        self.rows: dict[object, list[int]] = {}
        for row, key in _hashable_rows(keys, count):
            self.rows.setdefault(key, []).append(row)

    def find(self, keys: Sequence[Column]) -> tuple[RowArray, RowArray]:
        """Rows of the left and of the right that agree, in the order of the left."""
        rows: list[int] = []
        others: list[int] = []
        for row, key in _hashable_rows(keys, keys[0].count):
            found = self.rows.get(key)
            if found:
                rows.extend([row] * len(found))
                others.extend(found)
        return np.array(rows, dtype=np.int64), np.array(others, dtype=np.int64)


def _hashable_rows(keys: Sequence[Column], count: int) -> Iterator[tuple[int, object]]:
    """Rows whose keys can equal anything, with a hashable each."""
    present: MaskArray | None = None
    for key in keys:
        mask = _present(key)
        if mask is not None:
            present = mask if present is None else present & mask
    parts = [row_keys(key) for key in keys]
    for row in range(count) if present is None else np.flatnonzero(present).tolist():
        yield row, tuple(part[row] for part in parts)


class UnionAllStep(Step):
    """Rows of each part in turn."""

    __slots__ = ("first_only", "orders", "parts")

    def __init__(self, operator: UnionAll, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.first_only = operator.first_only
        self.parts = [compiler.step(part) for part in operator.parts]
        # The parts have the same slots, maybe in another order.
        self.orders: list[tuple[int, ...] | None] = []
        for part in self.parts:
            places = slot_places(part.slots)
            order = tuple(places[slot.name] for slot in operator.slots)
            self.orders.append(None if order == tuple(range(len(part.slots))) else order)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The parts' batches."""
        found = False
        for part, order in zip(self.parts, self.orders, strict=True):
            if found and self.first_only:
                return
            for batch in part.batches(context):
                found = found or batch.count > 0
                if order is None:
                    yield batch
                else:
                    yield Batch([batch.columns[place] for place in order], batch.count)
