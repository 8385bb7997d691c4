"""SpilledChanges: the older part of a large write set, in a file without a name.

    chunk 0          chunk 1          chunk 2          tail (in the write set, in memory)
    changes 0..63    64..200          201..512         513..

A chunk is a block: changes as the log has them, compressed, about `CHUNK_ROWS_MAX` entities or
`CHUNK_BYTES_MAX` bytes. Nothing is synced and nobody else reads it; it goes with its transaction, however
that ends.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.transactions.commit_codec import packed_changes, unpacked
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateEdges,
    CreateNode,
    CreateNodes,
    DeleteEdges,
    DeleteNodes,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetNodeProperty,
    size_of,
)
from neuralgraph.storage.versions.lazy_changes import LazyChanges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.storage.disk import BlockFile, BlockRef

CHUNK_ROWS_MAX: Final = 1 << 14
CHUNK_BYTES_MAX: Final = 4 << 20

_CHANGE_BYTES: Final = 200
"""About what a change object takes, with what leads to it."""
_VALUE_BYTES: Final = 40
"""About what a small value takes, with its place in a list."""
_SAMPLED_MAX: Final = 32


class SpilledChanges(LazyChanges):
    """Changes that were written out; see the module's docstring.

    Args:
        blocks: where to.
    """

    __slots__ = ("_blocks", "_count", "_refs", "_starts")

    def __init__(self, blocks: BlockFile) -> None:
        self._blocks = blocks
        self._starts: list[int] = []
        self._refs: list[BlockRef] = []
        self._count = 0

    def add(self, changes: Sequence[Change]) -> None:
        """More of them.

        Raises:
            DiskError: the disk refused; all is as it was.
        """
        starts, refs, count = [], [], self._count
        try:
            for part in _chunks(changes):
                refs.append(self._blocks.write(packed_changes(part), compress=True))
                starts.append(count)
                count += len(part)
        except BaseException:
            self._blocks.release(refs)
            raise
        self._starts += starts
        self._refs += refs
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Change]:
        for part in self.chunks():
            yield from part

    def between(self, start: int, stop: int) -> list[Change]:
        """See `LazyChanges`."""
        found: list[Change] = []
        number = bisect_right(self._starts, start) - 1
        while start < stop:
            first = self._starts[number]
            found += self._read(number)[start - first : stop - first]
            number += 1
            start = self._starts[number] if number < len(self._starts) else stop
        return found

    def chunks(self, start: int = 0) -> Iterator[list[Change]]:
        """All from `start` on, where a chunk begins, one chunk after the other."""
        first = bisect_right(self._starts, start - 1)
        assert start == self._count or self._starts[first] == start, "a chunk begins there"
        for number in range(first, len(self._starts)):
            yield self._read(number)

    def cut(self, mark: int) -> list[Change]:
        """Forget all from the `mark`-th on.

        Returns:
            The last of those that are left, which are no longer here: those of the chunk that was cut.
        """
        number = bisect_right(self._starts, mark) - 1
        first = self._starts[number]
        kept = self._read(number)[: mark - first]
        self._blocks.release(self._refs[number:])
        del self._starts[number:], self._refs[number:]
        self._count = first
        return kept

    def _read(self, number: int) -> list[Change]:
        return unpacked(bytes(self._blocks.read(self._refs[number])))


class AllChanges(LazyChanges):
    """A write set that was spilled: what is in the file, then the tail."""

    __slots__ = ("_spilled", "_tail")

    def __init__(self, spilled: SpilledChanges, tail: Sequence[Change]) -> None:
        self._spilled = spilled
        self._tail = tail

    def __len__(self) -> int:
        return len(self._spilled) + len(self._tail)

    def __iter__(self) -> Iterator[Change]:
        yield from self._spilled
        yield from self._tail

    def between(self, start: int, stop: int) -> list[Change]:
        """See `LazyChanges`."""
        count = len(self._spilled)
        found = self._spilled[start : min(stop, count)]
        found += self._tail[max(0, start - count) : max(0, stop - count)]
        return found

    def chunks(self) -> Iterator[Sequence[Change]]:
        """All of them, part after part."""
        yield from self._spilled.chunks()
        yield from _chunks(self._tail)


def _chunks(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Cut into parts that are worth a block."""
    start = rows = held = 0
    for place, change in enumerate(changes):
        rows += size_of(change)
        held += bytes_of(change)
        if rows >= CHUNK_ROWS_MAX or held >= CHUNK_BYTES_MAX:
            yield changes[start : place + 1]
            start, rows, held = place + 1, 0, 0
    if start < len(changes):
        yield changes[start:]


def joined(chunks: Iterable[Sequence[Change]], bytes_max: int) -> Iterator[list[Change]]:
    """Chunks put together, so that fewer are larger; a chunk itself may be larger than `bytes_max`."""
    held = 0
    part: list[Change] = []
    for chunk in chunks:
        size = sum(map(bytes_of, chunk))
        if part and held + size > bytes_max:
            yield part
            part, held = [], 0
        part += chunk
        held += size
    if part:
        yield part


# ── what changes weigh ────────────────────────────────────────────────────────────────────────


def bytes_of(change: Change) -> int:
    """About how much memory a change takes."""
    match change:
        case CreateNodes() | CreateEdges():
            held = sum(map(_column_bytes, change.properties.values()))
            if isinstance(change, CreateEdges):
                held += 2 * _VALUE_BYTES * len(change.sources)
            return _CHANGE_BYTES + held
        case DeleteEdges():
            return _CHANGE_BYTES + 3 * _VALUE_BYTES * len(change.ids)
        case DeleteNodes():
            return _CHANGE_BYTES + _VALUE_BYTES * len(change.ids)
        case CreateNode() | CreateEdge() | RestoreNode() | RestoreEdge():
            return 2 * _CHANGE_BYTES + sum(map(_value_bytes, change.properties.values()))
        case SetNodeProperty() | SetEdgeProperty():
            return _CHANGE_BYTES + _value_bytes(change.value)
        case _:
            return _CHANGE_BYTES


def _column_bytes(values: Sequence[Any]) -> int:
    """By a sample, where there are many."""
    step = len(values) // _SAMPLED_MAX
    if step < 2:
        return sum(map(_value_bytes, values))
    sample = values[::step]
    return sum(map(_value_bytes, sample)) * len(values) // len(sample)


def _value_bytes(value: Any) -> int:
    kind = type(value)
    if kind is int or kind is float or value is None:
        return _VALUE_BYTES
    if kind is str or kind is bytes:
        return _VALUE_BYTES + len(value)
    if isinstance(value, np.ndarray):
        return 3 * _VALUE_BYTES + value.nbytes
    if isinstance(value, list | tuple):
        return 2 * _VALUE_BYTES + _column_bytes(value)
    if isinstance(value, dict):
        return 4 * _VALUE_BYTES + _column_bytes(list(value)) + _column_bytes(list(value.values()))
    return 2 * _VALUE_BYTES
