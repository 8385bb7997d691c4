"""``subject.key`` where the subject is a slot of nodes or edges: straight from the reader, by ids.

Properties of what the statement itself deleted are an error, not null. Subjects of which less is known are
in `look_ups`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import QueryError
from neuralgraph.query.execution.columns import start_ids
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.language.syntax.expressions import NO_SPAN

if TYPE_CHECKING:
    from neuralgraph.errors import Span
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import Batch, Column


class NodePropertyEvaluator(Evaluator):
    """A property of the nodes in a slot."""

    __slots__ = ("key", "place", "span")

    def __init__(self, place: int, key: str, span: Span = NO_SPAN) -> None:
        self.place = place
        self.key = key
        self.span = span

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The property of each row's node."""
        try:
            return node_property_items(batch.columns[self.place].to_list(), self.key, context)
        except QueryError as error:
            error.place(self.span)
            raise

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The property of each row's node."""
        ids = start_ids(batch.columns[self.place])
        if context.deleted_nodes:
            try:
                context.check_nodes(ids.tolist())
            except QueryError as error:
                error.place(self.span)
                raise
        return context.reader.node_property(ids, self.key)


class EdgePropertyEvaluator(Evaluator):
    """A property of the edges in a slot."""

    __slots__ = ("key", "place", "span")

    def __init__(self, place: int, key: str, span: Span = NO_SPAN) -> None:
        self.place = place
        self.key = key
        self.span = span

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The property of each row's edge."""
        try:
            return edge_property_items(batch.columns[self.place].to_list(), self.key, context)
        except QueryError as error:
            error.place(self.span)
            raise

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The property of each row's edge."""
        ids = start_ids(batch.columns[self.place])
        if context.deleted_edges:
            try:
                context.check_edges(ids.tolist())
            except QueryError as error:
                error.place(self.span)
                raise
        return context.reader.edge_property(ids, self.key)


def node_property_items(ids: list[Any], key: str, context: ExecutionContext) -> list[Any]:
    """A property of nodes in row form; null for null."""
    if context.deleted_nodes:
        context.check_nodes(ids)
    if None in ids:
        ids = [-1 if node_id is None else node_id for node_id in ids]
    return context.reader.node_values(ids, key)


def edge_property_items(ids: list[Any], key: str, context: ExecutionContext) -> list[Any]:
    """A property of edges in row form; null for null."""
    if context.deleted_edges:
        context.check_edges(ids)
    if None in ids:
        ids = [-1 if edge_id is None else edge_id for edge_id in ids]
    return context.reader.edge_values(ids, key)
