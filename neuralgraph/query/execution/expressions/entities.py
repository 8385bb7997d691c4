"""A value that must be a node or an edge, as a column of ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.execution.columns import entity_column
from neuralgraph.query.execution.expressions.evaluator import Evaluator

if TYPE_CHECKING:
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import Batch, Column, Kind


class EntityEvaluator(Evaluator):
    """`NodeRef` and `EdgeRef` values as a NODE or EDGE column; anything else is an error."""

    __slots__ = ("kind", "operand")

    def __init__(self, operand: Evaluator, kind: Kind) -> None:
        self.operand = operand
        self.kind = kind

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The entity in each row."""
        return self.column(batch, context).to_values()

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The entity in each row."""
        return entity_column(self.operand.vector(batch, context), self.kind)

    def column(self, batch: Batch, context: ExecutionContext) -> Column:
        """The entity in each row."""
        return entity_column(self.operand.column(batch, context), self.kind)
