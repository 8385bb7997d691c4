"""BlockFile: the database file as checksummed blocks, a free list and two header slots.

    0      slot 0 ─┐  each names a manifest (a block) and its SHA-256
    4096   slot 1 ─┘
    8192   blocks, each in whole extents of 4096 bytes; the last extent padded with zeros

A block is written once and does not change until nobody needs it. Who needs what is the callers' knowledge:
they say so with `use` (once, after opening) and `release`. Until `use` was called nothing is overwritten.

`publish` is atomic: manifest, sync, one slot, sync, the other slot, sync. At every moment at least one
slot is whole, and after it returns both are, so that neither a crash nor a flipped bit loses the manifest.

After a sync that failed nobody knows what is on the disk: the file then refuses to publish until it is opened
again.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np
import xxhash

from neuralgraph.errors import CorruptionError, DiskError, FormatVersionError, StorageError
from neuralgraph.storage.disk.digests import sha256
from neuralgraph.storage.disk.extents import FreeExtents
from neuralgraph.storage.disk.format import BLOCKS_OFFSET, EXTENT_BYTES, SLOT_BYTES, Codec
from neuralgraph.storage.disk.header_slots import (
    Slot,
    encode_slot,
    is_blank,
    newest_slot,
    read_slots,
)
from neuralgraph.storage.disk.unmapped_file import UnmappedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt
    from typing_extensions import Buffer

    from neuralgraph.storage.disk.files import Directory, File
    from neuralgraph.values.arrays import AnyArray

_GROWTH_BYTES_MIN: Final = 1 << 18
_GROWTH_BYTES_MAX: Final = 1 << 26
_COMPRESS_LEVEL: Final = 3
_xxh3 = xxhash.xxh3_64_intdigest


def checksum(data: Buffer) -> int:
    """That of a block with these bytes."""
    return _xxh3(memoryview(data))


class BlockRef(NamedTuple):
    """Where a block is and what it must be; ``BlockRef(*list(ref))`` gives it back.

    Attributes:
        offset: bytes into the file, a multiple of 4096.
        length: bytes on disk.
        raw_length: bytes once decompressed.
        codec: a `Codec`.
        checksum: xxh3-64 of the bytes on disk.
    """

    offset: int
    length: int
    raw_length: int
    codec: int
    checksum: int


class BlockFile:
    """The open database file; thread-safe."""

    __slots__ = (
        "__weakref__",
        "_failure",
        "_file",
        "_free",
        "_manifest_ref",
        "_mutex",
        "_publishing",
        "_slots",
        "_verified",
        "identity",
        "name",
        "sequence",
    )

    def __init__(self, file: File, slots: list[Slot | None]) -> None:
        newest = newest_slot(slots)
        self.name = file.name
        self.identity = newest.identity
        self.sequence = newest.sequence
        self._file = file
        self._slots = slots
        self._manifest_ref = BlockRef(*newest.manifest) if newest.manifest[1] else None
        self._free = FreeExtents(max(BLOCKS_OFFSET, _round_up(file.size())))
        self._mutex = threading.Lock()
        self._publishing = threading.Lock()
        self._verified: dict[int, int] = {}
        self._failure: DiskError | None = None

    # ── opening ───────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def create(directory: Directory, name: str, *, identity: bytes | None = None) -> BlockFile:
        """Make a new database file, or fill an empty one.

        Args:
            directory: where.
            name: of the file.
            identity: 16 bytes that tell this database from all others; random by default.

        Raises:
            DiskError: a file that is not empty has the name already, or the disk refuses.
        """
        file = directory.open(name, create=True)
        with _closed_on_failure(file):
            if not _is_new(file):
                raise DiskError(f"cannot make {name}: a file of that name is there and not empty")
            import secrets

            slot = Slot(identity or secrets.token_bytes(16), 0, (0, 0, 0, 0, 0), bytes(32))
            page = encode_slot(slot)
            file.write_at(0, page + page)
            file.sync()
            # The name may be older than this call and not be safe yet: a lock makes the file.
            directory.sync()
            return BlockFile(file, [slot, slot])

    @staticmethod
    def open(directory: Directory, name: str, *, read_only: bool = False) -> BlockFile:
        """Open a database file; an empty one is treated as new. Nothing is written unless that succeeds.

        Raises:
            DiskError: there is no such file, or the disk refuses.
            NotADatabaseError: it is something else.
            FormatVersionError: a newer version wrote it.
            CorruptionError: both header slots are damaged, or the file was cut.
        """
        file = directory.open(name)
        with _closed_on_failure(file):
            if not _is_new(file):
                blocks = BlockFile(file, read_slots(file))
                blocks._check_size()
                return blocks
            if read_only:
                raise DiskError(f"cannot read {name}: it is empty")
        file.close()
        return BlockFile.create(directory, name)

    @staticmethod
    def open_what_is_left(
        directory: Directory, name: str, identity: bytes | None
    ) -> tuple[BlockFile, StorageError | None]:
        """A file that may be cut or unreadable anywhere; and why its header is of no use, if it is not.

        It is read, never mapped or written.

        Args:
            directory: where.
            name: of the file.
            identity: that of its log, to go on without a header; None where there is no log.

        Raises:
            DiskError: the disk refuses, or the file is empty and there is no log.
            FormatVersionError: a newer version wrote it.
            NotADatabaseError, CorruptionError: it has no header that can be read, and there is no log.
        """
        file = UnmappedFile(directory.open(name))
        with _closed_on_failure(file):
            try:
                if _is_new(file):
                    raise DiskError(f"cannot read {name}: it is empty")
                return BlockFile(file, read_slots(file)), None
            except FormatVersionError:
                raise
            except StorageError as error:
                if identity is None:
                    raise
                slot = Slot(identity, 0, (0, 0, 0, 0, 0), bytes(32))
                return BlockFile(file, [slot, slot]), error

    @staticmethod
    def is_new(directory: Directory, name: str) -> bool:
        """Is a file empty, or was its creation cut short?

        Raises:
            DiskError: there is no such file, or the disk refuses.
        """
        file = directory.open(name)
        try:
            return _is_new(file)
        finally:
            file.close()

    @staticmethod
    def scratch(directory: Directory) -> BlockFile:
        """Blocks in a file of nobody else's, which goes with the last of them; no header, never synced.

        Raises:
            DiskError: the disk refuses.
        """
        file = directory.temporary()
        nothing = Slot(bytes(16), 0, (0, 0, 0, 0, 0), bytes(32))
        blocks = BlockFile(file, [nothing, nothing])
        # Whoever holds a part of a base may still read: only when nobody does, the file may go.
        weakref.finalize(blocks, file.close).atexit = False
        return blocks

    def close(self) -> None:
        """Let go of the file; arrays that were given out stay valid. Syncs nothing."""
        self._file.close()

    # ── blocks ────────────────────────────────────────────────────────────────────────────────

    def write(self, data: Buffer, *, compress: bool = False) -> BlockRef:
        """Put bytes into a block of their own; durable after the next `sync` or `publish`.

        Args:
            data: any C-contiguous buffer, arrays included.
            compress: store it as a zstd frame, if that is shorter.

        Raises:
            DiskError: the disk is full or failing; the space is given back.
        """
        stored = memoryview(data)
        raw_length = stored.nbytes
        if raw_length == 0:
            return BlockRef(0, 0, 0, 0, _xxh3(b""))
        codec = Codec.RAW
        if compress:
            import zstandard

            packed = zstandard.compress(stored, _COMPRESS_LEVEL)
            if len(packed) < raw_length:
                stored, codec = memoryview(packed), Codec.ZSTD
        length = stored.nbytes
        offset = self._allocate(_round_up(length))
        ref = BlockRef(offset, length, raw_length, int(codec), _xxh3(stored))
        try:
            self._file.write_at(offset, stored)
        except DiskError:
            self.release([ref])
            raise
        self._verified[offset] = ref.checksum
        return ref

    def read(self, ref: BlockRef) -> memoryview | bytes:
        """The bytes of a block, decompressed; a view of the file where they stand in it as they are.

        Raises:
            CorruptionError: they are not what was written, or lie beyond the end of the file.
        """
        stored = self._map(ref)
        if ref.codec == Codec.RAW:
            return stored
        return self._decompress(ref, stored)

    def array(self, ref: BlockRef, dtype: npt.DTypeLike) -> AnyArray:
        """A block as a read-only one-dimensional array; mapped, not read, when the block is raw.

        Costs about 2 us once the block was touched before.

        Raises:
            CorruptionError: as `read`.
        """
        return cast("AnyArray", np.frombuffer(self.read(ref), dtype=dtype))

    def check(self, ref: BlockRef) -> None:
        """Read a block from the file and verify it, whether or not that was done before.

        Raises:
            CorruptionError: as `read`.
        """
        self._read_again(ref)

    def _read_again(self, ref: BlockRef) -> bytes:
        data = self._file.read_at(ref.offset, ref.length)
        if len(data) < ref.length:
            raise self._beyond_end(ref)
        if _xxh3(data) != ref.checksum or not _is_sensible(ref):
            raise self._damaged(ref)
        return data if ref.codec == Codec.RAW else self._decompress(ref, data)

    def _map(self, ref: BlockRef) -> memoryview:
        offset, length, _, _, checksum = ref
        try:
            view = self._file.map(offset, length)
        except DiskError:
            if offset + length > self._file.size():
                raise self._beyond_end(ref) from None
            raise
        # Two threads may both verify a block; they find the same.
        if self._verified.get(offset) != checksum and length:
            if _xxh3(view) != checksum:
                raise self._damaged(ref)
            self._verified[offset] = checksum
        return view

    def _decompress(self, ref: BlockRef, stored: memoryview | bytes) -> bytes:
        import zstandard

        try:
            data = zstandard.decompress(stored, ref.raw_length)
        except zstandard.ZstdError as error:
            raise self._damaged(ref) from error
        if len(data) != ref.raw_length:
            raise self._damaged(ref)
        return data

    # ── manifest ──────────────────────────────────────────────────────────────────────────────

    def manifest(self) -> bytes | None:
        """The manifest published last; None when there was none.

        Raises:
            CorruptionError: it is not what was published.
        """
        ref = self._manifest_ref
        if ref is None:
            return None
        # Not mapped: another process may publish the next one meanwhile, and cut the file where this one was.
        data = self._read_again(ref)
        if sha256(data).digest() != newest_slot(self._slots).manifest_sha256:
            raise self._damaged(ref)
        return data

    def refresh(self) -> None:
        """Look at the header again: another process may have published a manifest.

        Raises:
            CorruptionError: both slots are damaged.
        """
        with self._publishing:
            slots = read_slots(self._file)
            newest = newest_slot(slots)
            self._slots = slots
            self.sequence = newest.sequence
            self._manifest_ref = BlockRef(*newest.manifest) if newest.manifest[1] else None

    def mend_header(self) -> None:
        """Make both slots name the newest manifest again, after a crash between them or damage to one.

        Otherwise the next flipped bit could bring back the manifest before. To be called before any `write`.

        Raises:
            DiskError: the disk refuses.
        """
        newest = newest_slot(self._slots)
        for place, slot in enumerate(self._slots):
            if slot != newest:
                self.sync()  # a process that was killed may not have synced the newest
                self._file.write_at(place * SLOT_BYTES, encode_slot(newest))
                self.sync()
                self._slots[place] = newest

    def header_problems(self) -> list[str]:
        """What is wrong with the header and the manifest as they are in the file now, in words.

        Raises:
            CorruptionError: both slots are damaged, or the manifest is.
        """
        slots = self._checked_slots()
        newest = max(self.sequence, newest_slot(slots).sequence)
        return [
            f"slot {place} is damaged or old; the other one serves, and the next opening mends it"
            for place, slot in enumerate(slots)
            if slot is None or slot.sequence != newest
        ]

    def _checked_slots(self) -> list[Slot | None]:
        """The slots as they are in the file, whose newest manifest was read and found good."""
        slots = read_slots(self._file)
        while True:
            newest = newest_slot(slots)
            try:
                if newest.manifest[1]:
                    self.check(BlockRef(*newest.manifest))
            except CorruptionError:
                # Another process may have published a newer one, and used the place again.
                slots = read_slots(self._file)
                if newest_slot(slots).sequence == newest.sequence:
                    raise
            else:
                return slots

    def publish(self, manifest: bytes) -> None:
        """Put `manifest` in the place of the last one, for good, with all blocks written so far.

        When it raises, the old manifest or the new one will be found at the next opening: blocks of
        either must be kept until then.

        Raises:
            DiskError: the disk is full or failing.
        """
        with self._publishing:
            ref = self.write(manifest, compress=True)
            try:
                self.sync()
            except DiskError:
                self.release([ref])
                raise
            digest = sha256(manifest).digest()
            slot = Slot(self.identity, self.sequence + 1, tuple(ref), digest)
            page = encode_slot(slot)
            # First over the slot that does not count (older or damaged), so that one is always whole.
            first = 0 if self._slots[0] is not newest_slot(self._slots) else 1
            old = self._manifest_ref
            for place in (first, 1 - first):
                self._file.write_at(place * SLOT_BYTES, page)
                self.sync()
                self._slots[place] = slot
                self.sequence = slot.sequence
                self._manifest_ref = ref
            if old is not None:
                self.release([old])

    def sync(self) -> None:
        """Return when every block written so far is on the disk.

        Raises:
            DiskError: this or an earlier sync failed.
        """
        if self._failure is not None:
            raise DiskError(f"{self.name} takes no more writes: {self._failure}") from self._failure
        try:
            self._file.sync()
        except DiskError as error:
            self._failure = error
            raise

    # ── space ─────────────────────────────────────────────────────────────────────────────────

    def use(self, refs: Iterable[BlockRef]) -> None:
        """Say which blocks are needed; all other space may be overwritten from now on.

        The manifest's own block counts as needed without saying, and a block may be named more than once.
        To be called before any `write`.

        Raises:
            CorruptionError: a block lies beyond the end of the file, or two overlap.
        """
        needed = set(refs)
        if self._manifest_ref is not None:
            needed.add(self._manifest_ref)
        size = self._file.size()
        free = FreeExtents(max(BLOCKS_OFFSET, _round_up(size)))
        position = BLOCKS_OFFSET
        for ref in sorted(needed):
            if ref.length == 0:
                continue
            if ref.offset + ref.length > size:
                raise self._beyond_end(ref)
            if ref.offset < position:
                raise CorruptionError(
                    "two blocks claim the same bytes", where=f"{self.name}, block at {ref.offset}"
                )
            if ref.offset > position:
                free.add(position, ref.offset - position)
            position = ref.offset + _round_up(ref.length)
        if position < free.end:
            free.add(position, free.end - position)
        with self._mutex:
            self._free = free

    def release(self, refs: Iterable[BlockRef]) -> None:
        """Give back blocks that no manifest on disk and no reader needs any more."""
        with self._mutex:
            for ref in refs:
                if ref.length:
                    self._verified.pop(ref.offset, None)
                    self._free.add(ref.offset, _round_up(ref.length))

    def adopt(self, ref: BlockRef, source: BlockFile) -> BlockRef:
        """A copy of a block of another file, as it stands there; its checksum is verified.

        Raises:
            CorruptionError: the block is not what was written.
            DiskError: the disk refused.
        """
        if ref.length == 0:
            return ref
        copy = ref._replace(offset=self._allocate(_round_up(ref.length)))
        self._file.write_at(copy.offset, source._map(ref))
        return copy

    def copy_forward(self, ref: BlockRef) -> BlockRef | None:
        """A copy of a block in the first gap before it that it fits in; None when there is none.

        Raises:
            CorruptionError: the block is not what was written.
            DiskError: the disk refused; the space is given back.
        """
        length = _round_up(ref.length)
        with self._mutex:
            offset = self._free.take(length)
            if offset is not None and offset > ref.offset:
                self._free.add(offset, length)
                offset = None
        if offset is None:
            return None
        copy = ref._replace(offset=offset)
        try:
            self._file.write_at(offset, self._map(ref))
        except BaseException:
            self.release([copy])
            raise
        return copy

    def size(self) -> int:
        """Bytes in the file, free ones included."""
        return self._file.size()

    def free_bytes(self) -> int:
        """Bytes that the next blocks can take before the file grows."""
        return self._free.total()

    def free_refs(self) -> frozenset[BlockRef]:
        """The free space, as blocks that `release` would give back; their checksums mean nothing."""
        with self._mutex:
            return frozenset(BlockRef(offset, length, 0, 0, 0) for offset, length in self._free)

    def trim(self) -> None:
        """Cut free space off the end of the file."""
        with self._mutex:
            end = self._free.cut_end()
            if end < self._file.size():
                self._file.truncate(end)

    def _allocate(self, length: int) -> int:
        with self._mutex:
            offset = self._free.take(length)
            if offset is None:
                end = self._free.end
                step = min(max(end // 8, _GROWTH_BYTES_MIN), _GROWTH_BYTES_MAX)
                grown = _round_up(end + length + step)
                try:
                    self._file.preallocate(grown)
                except DiskError:
                    # A nearly full disk may have room for this block, if not for more.
                    grown = end + length
                    self._file.preallocate(grown)
                self._free.grow(grown)
                offset = self._free.take(length)
                assert offset is not None, "space that was just made is there"
            return offset

    # ── errors ────────────────────────────────────────────────────────────────────────────────

    def _check_size(self) -> None:
        ref = self._manifest_ref
        if ref is not None and ref.offset + ref.length > self._file.size():
            raise self._beyond_end(ref)

    def _damaged(self, ref: BlockRef) -> CorruptionError:
        return CorruptionError(
            "a block is not what was written; restore it from a backup",
            where=f"{self.name}, block at {ref.offset}, {ref.length} bytes",
        )

    def _beyond_end(self, ref: BlockRef) -> CorruptionError:
        return CorruptionError(
            f"the file was cut: a block reaches to {ref.offset + ref.length}, "
            f"but the file ends at {self._file.size()}",
            where=f"{self.name}, block at {ref.offset}, {ref.length} bytes",
        )


def _round_up(length: int) -> int:
    """To whole extents."""
    return -(-length // EXTENT_BYTES) * EXTENT_BYTES


def _is_sensible(ref: BlockRef) -> bool:
    """Is what is said of a block possible?"""
    return ref.codec == Codec.ZSTD or (ref.codec == Codec.RAW and ref.length == ref.raw_length)


@contextmanager
def _closed_on_failure(file: File) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise


def _is_new(file: File) -> bool:
    """Empty, or zeros from a creation that a crash cut short."""
    size = file.size()
    return size == 0 or (size <= BLOCKS_OFFSET and is_blank(file.read_at(0, size)))
