"""A Directory without a disk: for graphs without a file, and for tests.

A file is a row of chunks, each an array that is never resized, so that a mapping (a view of one chunk)
stays valid and current while the file grows. A view over several chunks is a copy: enough for blocks, which
do not change while anybody looks at them.

Files live in the directory object: opening a name again gives the same bytes, as after a restart.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.errors import ClosedError, DiskError
from neuralgraph.storage.disk.byte_locks import WORDS_COUNT, LockTable, MemoryByteLocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from neuralgraph.storage.disk.byte_locks import Words

_CHUNK_BYTES_MIN: Final = 1 << 16
_CHUNK_BYTES_MAX: Final = 1 << 26


class MemoryContents:
    """The bytes of a file, whoever has it open."""

    __slots__ = ("chunks", "mutex", "size", "starts")

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.size = 0
        self.starts: list[int] = []
        self.chunks: list[memoryview] = []

    def grow(self, size: int) -> None:
        """Make it at least `size` bytes; the caller holds the mutex."""
        capacity = self.starts[-1] + len(self.chunks[-1]) if self.chunks else 0
        if size > capacity:
            # In proportion, so that few views cross from one chunk to the next.
            step = min(max(capacity // 2, _CHUNK_BYTES_MIN), _CHUNK_BYTES_MAX)
            self.starts.append(capacity)
            # numpy's zeros cost nothing until they are touched, those of a bytearray are written.
            self.chunks.append(memoryview(np.zeros(max(step, size - capacity), dtype=np.uint8)))
        self.size = max(self.size, size)

    def cut(self, size: int) -> None:
        """Cut to `size` bytes; the caller holds the mutex."""
        # Bytes beyond the end are zero, always: growing again must not bring old ones back.
        for view in self.pieces(size, self.size - size):
            view[:] = bytes(len(view))
        self.size = size

    def pieces(self, offset: int, count: int) -> Iterator[memoryview]:
        """Writable views, in order, that make up `count` bytes from `offset`."""
        place = bisect_right(self.starts, offset) - 1
        while count > 0:
            chunk = self.chunks[place]
            low = offset - self.starts[place]
            view = chunk[low : low + count]
            yield view
            offset += len(view)
            count -= len(view)
            place += 1


class MemoryDirectory:
    """A directory in memory; see `files.Directory`."""

    __slots__ = ("_children", "_files", "_label", "_locks", "_mutex", "_notes", "_words")

    def __init__(self, label: str = "memory") -> None:
        self._label = label
        self._files: dict[str, MemoryContents] = {}
        self._children: dict[str, MemoryDirectory] = {}
        self._locks: dict[str, LockTable] = {}
        self._words: dict[str, list[int]] = {}
        self._notes: dict[str, bytes] = {}
        self._mutex = threading.Lock()

    @property
    def label(self) -> str:
        """The name it was given."""
        return self._label

    def open(self, name: str, *, create: bool = False) -> MemoryFile:
        """See `Directory.open`."""
        with self._mutex:
            contents = self._files.get(name)
            if contents is None:
                if not create:
                    raise DiskError(f"cannot open {name}: there is no such file")
                contents = self._files[name] = MemoryContents()
        return MemoryFile(name, contents)

    def temporary(self) -> MemoryFile:
        """See `Directory.temporary`."""
        return MemoryFile("temporary", MemoryContents())

    def exists(self, name: str) -> bool:
        """See `Directory.exists`."""
        return name in self._files or name in self._words

    def names(self) -> list[str]:
        """See `Directory.names`."""
        return sorted(self._files)

    def remove(self, name: str) -> None:
        """See `Directory.remove`."""
        if self._files.pop(name, None) is None:
            raise DiskError(f"cannot remove {name}: there is no such file")

    def rename(self, old: str, new: str) -> None:
        """See `Directory.rename`."""
        with self._mutex:
            contents = self._files.pop(old, None)
            if contents is None:
                raise DiskError(f"cannot rename {old}: there is no such file")
            self._files[new] = contents

    def sync(self) -> None:
        """Nothing to do: memory is as durable as it gets."""

    def locks(self, name: str) -> MemoryByteLocks:
        """See `Directory.locks`."""
        self.open(name, create=True)
        with self._mutex:
            return MemoryByteLocks(self._locks.setdefault(name, LockTable()))

    def words(self, name: str, *, create: bool = False) -> Words:
        """See `Directory.words`."""
        with self._mutex:
            words = self._words.get(name)
            if words is None:
                if not create:
                    raise DiskError(f"cannot share {name}: there is no such file")
                words = self._words[name] = [0] * WORDS_COUNT
            return words

    def leave_note(self, name: str, content: bytes) -> None:
        """See `Directory.leave_note`."""
        self._notes[name] = content

    def note(self, name: str) -> bytes:
        """See `Directory.note`."""
        return self._notes.get(name, b"")

    def child(self, name: str, *, create: bool = False) -> MemoryDirectory:
        """See `Directory.child`."""
        with self._mutex:
            child = self._children.get(name)
            if child is None:
                if not create:
                    raise DiskError(f"cannot open {name}: there is no such directory")
                child = self._children[name] = MemoryDirectory(f"{self._label}/{name}")
        return child

    def has_child(self, name: str) -> bool:
        """See `Directory.has_child`."""
        return name in self._children

    def remove_child(self, name: str) -> None:
        """See `Directory.remove_child`."""
        self._children.pop(name, None)


class MemoryFile:
    """A file in memory; see `files.File`."""

    __slots__ = ("_contents", "_is_open", "name")

    def __init__(self, name: str, contents: MemoryContents) -> None:
        self.name = name
        self._contents = contents
        self._is_open = True

    def size(self) -> int:
        """See `File.size`."""
        return self._opened().size

    def read_at(self, offset: int, count: int) -> bytes:
        """See `File.read_at`."""
        contents = self._opened()
        with contents.mutex:
            count = min(count, contents.size - offset)
            return b"".join(contents.pieces(offset, count))

    def write_at(self, offset: int, data: Buffer) -> None:
        """See `File.write_at`."""
        contents = self._opened()
        source = memoryview(data).cast("B")
        with contents.mutex:
            contents.grow(offset + len(source))
            start = 0
            for view in contents.pieces(offset, len(source)):
                view[:] = source[start : start + len(view)]
                start += len(view)

    def sync(self) -> None:
        """Nothing to do, but the file must be open."""
        self._opened()

    def truncate(self, size: int) -> None:
        """See `File.truncate`."""
        contents = self._opened()
        with contents.mutex:
            if size < contents.size:
                contents.cut(size)
            else:
                contents.grow(size)

    def preallocate(self, size: int) -> None:
        """See `File.preallocate`."""
        contents = self._opened()
        with contents.mutex:
            contents.grow(size)

    def map(self, offset: int, count: int) -> memoryview:
        """See `File.map`."""
        contents = self._opened()
        with contents.mutex:
            if offset + count > contents.size:
                end = offset + count
                raise DiskError(f"cannot map {self.name} up to {end}: it ends at {contents.size}")
            views = list(contents.pieces(offset, count))
        if len(views) == 1:
            return views[0].toreadonly()
        return memoryview(b"".join(views))

    def close(self) -> None:
        """See `File.close`."""
        self._is_open = False

    def _opened(self) -> MemoryContents:
        if not self._is_open:
            raise ClosedError(f"{self.name} was closed")
        return self._contents
