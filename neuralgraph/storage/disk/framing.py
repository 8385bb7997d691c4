"""One log record <-> bytes: length and checksum round each, so that a torn one is known for what it is.

The layout is `format.LOG_FRAME` (``length | checksum | kind | term | index | txid | pending``) and then
the payload. A length of zero is where nothing has been written yet.

`pending` tells a torn tail from a damaged middle: a frame that was acknowledged can be missing in front of a
later good frame only through damage, one that was still on its way may be missing for want of time.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import xxhash

from neuralgraph.storage.disk.format import LOG_FRAME

if TYPE_CHECKING:
    from neuralgraph.values.arrays import AnyArray

_HEADER: Final = LOG_FRAME.packer()
_BODY: Final = LOG_FRAME.packer(2)
_PREFIX: Final = struct.Struct("<IQ")
HEADER_BYTES: Final = _HEADER.size
_INDEX_OFFSET: Final = LOG_FRAME.offset("index")
_COMPRESSED: Final = 0x80
COMPRESS_BYTES_MIN: Final = 4096
"""Payloads longer than this are compressed when that saves an eighth or more."""
_PENDING_MAX: Final = 0xFFFF_FFFF
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF

_xxh3 = xxhash.xxh3_64_intdigest


class LogRecord(NamedTuple):
    """One entry of the log.

    Attributes:
        kind: 1 to 127; the log itself knows no meaning of it (see `wal.RecordKind`).
        term: 1 on a single machine.
        index: place in the log; 0 lets the log choose when it is appended.
        txid: 0 when the record belongs to no transaction.
    """

    kind: int
    term: int
    index: int  # type: ignore[assignment]  # a tuple's method of that name is not missed
    txid: int
    payload: bytes


class Frame(NamedTuple):
    """A record as it was found, and where it ends."""

    record: LogRecord
    pending: int
    end: int


def encode_frame(record: LogRecord, index: int, pending: int, seed: int) -> bytes:
    """The bytes of a record.

    Args:
        record: its own index is not looked at.
        index: its place in the log.
        pending: records directly before it that are not known to be on disk.
        seed: the segment's.
    """
    kind, term, _, txid, payload = record
    if len(payload) > COMPRESS_BYTES_MIN:
        import zstandard

        packed = zstandard.compress(payload, 1)
        if len(packed) < len(payload) - (len(payload) >> 3):
            payload = packed
            kind |= _COMPRESSED
    length = HEADER_BYTES + len(payload)
    if length > _PENDING_MAX:
        raise ValueError(f"a log record of {length} bytes is over the limit of 4 GiB")
    body = _BODY.pack(kind, term, index, txid, min(pending, _PENDING_MAX)) + payload
    return _PREFIX.pack(length, _xxh3(body, seed ^ length)) + body


def decode_frame(data: bytes, offset: int, seed: int) -> Frame | None:
    """The frame at `offset`, or None when there is no whole and sound frame."""
    end_of_header = offset + HEADER_BYTES
    if end_of_header > len(data):
        return None
    length, checksum, kind, term, index, txid, pending = _HEADER.unpack_from(data, offset)
    end = offset + length
    if length < HEADER_BYTES or end > len(data):
        return None
    if _xxh3(memoryview(data)[offset + _PREFIX.size : end], seed ^ length) != checksum:
        return None
    payload = data[end_of_header:end]
    if kind & _COMPRESSED:
        import zstandard

        payload = zstandard.decompress(payload)
        kind ^= _COMPRESSED
    return Frame(LogRecord(kind, term, index, txid, payload), pending, end)


def frame_length(data: bytes, offset: int) -> int:
    """What the frame at `offset` says of its length; 0 where nothing was written or it ends too soon."""
    if offset + 4 > len(data):
        return 0
    return int.from_bytes(data[offset : offset + 4], "little")


def frames_beyond(data: bytes, offset: int, index: int, seed: int) -> list[Frame]:
    """Sound frames somewhere after a bad one.

    Args:
        data: ends with the last byte that is not zero.
        offset: where the bad frame begins.
        index: which record should have been there; only later ones count.
        seed: the segment's.
    """
    starts = offset + 1 + _candidates(data, offset + 1, index)
    frames = (decode_frame(data, start, seed) for start in starts.tolist())
    return [frame for frame in frames if frame is not None and frame.record.index > index]


def _candidates(data: bytes, offset: int, index: int) -> AnyArray:
    """Places (relative to `offset`) whose bytes could be a frame's header, by the index in it."""
    tail = np.frombuffer(data, dtype=np.uint8, offset=min(offset, len(data)))
    count = len(tail) - HEADER_BYTES + 1
    if count <= 0:
        return np.empty(0, dtype=np.int64)
    found = np.zeros(count, dtype=np.uint64)
    for byte in range(8):  # 8 array operations: the 64-bit number that begins at each byte
        place = _INDEX_OFFSET + byte
        found |= tail[place : place + count].astype(np.uint64) << np.uint64(8 * byte)
    latest = index + len(data) // HEADER_BYTES + 1
    return np.flatnonzero((found > index) & (found <= latest))
