"""DeleteEntities: all rows are read, then edges go, then nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import ConstraintVerificationError, QueryTypeError
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, EdgeRef, Kind, NodeRef, PathRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import DeleteEntities
    from neuralgraph.values import Batch, Column


class Doomed:
    """What is to be deleted, in order of appearance."""

    __slots__ = ("edges", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[int, None] = {}
        self.edges: dict[int, None] = {}

    def add(self, column: Column) -> None:
        """The entities of a column.

        Raises:
            QueryTypeError: a value is no node, edge, path or null.
        """
        if column.kind in (Kind.NODE, Kind.EDGE):
            chosen = self.nodes if column.kind == Kind.NODE else self.edges
            chosen.update(dict.fromkeys(item for item in column.to_list() if item is not None))
            return
        for value in column.to_values():
            self._add_value(value)

    def _add_value(self, value: Any) -> None:
        if value is None:
            return
        if type(value) is NodeRef:
            self.nodes[value.id] = None
        elif type(value) is EdgeRef:
            self.edges[value.id] = None
        elif type(value) is PathRef:
            self.nodes.update(dict.fromkeys(value.nodes))
            self.edges.update(dict.fromkeys(value.edges))
        else:
            raise QueryTypeError(
                f"only nodes, relationships and paths can be deleted, not {value!r}",
                detail="InvalidArgumentType",
            )


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
        nodes = np.array(list(doomed.nodes), dtype=np.int64)
        if self.detach and len(nodes):
            attached = writer.expand(nodes, (), "both").edges
            doomed.edges.update(dict.fromkeys(attached.tolist()))
        edges = np.array(list(doomed.edges), dtype=np.int64)
        context.memory.hold(_CHANGE_BYTES * (len(nodes) + len(edges)))
        gone_edges: dict[int, str] = {}
        for piece in context.pieces(len(edges), _PIECE_ROWS):
            part = edges[piece]
            part = part[writer.edge_exists(part)]
            types = writer.edge_types(part).to_list()
            writer.delete_edges(part)
            gone_edges.update(zip(part.tolist(), types, strict=True))
        counters.relationships_deleted += len(gone_edges)
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
        context.note_deleted(gone_nodes, gone_edges)
