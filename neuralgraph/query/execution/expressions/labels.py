"""``n:A&!B``, ``r:TYPE``: label expressions as predicates, and as the names that CREATE and SET give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.columns import boolean_column, start_ids
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.language.syntax.patterns import (
    LabelAnd,
    LabelDynamic,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
)
from neuralgraph.values import EdgeRef, Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.language.syntax.expressions import HasLabels
    from neuralgraph.values import Batch, Column, IdArray, MaskArray


class LabelTest:
    """A label expression, ready to be asked. Dynamic parts are evaluators of a name or a list."""

    __slots__ = ("dynamic", "expression")

    def __init__(
        self, expression: LabelExpression, compile_part: Callable[[Any], Evaluator]
    ) -> None:
        self.expression = expression
        self.dynamic = {
            id(part): compile_part(part.expression) for part in _dynamic_parts(expression)
        }

    def names(self, batch: Batch, context: ExecutionContext) -> list[dict[int, list[str]]]:
        """For each row, the names that the dynamic parts stand for, by part."""
        rows: list[dict[int, list[str]]] = [{} for _ in range(batch.count)]
        for part, evaluator in self.dynamic.items():
            for row, value in enumerate(evaluator.items(batch, context)):
                rows[row][part] = names_of(value)
        return rows

    def holds(self, names: frozenset[str], dynamic: dict[int, list[str]]) -> bool:
        """Does a set of labels match?"""
        return _holds(self.expression, names, dynamic)

    def mask(
        self, ids: IdArray, has_label: Callable[[IdArray, str], MaskArray]
    ) -> MaskArray | None:
        """Where it holds for many nodes; None when there are dynamic parts or wildcards."""
        return None if self.dynamic else _mask(self.expression, ids, has_label)


def _dynamic_parts(expression: LabelExpression) -> list[LabelDynamic]:
    if isinstance(expression, LabelDynamic):
        return [expression]
    if isinstance(expression, LabelNot):
        return _dynamic_parts(expression.operand)
    if isinstance(expression, LabelAnd | LabelOr):
        return [part for operand in expression.operands for part in _dynamic_parts(operand)]
    return []


def _holds(
    expression: LabelExpression, names: frozenset[str], dynamic: dict[int, list[str]]
) -> bool:
    if isinstance(expression, LabelName):
        return expression.name in names
    if isinstance(expression, LabelAnd):
        return all(_holds(operand, names, dynamic) for operand in expression.operands)
    if isinstance(expression, LabelOr):
        return any(_holds(operand, names, dynamic) for operand in expression.operands)
    if isinstance(expression, LabelNot):
        return not _holds(expression.operand, names, dynamic)
    if isinstance(expression, LabelDynamic):
        wanted = dynamic[id(expression)]
        test = any if expression.any else all
        return test(name in names for name in wanted)
    assert isinstance(expression, LabelWildcard)
    return bool(names)


def _mask(
    expression: LabelExpression, ids: IdArray, has_label: Callable[[IdArray, str], MaskArray]
) -> MaskArray | None:
    if isinstance(expression, LabelName):
        return has_label(ids, expression.name)
    if isinstance(expression, LabelNot):
        inner = _mask(expression.operand, ids, has_label)
        return None if inner is None else ~inner
    if isinstance(expression, LabelAnd | LabelOr):
        combined: MaskArray | None = None
        for operand in expression.operands:
            part = _mask(operand, ids, has_label)
            if part is None:
                return None
            if combined is None:
                combined = part
            elif isinstance(expression, LabelAnd):
                combined = combined & part
            else:
                combined = combined | part
        return combined
    return None


class HasLabelsEvaluator(Evaluator):
    """A label expression of a node, or a type expression of an edge."""

    __slots__ = ("subject", "test")

    def __init__(self, subject: Evaluator, test: LabelTest) -> None:
        self.subject = subject
        self.test = test

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:
        """Does it hold, in each row? Null for null."""
        names = labels_of(self.subject.items(batch, context), context)
        dynamic = self.test.names(batch, context)
        return [
            None if found is None else self.test.holds(found, parts)
            for found, parts in zip(names, dynamic, strict=True)
        ]

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """Does it hold, in each row?"""
        column = self.subject.vector(batch, context)
        if column.kind == Kind.NODE and not context.deleted_nodes:
            mask = self.test.mask(start_ids(column), context.reader.has_label)
            if mask is not None:
                return boolean_column(mask, column.valid)
        elif column.kind == Kind.EDGE and not context.deleted_edges:
            types = context.reader.edge_types(start_ids(column))

            def is_type(_ids: IdArray, name: str) -> MaskArray:
                return np.fromiter((item == name for item in types.to_list()), np.bool_)

            mask = self.test.mask(start_ids(column), is_type)
            if mask is not None:
                return boolean_column(mask, column.valid)
        return super().vector(batch, context)


def labels_of(subjects: Sequence[Any], context: ExecutionContext) -> list[frozenset[str] | None]:
    """Labels of nodes, or the type of edges; None for null.

    Raises:
        QueryTypeError: neither a node nor an edge.
    """
    found: list[frozenset[str] | None] = []
    reader = context.reader
    for subject in subjects:
        if subject is None:
            found.append(None)
        elif type(subject) is NodeRef:
            if subject.at is None:
                context.check_nodes([subject.id])
            found.append(frozenset((subject.at or reader).node_labels([subject.id])[0]))
        elif type(subject) is EdgeRef:
            then = context if subject.at is None else context.with_reader(subject.at)
            found.append(frozenset([type_of_edge(subject.id, then)]))
        else:
            raise QueryTypeError(f"{subject!r} has no labels", detail="InvalidArgumentType")
    return found


def type_of_edge(edge_id: int, context: ExecutionContext) -> str:
    """The type of an edge, of one that the statement deleted too."""
    deleted = context.deleted_edges
    name = deleted.get(edge_id) if deleted else None
    if name is not None:
        return name
    types = context.reader.edge_types(np.array([edge_id], dtype=np.int64))
    return types.to_list()[0]  # type: ignore[no-any-return]


def names_of(value: Any) -> list[str]:
    """The names that a dynamic label or type stands for.

    Raises:
        QueryTypeError: neither a string nor a list of strings.
    """
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise QueryTypeError(
            f"a label is a string or a list of strings, not {value!r}", detail="InvalidArgumentType"
        )
    return names


class LabelNames:
    """The labels (or the type) that CREATE, MERGE, SET or REMOVE names.

    Attributes:
        fixed: the names, when none is dynamic.
    """

    __slots__ = ("fixed", "parts")

    def __init__(
        self, expression: LabelExpression | None, compile_part: Callable[[Any], Evaluator]
    ) -> None:
        self.parts = [
            part.name if isinstance(part, LabelName) else compile_part(part.expression)
            for part in _conjuncts(expression)
        ]
        fixed = [part for part in self.parts if isinstance(part, str)]
        self.fixed = tuple(dict.fromkeys(fixed)) if len(fixed) == len(self.parts) else None

    def of_row(self, row: Batch, context: ExecutionContext) -> tuple[str, ...]:
        """The names for a batch of one row, each once."""
        if self.fixed is not None:
            return self.fixed
        names: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                names.append(part)
            else:
                names.extend(names_of(part.items(row, context)[0]))
        return tuple(dict.fromkeys(names))


def _conjuncts(expression: LabelExpression | None) -> list[LabelName | LabelDynamic]:
    if expression is None:
        return []
    if isinstance(expression, LabelName | LabelDynamic):
        return [expression]
    assert isinstance(expression, LabelAnd), "the analysis lets only names through here"
    return [part for operand in expression.operands for part in _conjuncts(operand)]


def compile_has_labels(compiler: ExpressionCompiler, expression: HasLabels) -> Evaluator:
    """``n:Label``."""
    test = LabelTest(expression.labels, compiler.compile)
    return HasLabelsEvaluator(compiler.compile(expression.subject), test)
