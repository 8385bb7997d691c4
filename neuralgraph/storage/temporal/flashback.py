"""Flashback: what commits did, undone by a new commit, which can be undone itself.

    flash_back   the whole data as it was at a moment
    undo         one transaction, where no later one stands in the way

Ids are those of before: what was deleted comes back as itself. Indexes and constraints come and go with the
data, and constraints are held against what is there at the end, so that values may change places on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import (
    ConstraintViolationError,
    FlashbackConflictError,
    QueryError,
    SchemaError,
    VectorError,
)
from neuralgraph.storage.temporal.differences import changes_between
from neuralgraph.storage.temporal.schema_differences import (
    later_schema_changes,
    schema_between,
    still_possible,
)
from neuralgraph.storage.temporal.touched import touched_between
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.temporal.touched import Marks, Touched
    from neuralgraph.storage.transactions import Transaction


@record
class Flashback:
    """What a flashback did, or would do.

    Attributes:
        changes: of the schema, then of the data.
        in_the_way: later commits that touched the same.
        refusal: of a dry run: what it would end with, and would not if nobody stood in the way.
    """

    changes: list[Change]
    in_the_way: tuple[int, ...] = ()
    refusal: QueryError | None = None


def flash_back(
    engine: Engine, transaction: Transaction, txid: int, *, dry_run: bool = False
) -> Flashback:
    """Make the graph what it was after commit `txid`, in a transaction that has written nothing yet.

    With `dry_run` it is tried in another one, which is rolled back.

    Raises:
        ConstraintViolationError: a constraint of then that comes back does not hold.
    """
    then = engine.reader_at(txid=txid)
    state = engine.state
    if not dry_run and schema_between(state.catalog.schema, state.txid, txid):
        transaction.take_schema()
        state = engine.state
    schema = schema_between(state.catalog.schema, state.txid, txid)
    changes = changes_between(transaction, then, touched_between(state, txid, state.txid))
    refusal: QueryError | None = None
    if dry_run:
        refusal = _tried(engine, schema, changes, force=False)
    else:
        _revert(transaction, schema, changes, force=False)
    return Flashback([*schema, *changes], (), refusal)


def undo(
    engine: Engine,
    transaction: Transaction,
    txid: int,
    *,
    dry_run: bool = False,
    force: bool = False,
) -> Flashback:
    """Undo commit `txid`, and keep what came later.

    Args:
        engine: where the past is read.
        transaction: what the undoing is written to; it has written nothing yet.
        txid: the commit.
        dry_run: only say what would be done; that is tried in another transaction, which is rolled back.
        force: overwrite what later commits made of it, and leave out what cannot be done any more.

    Raises:
        FlashbackConflictError: later commits touched the same, and it is neither a dry run nor forced.
        ConstraintViolationError: a constraint would not hold.
    """
    then, before = engine.reader_at(txid=txid), engine.reader_at(txid=txid - 1)
    state = engine.state
    schema = schema_between(state.catalog.schema, txid, txid - 1)
    if schema and not dry_run:
        transaction.take_schema()
        state = engine.state
    changes = changes_between(then, before, touched_between(state, txid - 1, txid))
    in_the_way = _in_the_way(changes, touched_between(state, txid, state.txid), transaction)
    in_the_way |= later_schema_changes(state.catalog.schema, txid, schema)
    later = tuple(sorted(in_the_way))
    possible = still_possible(schema, state.catalog.schema.at(state.txid))
    refusal: QueryError | None = None
    if dry_run:
        if force or not later:
            refusal = _tried(engine, possible, changes, force=force)
    elif later and not force:
        raise FlashbackConflictError(txid, later)
    else:
        _revert(transaction, possible, changes, force=force)
    return Flashback([*schema, *changes], later, refusal)


def _tried(
    engine: Engine, schema: Sequence[Change], changes: Sequence[Change], *, force: bool
) -> QueryError | None:
    """What the changes would end with, for the data's sake; they are rolled back.

    Raises:
        TransactionError: somebody writes the same just now.
    """
    trial = engine.begin()
    try:
        if schema:
            trial.take_schema()
        _revert(trial, schema, changes, force=force)
    except (ConstraintViolationError, SchemaError, VectorError) as refusal:
        return refusal
    finally:
        trial.rollback()
    return None


def _in_the_way(changes: Iterable[Change], later: Touched, transaction: Transaction) -> set[int]:
    """Txids of later commits that touched what the changes are about."""
    nodes, edges = _by_id(later.nodes), _by_id(later.edges)
    node_values = {key: _by_id(marks) for key, marks in later.node_values.items()}
    edge_values = {key: _by_id(marks) for key, marks in later.edge_values.items()}
    found: set[int] = set()
    for change in changes:
        match change:
            case CreateNode(entity_id) | SetLabels(entity_id):
                found |= nodes.get(entity_id, set())
            case SetNodeProperty(entity_id, key):
                found |= node_values.get(key, {}).get(entity_id, set())
                if not transaction.has_node(entity_id):
                    found |= nodes.get(entity_id, set())
            case DeleteNode(entity_id):
                found |= nodes.get(entity_id, set())
                found.update(*(marks.get(entity_id, ()) for marks in node_values.values()))
                for edge_id in transaction.expand_one(entity_id, (), "both")[0].tolist():
                    found |= edges.get(edge_id, set())
            case CreateEdge(entity_id, _, source, target):
                found |= edges.get(entity_id, set())
                for end in (source, target):
                    if not transaction.has_node(end):
                        found |= nodes.get(end, set())
            case DeleteEdge(entity_id):
                found |= edges.get(entity_id, set())
                found.update(*(marks.get(entity_id, ()) for marks in edge_values.values()))
            case SetEdgeProperty(entity_id, key):
                found |= edge_values.get(key, {}).get(entity_id, set())
                found |= edges.get(entity_id, set())
            case _:
                continue
    return found


def _by_id(marks: Marks) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for entity_id, txid in zip(marks[0].tolist(), marks[1].tolist(), strict=True):
        found.setdefault(entity_id, set()).add(txid)
    return found


def _revert(
    transaction: Transaction, schema: Sequence[Change], changes: Sequence[Change], *, force: bool
) -> None:
    transaction.begin_reverting(schema)
    _apply(transaction, changes, force=force)
    transaction.check_reverted()


def _apply(transaction: Transaction, changes: Sequence[Change], *, force: bool) -> None:
    """Write changes; `force` leaves out those whose entity, or end, is not there any more."""
    for change in changes:
        if force and not _can_be_done(transaction, change):
            continue
        match change:
            case CreateNode(node_id, labels, properties):
                transaction.restore_node(node_id, labels, properties)
            case CreateEdge(edge_id, edge_type, source, target, properties):
                transaction.restore_edge(edge_id, edge_type, source, target, properties)
            case SetLabels(node_id, labels):
                _set_labels(transaction, node_id, labels)
            case SetNodeProperty(node_id, key, value):
                transaction.set_node_property(node_id, key, value)
            case SetEdgeProperty(edge_id, key, value):
                transaction.set_edge_property(edge_id, key, value)
            case DeleteEdge(edge_id):
                transaction.delete_edge(edge_id)
            case DeleteNode(node_id):
                for edge_id in transaction.expand_one(node_id, (), "both")[0].tolist():
                    assert force, "differences take away the edges first"
                    transaction.delete_edge(edge_id)
                transaction.delete_node(node_id)
            case _:
                raise AssertionError("differences are of data only")


def _can_be_done(transaction: Transaction, change: Change) -> bool:
    match change:
        case CreateNode(node_id):
            return not transaction.has_node(node_id)
        case CreateEdge(edge_id, _, source, target):
            ends = transaction.has_node(source) and transaction.has_node(target)
            return ends and transaction.edge_or_none(edge_id) is None
        case SetLabels(node_id) | SetNodeProperty(node_id):
            return transaction.has_node(node_id)
        case SetEdgeProperty(edge_id):
            return transaction.edge_or_none(edge_id) is not None
        case _:
            return True


def _set_labels(transaction: Transaction, node_id: int, labels: Sequence[str]) -> None:
    known = transaction.labels_or_none(node_id) or ()
    for label in known:
        if label not in labels:
            transaction.remove_label(node_id, label)
    for label in labels:
        transaction.add_label(node_id, label)
