"""Can the values of SET depend on what earlier rows of the same SET changed?

They can when an expression looks into the graph. ``row.name`` of UNWIND does so only if `row` turns out to
hold entities, which is seen by looking at the batch; and ``SET n.x = n.x + 1`` does no harm when no node
stands in two rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from neuralgraph.query.execution.columns import start_ids
from neuralgraph.query.language.syntax.expressions import (
    Binary,
    Case,
    CaseBranch,
    Comparison,
    Expression,
    FunctionCall,
    IsNull,
    LiftedLiteral,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    Parameter,
    Property,
    Unary,
    Variable,
)
from neuralgraph.query.planning.plan import AsEntity
from neuralgraph.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.query.execution.expressions import ExpressionCompiler
    from neuralgraph.values import Batch

_LEAVES: Final = (LiteralValue, LiftedLiteral, Parameter)
_SIMPLE: Final = (Binary, Comparison, Unary, IsNull, ListLiteral, MapLiteral, Case, AsEntity)
_VALUES: Final = frozenset({dict, str, int, float, bool, type(None)})


class Independence:
    """What must hold for the expressions not to look into the graph.

    Attributes:
        places: slots that must hold no entities; None when nothing helps.
        unique: the slot that must hold no entity twice; -1 when there is none.
    """

    __slots__ = ("places", "unique")

    def __init__(
        self,
        parts: Sequence[Expression],
        expressions: ExpressionCompiler,
        subject: Expression | None = None,
    ) -> None:
        """Look at the parts.

        Args:
            parts: the expressions of all items.
            expressions: what they see.
            subject: what is changed, when a single item changes it.
        """
        self.places: frozenset[int] | None = None
        self.unique = -1
        found = _Found(set(), set())
        for part in parts:
            if not _collect(part, expressions, found):
                return
        if found.entities:
            slot = None if subject is None else expressions.slot_of(subject)
            if slot is None or found.entities != {expressions.places[slot.name]}:
                return
            self.unique = expressions.places[slot.name]
        self.places = frozenset(found.values)

    def holds(self, batch: Batch) -> bool:
        """Do the values of this batch not depend on the graph?"""
        if self.places is None:
            return False
        for place in self.places:
            column = batch.columns[place]
            if column.kind == Kind.ANY and not _VALUES.issuperset(map(type, column.to_list())):
                return False
        if self.unique >= 0:
            ids = start_ids(batch.columns[self.unique])
            return len(np.unique(ids)) == batch.count
        return True


class _Found(NamedTuple):
    """Slots whose properties are asked for: of kind VALUE, and of kind NODE or EDGE."""

    values: set[int]
    entities: set[int]


def _collect(part: Expression, expressions: ExpressionCompiler, found: _Found) -> bool:
    """Note the slots that must be looked at; False when the expression may read in any case."""
    if isinstance(part, (*_LEAVES, Variable)):
        return True
    if isinstance(part, Property):
        slot = expressions.slot_of(part.subject)
        if slot is not None and slot.kind != "value":
            found.entities.add(expressions.places[slot.name])
            return True
        return _collect_value(part.subject, expressions, found)
    if isinstance(part, FunctionCall):
        return all(
            _collect_value(argument, expressions, found)
            if isinstance(argument, Variable)
            else _collect(argument, expressions, found)
            for argument in part.arguments
        )
    if isinstance(part, _SIMPLE):
        return all(_collect(inner, expressions, found) for inner in _parts(part))
    return False


def _collect_value(part: Expression, expressions: ExpressionCompiler, found: _Found) -> bool:
    slot = expressions.slot_of(part)
    if slot is None:
        return isinstance(part, Parameter)
    if slot.kind != "value":
        return False
    found.values.add(expressions.places[slot.name])
    return True


def _parts(part: Expression) -> Iterator[Expression]:
    if isinstance(part, Binary):
        yield from (part.left, part.right)
    elif isinstance(part, Comparison):
        yield from part.operands
    elif isinstance(part, Unary | IsNull | AsEntity):
        yield part.operand
    elif isinstance(part, ListLiteral):
        yield from part.items
    elif isinstance(part, MapLiteral):
        yield from (value for _, value in part.entries)
    elif isinstance(part, Case):
        yield from _present((part.subject, part.default))
        for branch in part.branches:
            yield from _of_branch(branch)


def _of_branch(branch: CaseBranch) -> Iterator[Expression]:
    yield branch.condition
    yield branch.result


def _present(parts: Iterable[Expression | None]) -> Iterator[Expression]:
    return (part for part in parts if part is not None)
