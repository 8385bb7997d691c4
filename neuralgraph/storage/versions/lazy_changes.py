"""`LazyChanges`: changes that are made, or read, when somebody asks for them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

from neuralgraph.storage.versions.changes import Change


class LazyChanges(Sequence[Change]):
    """A sequence of changes by its parts; subclasses have `__len__`, `__iter__` and `between`."""

    __slots__ = ()

    @abstractmethod
    def between(self, start: int, stop: int) -> list[Change]:
        """Those from `start` on, before `stop`; ``0 <= start``, and ``stop <= len(self)``."""

    @overload
    def __getitem__(self, place: int) -> Change: ...

    @overload
    def __getitem__(self, place: slice) -> list[Change]: ...

    def __getitem__(self, place: int | slice) -> Change | list[Change]:
        count = len(self)
        if isinstance(place, int):
            if not -count <= place < count:
                raise IndexError(place)
            return self.between(place % count, place % count + 1)[0]
        start, stop, step = place.indices(count)
        if step == 1:
            return self.between(start, stop)
        return [self[one] for one in range(start, stop, step)]
