"""What can be read of a damaged log: every record up to the first that is not there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import StorageError
from neuralgraph.storage.disk.framing import decode_frame, frames_beyond
from neuralgraph.storage.disk.wal.log_segment import (
    HEADER_BYTES,
    open_segment,
    owner_of,
    segment_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk.files import Directory
    from neuralgraph.storage.disk.framing import LogRecord
    from neuralgraph.storage.disk.wal.log_segment import Segment

_PIECE_BYTES: Final = 1 << 16

Lost = tuple[str, str]
"""Where, and what."""


class KeptRecords:
    """The readable front of a log.

    Attributes:
        lost: what is behind it and cannot be used.
        torn: always None; a salvage sets nothing aside.
    """

    __slots__ = ("_records", "first_index", "lost", "torn")

    def __init__(self, records: list[LogRecord], lost: list[Lost]) -> None:
        self._records = records
        self.first_index = records[0].index if records else 1
        self.lost = lost
        self.torn = None

    def read(self, low: int, high: int | None = None) -> Iterator[LogRecord]:
        """Records from `low` up to but not including `high`."""
        for record in self._records:
            if record.index >= low and (high is None or record.index < high):
                yield record


def identity_in(directory: Directory) -> bytes | None:
    """Of the database that a log belongs to, by the first header that can be read; None without one."""
    for number in segment_numbers(directory.names()):
        with suppress(StorageError):
            return owner_of(directory, number)
    return None


def read_what_is_left(directory: Directory, identity: bytes) -> KeptRecords:
    """The records of all segments, up to the first that is damaged or missing; never raises for damage."""
    lost: list[Lost] = []
    records: list[LogRecord] = []
    numbers = segment_numbers(directory.names())
    for place, number in enumerate(numbers):
        later = len(numbers) - place - 1
        try:
            told = _read_segment(directory, number, identity, records, is_last=later == 0)
        except StorageError as error:
            told = f"{error}"
        if told:
            rest = f", nor the {later} segments after it" if later else ""
            lost.append((f"log segment {number:08d}.log", f"{told}{rest}"))
            break
    return KeptRecords(records, lost)


def _readable_front(segment: Segment) -> tuple[bytes, StorageError | None]:
    """What the disk delivers, up to the first place where it refuses; and how."""
    pieces: list[bytes] = []
    for offset in range(0, segment.size, _PIECE_BYTES):
        try:
            pieces.append(segment.file.read_at(offset, min(_PIECE_BYTES, segment.size - offset)))
        except StorageError as error:
            return b"".join(pieces), error
    return b"".join(pieces), None


def _read_segment(
    directory: Directory, number: int, identity: bytes, records: list[LogRecord], *, is_last: bool
) -> str:
    """Add a segment's records; what is wrong with the rest of it, in words, or nothing."""
    segment = open_segment(directory, number, identity)
    try:
        data, error = _readable_front(segment)
    finally:
        segment.file.close()
    index = records[-1].index + 1 if records else segment.base_index
    if segment.base_index != index:
        return (
            f"records {index} to {segment.base_index - 1} are missing; those after cannot be used"
        )
    offset = HEADER_BYTES
    while (frame := decode_frame(data, offset, segment.seed)) is not None:
        if frame.record.index != index:
            break
        records.append(frame.record)
        offset, index = frame.end, index + 1
    if error is not None:
        return f"from record {index} on it cannot be read: {error}"
    tail = data[offset:].rstrip(b"\0")
    if not tail:
        return ""
    later = frames_beyond(data[: offset + len(tail)], offset, index, segment.seed)
    if not later and is_last:
        return f"record {index} at offset {offset} is damaged, or was never finished"
    return (
        f"record {index} at offset {offset} is damaged; it and the {len(later)} readable records"
        " after it in the segment cannot be used"
    )
