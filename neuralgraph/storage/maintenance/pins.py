"""BasePins: which blocks of the file are still needed by somebody.

A block is needed by the manifest that the next opening will find, by the bulk load in the log from which
a replay would go on, by the base of the current state, and by every older base that a reader still holds.
Readers hold bases by reference, so an old base is done with when Python lets go of it; its blocks are given
back then, at the next checkpoint.

Arrays may lie in the file itself: whoever keeps one must keep the view that it came from, or copy it.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from neuralgraph.storage.versions import Base

if TYPE_CHECKING:
    from neuralgraph.storage.disk import BlockFile, BlockRef


class PinnedBase(Base):
    """A base that can be watched."""

    __slots__ = ("__weakref__",)


class BasePins:
    """Keeps account of bases and their blocks; used by one thread at a time."""

    __slots__ = ("_blocks", "_held", "_logged", "_published")

    def __init__(self, blocks: BlockFile) -> None:
        self._blocks = blocks
        self._held: list[tuple[weakref.ref[PinnedBase], frozenset[BlockRef]]] = []
        self._published: frozenset[BlockRef] = frozenset()
        self._logged: frozenset[BlockRef] = frozenset()

    def pin(self, base: Base) -> PinnedBase:
        """The same base, watched from now on."""
        pinned = PinnedBase(base.parts)
        self._held.append((weakref.ref(pinned), frozenset(base.block_refs())))
        return pinned

    def published(self, base: Base) -> None:
        """The header leads to this base now, and no longer to the one before."""
        before = self._published | self._logged
        self._published, self._logged = frozenset(base.block_refs()), frozenset()
        self._release(before)

    def logged(self, base: Base) -> None:
        """A record that is on the disk leads to this base: a replay begins there, until one is published."""
        before, self._logged = self._logged, frozenset(base.block_refs())
        self._release(before)

    def begin(self, published: Base, logged: Base | None) -> None:
        """At the opening: the header leads to this base, and the log's newest bulk load to the other."""
        self._published = frozenset(published.block_refs())
        if logged is not None:
            self._logged = frozenset(logged.block_refs())

    def keep_only(self, needed: set[BlockRef]) -> None:
        """At the opening: all other blocks are free, though a base that replay passed by had them."""
        self._held = [(held, refs & needed) for held, refs in self._held]

    def reclaim(self) -> int:
        """Give back the blocks of bases that nobody holds any more; how many there were."""
        gone: set[BlockRef] = set()
        still: list[tuple[weakref.ref[PinnedBase], frozenset[BlockRef]]] = []
        for held, refs in self._held:
            if held() is None:
                gone |= refs
            else:
                still.append((held, refs))
        self._held = still
        return self._release(frozenset(gone))

    def discard(self, base: Base) -> None:
        """A base that was made and never shown to anyone."""
        self._release(frozenset(base.block_refs()))

    def _release(self, refs: frozenset[BlockRef]) -> int:
        needed = self._published.union(self._logged, *(held for _, held in self._held))
        free = refs - needed
        self._blocks.release(free)
        return len(free)
