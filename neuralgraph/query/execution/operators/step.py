"""Step: a compiled operator; and Layout, which says where its output columns come from.

A step holds what is known before a run and nothing of any run: it is cached and run by many threads at
once. A run is the generator that `batches` gives; its state is the generator's locals and the context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.values import ROW_PATH_MAX, Batch, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.planning.plan import Slot
    from neuralgraph.values import RowArray


class Step:
    """One operator, ready to run.

    Attributes:
        slots: the columns of its batches, in order.
    """

    __slots__ = ("slots",)

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(slots)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:  # noqa: ARG002
        """Run it; batches without rows may come."""
        raise AssertionError(f"{type(self).__name__} does not say how it runs")


class Layout:
    """Where the columns of an output come from: kept from the child, or added.

    The output may leave out columns of the child that nothing looks at any more.

    Attributes:
        kept: places in the child of the columns kept, in output order.
        order: for each output column its place in (kept columns, added columns), or None when that
            is simply their order.
    """

    __slots__ = ("added", "keeps_all", "kept", "order")

    def __init__(self, slots: Sequence[Slot], child: Sequence[Slot], added: Sequence[str]) -> None:
        """Lay out `slots`.

        Args:
            slots: the output.
            child: what the child gives.
            added: names of the columns that the operator makes, in the order it makes them; one that
                stands in `child` too replaces the child's.
        """
        new = {name: place for place, name in enumerate(added)}
        places = {slot.name: place for place, slot in enumerate(child)}
        self.kept = tuple(places[slot.name] for slot in slots if slot.name not in new)
        self.keeps_all = self.kept == tuple(range(len(child)))
        self.added = tuple(new[slot.name] for slot in slots if slot.name in new)
        order = []
        next_kept, next_added = 0, len(self.kept)
        for slot in slots:
            if slot.name in new:
                order.append(next_added)
                next_added += 1
            else:
                order.append(next_kept)
                next_kept += 1
        self.order = None if order == list(range(len(order))) else tuple(order)

    def gather(self, batch: Batch, rows: RowArray, added: Sequence[Column]) -> Batch:
        """The child's `rows` with the columns added, all of ``len(rows)`` rows."""
        source = batch.columns
        columns = [source[place].take(rows) for place in self.kept]
        return self._finish(columns, added, len(rows))

    def repeat(self, batch: Batch, count: int, added: Sequence[Column]) -> Batch:
        """A child's batch of one row, `count` times, with the columns added."""
        source = batch.columns
        if count == 1:
            columns = [source[place] for place in self.kept]
        else:
            columns = [source[place].repeat(count) for place in self.kept]
        return self._finish(columns, added, count)

    def extend(self, batch: Batch, added: Sequence[Column]) -> Batch:
        """The child's rows as they are, with the columns added."""
        source = batch.columns
        columns = [source[place] for place in self.kept]
        return self._finish(columns, added, batch.count)

    def _finish(self, columns: list[Column], added: Sequence[Column], count: int) -> Batch:
        columns += [added[place] for place in self.added]
        if self.order is not None:
            columns = [columns[place] for place in self.order]
        return Batch(columns, count)


def slot_places(slots: Sequence[Slot]) -> dict[str, int]:
    """Place of each slot by name."""
    return {slot.name: place for place, slot in enumerate(slots)}


def is_small(count: int) -> bool:
    """Is the list path quicker for so many rows?"""
    return count <= ROW_PATH_MAX
