"""Moments: views of the graph as it was.

    at base.txid or later    the deltas still hold every version: the same base and deltas, read at that txid
    earlier                  the base patched by its history: `HistoricalBase`

A few views are kept, because a historical base gets quicker the more it is read.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import HistoryPrunedError, QueryArgumentError
from neuralgraph.storage.versions import Catalog, GraphView
from neuralgraph.storage.versions.catalog import past_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.versions import State
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.values import IdArray

VIEWS_MAX: Final = 8


class Moments:
    """Finds and keeps views of the past of one engine; thread-safe."""

    __slots__ = ("_base", "_latch", "_pipeline", "_views")

    def __init__(self, pipeline: CommitPipeline) -> None:
        self._pipeline = pipeline
        self._latch = threading.Lock()
        self._base: BaseReader | None = None
        self._views: dict[int, GraphView] = {}

    def view(self, *, txid: int | None = None, timestamp_us: int | None = None) -> GraphView:
        """The graph after commit `txid`, or after the last commit not later than `timestamp_us`.

        Raises:
            QueryArgumentError: both or neither are given, or there is no such commit yet.
        """
        if (txid is None) == (timestamp_us is None):
            raise QueryArgumentError("a moment is a transaction id or a time")
        # Commits before state: the list may then only be older than the state, which does no harm.
        commits = self._pipeline.commits
        state = self._pipeline.state
        if timestamp_us is not None:
            if timestamp_us >= state.timestamp_us:
                return state.view
            count = bisect_right(commits, timestamp_us, key=lambda commit: commit.timestamp_us)
            txid = commits[count - 1].txid if count else state.base.commits.txid_at(timestamp_us)
            if txid == 0:
                raise QueryArgumentError(
                    "the moment is before the first transaction; the history begins later",
                    detail="MomentBeforeHistory",
                )
        assert txid is not None
        if txid == state.txid:
            return state.view
        if not 0 <= txid < state.txid:
            raise QueryArgumentError(
                f"there is no transaction {txid} yet; the last one is {state.txid}",
                detail="UnknownTransaction",
            )
        return self._kept(state, txid)

    def published(self, state: State) -> None:
        """This is what is newest: views of another base are found no more, and would only keep its blocks."""
        # In the middle of a commit: whoever has the latch may be at it for long, and the next one sees to it.
        if self._base not in (None, state.base) and self._latch.acquire(blocking=False):
            try:
                if self._base is not state.base:
                    self._views, self._base = {}, None
            finally:
                self._latch.release()

    def forget(self) -> None:
        """Let go of all views."""
        with self._latch:
            self._views, self._base = {}, None

    def _kept(self, state: State, txid: int) -> GraphView:
        with self._latch:
            if self._base is not state.base:
                self._base, self._views = state.base, {}
            view = self._views.pop(txid, None)
            if view is None or (view.layers and view.layers[0] is not state.deltas):
                view = self._make(state, txid)
            self._views[txid] = view  # the one used last is the last one
            while len(self._views) > VIEWS_MAX:
                del self._views[next(iter(self._views))]
            return view

    def _make(self, state: State, txid: int) -> GraphView:
        first = state.base.commits.contents_from - 1
        if txid < min(first, state.base.txid):
            raise HistoryPrunedError(first)
        # Plans are cached by version: one that knows an index must not be used where it is unknown.
        version = past_version(state.catalog.version, txid)
        if txid < state.base.txid:
            from neuralgraph.storage.versions.history_view import HistoricalBase

            past = HistoricalBase(state.base, txid)
            return GraphView(past, (), txid, Catalog.of_base(past, state.catalog.names, version))
        view = GraphView(state.base, (state.deltas,), txid, state.catalog)
        counts = _Counts(view.scan_nodes), _Counts(view.scan_edges)
        view.catalog = state.catalog.at(state.base, txid, version, *counts)
        return view


class _Counts(Mapping[str | None, int]):
    """Counts of a view, found by scanning it, each when it is first asked for."""

    def __init__(self, scan: Callable[[str | None], Iterator[IdArray]]) -> None:
        self._scan = scan
        self._known: dict[str | None, int] = {}

    def __getitem__(self, name: str | None) -> int:
        count = self._known.get(name)
        if count is None:
            count = self._known[name] = sum(map(len, self._scan(name)))
        return count

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
