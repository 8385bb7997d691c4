"""A transaction that spilled its changes is committed as a base that is made of them, part by part.

    stand still    no upkeep and no commit but this one, in any process; readers and open transactions go on
    fold           what the deltas have, so that the base is the graph
    parts          the changes, read from their file, into free blocks: `versions.folding_parts`
    commit         one log record with the manifest of the base that results, as for a bulk load

So it takes memory for a part, not for all of it, and recovery, other processes and backups meet a bulk load.
What it changed of what was there stands in the history of the base (`transactions.loaded_commits`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.storage.disk import BlockRef
from neuralgraph.storage.transactions.spilling import joined
from neuralgraph.storage.versions.folding_parts import PartsFold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.maintenance.bulk_load import Loader
    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.transactions.spilling import AllChanges
    from neuralgraph.storage.versions import Base


def commit_in_parts(
    loader: Loader,
    changes: AllChanges,
    check: Callable[[CommitPipeline], None] | None,
    bytes_max: int,
) -> int:
    """Commit the changes of a transaction, whose locks are held.

    Args:
        loader: the engine's, with the metadata and the time of the transaction.
        changes: its write set, of data only.
        check: what a commit is checked with once nobody else can commit.
        bytes_max: so much of the write set is in memory at a time.

    Returns:
        The txid.

    Raises:
        ConflictError, ConstraintViolationError: as `check` says.
        DatabaseLockedError: another process keeps us out for longer than the timeout.
        DiskError: nothing was committed.
    """
    manager = loader.manager
    pipeline = manager.pipeline
    with manager.upkeep("the commit of a large transaction"), pipeline.standing_still():
        if loader.timestamp_us:
            pipeline.check_timestamp(loader.timestamp_us)
        if check is not None:
            check(pipeline)
        if pipeline.state.txid != pipeline.state.base.txid:
            loader.fold()
        state = pipeline.state
        names = state.catalog.names.copy_at(state.txid)
        steps = _Steps(loader, state.base)
        fold = PartsFold(state.base, state.txid + 1, loader.blocks, names, steps.step)
        try:
            for part in joined(changes.chunks(), bytes_max):
                fold.add(part)
            base = fold.finish()
        except BaseException:
            steps.forget(fold.base)
            raise
        return loader.commit([base], births=base.births)


class _Steps:
    """Bases on the way: what the next one does without is free at once.

    Nobody else takes space in the file meanwhile, so that after a failure all that was taken is ours.
    """

    def __init__(self, loader: Loader, start: Base) -> None:
        self._loader = loader
        self._start = start
        self._kept = frozenset(start.block_refs())
        self._free = _free_spans(loader.blocks)
        self._size = loader.blocks.size()

    def step(self, before: Base, after: Base) -> None:
        """`before` was made here, or is where it began."""
        if before is not self._start:
            gone = set(before.block_refs()).difference(self._kept)
            self._loader.blocks.release(gone.difference(after.block_refs()))

    def forget(self, base: Base) -> None:
        """It comes to nothing, with what was written of the next one."""
        self.step(base, self._start)
        free = _free_spans(self._loader.blocks)
        # What lies behind the last free byte may not have become ours.
        grown = (self._size, max(self._size, *(stop for _, stop in free), 0))
        taken = _without([*self._free, grown], free)
        self._loader.blocks.release(BlockRef(start, stop - start, 0, 0, 0) for start, stop in taken)


_Span = tuple[int, int]
"""Bytes from the first up to, and without, the second."""


def _free_spans(blocks: BlockFile) -> list[_Span]:
    """Free space, ascending."""
    return sorted((ref.offset, ref.offset + ref.length) for ref in blocks.free_refs())


def _without(spans: list[_Span], gone: list[_Span]) -> Iterator[_Span]:
    """What is left of spans, both ascending; in one pass."""
    place = 0
    for first, stop in spans:
        start = first
        while place < len(gone) and gone[place][1] <= start:
            place += 1
        at = place
        while at < len(gone) and gone[at][0] < stop:
            if gone[at][0] > start:
                yield start, gone[at][0]
            start = gone[at][1]
            at += 1
        if start < stop:
            yield start, stop
