"""SegmentedLog: a LogStore over files. Appends are ordered by one lock; syncs are shared.

    append ──▶ mutex: number, frame, one write ──▶ index
    sync   ──▶ sync mutex: whoever comes first syncs for all that are written by then;
               those who waited find their records synced and leave

Locks are taken in the order append, sync. The file that is written to changes only under both.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import ClosedError, CorruptionError, DiskError
from neuralgraph.storage.disk.framing import decode_frame, encode_frame, frame_length
from neuralgraph.storage.disk.wal.log_following import records_behind, torn_behind
from neuralgraph.storage.disk.wal.log_recovery import (
    MARK_BYTES,
    Recovered,
    TornTail,
    prepare,
    recover,
    set_torn_tail_aside,
    write_again,
)
from neuralgraph.storage.disk.wal.log_segment import (
    HEADER_BYTES,
    fill_with_zeros,
    make_segment,
    recycle_segment,
    segment_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.config import Durability
    from neuralgraph.storage.disk.files import Directory
    from neuralgraph.storage.disk.framing import LogRecord
    from neuralgraph.storage.disk.wal.log_segment import Segment

_BUFFER_BYTES_MAX: Final = 1 << 20
"""With durability off, so much is kept in the process before it is written."""
_READ_BYTES: Final = 1 << 18
NO_IDENTITY: Final = bytes(16)


class SegmentedLog:
    """The log of one database, in a directory of its own. Open it with `open`.

    Attributes:
        torn: the tail that the opening set aside, or None.
    """

    __slots__ = (
        "_append_mutex",
        "_buffer",
        "_directory",
        "_durability",
        "_end",
        "_failure",
        "_identity",
        "_is_open",
        "_last_term",
        "_mark_from",
        "_next_index",
        "_segment_bytes",
        "_segments",
        "_sync_mutex",
        "_synced",
        "_written",
        "torn",
    )

    def __init__(
        self,
        directory: Directory,
        found: Recovered,
        torn: TornTail | None,
        *,
        segment_bytes: int,
        durability: Durability,
        identity: bytes,
        failure: DiskError | None = None,
    ) -> None:
        self.torn = torn
        self._directory = directory
        self._durability = durability
        self._identity = identity
        self._segment_bytes = segment_bytes
        self._segments = found.segments
        self._next_index = found.next_index
        self._last_term = found.last_term
        self._end = found.end
        self._mark_from = found.end + MARK_BYTES
        self._written = found.next_index - 1
        self._synced = found.next_index - 1
        self._buffer = bytearray()
        self._failure = failure
        self._is_open = True
        self._append_mutex = threading.Lock()
        self._sync_mutex = threading.Lock()

    @staticmethod
    def open(
        directory: Directory,
        *,
        segment_bytes: int = 4 << 20,
        durability: Durability = "full",
        first_index: int | None = None,
        identity: bytes = NO_IDENTITY,
        read_only: bool = False,
    ) -> SegmentedLog:
        """Open the log in `directory`, or begin one; sets a torn tail aside.

        Args:
            directory: holds nothing but this log.
            segment_bytes: size of new segments; a larger record gets a segment of its own.
            durability: see `config.Options`.
            first_index: records before this one are not needed (they are in the base). A log that ends
                before it begins anew here. None for whatever the log holds, or 1.
            identity: 16 bytes of the database; the log of another is refused.
            read_only: write nothing at all: a torn tail stays where it is, and `append` is refused.

        Raises:
            CorruptionError: a record that was acknowledged is damaged or missing. Nothing was written.
            NotADatabaseError: the log belongs to another database.
        """
        found = recover(directory, identity)
        if read_only:
            found.next_index = max(found.next_index, first_index or 1)
            return SegmentedLog(
                directory,
                found,
                TornTail(found.next_index, len(found.torn), "") if found.torn else None,
                segment_bytes=segment_bytes,
                durability="off",
                identity=identity,
                failure=DiskError("it was opened for reading only"),
            )
        try:
            torn = prepare(
                directory,
                found,
                first_index=first_index,
                segment_bytes=segment_bytes,
                durability=durability,
                identity=identity,
            )
        except BaseException:
            for segment in found.segments:
                segment.file.close()
            raise
        return SegmentedLog(
            directory,
            found,
            torn,
            segment_bytes=segment_bytes,
            durability=durability,
            identity=identity,
        )

    @staticmethod
    def join(
        directory: Directory,
        last_index: int,
        *,
        segment_bytes: int,
        durability: Durability,
        identity: bytes,
        read_only: bool = False,
    ) -> SegmentedLog:
        """Open a log that other processes are writing.

        Args:
            directory: of the log.
            last_index: of the last record that counts.
            segment_bytes: as for `open`, like the rest.
            durability: likewise.
            identity: likewise.
            read_only: likewise.

        Raises:
            CorruptionError, DiskError: a record is damaged; or the log was cut at its front meanwhile, and
                another attempt will find it whole.
        """
        return SegmentedLog(
            directory,
            recover(directory, identity, last_index),
            None,
            segment_bytes=segment_bytes,
            durability=durability,
            identity=identity,
            failure=DiskError("it was opened for reading only") if read_only else None,
        )

    # ── where it stands ───────────────────────────────────────────────────────────────────────

    @property
    def first_index(self) -> int:
        """See `LogStore.first_index`."""
        return self._segments[0].base_index if self._segments else self._next_index

    @property
    def last_index(self) -> int:
        """See `LogStore.last_index`."""
        return self._next_index - 1

    @property
    def last_term(self) -> int:
        """Term of the newest record; 0 when there never was one."""
        return self._last_term

    @property
    def size_bytes(self) -> int:
        """Bytes of records since the first segment's start: what a recovery would read."""
        segments = self._segments
        if len(segments) == 1:  # asked at every commit
            return self._end
        return sum(segment.size for segment in segments[:-1]) + self._end

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def append(self, records: Sequence[LogRecord]) -> int:
        """See `LogStore.append`.

        A record whose index is not 0 must have the next one (a `ValueError` otherwise: the caller's
        mistake).
        """
        with self._append_mutex:
            if self._failure is not None or not self._is_open:
                self._refuse()
            index = self._next_index
            if not records:
                return index - 1
            data, index = self._frames(records)
            end = self._end + len(data)
            if end > self._segments[-1].size:
                self._roll(len(data))
                # Another segment, another seed.
                data, index = self._frames(records)
                end = self._end + len(data)
            if self._durability == "off":
                if len(self._buffer) + len(data) > _BUFFER_BYTES_MAX:
                    self._write_buffer()
                self._buffer += data
            else:
                self._write(self._end, data)
            if self._end >= self._mark_from:
                self._segments[-1].marks.append((self._next_index, self._end))
                self._mark_from = self._end + MARK_BYTES
            self._end = end
            self._next_index = index + 1
            self._last_term = records[-1].term
            self._written = index
            return index

    def sync(self, index: int) -> None:
        """See `LogStore.sync`; callers at the same time share one sync of the file."""
        if self._durability == "full" and index > self._synced:
            self._sync_file(index)

    def flush(self) -> None:
        """See `LogStore.flush`."""
        with self._append_mutex:
            self._flush_locked()

    def _frames(self, records: Sequence[LogRecord]) -> tuple[bytes, int]:
        """The records' bytes in the current segment, and the last one's index."""
        seed = self._segments[-1].seed
        index = self._next_index
        pending = index - 1 - self._synced
        if len(records) == 1:
            record = records[0]
            if record.index not in (0, index):
                raise ValueError(f"record {record.index} where {index} should come")
            return encode_frame(record, index, pending, seed), index
        frames = []
        for place, record in enumerate(records):
            if record.index not in (0, index + place):
                raise ValueError(f"record {record.index} where {index + place} should come")
            frames.append(encode_frame(record, index + place, pending + place, seed))
        return b"".join(frames), index + len(records) - 1

    def _write(self, offset: int, data: bytes | bytearray) -> None:
        file = self._segments[-1].file
        try:
            file.write_at(offset, data)
        except DiskError as error:
            # Part of it may be there; the next record goes to the same place, so clean it.
            try:
                fill_with_zeros(file, offset, len(data))
            except DiskError:
                self._failure = error
            raise

    def _write_buffer(self) -> None:
        """Write what durability off kept back."""
        if self._buffer:
            self._write(self._end - len(self._buffer), self._buffer)
            self._buffer = bytearray()

    def _sync_file(self, index: int) -> None:
        with self._sync_mutex:
            if index <= self._synced:
                return
            if self._failure is not None or not self._is_open:
                self._refuse()
            target = self._written
            try:
                self._segments[-1].file.sync()
            except DiskError as error:
                # The system forgets the pages after a failed sync: trying again would pretend.
                self._failure = error
                raise
            self._synced = target

    def _flush_locked(self) -> None:
        if self._failure is not None:
            self._refuse()
        self._write_buffer()
        self._sync_file(self._written)

    def _roll(self, needed: int) -> None:
        """Go on in a new segment, once everything in this one is on disk."""
        self._flush_locked()
        segment = make_segment(
            self._directory,
            number=self._segments[-1].number + 1,
            base_index=self._next_index,
            previous_term=self._last_term,
            identity=self._identity,
            size=max(self._segment_bytes, HEADER_BYTES + needed),
            fill=self._durability == "full",
        )
        with self._sync_mutex:
            self._segments = [*self._segments, segment]
            self._end = HEADER_BYTES
            self._mark_from = HEADER_BYTES + MARK_BYTES

    def _refuse(self) -> None:
        if self._failure is not None:
            raise DiskError(
                f"the log takes no more records until the database is opened again: {self._failure}"
            ) from self._failure
        raise ClosedError("the log was closed")

    # ── others who write ──────────────────────────────────────────────────────────────────────

    def follow(self, last_index: int) -> list[LogRecord]:
        """The records that other processes appended, up to one; they count as this log's from now on.

        Raises:
            FellBehindError: some of them are not there any more (or damaged): `rejoin`.
        """
        with self._append_mutex:
            return self._follow(last_index)

    def take_over(self) -> list[LogRecord]:
        """Go on where another process died while it appended: `follow`, to the very end.

        What is there is put on the disk; what is there by half is set aside in a file. To be called by
        who alone may append.

        Raises:
            DiskError: the disk refused; another process may try.
        """
        with self._append_mutex:
            segment, start = self._segments[-1], self._end
            records = self._follow(None)
            last = self._segments[-1]
            found = Recovered(
                self._segments,
                self._next_index,
                self._end,
                self._last_term,
                torn_behind(last, self._end),
                start if last is segment else HEADER_BYTES,
            )
            with self._sync_mutex:
                self.torn = set_torn_tail_aside(self._directory, found) or self.torn
                write_again(found)
                self._synced = self._written
            return records

    def _follow(self, last_index: int | None) -> list[LogRecord]:
        records: list[LogRecord] = []
        for segment, frame in records_behind(
            self._directory,
            self._identity,
            self._segments[-1],
            self._end,
            self._next_index,
            last_index,
        ):
            if segment is not self._segments[-1]:
                with self._sync_mutex:
                    self._segments = [*self._segments, segment]
                self._end = HEADER_BYTES
                self._mark_from = HEADER_BYTES + MARK_BYTES
            if frame is None:
                continue
            if self._end >= self._mark_from:
                segment.marks.append((self._next_index, self._end))
                self._mark_from = self._end + MARK_BYTES
            self._end = frame.end
            self._next_index = frame.record.index + 1
            self._last_term = frame.record.term
            # Written, but whether they were synced only the others know.
            self._written = frame.record.index
            records.append(frame.record)
        return records

    def rejoin(self, last_index: int, directory: Directory | None = None) -> None:
        """Read the log anew, as `join` does, and forget what was known of it.

        Args:
            last_index: as for `join`, like what is raised.
            directory: where it really is, for a reader that had a copy.
        """
        with self._append_mutex, self._sync_mutex:
            found = recover(directory or self._directory, self._identity, last_index)
            if directory is not None:
                self._directory = directory
                self._failure = DiskError("it was opened for reading only")
            for segment in self._segments:
                segment.file.close()
            self._segments, self._next_index = found.segments, found.next_index
            self._end, self._last_term = found.end, found.last_term
            self._mark_from = found.end + MARK_BYTES
            self._written, self._synced = found.next_index - 1, 0

    def hand_over(self) -> None:
        """Put in the file what the process kept back: another one appends next."""
        with self._append_mutex:
            self._write_buffer()

    def forget_prefix(self, first_index: int) -> None:
        """Another process cut the log: segments that end before this record are gone.

        Whoever is reading them meets a `ClosedError`.
        """
        segments = self._segments
        if len(segments) < 2 or segments[1].base_index > first_index:
            return
        with self._append_mutex, self._sync_mutex:
            segments, gone = list(self._segments), []
            while len(segments) > 1 and segments[1].base_index <= first_index:
                gone.append(segments.pop(0))
            self._segments = segments
        for segment in gone:
            segment.file.close()

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def read(self, low: int, high: int | None = None) -> Iterator[LogRecord]:
        """See `LogStore.read`; a piece of a segment is in memory at a time."""
        with self._append_mutex:
            self._write_buffer()
            segments, next_index = self._segments, self._next_index
        stop = next_index if high is None else min(high, next_index)
        first = segments[0].base_index if segments else next_index
        if low < first and low < stop:
            raise CorruptionError(
                f"log records before {first} were folded into the base; {low} was asked for",
                where=self._directory.label,
            )
        return _read_segments(segments, low, stop)

    # ── cutting ───────────────────────────────────────────────────────────────────────────────

    def truncate_suffix(self, index: int) -> None:
        """See `LogStore.truncate_suffix`; durable when it returns."""
        with self._append_mutex:
            if index >= self._next_index:
                return
            if index < self._segments[0].base_index:
                raise ValueError(f"record {index} was compacted away")
            self._flush_locked()
            with self._sync_mutex:
                self._cut(index)

    def _cut(self, index: int) -> None:
        """Newest segments first, so that a crash in between leaves a shorter log, not a broken one."""
        end = self._end
        while len(self._segments) > 1 and self._segments[-1].base_index >= index:
            segment = self._segments[-1]
            self._segments = self._segments[:-1]
            segment.file.close()
            recycle_segment(self._directory, segment.number, self._segment_bytes)
            end = self._segments[-1].size
        segment = self._segments[-1]
        offset, term = HEADER_BYTES, segment.previous_term
        for record, offset in _walk(segment, index - 1, index):  # noqa: B007
            term = record.term
        fill_with_zeros(segment.file, offset, end - offset)
        segment.file.sync()
        segment.marks = [mark for mark in segment.marks if mark[0] < index]
        self._end, self._last_term = offset, term
        self._mark_from = offset + MARK_BYTES
        self._next_index = index
        self._written = self._synced = index - 1

    def compact_prefix(self, index: int) -> None:
        """See `LogStore.compact_prefix`; the segment that is written to stays.

        Whoever is reading those records meets a `ClosedError`.
        """
        with self._append_mutex, self._sync_mutex:
            segments = self._segments
            count = 0
            while count + 1 < len(segments) and segments[count + 1].base_index <= index + 1:
                count += 1
            self._segments = segments[count:]
        for segment in segments[:count]:
            segment.file.close()
        # Outside the locks: commits go on meanwhile. Also what another process did not come to remove,
        # and oldest first, so that who dies in it leaves no gap.
        for number in segment_numbers(self._directory.names()):
            if count < len(segments) and number < segments[count].number:
                recycle_segment(self._directory, number, self._segment_bytes)

    def close(self) -> None:
        """See `LogStore.close`."""
        with self._append_mutex:
            if not self._is_open:
                return
            try:
                if self._failure is None:
                    self._flush_locked()
            finally:
                with self._sync_mutex:
                    self._is_open = False
                    for segment in self._segments:
                        segment.file.close()


