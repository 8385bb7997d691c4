"""AtTime: a plan run on the graph as it was.

Beyond it an entity must not be read from the statement's own snapshot: what leaves here as a node or
an edge becomes a reference that knows its reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.planning.walking import free_names
from neuralgraph.values import Batch, Column, EdgeRef, Kind, NodeRef, PathRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import GraphReader
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import AtTime

_NESTED: Final = frozenset({NodeRef, EdgeRef, PathRef, list, dict})


class AtTimeStep(Step):
    """Runs the child on another snapshot.

    Attributes:
        argument: which of the context's arguments the moment is read from, and at which places; None
            where it depends on no row.
        passed: for each slot, whether it comes from outside and stays what it is.
    """

    __slots__ = ("argument", "child", "kind", "moment", "passed")

    def __init__(self, operator: AtTime, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.kind = operator.moment.kind
        self.passed = tuple(slot.name in operator.passed for slot in operator.slots)
        names = free_names(operator.moment.expression)
        slots = tuple(slot for slot in operator.slots if slot.name in names)
        self.argument = compiler.argument_places(slots) if slots else None
        self.moment = compiler.expressions(slots).compile(operator.moment.expression)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's batches."""
        if context.reader_at is None:
            raise QueryArgumentError(
                "this graph keeps no history, so AT TIME cannot be asked of it"
            )
        reader = context.reader_at(self._moment(context), self.kind)
        for batch in self.child.batches(context.with_reader(reader)):
            columns = [
                column if is_passed else of_moment(column, reader)
                for column, is_passed in zip(batch.columns, self.passed, strict=True)
            ]
            yield Batch(columns, batch.count)

    def _moment(self, context: ExecutionContext) -> Any:
        if self.argument is None:
            return self.moment.value(context)
        index, places = self.argument
        outer = context.arguments[index]
        assert outer is not None
        assert outer.count == 1, "a moment that depends on the row is run row by row"
        return self.moment.items(Batch([outer.columns[place] for place in places], 1), context)[0]


def of_moment(column: Column, reader: GraphReader) -> Column:
    """The column with its entities bound to a reader; other values stay."""
    if column.kind in (Kind.NODE, Kind.EDGE):
        ref = NodeRef if column.kind == Kind.NODE else EdgeRef
        return Column.of_list(
            Kind.ANY, [None if item is None else ref(item, reader) for item in column.to_list()]
        )
    if column.kind != Kind.ANY:
        return column
    items = column.to_list()
    if _NESTED.isdisjoint(map(type, items)):
        return column
    return Column.of_list(Kind.ANY, [_bound(item, reader) for item in items])


def _bound(value: Any, reader: GraphReader) -> Any:
    match value:
        case NodeRef() | EdgeRef():
            return value if value.at is not None else type(value)(value.id, reader)
        case PathRef():
            return value if value.at is not None else PathRef(value.nodes, value.edges, reader)
        case list():
            return [_bound(item, reader) for item in value]
        case dict():
            return {key: _bound(item, reader) for key, item in value.items()}
        case _:
            return value
