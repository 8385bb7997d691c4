"""The change feed: commits in order, from any txid on; whoever keeps the last txid may go on there.

Commits that a checkpoint folded come out of the base, younger ones out of the log; what did not go through
the log is put together by `loaded_changes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import HistoryPrunedError, QueryArgumentError
from neuralgraph.storage.temporal.loaded_changes import LoadedChanges
from neuralgraph.storage.transactions.commit_codec import unpacked
from neuralgraph.storage.versions import Commit
from neuralgraph.storage.versions.changes import Change, one_by_one

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.versions.base_commits import CommitTime

LOGGED_COMMITS_MAX: Final = 1_000
"""So many commits of the log are held at a time."""


def commits_since(engine: Engine, txid: Any) -> Iterator[Commit]:
    """Commits younger than `txid`, oldest first, up to the newest when the last one is taken.

    Raises:
        QueryArgumentError: `txid` is no transaction, and not 0.
        HistoryPrunedError: retention let go of some of them.
    """
    if not isinstance(txid, int) or txid < 0:
        raise QueryArgumentError(
            f"changes are asked for since a transaction, or since 0 for all of them, not {txid!r}"
        )
    return _commits_since(engine, txid)


def _commits_since(engine: Engine, txid: int) -> Iterator[Commit]:
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
