"""numpy arrays with a meaning, so that signatures say what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
else:
    NDArray = np.ndarray  # to load `numpy.typing` takes milliseconds

IdArray = NDArray[np.int64]
"""Node or edge ids."""

RowArray = NDArray[np.int64]
"""Places in a batch."""

MaskArray = NDArray[np.bool_]
"""One truth a row."""

Int64Array = NDArray[np.int64]
Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]
ObjectArray = NDArray[np.object_]
AnyArray = NDArray[np.generic]

NO_IDS: IdArray = np.empty(0, dtype=np.int64)
NO_IDS.flags.writeable = False


def all_true(mask: MaskArray) -> bool:
    """`mask.all()`, which takes ten times as long for many rows."""
    return int(np.count_nonzero(mask)) == len(mask)


def distinct(ids: IdArray) -> IdArray:
    """`np.unique(ids)`, which takes ten times as long."""
    if len(ids) < 2:
        return ids
    ordered = np.sort(ids)
    first = np.empty(len(ordered), dtype=np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


_COUNTING_MAX: Final = 65_536
_counting: list[Int64Array] = []


def counting(count: int) -> Int64Array:
    """0, 1, 2, ...: `np.arange`, but it neither computes nor lets other threads in for few; read-only.

    numpy lets other threads run while it fills or sorts an array, however short: two threads that ask small
    questions would spend their time handing the interpreter to each other.
    """
    if count > _COUNTING_MAX:
        return np.arange(count)
    if not _counting:
        numbers = np.arange(_COUNTING_MAX)
        numbers.flags.writeable = False
        _counting.append(numbers)
    return _counting[0][:count]


def places_in_ranges(starts: Int64Array, counts: Int64Array) -> Int64Array:
    """start, start + 1, ... of each range, one range after the other; shape (sum of counts,)."""
    ends = counts.cumsum()
    places: Int64Array = (starts - ends + counts).repeat(counts)
    places += counting(len(places))
    return places
