"""Chains of comparisons, equality of entities, and IN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.execution.columns import boolean_column, listed
from neuralgraph.query.execution.expressions.calls import BinaryEvaluator, operator_evaluator
from neuralgraph.query.execution.expressions.evaluator import Evaluator
from neuralgraph.query.execution.expressions.logic import JunctionEvaluator
from neuralgraph.query.functions.operators import BINARY
from neuralgraph.values import Column
from neuralgraph.values.ordering import equality_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.values import Batch

_SCALARS: Final = frozenset({int, float, str})


class EntityEqualityEvaluator(Evaluator):
    """``a = b`` or ``a <> b`` for two slots of the same kind of entity: by their ids."""

    __slots__ = ("left", "negated", "right")

    def __init__(self, left: int, right: int, *, negated: bool) -> None:
        self.left = left
        self.right = right
        self.negated = negated

    def items(self, batch: Batch, context: ExecutionContext) -> list[Any]:  # noqa: ARG002
        """Are they the same, in each row?"""
        negated = self.negated
        lefts, rights = batch.columns[self.left].to_list(), batch.columns[self.right].to_list()
        return [
            None if left is None or right is None else (left == right) is not negated
            for left, right in zip(lefts, rights, strict=True)
        ]

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """Are they the same, in each row?"""
        left, right = batch.columns[self.left], batch.columns[self.right]
        if left.kind != right.kind:
            return listed(self.items(batch, context))
        same = left.array != right.array if self.negated else left.array == right.array
        valid = left.valid
        if right.valid is not None:
            valid = right.valid if valid is None else valid & right.valid
        return boolean_column(same, valid)


def chain(operators: Sequence[str], operands: Sequence[Evaluator]) -> Evaluator:
    """``a < b <= c``: each neighbouring pair holds."""
    made: Evaluator | None = None
    for place, text in enumerate(operators):
        pair = operator_evaluator(text, operands[place], operands[place + 1])
        made = pair if made is None else JunctionEvaluator("AND", made, pair)
    assert made is not None
    return made


class Membership:
    """A list, ready to be asked what is in it: strings and numbers are found by hash."""

    __slots__ = ("has_null", "keys", "members", "plain")

    def __init__(self, members: list[Any]) -> None:
        self.members = members
        self.has_null = any(member is None for member in members)
        self.plain = all(member is None or type(member) in _SCALARS for member in members)
        # NaN equals nothing, itself included.
        self.keys = (
            {
                equality_key(member)
                for member in members
                if member is not None and member == member  # noqa: PLR0124
            }
            if self.plain
            else set()
        )

    def holds(self, value: Any) -> bool | None:
        """``value IN members``."""
        if value is None:
            return None if self.members else False
        if self.plain and type(value) in _SCALARS:
            if value == value and value in self.keys:  # noqa: PLR0124
                return True
            return None if self.has_null else False
        found: bool | None = BINARY["IN"].scalar(value, self.members)
        return found


class InEvaluator(BinaryEvaluator):
    """IN: a list that is the same for all rows is looked through once."""

    __slots__ = ()

    def vector(self, batch: Batch, context: ExecutionContext) -> Column:
        """Is it in the list, in each row?"""
        if not self.right.constant or self.kernel is None:
            return listed(self.items(batch, context))
        column = self.left.vector(batch, context)
        members = self.right.value(context)
        made = self.kernel(column, Column.of_values([members]))
        if made is not None:
            return made
        if isinstance(members, list):
            return listed(list(map(Membership(members).holds, column.to_values())))
        return listed([self.scalar(value, members) for value in column.to_values()])
