"""Equality and order of openCypher values.

Four relations, which differ in how they take null, NaN and values of different types:

    equals(a, b)        ``=``            null unknown; NaN is not NaN; 1 = 1.0; different types: false
    compare(a, b)       ``<`` and kin    null, and different types, unknown
    equality_key(v)     DISTINCT, keys   null is null, NaN is NaN, 1 is 1.0, true is not 1
    order_key(v)        ORDER BY, min    a total order of everything

The total order, ascending: map, node, relationship, list, path, point, date-time, local date-time,
date, time, local time, duration, bytes, vector, string, boolean, number, NaN, null. Lists compare element by
element, the shorter first; maps by size, then keys, then values.

These run once a value, so they go by a dictionary on ``type(value)``.
"""

from __future__ import annotations

import math
from itertools import repeat
from operator import ne
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.stopping import SHORT_MAX, watched
from neuralgraph.values.columns import Column, Kind
from neuralgraph.values.entities import EdgeRef, Node, NodeRef, PathRef, Relationship
from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from neuralgraph.values.nesting import require_comparable
from neuralgraph.values.points import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from neuralgraph.values.arrays import AnyArray, Int64Array, RowArray

UNORDERED: Final = 2
"""What `ordered` says of NaN: comparable in type, yet neither less, equal nor greater."""

_NULL_RANK: Final = 100
_NAN_RANK: Final = 99
_NUMBER_RANK: Final = 98
_BOOLEAN_RANK: Final = 97
_STRING_RANK: Final = 96
_LIST_RANK: Final = 3
_MAP_RANK: Final = 0

_NULL_KEY: Final = (_NULL_RANK,)
_NAN_KEY: Final = (_NAN_RANK,)

# Types of one group compare with each other; the numbers group holds int and float.
_GROUPS: Final[dict[type, int]] = {
    dict: _MAP_RANK,
    NodeRef: 1,
    Node: 1,
    EdgeRef: 2,
    Relationship: 2,
    list: _LIST_RANK,
    PathRef: 4,
    Point: 5,
    DateTime: 6,
    LocalDateTime: 7,
    Date: 8,
    Time: 9,
    LocalTime: 10,
    Duration: 11,
    bytes: 12,
    np.ndarray: 13,
    str: _STRING_RANK,
    bool: _BOOLEAN_RANK,
    int: _NUMBER_RANK,
    float: _NUMBER_RANK,
}
_SIMPLE: Final = frozenset({str, int, float, bool})
_EXACT: Final = frozenset({str, int, float})
"""Lists of these are equal as Python has it but for NaN: no null, no true that is 1."""
_CONTAINERS: Final = frozenset({list, tuple, dict})
_IDENTITY_KEYS: Final = frozenset(
    {
        str,
        int,
        NodeRef,
        Node,
        EdgeRef,
        Relationship,
        PathRef,
        Point,
        DateTime,
        LocalDateTime,
        Date,
        Time,
        LocalTime,
        Duration,
        bytes,
    }
)


def _group(value: Any) -> int:
    found = _GROUPS.get(type(value))
    if found is None:
        # A subclass, such as an IntEnum or a dict of the user's; rare.
        for base in type(value).__mro__[1:]:
            if base in _GROUPS:
                return _GROUPS[base]
        raise TypeError(f"{type(value).__name__} is not a value of the graph")
    return found


# ── three-valued equality ─────────────────────────────────────────────────────────────────────


def equals(left: Any, right: Any) -> bool | None:
    """OpenCypher's ``=``: None when null takes part in a way that matters."""
    if left is None or right is None:
        return None
    kind, other = type(left), type(right)
    if kind is other:
        if kind in _SIMPLE:
            return bool(left == right)
        if kind is list or kind is dict:
            if (
                kind is list
                and _EXACT.issuperset(map(type, left))
                and _EXACT.issuperset(map(type, right))
            ):
                # Python takes a NaN for equal to itself.
                return left == right and not any(map(ne, left, left))
            # Both are walked side by side: what bounds one bounds the other.
            require_comparable(left)
            return _equal_nested(left, right)
        if kind is np.ndarray:
            return bool(np.array_equal(left, right))
        return bool(left == right)
    group = _group(left)
    if group != _group(right):
        return False
    if group == _LIST_RANK:
        return _equal_lists(left, right)
    if group == _MAP_RANK:
        return _equal_maps(left, right)
    return bool(left == right)


