"""Rows of a batch crossed with ids or rows found once: what scans, seeks and joins share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.operators.step import Layout
    from neuralgraph.values import RowArray


def cross(layout: Layout, batch: Batch, added: Sequence[Column], count: int) -> Iterator[Batch]:
    """Every row of `batch` with every row of the `added` columns, row by row of `batch`.

    Args:
        layout: where the columns go.
        batch: outer rows.
        added: columns of `count` rows.
        count: how many.
    """
    if count == 0 or batch.count == 0:
        return
    if batch.count == 1:
        for start in range(0, count, BATCH_ROWS_MAX):
            stop = min(start + BATCH_ROWS_MAX, count)
            part = (
                added if stop - start == count else [column.slice(start, stop) for column in added]
            )
            yield layout.repeat(batch, stop - start, part)
        return
    if count > BATCH_ROWS_MAX // 2:
        for row in range(batch.count):
            yield from cross(layout, batch.slice(row, row + 1), added, count)
        return
    step = max(1, BATCH_ROWS_MAX // count)
    for start in range(0, batch.count, step):
        outer = np.arange(start, min(start + step, batch.count))
        inner = np.tile(np.arange(count), len(outer))
        rows = np.repeat(outer, count)
        yield layout.gather(batch, rows, [column.take(inner) for column in added])


def matched(
    layout: Layout, batch: Batch, rows: RowArray, added: Sequence[Column]
) -> Iterator[Batch]:
    """The rows of `batch` that found something, with what they found, cut to size.

    Args:
        layout: where the columns go.
        batch: outer rows.
        rows: for each match its row.
        added: columns of ``len(rows)`` rows.
    """
    count = len(rows)
    if count <= BATCH_ROWS_MAX:
        if count:
            yield layout.gather(batch, rows, added)
        return
    for start in range(0, count, BATCH_ROWS_MAX):
        stop = min(start + BATCH_ROWS_MAX, count)
        part = [column.slice(start, stop) for column in added]
        yield layout.gather(batch, rows[start:stop], part)
