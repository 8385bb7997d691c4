"""RecordingDirectory: a directory in memory that writes down everything that is asked of its disk.

`Recorder.events` is the whole life of a disk: contents, sizes, names, syncs, and marks that the
workload puts between them ("commit 7 was acknowledged"). `power_loss.Disk` plays it back and says what a
power cut at any point may leave.

A file is known by the number of its inode, as on a real disk: what was written under one name is still
the same file under another.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from neuralgraph.storage.disk import MemoryDirectory

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from neuralgraph.storage.disk import ByteLocks, File, Words


class Written(NamedTuple):
    """Bytes went to a file; nobody knows when they reach the disk."""

    inode: int
    offset: int
    data: bytes


class Resized(NamedTuple):
    """A file was cut, or extended with zeros."""

    inode: int
    size: int


class Synced(NamedTuple):
    """A file's bytes and size are on the disk."""

    inode: int


class Linked(NamedTuple):
    """A name was made, or taken over from another file."""

    folder: str
    name: str
    inode: int


class Renamed(NamedTuple):
    """A name gave way to another, which may have been another file's."""

    folder: str
    old: str
    new: str


class Unlinked(NamedTuple):
    """A name went."""

    folder: str
    name: str


class NamesSynced(NamedTuple):
    """A folder's names are on the disk."""

    folder: str


class Marked(NamedTuple):
    """Something to remember; it happened on no disk."""

    what: str
    value: Any


Event = Written | Resized | Synced | Linked | Renamed | Unlinked | NamesSynced | Marked
CHILD_INODE = -1
"""Stands for a child folder among the names of its parent."""
Image = dict[str, dict[str, bytes]]
"""The files of a disk: contents by name, by folder; the root is the empty path."""


def directory_of(image: Image) -> MemoryDirectory:
    """A directory that holds the image."""
    root = MemoryDirectory()
    for path, files in image.items():
        folder = root
        for part in path.split("/")[1:]:
            folder = folder.child(part, create=True)
        for name, data in files.items():
            file = folder.open(name, create=True)
            file.write_at(0, data)
            file.close()
    return root


class Recorder:
    """The events of one disk, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.inodes = itertools.count(1)

    def mark(self, what: str, value: Any = None) -> None:
        """Note what the workload did."""
        self.events.append(Marked(what, value))


class RecordingDirectory:
    """A `Directory` that never fails and forgets nothing.

    Args:
        recorder: where to; shared with the children.
        start: put there at the beginning, safe: the first events.
    """

    def __init__(
        self,
        recorder: Recorder,
        start: Image | None = None,
        *,
        path: str = "",
        inner: MemoryDirectory | None = None,
    ) -> None:
        self.recorder = recorder
        self.path = path
        self._inner = inner or MemoryDirectory()
        self._inodes: dict[str, int] = {}
        self._children: dict[str, RecordingDirectory] = {}
        for folder, files in sorted((start or {}).items()):
            place = self
            for part in folder.split("/")[1:]:
                place = place.child(part, create=True)
            for name, data in files.items():
                file = place.open(name, create=True)
                file.write_at(0, data)
                file.sync()

    @property
    def label(self) -> str:
        """See `Directory`."""
        return self._inner.label

    def _child(self, name: str) -> RecordingDirectory:
        inner = self._inner.child(name, create=True)
        return RecordingDirectory(self.recorder, path=f"{self.path}/{name}", inner=inner)

    def open(self, name: str, *, create: bool = False) -> RecordingFile:
        """See `Directory`."""
        file = self._inner.open(name, create=create)
        if name not in self._inodes:
            inode = self._inodes[name] = next(self.recorder.inodes)
            self.recorder.events.append(Linked(self.path, name, inode))
            self.sync()
        return RecordingFile(file, self._inodes[name], self.recorder.events)

    def temporary(self) -> File:
        """See `Directory`; not recorded, because a power cut leaves nothing of it."""
        return self._inner.temporary()

    def exists(self, name: str) -> bool:
        """See `Directory`."""
        return self._inner.exists(name)

    def names(self) -> list[str]:
        """See `Directory`."""
        return self._inner.names()

    def remove(self, name: str) -> None:
        """See `Directory`."""
        self._inner.remove(name)
        del self._inodes[name]
        self.recorder.events.append(Unlinked(self.path, name))

    def rename(self, old: str, new: str) -> None:
        """See `Directory`."""
        self._inner.rename(old, new)
        self._inodes[new] = self._inodes.pop(old)
        self.recorder.events.append(Renamed(self.path, old, new))
        self.sync()

    def sync(self) -> None:
        """See `Directory`."""
        self.recorder.events.append(NamesSynced(self.path))

    def locks(self, name: str) -> ByteLocks:
        """See `Directory`; like a real one, it makes the file and does not sync its name."""
        lock = self._inner.locks(name)
        if name not in self._inodes:
            inode = self._inodes[name] = next(self.recorder.inodes)
            self.recorder.events.append(Linked(self.path, name, inode))
        return lock

    def words(self, name: str, *, create: bool = False) -> Words:
        """See `Directory`; nobody relies on them after a power cut."""
        return self._inner.words(name, create=create)

    def leave_note(self, name: str, content: bytes) -> None:
        """See `Directory`; nobody relies on it after a power cut."""
        self._inner.leave_note(name, content)

    def note(self, name: str) -> bytes:
        """See `Directory`."""
        return self._inner.note(name)

    def child(self, name: str, *, create: bool = False) -> RecordingDirectory:
        """See `Directory`."""
        known = self._children.get(name)
        if known is None:
            self._inner.child(name, create=create)
            known = self._children[name] = self._child(name)
            self.recorder.events.append(Linked(self.path, name, CHILD_INODE))
            self.sync()
        return known

    def has_child(self, name: str) -> bool:
        """See `Directory`."""
        return self._inner.has_child(name)

    def remove_child(self, name: str) -> None:
        """See `Directory`; the files one by one, as a system does it, and no promise between."""
        child = self._children.pop(name, None)
        if child is None:
            return
        for file in reversed(child.names()):
            child.remove(file)
        self._inner.remove_child(name)
        self.recorder.events.append(Unlinked(self.path, name))
        self.sync()


class RecordingFile:
    """A `File`; see the module."""

    def __init__(self, inner: File, inode: int, events: list[Event]) -> None:
        self.name = inner.name
        self._inner = inner
        self._inode = inode
        self._events = events
        self.size = inner.size
        self.read_at = inner.read_at
        self.map = inner.map
        self.close = inner.close

    def write_at(self, offset: int, data: Buffer) -> None:
        """See `File`."""
        content = bytes(memoryview(data).cast("B"))
        self._inner.write_at(offset, content)
        self._events.append(Written(self._inode, offset, content))

    def sync(self) -> None:
        """See `File`."""
        self._inner.sync()
        self._events.append(Synced(self._inode))

    def truncate(self, size: int) -> None:
        """See `File`."""
        self._inner.truncate(size)
        self._events.append(Resized(self._inode, size))

    def preallocate(self, size: int) -> None:
        """See `File`."""
        if size > self._inner.size():
            self._inner.preallocate(size)
            self._events.append(Resized(self._inode, size))
