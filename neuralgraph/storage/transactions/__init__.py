"""transactions: many writers, one order.

    transaction     Transaction: a snapshot with its own changes on top; implements GraphWriter
    write_set       its changes, and the layer that shows them
    locks           LockTable: who may write what; finds deadlocks
    conflicts       the first committer wins
    others          the same between processes, whose locks do not meet
    turns           CommitTurns: the commit lock of all processes
    constraints     unique, exists, type, key; schema_changes makes and drops them
    commit          CommitPipeline: check, propose, wait, apply, publish
    commit_queue    CommitQueue: commits that come while one is under way go together next
    commit_codec    a commit <-> log records
    apply           the one way in which a commit becomes state
    replication     Replicator, the seam to the log or to a cluster
    ids             ids that are final when they are given out
    manager         TransactionManager: what the transactions of one engine share

Invariants: a commit is seen whole or not at all, only once it is durable, and after all commits before it;
a write that raises has changed nothing; locks are held to the end.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.storage.transactions.apply import apply_commit
    from neuralgraph.storage.transactions.commit import CommitPipeline
    from neuralgraph.storage.transactions.commit_codec import CommitReader
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.storage.transactions.replication import LocalReplicator, Replicator
    from neuralgraph.storage.transactions.transaction import Transaction
else:
    __getattr__ = door(
        __name__,
        apply="apply_commit",
        commit="CommitPipeline",
        commit_codec="CommitReader",
        manager="TransactionManager",
        replication="LocalReplicator Replicator",
        transaction="Transaction",
    )

__all__ = [
    "CommitPipeline",
    "CommitReader",
    "LocalReplicator",
    "Replicator",
    "Transaction",
    "TransactionManager",
    "apply_commit",
]
