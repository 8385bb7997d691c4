"""Filter: the rows where a predicate is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import is_true, true_rows
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.query.language.syntax.expressions import Binary, Expression
from neuralgraph.values import ROW_PATH_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import Filter
    from neuralgraph.values import Batch


def conjuncts(predicate: Expression) -> list[Expression]:
    """The operands of the ANDs at the top of a predicate."""
    if isinstance(predicate, Binary) and predicate.operator == "AND":
        return [*conjuncts(predicate.left), *conjuncts(predicate.right)]
    return [predicate]


class FilterStep(Step):
    """Rows where all conjuncts are true; each is computed for what the ones before left."""

    __slots__ = ("child", "layout", "predicates")

    def __init__(self, operator: Filter, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        expressions = compiler.expressions(self.child.slots)
        self.predicates = expressions.compile_all(conjuncts(operator.predicate))
        self.layout = Layout(operator.slots, self.child.slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows that pass."""
        layout = self.layout
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            kept = batch
            if batch.count == 1:
                for predicate in self.predicates:
                    if not is_true(predicate.items(batch, context)[0]):
                        break
                else:
                    yield batch if layout.keeps_all else layout.extend(batch, ())
                continue
            for predicate in self.predicates:
                if not kept.count:
                    break
                if kept.count <= ROW_PATH_MAX:
                    truths = [is_true(item) for item in predicate.items(kept, context)]
                    if not all(truths):
                        rows = [row for row, truth in enumerate(truths) if truth]
                        kept = kept.take(np.array(rows, dtype=np.int64))
                    continue
                mask = true_rows(predicate.vector(kept, context))
                found = mask.nonzero()[0]
                if len(found) < kept.count:
                    kept = kept.take(found)
            if kept.count:
                yield kept if layout.keeps_all else layout.extend(kept, ())
