"""SearchRun: a search index over the base; and what it needs to answer for a snapshot.

    SearchSource    the entities that an index covers, and their properties: what runs are made of
    SearchRun       immutable, stored: all entities of the base
    FreshEntries    what a kind of index makes of entities that changed since, so that it is made once
    Level           one layer of changes as a snapshot sees it: whose entries no longer hold, and what holds
                    instead
    Overlay         all layers over a run

A kind of index is a `SearchKind`; `search_kinds` lists them. Checkpoints, bulk loads, salvage, time
travel and the changes of transactions go through these protocols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, runtime_checkable

import numpy as np

from neuralgraph.access.reader import never_stopped
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from neuralgraph.access import IndexDefinition, SearchHits, SearchQuery, TermCount, TermRequest
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import Column, IdArray
    from neuralgraph.values.arrays import Int64Array

    Read = Callable[[IdArray], Sequence[Column]]
    """Entities, ascending, to a column for each key of the definition; null where absent."""


class SearchSource(NamedTuple):
    """Entities that carry a label (or are of a type) of an index, whatever their properties."""

    ids: IdArray
    """Ascending, each once."""
    read: Read
    """The properties of some of them."""
    txid: int = 0
    """Of the last commit that is in what is read; 0 where that does not matter."""


class FreshEntries(Protocol):
    """Entries of entities that changed, as the kind wants them; it only grows.

    An entity that changes again gets a new entry; which of them a snapshot sees is told by places. One
    thread adds at a time; any may read places that were given to it.
    """

    def add(self, source: SearchSource) -> Int64Array:
        """Make entries; gives the place of each entity's, -1 for what the index does not hold."""
        ...


class FreshRows(NamedTuple):
    """The entries of one level that hold."""

    entries: Any
    """The `FreshEntries` of the index's kind."""
    places: Int64Array
    """In `entries`; shape (rows,)."""
    ids: IdArray
    """Whose; ascending, each once; shape (rows,)."""


class Level(NamedTuple):
    """One layer of changes."""

    hidden: IdArray
    """Entities whose entries below do not hold; ascending, each once."""
    fresh: FreshRows


class Overlay(NamedTuple):
    """All that lies over a run."""

    hidden: IdArray
    """Entities of the run that do not count; ascending, each once."""
    fresh: tuple[FreshRows, ...]
    """What counts besides; no entity is in two of them."""


NO_OVERLAY: Final = Overlay(NO_IDS, ())


class SearchRun(Protocol):
    """A search index over the base; immutable, read by many threads."""

    @property
    def definition(self) -> IndexDefinition:
        """What it indexes."""
        ...

    @property
    def built_txid(self) -> int:
        """Of the last commit that is in it, or in the main part of it; 0: unknown."""
        ...

    @property
    def is_stored(self) -> bool:
        """Can it be described?"""
        ...

    @property
    def is_unfinished(self) -> bool:
        """Would the next checkpoint make it much quicker to search? Then one is begun soon."""
        ...

    def facts(self, overlay: Overlay = NO_OVERLAY) -> dict[str, Any]:
        """See `access.GraphReader.search_facts`; the overlay is the snapshot's."""
        ...

    def __len__(self) -> int:
        """How many entities it holds."""
        ...

    def search(
        self,
        query: SearchQuery,
        limit: int,
        overlay: Overlay,
        within: IdArray | None,
        read: Read,
        check: Callable[[], object] = never_stopped,
    ) -> SearchHits:
        """See `access.GraphReader.search`.

        Args:
            query: what is sought.
            limit: so many at most.
            overlay: what the snapshot has besides the run, or does not have of it.
            within: the entities that count, ascending; None: all.
            read: the properties that entities of the run have; for those that are not hidden.
            check: called before each step that may take long; it may raise to stop.
        """
        ...

    def path(self, limit: int, overlay: Overlay, candidates: int | None, *, exact: bool) -> str:
        """See `access.GraphReader.search_path`; the overlay is the snapshot's."""
        ...

    def changed(self, hidden: IdArray, source: SearchSource, blocks: BlockFile | None) -> SearchRun:
        """The run without some entities, plus those of a source; stored, if there are blocks.

        With nothing to change it is the run itself, or a stored copy of one that was made in memory.
        """
        ...

    def problems(self, source: SearchSource) -> Iterator[str]:
        """What does not agree with the data, of which `source` has all."""
        ...

    def descriptor(self) -> Any:
        """What `SearchKind.read` makes it from again; plain values, block references as lists."""
        ...

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        ...


@runtime_checkable
class TermSource(Protocol):
    """A run that has terms."""

    def terms(self, request: TermRequest, overlay: Overlay, read: Read) -> Sequence[TermCount]:
        """See `access.GraphReader.search_terms`; for the others as `SearchRun.search`."""
        ...


class SearchKind(Protocol):
    """A kind of search index."""

    def build(
        self, definition: IndexDefinition, source: SearchSource, blocks: BlockFile | None
    ) -> SearchRun:
        """A run over all of a source; in memory without blocks."""
        ...

    def read(self, definition: IndexDefinition, descriptor: Any, blocks: BlockFile) -> SearchRun:
        """The run that a descriptor tells of; reads nothing yet."""
        ...

    def fresh(self, definition: IndexDefinition) -> FreshEntries:
        """An empty store of entries."""
        ...


def overlay_of(levels: Sequence[Level]) -> Overlay:
    """Levels, lowest first, as one."""
    if len(levels) == 1:
        return Overlay(levels[0].hidden, (levels[0].fresh,))
    hidden = NO_IDS
    fresh: list[FreshRows] = []
    # From above: a level has the last word about the entities that it touches.
    for level in reversed(levels):
        entries, places, ids = level.fresh
        if len(hidden):
            keep = np.isin(ids, hidden, assume_unique=True, invert=True)
            places, ids = places[keep], ids[keep]
        fresh.append(FreshRows(entries, places, ids))
        hidden = level.hidden if len(hidden) == 0 else np.union1d(hidden, level.hidden)
    return Overlay(hidden, tuple(fresh))
