"""InnerPlan: a plan that is run for the rows of a batch; what applies and plan expressions share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.operators.step import Step, slot_places
from neuralgraph.query.planning.plan import ROW_SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import Batch, RowArray


class InnerPlan:
    """A compiled plan whose `Argument` reads what `run` is given.

    Attributes:
        index: which of the context's arguments it reads.
        row_place: where the batches carry the row they belong to; -1 when it is run row by row.
    """

    __slots__ = ("index", "places", "row_place", "step")

    def __init__(self, step: Step, index: int) -> None:
        self.step = step
        self.index = index
        self.places = slot_places(step.slots)
        self.row_place = self.places.get(ROW_SLOT, -1)

    def place(self, name: str) -> int:
        """Where the slot `name` stands in the batches."""
        return self.places[name]

    def run(self, batch: Batch, context: ExecutionContext) -> Iterator[tuple[RowArray, Batch]]:
        """The plan's batches, each with the row of `batch` that each of its rows belongs to."""
        arguments = context.arguments
        if self.row_place >= 0 or batch.count == 1:
            arguments[self.index] = batch
            for found in self.step.batches(context):
                if not found.count:
                    continue
                if self.row_place >= 0:
                    yield found.columns[self.row_place].array, found  # type: ignore[misc]
                else:
                    yield np.zeros(found.count, dtype=np.int64), found
            return
        for row in range(batch.count):
            arguments[self.index] = batch.slice(row, row + 1)
            for found in self.step.batches(context):
                if found.count:
                    yield np.full(found.count, row, dtype=np.int64), found
