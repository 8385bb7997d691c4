"""The change feed: commits in order, from any txid on; whoever keeps the last txid may go on there.

Commits that a checkpoint folded come out of the base, younger ones out of the log. A bulk load did not go
through the log row by row: its commit is put together from what was born in it, as its changes are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, overload

import numpy as np

from neuralgraph.errors import HistoryPrunedError
from neuralgraph.storage.temporal.differences import created_edges, created_nodes
from neuralgraph.storage.temporal.touched import touched_between
from neuralgraph.storage.transactions.commit_codec import unpacked
from neuralgraph.storage.versions import Commit
from neuralgraph.storage.versions.changes import Change, one_by_one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.versions.base_commits import CommitTime
    from neuralgraph.values import IdArray

PIECE_CHANGES: Final = 4_096
"""So many changes of a bulk load are made at a time."""

LOGGED_COMMITS_MAX: Final = 1_000
"""So many commits of the log are held at a time."""


def commits_since(engine: Engine, txid: int) -> Iterator[Commit]:
    """Commits younger than `txid`, oldest first, up to the newest when the last one is taken.

    Raises:
        HistoryPrunedError: retention let go of some of them.
    """
    while True:
        state = engine.state
        log = state.base.commits
        if txid < state.base.txid:
            if txid + 1 < log.contents_from:
                raise HistoryPrunedError(log.contents_from)
            for found in log.after(txid):
                if found.content:
                    yield _with(found, unpacked(found.content))
                else:
                    loaded = LoadedChanges(engine, found.txid)
                    yield Commit(found.txid, found.timestamp_us, loaded, found.metadata)
                txid = found.txid
            continue
        del state, log  # who waits between two commits should hold no base
        commits = engine.logged_commits(txid, LOGGED_COMMITS_MAX)
        if not commits:
            return
        for commit in commits:
            yield _with(commit, commit.changes)
            txid = commit.txid


def _with(commit: Commit | CommitTime, changes: Sequence[Change]) -> Commit:
    """The commit with its changes, each about one entity."""
    listed = list(one_by_one(changes))
    return Commit(commit.txid, commit.timestamp_us, listed, commit.metadata)


class LoadedChanges(Sequence[Change]):
    """What a bulk load did: a change for each node, then for each relationship; made when they are read.

    It holds the graph as it was after the load, and 8 bytes for each change.
    """

    __slots__ = ("_edges", "_nodes", "_view")

    def __init__(self, engine: Engine, txid: int) -> None:
        touched = touched_between(engine.state, txid - 1, txid)
        self._nodes: IdArray = np.unique(touched.nodes[0])
        self._edges: IdArray = np.unique(touched.edges[0])
        self._view = engine.reader_at(txid=txid)

    def __len__(self) -> int:
        return len(self._nodes) + len(self._edges)

    @overload
    def __getitem__(self, place: int) -> Change: ...

    @overload
    def __getitem__(self, place: slice) -> list[Change]: ...

    def __getitem__(self, place: int | slice) -> Change | list[Change]:
        if isinstance(place, int):
            if not -len(self) <= place < len(self):
                raise IndexError(place)
            return self._between(place % len(self), place % len(self) + 1)[0]
        start, stop, step = place.indices(len(self))
        if step == 1:
            return self._between(start, stop)
        return [self[one] for one in range(start, stop, step)]

    def __iter__(self) -> Iterator[Change]:
        for start in range(0, len(self), PIECE_CHANGES):
            yield from self._between(start, start + PIECE_CHANGES)

    def _between(self, start: int, stop: int) -> list[Change]:
        count = len(self._nodes)
        nodes = self._nodes[start:stop].tolist()
        edges = self._edges[max(0, start - count) : max(0, stop - count)].tolist()
        return created_nodes(self._view, nodes) + created_edges(self._view, edges)
