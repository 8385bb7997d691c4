"""Which type a value has, which values can be stored, and Python's own values as ours.

ours                                     Python's, accepted as parameters
None, bool, int (64 bits), float, str    the same; numpy scalars; UUID (as str); str and int enums
list, dict (str keys)                    tuple, range, numpy arrays; any mapping with str keys
bytes                                    bytearray, memoryview
vector: 1-d float32 array                the same (read-only from then on)
Date, LocalTime, Time, LocalDateTime,    datetime.date, time, datetime (naive: local), timedelta,
  DateTime, Duration                     numpy datetime64 and timedelta64, pandas Timestamp
Point
NodeRef, EdgeRef, PathRef                Node, Relationship, Path
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.stopping import SHORT_MAX, watched
from neuralgraph.values.entities import EdgeRef, Node, NodeRef, Path, PathRef, Relationship
from neuralgraph.values.instants import (
    INT64_MAX,
    INT64_MIN,
    TEMPORAL_TYPES,
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
)
from neuralgraph.values.nesting import require_comparable
from neuralgraph.values.points import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NESTING_MAX: Final = 100

_NAMES: Final[dict[type, str]] = {
    type(None): "NULL",
    bool: "BOOLEAN",
    int: "INTEGER",
    float: "FLOAT",
    str: "STRING",
    list: "LIST",
    dict: "MAP",
    bytes: "BYTES",
    np.ndarray: "VECTOR",
    NodeRef: "NODE",
    EdgeRef: "RELATIONSHIP",
    PathRef: "PATH",
    Node: "NODE",
    Relationship: "RELATIONSHIP",
    Path: "PATH",
    Point: "POINT",
    Date: "DATE",
    LocalTime: "LOCAL TIME",
    Time: "ZONED TIME",
    LocalDateTime: "LOCAL DATETIME",
    DateTime: "ZONED DATETIME",
    Duration: "DURATION",
}


def type_name(value: Any) -> str:
    """The openCypher name of the value's type, such as ``INTEGER`` or ``ZONED DATETIME``."""
    name = _NAMES.get(type(value))
    if name is not None:
        return name
    for base in type(value).__mro__[1:]:
        if base in _NAMES:
            return _NAMES[base]
    return type(value).__name__


# ── storing ───────────────────────────────────────────────────────────────────────────────────

_ATOMS: Final = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        str,
        bytes,
        Point,
        Date,
        LocalTime,
        Time,
        LocalDateTime,
        DateTime,
        Duration,
    }
)


