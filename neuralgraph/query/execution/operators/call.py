"""ProcedureCall: CALL."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import ProcedureError
from neuralgraph.query.execution.columns import listed
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.step import Layout, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import ProcedureCall
    from neuralgraph.values import Batch


class CallStep(Step):
    """Calls a procedure for each row; each of its rows stands beside the row it was called for."""

    __slots__ = ("arguments", "child", "floats", "layout", "procedure", "wanted")

    def __init__(self, operator: ProcedureCall, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.procedure = compiler.procedure(operator.procedure)
        self.arguments = compiler.expressions(self.child.slots).compile_all(operator.arguments)
        self.floats = tuple(type_name == "FLOAT" for _, type_name in self.procedure.inputs)
        places = {name: place for place, (name, _) in enumerate(self.procedure.outputs)}
        missing = [column for column in operator.columns if column not in places]
        if missing:
            raise ProcedureError(f"{operator.procedure} gives no column {missing[0]}")
        self.wanted = tuple(places[column] for column in operator.columns)
        self.layout = Layout(operator.slots, self.child.slots, operator.names or operator.columns)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows with what the procedure gave for them."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            if self.procedure.columns is not None:
                call = partial(self.procedure.columns, context.call_context)
                yield from self._at_once(call, batch, context)
            elif self.procedure.long_run is not None:
                call = partial(self.procedure.long_run, context)
                yield from self._at_once(call, batch, context)
            else:
                yield from self._row_by_row(batch, context)

    def _row_by_row(self, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
        procedure = self.procedure
        call = (
            partial(procedure.call, context.call_context)
            if procedure.change is None
            else partial(procedure.change, context)
        )
        columns = [argument.items(batch, context) for argument in self.arguments]
        given = zip(*columns, strict=True) if columns else [()] * batch.count
        rows: list[int] = []
        found: list[list[Any]] = [[] for _ in self.wanted]
        for row, arguments in enumerate(given):
            results = call(*self._converted(arguments))
            if not procedure.outputs:
                # Nothing comes back, but a lazy procedure must still run.
                for _ in results:
                    pass
                continue
            for result in results:
                rows.append(row)
                for column, place in zip(found, self.wanted, strict=True):
                    column.append(result[place])
        if not procedure.outputs:
            yield self.layout.extend(batch, ())
            return
        added = [listed(column) for column in found]
        yield from matched(self.layout, batch, np.array(rows, dtype=np.int64), added)

    def _at_once(
        self, call: Callable[..., Any], batch: Batch, context: ExecutionContext
    ) -> Iterator[Batch]:
        columns = [argument.vector(batch, context) for argument in self.arguments]
        rows, outputs = call(batch.count, *columns)
        if self.procedure.outputs:
            yield from matched(self.layout, batch, rows, [outputs[place] for place in self.wanted])
        else:
            yield self.layout.extend(batch, ())

    def _converted(self, arguments: tuple[Any, ...]) -> list[Any]:
        """Integers as floats where the procedure asks for floats."""
        return [
            float(value) if wants_float and type(value) is int else value
            for value, wants_float in zip(arguments, self.floats, strict=False)
        ]
