"""Directory and File: all that the engine asks of a disk, and their form on a real one.

With `os_locks` this is all that touches the file system; the fault-injection tests put another Directory in
its place, and `memory_files` holds the one for graphs without a file.

What every Directory promises (tests/contract/test_directory.py checks it):

- a new, renamed or removed name, and a new child, is durable once `sync` returned (creating and renaming
  sync the directory themselves);
- bytes written are durable once `File.sync` returned; until then a crash may lose or tear them;
- a mapping shows what is in the file, and stays valid while the file grows and after it is closed;
- whatever the system refuses becomes a `DiskError` that says what was tried on which file.
"""
# One system call a method: a Path object for each would only be unpacked again.
# ruff: noqa: PTH102, PTH105, PTH106, PTH107, PTH110, PTH112, PTH113, PTH118, PTH119, PTH123

from __future__ import annotations

import errno
import mmap
import os
import stat
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, Final, Protocol

from neuralgraph.errors import ClosedError, DiskError
from neuralgraph.storage.disk.os_locks import OsByteLocks, open_words

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from neuralgraph.storage.disk.byte_locks import ByteLocks, Words

if sys.platform != "win32":
    import fcntl

_BINARY: Final[int] = getattr(os, "O_BINARY", 0)
_NO_SPACE: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_READ_ONLY: Final = (errno.EROFS, errno.EACCES, errno.EPERM)
_NAMELESS: Final = "temporary"
_NOT_SUPPORTED: Final = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS)


