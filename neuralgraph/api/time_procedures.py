"""Procedures about the past: neural.transactions, history, diff, blame, flashback and undo.

``FLASHBACK TO`` and ``FLASHBACK TRANSACTION`` are the last two, by other names (see the grammar).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.api.moments import moment_of
from neuralgraph.errors import (
    ConstraintViolationError,
    QueryArgumentError,
    QueryTypeError,
    VectorError,
)
from neuralgraph.query.execution import Procedure
from neuralgraph.storage import temporal
from neuralgraph.storage.transactions import Transaction
from neuralgraph.storage.versions import changes as kinds
from neuralgraph.values import EdgeRef, NodeRef
from neuralgraph.values.instants import DateTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.query.execution import ExecutionContext
    from neuralgraph.query.functions import CallContext
    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.temporal import Flashback
    from neuralgraph.storage.versions import Change

Row = list[Any]

CHANGE_COLUMNS: Final = (
    ("change", "STRING"),
    ("entity", "STRING"),
    ("id", "INTEGER"),
    ("key", "STRING"),
    ("value", "ANY"),
)


_MOMENTS: Final = (("from", "ANY"), ("to", "ANY"))
_ENTITY: Final = (("entity", "ANY"),)
_MADE_BY: Final = (("time", "DATETIME"), ("actor", "STRING"), ("reason", "STRING"))
_VERSION: Final = (
    ("txid", "INTEGER"),
    ("until", "INTEGER"),
    ("time", "DATETIME"),
    ("exists", "BOOLEAN"),
    ("labels", "ANY"),
    ("properties", "MAP"),
)


def time_procedures(engine: Engine) -> list[Procedure]:
    """The procedures, for one engine."""
    past = _Past(engine)
    return [
        Procedure(
            "neural.transactions",
            (),
            (("txid", "INTEGER"), *_MADE_BY, ("metadata", "MAP"), ("digest", "STRING")),
            description="Every transaction: when, by whom, why, and its link of the chain.",
            call=past.transactions,
        ),
        Procedure(
            "neural.history",
            _ENTITY,
            _VERSION,
            description="The versions of a node or relationship (or of the node with an id).",
            call=past.history,
        ),
        Procedure(
            "neural.blame",
            _ENTITY,
            (("key", "STRING"), ("txid", "INTEGER"), *_MADE_BY),
            description="Who made each property what it is; under null, the labels.",
            call=past.blame,
        ),
        Procedure(
            "neural.diff",
            _MOMENTS,
            CHANGE_COLUMNS,
            description="The changes that lead from one moment to another.",
            call=past.diff,
        ),
        Procedure(
            "neural.flashback",
            (("kind", "STRING"), ("moment", "ANY"), ("dryRun", "BOOLEAN")),
            CHANGE_COLUMNS,
            writes=True,
            description="FLASHBACK TO: make the data what it was, by a new transaction.",
            change=past.flash_back,
        ),
        Procedure(
            "neural.undo",
            (("txid", "INTEGER"), ("dryRun", "BOOLEAN"), ("force", "BOOLEAN")),
            (*CHANGE_COLUMNS, ("inTheWay", "LIST")),
            writes=True,
            description="FLASHBACK TRANSACTION: undo one transaction by a new one.",
            change=past.undo,
        ),
        Procedure(
            "neural.vacuum",
            (),
            (("historyFrom", "INTEGER"), ("bytesBefore", "INTEGER"), ("bytesAfter", "INTEGER")),
            administers=True,
            description="VACUUM: let go of old history, and make the file smaller.",
            call=past.vacuum,
        ),
    ]


class _Past:
    """What the procedures do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def transactions(self, _context: CallContext) -> Iterator[Row]:
        for commit in self._engine.commit_times():
            noted = commit.metadata
            digest = commit.digest.hex() or None
            yield [
                commit.txid,
                _time(commit.timestamp_us),
                _text(noted.get("actor")),
                _text(noted.get("reason")),
                dict(noted),
                digest,
            ]

    def history(self, _context: CallContext, entity: Any) -> Iterator[Row]:
        kind, entity_id = _entity(entity)
        engine = self._engine
        times = {commit.txid: commit.timestamp_us for commit in engine.commit_times()}
        for version in temporal.versions(engine.state, kind, entity_id):
            state: Any = version.state
            if state is not None:
                state = list(state) if kind == "node" else state[0]
            yield [
                version.since,
                version.until,
                _time(times.get(version.since, 0)),
                version.state is not None,
                state,
                dict(version.properties),
            ]

    def blame(self, _context: CallContext, entity: Any) -> Iterator[Row]:
        kind, entity_id = _entity(entity)
        engine = self._engine
        commits = {commit.txid: commit for commit in engine.commit_times()}
        for key, txid in temporal.blame(engine.state, kind, entity_id).items():
            commit = commits[txid]
            noted = commit.metadata
            yield [
                key,
                txid,
                _time(commit.timestamp_us),
                _text(noted.get("actor")),
                _text(noted.get("reason")),
            ]

    def diff(self, _context: CallContext, low: Any, high: Any) -> list[Row]:
        engine = self._engine
        before, after = self._txid(low), self._txid(high)
        touched = temporal.touched_between(engine.state, min(before, after), max(before, after))
        views = engine.reader_at(txid=before), engine.reader_at(txid=after)
        schema = temporal.schema_between(engine.state.catalog.schema, before, after)
        return _rows([*schema, *temporal.changes_between(*views, touched)])

    def flash_back(
        self,
        context: ExecutionContext,
        kind: str,
        moment: Any,
        dry_run: bool,  # noqa: FBT001 - arguments of a procedure come in order
    ) -> list[Row]:
        txid = self._txid(moment, kind)
        transaction = _own_transaction(context)
        told = temporal.flash_back(self._engine, transaction, txid, dry_run=dry_run)
        return [*_rows(told.changes, context, dry_run=dry_run), *_refused(told)]

    def undo(
        self,
        context: ExecutionContext,
        txid: int,
        dry_run: bool,  # noqa: FBT001
        force: bool,  # noqa: FBT001
    ) -> list[Row]:
        if not 1 <= txid <= self._engine.state.txid:
            raise QueryArgumentError(f"there is no transaction {txid}", detail="UnknownTransaction")
        transaction = _own_transaction(context)
        told = temporal.undo(self._engine, transaction, txid, dry_run=dry_run, force=force)
        rows = [*_rows(told.changes, context, dry_run=dry_run), *_refused(told)]
        return [[*row, list(told.in_the_way)] for row in rows]

    def vacuum(self, _context: CallContext) -> Iterator[Row]:
        report = self._engine.vacuum()
        yield [report.history_from, report.bytes_before, report.bytes_after]

    def _txid(self, value: Any, kind: str = "TIME") -> int:
        moment = moment_of(value, kind)
        return self._engine.reader_at(txid=moment.txid, timestamp_us=moment.timestamp_us).txid


