"""The part of an index that is younger than the base: candidates in order of their key.

It says where to look, never what is true: an entity stands under every key it has had since the base, and a
reader checks each candidate against its own snapshot. So one structure serves every snapshot, and a
transaction's own changes too.
"""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from sortedcontainers import SortedDict

from neuralgraph.values import NO_IDS
from neuralgraph.values.ordering import order_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.values import IdArray


class DeltaIndex:
    """Candidates of one index.

    Attributes:
        touched: every entity whose entry in the index may differ from the base's; a reader checks
            these against its snapshot, and trusts the base for all others.
    """

    __slots__ = ("_entries", "_latch", "_touched_ids", "touched")

    def __init__(self) -> None:
        # Keys are tuples of order keys, one for each indexed property, so that a prefix of them is a range.
        self._entries: SortedDict[tuple[Any, ...], set[int]] = SortedDict()
        self._latch = threading.Lock()
        self.touched: dict[int, None] = {}
        self._touched_ids: IdArray = NO_IDS

    def touch(self, entity_id: int) -> None:
        """The base's entry for this entity, if there is one, may no longer hold."""
        self.touched[entity_id] = None

    def add(self, entity_id: int, values: Sequence[Any]) -> None:
        """The entity has (or had) these values; none of them is None."""
        key = tuple(map(order_key, values))
        self.touched[entity_id] = None
        with self._latch:
            known = self._entries.get(key)
            if known is None:
                self._entries[key] = {entity_id}
            else:
                # A set that a reader may be walking is not changed under it.
                self._entries[key] = known | {entity_id}

    def touched_ids(self) -> IdArray:
        """`touched`, as an array, in no order."""
        if len(self._touched_ids) != len(self.touched):
            self._touched_ids = np.array(list(self.touched), dtype=np.int64)
        return self._touched_ids

    def candidates(self, values: Sequence[Any]) -> list[int]:
        """Entities that may have these values for the first keys."""
        key = tuple(map(order_key, values))
        exact = self._entries.get(key)
        if exact is not None:
            return sorted(exact)
        found: list[int] = []
        for entry, entity_ids in self._walk(key):
            if entry[: len(key)] != key:
                break
            found.extend(entity_ids)
        return sorted(set(found))

    def between(self, lower: Any | None, upper: Any | None) -> set[int]:
        """Entities whose first key may lie between two order keys, both inclusive; None: no bound."""
        found: set[int] = set()
        for entry, entity_ids in self._walk(() if lower is None else (lower,)):
            if upper is not None and entry[0] > upper:
                break
            found.update(entity_ids)
        return found

    def _walk(self, start: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], set[int]]]:
        """Entries from `start` up. Copied out in runs, for a writer may change the map in between."""
        entries = self._entries
        inclusive = True
        while True:
            with self._latch:
                keys = list(islice(entries.irange(start, inclusive=(inclusive, True)), 256))
            for key in keys:
                yield key, entries[key]
            if len(keys) < 256:
                return
            start, inclusive = keys[-1], False

    def __len__(self) -> int:
        return len(self.touched)
