"""``coll.*``: what can be done with a list as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.functions.arguments import (
    expect_count,
    expect_integer,
    expect_list,
    out_of_range,
)
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import equals
from neuralgraph.values.nesting import DEPTH_MAX, require_walkable
from neuralgraph.values.ordering import equality_key, order_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POINTER_BYTES: Final = 8


def distinct(items: Any) -> list[Any]:
    """The different elements (null is one), in order of first occurrence."""
    found: dict[Any, Any] = {}
    for item in expect_list("coll.distinct", items):
        found.setdefault(equality_key(item), item)
    return list(found.values())


def flattened(context: CallContext, items: Any, depth: int = 1) -> list[Any]:
    """The elements, with lists among them opened up so many levels."""
    context.reserve(_POINTER_BYTES * require_walkable(items))
    return list(_opened(expect_list("coll.flatten", items), min(depth, DEPTH_MAX)))


def _opened(items: list[Any], depth: int) -> Iterator[Any]:
    for item in items:
        if depth and type(item) is list:
            yield from _opened(item, depth - 1)
        else:
            yield item


def _distinct(_context: CallContext, items: Any) -> list[Any]:
    return distinct(items)


def _flatten(context: CallContext, items: Any, depth: Any = 1) -> list[Any]:
    return flattened(context, items, expect_count("coll.flatten", depth))


def _index_of(_context: CallContext, items: Any, value: Any) -> int:
    for place, item in enumerate(expect_list("coll.indexOf", items)):
        if equals(item, value):
            return place
    return -1


def _insert(_context: CallContext, items: Any, place: Any, value: Any) -> list[Any]:
    found = expect_list("coll.insert", items)
    index = expect_integer("coll.insert", place)
    if not 0 <= index <= len(found):
        raise out_of_range(f"coll.insert(): {index} is no place in a list of {len(found)}")
    return [*found[:index], value, *found[index:]]


def _remove(_context: CallContext, items: Any, place: Any) -> list[Any]:
    found = expect_list("coll.remove", items)
    index = expect_integer("coll.remove", place)
    if not 0 <= index < len(found):
        raise out_of_range(f"coll.remove(): {index} is no place in a list of {len(found)}")
    return [*found[:index], *found[index + 1 :]]


def _sort(_context: CallContext, items: Any) -> list[Any]:
    return sorted(expect_list("coll.sort", items), key=order_key)


def _extreme(name: str, choose: Callable[..., Any]) -> Callable[[CallContext, Any], Any]:
    def extreme(_context: CallContext, items: Any) -> Any:
        known = [item for item in expect_list(name, items) if item is not None]
        return choose(known, key=order_key) if known else None

    return extreme


_L: Final = "LIST"

FUNCTIONS: Final = tuple(
    Function(
        f"coll.{name}", parameters, result, scalar, required=required, category="List",
        description=description, null_in_null_out=nulls,
    )
    for name, parameters, required, result, scalar, nulls, description in (
        ("distinct", (_L,), 1, _L, _distinct, True,
         "The different elements, in order of first occurrence."),
        ("flatten", (_L, "INTEGER"), 1, _L, _flatten, True,
         "Lists inside the list opened up: one level, or as many as are given."),
        ("indexOf", (_L, "ANY"), 2, "INTEGER", _index_of, True,
         "Where the first element equal to a value stands, from 0; -1 if there is none."),
        ("insert", (_L, "INTEGER", "ANY"), 3, _L, _insert, True, "With a value put in at a place."),
        ("max", (_L,), 1, "ANY", _extreme("coll.max", max), True,
         "The greatest element in the order of ORDER BY."),
        ("min", (_L,), 1, "ANY", _extreme("coll.min", min), True,
         "The least element in the order of ORDER BY."),
        ("remove", (_L, "INTEGER"), 2, _L, _remove, True, "Without the element at a place."),
        ("sort", (_L,), 1, _L, _sort, True, "In the order of ORDER BY."),
    )
)  # fmt: skip
