"""Disk: plays back what a `RecordingDirectory` wrote down, and says what a power cut may leave at any point.

What a disk promises, and no more than that:

- a sector of 512 bytes is old or new, never a mixture; each sector of each unsynced write may have reached
  the disk or not, whatever was written before or after it (a later write may be there, an earlier one not);
- a file's size may be any of those it had since its last sync; what was not written reads as zero;
- a name that was made, changed or removed is so, or not, until its folder was synced, each on its own: a new
  file may be gone though its bytes were synced, and a removed one may be back.

A `Cut` chooses among all these: everything lost, everything kept, everything in order up to some point, or
each by the dice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.support.recording_directory import (
    CHILD_INODE,
    Event,
    Linked,
    Marked,
    NamesSynced,
    Renamed,
    Resized,
    Synced,
    Unlinked,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.support.recording_directory import Image

SECTOR_BYTES = 512
Cut = Literal["lost", "kept", "prefix", "dice"]
CUTS: tuple[Cut, ...] = ("lost", "kept", "prefix", "dice", "dice", "dice")
"""What a sampled state is made by; the dice find most, so they are thrown most."""


@dataclass(slots=True)
class Contents:
    """A file: what is safe, and what was done since."""

    safe: bytes = b""
    pending: list[Written | Resized] = field(default_factory=list)

    def now(self) -> bytes:
        """With everything that was done."""
        return played(self.safe, self.pending)

    def after(self, cut: Cut, random: Random) -> bytes:
        """What a power cut leaves."""
        if not self.pending or cut == "lost":
            return self.safe
        if cut == "kept":
            return self.now()
        if cut == "prefix":
            return self._prefix(random)
        kept: list[Written | Resized] = []
        keep = random.choice((0.2, 0.5, 0.9))
        for change in self.pending:
            if isinstance(change, Resized):
                if random.random() < 0.7:
                    kept.append(change)
            else:
                sectors = sectors_of(change)
                if random.random() < 0.3:  # in one piece, or not at all
                    kept.extend(sectors if random.random() < keep else ())
                else:
                    kept.extend(sector for sector in sectors if random.random() < keep)
        return played(self.safe, kept)

    def _prefix(self, random: Random) -> bytes:
        """Everything in order up to some point, the last write perhaps in part."""
        place = random.randrange(len(self.pending) + 1)
        kept = self.pending[:place]
        if place < len(self.pending):
            torn = self.pending[place]
            if isinstance(torn, Written):
                sectors = sectors_of(torn)
                kept.extend(sectors[: random.randrange(len(sectors) + 1)])
        return played(self.safe, kept)


@dataclass(slots=True)
class Names:
    """The names in a folder: what is safe, and what was done since."""

    safe: dict[str, int] = field(default_factory=dict)
    pending: list[Linked | Renamed | Unlinked] = field(default_factory=list)

    def now(self) -> dict[str, int]:
        """With everything that was done."""
        return named(self.safe, self.pending)

    def after(self, cut: Cut, random: Random) -> dict[str, int]:
        """What a power cut leaves."""
        if cut == "lost":
            return dict(self.safe)
        if cut == "kept":
            return self.now()
        if cut == "prefix":
            return named(self.safe, self.pending[: random.randrange(len(self.pending) + 1)])
        return named(self.safe, [change for change in self.pending if random.random() < 0.5])


class Disk:
    """A disk at some point of its recorded life."""

    def __init__(self) -> None:
        self.files: dict[int, Contents] = {}
        self.folders: dict[str, Names] = {"": Names()}

    @property
    def is_quiet(self) -> bool:
        """Is everything safe, so that a power cut can leave one state only?"""
        return not any(names.pending for names in self.folders.values()) and not any(
            contents.pending for contents in self.files.values()
        )

    def play(self, event: Event) -> None:
        """The next event."""
        match event:
            case Written(inode) | Resized(inode):
                self.files[inode].pending.append(event)
            case Synced(inode):
                contents = self.files[inode]
                contents.safe, contents.pending = contents.now(), []
            case Linked(folder, name, inode):
                if inode == CHILD_INODE:
                    self.folders.setdefault(f"{folder}/{name}", Names())
                else:
                    self.files.setdefault(inode, Contents())
                self.folders[folder].pending.append(event)
            case Renamed(folder) | Unlinked(folder):
                self.folders[folder].pending.append(event)
            case NamesSynced(folder):
                names = self.folders[folder]
                names.safe, names.pending = names.now(), []
            case Marked():
                return

    def after_power_cut(self, cut: Cut, random: Random) -> Image:
        """One of the states that may be found."""
        found: Image = {}
        self._folder("", cut, random, found)
        return found

    def _folder(self, path: str, cut: Cut, random: Random, found: Image) -> None:
        files: dict[str, bytes] = {}
        found[path] = files
        for name, inode in self.folders[path].after(cut, random).items():
            if inode == CHILD_INODE:
                self._folder(f"{path}/{name}", cut, random, found)
            else:
                files[name] = self.files[inode].after(cut, random)


def played(safe: bytes, changes: Sequence[Written | Resized]) -> bytes:
    """Contents after these changes."""
    if not changes:
        return safe
    contents = bytearray(safe)
    for change in changes:
        if isinstance(change, Resized):
            size = change.size
            if size < len(contents):
                del contents[size:]
            else:
                contents.extend(bytes(size - len(contents)))
        else:
            gap = change.offset - len(contents)
            if gap > 0:
                contents.extend(bytes(gap))
            contents[change.offset : change.offset + len(change.data)] = change.data
    return bytes(contents)


def named(safe: dict[str, int], changes: Sequence[Linked | Renamed | Unlinked]) -> dict[str, int]:
    """Names after these changes; those that make no sense without an earlier one are passed over."""
    names = dict(safe)
    for change in changes:
        match change:
            case Linked(_, name, inode):
                names[name] = inode
            case Renamed(_, old, new):
                if old in names:
                    names[new] = names.pop(old)
            case Unlinked(_, name):
                names.pop(name, None)
    return names


def sectors_of(write: Written) -> list[Written | Resized]:
    """A write, cut where the sectors of its file begin."""
    inode, offset, data = write
    pieces: list[Written | Resized] = []
    start = 0
    while start < len(data):
        stop = min(len(data), start + SECTOR_BYTES - (offset + start) % SECTOR_BYTES)
        pieces.append(Written(inode, offset + start, data[start:stop]))
        start = stop
    return pieces
