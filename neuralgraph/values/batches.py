"""Batch: some rows, a column a slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.values.columns import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values.arrays import RowArray

BATCH_ROWS_MAX: Final = 65_536
"""Operators cut their output to about this many rows; an expand may go over by one node's degree."""

ROW_PATH_MAX: Final = 8
"""Up to this many rows, list forms beat numpy (measured: a numpy call costs about 0.5 us)."""


class Batch:
    """Rows that flow between operators.

    `columns` are in the order of the operator's output slots; all have `count` rows. A batch may
    have no columns and still have rows (the row of nothing that begins a query).
    """

    __slots__ = ("columns", "count")

    def __init__(self, columns: Sequence[Column], count: int) -> None:
        self.columns = columns
        self.count = count

    def take(self, rows: RowArray) -> Batch:
        """The rows named, in that order."""
        return Batch([column.take(rows) for column in self.columns], len(rows))

    def slice(self, start: int, stop: int) -> Batch:
        """Rows from `start` up to `stop`."""
        stop = min(stop, self.count)
        return Batch([column.slice(start, stop) for column in self.columns], max(0, stop - start))

    @staticmethod
    def concat(batches: Sequence[Batch]) -> Batch:
        """One after the other; at least one."""
        if len(batches) == 1:
            return batches[0]
        count = sum(batch.count for batch in batches)
        width = len(batches[0].columns)
        return Batch(
            [Column.concat([batch.columns[slot] for batch in batches]) for slot in range(width)],
            count,
        )

    def __repr__(self) -> str:
        return f"Batch({self.count} rows, {list(self.columns)})"


UNIT = Batch([], 1)
"""One row of nothing."""
