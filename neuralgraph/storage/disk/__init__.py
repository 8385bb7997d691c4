"""disk: bytes that survive. Files, the log, the block file and the segments in it.

Each layer uses only those above it:

    files      Directory, File: OsDirectory, MemoryDirectory; with os_locks alone touches the file system
    byte_locks ByteLocks, Words: what processes share; sharing gives them their meaning
    framing    length and checksum round every log record; finds the torn tail
    wal        LogStore, SegmentedLog: group commit over numbered, preallocated segments
    format     magic, version, layout of every header, as data
    blocks     BlockFile: checksummed extents, two header slots, a free list
    values_codec   one value <-> bytes
    segments   ColumnSegment: the values of a property, immutable, in blocks

Invariants: every byte that is read was verified by a checksum before it is believed; nothing is written
by an open that fails; what `sync` or `publish` returned from survives a crash. Every error that leaves
is a `StorageError`. docs/file-format.md has every byte.

The signatures, on one page::

    # files
    OsDirectory(path: str, *, read_only: bool = False);  MemoryDirectory()
    Directory: label: str
               open(name, *, create=False) -> File;  exists(name) -> bool;  names() -> list[str]
               remove(name);  rename(old, new);  sync();  locks(name) -> ByteLocks;  words(name) -> Words
               leave_note(name, content);  note(name) -> bytes
               child(name, *, create=False) -> Directory;  has_child(name) -> bool;  remove_child(name)
    File:      name: str;  size() -> int;  read_at(offset, count) -> bytes;  write_at(offset, data)
               sync();  truncate(size);  preallocate(size);  map(offset, count) -> memoryview;  close()
    ByteLocks: try_lock(place, count=1) -> bool;  unlock(place, count=1);  is_locked(place, count=1) -> bool
               release()
    Words:     [place] -> int

    # wal
    LogRecord(kind: int, term: int, index: int, txid: int, payload: bytes)       # NamedTuple
    RecordKind: BEGIN, CHANGES, COMMIT, ABORT, LEASE, CHECKPOINT, TRANSACTION, CONFIGURATION
    SegmentedLog.open(directory: Directory, *, segment_bytes=4 << 20, durability="full",
                      first_index: int | None = None, identity: bytes = bytes(16),
                      read_only: bool = False) -> SegmentedLog
    LogStore:  first_index, last_index: int;  append(records) -> int   # index 0: the log numbers it
               sync(index);  flush();  read(low, high=None) -> Iterator[LogRecord]   # [low, high)
               truncate_suffix(index);  compact_prefix(index);  close()
    identity_in(directory) -> bytes | None
    read_what_is_left(directory, identity) -> KeptRecords      # of a damaged log; .lost: what is not there
    SegmentedLog.torn: TornTail(index, byte_count, file) | None;  .size_bytes: int

    # blocks
    BlockRef(offset, length, raw_length, codec, checksum)              # NamedTuple; list(ref) stores it
    BlockFile.create(directory, name, *, identity=None), BlockFile.open(directory, name, *, read_only=False)
    BlockFile.open_what_is_left(directory, name, identity: bytes | None) -> (BlockFile, error | None)
    BlockFile: identity: bytes;  sequence: int;  name: str
               write(data, *, compress=False) -> BlockRef;  read(ref) -> memoryview | bytes
               array(ref, dtype) -> NDArray;  check(ref)   # reads and verifies again, from the disk
               publish(manifest: bytes);  manifest() -> bytes | None;  sync();  size() -> int
               use(refs);  release(refs);  free_bytes() -> int;  trim();  close()

    # values_codec (import it from its module)
    encode(value) -> bytes;  decode(data) -> value

    # segments: all immutable, thread-safe, lazily mapped; descriptor() -> list for msgpack
    ColumnSegment.write(column: Column, blocks, *, cold=False);  .read(descriptor, blocks)
        count, kind, null_count, minimum, maximum
        value(row: int);  values(rows: Sequence[int]) -> list
        take(rows: RowArray) -> Column;  whole() -> Column;  valid_mask() -> MaskArray | None
        descriptor() -> list;  block_refs() -> list[BlockRef]

A missing child directory or file is a `DiskError`. Rows outside a segment are the caller's mistake.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.storage.disk.blocks import BlockFile, BlockRef
    from neuralgraph.storage.disk.byte_locks import ByteLocks, Words
    from neuralgraph.storage.disk.files import Directory, File, OsDirectory
    from neuralgraph.storage.disk.memory_files import MemoryDirectory
    from neuralgraph.storage.disk.segments import BlockStore, ColumnSegment
    from neuralgraph.storage.disk.sharing import Sharing
    from neuralgraph.storage.disk.wal import (
        FellBehindError,
        KeptRecords,
        LogRecord,
        LogStore,
        RecordKind,
        SegmentedLog,
        TornTail,
        identity_in,
        read_what_is_left,
    )
else:
    __getattr__ = door(
        __name__,
        blocks="BlockFile BlockRef",
        byte_locks="ByteLocks Words",
        files="Directory File OsDirectory",
        memory_files="MemoryDirectory",
        segments="BlockStore ColumnSegment",
        sharing="Sharing",
        wal="FellBehindError KeptRecords LogRecord LogStore RecordKind SegmentedLog TornTail"
        " identity_in read_what_is_left",
    )

__all__ = [
    "BlockFile",
    "BlockRef",
    "BlockStore",
    "ByteLocks",
    "ColumnSegment",
    "Directory",
    "FellBehindError",
    "File",
    "KeptRecords",
    "LogRecord",
    "LogStore",
    "MemoryDirectory",
    "OsDirectory",
    "RecordKind",
    "SegmentedLog",
    "Sharing",
    "TornTail",
    "Words",
    "identity_in",
    "read_what_is_left",
]
