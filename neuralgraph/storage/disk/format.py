"""Magic, version and layout of everything on disk, as data; docs/file-format.md is generated from it.

All integers are little-endian. A layout never changes its meaning once released: a change adds a feature
flag (`REQUIRED_FEATURES`), or, where that cannot say it, a version.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

from neuralgraph.values.records import record

MAGIC: Final = b"\x89NGDB\r\n\x1a"
"""First bytes of a database: not text, and broken by whatever rewrites line ends."""
LOG_MAGIC: Final = b"\x89NGWL\r\n\x1a"
VERSION: Final = 1
REQUIRED_FEATURES: Final = 0
"""Bits that a reader must know to read the file; this version knows none."""

SLOT_BYTES: Final = 4096
SLOT_COUNT: Final = 2
EXTENT_BYTES: Final = 4096
"""Blocks begin at, and occupy, whole multiples of this."""
BLOCKS_OFFSET: Final = SLOT_BYTES * SLOT_COUNT
INLINE_BYTES_MAX: Final = 512
"""Parts of a segment up to this long stand in its descriptor instead of in a block."""


@record
class Field:
    """One field of a layout; `code` is the `struct` module's."""

    name: str
    code: str
    meaning: str

    @property
    def bytes_count(self) -> int:
        """How long it is."""
        return struct.calcsize("<" + self.code)


@record
class Layout:
    """Fields one after the other, without gaps."""

    title: str
    fields: tuple[Field, ...]

    def packer(self, first: int = 0) -> struct.Struct:
        """Packs and unpacks the fields from number `first` on."""
        return struct.Struct("<" + "".join(field.code for field in self.fields[first:]))

    def offset(self, name: str) -> int:
        """Where a field begins."""
        place = [field.name for field in self.fields].index(name)
        return struct.calcsize("<" + "".join(field.code for field in self.fields[:place]))


class Codec(IntEnum):
    """How the bytes of a block stand on disk."""

    RAW = 0
    ZSTD = 1


class ColumnEncoding(IntEnum):
    """How the values of a column segment are held; the numbers are stored."""

    INTEGERS = 1
    FLOATS = 2
    BOOLEANS = 3
    TEXTS = 4
    VECTORS = 5
    OBJECTS = 6
    LONG_TEXTS = 7


class Presence(IntEnum):
    """How a column segment tells its nulls; the numbers are stored."""

    ALL = 0
    BITMAP = 1
    ROWS = 2
    NONE = 3


HEADER_SLOT: Final = Layout(
    "Header slot",
    (
        Field("magic", "8s", "`89 4E 47 44 42 0D 0A 1A`"),
        Field("version", "I", "format version: 1"),
        Field(
            "required_features", "I", "a reader that does not know every bit must refuse the file"
        ),
        Field("optional_features", "I", "a reader may ignore bits it does not know"),
        Field("reserved", "I", "0"),
        Field("identity", "16s", "random, made with the file; its log carries it too"),
        Field(
            "sequence",
            "Q",
            "grows by one with each published manifest; the higher sound slot counts",
        ),
        Field(
            "manifest_offset", "Q", "where the manifest's block begins; 0 when there is no manifest"
        ),
        Field("manifest_length", "Q", "its bytes on disk"),
        Field("manifest_raw_length", "Q", "its bytes once decompressed"),
        Field("manifest_codec", "Q", "0 raw, 1 zstd"),
        Field("manifest_checksum", "Q", "xxh3-64 of its bytes on disk"),
        Field("manifest_sha256", "32s", "SHA-256 of its bytes once decompressed"),
        Field("padding", "128s", "zeros"),
        Field("checksum", "Q", "xxh3-64 of the 248 bytes before it"),
    ),
)

LOG_SEGMENT_HEADER: Final = Layout(
    "Log segment header",
    (
        Field("magic", "8s", "`89 4E 47 57 4C 0D 0A 1A`"),
        Field("version", "I", "format version: 1"),
        Field("required_features", "I", "as in the header slot"),
        Field("identity", "16s", "that of the database the log belongs to"),
        Field("number", "Q", "the number in the file's name"),
        Field("base_index", "Q", "index of the first record in this segment"),
        Field("previous_term", "Q", "term of the record before it; 0 when there is none"),
        Field("checksum", "Q", "xxh3-64 of the 56 bytes before it"),
    ),
)

LOG_FRAME: Final = Layout(
    "Log record",
    (
        Field(
            "length",
            "I",
            "of the whole record, these 4 bytes included; 0 where none was written yet",
        ),
        Field(
            "checksum", "Q", "xxh3-64 of all after it, seeded with the segment's seed xor `length`"
        ),
        Field("kind", "B", "low 7 bits: the kind; high bit: the payload is a zstd frame"),
        Field("term", "I", "1 on a single machine"),
        Field("index", "Q", "place in the log: dense, from 1"),
        Field("txid", "Q", "transaction; 0 when none"),
        Field("pending", "I", "records directly before it that were not known to be on disk"),
    ),
)

LAYOUTS: Final = (HEADER_SLOT, LOG_SEGMENT_HEADER, LOG_FRAME)

VALUE_EXTENSIONS: Final[dict[int, str]] = {
    1: "Date",
    2: "LocalTime",
    3: "Time",
    4: "LocalDateTime",
    5: "DateTime",
    6: "Duration",
    7: "Point",
    8: "vector: float32 little-endian, one after the other",
}
"""msgpack extension types of values; 1 to 7 hold a msgpack array of the value's `to_fields`."""