def storable(value: Any) -> Any:
    """The value as it is stored in a property.

    Lists and maps are copied, so that a later change of the caller's does not reach the graph.

    Raises:
        QueryTypeError: detail ``InvalidPropertyType``: nodes, relationships, paths, lists with maps in
            them and classes of other libraries cannot be stored.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is list:
        require_comparable(value)
        return _storable_list(value)
    if kind is dict:
        require_comparable(value)
        return {
            key: item if type(item) in _ATOMS else storable(item) for key, item in value.items()
        }
    if kind is np.ndarray and value.dtype == np.float32 and value.ndim == 1:
        return _frozen_vector(value)
    raise _not_storable(value)


def _storable_list(items: list[Any]) -> list[Any]:
    stored = []
    for item in items if len(items) <= SHORT_MAX else watched(items):
        if type(item) not in _ATOMS:
            if type(item) is not list:
                raise _not_storable(item, " in a list")
            item = _storable_list(item)  # noqa: PLW2901
        stored.append(item)
    return stored


def _not_storable(value: Any, where: str = "") -> QueryTypeError:
    return QueryTypeError(
        f"a value of type {type_name(value)}{where} cannot be stored in a property",
        detail="InvalidPropertyType",
    )


def _frozen_vector(vector: Any) -> Any:
    if vector.flags.writeable:
        vector = vector.copy()
        vector.flags.writeable = False
    return vector


# ── from Python ───────────────────────────────────────────────────────────────────────────────

_IMMEDIATE: Final = frozenset(
    {type(None), bool, float, str, bytes, Point, NodeRef, EdgeRef, PathRef, *TEMPORAL_TYPES}
)
_SEQUENCES: Final = (list, tuple, range)
_REMEDIES: Final = {
    "decimal.Decimal": "; give a float, or a string where every digit counts",
    "builtins.set": "; give a list",
    "builtins.frozenset": "; give a list",
    "builtins.complex": "; give its parts",
}
"""What to give instead, by class."""


def from_python(value: Any) -> Any:
    """A parameter as an engine value.

    Raises:
        QueryTypeError: detail ``InvalidArgumentType``: of a class that has no counterpart.
        QueryArgumentError: detail ``IntegerOverflow``: an integer beyond 64 bits.
    """
    kind = type(value)
    if kind in _IMMEDIATE:
        return value
    if kind is int:
        if INT64_MIN <= value <= INT64_MAX:
            return value
        raise _beyond_64_bits(value)
    return _convert(value, 0)


def _convert(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in _IMMEDIATE:
        return value
    if kind is int:
        if INT64_MIN <= value <= INT64_MAX:
            return value
        raise _beyond_64_bits(value)
    if depth > _NESTING_MAX:
        raise QueryArgumentError(
            f"the value is nested more than {_NESTING_MAX} deep", detail="InvalidArgumentValue"
        )
    if kind is dict or (kind is not list and isinstance(value, Mapping)):
        return _convert_map(value, depth)
    if kind is list or isinstance(value, _SEQUENCES):
        return _convert_items(value, depth)
    for python_type, converter in _CONVERTERS:
        if isinstance(value, python_type):
            return converter(value)
    if isinstance(value, np.ndarray):
        if value.dtype == np.float32 and value.ndim == 1:
            return _frozen_vector(value)
        return _convert(value.tolist() if value.dtype.kind in "biufOUS" else list(value), depth + 1)
    remedy = _REMEDIES.get(f"{kind.__module__}.{kind.__qualname__}", "")
    raise QueryTypeError(
        f"a value of class {kind.__module__}.{kind.__qualname__} has no counterpart in a query{remedy}",
        detail="InvalidArgumentType",
    )


def _convert_items(items: Sequence[Any], depth: int) -> list[Any]:
    """The elements of a list; one look at their types settles long lists of plain values."""
    types = set(map(type, items))
    if types <= _IMMEDIATE:
        return list(items)
    if types == {int} and min(items) >= INT64_MIN and max(items) <= INT64_MAX:
        return list(items)
    return [_convert(item, depth + 1) for item in items]


def _convert_map(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    # Rows of parameters are many and plain: no call for what stays as it is.
    for key, item in value.items():
        kind = type(item)
        if type(key) is not str or not (
            kind in _IMMEDIATE or (kind is int and INT64_MIN <= item <= INT64_MAX)
        ):
            break
    else:
        return dict(value)
    converted = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise QueryTypeError(
                f"the keys of a map are strings, not {type(key).__name__}",
                detail="InvalidArgumentType",
            )
        converted[str.__str__(key)] = _convert(item, depth + 1)
    return converted


def _beyond_64_bits(value: int) -> QueryArgumentError:
    shown = str(value) if abs(value) < 10**40 else "an integer"
    return QueryArgumentError(f"{shown} does not fit in 64 bits", detail="IntegerOverflow")


def _integer(value: Any, plain: Callable[[Any], int] = int) -> int:
    number = plain(value)
    if INT64_MIN <= number <= INT64_MAX:
        return number
    raise _beyond_64_bits(number)


def _offset_and_zone(value: Any) -> tuple[int, str | None]:
    offset = value.utcoffset()
    key = getattr(value.tzinfo, "key", None)
    return int(offset.total_seconds()), None if key in (None, "UTC") else str(key)


def _from_datetime(value: dt.datetime) -> Any:
    if value != value:  # noqa: PLR0124 (pandas' NaT)
        return None
    seconds = value.hour * 3_600 + value.minute * 60 + value.second
    nanos = (seconds * 1_000_000 + value.microsecond) * 1_000 + int(getattr(value, "nanosecond", 0))
    days = value.toordinal() - _EPOCH_ORDINAL
    if value.tzinfo is None or value.utcoffset() is None:
        return LocalDateTime(days, nanos)
    return DateTime(days, nanos, *_offset_and_zone(value))


def _from_time(value: dt.time) -> Any:
    seconds = value.hour * 3_600 + value.minute * 60 + value.second
    nanos = (seconds * 1_000_000 + value.microsecond) * 1_000
    offset = value.utcoffset()
    return LocalTime(nanos) if offset is None else Time(nanos, int(offset.total_seconds()))


def _from_timedelta(value: dt.timedelta) -> Any:
    if value != value:  # noqa: PLR0124 (pandas' NaT)
        return None
    nanos = value.microseconds * 1_000 + int(getattr(value, "nanoseconds", 0))
    return Duration(0, value.days, value.seconds, nanos)


def _from_datetime64(value: np.datetime64) -> Any:
    if np.isnat(value):
        return None
    day = value.astype("datetime64[D]")
    days = int(day.astype(np.int64))
    if np.datetime_data(value.dtype)[0] in ("D", "W", "M", "Y"):
        return Date(days)
    return LocalDateTime(days, int((value - day).astype("timedelta64[ns]").astype(np.int64)))


def _from_timedelta64(value: np.timedelta64) -> Any:
    if np.isnat(value):
        return None
    unit = np.datetime_data(value.dtype)[0]
    if unit in ("Y", "M"):
        return Duration(months=int(value.astype("timedelta64[M]").astype(np.int64)))
    seconds, nanos = divmod(int(value.astype("timedelta64[ns]").astype(np.int64)), 1_000_000_000)
    days, seconds = divmod(seconds, 86_400)
    return Duration(0, days, seconds, nanos)


_EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()
# In order: bool is an int, datetime is a date, numpy's float64 is a float. A subclass may print or convert
# itself as it likes (an enum gives its member's name): what counts is the value that it holds.
_CONVERTERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...]] = (
    (np.bool_, bool),
    (int, lambda value: _integer(value, int.__int__)),
    (np.timedelta64, _from_timedelta64),
    (np.integer, _integer),
    (float, float.__float__),
    (np.floating, float),
    (str, str.__str__),
    (dt.datetime, _from_datetime),
    (dt.date, lambda value: Date(value.toordinal() - _EPOCH_ORDINAL)),
    (dt.time, _from_time),
    (dt.timedelta, _from_timedelta),
    (np.datetime64, _from_datetime64),
    (uuid.UUID, str),
    ((bytes, bytearray, memoryview), lambda value: bytes(memoryview(value))),
    (Node, lambda value: NodeRef(value.id)),
    (Relationship, lambda value: EdgeRef(value.id)),
    (
        Path,
        lambda value: PathRef(
            tuple(node.id for node in value.nodes), tuple(edge.id for edge in value.relationships)
        ),
    ),
)
