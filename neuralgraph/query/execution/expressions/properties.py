"""``subject.key``, ``subject[index]``, slices and map projections.

A property of a slot that holds nodes or edges goes straight to the reader by ids; of anything else, by
the type of each value. Properties of what the statement itself deleted are an error, not null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import QueryError, QueryTypeError
from neuralgraph.query.execution.columns import start_ids
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.functions.accessors import (
    UNBOUNDED,
    property_of_value,
    slice_list,
    subscript,
)
from neuralgraph.query.language.syntax.expressions import NO_SPAN
from neuralgraph.values import Batch, Column, EdgeRef, Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.errors import Span
    from neuralgraph.query.execution.context import ExecutionContext


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


class PropertyEvaluator(Evaluator):
    """A property of whatever the subject turns out to be."""

    __slots__ = ("key", "subject")

    def __init__(self, subject: Evaluator, key: str) -> None:
        self.subject = subject
        self.key = key

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The property in each row."""
        key = self.key
        return [
            subject.get(key) if type(subject) is dict else property_of(subject, key, context)
            for subject in self.subject.items(batch, context)
        ]

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """The property in each row; the reader is asked once when all subjects are entities."""
        column = self.subject.vector(batch, context)
        if column.kind == Kind.NODE:
            return NodePropertyEvaluator(0, self.key).vector(_only(column), context)
        if column.kind == Kind.EDGE:
            return EdgePropertyEvaluator(0, self.key).vector(_only(column), context)
        subjects = column.to_list()
        first = next((subject for subject in subjects if subject is not None), None)
        if isinstance(first, NodeRef | EdgeRef):
            ids = _ids_if_all(subjects, first)
            if ids is not None:
                kind = Kind.NODE if type(first) is NodeRef else Kind.EDGE
                evaluator = PropertyEvaluator(_Given(Column.of_list(kind, ids)), self.key)
                return evaluator.vector(
                    batch, context if first.at is None else _then(first, context)
                )
        key = self.key
        return Column.of_values(
            [
                subject.get(key) if type(subject) is dict else property_of(subject, key, context)
                for subject in subjects
            ]
        )


class _Given(Evaluator):
    """A column that is there already."""

    __slots__ = ("given",)

    def __init__(self, given: Column) -> None:
        self.given = given

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:  # noqa: ARG002
        """The column."""
        return self.given


def _only(column: Column) -> Batch:
    return Batch([column], column.count)


def _then(ref: NodeRef | EdgeRef, context: ExecutionContext) -> ExecutionContext:
    """The run as it reads the moment that an entity comes from."""
    return context.with_reader(ref.at)


def _ids_if_all(subjects: Sequence[Any], first: NodeRef | EdgeRef) -> list[int | None] | None:
    """Ids of entities of one type and moment, None for null; None when anything else is among them."""
    ref, moment = type(first), first.at
    ids: list[int | None] = []
    for subject in subjects:
        if subject is None:
            ids.append(None)
        elif type(subject) is ref and subject.at is moment:
            ids.append(subject.id)
        else:
            return None
    return ids


def property_of(subject: Any, key: str, context: ExecutionContext) -> Any:
    """A property of a single value.

    Raises:
        QueryTypeError: such a value has no properties.
    """
    if subject is None:
        return None
    if isinstance(subject, dict):
        return subject.get(key)
    if type(subject) is NodeRef:
        if subject.at is not None:
            return subject.at.node_values([subject.id], key)[0]
        return node_property_items([subject.id], key, context)[0]
    if type(subject) is EdgeRef:
        if subject.at is not None:
            return subject.at.edge_values([subject.id], key)[0]
        return edge_property_items([subject.id], key, context)[0]
    return property_of_value(subject, key)


class IndexEvaluator(Evaluator):
    """``subject[index]``: an element, or a property by computed name."""

    __slots__ = ("index", "subject")

    def __init__(self, subject: Evaluator, index: Evaluator) -> None:
        self.subject = subject
        self.index = index

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The element in each row."""
        subjects = self.subject.items(batch, context)
        indexes = self.index.items(batch, context)
        return [
            element_of(subject, index, context)
            for subject, index in zip(subjects, indexes, strict=True)
        ]


def element_of(subject: Any, index: Any, context: ExecutionContext) -> Any:
    """``subject[index]``; null when either is, and beyond the ends of a list.

    Raises:
        QueryTypeError: the subject has no elements, or not under such an index.
    """
    if type(subject) in (NodeRef, EdgeRef) and type(index) is str:
        return property_of(subject, index, context)
    return subscript(subject, index)


class SliceEvaluator(Evaluator):
    """``subject[start..stop]``."""

    __slots__ = ("start", "stop", "subject")

    def __init__(self, subject: Evaluator, start: Evaluator | None, stop: Evaluator | None) -> None:
        self.subject = subject
        self.start = start
        self.stop = stop

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The slice in each row."""
        subjects = self.subject.items(batch, context)
        unbounded = [UNBOUNDED] * len(subjects)
        starts = unbounded if self.start is None else self.start.items(batch, context)
        stops = unbounded if self.stop is None else self.stop.items(batch, context)
        return list(map(slice_list, subjects, starts, stops))


class MapProjectionEvaluator(Evaluator):
    """``n {.name, .*, extra: 1}``.

    Attributes:
        entries: for each item its key and evaluator; (None, None) is ``.*``.
    """

    __slots__ = ("entries", "subject")

    def __init__(
        self, subject: Evaluator, entries: Sequence[tuple[str | None, Evaluator | None]]
    ) -> None:
        self.subject = subject
        self.entries = tuple(entries)

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """The map in each row; null where the subject is."""
        subjects = self.subject.items(batch, context)
        maps: list[dict[str, Any]] = [{} for _ in subjects]
        for key, evaluator in self.entries:
            if key is None:
                for row, subject in enumerate(subjects):
                    maps[row].update(properties_of(subject, context))
            elif evaluator is None:
                for row, subject in enumerate(subjects):
                    maps[row][key] = property_of(subject, key, context)
            else:
                for row, item in enumerate(evaluator.items(batch, context)):
                    maps[row][key] = item
        return [
            None if subject is None else made for subject, made in zip(subjects, maps, strict=True)
        ]


def properties_of(subject: Any, context: ExecutionContext) -> dict[str, Any]:
    """All properties of an entity or a map; none of null.

    Raises:
        QueryTypeError: it is neither.
    """
    if subject is None:
        return {}
    if isinstance(subject, dict):
        return subject
    if isinstance(subject, NodeRef | EdgeRef) and subject.at is not None:
        context = _then(subject, context)
    if type(subject) is NodeRef:
        context.check_nodes([subject.id])
        return context.reader.node_properties([subject.id])[0]
    if type(subject) is EdgeRef:
        context.check_edges([subject.id])
        return context.reader.edge_properties([subject.id])[0]
    raise QueryTypeError(f"{subject!r} has no properties", detail="InvalidArgumentType")
