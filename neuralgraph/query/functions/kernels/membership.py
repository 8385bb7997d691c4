"""``column IN list``, where the list is the same for all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.values import Column, EdgeRef, Kind, NodeRef

if TYPE_CHECKING:
    from neuralgraph.values import MaskArray

_REFS: Final[dict[Kind, type]] = {Kind.NODE: NodeRef, Kind.EDGE: EdgeRef}
_MEMBER_TYPES: Final[dict[Kind, frozenset[type]]] = {
    Kind.INTEGER: frozenset({int}),
    Kind.TEXT: frozenset({str}),
    Kind.NODE: frozenset({NodeRef}),
    Kind.EDGE: frozenset({EdgeRef}),
}
_SIMPLE: Final = frozenset({int, float, str, bool, NodeRef, EdgeRef, type(None)})


def in_list_column(items: Column, lists: Column) -> Column | None:
    """``items IN lists``.

    Args:
        items: INTEGER, TEXT, NODE or EDGE, shape (rows,).
        lists: an ANY column of one row, whose value is a list of simple values.

    Returns:
        BOOLEAN, shape (rows,); None for other kinds, and when an integer is looked for among floats.
    """
    wanted = _MEMBER_TYPES.get(items.kind)
    if wanted is None or lists.count != 1:
        return None
    members = lists.to_list()[0]
    if type(members) is not list:
        return None
    types = set(map(type, members))
    if not types <= _SIMPLE or (items.kind == Kind.INTEGER and float in types):
        return None
    present = [member for member in members if type(member) in wanted]
    found = _found(items, present)
    valid = items.valid
    if not members:
        # Nothing is in an empty list, not even null.
        return Column(Kind.BOOLEAN, items.count, found & False, None, None)
    if type(None) in types:
        valid = found if valid is None else found & valid
    return Column(Kind.BOOLEAN, items.count, found, valid, None)


def _found(items: Column, present: list[Any]) -> MaskArray:
    if not present:
        return np.zeros(items.count, dtype=np.bool_)
    if items.kind in _REFS:
        present = [member.id for member in present]
    if items.kind != Kind.TEXT:
        return np.isin(items.array, np.array(present, dtype=np.int64))
    wanted = frozenset(present)
    if items.dictionary is not None:
        strings = items.dictionary.tolist()
        if not strings:
            return np.zeros(items.count, dtype=np.bool_)
        answers = np.fromiter((item in wanted for item in strings), np.bool_, len(strings))
        return answers[items.array]  # type: ignore[no-any-return]
    return np.fromiter((item in wanted for item in items.to_list()), np.bool_, items.count)
