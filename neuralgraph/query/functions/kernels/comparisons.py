"""``= <> < <= > >=`` over columns of numbers, booleans, strings and entities."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.kernels.masks import merged_valid, rows_of
from neuralgraph.values import Column, Kind, text_search

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.values import MaskArray

_EXACT_MAX: Final = 2**53
_NUMERIC: Final = (Kind.INTEGER, Kind.FLOAT)
_EQUALITIES: Final = (operator.eq, operator.ne)
_ENTITIES: Final = (Kind.NODE, Kind.EDGE)


def _comparison(symbol: str, compare: Callable[[Any, Any], Any]) -> Callable[..., Column | None]:
    is_equality = symbol in ("=", "<>")

    def kernel(left: Column, right: Column) -> Column | None:
        kind, other = left.kind, right.kind
        if kind == other:
            if kind == Kind.TEXT:
                return _compare_texts(compare, left, right)
            known = kind in _NUMERIC or kind == Kind.BOOLEAN
            if not known and not (is_equality and kind in _ENTITIES):
                return None
        elif not (kind in _NUMERIC and other in _NUMERIC and _are_exact(left, right)):
            return None
        array = compare(left.array, right.array)
        return Column(Kind.BOOLEAN, len(array), array, merged_valid(left, right), None)

    kernel.__name__ = f"compare_{compare.__name__}"
    kernel.__doc__ = f"``left {symbol} right``."
    return kernel


def _are_exact(left: Column, right: Column) -> bool:
    """Can the integers of the pair stand as floats? Else comparing them would lose digits."""
    array: Any = (left if left.kind == Kind.INTEGER else right).array
    return len(array) == 0 or (int(array.max()) <= _EXACT_MAX and int(array.min()) >= -_EXACT_MAX)


def _compare_texts(compare: Callable[[Any, Any], Any], left: Column, right: Column) -> Column:
    valid = merged_valid(left, right)
    count = rows_of(left, right)
    if right.count == 1 and left.dictionary is not None and right.valid is None:
        array = _by_dictionary(left, compare, right.to_list()[0])
    elif left.count == 1 and right.dictionary is not None and left.valid is None:
        array = _by_dictionary(
            right, lambda item, constant: compare(constant, item), left.to_list()[0]
        )
    elif right.count == 1 and left.is_packed and right.valid is None and compare in _EQUALITIES:
        constant = right.to_list()[0]
        is_equal = text_search.matching(left, lambda texts: text_search.equal(texts, constant))
        array = is_equal if compare is operator.eq else ~is_equal
    else:
        array = compare(_strings(left, valid), _strings(right, valid))
    return Column(Kind.BOOLEAN, count, array, valid, None)


def _by_dictionary(column: Column, compare: Callable[[Any, Any], Any], constant: str) -> Any:
    """Compare each different string once, then look the answers up."""
    assert column.dictionary is not None
    strings = column.dictionary.tolist()
    answers = np.fromiter(
        (compare(item, constant) for item in strings), dtype=np.bool_, count=len(strings)
    )
    return answers[column.array] if len(strings) else np.zeros(column.count, dtype=np.bool_)


def _strings(column: Column, valid: MaskArray | None) -> Any:
    """An object array of strings; where null, the empty string, which any comparison can take."""
    array: Any = column.decoded().array
    if valid is None or column.valid is None:
        return array
    return np.where(column.valid, array, "")


COMPARISON_KERNELS: Final[dict[str, Callable[[Column, Column], Column | None]]] = {
    "=": _comparison("=", operator.eq),
    "<>": _comparison("<>", operator.ne),
    "<": _comparison("<", operator.lt),
    "<=": _comparison("<=", operator.le),
    ">": _comparison(">", operator.gt),
    ">=": _comparison(">=", operator.ge),
}
