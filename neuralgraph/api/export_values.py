"""Values on their way to another library: the narrowest column, and values that every library knows.

Nothing is lost on the way: where a library's own inference would drop a key, cut a number or turn text
into bytes, the column goes over as JSON text instead.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.values import Column, Kind, Node, Path, Relationship
from neuralgraph.values.instants import Date, DateTime, LocalDateTime, LocalTime

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN: Final = frozenset({bool, int, float, str})
_NATIVE: Final = (Date, LocalTime, LocalDateTime, DateTime)

_EXACT_MAX: Final = 2**53
"""Integers up to here are the same as floats."""

_SPECIAL_NAMES: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}


def narrowed(column: Column) -> Column:
    """The narrowest kind that holds the column's values: ANY may turn out to be typed.

    Integers among floats become floats where that changes none of them; vectors of one dimension
    become a VECTOR column.
    """
    if column.kind != Kind.ANY:
        return column
    items = column.to_list()
    types = types_of(items)
    if len(types) == 1 and types <= _PLAIN:
        return Column.of_values(items)
    if types == {int, float}:
        if all(type(item) is not int or abs(item) <= _EXACT_MAX for item in items):
            return Column.of_list(
                Kind.FLOAT, [None if item is None else float(item) for item in items]
            )
    elif types == {np.ndarray}:
        shapes = {item.shape for item in items if item is not None}
        if len(shapes) == 1 and all(shapes.pop()):
            return Column.of_list(Kind.VECTOR, items)
    return column


def types_of(values: Sequence[Any]) -> set[type]:
    """The classes of the values that are not null."""
    types = set(map(type, values))
    types.discard(type(None))
    return types


def native(value: Any) -> Any:
    """As `portable`, but dates and times become Python's own.

    Text where Python's have no such year, or would cut nanoseconds off.
    """
    if isinstance(value, _NATIVE):
        if not isinstance(value, Date) and value.nanos % 1_000:
            return str(value)
        try:
            return value.to_native()
        except (ValueError, OverflowError):
            return str(value)
    return portable(value)


def portable(value: Any) -> Any:
    """`value` as JSON could hold it: entities as dicts, temporal values and points as text."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case Node():
            return {
                "id": value.id,
                "labels": sorted(value.labels),
                "properties": portable(dict(value.properties)),
            }
        case Relationship():
            return {
                "id": value.id,
                "type": value.type,
                "start": value.start_node_id,
                "end": value.end_node_id,
                "properties": portable(dict(value.properties)),
            }
        case Path():
            return {
                "nodes": [portable(node) for node in value.nodes],
                "relationships": [portable(part) for part in value.relationships],
            }
        case list() | tuple():
            return [portable(item) for item in value]
        case dict():
            return {key: portable(item) for key, item in value.items()}
        case np.ndarray():
            return value.tolist()
        case _:
            return str(value)


def texts(values: Sequence[Any]) -> list[str | None]:
    """Values of several types as text: strings as they are, the rest as JSON."""
    return [
        value if value is None or isinstance(value, str) else json_text(value)
        for value in map(portable, values)
    ]


def json_text(value: Any) -> str:
    """A value as JSON: bytes in base64; NaN and infinities, which JSON does not know, as text."""
    return json.dumps(_without_specials(portable(value)), ensure_ascii=False)


def _without_specials(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else _SPECIAL_NAMES.get(value, "NaN")
        case bytes():
            return base64.b64encode(value).decode()
        case list():
            return [_without_specials(item) for item in value]
        case dict():
            return {key: _without_specials(item) for key, item in value.items()}
        case _:
            return value


def unified(values: Sequence[Any]) -> list[Any]:
    """Portable values whose maps have the same keys wherever they stand in the same place.

    A library that takes the fields of a struct from the first row then finds all of them there.
    """
    types = types_of(values)
    if types == {dict}:
        keys = list(dict.fromkeys(key for value in values if value is not None for key in value))
        columns = {
            key: unified([None if value is None else value.get(key) for value in values])
            for key in keys
        }
        return [
            None if value is None else {key: columns[key][row] for key in keys}
            for row, value in enumerate(values)
        ]
    if types == {list}:
        flat = iter(unified([item for value in values if value is not None for item in value]))
        return [None if value is None else [next(flat) for _ in value] for value in values]
    return list(values)


def same(left: Any, right: Any) -> bool:
    """Do both say the same? An absent key is a null, 1 is 1.0, NaN is NaN; True is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(same(left.get(key), right.get(key)) for key in left.keys() | right.keys())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right or (left != left and right != right))  # noqa: PLR0124 - NaN
