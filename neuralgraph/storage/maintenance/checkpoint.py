"""Checkpoint: committed deltas become a new base, while readers and writers go on.

    fold       the deltas up to the published txid, off every latch
    publish    the new manifest: from here on the next opening begins with it
    swap       commits that came meanwhile are applied again, to a fresh store over the new base; the last few
               of them under the publish latch
    compact    the log's prefix goes; old blocks go when the last reader of their base has gone

When anything fails before the swap, the old base goes on and the log still has everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.storage.disk import RecordKind
from neuralgraph.storage.disk.sharing import FIRST, SEQUENCE
from neuralgraph.storage.maintenance.pins import PinnedBase
from neuralgraph.storage.transactions.apply import fresh_deltas
from neuralgraph.storage.transactions.commit_codec import CommitReader
from neuralgraph.storage.versions import State
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.storage.disk import BlockFile, LogStore
    from neuralgraph.storage.maintenance.pins import BasePins
    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.storage.versions import Base
    from neuralgraph.storage.versions.changes import Commit


@record
class CheckpointReport:
    """What a checkpoint did.

    Attributes:
        txid: what the file holds now.
        changes_count: how many changes were folded; 0 when there was nothing to do.
        reclaimed_blocks: blocks that may be written again.
    """

    txid: int
    changes_count: int
    reclaimed_blocks: int


class Checkpointer:
    """Makes checkpoints of one engine, one at a time.

    Attributes:
        published_txid: what the manifest in the header holds.
        published_sequence: the number of that manifest.
        shape: what becomes of every base that is folded; None: it stays as it is.
    """

    __slots__ = (
        "_blocks",
        "_log",
        "_manager",
        "_pins",
        "_published_base",
        "_published_ids",
        "published_sequence",
        "published_txid",
        "shape",
    )

    def __init__(
        self, blocks: BlockFile, log: LogStore, manager: TransactionManager, pins: BasePins
    ) -> None:
        self._blocks = blocks
        self._log = log
        self._manager = manager
        self._pins = pins
        self._published_base: Base | None = None
        self._published_ids = (0, 0)
        self.published_txid = -1
        self.published_sequence = -1
        self.shape: Callable[[Base], Base] | None = None

    def begin(self, published: PinnedBase, sequence: int) -> None:
        """What the header leads to, and the number of that manifest."""
        self.published_sequence = sequence
        self._published_base = published
        self._published_ids = published.parts.next_ids
        self.published_txid = published.txid
        self._pins.found_published(published)

    def run(self, *, is_last: bool = False, changes_min: int = 0) -> CheckpointReport:
        """Fold what there is.

        Args:
            is_last: nobody writes any more, and the log goes after it: the manifest must say it all.
            changes_min: fold only so many changes or more, or where a search index waits to be made:
                another process may have been first.

        Raises:
            DiskError: the graph is as it was; the log still has what could not be folded.
            DatabaseLockedError: another process folds, loads or changes the schema.
        """
        with self._manager.upkeep("a checkpoint"):
            state = self._manager.pipeline.state
            if state.deltas.change_count < changes_min and not state.base.is_unfinished:
                return CheckpointReport(self.published_txid, 0, 0)
            next_ids = self._manager.next_ids(is_last=is_last)
            if state.txid == state.base.txid:
                if state.txid != self.published_txid:
                    self._publish(_pinned(state), next_ids)  # a bulk load made it
                    self._compact(self._manager.pipeline.published_index)
                elif is_last and next_ids != self._published_ids:
                    self._publish(_pinned(state), next_ids)  # some were given out and rolled back
                return CheckpointReport(self.published_txid, 0, self._pins.reclaim())
            return self._fold(self._manager.pipeline, next_ids)

    def reshape(self, shape: Callable[[Base], Base]) -> CheckpointReport:
        """Fold what there is, and publish what `shape` makes of the base: the same graph in other blocks.

        Raises:
            DiskError: as `run`.
        """
        with self._manager.upkeep("a vacuum"):
            next_ids = self._manager.next_ids(is_last=False)
            return self._fold(self._manager.pipeline, next_ids, shape)

    def fold(self) -> None:
        """Fold without telling the header: a bulk load goes on from there, and its commit names the result.

        The log keeps what was folded until the next checkpoint.

        Raises:
            DiskError: the graph is as it was.
        """
        with self._manager.upkeep("a bulk load"):
            self._fold(self._manager.pipeline, None)

    def _fold(
        self,
        pipeline: CommitPipeline,
        next_ids: tuple[int, int] | None,
        shape: Callable[[Base], Base] | None = None,
    ) -> CheckpointReport:
        """Fold; with `next_ids`, make it the header's and let the log forget it."""
        shape = shape or self.shape
        from neuralgraph.storage.versions.folding import fold

        state, commits, last_index = pipeline.start_fold()
        changes_count = state.deltas.change_count
        try:
            folded = fold(
                state.base,
                state.deltas,
                state.txid,
                self._blocks,
                commits=commits,
                names=state.catalog.names.copy_at(state.txid),
                contents=contents_of(self._log, state.base.txid, last_index),
            )
            try:
                pinned = self._pins.pin_new(folded if shape is None else shape(folded))
            finally:
                self._pins.discard(folded)  # but for what the pinned one needs, too
            if next_ids is not None:
                self._publish(pinned, next_ids)
            else:
                self._pins.will_keep(pinned)
        except BaseException:
            pipeline.abandon_fold()
            raise
        pipeline.finish_fold(_Rebase(pinned, state))
        del state  # else the old base would be held by this very frame
        if next_ids is not None:
            self._compact(last_index)
        return CheckpointReport(self.published_txid, changes_count, self._pins.reclaim())

    def _publish(self, base: PinnedBase, next_ids: tuple[int, int]) -> None:
        self._pins.will_publish(base)
        self._blocks.publish(base.replaced(next_ids=next_ids).to_manifest())
        self.published_sequence = self._blocks.sequence
        self._manager.sharing.words[SEQUENCE] = self._blocks.sequence
        self._published_base = base
        self._published_ids = next_ids
        self.published_txid = base.txid
        self._pins.published(base)

    def _compact(self, last_index: int) -> None:
        """Let the log forget what is folded, but not which ids are leased."""
        pipeline = self._manager.pipeline
        if pipeline.failure is not None:
            return
        self._manager.log_leases()
        pipeline.log(RecordKind.CHECKPOINT, b"")
        self._log.flush()
        self._manager.sharing.words[FIRST] = last_index + 1
        self._log.compact_prefix(last_index)


def contents_of(log: LogStore, txid: int, last_index: int) -> dict[int, bytes]:
    """What the commits after `txid` did, by txid, as the log has it; up to a record."""
    reader = CommitReader(packed=True)
    contents: dict[int, bytes] = {}
    for entry in log.read(log.first_index, last_index + 1):
        if entry.txid > txid:
            commit = reader.take(entry)
            if commit is not None:
                contents[commit.txid] = reader.content
    return contents


def _pinned(state: State) -> PinnedBase:
    """The base of a state without deltas."""
    assert isinstance(state.base, PinnedBase), "only a commit leaves a state over another"
    return state.base


class _Rebase:
    """Moves commits, round by round, to a fresh store over a new base; see `finish_fold`."""

    __slots__ = ("_state",)

    def __init__(self, base: Base, folded: State) -> None:
        catalog = folded.catalog.over(base)
        deltas = fresh_deltas(base, catalog)
        self._state = State(base, deltas, folded.txid, folded.timestamp_us, catalog)

    def __call__(self, current: State, commits: Sequence[Commit]) -> State:
        for commit in commits:
            self._state = self._state.after(commit)
        assert self._state.txid == current.txid, "every commit since the fold was handed over"
        return self._state
