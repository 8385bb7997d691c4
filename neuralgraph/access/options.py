"""IndexOptions: the settings of an index, as an immutable and hashable mapping of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final


class IndexOptions(Mapping[str, Any]):
    """Settings by name. Values are numbers, strings, booleans, tuples of these, or further options.

    Lists come in as tuples and maps as options, so that a definition can be a key of a dictionary.
    """

    __slots__ = ("_hash", "_items")

    def __init__(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        self._items = {name: _frozen(value) for name, value in dict(items).items()}
        self._hash = hash(frozenset(self._items.items()))

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IndexOptions) and self._items == other._items

    def __repr__(self) -> str:
        return repr(self.plain())

    def plain(self) -> dict[str, Any]:
        """As dictionaries and lists: what is stored and shown."""
        return {name: _plain(value) for name, value in self._items.items()}


NO_OPTIONS: Final = IndexOptions()


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return IndexOptions(value)
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, IndexOptions):
        return value.plain()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
