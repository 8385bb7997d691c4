"""Reading behind the end of the log as it is known: what other processes appended meanwhile.

A frame counts once its checksum holds, so that half an append of somebody else is simply not there yet. Only
who holds the commit lock may say that a tail is torn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import StorageError
from neuralgraph.storage.disk.framing import decode_frame, frame_length
from neuralgraph.storage.disk.wal.log_segment import HEADER_BYTES, open_segment, segment_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk.files import Directory
    from neuralgraph.storage.disk.framing import Frame
    from neuralgraph.storage.disk.wal.log_segment import Segment

_READ_BYTES: Final = 1 << 16


class FellBehindError(StorageError):
    """The next record is not in the log any more: a newer manifest has what it did."""


def records_behind(
    directory: Directory,
    identity: bytes,
    segment: Segment,
    end: int,
    index: int,
    last_index: int | None,
) -> Iterator[tuple[Segment, Frame | None]]:
    """Frames from a place on, and the segment of each; a segment that is new comes once without one.

    Args:
        directory: of the log.
        identity: of the database.
        segment: where the next record should be.
        end: where in it.
        index: of that record.
        last_index: the last one wanted; None: as far as there are any.

    Raises:
        FellBehindError: one of those wanted is not there.
    """
    while last_index is None or index <= last_index:
        for frame in _frames(segment, end, index, last_index):
            yield segment, frame
            end, index = frame.end, index + 1
        if last_index is not None and index > last_index:
            return
        following = _next_segment(directory, identity, segment, index)
        if following is None:
            if last_index is None:
                return
            raise FellBehindError(f"log record {index} is not there any more")
        segment, end = following, HEADER_BYTES
        yield segment, None


def torn_behind(segment: Segment, end: int) -> bytes:
    """The bytes behind the last record, up to the last one that is not zero."""
    return segment.file.read_at(end, segment.size - end).rstrip(b"\0")


def _frames(segment: Segment, start: int, index: int, last_index: int | None) -> Iterator[Frame]:
    """Sound frames one after the other; `end` is a place in the segment."""
    data, offset = b"", 0
    while last_index is None or index <= last_index:
        frame = decode_frame(data, offset, segment.seed)
        if frame is None:
            start, offset = start + offset, 0
            data = segment.file.read_at(start, _READ_BYTES)
            length = frame_length(data, 0)
            if len(data) < length <= segment.size - start:
                data = segment.file.read_at(start, length)
            frame = decode_frame(data, 0, segment.seed)
        if frame is None or frame.record.index != index:
            return
        offset, index = frame.end, index + 1
        yield frame._replace(end=start + frame.end)


def _next_segment(
    directory: Directory, identity: bytes, segment: Segment, index: int
) -> Segment | None:
    """The one after a segment, if it begins with this record; None when there is none."""
    number = segment.number + 1
    if not directory.exists(segment_name(number)):
        return None
    try:
        following = open_segment(directory, number, identity)
    except StorageError:
        # It went, to be used again, between the two calls.
        return None
    if following.base_index != index:
        following.file.close()
        return None
    return following
