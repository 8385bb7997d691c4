"""IdRanges: a set of ids that mostly follow each other, as ranges.

What one transaction creates has consecutive ids, but for those that others took in between; so a set of
millions of them is a handful of ranges.

    starts   [10, 500]
    stops    [42, 501]        10 to 41, and 500
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuralgraph.values import IdArray, MaskArray


class IdRanges:
    """Ids; see the module's docstring. It has the methods of a set that a write set uses.

    Args:
        ids: to begin with.
    """

    __slots__ = ("_starts", "_stops")

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._starts = array("q")
        self._stops = array("q")
        self.update(ids)

    def add(self, added_id: int) -> None:
        """One more; quick for the id after the greatest."""
        stops = self._stops
        if stops and stops[-1] == added_id:
            stops[-1] = added_id + 1
        else:
            self._replace(added_id, added_id + 1, is_kept=True)

    def update(self, ids: Iterable[int]) -> None:
        """More ids; a range of them is quick."""
        if isinstance(ids, range) and ids.step == 1:
            if ids:
                self._replace(ids.start, ids.stop, is_kept=True)
            return
        ordered = distinct(np.fromiter(ids, dtype=np.int64))
        if not len(ordered):
            return
        starts = np.concatenate((np.array(self._starts, dtype=np.int64), ordered))
        stops = np.concatenate((np.array(self._stops, dtype=np.int64), ordered + 1))
        order = np.argsort(starts, kind="stable")
        starts, reach = starts[order], np.maximum.accumulate(stops[order])
        is_first = np.ones(len(starts), dtype=np.bool_)
        is_first[1:] = starts[1:] > reach[:-1]
        is_last = np.append(is_first[1:], True)
        self._starts = array("q", starts[is_first].tobytes())
        self._stops = array("q", reach[is_last].tobytes())

    def discard(self, gone_id: int) -> None:
        """Without that one."""
        self._replace(gone_id, gone_id + 1, is_kept=False)

    def difference_update(self, ids: Iterable[int]) -> None:
        """Without those; a range of them is quick."""
        if isinstance(ids, range) and ids.step == 1:
            if ids:
                self._replace(ids.start, ids.stop, is_kept=False)
            return
        for gone_id in ids:
            self.discard(gone_id)

    def _replace(self, start: int, stop: int, *, is_kept: bool) -> None:
        """Put one range, or none, in place of all that touch it; what of them lies outside stays."""
        starts, stops = self._starts, self._stops
        low = bisect_right(stops, start - 1)
        high = bisect_right(starts, stop)
        fresh: list[tuple[int, int]] = []
        if low < high:
            first, last = starts[low], stops[high - 1]
            if is_kept:
                start, stop = min(start, first), max(stop, last)
            else:
                fresh = [(first, start)] * (first < start) + [(stop, last)] * (stop < last)
        if is_kept:
            fresh = [(start, stop)]
        starts[low:high] = array("q", [one for one, _ in fresh])
        stops[low:high] = array("q", [one for _, one in fresh])

    def __contains__(self, wanted_id: int) -> bool:
        place = bisect_right(self._starts, wanted_id) - 1
        return place >= 0 and wanted_id < self._stops[place]

    def mask(self, ids: IdArray) -> MaskArray:
        """Which of the ids are among them?"""
        if not self._starts:
            return np.zeros(len(ids), dtype=np.bool_)
        places = np.array(self._starts, dtype=np.int64).searchsorted(ids, side="right") - 1
        found: MaskArray = (places >= 0) & (ids < np.array(self._stops, dtype=np.int64)[places])
        return found

    def ids(self) -> IdArray:
        """All of them, ascending."""
        starts = np.array(self._starts, dtype=np.int64)
        counts = np.array(self._stops, dtype=np.int64) - starts
        ends = counts.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        found: IdArray = (starts - ends + counts).repeat(counts) + np.arange(total)
        return found

    def __len__(self) -> int:
        """How many ids."""
        return sum(self._stops) - sum(self._starts)

    def __bool__(self) -> bool:
        return bool(self._starts)


IdSet = set[int] | IdRanges
"""Few ids, or many."""


def are_among(ids: IdArray, known: IdSet) -> MaskArray:
    """Which of the ids are in the set?"""
    if isinstance(known, IdRanges):
        return known.mask(ids)
    if not known:
        return np.zeros(len(ids), dtype=np.bool_)
    return np.fromiter(map(known.__contains__, ids.tolist()), dtype=np.bool_, count=len(ids))


def ascending(known: IdSet) -> IdArray:
    """The ids of a set."""
    if isinstance(known, IdRanges):
        return known.ids()
    return np.sort(np.fromiter(known, dtype=np.int64, count=len(known)))
