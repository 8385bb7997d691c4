"""Can the values of SET depend on what earlier rows of the same SET changed?

They can when an expression looks into the graph. ``row.name`` of UNWIND does so only if `row` turns out to
hold entities, which is seen by looking at the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    """

    __slots__ = ("places",)

    def __init__(self, parts: Sequence[Expression], expressions: ExpressionCompiler) -> None:
        self.places: frozenset[int] | None = None
        found: set[int] = set()
        for part in parts:
            if not _collect(part, expressions, found):
                return
        self.places = frozenset(found)

    def holds(self, batch: Batch) -> bool:
        """Do the values of this batch not depend on the graph?"""
        if self.places is None:
            return False
        for place in self.places:
            column = batch.columns[place]
            if column.kind == Kind.ANY and not _VALUES.issuperset(map(type, column.to_list())):
                return False
        return True


def _collect(part: Expression, expressions: ExpressionCompiler, found: set[int]) -> bool:
    """Note the slots that must be looked at; False when the expression may read in any case."""
    if isinstance(part, (*_LEAVES, Variable)):
        return True
    if isinstance(part, Property):
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


def _collect_value(part: Expression, expressions: ExpressionCompiler, found: set[int]) -> bool:
    slot = expressions.slot_of(part)
    if slot is None:
        return isinstance(part, Parameter)
    if slot.kind != "value":
        return False
    found.add(expressions.places[slot.name])
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
