"""The commits that a base folds: txid, time and metadata of each, by txid or by time."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.storage.disk.values_codec import decode, encode
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from neuralgraph.storage.disk import BlockFile, BlockRef

JOINED_COMMITS_MAX: Final = 1_000_000


class CommitTime(NamedTuple):
    """A commit without its changes."""

    txid: int
    timestamp_us: int
    metadata: Mapping[str, Any]


@record
class CommitSegment:
    """Commits in order of txid; metadata is one encoded list of [txid, metadata]."""

    txids: StoredArray
    times: StoredArray
    metadata: StoredArray
    low: int
    high: int

    @staticmethod
    def write(commits: Sequence[CommitTime], blocks: BlockFile) -> CommitSegment:
        """Store at least one commit."""
        packed = encode(
            [[commit.txid, dict(commit.metadata)] for commit in commits if commit.metadata]
        )
        return CommitSegment(
            StoredArray.store(np.array([commit.txid for commit in commits]), blocks, compress=True),
            StoredArray.store(
                np.array([commit.timestamp_us for commit in commits]), blocks, compress=True
            ),
            StoredArray.store(np.frombuffer(packed, dtype=np.uint8), blocks, compress=True),
            commits[0].txid,
            commits[-1].txid,
        )

    def noted(self) -> dict[int, dict[str, Any]]:
        """Metadata by txid, where there is some."""
        return dict(decode(self.metadata.array.tobytes()))

    def commits(self) -> list[CommitTime]:
        """All of them."""
        noted = self.noted()
        return [
            CommitTime(txid, time, noted.get(txid, {}))
            for txid, time in zip(self.txids.array.tolist(), self.times.array.tolist(), strict=True)
        ]

    def descriptor(self) -> list[Any]:
        """Plain values."""
        stored = (self.txids, self.times, self.metadata)
        return [*(array.descriptor() for array in stored), self.low, self.high]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> CommitSegment:
        """The segment that `descriptor` describes."""
        *stored, low, high = descriptor
        txids, times, metadata = (StoredArray.read(item, blocks) for item in stored)
        return CommitSegment(txids, times, metadata, low, high)

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for array in (self.txids, self.times, self.metadata):
            yield from array.block_refs()


@record
class CommitLog:
    """All folded commits, oldest first."""

    segments: tuple[CommitSegment, ...] = ()

    def add(self, commits: Sequence[Any], blocks: BlockFile) -> CommitLog:
        """The log with more commits (anything with txid, timestamp_us and metadata), oldest first.

        Commits that it has already are left out.
        """
        last_txid = self.segments[-1].high if self.segments else 0
        fresh = [
            CommitTime(commit.txid, commit.timestamp_us, commit.metadata)
            for commit in commits
            if commit.txid > last_txid
        ]
        if not fresh:
            return self
        kept = list(self.segments)
        while kept and kept[-1].txids.count <= 2 * len(fresh) < JOINED_COMMITS_MAX:
            fresh = kept.pop().commits() + fresh
        kept.append(CommitSegment.write(fresh, blocks))
        return CommitLog(tuple(kept))

    def timestamp_of(self, txid: int) -> int | None:
        """When a commit happened, in microseconds since 1970; None for one that is not here."""
        segment = self._segment_of(txid)
        if segment is None:
            return None
        place = int(segment.txids.array.searchsorted(txid))
        if place == segment.txids.count or segment.txids.array[place] != txid:
            return None
        return int(segment.times.array[place])

    def txid_at(self, timestamp_us: int) -> int:
        """The last commit not after a moment; 0 when all came later."""
        for segment in reversed(self.segments):
            times = segment.times.array
            place = int(times.searchsorted(timestamp_us, side="right"))
            if place:
                return int(segment.txids.array[place - 1])
        return 0

    def metadata_of(self, txid: int) -> dict[str, Any]:
        """What was noted with a commit."""
        segment = self._segment_of(txid)
        return {} if segment is None else segment.noted().get(txid, {})

    def __iter__(self) -> Iterator[CommitTime]:
        for segment in self.segments:
            yield from segment.commits()

    def _segment_of(self, txid: int) -> CommitSegment | None:
        place = bisect_right(self.segments, txid, key=lambda segment: segment.low) - 1
        return self.segments[place] if place >= 0 else None

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [segment.descriptor() for segment in self.segments]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> CommitLog:
        """The log that `descriptor` describes."""
        return CommitLog(tuple(CommitSegment.read(item, blocks) for item in descriptor))

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for segment in self.segments:
            yield from segment.block_refs()
