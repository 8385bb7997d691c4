"""Expand and ExpandInto: along single edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import entity_column, start_ids
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.step import Layout, Step, slot_places
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column, EdgeRef, Kind
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Expand, ExpandInto
    from neuralgraph.values import IdArray, MaskArray, RowArray

_DEGREES_ROWS_MIN = 64
"""From so many rows on, degrees are looked up first, to cut the output to size."""


class Difference:
    """Edges of the same MATCH that a new edge must not be.

    Attributes:
        places: slots of the child: an EDGE slot each, or a VALUE slot with lists of edges.
        wheres: beside each, the slot that equals the start where the edges could be the same; -1
            where none is known.
    """

    __slots__ = ("places", "wheres")

    def __init__(self, places: Sequence[int], wheres: Sequence[int]) -> None:
        self.places = tuple(places)
        self.wheres = tuple(wheres)

    def needed(self, batch: Batch, starts: IdArray) -> list[int]:
        """The slots that could hold the same edge as one found from `starts` in any row."""
        needed = []
        for place, where in zip(self.places, self.wheres, strict=True):
            if where >= 0:
                column = batch.columns[where]
                if column.kind == Kind.NODE and not (column.ids == starts).any():
                    continue
            needed.append(place)
        return needed

    @staticmethod
    def mask(
        batch: Batch, places: Sequence[int], rows: RowArray, edges: IdArray
    ) -> MaskArray | None:
        """Which of the edges found are none of those in `places`; None when all are."""
        keep: MaskArray | None = None
        for place in places:
            column = batch.columns[place]
            if column.kind == Kind.EDGE:
                ids = column.ids
                if column.valid is not None:
                    ids = np.where(column.valid, ids, -1)
                # One row is a scalar: no gathering.
                part = edges != (ids[0] if batch.count == 1 else ids[rows])
            else:
                forbidden = [edges_in(value) for value in column.to_values()]
                part = np.fromiter(
                    (
                        edge not in forbidden[row]
                        for row, edge in zip(rows.tolist(), edges.tolist(), strict=True)
                    ),
                    dtype=np.bool_,
                    count=len(edges),
                )
            keep = part if keep is None else keep & part
        return None if keep is None or all_true(keep) else keep


def edges_in(value: object) -> frozenset[int]:
    """Ids of the edges in a list (or of the one edge); none for null."""
    if isinstance(value, EdgeRef):
        return frozenset((value.id,))
    if isinstance(value, list):
        return frozenset(edge.id for edge in value if isinstance(edge, EdgeRef))
    return frozenset()


class ExpandStep(Step):
    """From a node along its edges."""

    __slots__ = (
        "child",
        "difference",
        "direction",
        "is_targets_only",
        "layout",
        "source",
        "target_labels",
        "types",
    )

    def __init__(self, operator: Expand, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        slots = self.child.slots
        self.source = compiler.place(slots, operator.source)
        self.types = operator.types
        self.direction = operator.direction
        self.target_labels = operator.target_labels
        wheres = operator.different_where or (None,) * len(operator.different_from)
        places = slot_places(slots)
        self.difference = Difference(
            [places[name] for name in operator.different_from],
            [-1 if name is None else places[name] for name in wheres],
        )
        # Without a name of its own, the edge's column has no slot and is left out by the layout.
        self.layout = Layout(operator.slots, slots, [operator.edge or "", operator.target])
        self.is_targets_only = [slot.name for slot in operator.slots] == [operator.target]

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, each with its edges and neighbours."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if batch.count == 1:
                yield from self._of_one(batch, context)
            elif batch.count < _DEGREES_ROWS_MIN:
                yield from self._of_many(batch, context)
            else:
                for part in self._cut(batch, context):
                    if context.stoppable:
                        context.check()
                    yield from self._of_many(part, context)

    def count(self, context: ExecutionContext) -> Iterator[int]:
        """How many rows there would be, batch by batch, without making them where degrees tell."""
        reader = context.reader
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            starts = start_ids(batch.columns[self.source])
            if self.target_labels or self.difference.needed(batch, starts):
                yield sum(
                    found.count
                    for part in self._cut(batch, context)
                    for found in self._of_many(part, context)
                )
            else:
                yield int(reader.degree(starts, self.types, self.direction).sum())

    def _cut(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        """The batch in parts that expand to about BATCH_ROWS_MAX rows each."""
        starts = start_ids(batch.columns[self.source])
        degrees = context.reader.degree(starts, self.types, self.direction)
        total = np.cumsum(degrees)
        if not len(total) or total[-1] <= BATCH_ROWS_MAX:
            yield batch
            return
        start = 0
        while start < batch.count:
            before = int(total[start - 1]) if start else 0
            stop = int(np.searchsorted(total, before + BATCH_ROWS_MAX, side="right"))
            stop = max(stop, start + 1)
            yield batch.slice(start, stop)
            start = stop

    def _of_one(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        column = batch.columns[self.source]
        if column.kind != Kind.NODE:
            column = entity_column(column, Kind.NODE)
        start = column.to_list()[0]
        if start is None:
            return
        edges, targets = context.reader.expand_one(start, self.types, self.direction)
        if not len(edges):
            return
        places = self.difference.places
        if places:
            keep = Difference.mask(batch, places, np.zeros(len(edges), dtype=np.int64), edges)
            if keep is not None:
                edges, targets = edges[keep], targets[keep]
        for label in self.target_labels:
            if not len(edges):
                return
            has = context.reader.has_label(targets, label)
            if not all_true(has):
                edges, targets = edges[has], targets[has]
        count = len(edges)
        if not count:
            return
        added = [
            Column(Kind.EDGE, count, edges, None, None),
            Column(Kind.NODE, count, targets, None, None),
        ]
        yield self.layout.repeat(batch, count, added)

    def _of_many(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        reader = context.reader
        starts = start_ids(batch.columns[self.source])
        needed = self.difference.needed(batch, starts) if self.difference.places else []
        if self.is_targets_only and not needed:
            yield from self._targets(starts, context)
            return
        rows, edges, targets = reader.expand(starts, self.types, self.direction)
        if needed:
            keep = Difference.mask(batch, needed, rows, edges)
            if keep is not None:
                rows, edges, targets = rows[keep], edges[keep], targets[keep]
        for label in self.target_labels:
            has = reader.has_label(targets, label)
            if not all_true(has):
                rows, edges, targets = rows[has], edges[has], targets[has]
        count = len(rows)
        if count:
            added = [
                Column(Kind.EDGE, count, edges, None, None),
                Column(Kind.NODE, count, targets, None, None),
            ]
            yield self.layout.gather(batch, rows, added)

    def _targets(self, starts: IdArray, context: ExecutionContext) -> Iterator[Batch]:
        """What `_of_many` gives where nobody looks at anything but the neighbours."""
        targets = context.reader.neighbours(starts, self.types, self.direction)
        for label in self.target_labels:
            has = context.reader.has_label(targets, label)
            if not all_true(has):
                targets = targets[has]
        count = len(targets)
        if count:
            yield Batch([Column(Kind.NODE, count, targets, None, None)], count)


class ExpandIntoStep(Step):
    """Edges between two nodes that are there."""

    __slots__ = ("child", "difference", "direction", "layout", "source", "target", "types")

    def __init__(self, operator: ExpandInto, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        slots = self.child.slots
        self.source = compiler.place(slots, operator.source)
        self.target = compiler.place(slots, operator.target)
        self.types = operator.types
        self.direction = operator.direction
        self.difference = Difference(
            [compiler.place(slots, name) for name in operator.different_from],
            [-1] * len(operator.different_from),
        )
        self.layout = Layout(operator.slots, slots, [operator.edge or ""])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, each with the edges between its two nodes."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            rows, edges = context.reader.expand_into(
                start_ids(batch.columns[self.source]),
                start_ids(batch.columns[self.target]),
                self.types,
                self.direction,
            )
            if self.difference.places:
                keep = Difference.mask(batch, self.difference.places, rows, edges)
                if keep is not None:
                    rows, edges = rows[keep], edges[keep]
            added = [Column(Kind.EDGE, len(edges), edges, None, None)]
            yield from matched(self.layout, batch, rows, added)