def _equal_nested(left: Any, right: Any) -> bool | None:
    """`equals` of what stands in a list or a map, or of two lists, or two maps."""
    kind = type(left)
    if kind is type(right):
        if kind in _SIMPLE:
            return bool(left == right)
        if kind is list:
            return _equal_lists(left, right)
        if kind is dict:
            return _equal_maps(left, right)
    return equals(left, right)


def _equal_lists(left: Sequence[Any], right: Sequence[Any]) -> bool | None:
    if len(left) != len(right):
        return False
    result: bool | None = True
    for one, other in _watched_pairs(left, right):
        equal = _equal_nested(one, other)
        if equal is False:
            return False
        if equal is None:
            result = None
    return result


def _watched_pairs(left: Sequence[Any], right: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    """What stands side by side, as far as both go."""
    pairs = zip(left, right, strict=False)
    return pairs if len(left) <= SHORT_MAX else watched(pairs)


def _equal_maps(left: dict[str, Any], right: dict[str, Any]) -> bool | None:
    if left.keys() != right.keys():
        return False
    result: bool | None = True
    for key, one in left.items():
        equal = _equal_nested(one, right[key])
        if equal is False:
            return False
        if equal is None:
            result = None
    return result


# ── three-valued order ────────────────────────────────────────────────────────────────────────


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`; None when unknown.

    NaN compares with nothing, so it gives None here; `ordered` tells it from null.
    """
    result = ordered(left, right)
    return None if result == UNORDERED else result


def ordered(left: Any, right: Any) -> Literal[-1, 0, 1, 2] | None:
    """`compare`, with `UNORDERED` (2) where a NaN makes every comparison false.

    Maps, nodes, relationships, paths and points have no order of their own: None.
    """
    if left is None or right is None:
        return None
    kind = type(left)
    if kind is not type(right) and _group(left) != _group(right):
        return None
    if kind in _SIMPLE:
        if left < right:
            return -1
        if left > right:
            return 1
        return 0 if left == right else UNORDERED
    group = _group(left)
    if group == _LIST_RANK:
        require_comparable(left)
        return _ordered_lists(left, right)
    if group in (_MAP_RANK, 1, 2, 4, 5, 13):
        return None
    if group == 11 and left != right:
        return None  # which of two durations is longer depends on where they begin
    one, other = (left, right) if group in (12, 96, 97, 98) else (left.sort_key, right.sort_key)
    return -1 if one < other else int(one > other)  # type: ignore[return-value]


def _ordered_lists(left: Sequence[Any], right: Sequence[Any]) -> Literal[-1, 0, 1, 2] | None:
    for one, other in _watched_pairs(left, right):
        if one is None and other is None:
            return None
        is_nested = type(one) is list and type(other) is list
        result = _ordered_lists(one, other) if is_nested else ordered(one, other)
        if result != 0:
            return result
    if len(left) == len(right):
        return 0
    return -1 if len(left) < len(right) else 1


# ── equivalence ───────────────────────────────────────────────────────────────────────────────


def equality_key(value: Any) -> Hashable:
    """A hashable that is equal for equivalent values and for no others.

    Strings, integers, temporal values, entities and null are their own keys.
    """
    kind = type(value)
    if kind in _IDENTITY_KEYS or value is None:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return value if value == value else _NAN_KEY  # noqa: PLR0124
    if kind is bool:
        return (_BOOLEAN_RANK, value)
    if kind is list or kind is tuple:
        return _list_key(value)
    if kind is dict:
        require_comparable(value)
        return _nested_key(value)
    if kind is np.ndarray:
        return (13, value.dtype.str, value.tobytes())
    return _key_of_subclass(value, equality_key)  # type: ignore[no-any-return]


def _list_key(value: Sequence[Any]) -> Hashable:
    if _IDENTITY_KEYS.issuperset(map(type, value)):
        return (_LIST_RANK, *value)
    if _CONTAINERS.isdisjoint(map(type, value)):
        return (_LIST_RANK, *map(equality_key, _watched(value)))
    if len(value) <= SHORT_MAX:
        # Most are short lists in a short list, which cannot share much: seen to be that on the way.
        keys: list[Hashable] = []
        for item in value:
            kind = type(item)
            if kind not in _CONTAINERS:
                keys.append(equality_key(item))
            elif (
                kind is list
                and len(item) <= SHORT_MAX
                and _IDENTITY_KEYS.issuperset(map(type, item))
            ):
                keys.append((_LIST_RANK, *item))
            else:
                break
        else:
            return (_LIST_RANK, *keys)
    require_comparable(value)
    return _nested_key(value)


def _nested_key(value: Any) -> Hashable:
    """`equality_key` of what stands in a list or map, or of one."""
    kind = type(value)
    if kind is list or kind is tuple:
        if _IDENTITY_KEYS.issuperset(map(type, value)):
            return (_LIST_RANK, *value)
        return (_LIST_RANK, *map(_nested_key, _watched(value)))
    if kind is dict:
        return (_MAP_RANK, frozenset((key, _nested_key(item)) for key, item in value.items()))
    return equality_key(value)


def _watched(items: Sequence[Any]) -> Iterable[Any]:
    return items if len(items) <= SHORT_MAX else watched(items)


def equality_keys(values: Sequence[Any]) -> Sequence[Hashable]:
    """`equality_key` of each."""
    if _IDENTITY_KEYS.issuperset(map(type, values)):
        return values
    return [equality_key(value) for value in _watched(values)]


def _key_of_subclass(value: Any, key: Callable[[Any], Any]) -> Any:
    """The key of a value whose class derives from one of ours."""
    group = _group(value)
    plain: dict[int, Callable[[Any], Any]] = {
        _MAP_RANK: dict,
        _LIST_RANK: list,
        _STRING_RANK: str,
        12: bytes,
    }
    if group == _NUMBER_RANK:
        return key(int(value) if isinstance(value, int) else float(value))
    if group in plain:
        return key(plain[group](value))
    raise TypeError(f"{type(value).__name__} is not a value of the graph")


# ── the total order ───────────────────────────────────────────────────────────────────────────


def order_key(value: Any) -> Any:
    """A key whose Python order is the total order; equal for values that it does not tell apart."""
    kind = type(value)
    if kind is str:
        return (_STRING_RANK, value)
    if kind is int:
        return (_NUMBER_RANK, value)
    if value is None:
        return _NULL_KEY
    if kind is list or kind is dict or kind is tuple:
        if kind is not dict and _CONTAINERS.isdisjoint(map(type, value)):
            return (_LIST_RANK, tuple(map(order_key, _watched(value))))
        require_comparable(value)
        return _nested_order_key(value)
    maker = _ORDER_KEYS.get(kind)
    return _key_of_subclass(value, order_key) if maker is None else maker(value)


def _nested_order_key(value: Any) -> Any:
    """`order_key` of what stands in a list or map, or of one."""
    kind = type(value)
    if kind is list or kind is tuple:
        return (_LIST_RANK, tuple(map(_nested_order_key, _watched(value))))
    if kind is dict:
        keys = sorted(value)
        return (
            _MAP_RANK,
            len(keys),
            tuple(keys),
            tuple(_nested_order_key(value[key]) for key in keys),
        )
    return order_key(value)


def order_keys(values: Sequence[Any]) -> Sequence[Any]:
    """`order_key` of each."""
    types = set(map(type, values))
    if types == {int}:
        return list(zip(repeat(_NUMBER_RANK), values))
    if types == {str}:
        return list(zip(repeat(_STRING_RANK), values))
    return [order_key(value) for value in _watched(values)]


def _float_key(value: float) -> Any:
    return _NAN_KEY if math.isnan(value) else (_NUMBER_RANK, value)


def _path_key(value: PathRef) -> Any:
    steps = [value.nodes[0]]
    for edge, node in zip(value.edges, value.nodes[1:], strict=True):
        steps += (edge, node)
    return (4, tuple(steps))


def _by_sort_key(kind: type) -> Callable[[Any], Any]:
    group = _GROUPS[kind]
    return lambda value: (group, value.sort_key)


_ORDER_KEYS: Final[dict[type, Callable[[Any], Any]]] = {
    str: lambda value: (_STRING_RANK, value),
    int: lambda value: (_NUMBER_RANK, value),
    float: _float_key,
    bool: lambda value: (_BOOLEAN_RANK, value),
    NodeRef: lambda value: (1, value.id),
    Node: lambda value: (1, value.id),
    EdgeRef: lambda value: (2, value.id),
    Relationship: lambda value: (2, value.id),
    PathRef: _path_key,
    bytes: lambda value: (12, value),
    np.ndarray: lambda value: (13, tuple(value.tolist())),
    **{
        kind: _by_sort_key(kind)
        for kind in (Point, DateTime, LocalDateTime, Date, Time, LocalTime, Duration)
    },
}


# ── sorting rows ──────────────────────────────────────────────────────────────────────────────

_PYTHON_ROWS_MAX: Final = 64
_PACKED_MAX: Final = 2**62
_RADIX_MAX: Final = 2**16


def sort_rows(columns: Sequence[Column], descending: Sequence[bool]) -> RowArray:
    """The rows in order of the columns, the first one most significant; stable.

    Args:
        columns: at least one, all of the same length.
        descending: a flag a column; descending turns the total order round, so null comes first.

    Returns:
        Rows in their new order; shape (rows,).
    """
    count = columns[0].count
    if count <= _PYTHON_ROWS_MAX:
        rows = list(range(count))
        for column, is_descending in zip(reversed(columns), reversed(descending), strict=True):
            keys = order_keys(column.to_values())
            rows.sort(key=keys.__getitem__, reverse=is_descending)
        return np.array(rows, dtype=np.int64)
    # lexsort takes the least significant key first.
    keys_up: list[AnyArray] = []
    for column, is_descending in zip(reversed(columns), reversed(descending), strict=True):
        keys_up.extend(_sort_keys(column, descending=is_descending))
    packed = _packed(keys_up)
    if packed is not None:
        return np.argsort(packed, kind="stable")
    return np.lexsort(keys_up)


def _packed(keys: list[AnyArray]) -> AnyArray | None:
    """One key that sorts as several integer keys do, in the narrowest type; None if there is none.

    numpy sorts 16 bits by radix, in a tenth of the time that 64 bits take.
    """
    if len(keys) == 1 and keys[0].dtype.kind == "f":
        return keys[0]
    packed: Any = None
    width = 1
    for key in keys:
        if key.dtype.kind not in "bi":
            return None
        integers: Any = key
        least, greatest = int(integers.min()), int(integers.max())
        span = greatest - least + 1
        if width * span > _PACKED_MAX:
            return key if len(keys) == 1 else None
        shifted = integers.astype(np.int64) - least
        packed = shifted if packed is None else packed + shifted * width
        width *= span
    return packed.astype(np.uint16) if width <= _RADIX_MAX else packed  # type: ignore[no-any-return]


def _sort_keys(column: Column, *, descending: bool) -> list[AnyArray]:
    """Arrays that sort as the column does, the least significant first."""
    kind = column.kind
    if kind == Kind.FLOAT:
        array: Any = column.array
        keys: list[AnyArray] = [-array if descending else array]
        special = np.isnan(array).astype(np.int8)
        if column.valid is not None:
            special[~column.valid] = 2
            keys[0] = np.where(special == 0, keys[0], 0.0)
        if special.any():
            keys.append(-special if descending else special)
        return keys
    if kind in (Kind.INTEGER, Kind.NODE, Kind.EDGE):
        codes: Any = column.array
    elif kind == Kind.BOOLEAN:
        codes = column.array.astype(np.int8)
    else:
        codes = dense_ranks(column)
        return [~codes if descending else codes]
    # Complement turns integers round without the overflow that minus has.
    keys = [~codes if descending else codes]
    valid = column.valid
    if valid is not None:
        keys[0] = np.where(valid, keys[0], 0)
        keys.append(valid if descending else ~valid)
    return keys


def dense_ranks(column: Column) -> Int64Array:
    """Small integers that order as the values do, equal for equal values; null is the greatest."""
    if column.kind == Kind.TEXT and column.dictionary is not None:
        strings = column.dictionary.tolist()
        ranks_of_codes = np.array(_ranks(strings, strings), dtype=np.int64)
        if len(strings) == 0:
            return np.zeros(column.count, dtype=np.int64)
        ranks = ranks_of_codes[column.array]
        if column.valid is not None:
            ranks[~column.valid] = len(strings)
        return ranks  # type: ignore[no-any-return]
    items = column.to_values()
    if column.kind == Kind.TEXT:
        present = [item for item in items if item is not None]
        rank_of: dict[Any, int] = dict(zip(sorted(set(present)), range(len(items)), strict=False))
        rank_of[None] = len(items)
        return np.fromiter((rank_of[item] for item in items), dtype=np.int64, count=len(items))
    keys = list(order_keys(items))
    return np.array(_ranks(keys, keys), dtype=np.int64)


def _ranks(keys: list[Any], of: list[Any]) -> list[int]:
    rank_of = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return [rank_of[key] for key in of]
