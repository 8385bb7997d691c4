"""Comparisons, IN and the string predicates on single values; each gives true, false or null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.functions.patterns import whole_matcher
from neuralgraph.stopping import SHORT_MAX, watched
from neuralgraph.values import equals, type_name
from neuralgraph.values.ordering import UNORDERED, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def equal(left: Any, right: Any) -> bool | None:
    """``left = right``."""
    if type(left) is type(right) and type(left) in _DIRECT:
        return bool(left == right)
    return equals(left, right)


def not_equal(left: Any, right: Any) -> bool | None:
    """``left <> right``."""
    if type(left) is type(right) and type(left) in _DIRECT:
        return bool(left != right)
    result = equals(left, right)
    return None if result is None else not result


def less(left: Any, right: Any) -> bool | None:
    """``left < right``."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return bool(left < right)
    result = ordered(left, right)
    return None if result is None else result == -1


def less_or_equal(left: Any, right: Any) -> bool | None:
    """``left <= right``."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return bool(left <= right)
    result = ordered(left, right)
    return None if result is None else result <= 0


def greater(left: Any, right: Any) -> bool | None:
    """``left > right``."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return bool(left > right)
    result = ordered(left, right)
    return None if result is None else result == 1


def greater_or_equal(left: Any, right: Any) -> bool | None:
    """``left >= right``."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return bool(left >= right)
    result = ordered(left, right)
    return None if result is None else result in (0, 1)


_NUMBERS: Final = frozenset({int, float})
_DIRECT: Final = frozenset({int, float, str, bool})
assert UNORDERED not in (-1, 0, 1)

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool | None]]] = {
    "=": equal,
    "<>": not_equal,
    "<": less,
    "<=": less_or_equal,
    ">": greater,
    ">=": greater_or_equal,
}


def compare_chain(operators: Sequence[str], operands: Sequence[Any]) -> bool | None:
    """``a < b <= c``: the comparisons of neighbours, joined by AND."""
    result: bool | None = True
    for index, symbol in enumerate(operators):
        holds = COMPARISONS[symbol](operands[index], operands[index + 1])
        if holds is False:
            return False
        if holds is None:
            result = None
    return result


def in_list(item: Any, items: Any) -> bool | None:
    """``item IN items``: null when no element is equal and for some that cannot be told.

    Raises:
        QueryTypeError: `items` is neither a list nor null.
    """
    if items is None:
        return None
    if type(items) is not list:
        raise QueryTypeError(
            f"IN needs a list, not {type_name(items)}", detail="InvalidArgumentType"
        )
    result: bool | None = False
    for other in items if len(items) <= SHORT_MAX else watched(items):
        same = equal(item, other)
        if same:
            return True
        if same is None:
            result = None
    return result


# ── strings: anything but two strings gives null ──────────────────────────────────────────────


def starts_with(left: Any, right: Any) -> bool | None:
    """``left STARTS WITH right``."""
    if type(left) is str and type(right) is str:
        return left.startswith(right)
    return None


def ends_with(left: Any, right: Any) -> bool | None:
    """``left ENDS WITH right``."""
    if type(left) is str and type(right) is str:
        return left.endswith(right)
    return None


def contains(left: Any, right: Any) -> bool | None:
    """``left CONTAINS right``."""
    if type(left) is str and type(right) is str:
        return right in left
    return None


def regex_match(left: Any, right: Any) -> bool | None:
    """``left =~ right``: does the whole string match the pattern?"""
    if type(left) is str and type(right) is str:
        return bool(whole_matcher(right)(left))
    return None
