"""Slots and the class of all operators."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from neuralgraph.values.records import record

SlotKind = Literal["node", "edge", "value"]

ROW_SLOT = " row"
"""The slot that ties the rows of a batched inner plan to the outer rows; see `Apply`."""


@record
class Slot:
    """A column that an operator gives."""

    name: str
    kind: SlotKind


@record
class Operator:
    """One step.

    Attributes:
        slots: what it gives, in order.
        estimated_rows: what the planner expects; for EXPLAIN.
    """

    slots: tuple[Slot, ...] = field(kw_only=True)
    estimated_rows: float = field(default=1.0, compare=False, kw_only=True)
