"""BasePins: which blocks of the file are still needed by somebody.

A block is needed by the manifest that the next opening will find, by the bulk load in the log from which
a replay would go on, by the base of the current state, and by every older base that a reader still holds.
Readers hold bases by reference, so an old base is done with when Python lets go of it; its blocks are given
back then, at the next checkpoint.

Readers of other processes are known by epochs. Whenever blocks are retired (nobody will come to need them
any more) the epoch grows, and they keep the number it had: they are free once nobody pins an epoch up to it.
A process pins the oldest epoch at which a base that it holds was current. Whoever does upkeep next has to
know what is retired: a note in the log's folder tells him.

Arrays may lie in the file itself: whoever keeps one must keep the view that it came from, or copy it.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Final, NamedTuple

import msgpack

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk import BlockRef
from neuralgraph.storage.disk.sharing import EPOCH
from neuralgraph.storage.versions import Base

if TYPE_CHECKING:
    from neuralgraph.storage.disk import BlockFile, Directory, Sharing

RETIRED_NOTE: Final = "retired"


class PinnedBase(Base):
    """A base that can be watched.

    Attributes:
        refs: its blocks.
    """

    __slots__ = ("__weakref__", "refs")

    def __init__(self, base: Base) -> None:
        super().__init__(base.parts)
        self.refs = frozenset(base.block_refs())


class _Held(NamedTuple):
    base: weakref.ref[PinnedBase]
    refs: frozenset[BlockRef]
    epoch: int


class _Current(NamedTuple):
    """A base that an opening would need.

    Attributes:
        txid: its own; -1 where there is no such base.
    """

    txid: int
    refs: frozenset[BlockRef]


_NONE: Final = _Current(-1, frozenset())


class _Retired(NamedTuple):
    epoch: int
    refs: frozenset[BlockRef]


class BasePins:
    """Keeps account of bases and their blocks. Blocks are retired and freed by one thread at a time.

    Args:
        blocks: the file.
        sharing: who else may read it.
        folder: where notes for other processes go; None where there are no others.
    """

    __slots__ = ("_blocks", "_displaced", "_folder", "_held", "_logged", "_mutex", "_published", "_retired",
                 "_sharing")  # fmt: skip

    def __init__(self, blocks: BlockFile, sharing: Sharing, folder: Directory | None) -> None:
        self._blocks = blocks
        self._sharing = sharing
        self._folder = folder
        self._mutex = threading.Lock()
        self._held: list[_Held] = []
        self._retired: list[_Retired] = []
        self._published = self._logged = _NONE
        self._displaced = frozenset[BlockRef]()

    # ── who needs what ────────────────────────────────────────────────────────────────────────

    def pin(self, base: Base, epoch: int | None = None) -> PinnedBase:
        """The same base, watched from now on.

        Args:
            base: with blocks that are there.
            epoch: one at which it was current; None is the oldest that this process pins, which keeps
                the blocks of every base that came since.
        """
        pinned = PinnedBase(base)
        with self._mutex:
            if epoch is None:
                epoch = max(0, self._sharing.pinned_epoch)
            self._held.append(_Held(weakref.ref(pinned, self._let_go), pinned.refs, epoch))
        return pinned

    def pin_new(self, base: Base) -> PinnedBase:
        """`pin` for a base that was made just now."""
        return self.pin(base, self._sharing.words[EPOCH])

    def open_logged(self, described: bytes) -> PinnedBase:
        """What a bulk load in the log leads to: a replay would begin there, until a later one is published.

        Args:
            described: its manifest.
        """
        pinned = self.pin(Base.from_manifest(described, self._blocks))
        if pinned.txid > self._published.txid:
            self._logged = _Current(pinned.txid, pinned.refs)
        return pinned

    def found_published(self, base: PinnedBase) -> None:
        """What the header leads to, as it was read; frees nothing."""
        self._published = _Current(base.txid, base.refs)
        if self._logged.txid <= base.txid:
            self._logged = _NONE

    def renew(self, epoch: int) -> None:
        """What the header and the log lead to was current at this epoch: no older one is pinned for it."""
        current = (self._published.refs, self._logged.refs)
        with self._mutex:
            self._held = [
                held._replace(epoch=max(epoch, held.epoch))
                if any(held.refs is refs for refs in current)
                else held
                for held in self._held
            ]
            self._advance()

    def published(self, base: PinnedBase) -> None:
        """The header leads to this base now, and no longer to the one before."""
        self._displaced |= self.current()
        self.found_published(base)

    def logged(self, base: PinnedBase) -> None:
        """A record that is on the disk leads to this base, and no longer to the one before."""
        self._displaced |= self._logged.refs
        self._logged = _Current(base.txid, base.refs)

    def reclaim(self) -> int:
        """Give back blocks of bases that are not current, and that nobody holds any more; how many."""
        gone = self._displaced.union(*self._forget())
        self._displaced = frozenset()
        return self._release(gone)

    def settle(self) -> None:
        """Forget the bases that nobody holds any more; another process will give back their blocks."""
        self._displaced = frozenset()
        self._forget()

    def _forget(self) -> list[frozenset[BlockRef]]:
        """Watch the bases that are gone no longer; the blocks of each."""
        with self._mutex:
            gone = [held.refs for held in self._held if held.base() is None]
            self._held = [held for held in self._held if held.base() is not None]
            self._advance()
        return gone

    def discard(self, *bases: Base) -> None:
        """Bases that were made and never shown to anyone; steps to one another share blocks."""
        made = frozenset[BlockRef]().union(*(base.block_refs() for base in bases))
        self._blocks.release(made - self.needed())

    def withdraw(self, base: PinnedBase) -> None:
        """A base that was shown to nobody after all; whoever still refers to it, an error, reads nothing.

        Others may use its blocks from now on: none of them was told. Here they go with the next `reclaim`.
        """
        with self._mutex:
            self._held = [held for held in self._held if held.base() is not base]
            self._advance()
        self._displaced |= base.refs

    def current(self) -> frozenset[BlockRef]:
        """What an opening would need."""
        return self._published.refs | self._logged.refs

    def needed(self) -> frozenset[BlockRef]:
        """What an opening would need, and what is read in this process."""
        with self._mutex:
            return self.current().union(*(held.refs for held in self._held))

    def _let_go(self, _: object) -> None:
        """A base went. This may be in the middle of anything, so it only does what cannot wait for it."""
        if self._mutex.acquire(blocking=False):
            try:
                self._advance()
            finally:
                self._mutex.release()

    def _advance(self) -> None:
        """Pin no older epoch than has to be; the mutex is held."""
        epochs = [held.epoch for held in self._held if held.base() is not None]
        if epochs and min(epochs) > self._sharing.pinned_epoch >= 0:
            self._sharing.pin(min(epochs))

    def begin_alone(self) -> None:
        """Nobody else reads the file: what this process does not need is free.

        Raises:
            CorruptionError: what is needed cannot be there.
        """
        self._blocks.use(self.needed())

    # ── other processes ───────────────────────────────────────────────────────────────────────

    def will_publish(self, base: PinnedBase) -> None:
        """Note what the header will no longer lead to, in case this process does not come to retire it.

        Raises:
            DiskError: the note cannot be written.
        """
        self._note_before(base.refs & self.current())

    def will_keep(self, base: PinnedBase) -> None:
        """Note a base that this process is about to read, and that neither header nor log lead to.

        Raises:
            DiskError: the note cannot be written; the base is withdrawn.
        """
        try:
            self._note_before(self.current())
        except BaseException:
            self.withdraw(base)
            raise

    def will_log(self, base: PinnedBase) -> None:
        """The same for what the log will no longer lead to.

        Raises:
            DiskError: the note cannot be written.
        """
        self._note_before((base.refs & self.current()) | self._published.refs)

    def _note_before(self, current: frozenset[BlockRef]) -> None:
        # What comes may fail: then what it shares with a base that only this process reads is still read.
        if self._sharing.is_shared:
            old = (self.needed() | self._displaced) - current
            self._note([*self._retired, self._retired_now(old)])

    def take_over(self) -> None:
        """Another process did upkeep, or died in it: find out what is free.

        Raises:
            CorruptionError: what is needed cannot be there.
            DiskError: the note cannot be read or written.
        """
        # What this process read meanwhile and let go of, it has not pinned since: others may have used it.
        self.settle()
        needed = self.needed()
        retired = self._noted()
        if retired is None:
            # Then whatever is not needed may be read by somebody.
            self._blocks.use(needed)
            retired = [self._retired_now(self._blocks.free_refs())]
        self._retired = [
            _Retired(epoch, refs - needed)
            for epoch, refs in retired
            if self._sharing.is_pinned(epoch) and not refs <= needed
        ]
        self._note_all()
        self._blocks.use(needed.union(*(refs for _, refs in self._retired)))

    def _release(self, refs: frozenset[BlockRef]) -> int:
        free = refs - self.needed()
        if not self._sharing.is_shared:
            self._blocks.release(free)
            return len(free)
        if free:
            self._retired.append(self._retired_now(free))
            self._sharing.words[EPOCH] += 1
        return self._free_retired()

    def _free_retired(self) -> int:
        """Free what nobody can read any more."""
        before = self._retired
        freed: list[_Retired] = []
        self._retired = []
        for one in before:
            (self._retired if self._sharing.is_pinned(one.epoch) else freed).append(one)
        try:
            # First the note: what is written over must not be found in it.
            self._note_all()
        except DiskError:
            # The blocks can wait; what the upkeep was for has happened.
            self._retired = before
            return 0
        for one in freed:
            self._blocks.release(one.refs)
        return sum(len(one.refs) for one in freed)

    def _note_all(self) -> None:
        """What is retired, and what only readers of this process still need."""
        old = self._retired_now(self.needed() - self.current())
        self._note([*self._retired, old])

    def _retired_now(self, refs: frozenset[BlockRef]) -> _Retired:
        return _Retired(self._sharing.words[EPOCH], refs)

    def _note(self, retired: list[_Retired]) -> None:
        if self._folder is not None:
            told = [[epoch, [list(ref) for ref in refs]] for epoch, refs in retired if refs]
            self._folder.leave_note(RETIRED_NOTE, msgpack.packb(told))

    def _noted(self) -> list[_Retired] | None:
        """What the last upkeep left; None when it cannot be read."""
        if self._folder is None:
            return []
        content = self._folder.note(RETIRED_NOTE)
        if not content:
            return []
        try:
            told = msgpack.unpackb(content)
            return [
                _Retired(epoch, frozenset(BlockRef(*ref) for ref in refs)) for epoch, refs in told
            ]
        except (ValueError, TypeError, msgpack.UnpackException):
            return None
