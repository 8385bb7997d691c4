"""What other processes committed since a snapshot: does it stand in the way of a commit?

The locks of a process keep its own transactions off each other; other processes know nothing of them. So in
its turn, when nobody else commits, a write set is checked against all that came from them: the first
committer wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import ConflictError
from neuralgraph.storage.transactions.conflicts import require_same_schema, validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.transactions.conflicts import Generation
    from neuralgraph.storage.transactions.constraints import ConstraintChecker
    from neuralgraph.storage.versions import State
    from neuralgraph.storage.versions.changes import Change


def check_against_others(
    snapshot: State,
    generation: Generation,
    changes: Sequence[Change],
    checker: ConstraintChecker | None,
    pipeline: CommitPipeline,
) -> None:
    """Raise when a commit of another process is in the way.

    Args:
        snapshot: what the transaction began with.
        generation: the deltas that were current then.
        changes: its write set.
        checker: of its constraints, if there are any.
        pipeline: caught up with everybody.

    Raises:
        ConflictError: the same entity or the schema was changed first, or so much was that nobody knows.
        ConstraintViolationError: a value that has to be unique was taken first.
    """
    if pipeline.foreign_txid <= snapshot.txid:
        return
    require_same_schema(pipeline.state, snapshot)
    if pipeline.gap_txid > snapshot.txid:
        raise ConflictError(("the graph",), pipeline.gap_txid)
    validate(changes, generation, snapshot.txid)
    if checker is not None:
        checker.check_unique_again(pipeline.state)
