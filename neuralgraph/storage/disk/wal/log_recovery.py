"""What a directory of segments holds: the chain of segments, the last record, the torn tail.

Nothing is written here before everything was read and found good.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk.framing import decode_frame, frame_length, frames_beyond
from neuralgraph.storage.disk.wal.log_segment import (
    HEADER_BYTES,
    SPARE_NAME,
    ZEROING_NAME,
    Segment,
    fill_with_zeros,
    make_segment,
    open_segment,
    segment_numbers,
)

if TYPE_CHECKING:
    from neuralgraph.config import Durability
    from neuralgraph.storage.disk.files import Directory

MARK_BYTES: Final = 1 << 16
"""About one record in this many bytes is marked, so that reading can start near it."""

_FIRST_SEGMENT_BYTES_MAX: Final = 1 << 20
"""The first segment is zeros on the disk before anything is in it, and a small graph needs no more."""


class TornTail(NamedTuple):
    """What a crash left behind the last record; it was never acknowledged.

    Attributes:
        index: of the record that should have been there.
        byte_count: how much was set aside.
        file: where, in the log's directory.
    """

    index: int  # type: ignore[assignment]  # a tuple's method of that name is not missed
    byte_count: int
    file: str


@dataclass(slots=True)
class Recovered:
    """A log as found.

    Attributes:
        segments: ascending; empty for a new log.
        next_index: of the next record.
        end: where it goes in the last segment.
        last_term: of the last record; 0 when none is known.
        unsure: where the records begin (in the last segment) that no later one tells to be on disk.
        torn: bytes behind the last record that are no record; empty when there are none.
    """

    segments: list[Segment]
    next_index: int
    end: int
    last_term: int
    torn: bytes
    unsure: int = HEADER_BYTES


def recover(directory: Directory, identity: bytes, last_index: int | None = None) -> Recovered:
    """Read all segments.

    Args:
        directory: the log's.
        identity: of the database.
        last_index: of the last record that counts: others may be writing behind it. None: all do.

    Raises:
        CorruptionError: a segment is missing or damaged, or a record that was acknowledged is.
    """
    segments: list[Segment] = []
    found = Recovered(segments, 1, HEADER_BYTES, 0, b"")
    numbers = segment_numbers(directory.names())
    try:
        for place, number in enumerate(numbers):
            segment = open_segment(directory, number, identity)
            segments.append(segment)
            if place == 0:
                found.next_index, found.last_term = segment.base_index, segment.previous_term
            _check_follows(directory, segment, found, numbers[0] + place)
            _walk(segment, found, is_last=place == len(numbers) - 1, last_index=last_index)
            if last_index is not None and found.next_index > last_index:
                break
    except BaseException:
        for segment in segments:
            segment.file.close()
        raise
    return found


def prepare(
    directory: Directory,
    found: Recovered,
    *,
    first_index: int | None,
    segment_bytes: int,
    durability: Durability,
    identity: bytes,
) -> TornTail | None:
    """Make what was found ready to be written to; nothing is written if a record is missing."""
    number = 1
    if first_index is not None and found.segments:
        base_index = found.segments[0].base_index
        if base_index > first_index:
            raise CorruptionError(
                f"log records {first_index} to {base_index - 1} are missing", where=directory.label
            )
        if found.next_index < first_index:
            # Everything in it is in the base; records after a gap would never be found again.
            number = found.segments[-1].number + 1
            for segment in found.segments:
                segment.file.close()
                directory.remove(segment.file.name)
            directory.sync()
            found.segments.clear()
            found.torn = b""
    torn = set_torn_tail_aside(directory, found)
    remove_leftovers(directory, segment_bytes)
    if found.segments:
        write_again(found)
        return torn
    found.next_index = first_index or 1
    found.end = HEADER_BYTES
    found.segments.append(
        make_segment(
            directory,
            number=number,
            base_index=found.next_index,
            previous_term=found.last_term,
            identity=identity,
            size=min(segment_bytes, _FIRST_SEGMENT_BYTES_MAX),
            fill=durability == "full",
        )
    )
    return torn


def set_torn_tail_aside(directory: Directory, found: Recovered) -> TornTail | None:
    """Copy the torn bytes to a file of their own and put zeros in their place."""
    if not found.torn:
        return None
    name = f"torn-{found.next_index}.bin"
    copy = directory.open(name, create=True)
    try:
        copy.truncate(0)
        copy.write_at(0, found.torn)
        copy.sync()
    finally:
        copy.close()
    file = found.segments[-1].file
    fill_with_zeros(file, found.end, len(found.torn))
    file.sync()
    return TornTail(found.next_index, len(found.torn), name)


def write_again(found: Recovered) -> None:
    """Put the last records on disk for certain.

    A process that died, or whose sync failed, may have left them in the system's cache only, and after a
    failed sync the system does not know any more that they have to be written.
    """
    segment = found.segments[-1]
    if found.unsure < found.end:
        records = segment.file.read_at(found.unsure, found.end - found.unsure)
        segment.file.write_at(found.unsure, records)
    segment.file.sync()


def remove_leftovers(directory: Directory, segment_bytes: int) -> None:
    """Remove what a crash left half made, and spares of a size that is not wanted any more."""
    for name in directory.names():
        is_leftover = ZEROING_NAME.fullmatch(name) is not None
        if SPARE_NAME.fullmatch(name):
            file = directory.open(name)
            is_leftover = file.size() != segment_bytes
            file.close()
        if is_leftover:
            directory.remove(name)


def _check_follows(
    directory: Directory, segment: Segment, found: Recovered, expected_number: int
) -> None:
    if segment.number != expected_number or segment.base_index != found.next_index:
        raise CorruptionError(
            f"log records {found.next_index} to {segment.base_index - 1} are missing",
            where=f"{directory.label}, before {segment.file.name}",
        )


def _walk(
    segment: Segment, found: Recovered, *, is_last: bool, last_index: int | None = None
) -> None:
    """Go through a segment's records; sets the end and the next index in `found`."""
    data = segment.file.read_at(0, segment.size)
    offset, index = HEADER_BYTES, segment.base_index
    mark_from = HEADER_BYTES + MARK_BYTES
    unsure: deque[tuple[int, int]] = deque()
    while (last_index is None or index <= last_index) and (
        (frame := decode_frame(data, offset, segment.seed)) is not None
        and frame.record.index == index
    ):
        if offset >= mark_from:
            segment.marks.append((index, offset))
            mark_from = offset + MARK_BYTES
        found.last_term = frame.record.term
        unsure.append((index, offset))
        while unsure[0][0] < index - frame.pending:
            unsure.popleft()
        offset = frame.end
        index += 1
    found.next_index, found.end = index, offset
    found.unsure = unsure[0][1] if unsure else offset
    if last_index is not None and index > last_index:
        return
    length = frame_length(data, offset)
    if not is_last:
        # Behind the last record of a full segment there is nothing; what there is was synced.
        if length:
            raise _damaged(segment, offset, index)
        return
    if last_index is not None:
        raise _damaged(segment, offset, index)
    tail = _without_zeros(data, offset)
    if not tail:
        return
    for later in frames_beyond(data[: offset + len(tail)], offset, index, segment.seed):
        # `pending` says that this record was known to be on disk when the later one was written.
        if later.record.index - 1 - later.pending >= index:
            raise _damaged(segment, offset, index)
    found.torn = tail


def _without_zeros(data: bytes, offset: int) -> bytes:
    """What stands from `offset` on, without the zeros at its end."""
    # Mostly there is nothing else in megabytes; looked at by words, that takes a tenth of the time.
    words = np.frombuffer(data, dtype=np.uint64, offset=offset, count=(len(data) - offset) >> 3)
    rest = data[offset + (len(words) << 3) :]
    return data[offset:].rstrip(b"\0") if words.any() or any(rest) else b""


def _damaged(segment: Segment, offset: int, index: int) -> CorruptionError:
    return CorruptionError(
        f"log record {index} is damaged, and later ones are there; restore from a backup",
        where=f"{segment.file.name}, offset {offset}",
    )
