"""Recovery: open = the newest manifest and the tail of the log.

    header slot ──▶ manifest ──▶ Base, as of base.txid
    log: commits up to base.txid are in the base already and pass by;
         later ones go through `apply_commit`, like any other commit;
         a transaction without its Commit never happened;
         the last lease says which ids may be in somebody's hands

Nothing is written before all of it has succeeded, but for what the log itself does to a torn tail (it sets
it aside). A log that does not continue the base is damage, and said to be.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk import RecordKind
from neuralgraph.storage.disk.values_codec import decode
from neuralgraph.storage.transactions.apply import (
    apply_commit,
    attach,
    fresh_deltas,
    is_load,
    without_data,
)
from neuralgraph.storage.transactions.commit_codec import CommitReader
from neuralgraph.storage.versions import Catalog, State
from neuralgraph.storage.versions.changes import AttachSegments, size_of
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.storage.disk import KeptRecords, LogRecord, LogStore, SegmentedLog, TornTail
    from neuralgraph.storage.versions import Base
    from neuralgraph.storage.versions.changes import Commit


@record
class RecoveryReport:
    """What an opening did.

    Attributes:
        base_txid: what the newest manifest holds.
        txid: what the graph holds after replay.
        replayed_commits, replayed_changes: out of the log.
        aborted: txids that had begun and not committed.
        torn: the tail of the log that was set aside, or None.
    """

    base_txid: int
    txid: int
    replayed_commits: int = 0
    replayed_changes: int = 0
    aborted: tuple[int, ...] = ()
    torn: TornTail | None = None


@record
class Recovered:
    """What the engine begins with.

    Attributes:
        commits: those that the log holds beyond the base, oldest first, without data.
        node_start, edge_start: the least ids that were never leased.
    """

    state: State
    commits: list[Commit]
    node_start: int
    edge_start: int
    report: RecoveryReport

    @property
    def leased(self) -> tuple[int, int]:
        """Node and edge ids from here on are nobody's."""
        return self.node_start, self.edge_start


def state_of(base: Base, version: int = 1) -> State:
    """The state that a base alone makes; `version` is its catalogue's."""
    catalog = Catalog.of_base(base, version=version)
    timestamp_us = base.commits.timestamp_of(base.txid) or 0
    return State(base, fresh_deltas(base, catalog), base.txid, timestamp_us, catalog)


def recover(
    base: Base,
    log: SegmentedLog | KeptRecords,
    open_base: Callable[[bytes], Base],
    *,
    on_loss: Callable[[str, str], None] | None = None,
    version: int = 1,
) -> Recovered:
    """Replay the log over the base.

    Args:
        base: what the manifest holds.
        log: the commits since, and some of those before.
        open_base: makes a base from the manifest that a bulk load logged.
        on_loss: told where the log cannot be used from, and why; without it that is raised. With it a gap
            in front of a bulk load does no harm: its manifest describes all that there was.
        version: where those of the catalogues begin.

    Raises:
        CorruptionError: the log is damaged, or commits between it and the base are missing.
    """
    torn = log.torn
    replay = _Replay(state_of(base, version), open_base, on_loss)
    try:
        replay.run(log)
    except Exception as error:
        if on_loss is None:
            raise
        after = replay.state.txid
        on_loss("the log", f"what comes after transaction {after} cannot be used: {error}")
    state = replay.state
    node_start, edge_start = base.parts.next_ids
    return Recovered(
        state,
        replay.commits,
        max(node_start, replay.node_start, state.base.node_limit, state.deltas.node_limit),
        max(edge_start, replay.edge_start, state.base.edge_limit, state.deltas.edge_limit),
        RecoveryReport(
            base.txid,
            state.txid,
            replay.commits_count,
            replay.changes_count,
            tuple(replay.aborted),
            torn,
        ),
    )


def _gap(last_txid: int, commit: Commit, entry: LogRecord) -> CorruptionError:
    return CorruptionError(
        f"transactions {last_txid + 1} to {commit.txid - 1} are neither in the file nor in the log",
        where=f"log record {entry.index}",
    )


class _Replay:
    """Walks the log once, then applies what it found."""

    def __init__(
        self,
        state: State,
        open_base: Callable[[bytes], Base],
        on_loss: Callable[[str, str], None] | None,
    ) -> None:
        self.state = state
        self._on_loss = on_loss
        self.commits: list[Commit] = []
        self.changes_count = 0
        self.commits_count = 0
        self.node_start = 0
        self.edge_start = 0
        self.aborted: list[int] = []
        self._open_base = open_base
        self._waiting: deque[Commit] = deque()

    def run(self, log: LogStore | KeptRecords) -> None:
        """Replay; what came before damage is applied all the same."""
        try:
            self._walk(log)
        finally:
            while self._waiting:
                self._apply(self._waiting.popleft())

    def _walk(self, log: LogStore | KeptRecords) -> None:
        reader = CommitReader()
        last_txid = self.state.txid
        gap: CorruptionError | None = None
        for entry in log.read(log.first_index):
            if entry.kind == RecordKind.LEASE:
                node_limit, edge_limit = decode(entry.payload)
                self.node_start = max(self.node_start, node_limit)
                self.edge_start = max(self.edge_start, edge_limit)
                continue
            if entry.txid and entry.txid <= last_txid:
                continue
            commit = reader.take(entry)
            if commit is None:
                continue
            if commit.txid != last_txid + 1:
                gap = gap or _gap(last_txid, commit, entry)
                if self._on_loss is None:
                    raise gap
                if not is_load(commit):
                    continue
            if gap is not None:
                assert self._on_loss is not None
                what = f"what was there then is in the bulk load of transaction {commit.txid}"
                self._on_loss("the log", f"{gap}; {what}")
                gap = None
            last_txid = commit.txid
            self.commits_count += 1
            self.changes_count += sum(map(size_of, commit.changes))
            if is_load(commit):
                # Its base has all that came before it. The blocks of an earlier load may be overwritten.
                self._waiting.clear()
            self._waiting.append(commit)
        if gap is not None:
            raise gap
        self.aborted = reader.aborted
        if reader.unfinished is not None:
            self.aborted.append(reader.unfinished)

    def _apply(self, commit: Commit) -> None:
        if is_load(commit):
            (change,) = commit.changes
            assert isinstance(change, AttachSegments)
            base = self._open_base(change.manifest)
            self.state = attach(self.state, base, commit.txid, commit.timestamp_us)
            return
        self.state = apply_commit(self.state, commit, self._open_base)
        self.commits.append(without_data(commit))
