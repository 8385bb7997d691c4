"""Distinct: each different row once, in the order of first appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.query.execution.memory import Share
from neuralgraph.query.execution.operators.grouping import Grouper
from neuralgraph.query.execution.operators.reachable import distinct_below
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.planning.operators import walk
from neuralgraph.query.planning.plan import (
    Expand,
    Filter,
    NodeIndexIn,
    NodeIndexSeek,
    NodeScan,
    Unit,
)
from neuralgraph.values import Batch, Column, Kind
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Distinct
    from neuralgraph.values import IdArray, MaskArray, RowArray

_WITHOUT_ORDER: Final = (Expand, Filter, NodeIndexIn, NodeIndexSeek, NodeScan, Unit)
"""Nobody asked for the order in which rows come from these: what is told apart may come sorted."""

_PLACE_BYTES: Final = 8
_PLACES_FACTOR_MAX: Final = 16
"""Writing places into an array over all ids beats sorting while it is at most so many times the rows."""


class DistinctStep(Step):
    """Each different row once; null equals null."""

    __slots__ = ("child", "in_any_order", "null_repeats_only")

    def __init__(self, operator: Distinct, compiler: PlanCompiler) -> None:
        self.child = compiler.step(operator.child)
        super().__init__(self.child.slots)
        self.null_repeats_only = operator.null_repeats_only and len(self.slots) == 1
        self.in_any_order = all(isinstance(part, _WITHOUT_ORDER) for part in walk(operator.child))

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows not seen before."""
        if not self.slots:
            yield from self._of_nothing(context)
            return
        if self.null_repeats_only:
            yield from self._of_different(context)
            return
        is_ids = len(self.slots) == 1 and self.slots[0].kind in ("node", "edge")
        if is_ids and context.writer is None:
            # A writer's new ids may lie beyond any limit known at the start.
            with Share(context.memory) as kept:
                yield from self._of_ids(context, kept)
            return
        with Share(context.memory) as kept:
            grouper = Grouper(kept)
            for batch in self.child.batches(context):
                if context.stoppable:
                    context.check()
                if not batch.count:
                    continue
                _, new = grouper.groups(batch.columns, batch.count)
                if len(new) == batch.count:
                    yield batch
                elif len(new):
                    yield batch.take(new)

    def _of_nothing(self, context: ExecutionContext) -> Iterator[Batch]:
        """Rows without columns are all the same."""
        for batch in self.child.batches(context):
            if batch.count:
                yield batch.slice(0, 1)
                return

    def _of_different(self, context: ExecutionContext) -> Iterator[Batch]:
        """Only null can come again."""
        null_seen = False
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            valid = batch.columns[0].valid
            if valid is not None and not all_true(valid):
                keep = valid.copy()
                if not null_seen:
                    keep[np.argmin(valid)] = True
                    null_seen = True
                batch = batch.take(np.flatnonzero(keep))  # noqa: PLW2901 - the same, without repeats
            if batch.count:
                yield batch

    def _of_ids(self, context: ExecutionContext, kept: Share) -> Iterator[Batch]:
        """One column of ids: a mask over all ids there may be tells what was seen."""
        seen: SeenIds | None = None
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            column: Column = batch.columns[0]
            if seen is None:
                reader = context.reader
                limit = reader.node_limit if column.kind == Kind.NODE else reader.edge_limit
                seen = SeenIds(limit, kept)
            valid = column.valid
            if valid is None and self.in_any_order:
                new = seen.new_ids(column.ids)
                if len(new):
                    yield Batch([Column(column.kind, len(new), new, None, None)], len(new))
                continue
            # The last place of the mask stands for null, whose id is -1.
            rows = seen.new_rows(column.ids if valid is None else np.where(valid, column.ids, -1))
            if len(rows) == batch.count:
                yield batch
            elif len(rows):
                yield batch.take(rows)


class SeenIds:
    """Which ids were seen: a flag for each id there may be, the last one for -1 (null).

    The flags are made for a second batch: most results have one.
    """

    __slots__ = ("_first", "_flags", "_limit", "_memory", "_places")

    def __init__(self, limit: int, memory: Share) -> None:
        memory.hold(limit + 1)
        self._limit = limit
        self._memory = memory
        self._first: IdArray | None = None
        self._flags: MaskArray | None = None
        self._places: NDArray[np.int64] | None = None

    def new_ids(self, ids: IdArray) -> IdArray:
        """Ids not seen before, each once, in any order; they are seen afterwards.

        Args:
            ids: shape (rows,), none of them -1.
        """
        if self._flags is None and self._first is None:
            self._first = distinct_below(ids, self._limit)
            return self._first
        flags = self._marked()
        fresh = distinct_below(ids[~flags[ids]], self._limit)
        flags[fresh] = True
        return fresh

    def new_rows(self, ids: IdArray) -> RowArray:
        """Rows of ids not seen before, the first of each; they are seen afterwards.

        Args:
            ids: shape (rows,); -1 is an id like any other.
        """
        flags = self._marked()
        rows = np.flatnonzero(~flags[ids])
        fresh = ids[rows]
        if len(fresh) > 1:
            is_first = self._is_first(fresh)
            if not all_true(is_first):
                rows, fresh = rows[is_first], fresh[is_first]
        flags[fresh] = True
        return rows

    def _marked(self) -> MaskArray:
        flags = self._flags
        if flags is None:
            flags = self._flags = np.zeros(self._limit + 1, dtype=np.bool_)
            if self._first is not None:
                flags[self._first] = True
        return flags

    def _is_first(self, ids: IdArray) -> MaskArray:
        """Where an id stands for the first time within an array."""
        count = len(ids)
        if self._limit > _PLACES_FACTOR_MAX * count:
            first = np.zeros(count, dtype=np.bool_)
            first[np.unique(ids, return_index=True)[1]] = True
            return first
        if self._places is None:
            # Never read before it is written, so it need not be cleared.
            self._memory.hold(_PLACE_BYTES * self._limit)
            self._places = np.empty(self._limit + 1, dtype=np.int64)
        rows = np.arange(count)
        # Written backwards, so that the first row of each id is what stays.
        self._places[ids[::-1]] = rows[::-1]
        return self._places[ids] == rows  # type: ignore[no-any-return]
