"""The commits that a base folds: txid, time, metadata and what was done, by txid or by time.

Commits are chained: the digest of each is the BLAKE2b of the digest before it and of all there is to know of
the commit, so that nobody can rewrite one unseen. `content` is the commit as the log had it; it is empty for
a bulk load, whose rows stand in the base itself, and where retention let it go (`contents_from`).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.storage.disk.digests import blake2b
from neuralgraph.storage.disk.values_codec import decode, encode
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from neuralgraph.storage.disk import BlockFile, BlockRef

JOINED_COMMITS_MAX: Final = 1_000_000
JOINED_CONTENT_BYTES_MAX: Final = 1 << 24
DIGEST_BYTES: Final = 32
NO_DIGEST: Final = bytes(DIGEST_BYTES)


class CommitTime(NamedTuple):
    """A commit without its changes.

    Attributes:
        content: what it did, as `transactions.commit_codec` packs it; empty when that is not kept.
        digest: of the chain up to it; empty where it was not worked out yet.
    """

    txid: int
    timestamp_us: int
    metadata: Mapping[str, Any]
    content: bytes = b""
    digest: bytes = b""


def chained(before: bytes, commit: CommitTime) -> bytes:
    """The digest of a commit after the one with the digest `before`."""
    head = encode([commit.txid, commit.timestamp_us, dict(commit.metadata), len(commit.content)])
    return blake2b(before + head + commit.content, digest_size=DIGEST_BYTES).digest()


@record
class CommitSegment:
    """Commits in order of txid; metadata is one encoded list of [txid, metadata].

    `ends` says where the content of each ends in `contents`; None where no contents are kept.
    """

    txids: StoredArray
    times: StoredArray
    metadata: StoredArray
    digests: StoredArray
    ends: StoredArray
    contents: StoredArray
    low: int
    high: int

    @staticmethod
    def write(commits: Sequence[CommitTime], blocks: BlockFile) -> CommitSegment:
        """Store at least one commit."""
        packed = encode(
            [[commit.txid, dict(commit.metadata)] for commit in commits if commit.metadata]
        )
        ends = np.cumsum([len(commit.content) for commit in commits], dtype=np.int64)

        def stored_bytes(data: bytes) -> StoredArray:
            return StoredArray.store(np.frombuffer(data, dtype=np.uint8), blocks, compress=True)

        def stored_numbers(numbers: Any) -> StoredArray:
            return StoredArray.store(np.array(numbers, dtype=np.int64), blocks, compress=True)

        return CommitSegment(
            stored_numbers([commit.txid for commit in commits]),
            stored_numbers([commit.timestamp_us for commit in commits]),
            stored_bytes(packed),
            stored_bytes(b"".join(commit.digest for commit in commits)),
            stored_numbers(ends),
            stored_bytes(b"".join(commit.content for commit in commits)),
            commits[0].txid,
            commits[-1].txid,
        )

    def noted(self) -> dict[int, dict[str, Any]]:
        """Metadata by txid, where there is some."""
        return dict(decode(self.metadata.array.tobytes()))

    def commits(self, *, contents: bool = True) -> list[CommitTime]:
        """All of them, with or without what they did."""
        noted = self.noted()
        digests = self.digests.array.tobytes()
        ends = self.ends.array.tolist()
        packed = self.contents.array.tobytes() if contents else b""
        return [
            CommitTime(
                txid,
                time,
                noted.get(txid, {}),
                packed[start:stop],
                digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES],
            )
            for place, (txid, time, start, stop) in enumerate(
                zip(
                    self.txids.array.tolist(),
                    self.times.array.tolist(),
                    [0, *ends[:-1]],
                    ends,
                    strict=True,
                )
            )
        ]

    def arrays(self) -> tuple[StoredArray, ...]:
        """Everything it stores."""
        return (self.txids, self.times, self.metadata, self.digests, self.ends, self.contents)

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [*(array.descriptor() for array in self.arrays()), self.low, self.high]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> CommitSegment:
        """The segment that `descriptor` describes."""
        *stored, low, high = descriptor
        txids, times, metadata, digests, ends, contents = (
            StoredArray.read(item, blocks) for item in stored
        )
        return CommitSegment(txids, times, metadata, digests, ends, contents, low, high)

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for array in self.arrays():
            yield from array.block_refs()


@record
class CommitLog:
    """All folded commits, oldest first.

    Attributes:
        contents_from: what commits with a lesser txid did is not kept.
    """

    segments: tuple[CommitSegment, ...] = ()
    contents_from: int = 0

    @property
    def last_txid(self) -> int:
        """Of the youngest commit; 0 when there is none."""
        return self.segments[-1].high if self.segments else 0

    @property
    def last_digest(self) -> bytes:
        """The end of the chain."""
        if not self.segments:
            return NO_DIGEST
        return self.segments[-1].digests.array[-DIGEST_BYTES:].tobytes()

    def add(
        self, commits: Sequence[Any], blocks: BlockFile, contents: Mapping[int, bytes] | None = None
    ) -> CommitLog:
        """The log with more commits (anything with txid, timestamp_us and metadata), oldest first.

        Commits that it has already are left out.

        Args:
            commits: the commits.
            blocks: where to write.
            contents: what they did, by txid; what is missing is not kept.
        """
        last_txid, digest = self.last_txid, self.last_digest
        known = contents or {}
        fresh: list[CommitTime] = []
        for commit in commits:
            if commit.txid > last_txid:
                bare = CommitTime(
                    commit.txid, commit.timestamp_us, commit.metadata, known.get(commit.txid, b"")
                )
                digest = chained(digest, bare)
                fresh.append(bare._replace(digest=digest))
        if not fresh:
            return self
        kept = list(self.segments)
        size = sum(len(commit.content) for commit in fresh)
        while kept and kept[-1].txids.count <= 2 * len(fresh) < JOINED_COMMITS_MAX:
            size += kept[-1].contents.count
            if size > JOINED_CONTENT_BYTES_MAX:
                break
            fresh = kept.pop().commits() + fresh
        kept.append(CommitSegment.write(fresh, blocks))
        return replace(self, segments=tuple(kept))

    def without_contents(self, before: int, blocks: BlockFile) -> CommitLog:
        """The log without what commits before `before` did; when they were and their digests stay."""
        if before <= self.contents_from:
            return self
        segments = []
        for segment in self.segments:
            if segment.low >= before or segment.contents.count == 0:
                segments.append(segment)
                continue
            commits = [
                commit._replace(content=b"") if commit.txid < before else commit
                for commit in segment.commits()
            ]
            segments.append(CommitSegment.write(commits, blocks))
        return CommitLog(tuple(segments), before)

    def after(self, txid: int, *, contents: bool = True) -> Iterator[CommitTime]:
        """Commits younger than `txid`, oldest first."""
        for segment in self.segments:
            if segment.high > txid:
                for commit in segment.commits(contents=contents):
                    if commit.txid > txid:
                        yield commit

    def broken_links(self) -> Iterable[int]:
        """Txids of commits that are not what the chain says; the first shows where it was cut."""
        digest = NO_DIGEST
        for commit in self.after(0):
            if commit.txid >= self.contents_from and chained(digest, commit) != commit.digest:
                yield commit.txid
            digest = commit.digest

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
        yield from self.after(0, contents=False)

    def _segment_of(self, txid: int) -> CommitSegment | None:
        place = bisect_right(self.segments, txid, key=lambda segment: segment.low) - 1
        return self.segments[place] if place >= 0 else None

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [self.contents_from, [segment.descriptor() for segment in self.segments]]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> CommitLog:
        """The log that `descriptor` describes."""
        contents_from, segments = descriptor
        return CommitLog(
            tuple(CommitSegment.read(item, blocks) for item in segments), contents_from
        )

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for segment in self.segments:
            yield from segment.block_refs()
