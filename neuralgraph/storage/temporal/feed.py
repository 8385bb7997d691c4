"""The change feed: commits in order, from any txid on; whoever keeps the last txid may go on there.

Commits that a checkpoint folded come out of the base, younger ones out of the log. A bulk load did not go
through the log row by row: its commit is put together from what was born in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import HistoryPrunedError
from neuralgraph.storage.temporal.differences import changes_between
from neuralgraph.storage.temporal.touched import touched_between
from neuralgraph.storage.transactions.commit_codec import unpacked
from neuralgraph.storage.versions import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.versions import Change

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
                changes = unpacked(found.content) if found.content else _loaded(engine, found.txid)
                yield Commit(found.txid, found.timestamp_us, changes, found.metadata)
                txid = found.txid
            continue
        del state, log  # who waits between two commits should hold no base
        commits = engine.logged_commits(txid, LOGGED_COMMITS_MAX)
        if not commits:
            return
        for commit in commits:
            yield commit
            txid = commit.txid


def _loaded(engine: Engine, txid: int) -> Sequence[Change]:
    state = engine.state
    touched = touched_between(state, txid - 1, txid)
    before, after = engine.reader_at(txid=txid - 1), engine.reader_at(txid=txid)
    return changes_between(before, after, touched)