class File(Protocol):
    """An open file. Safe for use by several threads; writes to the same bytes are the callers' matter."""

    @property
    def name(self) -> str:
        """Its name in its directory, for messages."""
        ...

    def size(self) -> int:
        """Bytes in the file now."""
        ...

    def read_at(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`; fewer where the file ends."""
        ...

    def write_at(self, offset: int, data: Buffer) -> None:
        """Write all of `data`; the file grows as needed, and a gap reads as zeros."""
        ...

    def sync(self) -> None:
        """Return when everything written is on the disk."""
        ...

    def truncate(self, size: int) -> None:
        """Cut (or extend with zeros) to `size` bytes; nobody may hold a mapping of what is cut."""
        ...

    def preallocate(self, size: int) -> None:
        """Make the file at least `size` bytes, space reserved where the system can; new bytes are zero."""
        ...

    def map(self, offset: int, count: int) -> memoryview:
        """A read-only view of bytes that are in the file; `DiskError` when they are not."""
        ...

    def close(self) -> None:
        """Let go of the file; mappings stay valid. Harmless when called twice."""
        ...


class Directory(Protocol):
    """A flat set of named files, and named child directories of the same make."""

    @property
    def label(self) -> str:
        """What to call it in messages: its path."""
        ...

    def open(self, name: str, *, create: bool = False) -> File:
        """Open for reading and writing; an absent file is made when `create`, else a `DiskError`."""
        ...

    def temporary(self) -> File:
        """A new, empty file without a name, which is gone when its last handle and mapping are.

        Nothing of it is left by a crash, and nobody else can open it.
        """
        ...

    def exists(self, name: str) -> bool:
        """Is there a file of this name?"""
        ...

    def names(self) -> list[str]:
        """Names of the files (not of children), ascending."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; `DiskError` when there is none."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename a file, replacing `new` if it exists; atomic and durable."""
        ...

    def sync(self) -> None:
        """Make names durable."""
        ...

    def locks(self, name: str) -> ByteLocks:
        """The locks on this file's places, none of them held; makes the file when absent."""
        ...

    def words(self, name: str, *, create: bool = False) -> Words:
        """The numbers that go by this name, shared by whoever asks. A file, but no data.

        Args:
            name: of the file.
            create: make them when they are absent, all 0; nobody else may do that meanwhile.

        Raises:
            DiskError: there are none.
        """
        ...

    def leave_note(self, name: str, content: bytes) -> None:
        """Replace a file, for other processes to read: whole for them, but not safe from a power cut."""
        ...

    def note(self, name: str) -> bytes:
        """What was left there last; nothing when there is no such file."""
        ...

    def child(self, name: str, *, create: bool = False) -> Directory:
        """A directory in this one; made when absent and `create`, else a `DiskError`."""
        ...

    def has_child(self, name: str) -> bool:
        """Is there a child of this name?"""
        ...

    def remove_child(self, name: str) -> None:
        """Remove a child and everything in it; nothing happens when there is none."""
        ...


def disk_error(error: OSError, action: str, where: str) -> DiskError:
    """The system's refusal, in words: what was tried, on what, and why not."""
    if error.errno in _NO_SPACE:
        reason = "the disk is full"
    elif error.errno in _READ_ONLY:
        reason = f"writing is not allowed there ({error.strerror})"
    else:
        reason = error.strerror or str(error)
    return DiskError(f"cannot {action} {where}: {reason}")


class OsDirectory:
    """A directory of the file system.

    Args:
        path: must exist, or the first use fails.
        read_only: files are opened for reading only; every change is a `DiskError`.
    """

    __slots__ = ("_path", "_read_only")

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self._path = path or "."
        self._read_only = read_only

    @property
    def label(self) -> str:
        """The path."""
        return self._path

    def open(self, name: str, *, create: bool = False) -> OsFile:
        """See `Directory.open`."""
        path = self._join(name)
        create = create and not self._read_only
        is_new = create and not os.path.exists(path)
        access = os.O_RDONLY if self._read_only else os.O_RDWR
        try:
            descriptor = os.open(path, access | _BINARY | (os.O_CREAT if create else 0), 0o644)
        except OSError as error:
            raise disk_error(error, "open", path) from error
        try:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        except OSError as error:
            os.close(descriptor)
            raise disk_error(error, "open", path) from error
        if not is_file:
            os.close(descriptor)
            raise DiskError(f"cannot open {path}: it is not a regular file")
        if is_new:
            self.sync()
        return OsFile(descriptor, name, path)

    def temporary(self) -> OsFile:
        """See `Directory.temporary`."""
        path = self._join(_NAMELESS)
        try:
            descriptor = _open_nameless(self._path)
        except OSError as error:
            raise disk_error(error, "make", path) from error
        return OsFile(descriptor, _NAMELESS, path)

    def exists(self, name: str) -> bool:
        """See `Directory.exists`."""
        return os.path.isfile(self._join(name))

    def names(self) -> list[str]:
        """See `Directory.names`."""
        try:
            with os.scandir(self._path) as entries:
                return sorted(entry.name for entry in entries if entry.is_file())
        except OSError as error:
            raise disk_error(error, "list", self._path) from error

    def remove(self, name: str) -> None:
        """See `Directory.remove`."""
        self._change("remove", name)
        try:
            os.remove(self._join(name))
        except OSError as error:
            raise disk_error(error, "remove", self._join(name)) from error

    def rename(self, old: str, new: str) -> None:
        """See `Directory.rename`."""
        self._change("rename", old)
        try:
            os.replace(self._join(old), self._join(new))
        except OSError as error:
            raise disk_error(error, "rename", self._join(old)) from error
        self.sync()

    def sync(self) -> None:
        """See `Directory.sync`; where directories cannot be synced, the system does it itself."""
        if sys.platform == "win32":
            return
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise disk_error(error, "sync", self._path) from error

    def locks(self, name: str) -> OsByteLocks:
        """See `Directory.locks`."""
        path = self._join(name)
        try:
            descriptor = self._open_to_lock(path)
        except OSError as error:
            raise disk_error(error, "lock", path) from error
        return OsByteLocks(descriptor, path, shares=self._read_only)

    def words(self, name: str, *, create: bool = False) -> Words:
        """See `Directory.words`."""
        path = self._join(name)
        if create:
            self._change("share", name)
        try:
            return open_words(path, read_only=self._read_only, create=create)
        except (OSError, ValueError) as error:
            raise DiskError(f"cannot share {path}: {error}") from error

    def leave_note(self, name: str, content: bytes) -> None:
        """See `Directory.leave_note`."""
        self._change("write", name)
        path = self._join(name)
        try:
            with open(f"{path}~", "wb") as file:
                file.write(content)
            os.replace(f"{path}~", path)
        except OSError as error:
            raise disk_error(error, "write", path) from error

    def note(self, name: str) -> bytes:
        """See `Directory.note`."""
        path = self._join(name)
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise disk_error(error, "read", path) from error

    def child(self, name: str, *, create: bool = False) -> OsDirectory:
        """See `Directory.child`."""
        path = self._join(name)
        if not os.path.isdir(path):
            if not create or self._read_only:
                raise DiskError(f"cannot open {path}: there is no such directory")
            try:
                os.mkdir(path, 0o755)
            except FileExistsError as error:
                if not os.path.isdir(path):
                    raise disk_error(error, "make the directory", path) from error
            except OSError as error:
                raise disk_error(error, "make the directory", path) from error
            self.sync()
        return OsDirectory(path, read_only=self._read_only)

    def has_child(self, name: str) -> bool:
        """See `Directory.has_child`."""
        return os.path.isdir(self._join(name))

    def remove_child(self, name: str) -> None:
        """See `Directory.remove_child`."""
        self._change("remove", name)
        path = self._join(name)
        if not os.path.isdir(path):
            return
        try:
            for folder, children, files in os.walk(path, topdown=False):
                for file in files:
                    os.remove(os.path.join(folder, file))
                for child in children:
                    os.rmdir(os.path.join(folder, child))
            os.rmdir(path)
        except OSError as error:
            raise disk_error(error, "remove", path) from error
        self.sync()

    def _join(self, name: str) -> str:
        assert os.path.basename(name) == name, "names are plain: no separators"
        return os.path.join(self._path, name)

    def _change(self, action: str, name: str) -> None:
        if self._read_only:
            raise DiskError(f"cannot {action} {self._join(name)}: it was opened for reading only")

    def _open_to_lock(self, path: str) -> int:
        if self._read_only:
            return os.open(path, os.O_RDONLY | _BINARY)
        return os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o644)


class OsFile:
    """A file of the file system; see `File`."""

    __slots__ = ("_descriptor", "_mutex", "_path", "_view", "name")

    def __init__(self, descriptor: int, name: str, path: str) -> None:
        self.name = name
        self._path = path
        self._descriptor = descriptor
        self._view = memoryview(b"")
        self._mutex = threading.Lock()

    def size(self) -> int:
        """See `File.size`."""
        try:
            return os.fstat(self._open_descriptor()).st_size
        except OSError as error:
            raise disk_error(error, "look at", self._path) from error

    def read_at(self, offset: int, count: int) -> bytes:
        """See `File.read_at`."""
        descriptor = self._open_descriptor()
        try:
            data = self._pread(descriptor, count, offset)
            if len(data) == count:
                return data
            pieces = [data]
            missing = count - len(data)
            # One call gives at most 2 GiB, and a network file system may give less than asked for.
            while data and missing > 0:
                data = self._pread(descriptor, missing, offset + count - missing)
                pieces.append(data)
                missing -= len(data)
        except OSError as error:
            raise disk_error(error, "read", self._path) from error
        return b"".join(pieces)

    def write_at(self, offset: int, data: Buffer) -> None:
        """See `File.write_at`."""
        descriptor = self._open_descriptor()
        try:
            written = self._pwrite(descriptor, data, offset)
            view = memoryview(data)
            count = view.nbytes
            if written < count:
                view = view.cast("B")
                while written < count:
                    written += self._pwrite(descriptor, view[written:], offset + written)
        except OSError as error:
            raise disk_error(error, "write", self._path) from error

    def sync(self) -> None:
        """See `File.sync`."""
        descriptor = self._open_descriptor()
        try:
            if sys.platform == "darwin":
                # fsync there only hands the bytes to the drive, which keeps them in its cache.
                fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            elif sys.platform == "win32":
                os.fsync(descriptor)
            else:
                os.fdatasync(descriptor)
        except OSError as error:
            raise disk_error(error, "sync", self._path) from error

    def truncate(self, size: int) -> None:
        """See `File.truncate`."""
        with self._mutex:
            if size < len(self._view):
                self._view = memoryview(b"")
            try:
                os.truncate(self._open_descriptor(), size)
            except OSError as error:
                raise disk_error(error, "truncate", self._path) from error

    def preallocate(self, size: int) -> None:
        """See `File.preallocate`."""
        with self._mutex:
            current = self.size()
            if size <= current:
                return
            descriptor = self._open_descriptor()
            try:
                if not _reserve(descriptor, current, size):
                    os.truncate(descriptor, size)
            except OSError as error:
                raise disk_error(error, "extend", self._path) from error

    def map(self, offset: int, count: int) -> memoryview:
        """See `File.map`; costs a slice, and one system call each time the file has grown."""
        end = offset + count
        view = self._view
        if end > len(view):
            view = self._map_again(end)
        return view[offset:end]

    def close(self) -> None:
        """See `File.close`."""
        with self._mutex:
            if self._descriptor >= 0:
                descriptor, self._descriptor = self._descriptor, -1
                # Views handed out hold the mapping; dropping ours leaves it to them.
                self._view = memoryview(b"")
                try:
                    os.close(descriptor)
                except OSError as error:
                    raise disk_error(error, "close", self._path) from error

    def _map_again(self, end: int) -> memoryview:
        """Map the whole file as it is now; older mappings live on while somebody holds a view of them."""
        with self._mutex:
            if end > len(self._view):
                size = self.size()
                if end > size:
                    raise DiskError(f"cannot map {self._path} up to {end}: it ends at {size}")
                try:
                    mapping = mmap.mmap(self._open_descriptor(), size, access=mmap.ACCESS_READ)
                except (OSError, ValueError) as error:
                    raise DiskError(f"cannot map {self._path}: {error}") from error
                self._view = memoryview(mapping)
            return self._view

    def _open_descriptor(self) -> int:
        descriptor = self._descriptor
        if descriptor < 0:
            raise ClosedError(f"{self._path} was closed")
        return descriptor

    if sys.platform == "win32":

        def _pread(self, descriptor: int, count: int, offset: int) -> bytes:
            with self._mutex:
                os.lseek(descriptor, offset, os.SEEK_SET)
                return os.read(descriptor, count)

        def _pwrite(self, descriptor: int, data: Buffer, offset: int) -> int:
            with self._mutex:
                os.lseek(descriptor, offset, os.SEEK_SET)
                return os.write(descriptor, data)

    else:
        _pread = staticmethod(os.pread)
        _pwrite = staticmethod(os.pwrite)


def _open_nameless(folder: str) -> int:
    """A file without a name, or one that loses it at once; else the system removes it at the end."""
    if hasattr(os, "O_TMPFILE"):
        try:
            return os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600)
        except OSError as error:
            if error.errno not in (*_NOT_SUPPORTED, errno.EISDIR, errno.ENOENT):
                raise
    delete_at_end: int = getattr(os, "O_TEMPORARY", 0)
    descriptor, path = tempfile.mkstemp(prefix=_NAMELESS, dir=folder)
    if delete_at_end:
        os.close(descriptor)
        return os.open(path, os.O_RDWR | _BINARY | delete_at_end)
    os.remove(path)
    return descriptor


def _reserve(descriptor: int, current: int, size: int) -> bool:
    """Extend with space set aside; False where the system has no such thing."""
    if not hasattr(os, "posix_fallocate"):
        return False
    try:
        os.posix_fallocate(descriptor, current, size - current)
    except OSError as error:
        if error.errno in _NOT_SUPPORTED:
            return False
        # Half an extension may have happened; give back what there is of it.
        os.truncate(descriptor, current)
        raise
    return True
