"""Precedence: a flat run of operands and operators folded into a tree.

From loose to tight: OR, XOR, AND, NOT, comparisons (chained), predicates (IN, STARTS WITH, IS NULL, ...),
``+ - ||``, ``* / %``, ``^``, unary minus and plus. All binary operators group to the left.

The associative ones (AND, OR, XOR) are folded into a balanced tree where there are many, so that a
filter of a thousand alternatives is ten levels deep instead of a thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from neuralgraph.query.language.lexis import CHAIN_MAX, syntax_error
from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    Expression,
    HasLabels,
    IsNull,
    IsType,
    Unary,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.language.syntax import LabelExpression
    from neuralgraph.query.language.syntax.expressions import Span

NOT_LEVEL = 4
COMPARISON_LEVEL = 5
PREDICATE_LEVEL = 6
UNARY_LEVEL = 10
OPERAND_LEVEL = 11
LEVELS = {
    "OR": 1, "XOR": 2, "AND": 3, "NOT": NOT_LEVEL,
    "=": 5, "<>": 5, "<": 5, "<=": 5, ">": 5, ">=": 5,
    "IN": 6, "STARTS WITH": 6, "ENDS WITH": 6, "CONTAINS": 6, "=~": 6,
    "+": 7, "-": 7, "||": 7, "*": 8, "/": 8, "%": 8, "^": 9,
}  # fmt: skip
_PREFIX_LEVELS = {"NOT": NOT_LEVEL, "-": UNARY_LEVEL, "+": UNARY_LEVEL}
_LEFT_DEEP_MAX = 16


class Prefix(str):
    """NOT, minus or plus before an operand; it stands at `start`."""

    __slots__ = ("start",)
    start: int


class Suffix(tuple[Any, ...]):
    """IS NULL and the like: (class, arguments, end)."""

    __slots__ = ()


class _Chain:
    """Operands of one associative or comparing level that may grow still."""

    __slots__ = ("operands", "operators", "span")

    def __init__(self, operator: str, left: Any, right: Any) -> None:
        self.operators = [operator]
        self.operands = [left, right]
        self.span = (left.span[0], right.span[1])


def fold(tokens: Sequence[Any]) -> Expression:
    """The tree of a run: `Prefix`, operand, `Suffix`, operator word, ... as they were written.

    Raises:
        QuerySyntaxError: so many operators in a row that the tree would be too deep.
    """
    if len(tokens) == 3 and type(tokens[1]) is str and tokens[1] in LEVELS:
        return _simple(tokens[0], tokens[1], tokens[2])
    operands: list[Any] = []
    operators: list[Any] = []
    depth = 0
    for token in tokens:
        kind = type(token)
        if kind is Prefix:
            depth += 1
            operators.append(token)
        elif kind is Suffix:
            _reduce(operands, operators, PREDICATE_LEVEL)
            operand = _closed(operands.pop())
            depth += 1
            class_, arguments, end = token
            operands.append(class_(operand, *arguments, span=(operand.span[0], end)))
        elif kind is str:
            level = LEVELS[token]
            depth += level > COMPARISON_LEVEL
            _reduce(operands, operators, level)
            operators.append(token)
        else:
            operands.append(token)
        if depth > CHAIN_MAX:
            start = operands[0].span[0] if operands else token.start
            syntax_error(
                f"More than {CHAIN_MAX} operators in a row; use a list, or parts in parentheses",
                start, start + 1,
            )  # fmt: skip
    _reduce(operands, operators, 0)
    tree: Expression = _closed(operands[0])
    return tree


def _simple(left: Any, operator: str, right: Any) -> Expression:
    span = (left.span[0], right.span[1])
    if LEVELS[operator] == COMPARISON_LEVEL:
        return Comparison((cast("Any", operator),), (left, right), span=span)
    return Binary(cast("Any", operator), left, right, span=span)


def _reduce(operands: list[Any], operators: list[Any], level: int) -> None:
    """Build what binds at least as tightly as `level` (NOT, which is a prefix, included)."""
    while operators:
        operator = operators[-1]
        if type(operator) is Prefix:
            if _PREFIX_LEVELS[operator] < level:
                return
            operators.pop()
            operand = _closed(operands.pop())
            word = cast("Any", str(operator))
            operands.append(Unary(word, operand, span=(operator.start, operand.span[1])))
            continue
        if LEVELS[operator] < level:
            return
        operators.pop()
        right = _closed(operands.pop())
        left = operands.pop()
        operands.append(_joined(left, operator, right))


def _joined(left: Any, operator: str, right: Any) -> Any:
    if LEVELS[operator] > COMPARISON_LEVEL:
        left = _closed(left)
        span = (left.span[0], right.span[1])
        return Binary(cast("Any", operator), left, right, span=span)
    if type(left) is _Chain and LEVELS[left.operators[0]] == LEVELS[operator]:
        left.operators.append(operator)
        left.operands.append(right)
        left.span = (left.span[0], right.span[1])
        return left
    return _Chain(operator, _closed(left), right)


def _closed(operand: Any) -> Any:
    if type(operand) is not _Chain:
        return operand
    if LEVELS[operand.operators[0]] == COMPARISON_LEVEL:
        words = cast("Any", tuple(operand.operators))
        return Comparison(words, tuple(operand.operands), span=operand.span)
    return associate(operand.operators[0], operand.operands)


def associate(operator: str, operands: Sequence[Expression]) -> Expression:
    """The tree that a run of AND, OR or XOR over these operands gets."""
    word = cast("Any", operator)
    if len(operands) == 1:
        return operands[0]
    if len(operands) <= _LEFT_DEEP_MAX:
        tree = operands[0]
        for operand in operands[1:]:
            tree = Binary(word, tree, operand, span=(tree.span[0], operand.span[1]))
        return tree
    half = len(operands) // 2
    left, right = associate(operator, operands[:half]), associate(operator, operands[half:])
    return Binary(word, left, right, span=(left.span[0], right.span[1]))


def run_operands(expression: Binary) -> list[Expression]:
    """The operands of AND, OR or XOR as a flat run would have them.

    They are such that `associate` gives the same tree again; otherwise only the two of this node.
    """
    flat: list[Expression] = []
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Binary) and node.operator == expression.operator:
            stack += [node.right, node.left]
        else:
            flat.append(node)
    if associate(expression.operator, flat) == expression:
        return flat
    return [expression.left, expression.right]


def label_test(labels: LabelExpression, *, negated: bool, end: int) -> Suffix:
    """IS Label, IS NOT Label."""

    def build(operand: Expression, *, span: Span) -> Expression:
        test = HasLabels(operand, labels, span=span)
        return Unary("NOT", test, span=span) if negated else test

    return Suffix((build, (), end))


def null_test(*, negated: bool, end: int) -> Suffix:
    """IS NULL, IS NOT NULL."""
    return Suffix((IsNull, (negated,), end))


def type_test(type_name: str, *, negated: bool, end: int) -> Suffix:
    """IS :: TYPE, IS NOT :: TYPE."""
    return Suffix((IsType, (type_name, negated), end))
