"""DeleteEntities: all rows are read, then edges go, then nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import ConstraintVerificationError, QueryTypeError
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, EdgeRef, Kind, NodeRef, PathRef
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import DeleteEntities
    from neuralgraph.values import Batch, Column, IdArray


class Doomed:
    """What is to be deleted."""

    __slots__ = ("_edges", "_listed_edges", "_listed_nodes", "_nodes")

    def __init__(self) -> None:
        self._nodes: list[IdArray] = []
        self._edges: list[IdArray] = []
        self._listed_nodes: list[int] = []
        self._listed_edges: list[int] = []

    def nodes(self) -> IdArray:
        """Nodes, ascending, each once."""
        return _once(self._nodes, self._listed_nodes)

    def edges(self) -> IdArray:
        """Edges, ascending, each once."""
        return _once(self._edges, self._listed_edges)

    def add_edges(self, edges: IdArray) -> None:
        """Further edges, with repeats."""
        self._edges.append(edges)

    def add(self, column: Column) -> None:
        """The entities of a column.

        Raises:
            QueryTypeError: a value is no node, edge, path or null.
        """
        if column.kind in (Kind.NODE, Kind.EDGE):
            chosen = self._nodes if column.kind == Kind.NODE else self._edges
            chosen.append(column.ids if column.valid is None else column.ids[column.valid])
            return
        for value in column.to_values():
            self._add_value(value)

    def _add_value(self, value: Any) -> None:
        if value is None:
            return
        if type(value) is NodeRef:
            self._listed_nodes.append(value.id)
        elif type(value) is EdgeRef:
            self._listed_edges.append(value.id)
        elif type(value) is PathRef:
            self._listed_nodes.extend(value.nodes)
            self._listed_edges.extend(value.edges)
        else:
            raise QueryTypeError(
                f"only nodes, relationships and paths can be deleted, not {value!r}",
                detail="InvalidArgumentType",
            )


def _once(columns: list[IdArray], listed: list[int]) -> IdArray:
    return distinct(np.concatenate((*columns, np.array(listed, dtype=np.int64))))


_PIECE_ROWS: Final = BATCH_ROWS_MAX
"""Deleted at once, in a fifth of a second: a further piece has to be told from what the first deleted."""

_CHANGE_BYTES: Final = 300
"""About what a transaction holds for something that it deleted, with its lock."""


class DeleteStep(Step):
    """DELETE, DETACH DELETE; passes the rows on."""

    __slots__ = ("child", "detach", "evaluators", "layout")

    def __init__(self, operator: DeleteEntities, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.evaluators = compiler.expressions(self.child.slots).compile_all(operator.expressions)
        self.detach = operator.detach
        self.layout = Layout(operator.slots, self.child.slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, once everything is deleted."""
        doomed = Doomed()
        kept: list[Batch] = []
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count:
                continue
            for evaluator in self.evaluators:
                doomed.add(evaluator.column(batch, context))
            output = self.layout.extend(batch, ())
            context.memory.hold_batch(output)
            kept.append(output)
        self._delete(doomed, context)
        yield from kept

    def _delete(self, doomed: Doomed, context: ExecutionContext) -> None:
        writer = context.require_writer()
        counters = context.counters
        nodes = doomed.nodes()
        if self.detach and len(nodes):
            doomed.add_edges(writer.expand(nodes, (), "both").edges)
        edges = doomed.edges()
        context.memory.write(_CHANGE_BYTES * (len(nodes) + len(edges)))
        gone_edges: list[tuple[IdArray, Column]] = []
        for piece in context.pieces(len(edges), _PIECE_ROWS):
            gone_edges.append(writer.delete_edges(edges[piece]))
            counters.relationships_deleted += len(gone_edges[-1][0])
        if len(nodes) and not self.detach:
            left = np.flatnonzero(writer.degree(nodes, (), "both"))
            if len(left):
                raise ConstraintVerificationError(
                    f"node {nodes[left[0]]} still has relationships; delete them first, or use"
                    " DETACH DELETE",
                    detail="DeleteConnectedNode",
                )
        gone_nodes: list[int] = []
        for piece in context.pieces(len(nodes), _PIECE_ROWS):
            gone_nodes += writer.delete_nodes(nodes[piece]).tolist()
        counters.nodes_deleted += len(gone_nodes)
        gone_types = context.note_deleted(gone_nodes)
        for gone, types in gone_edges:
            gone_types.add_columns(gone, types)
