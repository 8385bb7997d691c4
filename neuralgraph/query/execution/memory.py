"""What a statement holds, and how much it may.

Operators that keep rows (sort, aggregate, distinct, join, eager, collect) tell the budget about every
batch they keep. The estimate is of what the columns hold, not of Python's own overhead elsewhere: arrays
by their size, lists by a flat price an item and strings by their length in a sample. It is meant to stop
a statement long before the process is in trouble, not to account for every byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import MemoryLimitError
from neuralgraph.query.execution.process_memory import STEP_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from neuralgraph.query.execution.process_memory import ProcessMemory
    from neuralgraph.values import Batch, Column

_ITEM_BYTES: Final = 40
"""A list's pointer and a small Python object."""

_FLAT: Final = frozenset({int, float, bool, type(None)})

_SAMPLE_ROWS: Final = 16

_FREE_ROWS: Final = 256
"""Without a limit of its own, a statement counts no smaller batches."""


class MemoryBudget:
    """Counts bytes up to a limit, and from time to time looks at what the whole process holds.

    Attributes:
        bytes_max: None is no limit.
        process: what the process may hold; None is no limit.
        bytes_held: what operators hold now.
        bytes_peak: the most they ever held.
    """

    __slots__ = ("_look_at", "bytes_held", "bytes_max", "bytes_peak", "process")

    def __init__(self, bytes_max: int | None = None, process: ProcessMemory | None = None) -> None:
        self.bytes_max = bytes_max
        self.process = process
        self.bytes_held = 0
        self.bytes_peak = 0
        self._look_at = STEP_BYTES

    def hold(self, count: int) -> None:
        """An operator keeps `count` more bytes.

        Raises:
            MemoryLimitError: that is more than the statement may hold.
        """
        self.bytes_held += count
        if self.bytes_held > self.bytes_peak:
            self.bytes_peak = self.bytes_held
            if self.bytes_max is not None and self.bytes_held > self.bytes_max:
                raise self._too_much(self.bytes_max)
            if self.bytes_held > self._look_at:
                self._look_at = self.bytes_held + STEP_BYTES
                if self.process is not None:
                    self.process.require(0)

    def require(self, count: int) -> None:
        """Somebody is about to hold `count` bytes for a moment.

        Raises:
            MemoryLimitError: that is more than the statement, or the process, may hold.
        """
        if self.bytes_max is not None and self.bytes_held + count > self.bytes_max:
            raise self._too_much(self.bytes_max)
        if count >= STEP_BYTES and self.process is not None:
            self.process.require(count)

    @staticmethod
    def _too_much(bytes_max: int) -> MemoryLimitError:
        return MemoryLimitError(
            f"the statement needs more than its {bytes_max:,} bytes of memory; return less, commit in"
            " portions, or raise query_memory_bytes_max"
        )

    def hold_batch(self, batch: Batch) -> None:
        """An operator keeps a batch."""
        if self.bytes_max is not None or batch.count > _FREE_ROWS:
            self.hold(batch_bytes(batch))

    def free(self, count: int) -> None:
        """An operator let go of `count` bytes."""
        self.bytes_held -= count


def out_of_memory() -> MemoryLimitError:
    """The machine had no more memory before any limit was met."""
    return MemoryLimitError("there is no more memory; return less, or commit in portions")


def batch_bytes(batch: Batch) -> int:
    """Estimated size of a batch."""
    return sum(column_bytes(column) for column in batch.columns)


def column_bytes(column: Column) -> int:
    """Estimated size of a column."""
    if column.is_listed or column.is_packed or column.array.dtype == object:
        return items_bytes(column.slice(0, _SAMPLE_ROWS).to_list(), column.count)
    return int(column.array.nbytes)


def items_bytes(sample: Sequence[Any], count: int) -> int:
    """Estimated size of `count` values like those of `sample`."""
    if not sample:
        return 0
    return count * sum(map(_value_bytes, sample)) // len(sample)


def _value_bytes(value: Any) -> int:
    kind = type(value)
    if kind in _FLAT:
        return _ITEM_BYTES
    if kind is str or kind is bytes:
        return _ITEM_BYTES + len(value)
    if isinstance(value, list | tuple):
        return _ITEM_BYTES + items_bytes(value[:_SAMPLE_ROWS], len(value))
    if isinstance(value, dict):
        entries = list(value.values())
        return 2 * _ITEM_BYTES + 2 * items_bytes(entries[:_SAMPLE_ROWS], len(entries))
    return _ITEM_BYTES