def _read_segments(segments: Sequence[Segment], low: int, stop: int) -> Iterator[LogRecord]:
    for place, segment in enumerate(segments):
        last = place + 1 == len(segments)
        segment_stop = stop if last else min(stop, segments[place + 1].base_index)
        if segment_stop > low:
            for record, _ in _walk(segment, low, segment_stop):
                if record.index >= low:
                    yield record


def _walk(segment: Segment, index: int, stop: int) -> Iterator[tuple[LogRecord, int]]:
    """Records from one at or before `index` up to but not including `stop`, and where each ends.

    `stop` is at most one more than the segment's last record.
    """
    offset = start = segment.offset_before(index)
    data = b""
    at = segment.base_index - 1
    if stop <= segment.base_index:
        return
    while at < stop - 1:
        frame = decode_frame(data, offset - start, segment.seed)
        if frame is None:
            start = offset
            data = segment.file.read_at(start, _READ_BYTES)
            length = frame_length(data, 0)
            if len(data) < length <= segment.size:
                data = segment.file.read_at(start, length)
            frame = decode_frame(data, 0, segment.seed)
            if frame is None or not at < frame.record.index < stop:
                raise CorruptionError(
                    "a log record is damaged; restore from a backup",
                    where=f"{segment.file.name}, offset {offset}",
                )
        offset = start + frame.end
        at = frame.record.index
        yield frame.record, offset
