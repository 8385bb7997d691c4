"""What a statement holds, and how much it may.

Operators that keep rows (sort, aggregate, distinct, join, eager, collect) tell the budget about every
batch they keep, and about what they make of it: the estimate is to be within a half of what Python and numpy
really take. Arrays count by their size, values by a price for each type, seen in a sample. It is meant
to stop a statement long before the process is in trouble, not to account for every byte.
"""

from __future__ import annotations

from sys import getsizeof
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.errors import MemoryLimitError
from neuralgraph.query.execution.process_memory import STEP_BYTES
from neuralgraph.values import EdgeRef, Node, NodeRef, Path, PathRef, Relationship

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from neuralgraph.query.execution.process_memory import ProcessMemory
    from neuralgraph.values import Batch, Column

_ITEM_BYTES: Final = 40
"""A list's pointer and a small Python object."""

_POINTER_BYTES: Final = 8
_REF_BYTES: Final = 88
_LIST_BYTES: Final = 64
_NODE_BYTES: Final = 300
"""A rendered node without its properties: most of it is the set of labels."""

_OBJECT_BYTES: Final = 120
"""A value of several fields, such as a date."""

_ENTRY_BYTES: Final = 100
"""A key's place in a dictionary, and the number under it."""

_FLAT: Final = frozenset({int, float, bool, type(None)})

_SAMPLE_ROWS: Final = 16

_FREE_ROWS: Final = 256
"""Without a limit of its own, a statement counts no smaller batches."""


class MemoryBudget:
    """Counts bytes up to a limit, and from time to time looks at what the whole process holds.

    Attributes:
        bytes_max: None is no limit.
        process: what the process may hold; None is no limit.
        written_max: changes beyond this do not stay in memory; None: all do.
        bytes_held: what operators hold now.
        bytes_written: what changes would take by now, if all stayed in memory.
        bytes_peak: the most they ever held.
    """

    __slots__ = (
        "_look_at",
        "bytes_held",
        "bytes_max",
        "bytes_peak",
        "bytes_written",
        "process",
        "written_max",
    )

    def __init__(
        self,
        bytes_max: int | None = None,
        process: ProcessMemory | None = None,
        *,
        written_max: int | None = None,
    ) -> None:
        self.bytes_max = bytes_max
        self.process = process
        self.written_max = written_max
        self.bytes_written = 0
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

    def write(self, count: int) -> None:
        """`hold` for changes of the transaction, as far as they stay in memory."""
        if self.written_max is not None:
            written = self.bytes_written
            self.bytes_written += count
            is_time = written // STEP_BYTES < self.bytes_written // STEP_BYTES
            if is_time and self.process is not None:
                self.process.require(0)
            count = min(count, max(0, self.written_max - written))
        self.hold(count)

    def require(self, count: int) -> None:
        """Somebody is about to hold `count` bytes for a moment.

        Raises:
            MemoryLimitError: that is more than the statement, or the process, may hold.
        """
        whole = self.bytes_held + count
        if self.bytes_max is not None and whole > self.bytes_max:
            raise self._too_much(self.bytes_max)
        self.bytes_peak = max(self.bytes_peak, whole)
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

    def hold_values(self, column: Column) -> None:
        """The rows of a column are kept as values."""
        if self.bytes_max is not None or column.count > _FREE_ROWS:
            self.hold(values_bytes(column))

    def free(self, count: int) -> None:
        """An operator let go of `count` bytes."""
        self.bytes_held -= count


class Share:
    """What one operator holds of a budget; at the end of ``with`` it lets go of all of it."""

    __slots__ = ("budget", "bytes_held")

    def __init__(self, budget: MemoryBudget) -> None:
        self.budget = budget
        self.bytes_held = 0

    def hold(self, count: int) -> None:
        """See `MemoryBudget.hold`."""
        self.bytes_held += count
        self.budget.hold(count)

    def counts(self, rows: int) -> bool:
        """Is it worth a look what so many rows take? Without a limit of its own, small ones are free."""
        return self.budget.bytes_max is not None or rows > _FREE_ROWS

    def hold_batch(self, batch: Batch) -> None:
        """See `MemoryBudget.hold_batch`."""
        if self.counts(batch.count):
            self.hold(batch_bytes(batch))

    def require(self, count: int) -> None:
        """See `MemoryBudget.require`."""
        self.budget.require(count)

    def __enter__(self) -> Share:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Nothing is held any more."""
        self.budget.free(self.bytes_held)
        self.bytes_held = 0


def out_of_memory() -> MemoryLimitError:
    """The machine had no more memory before any limit was met."""
    return MemoryLimitError("there is no more memory; return less, or commit in portions")


def batch_bytes(batch: Batch) -> int:
    """Estimated size of a batch."""
    return sum(column_bytes(column) for column in batch.columns)


def column_bytes(column: Column) -> int:
    """Estimated size of a column."""
    if column.is_listed or column.is_packed or column.array.dtype == object:
        return values_bytes(column)
    return int(column.array.nbytes)


def values_bytes(column: Column) -> int:
    """Estimated size of a column's rows as values in a list."""
    sample = column
    if column.count > _SAMPLE_ROWS:
        # Rows from everywhere: the first ones may be the smallest.
        step = column.count // _SAMPLE_ROWS
        rows = np.arange(column.count % step, column.count, step)
        if not column.is_listed:
            sample = column.take(rows)
        else:
            items = column.to_list()
            return items_bytes([items[row] for row in rows.tolist()], column.count)
    return items_bytes(sample.to_values(), column.count)


def keys_bytes(keys: Sequence[Any], count: int) -> int:
    """Estimated size of a dictionary from `count` keys like those of `keys` to numbers."""
    step = max(1, len(keys) // _SAMPLE_ROWS)
    return _ENTRY_BYTES * count + items_bytes(keys[::step], count)


def items_bytes(sample: Sequence[Any], count: int, looks: int = _SAMPLE_ROWS) -> int:
    """Estimated size of `count` values like those of `sample`, their places in a list included.

    Of lists and maps inside each other ever fewer are looked at, half of `looks` at each level: a value that
    shares its parts may be a tree without end.
    """
    if not sample:
        return 0
    return count * sum(_value_bytes(value, looks // 2) for value in sample) // len(sample)


def _value_bytes(value: Any, looks: int) -> int:
    kind = type(value)
    if kind in _FLAT:
        return _ITEM_BYTES
    if kind is str or kind is bytes or kind is np.ndarray:
        return _POINTER_BYTES + getsizeof(value)
    if kind is NodeRef or kind is EdgeRef:
        return _REF_BYTES
    if kind is PathRef:
        return _OBJECT_BYTES + _ITEM_BYTES * (2 * len(value.edges) + 1)
    if kind is Node:
        return _NODE_BYTES + _value_bytes(value.properties, looks)
    if kind is Relationship:
        return _OBJECT_BYTES + 2 * _NODE_BYTES + _value_bytes(value.properties, looks)
    if kind is Path:
        entities = (*value.nodes, *value.relationships)
        return _OBJECT_BYTES + items_bytes(entities[:looks], len(entities), looks)
    if isinstance(value, list | tuple | frozenset):
        inner: Any = value if kind is not frozenset else list(value)
        return _LIST_BYTES + _inner_bytes(inner[:looks], len(value), looks)
    if isinstance(value, dict):
        entries = list(value.values())[:looks]
        return getsizeof(value) + _inner_bytes(entries, len(value), looks)
    return _OBJECT_BYTES


def _inner_bytes(sample: Sequence[Any], count: int, looks: int) -> int:
    return items_bytes(sample, count, looks) if looks else _ITEM_BYTES * count
