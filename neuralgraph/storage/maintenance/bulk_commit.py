"""A transaction that created very many nodes, and nothing else, is committed as a bulk load.

Its rows go straight into the segments of the next base: they never become deltas, which take several times
their memory, and no checkpoint writes them once more. To everybody else it is one commit like any other.

It needs what a bulk load needs: nobody else may write at that moment, and no later ids may be in the base.
Where that is not so, the commit goes the usual way.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import DatabaseLockedError, DeadlockError, LockTimeoutError
from neuralgraph.storage.maintenance.bulk_load import NODE_ROWS_MAX
from neuralgraph.storage.maintenance.parts_commit import commit_in_parts
from neuralgraph.storage.transactions.locks import GATE
from neuralgraph.storage.transactions.spilling import AllChanges
from neuralgraph.storage.versions.attaching import attach_nodes
from neuralgraph.storage.versions.changes import CreateNode, CreateNodes
from neuralgraph.values import Column
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from neuralgraph.storage.maintenance.bulk_load import Loader
    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.transactions.locks import LockOwner
    from neuralgraph.storage.versions import Base
    from neuralgraph.storage.versions.changes import Change

_PARTS_MAX: Final = 256
"""With more runs of equal nodes than that, deltas take them more quickly."""


@record
class Rows:
    """Nodes with consecutive ids, the same labels and the same keys."""

    first_id: int
    count: int
    labels: tuple[str, ...]
    columns: Mapping[str, Sequence[Any]]


def commit_as_load(
    loader: Loader,
    owner: LockOwner,
    changes: Sequence[Change],
    check: Callable[[CommitPipeline], None] | None,
) -> int | None:
    """Commit the changes of a transaction as one load.

    Args:
        loader: the engine's, with the metadata and the time of the transaction.
        owner: of its locks; it holds the gate, and has it for itself afterwards.
        changes: its write set; one that was spilled is committed by `parts_commit`.
        check: what a commit is checked with once nobody else can commit.

    Returns:
        The txid; None where it has to be committed the usual way, and nothing has happened.

    Raises:
        ConflictError, ConstraintViolationError: as `check` says.
        DiskError: nothing was committed.
    """
    room = loader.manager.room
    if room is not None and isinstance(changes, AllChanges):
        return commit_in_parts(loader, changes, check, room.part_bytes)
    rows = _rows_of(changes)
    if rows is None or len(loader.manager.locks.holders(GATE)) > 1:
        return None
    with ExitStack() as stack:
        try:
            state = stack.enter_context(loader.alone(owner))
        except (LockTimeoutError, DeadlockError, DatabaseLockedError):
            return None
        if check is not None:
            check(loader.manager.pipeline)
        if rows[0].first_id < state.base.node_limit:
            return None
        return loader.commit(_attached(loader, state.base, state.txid + 1, rows))


def _rows_of(changes: Sequence[Change]) -> list[Rows] | None:
    """The nodes in runs; None where these are too many, or not in order of their ids."""
    parts: list[Rows] = []
    for run in _runs(changes):
        parts.append(_joined(run))
        if len(parts) > _PARTS_MAX:
            return None
    ends = [part.first_id + part.count for part in parts]
    is_ascending = all(part.first_id >= end for part, end in zip(parts[1:], ends[:-1], strict=True))
    return parts if is_ascending else None


def _runs(changes: Sequence[Change]) -> Iterator[list[CreateNodes]]:
    """Changes whose nodes follow each other and look alike, together."""
    run: list[CreateNodes] = []
    held = 0
    for change in changes:
        if type(change) is CreateNode:
            values = {key: [value] for key, value in change.properties.items()}
            one = CreateNodes(change.id, 1, change.labels, values)
        else:
            assert isinstance(change, CreateNodes)
            one = change
        last = run[-1] if run else None
        if last is not None and (
            last.first_id + last.count != one.first_id
            or last.labels != one.labels
            or last.properties.keys() != one.properties.keys()
            or held + one.count > NODE_ROWS_MAX
        ):
            yield run
            run, held = [], 0
        run.append(one)
        held += one.count
    if run:
        yield run


def _joined(run: list[CreateNodes]) -> Rows:
    first = run[0]
    columns = {
        key: [value for part in run for value in part.properties[key]] for key in first.properties
    }
    return Rows(first.first_id, sum(part.count for part in run), first.labels, columns)


def _attached(loader: Loader, base: Base, txid: int, rows: list[Rows]) -> list[Base]:
    """A base for each part, the last with all of them; none is kept when one fails."""
    made: list[Base] = []
    try:
        for part in rows:
            columns = {key: Column.of_values(values) for key, values in part.columns.items()}
            base = attach_nodes(
                base, part.first_id, part.labels, columns, part.count, txid, loader.blocks
            )
            made.append(base)
    except BaseException:
        loader.pins.discard(*made)
        raise
    return made
