"""UnmappedFile: a file that is read where others map it.

A page of a mapping that the disk cannot deliver ends the process by a signal; a read that fails is an error.
A salvage, which is made for such disks, pays for that with memory: what it hands out are copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import DiskError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from neuralgraph.storage.disk.files import File


class UnmappedFile:
    """See `files.File`; nothing can be written."""

    __slots__ = ("_file", "name")

    def __init__(self, file: File) -> None:
        self._file = file
        self.name = file.name

    def size(self) -> int:
        """See `File.size`."""
        return self._file.size()

    def read_at(self, offset: int, count: int) -> bytes:
        """See `File.read_at`."""
        return self._file.read_at(offset, count)

    def write_at(self, _offset: int, _data: Buffer) -> None:
        """Refuse."""
        raise self._refused()

    def sync(self) -> None:
        """Refuse."""
        raise self._refused()

    def truncate(self, _size: int) -> None:
        """Refuse."""
        raise self._refused()

    def preallocate(self, _size: int) -> None:
        """Refuse."""
        raise self._refused()

    def map(self, offset: int, count: int) -> memoryview:
        """See `File.map`; a copy."""
        data = self._file.read_at(offset, count)
        if len(data) < count:
            raise DiskError(
                f"cannot read {self.name} up to {offset + count}: it ends at {offset + len(data)}"
            )
        return memoryview(data)

    def close(self) -> None:
        """See `File.close`."""
        self._file.close()

    def _refused(self) -> DiskError:
        return DiskError(f"{self.name} is open to be salvaged: nothing is written to it")
