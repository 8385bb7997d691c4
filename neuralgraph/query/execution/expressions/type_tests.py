"""``x IS :: INTEGER NOT NULL``: is a value of a type?

A type as the grammar normalises it: capitals, single spaces, alternatives joined by ``|``, ``NOT NULL`` at
the end. Null is of every type that does not say ``NOT NULL``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.values import (
    Date,
    DateTime,
    Duration,
    EdgeRef,
    LocalDateTime,
    LocalTime,
    NodeRef,
    PathRef,
    Point,
    Time,
)

if TYPE_CHECKING:
    from collections.abc import Callable


_STORABLE: Final = (
    bool, int, float, str, Date, Time, LocalTime, DateTime, LocalDateTime, Duration, Point,
)  # fmt: skip
_CLASSES: Final[dict[str, tuple[type, ...]]] = {
    "BOOLEAN": (bool,),
    "BOOL": (bool,),
    "INTEGER": (int,),
    "INT": (int,),
    "SIGNED INTEGER": (int,),
    "FLOAT": (float,),
    "NUMBER": (int, float),
    "STRING": (str,),
    "VARCHAR": (str,),
    "DATE": (Date,),
    "LOCAL TIME": (LocalTime,),
    "TIME WITHOUT TIME ZONE": (LocalTime,),
    "LOCALTIME": (LocalTime,),
    "ZONED TIME": (Time,),
    "TIME": (Time,),
    "TIME WITH TIME ZONE": (Time,),
    "LOCAL DATETIME": (LocalDateTime,),
    "LOCALDATETIME": (LocalDateTime,),
    "TIMESTAMP WITHOUT TIME ZONE": (LocalDateTime,),
    "ZONED DATETIME": (DateTime,),
    "DATETIME": (DateTime,),
    "TIMESTAMP WITH TIME ZONE": (DateTime,),
    "DURATION": (Duration,),
    "POINT": (Point,),
    "NODE": (NodeRef,),
    "VERTEX": (NodeRef,),
    "ANY NODE": (NodeRef,),
    "RELATIONSHIP": (EdgeRef,),
    "EDGE": (EdgeRef,),
    "ANY RELATIONSHIP": (EdgeRef,),
    "PATH": (PathRef,),
    "MAP": (dict,),
    "ANY MAP": (dict,),
    "PROPERTY VALUE": (*_STORABLE, list),
    "ANY PROPERTY VALUE": (*_STORABLE, list),
    "NOTHING": (),
    "NULL": (),
}
_NOT_NULL: Final = " NOT NULL"


def type_test(type_name: str) -> Callable[[Any], bool]:
    """A function that tells whether a value is of the type.

    Raises:
        QuerySyntaxError: there is no such type.
    """
    alternatives = [_single(part.strip()) for part in _split(type_name.strip().upper())]
    if len(alternatives) == 1:
        return alternatives[0]
    return lambda value: any(holds(value) for holds in alternatives)


def _split(type_name: str) -> list[str]:
    """The alternatives: cut at each bar that stands outside angle brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(type_name):
        if character == "<":
            depth += 1
        elif character == ">":
            depth -= 1
        elif character == "|" and depth == 0:
            parts.append(type_name[start:place])
            start = place + 1
    return [*parts, type_name[start:]]


def _single(name: str) -> Callable[[Any], bool]:
    nullable = not name.endswith(_NOT_NULL) and not name.endswith("!")
    plain = name.removesuffix(_NOT_NULL).removesuffix("!").strip()
    if plain.startswith("ANY<") and plain.endswith(">"):
        return type_test(plain[4:-1])
    if plain in ("ANY", "ANY VALUE"):
        return lambda value: nullable or value is not None
    if plain.startswith(("LIST<", "ARRAY<")):
        return _list_test(type_test(plain[plain.index("<") + 1 : -1]), nullable=nullable)
    if plain == "LIST":
        return _list_test(lambda _: True, nullable=nullable)
    classes = _CLASSES.get(plain)
    if classes is None:
        raise QuerySyntaxError(f"there is no type {name}", detail="UnknownType")

    def holds(value: Any) -> bool:
        if value is None:
            return nullable
        # bool is a subclass of int in Python, and of nothing here.
        return type(value) in classes

    return holds


def _list_test(element: Callable[[Any], bool], *, nullable: bool) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        if value is None:
            return nullable
        return isinstance(value, list) and all(map(element, value))

    return holds