def _own_transaction(context: ExecutionContext) -> Transaction:
    writer = context.require_writer()
    assert isinstance(writer, Transaction), "statements write through the engine's transactions"
    if writer.has_changes:
        raise QueryArgumentError(
            "a flashback begins its transaction; commit what was written before it",
            detail="FlashbackAfterWrites",
        )
    return writer


def _entity(value: Any) -> tuple[Any, int]:
    if isinstance(value, NodeRef):
        return "node", value.id
    if isinstance(value, EdgeRef):
        return "edge", value.id
    if isinstance(value, int) and not isinstance(value, bool):
        return "node", value
    raise QueryTypeError(
        f"expected a node, a relationship or the id of a node, got {type(value).__name__}",
        detail="InvalidArgumentType",
    )


def _rows(
    changes: Iterable[Change], context: ExecutionContext | None = None, *, dry_run: bool = True
) -> list[Row]:
    """A row for each change; those that are made are counted."""
    found: list[Row] = []
    for change in changes:
        if context is not None and not dry_run:
            _count(change, context)
        found.append(_row(change))
    return found


def _refused(told: Flashback) -> list[Row]:
    """What a dry run would end with."""
    error = told.refusal
    if error is None:
        return []
    kind, name = "schema", None
    if isinstance(error, ConstraintViolationError):
        kind, name = "constraint", error.constraint
    elif isinstance(error, VectorError):
        kind, name = "index", error.index
    return [["refuse", kind, None, name, str(error)]]


def _row(change: Change) -> Row:
    match change:
        case kinds.CreateNode(node_id, labels, properties):
            value = {"labels": list(labels), "properties": dict(properties)}
            return ["create", "node", node_id, None, value]
        case kinds.DeleteNode(node_id):
            return ["delete", "node", node_id, None, None]
        case kinds.SetLabels(node_id, labels):
            return ["labels", "node", node_id, None, list(labels)]
        case kinds.SetNodeProperty(node_id, key, value):
            return ["set", "node", node_id, key, value]
        case kinds.CreateEdge(edge_id, edge_type, source, target, properties):
            edge = {"type": edge_type, "source": source, "target": target}
            made = {**edge, "properties": dict(properties)}
            return ["create", "relationship", edge_id, None, made]
        case kinds.DeleteEdge(edge_id, edge_type, source, target):
            edge = {"type": edge_type, "source": source, "target": target}
            return ["delete", "relationship", edge_id, None, edge]
        case kinds.SetEdgeProperty(edge_id, key, value):
            return ["set", "relationship", edge_id, key, value]
        case _:
            return _schema_row(change)


def _schema_row(change: Change) -> Row:
    match change:
        case kinds.CreateIndex(made):
            return ["create", "index", None, made.name, _covered(made, made.labels)]
        case kinds.DropIndex(name):
            return ["delete", "index", None, name, None]
        case kinds.CreateConstraint(made):
            return ["create", "constraint", None, made.name, _covered(made, (made.label,))]
        case kinds.DropConstraint(name):
            return ["delete", "constraint", None, name, None]
        case _:
            raise AssertionError(f"{type(change).__name__} is no difference")


def _covered(made: IndexDefinition | ConstraintDefinition, labels: Sequence[str]) -> Any:
    entity = "NODE" if made.entity == "node" else "RELATIONSHIP"
    return {
        "type": made.kind.upper(),
        "entityType": entity,
        "labelsOrTypes": list(labels),
        "properties": list(made.keys),
    }


def _count(change: Change, context: ExecutionContext) -> None:
    counters = context.counters
    match change:
        case kinds.CreateNode():
            counters.nodes_created += 1
        case kinds.DeleteNode():
            counters.nodes_deleted += 1
        case kinds.CreateEdge():
            counters.relationships_created += 1
        case kinds.DeleteEdge():
            counters.relationships_deleted += 1
        case kinds.SetNodeProperty() | kinds.SetEdgeProperty():
            counters.properties_set += 1
        case kinds.CreateIndex():
            counters.indexes_added += 1
        case kinds.DropIndex():
            counters.indexes_removed += 1
        case kinds.CreateConstraint():
            counters.constraints_added += 1
        case kinds.DropConstraint():
            counters.constraints_removed += 1
        case _:
            pass


def _time(timestamp_us: int) -> DateTime:
    return DateTime.at_instant(timestamp_us * 1_000)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
