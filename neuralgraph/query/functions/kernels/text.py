"""STARTS WITH, ENDS WITH, CONTAINS and ``=~`` over TEXT columns.

A search goes once through each different string of a dictionary, and through packed strings as they are.
Strings that stand alone are searched by a list comprehension: turning them into one of numpy's string types
costs more than it saves.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.kernels.masks import merged_valid, rows_of
from neuralgraph.query.functions.patterns import whole_matcher
from neuralgraph.values import Column, Kind, text_search

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.values import MaskArray
    from neuralgraph.values.packed_texts import PackedTexts


def _starts(strings: list[str], needle: str) -> list[bool]:
    return list(map(str.startswith, strings, repeat(needle)))


def _ends(strings: list[str], needle: str) -> list[bool]:
    return list(map(str.endswith, strings, repeat(needle)))


def _contains(strings: list[str], needle: str) -> list[bool]:
    return [needle in string for string in strings]


def _matches(strings: list[str], needle: str) -> list[bool]:
    return list(map(whole_matcher(needle), strings))


def _predicate(
    search: Callable[[list[str], str], list[bool]],
    packed_search: Callable[[PackedTexts, str], MaskArray] | None = None,
) -> Callable[..., Column | None]:
    def kernel(left: Column, right: Column) -> Column | None:
        if left.kind != Kind.TEXT or right.kind != Kind.TEXT:
            return None
        if right.count != 1 or right.valid is not None:
            return _row_by_row(search, left, right)
        needle = right.to_list()[0]
        if left.dictionary is not None:
            answers = np.array(search(left.dictionary.tolist(), needle), dtype=np.bool_)
            array: Any = answers[left.array] if len(answers) else np.zeros(left.count, np.bool_)
        elif left.is_packed and packed_search is not None:
            array = text_search.matching(left, lambda texts: packed_search(texts, needle))
        else:
            array = np.fromiter(search(_without_nulls(left), needle), np.bool_, left.count)
        return Column(Kind.BOOLEAN, left.count, array, left.valid, None)

    kernel.__name__ = f"text{search.__name__}"
    return kernel


def _row_by_row(
    search: Callable[[list[str], str], list[bool]], left: Column, right: Column
) -> Column:
    count = rows_of(left, right)
    ones, others = _without_nulls(left), _without_nulls(right)
    if left.count == 1:
        ones = ones * count
    if right.count == 1:
        others = others * count
    answers = [search([one], other)[0] for one, other in zip(ones, others, strict=True)]
    array = np.array(answers, dtype=np.bool_)
    return Column(Kind.BOOLEAN, count, array, merged_valid(left, right), None)


def _without_nulls(column: Column) -> list[str]:
    """The strings, with the empty string for null."""
    items = column.to_list()
    if column.valid is None:
        return items
    return ["" if item is None else item for item in items]


TEXT_KERNELS: Final[dict[str, Callable[[Column, Column], Column | None]]] = {
    "STARTS WITH": _predicate(_starts, text_search.starting),
    "ENDS WITH": _predicate(_ends, text_search.ending),
    "CONTAINS": _predicate(_contains, text_search.containing),
    "=~": _predicate(_matches),
}
