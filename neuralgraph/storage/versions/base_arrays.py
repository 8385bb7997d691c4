"""One number an id, over segments of 65,536 ids: gathered by id, mapped lazily.

    segment 0          segment 1            segment 3
    ids 0..65535       ids 65536..131071    ids 196608..        (segment 2 was never used: `fill`)

A gather from many segments goes segment by segment. Once that has been done often enough to pay for it,
all segments are copied into one flat array with `fill` at its end, where -1 finds it; from then on a
gather is one array operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from neuralgraph.storage.indexes.stored_array import StoredArray
    from neuralgraph.values import IdArray

SEGMENT_BITS: Final = 16
SEGMENT_ROWS: Final = 1 << SEGMENT_BITS
ROW_MASK: Final = SEGMENT_ROWS - 1

CALL_WEIGHT: Final = 1_000
"""A gather without a flat array loses about as much time as copying this many items takes."""


class SegmentedArray:
    """Numbers by id. Ids must be at least -1; -1 and ids that no segment holds give `fill`."""

    __slots__ = ("_debt", "_flat", "_views", "dtype", "fill", "limit", "segments")

    def __init__(
        self,
        segments: Mapping[int, StoredArray],
        limit: int,
        dtype: Any,
        *,
        fill: int = 0,
    ) -> None:
        """Wrap segments.

        Args:
            segments: by segment number; each holds the first `count` ids of its segment.
            limit: one more than the greatest id.
            dtype: of what `take` gives.
            fill: where there is no item.
        """
        self.segments = segments
        self.limit = limit
        self.dtype = np.dtype(dtype)
        self.fill = fill
        self._flat: NDArray[Any] | None = None
        self._views: dict[int, memoryview] = {}
        self._debt = 0

    def value(self, wanted_id: int) -> int:
        """One item, as a Python int."""
        number = wanted_id >> SEGMENT_BITS
        view = self._views.get(number)
        if view is None:
            segment = self.segments.get(number)
            if segment is None:
                return self.fill
            view = self._views[number] = memoryview(segment.array)
        row = wanted_id & ROW_MASK
        return view[row] if row < len(view) else self.fill

    def take(self, ids: IdArray) -> NDArray[Any]:
        """Items of many ids; shape (rows,)."""
        flat = self._flat
        if flat is None:
            self._debt += CALL_WEIGHT + len(ids)
            if self._debt <= self.limit:
                return self._take_by_segment(ids)
            flat = self.flat()
        try:
            return flat[ids]
        except IndexError:
            # Ids from above the base: its successors make them, so only readers of those come here.
            return flat[np.where(ids < self.limit, ids, -1)]

    def flat(self) -> NDArray[Any]:
        """All items and `fill` at the end; shape (limit + 1,). Made once."""
        flat = self._flat
        if flat is None:
            flat = np.full(self.limit + 1, self.fill, dtype=self.dtype)
            for number, segment in self.segments.items():
                first = number << SEGMENT_BITS
                stop = min(first + segment.count, self.limit)
                flat[first:stop] = segment.array[: stop - first]
            self._flat = flat
        return flat

    @property
    def is_flat(self) -> bool:
        """Is the flat array there already?"""
        return self._flat is not None

    def _take_by_segment(self, ids: IdArray) -> NDArray[Any]:
        taken = np.full(len(ids), self.fill, dtype=self.dtype)
        for number, places, rows in by_segment(ids):
            segment = self.segments.get(number)
            if segment is None:
                continue
            inside = rows < segment.count
            if all_true(inside):
                taken[places] = segment.array[rows]
            else:
                taken[np.arange(len(ids))[places][inside]] = segment.array[rows[inside]]
        return taken

    def items_by_segment(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """The first id of each segment, and its items; ascending."""
        for number in sorted(self.segments):
            yield number << SEGMENT_BITS, self.segments[number].array


def by_segment(ids: IdArray) -> Iterator[tuple[int, Any, IdArray]]:
    """Split ids by segment: the segment's number, the places in `ids` (an index), the rows in the segment.

    Negative ids belong to negative segments.
    """
    if len(ids) == 0:
        return
    numbers = ids >> SEGMENT_BITS
    first = int(numbers[0])
    if all_true(numbers == first):
        yield first, slice(None), ids & ROW_MASK
        return
    # Ids of -1 are segment -1, which sorts last as a digit of 16 bits; order among segments does not matter.
    narrow = int(numbers.max()) < SEGMENT_ROWS - 1 and int(numbers.min()) >= -1
    order = np.argsort(numbers.astype(np.uint16) if narrow else numbers, kind="stable")
    ordered = numbers[order]
    stops = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for start, stop in zip([0, *stops.tolist()], [*stops.tolist(), len(ids)], strict=True):
        places = order[start:stop]
        yield int(ordered[start]), places, ids[places] & ROW_MASK


def ranges_by_segment(first_id: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Split `count` consecutive ids by segment.

    Yields:
        The segment's number, its first row, and the part of the run, start and stop, that lies in it.
    """
    start = 0
    while start < count:
        number, row = (first_id + start) >> SEGMENT_BITS, (first_id + start) & ROW_MASK
        stop = min(count, start + SEGMENT_ROWS - row)
        yield number, row, start, stop
        start = stop


class Cache:
    """Values made on first use; racing readers make the same one twice, which does no harm."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """The value of `key`."""
        try:
            return self._known[key]
        except KeyError:
            value = self._known[key] = make()
            return value
