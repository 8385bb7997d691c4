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
    """A base that can be watched."""

    __slots__ = ("__weakref__",)


class _Held(NamedTuple):
    base: weakref.ref[PinnedBase]
    refs: frozenset[BlockRef]
    epoch: int


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

    __slots__ = ("_blocks", "_folder", "_held", "_logged", "_mutex", "_published", "_retired",
                 "_sharing")  # fmt: skip

    def __init__(self, blocks: BlockFile, sharing: Sharing, folder: Directory | None) -> None:
        self._blocks = blocks
        self._sharing = sharing
        self._folder = folder
        self._mutex = threading.Lock()
        self._held: list[_Held] = []
        self._retired: list[_Retired] = []
        self._published: frozenset[BlockRef] = frozenset()
        self._logged: frozenset[BlockRef] = frozenset()

    # ── who needs what ────────────────────────────────────────────────────────────────────────

    def pin(self, base: Base, epoch: int | None = None) -> PinnedBase:
        """The same base, watched from now on.

        Args:
            base: with blocks that are there.
            epoch: one at which it was current; None is the oldest that this process pins, which keeps
                the blocks of every base that came since.
        """
        pinned = PinnedBase(base.parts)
        if epoch is None:
            epoch = max(0, self._sharing.pinned_epoch)
        held = _Held(weakref.ref(pinned, self._let_go), frozenset(base.block_refs()), epoch)
        with self._mutex:
            self._held.append(held)
        return pinned

    def pin_new(self, base: Base) -> PinnedBase:
        """`pin` for a base that was made just now."""
        return self.pin(base, self._sharing.words[EPOCH])

    def published(self, base: Base) -> None:
        """The header leads to this base now, and no longer to the one before."""
        before = self._published | self._logged
        self._published, self._logged = frozenset(base.block_refs()), frozenset()
        self._release(before)

    def logged(self, base: Base) -> None:
        """A record that is on the disk leads to this base: a replay begins there, until one is published."""
        before, self._logged = self._logged, frozenset(base.block_refs())
        self._release(before)

    def found_logged(self, base: Base) -> None:
        """`logged` for a bulk load of another process; frees nothing."""
        self._logged = frozenset(base.block_refs())

    def begin(self, published: Base, logged: Base | None) -> None:
        """The header leads to this base, and the log's newest bulk load to the other; frees nothing."""
        self._published = frozenset(published.block_refs())
        self._logged = frozenset() if logged is None else frozenset(logged.block_refs())

    def keep_only(self, needed: set[BlockRef]) -> None:
        """At the opening: all other blocks are free, though a base that replay passed by had them."""
        with self._mutex:
            self._held = [held._replace(refs=held.refs & needed) for held in self._held]

    def reclaim(self) -> int:
        """Give back the blocks of bases that nobody holds any more; how many there were."""
        gone: set[BlockRef] = set()
        with self._mutex:
            for held in self._held:
                if held.base() is None:
                    gone |= held.refs
            self._held = [held for held in self._held if held.base() is not None]
            self._advance()
        return self._release(frozenset(gone))

    def settle(self) -> None:
        """Forget the bases that nobody holds any more; another process will give back their blocks."""
        with self._mutex:
            self._held = [held for held in self._held if held.base() is not None]
            self._advance()

    def discard(self, base: Base) -> None:
        """A base that was made and never shown to anyone."""
        self._blocks.release(frozenset(base.block_refs()) - self._needed())

    def _needed(self) -> frozenset[BlockRef]:
        with self._mutex:
            return self._published.union(self._logged, *(held.refs for held in self._held))

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

    # ── other processes ───────────────────────────────────────────────────────────────────────

    def will_publish(self, base: Base) -> None:
        """Note what the header will no longer lead to, in case this process does not come to free it.

        Raises:
            DiskError: the note cannot be written.
        """
        if self._sharing.is_shared:
            displaced = self._needed() - frozenset(base.block_refs())
            self._note([*self._retired, _Retired(self._sharing.words[EPOCH], displaced)])

    def take_over(self) -> None:
        """Another process did upkeep, or died in it: find out what is free.

        Raises:
            CorruptionError: what is needed cannot be there.
            DiskError: the note cannot be read or written.
        """
        needed = self._needed()
        retired = self._noted()
        if retired is None:
            self._retired = []
            self._blocks.use_nothing_free()
            return
        self._retired = [
            _Retired(epoch, refs - needed)
            for epoch, refs in retired
            if self._sharing.is_pinned(epoch) and not refs <= needed
        ]
        self._note_all()
        self._blocks.use(needed.union(*(refs for _, refs in self._retired)))

    def _release(self, refs: frozenset[BlockRef]) -> int:
        free = refs - self._needed()
        if not self._sharing.is_shared:
            self._blocks.release(free)
            return len(free)
        if free:
            words = self._sharing.words
            self._retired.append(_Retired(words[EPOCH], free))
            words[EPOCH] += 1
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
        current = self._published | self._logged
        with self._mutex:
            old = frozenset[BlockRef]().union(*(held.refs for held in self._held)) - current
        self._note([*self._retired, _Retired(self._sharing.words[EPOCH], old)])

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
