"""Bulk loads: rows go straight into the segments of the next base; they are written once.

    gate       wait for writers, keep new ones out (readers go on)
    fold       when there are commits since the base
    check      values, ids and constraints, a column at a time
    attach     segments and index entries into free blocks of the file, synced
    commit     one log record with the manifest of the base that results

A load is one commit: seen whole or not at all, and nothing of it is left when it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access import ConstraintDefinition
from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.maintenance.bulk_checks import check_constraints, checked_columns
from neuralgraph.storage.transactions.interrupts import Uninterrupted
from neuralgraph.storage.transactions.locks import DELETE, GATE, LockOwner
from neuralgraph.storage.transactions.schema_changes import Duplicates
from neuralgraph.storage.transactions.transaction import Transaction
from neuralgraph.storage.versions.attaching import attach_edges, attach_nodes
from neuralgraph.storage.versions.base_commits import CommitTime
from neuralgraph.storage.versions.changes import AttachSegments
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.maintenance.pins import BasePins, PinnedBase
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.storage.versions import Base, State
    from neuralgraph.storage.versions.schema_history import Births
    from neuralgraph.values import Column, IdArray

Progress = Callable[[int, int], object]
"""Called with the rows done and the rows in all."""

NODE_ROWS_MAX: Final = 1 << 20
"""So many nodes are attached at a time, so that progress shows."""


@record
class Loader:
    """What a load needs of the engine.

    Attributes:
        flush: puts the log on the disk.
        timestamp_us: of the commit, where the caller gives it; else 0.
    """

    manager: TransactionManager
    blocks: BlockFile
    pins: BasePins
    fold: Callable[[], object]
    flush: Callable[[], object]
    metadata: Mapping[str, Any]
    timestamp_us: int
    progress: Progress | None

    def show(self, done: int, total: int) -> None:
        """Tell how far it is."""
        if self.progress is not None:
            self.progress(done, total)

    @contextmanager
    def alone(self, holder: LockOwner | None = None) -> Iterator[State]:
        """Keep writers out, those of other processes too; gives a state without deltas.

        Args:
            holder: a transaction that holds the gate already, and keeps it until it ends.

        Raises:
            QueryArgumentError: the time that the caller gives is before the last commit, or in the future.
            DatabaseLockedError: another process keeps us out.
        """
        owner = holder or LockOwner("a bulk load")
        manager = self.manager
        manager.locks.acquire(owner, GATE, DELETE)
        try:
            with manager.upkeep("a bulk load"):
                manager.pipeline.turns.hold()
                try:
                    if self.timestamp_us:
                        manager.pipeline.check_timestamp(self.timestamp_us)
                    state = manager.pipeline.state
                    if state.txid != state.base.txid:
                        self.fold()
                        state = manager.pipeline.state
                    yield state
                finally:
                    manager.pipeline.turns.let_go()
        finally:
            if holder is None:
                manager.locks.release_all(owner)

    def commit(self, made: Sequence[Base], *, births: Births | None = None) -> int:
        """Make the last of the bases the graph; the ones before it were steps on the way.

        `births` are since when names are used, where it is not that new names begin here.
        """
        pipeline = self.manager.pipeline
        txid, timestamp_us = made[-1].txid, self.timestamp_us or pipeline.next_timestamp_us()
        base: PinnedBase | None = None
        try:
            noted = CommitTime(txid, timestamp_us, self.metadata)
            commits = made[-1].commits.add([noted], self.blocks)
            births = births or self._births(made[-1])
            base = self.pins.pin_new(made[-1].replaced(commits=commits, births=births))
            self.blocks.sync()
            self.pins.will_log(base)
            with Uninterrupted():
                pipeline.commit(
                    [AttachSegments(base.to_manifest())],
                    self.metadata,
                    base=base,
                    timestamp_us=timestamp_us,
                )
        except BaseException:
            self._forget(made, base)
            raise
        # Whatever the durability: only once its record is safe may the blocks of the load before go.
        self.flush()
        self.pins.logged(base)
        self.pins.discard(*made[:-1])
        self.pins.reclaim()
        return txid

    def _births(self, base: Base) -> Births:
        """Names that the rows bring are born in this commit."""
        before = self.manager.pipeline.state.base
        return before.births.joined_by(
            (base.labels, base.edge_types, base.property_keys),
            (before.labels, before.edge_types, before.property_keys),
            base.txid,
        )

    def _forget(self, made: Sequence[Base], pinned: PinnedBase | None) -> None:
        # After a failed sync the log may hold the commit after all, and need the blocks.
        if self.manager.pipeline.failure is None:
            self.pins.discard(*made)
            if pinned is not None:
                self.pins.withdraw(pinned)


def load_nodes(
    loader: Loader, labels: Sequence[str], columns: Mapping[str, Column], *, key: str | None
) -> IdArray:
    """Add a node for each row.

    Args:
        loader: the engine's.
        labels: of every node.
        columns: properties by key, all of one length; null where absent.
        key: the property that tells the nodes of the first label apart; a unique constraint on it is
            made when there is none.

    Returns:
        The ids, one a row, ascending.

    Raises:
        QueryArgumentError: columns of different lengths, no such key, a null in it.
        QueryTypeError: a value that cannot be stored.
        ConstraintViolationError: a constraint does not hold, naming values; nothing was loaded.
        LockTimeoutError: somebody wrote for longer than `busy_timeout`.
    """
    count, columns = checked_columns(columns)
    if key is not None:
        _require_key(loader, labels, columns, key)
    with loader.alone() as state:
        ordered = _ordered(state, labels)
        check_constraints(state.view, "node", ordered, columns, count)
        node_ids = loader.manager.node_ids
        first_id = max(loader.manager.next_ids(is_last=True)[0], state.base.node_limit)
        ids = np.arange(first_id, first_id + count, dtype=np.int64)
        if count == 0:
            return ids
        loader.commit(_attach_rows(loader, state, first_id, ordered, columns, count))
        node_ids.skip_to(first_id + count)
        return ids


def _attach_rows(
    loader: Loader,
    state: State,
    first_id: int,
    labels: tuple[str, ...],
    columns: Mapping[str, Column],
    count: int,
) -> list[Base]:
    """A base for each run of rows, the last with all of them; none is kept when one fails."""
    made: list[Base] = []
    base: Base = state.base
    loader.show(0, count)
    try:
        for start in range(0, count, NODE_ROWS_MAX):
            stop = min(count, start + NODE_ROWS_MAX)
            rows = (
                columns
                if stop - start == count
                else {name: column.slice(start, stop) for name, column in columns.items()}
            )
            base = attach_nodes(
                base, first_id + start, labels, rows, stop - start, state.txid + 1, loader.blocks
            )
            made.append(base)
            loader.show(stop, count)
    except BaseException:
        loader.pins.discard(*made)
        raise
    return made


def _ordered(state: State, labels: Sequence[str]) -> tuple[str, ...]:
    return state.catalog.names.in_label_order(labels)


def load_relationships(
    loader: Loader,
    edge_type: str,
    columns: Mapping[str, Column],
    sources: IdArray,
    targets: IdArray,
) -> int:
    """Add an edge for each row. Ids are given in order of source and target, not of the rows.

    Args:
        loader: the engine's.
        edge_type: of every edge.
        columns: properties by key, as many rows as `sources`; null where absent.
        sources: node ids, one a row; `resolve_keys` finds them.
        targets: the same for the other ends.

    Returns:
        How many edges.

    Raises:
        QueryArgumentError: columns of different lengths, or an end that is no node.
        QueryTypeError, ConstraintViolationError, LockTimeoutError: as for `load_nodes`.
    """
    count, columns = checked_columns(columns, len(sources))
    if len(targets) != count:
        raise QueryArgumentError(f"there are {count} sources and {len(targets)} targets")
    with loader.alone() as state:
        _require_nodes(state, sources, targets)
        check_constraints(state.view, "edge", (edge_type,), columns, count)
        if count == 0:
            return 0
        edge_ids = loader.manager.edge_ids
        first_id = max(loader.manager.next_ids(is_last=True)[1], state.base.edge_limit)
        loader.show(0, count)
        base = attach_edges(
            state.base,
            edge_type,
            first_id,
            sources,
            targets,
            columns,
            state.txid + 1,
            loader.blocks,
        )
        loader.commit([base])
        edge_ids.skip_to(first_id + count)
        loader.show(count, count)
        return count


def _require_nodes(state: State, sources: IdArray, targets: IdArray) -> None:
    for ids in (sources, targets):
        known = state.base.node_exists(ids)
        if not known.all():
            missing = ids[~known][:5].tolist()
            raise QueryArgumentError(
                f"a relationship needs two nodes; there is no node with id {missing}",
                detail="UnknownNode",
            )


def _require_key(
    loader: Loader, labels: Sequence[str], columns: Mapping[str, Column], key: str
) -> None:
    """See to it that (label, key) is unique, before anything is loaded."""
    if not labels:
        raise QueryArgumentError("a key needs a label")
    if key not in columns:
        raise QueryArgumentError(f"the key {key} is not among the columns {sorted(columns)}")
    column, label = columns[key], labels[0]
    valid = column.valid
    if valid is not None and not valid.all():
        row = int(np.flatnonzero(~valid)[0])
        raise QueryArgumentError(f"the key {key} is null in row {row} (and perhaps in more)")
    for known in loader.manager.pipeline.state.catalog.constraints():
        if (
            known.kind in ("unique", "key")
            and known.entity == "node"
            and (known.label, known.keys) == (label, (key,))
        ):
            return
    constraint = ConstraintDefinition(f"{label}_{key}_unique", "unique", "node", label, (key,))
    # What is wrong with the rows is said before there is a constraint that nobody asked for.
    seen = Duplicates(constraint)
    seen.add_rows(columns[key])
    seen.require_none()
    transaction = Transaction(loader.manager, loader.metadata)
    transaction.timestamp_us = loader.timestamp_us
    try:
        transaction.create_constraint(constraint)
        transaction.commit()
    finally:
        transaction.rollback()
