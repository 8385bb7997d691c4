"""FaultyDirectory: a directory in memory whose disk fails when told to, and which can lose its power.

Every operation that can fail is counted by all files of a directory and its children together, so that a test
can fail the first, then the second, ... until its scenario goes through::

    for number in count(1):
        directory = FaultyDirectory(fail_at=number)
        try:
            scenario(directory)
        except DiskError:
            pass
        check(directory.after_crash(random.Random(number)))
        if not directory.has_failed:
            break

What a crash leaves: everything that was synced, and of each write since then all, nothing, or some of its
512-byte sectors. Names are durable when created or renamed (as `Directory` promises); a removal that was not
followed by a `sync` may come back. What a failed sync was to save may be lost though later syncs succeed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk import MemoryDirectory

if TYPE_CHECKING:
    from random import Random

    from typing_extensions import Buffer

    from neuralgraph.storage.disk import ByteLocks, File, Words

Operation = Literal["open", "write", "sync", "map", "read", "extend", "truncate", "name"]
Fault = Literal["failing", "full", "short", "power"]
ALL_OPERATIONS: frozenset[Operation] = frozenset(
    ("open", "write", "sync", "map", "read", "extend", "truncate", "name")
)
SECTOR_BYTES = 512


class PowerLossError(Exception):
    """The machine lost its power: nothing works any more."""


@dataclass
class Schedule:
    """Counts operations and says which one fails; shared by a directory, its files and children."""

    fail_at: int | None
    fault: Fault
    operations: frozenset[Operation]
    is_persistent: bool
    count: int = 0
    has_failed: bool = False
    log: list[tuple[Operation, str]] = field(default_factory=list)

    def step(self, operation: Operation, name: str) -> bool:
        """Count one operation; True when it has to write half and then fail.

        Raises:
            DiskError: it fails.
            PowerLossError: here the power goes.
        """
        self.log.append((operation, name))
        if self.has_failed and self.fault == "power":
            raise PowerLossError
        if operation not in self.operations:
            return False
        self.count += 1
        is_due = self.count == self.fail_at or (self.is_persistent and self.has_failed)
        if not is_due:
            return False
        self.has_failed = True
        if self.fault in ("short", "power") and operation == "write":
            return True
        self.give_up(operation, name)
        return False

    def give_up(self, operation: Operation, name: str) -> None:
        """Fail as the schedule says."""
        if self.fault == "power":
            raise PowerLossError
        reason = "the disk is full" if self.fault == "full" else "Input/output error"
        raise DiskError(f"cannot {operation} {name}: {reason}")


@dataclass
class Durability:
    """What of a file is on the disk, and what has been done to it since.

    Attributes:
        safe: contents at the last sync.
        pending: (offset, bytes) of writes, or a new size, in order.
        doubtful: pending of a sync that failed; no later sync saves it.
    """

    safe: bytes = b""
    pending: list[tuple[int, bytes] | int] = field(default_factory=list)
    doubtful: list[tuple[int, bytes] | int] = field(default_factory=list)

    def after_crash(self, random: Random | None) -> bytes:
        """One of the contents that a crash may leave; without `random`, only what was synced."""
        contents = bytearray(self.safe)
        if random is None:
            return bytes(contents)
        for change in (*self.doubtful, *self.pending):
            if isinstance(change, int):
                if random.random() < 0.5:
                    _resize(contents, change)
                continue
            offset, data = change
            fate = random.choice(("kept", "lost", "torn"))
            if fate == "lost":
                continue
            sectors = _sectors(offset, data)
            for start, piece in (
                sectors if fate == "kept" else random.sample(sectors, len(sectors) // 2)
            ):
                _put(contents, start, piece)
        return bytes(contents)


class FaultyDirectory:
    """A `Directory`; see the module.

    Args:
        fail_at: which operation fails, from 1; None for none.
        fault: ``failing`` (EIO), ``full`` (ENOSPC), ``short`` (a write stops half way), ``power``.
        operations: which operations count.
        is_persistent: after the first failure all counted operations fail.
        start: contents to begin with, all of it safe.
    """

    def __init__(
        self,
        *,
        fail_at: int | None = None,
        fault: Fault = "failing",
        operations: frozenset[Operation] = ALL_OPERATIONS,
        is_persistent: bool = False,
        start: MemoryDirectory | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self.schedule = schedule or Schedule(fail_at, fault, operations, is_persistent)
        self._inner = start or MemoryDirectory()
        self._files: dict[str, Durability] = {}
        self._removed: dict[str, Durability] = {}
        self._children: dict[str, FaultyDirectory] = {}
        for name in self._inner.names():
            self._files[name] = Durability(contents_of(self._inner, name))

    @property
    def has_failed(self) -> bool:
        """Has the fault happened?"""
        return self.schedule.has_failed

    @property
    def label(self) -> str:
        """See `Directory`."""
        return self._inner.label

    def after_crash(self, random: Random | None = None) -> MemoryDirectory:
        """What the next start finds: a directory of its own, without faults."""
        found = MemoryDirectory()
        files = dict(self._files)
        if random is not None:
            for name, durability in self._removed.items():
                if name not in files and random.random() < 0.5:
                    files[name] = durability
        for name, durability in files.items():
            put_contents(found, name, durability.after_crash(random))
        for name, child in self._children.items():
            _copy(child.after_crash(random), found.child(name, create=True))
        return found

    # ── Directory ─────────────────────────────────────────────────────────────────────────────

    def open(self, name: str, *, create: bool = False) -> FaultyFile:
        """See `Directory`."""
        self.schedule.step("open", name)
        inner = self._inner.open(name, create=create)
        return FaultyFile(inner, self._files.setdefault(name, Durability()), self.schedule)

    def temporary(self) -> FaultyFile:
        """See `Directory`; a crash leaves nothing of it."""
        self.schedule.step("open", "temporary")
        return FaultyFile(self._inner.temporary(), Durability(), self.schedule)

    def exists(self, name: str) -> bool:
        """See `Directory`."""
        return self._inner.exists(name)

    def names(self) -> list[str]:
        """See `Directory`."""
        return self._inner.names()

    def remove(self, name: str) -> None:
        """See `Directory`."""
        self.schedule.step("name", name)
        self._inner.remove(name)
        self._removed[name] = self._files.pop(name, Durability())

    def rename(self, old: str, new: str) -> None:
        """See `Directory`."""
        self.schedule.step("name", old)
        self._inner.rename(old, new)
        self._files[new] = self._files.pop(old, Durability())

    def sync(self) -> None:
        """See `Directory`."""
        self.schedule.step("sync", self.label)
        self._removed.clear()

    def locks(self, name: str) -> ByteLocks:
        """See `Directory`."""
        self.schedule.step("open", name)
        self._files.setdefault(name, Durability())
        return self._inner.locks(name)

    def words(self, name: str, *, create: bool = False) -> Words:
        """See `Directory`."""
        self.schedule.step("open", name)
        return _MortalWords(self._inner.words(name, create=create), self.schedule)

    def leave_note(self, name: str, content: bytes) -> None:
        """See `Directory`."""
        self.schedule.step("write", name)
        self._inner.leave_note(name, content)

    def note(self, name: str) -> bytes:
        """See `Directory`."""
        self.schedule.step("read", name)
        return self._inner.note(name)

    def child(self, name: str, *, create: bool = False) -> FaultyDirectory:
        """See `Directory`."""
        if name not in self._children or not self._inner.has_child(name):
            self.schedule.step("name", name)
            inner = self._inner.child(name, create=create)
            self._children[name] = FaultyDirectory(start=inner, schedule=self.schedule)
        return self._children[name]

    def has_child(self, name: str) -> bool:
        """See `Directory`."""
        return self._inner.has_child(name)

    def remove_child(self, name: str) -> None:
        """See `Directory`."""
        self.schedule.step("name", name)
        self._inner.remove_child(name)
        self._children.pop(name, None)


class _MortalWords:
    """Words that a process without power changes no more."""

    def __init__(self, inner: Words, schedule: Schedule) -> None:
        self._inner = inner
        self._schedule = schedule

    def __getitem__(self, place: int) -> int:
        return self._inner[place]

    def __setitem__(self, place: int, value: int) -> None:
        if not (self._schedule.has_failed and self._schedule.fault == "power"):
            self._inner[place] = value


class FaultyFile:
    """A `File`; see the module."""

    def __init__(self, inner: File, durability: Durability, schedule: Schedule) -> None:
        self.name = inner.name
        self._inner = inner
        self._durability = durability
        self._schedule = schedule

    def size(self) -> int:
        """See `File`."""
        return self._inner.size()

    def read_at(self, offset: int, count: int) -> bytes:
        """See `File`."""
        self._schedule.step("read", self.name)
        return self._inner.read_at(offset, count)

    def write_at(self, offset: int, data: Buffer) -> None:
        """See `File`."""
        content = bytes(memoryview(data).cast("B"))
        is_short = self._schedule.step("write", self.name)
        if is_short:
            content = content[: len(content) // 2]
        self._inner.write_at(offset, content)
        self._durability.pending.append((offset, content))
        if is_short:
            self._schedule.give_up("write", self.name)

    def sync(self) -> None:
        """See `File`."""
        durability = self._durability
        try:
            self._schedule.step("sync", self.name)
        except DiskError:
            durability.doubtful += durability.pending
            durability.pending = []
            raise
        contents = bytearray(durability.safe)
        for change in durability.pending:
            if isinstance(change, int):
                _resize(contents, change)
            else:
                _put(contents, *change)
        durability.safe = bytes(contents)
        durability.pending = []

    def truncate(self, size: int) -> None:
        """See `File`."""
        self._schedule.step("truncate", self.name)
        self._inner.truncate(size)
        self._durability.pending.append(size)

    def preallocate(self, size: int) -> None:
        """See `File`."""
        self._schedule.step("extend", self.name)
        if size > self._inner.size():
            self._inner.preallocate(size)
            self._durability.pending.append(size)

    def map(self, offset: int, count: int) -> memoryview:
        """See `File`."""
        self._schedule.step("map", self.name)
        return self._inner.map(offset, count)

    def close(self) -> None:
        """See `File`."""
        self._inner.close()


def contents_of(directory: MemoryDirectory, name: str) -> bytes:
    """All bytes of a file."""
    file = directory.open(name)
    contents = file.read_at(0, file.size())
    file.close()
    return contents


def put_contents(directory: MemoryDirectory, name: str, contents: bytes) -> None:
    """Make a file hold these bytes and no more."""
    file = directory.open(name, create=True)
    file.truncate(0)
    file.write_at(0, contents)
    file.close()


def flip_bit(directory: MemoryDirectory, name: str, offset: int, bit: int = 0) -> None:
    """Damage one bit of a file."""
    file = directory.open(name)
    (byte,) = file.read_at(offset, 1)
    file.write_at(offset, bytes([byte ^ (1 << bit)]))
    file.close()


def _copy(source: MemoryDirectory, target: MemoryDirectory) -> None:
    for name in source.names():
        put_contents(target, name, contents_of(source, name))


def _sectors(offset: int, data: bytes) -> list[tuple[int, bytes]]:
    """A write, cut where the file's sectors begin."""
    pieces = []
    start = 0
    while start < len(data):
        stop = min(len(data), start + SECTOR_BYTES - (offset + start) % SECTOR_BYTES)
        pieces.append((offset + start, data[start:stop]))
        start = stop
    return pieces


def _put(contents: bytearray, offset: int, data: bytes) -> None:
    _resize(contents, max(len(contents), offset + len(data)))
    contents[offset : offset + len(data)] = data


def _resize(contents: bytearray, size: int) -> None:
    if size < len(contents):
        del contents[size:]
    else:
        contents.extend(bytes(size - len(contents)))
