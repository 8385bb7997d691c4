"""Every operator of the language: its text, what it does to single values, what to columns.

    text                              scalar(left, right)         kernel(Column, Column)
    + - * / %                         yes                         INTEGER, FLOAT; + also TEXT
    ^                                 yes, always a float         INTEGER, FLOAT
    ||                                yes                         TEXT
    = <> < <= > >=                    yes, three-valued           INTEGER, FLOAT, BOOLEAN, TEXT;
                                                                  = <> also NODE, EDGE
    AND OR XOR                        yes, three-valued           BOOLEAN
    IN                                yes, three-valued           INTEGER, TEXT, NODE, EDGE in one list
    STARTS WITH, ENDS WITH,           yes, null unless strings    TEXT
      CONTAINS, =~

`BINARY` and `UNARY` (``NOT - +``) map the text to an `OperatorFunction`. A kernel gives None for kinds it
does not know; then call the scalar row by row. Either operand of a kernel may have one row, which stands for
all, so that a constant is `Column.of_values([value])` and never repeated. Scalars take null (None) like
any value. What is written with brackets and dots is in `accessors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.functions import arithmetic, predicates
from neuralgraph.query.functions.kernels import (
    ARITHMETIC_KERNELS,
    COMPARISON_KERNELS,
    TEXT_KERNELS,
    in_list_column,
    negate_column,
)
from neuralgraph.values import Column, Kind, logic
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable


@record
class OperatorFunction:
    """How an operator is computed.

    Attributes:
        symbol: its text in the language.
        scalar: of single values; raises `QueryTypeError` and `QueryArithmeticError`.
        kernel: of columns, or None when there is none; may return None for kinds it does not know.
    """

    symbol: str
    scalar: Callable[..., Any]
    kernel: Callable[..., Column | None] | None = None


def _concat_columns(left: Column, right: Column) -> Column | None:
    if left.kind != Kind.TEXT or right.kind != Kind.TEXT:
        return None
    return ARITHMETIC_KERNELS["+"](left, right)


_TEXT_SCALARS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "STARTS WITH": predicates.starts_with,
    "ENDS WITH": predicates.ends_with,
    "CONTAINS": predicates.contains,
    "=~": predicates.regex_match,
}

BINARY: Final[dict[str, OperatorFunction]] = {
    **{
        symbol: OperatorFunction(symbol, scalar, ARITHMETIC_KERNELS.get(symbol, _concat_columns))
        for symbol, scalar in arithmetic.SCALARS.items()
    },
    **{
        symbol: OperatorFunction(symbol, scalar, COMPARISON_KERNELS[symbol])
        for symbol, scalar in predicates.COMPARISONS.items()
    },
    **{
        symbol: OperatorFunction(symbol, scalar, TEXT_KERNELS[symbol])
        for symbol, scalar in _TEXT_SCALARS.items()
    },
    "IN": OperatorFunction("IN", predicates.in_list, in_list_column),
    "AND": OperatorFunction("AND", logic.and_values, logic.and_columns),
    "OR": OperatorFunction("OR", logic.or_values, logic.or_columns),
    "XOR": OperatorFunction("XOR", logic.xor_values, logic.xor_columns),
}

UNARY: Final[dict[str, OperatorFunction]] = {
    "NOT": OperatorFunction("NOT", logic.not_value, logic.not_column),
    "-": OperatorFunction("-", arithmetic.negate, negate_column),
    "+": OperatorFunction("+", arithmetic.unary_plus),
}

add = arithmetic.add
subtract = arithmetic.subtract
multiply = arithmetic.multiply
divide = arithmetic.divide
modulo = arithmetic.modulo
power = arithmetic.power
negate = arithmetic.negate
concat = arithmetic.concat
starts_with = predicates.starts_with
ends_with = predicates.ends_with
contains = predicates.contains
regex_match = predicates.regex_match
in_list = predicates.in_list
compare_chain = predicates.compare_chain


def compare(symbol: str, left: Any, right: Any) -> bool | None:
    """``left symbol right`` for one of ``= <> < <= > >=``; three-valued."""
    return predicates.COMPARISONS[symbol](left, right)
