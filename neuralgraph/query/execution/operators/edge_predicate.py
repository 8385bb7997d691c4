"""A predicate that must hold for each edge on the way of a variable-length pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.execution.columns import ids_column, true_rows
from neuralgraph.query.planning.plan import Slot
from neuralgraph.values import Batch, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax.expressions import Expression
    from neuralgraph.values import IdArray, MaskArray, RowArray


class EdgePredicate:
    """Sees the columns of the row that the walk began in, those it looks at, and the edge."""

    __slots__ = ("evaluator", "outside")

    def __init__(
        self, predicate: Expression, edge: str, slots: Sequence[Slot], compiler: PlanCompiler
    ) -> None:
        names = compiler.expressions(slots).facts(predicate).names - {edge}
        self.outside = tuple(place for place, slot in enumerate(slots) if slot.name in names)
        seen = [slots[place] for place in self.outside]
        expressions = compiler.expressions([*seen, Slot(edge, "edge")])
        self.evaluator = expressions.compile(predicate)

    def mask(
        self, batch: Batch, rows: RowArray, edges: IdArray, context: ExecutionContext
    ) -> MaskArray:
        """For which of the edges does it hold?

        Args:
            batch: the rows that walks began in.
            rows: for each edge its row; shape (edges,).
            edges: ids; shape (edges,).
            context: the run.
        """
        columns = [batch.columns[place].take(rows) for place in self.outside]
        columns.append(ids_column(Kind.EDGE, edges))
        return true_rows(self.evaluator.column(Batch(columns, len(edges)), context))
