"""Record: one row of a result, a tuple that also knows its column names.

Every set of columns gets its own subclass, made once and kept, so that a record holds nothing but its
values and making 100,000 of them costs little more than `zip`.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECORD_TYPES_MAX = 4_096


class Record(tuple[Any, ...]):
    """The values of one row, by place (``record[0]``) or by column name (``record["name"]``).

    ``dict(record)`` works, as do unpacking and comparison with plain tuples. ``in`` and ``len`` are those
    of the tuple.
    """

    __slots__ = ()
    _places: ClassVar[Mapping[str, int]] = MappingProxyType({})

    @overload
    def __getitem__(self, key: SupportsIndex | str, /) -> Any: ...
    @overload
    def __getitem__(self, key: slice, /) -> tuple[Any, ...]: ...
    def __getitem__(self, key: SupportsIndex | slice | str, /) -> Any:
        if isinstance(key, str):
            return tuple.__getitem__(self, self._places[key])
        return tuple.__getitem__(self, key)

    def keys(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(self._places)

    def values(self) -> tuple[Any, ...]:
        """The values, as a plain tuple."""
        return tuple(self)

    def items(self) -> list[tuple[str, Any]]:
        """Pairs of column name and value."""
        return list(zip(self._places, self, strict=True))

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a column, or `default` where there is no such column."""
        place = self._places.get(key)
        return default if place is None else tuple.__getitem__(self, place)

    def to_dict(self) -> dict[str, Any]:
        """Column name to value."""
        return dict(zip(self._places, self, strict=True))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}" for name, value in zip(self._places, self, strict=True)
        )
        return f"<Record {shown}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (make_record, (tuple(self._places), tuple(self)))


@lru_cache(maxsize=RECORD_TYPES_MAX)
def record_type(columns: tuple[str, ...]) -> type[Record]:
    """The subclass of `Record` for these columns; made on first use."""
    places = MappingProxyType({name: place for place, name in enumerate(columns)})
    return type(
        "Record", (Record,), {"__slots__": (), "_places": places, "__doc__": Record.__doc__}
    )


def make_record(columns: tuple[str, ...], values: Iterable[Any]) -> Record:
    """A single record, as unpickling needs it."""
    return record_type(columns)(values)
