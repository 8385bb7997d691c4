"""Expressions that only plans have, about the entities in slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.columns import SLOT_KINDS, entity_column, start_ids
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.values import Column, Kind
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import Direction
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.planning.plan import AsEntity, DegreeOf, EdgeWhere
    from neuralgraph.values import Batch


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


class EdgeWhereEvaluator(Evaluator):
    """The edge of one slot where the nodes of two others are equal, else null."""

    __slots__ = ("edge", "left", "right")

    def __init__(self, edge: int, left: int, right: int) -> None:
        self.edge = edge
        self.left = left
        self.right = right

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The edge or null in each row."""
        return self.vector(batch, context).to_values()

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:  # noqa: ARG002
        """The edge or null in each row."""
        column = batch.columns[self.edge]
        same = start_ids(batch.columns[self.left]) == start_ids(batch.columns[self.right])
        if column.valid is not None:
            same &= column.valid
        if all_true(same):
            return column
        return Column(Kind.EDGE, batch.count, np.where(same, column.ids, -1), same, None)

    def column(self, batch: Batch, context: ExecutionContext) -> Column:
        """The edge or null in each row."""
        return self.vector(batch, context)


class DegreeEvaluator(Evaluator):
    """How many edges there are at the node of a slot; 0 for null."""

    __slots__ = ("direction", "place", "types")

    def __init__(self, place: int, types: Sequence[str], direction: Direction) -> None:
        self.place = place
        self.types = types
        self.direction = direction

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The number in each row."""
        return self.vector(batch, context).to_list()

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The number in each row."""
        starts = start_ids(batch.columns[self.place])
        return Column.of_array(
            Kind.INTEGER, context.reader.degree(starts, self.types, self.direction)
        )

    def column(self, batch: Batch, context: ExecutionContext) -> Column:
        """The number in each row."""
        return self.vector(batch, context)


def compile_edge_where(compiler: ExpressionCompiler, expression: EdgeWhere) -> Evaluator:
    """See `EdgeWhereEvaluator`."""
    names = (expression.edge, expression.left, expression.right)
    return EdgeWhereEvaluator(*(compiler.places[name] for name in names))


def compile_degree(compiler: ExpressionCompiler, expression: DegreeOf) -> Evaluator:
    """See `DegreeEvaluator`."""
    place = compiler.places[expression.node]
    return DegreeEvaluator(place, expression.types, expression.direction)


def compile_entity(compiler: ExpressionCompiler, expression: AsEntity) -> Evaluator:
    """See `EntityEvaluator`."""
    return EntityEvaluator(compiler.compile(expression.operand), SLOT_KINDS[expression.kind])
