"""``subject.key`` of anything, ``subject[index]``, slices and map projections: by the type of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.expressions.evaluator import Evaluator, PlacedEvaluator
from neuralgraph.query.execution.expressions.making import require_joined
from neuralgraph.query.execution.expressions.properties import (
    EdgePropertyEvaluator,
    NodePropertyEvaluator,
    edge_property_items,
    node_property_items,
)
from neuralgraph.query.functions.accessors import (
    UNBOUNDED,
    property_of_value,
    slice_list,
    subscript,
)
from neuralgraph.query.language.syntax.expressions import Variable
from neuralgraph.values import Batch, Column, EdgeRef, Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.language.syntax.expressions import Index, MapProjection, Property, Slice


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
        require_joined((subjects,), context)
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


def compile_property(compiler: ExpressionCompiler, expression: Property) -> Evaluator:
    """``subject.key``."""
    made = PropertyEvaluator(compiler.compile(expression.subject), expression.key)
    return PlacedEvaluator(made, expression.span)


def compile_index(compiler: ExpressionCompiler, expression: Index) -> Evaluator:
    """``subject[index]``."""
    subject, index = compiler.compile(expression.subject), compiler.compile(expression.index)
    return PlacedEvaluator(IndexEvaluator(subject, index), expression.span)


def compile_slice(compiler: ExpressionCompiler, expression: Slice) -> Evaluator:
    """``subject[start..stop]``."""
    bounds = compiler.optional(expression.start), compiler.optional(expression.stop)
    made = SliceEvaluator(compiler.compile(expression.subject), *bounds)
    return PlacedEvaluator(made, expression.span)


def compile_map_projection(compiler: ExpressionCompiler, expression: MapProjection) -> Evaluator:
    """``n {.name, .*, extra: 1}``."""
    entries: list[tuple[str | None, Evaluator | None]] = []
    for item in expression.items:
        if item.kind == "all":
            entries.append((None, None))
        elif item.kind == "property":
            entries.append((item.key, None))
        elif item.kind == "variable" or item.value is None:
            entries.append((item.key, compiler.compile(Variable(item.key, span=item.span))))
        else:
            entries.append((item.key, compiler.compile(item.value)))
    return MapProjectionEvaluator(compiler.compile(expression.subject), entries)
