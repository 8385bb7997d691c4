"""Unit and Argument: where rows begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import for_slot
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.values import UNIT, Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.planning.plan import Slot


class UnitStep(Step):
    """One row without columns."""

    __slots__ = ()

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:  # noqa: ARG002
        """The one row."""
        return iter((UNIT,))


class ArgumentStep(Step):
    """The outer rows that the apply around it runs for.

    Attributes:
        index: which of the context's arguments.
        places: for each slot its place in the outer batch; -1 for the hidden slot of row numbers.
    """

    __slots__ = ("index", "places")

    def __init__(self, slots: Sequence[Slot], index: int, places: Sequence[int]) -> None:
        super().__init__(slots)
        self.index = index
        self.places = tuple(places)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The outer rows, once."""
        outer = context.arguments[self.index]
        assert outer is not None
        columns = []
        for slot, place in zip(self.slots, self.places, strict=True):
            if place < 0:
                columns.append(Column.of_array(Kind.INTEGER, np.arange(outer.count)))
            else:
                columns.append(for_slot(outer.columns[place], slot))
        yield Batch(columns, outer.count)
