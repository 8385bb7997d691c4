"""Locks and shared memory of the operating system; see `byte_locks`.

Linux has locks that belong to an open file (`F_OFD_SETLK`): a child that was forked shares them until it
closes its copy, and two openings in one process are two owners. Elsewhere on POSIX the locks belong to the
process (`lockf`), and end when it closes *any* descriptor of the file; Windows locks byte ranges for one
handle. Only the first is tested.
"""
# One system call a method: a Path object for each would only be unpacked again.

from __future__ import annotations

import errno
import mmap
import os
import struct
import sys
import threading
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk.byte_locks import WORDS_COUNT

if TYPE_CHECKING:
    from neuralgraph.storage.disk.byte_locks import Words

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_OFFSET: Final = 0x7FFF_0000
"""Where the places begin: beyond what anybody reads, for the locks of Windows are mandatory."""
_WORDS_BYTES: Final = 8 * WORDS_COUNT
_TAKEN: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_FLOCK: Final = struct.Struct("hhqqi")
"""struct flock: type, whence, start, length, pid; the padding is the machine's own."""


class OsByteLocks:
    """See `ByteLocks`.

    Args:
        descriptor: of the file; ours from now on.
        path: for messages.
        shares: the descriptor is for reading only: locks are shared ones, which keep out who wants to write.
    """

    __slots__ = ("_descriptor", "_mutex", "_path", "_shares")

    def __init__(self, descriptor: int, path: str, *, shares: bool) -> None:
        self._descriptor = descriptor
        self._path = path
        self._shares = shares
        self._mutex = threading.Lock()

    def try_lock(self, place: int, count: int = 1) -> bool:
        """See `ByteLocks.try_lock`."""
        try:
            self._lock(place + _OFFSET, count)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            reason = error.strerror or str(error)
            raise DiskError(f"cannot lock {self._path}: {reason}") from error
        return True

    def unlock(self, place: int, count: int = 1) -> None:
        """See `ByteLocks.unlock`."""
        if self._descriptor >= 0:
            self._unlock(place + _OFFSET, count)

    def release(self) -> None:
        """See `ByteLocks.release`."""
        with self._mutex:
            if self._descriptor >= 0:
                descriptor, self._descriptor = self._descriptor, -1
                os.close(descriptor)

    def leave_to_parent(self) -> None:
        """See `ByteLocks.leave_to_parent`: they belong to the open file, of which this is a copy."""
        # Without the mutex: a thread that is not there any more may have held it.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    if sys.platform == "win32":

        def _lock(self, start: int, count: int) -> None:
            with self._mutex:
                os.lseek(self._descriptor, start, os.SEEK_SET)
                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, count)

        def _unlock(self, start: int, count: int) -> None:
            with self._mutex:
                os.lseek(self._descriptor, start, os.SEEK_SET)
                msvcrt.locking(self._descriptor, msvcrt.LK_UNLCK, count)

        def is_locked(self, place: int, count: int = 1) -> bool:
            """See `ByteLocks.is_locked`; told by trying."""
            if not self.try_lock(place, count):
                return True
            self.unlock(place, count)
            return False

    elif hasattr(fcntl, "F_OFD_SETLK"):

        def _lock(self, start: int, count: int) -> None:
            kind = fcntl.F_RDLCK if self._shares else fcntl.F_WRLCK
            fcntl.fcntl(
                self._descriptor,
                fcntl.F_OFD_SETLK,
                _FLOCK.pack(kind, os.SEEK_SET, start, count, 0),
            )

        def _unlock(self, start: int, count: int) -> None:
            fcntl.fcntl(
                self._descriptor,
                fcntl.F_OFD_SETLK,
                _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, start, count, 0),
            )

        def is_locked(self, place: int, count: int = 1) -> bool:
            """See `ByteLocks.is_locked`."""
            asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, place + _OFFSET, count, 0)
            told = fcntl.fcntl(self._descriptor, fcntl.F_OFD_GETLK, asked)
            return bool(_FLOCK.unpack(told)[0] != fcntl.F_UNLCK)

    else:

        def _lock(self, start: int, count: int) -> None:
            kind = fcntl.LOCK_SH if self._shares else fcntl.LOCK_EX
            fcntl.lockf(self._descriptor, kind | fcntl.LOCK_NB, count, start)

        def _unlock(self, start: int, count: int) -> None:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, count, start)

        def is_locked(self, place: int, count: int = 1) -> bool:
            """See `ByteLocks.is_locked`; told by trying, for own locks are never in the way."""
            probe = os.open(self._path, os.O_RDWR)
            try:
                fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB, count, place + _OFFSET)
            except OSError:
                return True
            finally:
                os.close(probe)
            return False


def open_words(path: str, *, read_only: bool, create: bool = False) -> Words:
    """The words in a file; they go when nobody refers to them.

    Args:
        path: of the file.
        read_only: only look at them.
        create: make it when it is absent, or was made by half. Nobody else may do that meanwhile.

    Raises:
        OSError, ValueError: the system refuses, or the file is not there, or not whole.
    """
    access = os.O_RDONLY if read_only else os.O_RDWR
    access |= os.O_CREAT if create else 0
    descriptor = os.open(path, access | getattr(os, "O_BINARY", 0), 0o644)
    try:
        if create and os.fstat(descriptor).st_size < _WORDS_BYTES:
            # Written, not only extended: a page without a place on a full disk would end the process.
            os.write(descriptor, bytes(_WORDS_BYTES))
        kind = mmap.ACCESS_READ if read_only else mmap.ACCESS_WRITE
        return memoryview(mmap.mmap(descriptor, _WORDS_BYTES, access=kind)).cast("Q")
    finally:
        os.close(descriptor)


def random_word() -> int:
    """62 bits by chance: a name that no other process takes."""
    return int.from_bytes(os.urandom(8), "little") >> 2
