"""One value as JSON and back, exactly: for what JSON has no word, an object with one key that begins with $.

    {"$float": "NaN"}   {"$bytes": "AAEC"}   {"$vector": [1.5, -2.0]}
    {"$point": {"srid": 4326, "x": 1.5, "y": 2.0}}
    {"$date": "2015-07-21"}   $localtime   $time   $localdatetime   $datetime   $duration
    {"$map": {"$key": 1}}     a map that has itself a key that begins with $

A temporal value is its text where that says all there is, else its fields by name.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import NeuralGraphError
from neuralgraph.values.instant_text import (
    parse_date,
    parse_datetime,
    parse_duration,
    parse_local_datetime,
    parse_local_time,
    parse_time,
)
from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from neuralgraph.values.points import DIMENSIONS, Point

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_TEMPORAL: Final[dict[type, tuple[str, Callable[[str], Any]]]] = {
    Date: ("$date", parse_date),
    LocalTime: ("$localtime", parse_local_time),
    Time: ("$time", parse_time),
    LocalDateTime: ("$localdatetime", parse_local_datetime),
    DateTime: ("$datetime", parse_datetime),
    Duration: ("$duration", parse_duration),
}
_CLASSES: Final[dict[str, Any]] = {tag: cls for cls, (tag, _) in _TEMPORAL.items()}
_PLAIN: Final = frozenset({str, int, bool, type(None)})
_AXES: Final = ("x", "y", "z")
_NOT_FINITE: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def to_json(value: Any) -> Any:
    """The value as something that `json` writes exactly."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if value - value == 0.0 else {"$float": _float_name(value)}
    if kind is list:
        return [item if type(item) in _PLAIN else to_json(item) for item in value]
    if kind is dict:
        written = {key: to_json(item) for key, item in value.items()}
        return {"$map": written} if any(key.startswith("$") for key in written) else written
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if kind is Point:
        axes = zip(_AXES, map(to_json, value.coordinates), strict=False)
        return {"$point": {"srid": value.srid, **dict(axes)}}
    if kind in _TEMPORAL:
        return _temporal(value, *_TEMPORAL[kind])
    assert isinstance(value, np.ndarray), f"{kind.__name__} is no value that is stored"
    return {"$vector": [to_json(item) for item in value.astype(np.float64).tolist()]}


def from_json(value: Any) -> Any:
    """The inverse of `to_json`.

    Raises:
        ValueError: it is none of these; NeuralGraphError: a temporal value that does not exist.
    """
    kind = type(value)
    if kind is list:
        return [item if type(item) in _PLAIN else from_json(item) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag.startswith("$"):
            return _tagged(tag, inner)
    return {key: from_json(item) for key, item in value.items()}


def text_is_exact(value: Any) -> bool:
    """Does the text of a temporal value say all there is?"""
    _, parse = _TEMPORAL[type(value)]
    try:
        return bool(parse(str(value)) == value)
    except NeuralGraphError:
        return False


def _temporal(value: Any, tag: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    text = str(value)
    try:
        if parse(text) == value:
            return {tag: text}
    except NeuralGraphError:
        pass  # a time that exists no more, in a zone whose clocks were set anew: its fields say it
    return {tag: {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}}


def _tagged(tag: str, inner: Any) -> Any:
    if tag == "$map":
        return {key: from_json(item) for key, item in _expected(dict, inner).items()}
    if tag == "$float":
        if inner not in _NOT_FINITE:
            raise ValueError(f"{inner!r} is no $float")
        return _NOT_FINITE[inner]
    if tag == "$bytes":
        try:
            return base64.b64decode(_expected(str, inner), validate=True)
        except binascii.Error as error:
            raise ValueError(f"$bytes: {error}") from error
    if tag == "$vector":
        return _vector([from_json(item) for item in _expected(list, inner)])
    if tag == "$point":
        return _point(_expected(dict, inner))
    if tag in _CLASSES:
        if isinstance(inner, dict):
            try:
                return _CLASSES[tag](**inner)
            except TypeError as error:
                raise ValueError(f"{tag}: {error}") from error
        return _TEMPORAL[_CLASSES[tag]][1](_expected(str, inner))
    raise ValueError(f"there is no value tagged {tag}")


def _expected(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"expected a {kind.__name__}, not {value!r}")
    return value


def _vector(numbers: list[Any]) -> NDArray[np.float32]:
    if not all(isinstance(number, (int, float)) for number in numbers):
        raise ValueError("a vector holds numbers only")
    return np.array(numbers, dtype=np.float32)


def _point(fields: dict[str, Any]) -> Point:
    srid = fields.get("srid")
    if srid not in DIMENSIONS:
        raise ValueError(f"there is no coordinate system {srid!r}")
    axes = _AXES[: DIMENSIONS[srid]]
    if set(fields) != {"srid", *axes}:
        raise ValueError(f"a point of system {srid} has srid, {', '.join(axes)}")
    numbers = [from_json(fields[axis]) for axis in axes]
    if not all(isinstance(number, (int, float)) for number in numbers):
        raise ValueError("the coordinates of a point are numbers")
    return Point(srid, tuple(map(float, numbers)))


def _float_name(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
