"""Transaction: a snapshot with the transaction's own changes on top; implements `access.GraphWriter`.

Reading is a `GraphView` of two layers, the committed deltas and the own ones; before the first write there is
one. Every write goes the same way:

    check the value -> lock -> nobody committed a newer version? -> constraints -> add to the write set

so that a write that raises has changed nothing. `commit` hands the write set to the pipeline, `rollback_to`
cuts it.

Data and schema do not mix in one transaction, for an index is filled when its commit is applied and must not
be asked before. `begin_reverting` alone mixes them: schema first, and no plan asks the indexes.

A transaction is used by one thread at a time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import AccessModeError
from neuralgraph.storage.transactions import conflicts, schema_changes
from neuralgraph.storage.transactions.constraints import ConstraintChecker
from neuralgraph.storage.transactions.deletions import check_no_edge_is_left
from neuralgraph.storage.transactions.entity_locks import EntityLocks
from neuralgraph.storage.transactions.id_ranges import are_among
from neuralgraph.storage.transactions.locks import ATTACH, DELETE, GATE, WRITE
from neuralgraph.storage.transactions.others import check_against_others
from neuralgraph.storage.transactions.own_catalog import OwnCatalog
from neuralgraph.storage.transactions.refusals import closed, gone, mixed
from neuralgraph.storage.transactions.restoring import restored_edge, restored_node
from neuralgraph.storage.transactions.schema_changes import Schema
from neuralgraph.storage.transactions.write_set import (
    WriteSet,
    check_names,
    edge_changes,
    edge_deletions,
    node_changes,
    node_deletions,
    same_value,
    stored_columns,
    stored_properties,
    stored_value,
)
from neuralgraph.storage.versions import GraphView
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
    one_by_one,
)
from neuralgraph.storage.versions.schema_history import OF_SCHEMA
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.transactions.constraints import EntityKind, RuleSet
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.storage.transactions.own_base import OwnBase
    from neuralgraph.storage.transactions.write_set import Columns
    from neuralgraph.storage.versions import DeltaStore
    from neuralgraph.values import Column, IdArray


_LOCK_BYTES: Final = 300
"""About what a lock takes that is not folded."""


class Transaction(GraphView):
    """One unit of work on the newest state; see the module's docstring.

    Args:
        manager: what it shares with the other transactions of its engine.
        metadata: kept with its commit; values that can be stored.
    """

    __slots__ = (
        "_checker",
        "_committed",
        "_is_open",
        "_locks",
        "_manager",
        "_schema_writes",
        "_state",
        "_stops_others",
        "_writes",
        "metadata",
        "timestamp_us",
    )

    def __init__(
        self, manager: TransactionManager, metadata: Mapping[str, Any] | None = None
    ) -> None:
        name = manager.admit()
        # In this order: see `conflicts.Generation`.
        self._locks = EntityLocks(manager, name)
        state = manager.pipeline.state
        self._writes: WriteSet | None = None
        super().__init__(state.base, (state.deltas,), state.txid, state.catalog)
        self._manager = manager
        self._state = state
        # Of the two write sets only one has changes.
        self._schema_writes: WriteSet | None = None
        self._checker: ConstraintChecker | None = None
        self._locks.txid = state.txid
        self._is_open = True
        self._stops_others = False
        self.metadata = metadata or {}
        self.timestamp_us = 0  # of the commit, where the caller gives it

    # ── state ─────────────────────────────────────────────────────────────────────────────────

    @property
    def layers(self) -> tuple[DeltaStore, ...]:
        """See `GraphView`: the committed deltas and, once there is something in it, the own layer."""
        writes = self._writes
        if writes is None or not writes.tail:
            return self._committed
        return (self._committed[0], writes.own)

    @layers.setter
    def layers(self, layers: tuple[DeltaStore, ...]) -> None:
        self._committed = layers

    @property
    def is_open(self) -> bool:
        """Neither committed nor rolled back."""
        return self._is_open

    @property
    def has_changes(self) -> bool:
        """Would a commit write anything?"""
        return bool(self.changes)

    @property
    def changes(self) -> Sequence[Change]:
        """The write set so far."""
        writes = self._writes or self._schema_writes
        return () if writes is None else writes.changes

    # ── creating ──────────────────────────────────────────────────────────────────────────────

    def create_node(self, labels: Sequence[str], properties: Mapping[str, Any]) -> int:
        """See `access.GraphWriter`."""
        writes = self._writes
        if writes is None or len(writes.tail) >= writes.weigh_at:
            writes = self._writing()
        stored = stored_properties(properties) if properties else {}
        ordered = self._label_tuple(labels)
        node_id = self._manager.node_ids.take()
        if self._checker is not None:
            self._checker.created("node", node_id, ordered, stored)
        writes.tail.append(CreateNode(node_id, ordered, stored))
        writes.created_nodes.add(node_id)
        return node_id

    def create_nodes(
        self, count: int, labels: Sequence[str], properties: Mapping[str, Column]
    ) -> IdArray:
        """See `access.GraphWriter`."""
        writes = self._writing()
        columns = stored_columns(properties)
        ordered = self._label_tuple(labels)
        ids = self._manager.node_ids.take_many(count)
        changes = node_changes(ids, ordered, columns)
        self._add_created("node", ordered, count, columns, changes)
        writes.created_nodes.update(range(int(ids[0]), int(ids[0]) + count))
        return ids

    def create_edge(
        self, edge_type: str, source: int, target: int, properties: Mapping[str, Any]
    ) -> int:
        """See `access.GraphWriter`."""
        writes = self._writes
        if writes is None or len(writes.tail) >= writes.weigh_at:
            writes = self._writing()
        stored = stored_properties(properties, (edge_type,))
        self._attach(writes, source)
        if target != source:
            self._attach(writes, target)
        edge_id = self._manager.edge_ids.take()
        if self._checker is not None:
            self._checker.created("edge", edge_id, (edge_type,), stored)
        writes.tail.append(CreateEdge(edge_id, edge_type, source, target, stored))
        writes.created_edges.add(edge_id)
        return edge_id

    def create_edges(
        self,
        edge_type: str,
        sources: IdArray,
        targets: IdArray,
        properties: Mapping[str, Column],
    ) -> IdArray:
        """See `access.GraphWriter`."""
        writes = self._writing()
        count = len(sources)
        columns = stored_columns(properties, (edge_type,))
        self._attach_many(writes, distinct(np.concatenate((sources, targets))))
        ids = self._manager.edge_ids.take_many(count)
        changes = edge_changes(ids, edge_type, (sources, targets), columns)
        self._add_created("edge", (edge_type,), count, columns, changes)
        writes.created_edges.update(range(int(ids[0]), int(ids[0]) + count))
        return ids

    def _add_created(
        self,
        entity: EntityKind,
        labels: tuple[str, ...],
        count: int,
        columns: Columns,
        changes: Sequence[Change],
    ) -> None:
        writes, checker = self._writes, self._checker
        assert writes is not None
        if checker is None or not any(checker.rules.for_label(entity, label) for label in labels):
            writes.tail.extend(changes)
            return
        if checker.created_many(entity, labels, count, columns):
            writes.tail.extend(changes)
            return
        # One by one, so that each row is checked against the rows before it.
        mark = writes.count
        try:
            for change in one_by_one(changes):
                assert isinstance(change, CreateNode | CreateEdge)
                checker.created(entity, change.id, labels, change.properties)
                writes.tail.append(change)
        except BaseException:
            self.rollback_to(mark)
            raise

    def restore_node(
        self, node_id: int, labels: Sequence[str], properties: Mapping[str, Any]
    ) -> None:
        """A node that was deleted, under the id that it had; see `restoring`."""
        writes = self._writing()
        self._locks.lock_node(node_id, WRITE)
        change = restored_node(self, node_id, self._label_tuple(labels), properties)
        if self._checker is not None:
            self._checker.created("node", node_id, change.labels, properties)
        writes.tail.append(change)
        writes.deleted_nodes.discard(node_id)
        writes.created_nodes.add(node_id)  # it is locked, which is as good

    def restore_edge(
        self, edge_id: int, edge_type: str, source: int, target: int, properties: Mapping[str, Any]
    ) -> None:
        """An edge that was deleted, under the id that it had; see `restoring`."""
        writes = self._writing()
        self._locks.lock_edge(edge_id)
        self._attach_many(writes, distinct(np.array([source, target], dtype=np.int64)))
        change = restored_edge(self, edge_id, (edge_type, source, target), properties)
        if self._checker is not None:
            self._checker.created("edge", edge_id, (edge_type,), properties)
        writes.tail.append(change)

    # ── changing ──────────────────────────────────────────────────────────────────────────────

    def set_node_property(self, node_id: int, key: str, value: Any) -> bool:
        """See `access.GraphWriter`."""
        writes = self._writes
        if writes is None or len(writes.tail) >= writes.weigh_at:
            writes = self._writing()
        value = stored_value(key, value)
        if node_id not in writes.created_nodes:
            self._locks.lock_node(node_id, WRITE)
        if not writes.has_node(node_id):
            raise gone("node", node_id)
        if same_value(self.latest_node_value(node_id, key), value):
            return False
        checker = self._checker
        if checker is not None and checker.rules.for_key("node", key):
            checker.property_set("node", node_id, self.labels_or_none(node_id) or (), key, value)
        writes.tail.append(SetNodeProperty(node_id, key, value))
        return True

    def set_edge_property(self, edge_id: int, key: str, value: Any) -> bool:
        """See `access.GraphWriter`."""
        writes = self._writes
        if writes is None or len(writes.tail) >= writes.weigh_at:
            writes = self._writing()
        value = stored_value(key, value)
        if edge_id not in writes.created_edges:
            self._locks.lock_edge(edge_id)
        edge = self.edge_or_none(edge_id)
        if edge is None:
            raise gone("relationship", edge_id)
        if same_value(self.latest_edge_value(edge_id, key), value):
            return False
        if self._checker is not None:
            self._checker.property_set("edge", edge_id, edge[:1], key, value)
        writes.tail.append(SetEdgeProperty(edge_id, key, value))
        return True

    def add_label(self, node_id: int, label: str) -> bool:
        """See `access.GraphWriter`."""
        writes = self._writing()
        if node_id not in writes.created_nodes:
            self._locks.lock_node(node_id, WRITE)
        labels = self.labels_or_none(node_id)
        if labels is None:
            raise gone("node", node_id)
        if label in labels:
            return False
        if self._checker is not None:
            self._checker.label_added(node_id, label)
        writes.tail.append(SetLabels(node_id, self._label_tuple((*labels, label))))
        return True

    def remove_label(self, node_id: int, label: str) -> bool:
        """See `access.GraphWriter`."""
        writes = self._writing()
        if node_id not in writes.created_nodes:
            self._locks.lock_node(node_id, WRITE)
        labels = self.labels_or_none(node_id)
        if labels is None:
            raise gone("node", node_id)
        if label not in labels:
            return False
        rest = tuple(other for other in labels if other != label)
        writes.tail.append(SetLabels(node_id, rest))
        return True

    def delete_edge(self, edge_id: int) -> bool:
        """See `access.GraphWriter`."""
        writes = self._writing()
        edge = self.edge_or_none(edge_id)
        if edge is None:
            return False
        if edge_id not in writes.created_edges:
            self._locks.lock_edge(edge_id)
        writes.tail.append(DeleteEdge(edge_id, *edge))
        return True

    def delete_node(self, node_id: int) -> bool:
        """See `access.GraphWriter`."""
        writes = self._writing()
        if self.labels_or_none(node_id) is None:
            return False
        if node_id not in writes.created_nodes:
            self._locks.lock_node(node_id, DELETE)
        writes.tail.append(DeleteNode(node_id))
        writes.deleted_nodes.add(node_id)
        return True

    def delete_edges(self, edge_ids: IdArray) -> tuple[IdArray, Column]:
        """See `access.GraphWriter`."""
        writes = self._writing()
        gone = edge_ids[self.edge_exists(edge_ids)]
        others = gone[~are_among(gone, writes.created_edges)]
        self._locks.lock_many("e", others, WRITE, conflicts.edge_changed)
        types = self.edge_types(gone)
        writes.tail.extend(edge_deletions(types, gone, self.edge_endpoints(gone)))
        return gone, types

    def delete_nodes(self, node_ids: IdArray) -> IdArray:
        """See `access.GraphWriter`."""
        writes = self._writing()
        ids = writes.living(node_ids)
        others = ids[~are_among(ids, writes.created_nodes)]
        self._locks.lock_many("n", others, DELETE, conflicts.node_changed_or_attached)
        writes.tail.extend(node_deletions(ids.tolist()))
        writes.deleted_nodes.update(ids.tolist())
        return ids

    # ── savepoints ────────────────────────────────────────────────────────────────────────────

    def savepoint(self) -> int:
        """See `access.GraphWriter`; costs nothing."""
        writes = self._writes or self._schema_writes
        if writes is None:
            return 0
        writes.keep()
        return writes.count

    def rollback_to(self, savepoint: int) -> None:
        """See `access.GraphWriter`; what is left is applied again. Locks are kept."""
        writes = self._writes or self._schema_writes
        if writes is None or writes.count == savepoint:
            return
        writes.cut(savepoint)
        self._look_at(writes.own_base if savepoint else None)
        if not savepoint:  # as if nothing was ever written, a schema reverted with data included
            self._writes = self._checker = None
            self.catalog = self._state.catalog

    # ── schema ────────────────────────────────────────────────────────────────────────────────

    def create_index(self, definition: IndexDefinition) -> None:
        """See `access.GraphWriter`."""
        self._change_schema(schema_changes.create_index, definition)

    def drop_index(self, name: str) -> None:
        """See `access.GraphWriter`."""
        self._change_schema(schema_changes.drop_index, name)

    def create_constraint(self, definition: ConstraintDefinition) -> None:
        """See `access.GraphWriter`."""
        self._change_schema(schema_changes.create_constraint, definition)

    def drop_constraint(self, name: str) -> None:
        """See `access.GraphWriter`."""
        self._change_schema(schema_changes.drop_constraint, name)

    def _change_schema(self, change: Callable[[Schema, Any], Sequence[Change]], what: Any) -> None:
        writes = self.take_schema()
        writes.tail.extend(change(Schema(self, writes.changes), what))

    def begin_reverting(self, changes: Sequence[Change]) -> None:
        """From here to `check_reverted` constraints may be broken on the way.

        Args:
            changes: of the schema, right for the newest state; with some, the transaction moves to it
                and keeps all other writers out.
        """
        if changes:
            self._writes, self._schema_writes = self.take_schema(), None
            self._writes.tail.extend(changes)
            known = self._state.catalog
            rules = schema_changes.rules_left(self._manager.rules_of(known), changes)
            self._check_by(rules, self._writes)
            left = known.without_constraints(schema_changes.dropped_names(changes))
            self.catalog = OwnCatalog(left, self._writes)  # type: ignore[assignment]
        elif self._writes is None:
            self._begin_writing()
        if self._checker is not None:
            self._checker.is_deferring = True

    def check_reverted(self) -> None:
        """Does what was written hold together now? What is written later is checked at once again.

        Raises:
            ConstraintViolationError: it does not.
        """
        if self._checker is not None:
            self._checker.check_all()
        schema_changes.check_made(self, self.changes)

    # ── the end ───────────────────────────────────────────────────────────────────────────────

    def commit(self) -> int:
        """Make the changes durable and visible; the transaction is closed, whatever happens.

        Returns:
            The txid of the commit; without changes nothing is written, and it is the snapshot's.

        Raises:
            ConflictError, ConstraintViolationError, ConstraintVerificationError, DiskError: it was
                rolled back.
        """
        if not self._is_open:
            raise closed()
        try:
            changes = self.changes
            if not changes:
                return self.txid
            if self._writes is not None:
                self._check_before_commit(self._writes)
            if type(changes[0]) in OF_SCHEMA:
                return self._manager.commit_schema(changes, self.metadata, self.timestamp_us)
            snapshot = (self._state, self._locks.generation, changes, self._checker)
            check = partial(check_against_others, *snapshot)
            made = (changes, self.metadata, self.timestamp_us)
            return self._manager.commit(*made, check=check, owner=self._locks.owner)
        finally:
            self._close()

    def rollback(self) -> None:
        """Forget all changes; harmless when the transaction is closed already."""
        if self._is_open:
            self._close()

    def _check_before_commit(self, writes: WriteSet) -> None:
        if writes.deleted_nodes:
            check_no_edge_is_left(self, self._state.view, writes)
        if self._checker is not None:
            self._checker.check_deferred()
        schema_changes.check_made(self, writes.changes)
        if self._locks.have_moved_on():
            # Locks have kept other transactions of this process off since each write. What this
            # finds was committed past them.
            conflicts.validate(writes.changes, self._locks.generation, self.txid)

    def _close(self) -> None:
        self._is_open = False
        # It looks at this transaction: without the circle all goes at once, not in a collection.
        self._checker = None
        self._manager.ended(self._locks.owner, stops_others=self._stops_others)

    # ── locks and conflicts ───────────────────────────────────────────────────────────────────

    def _writing(self) -> WriteSet:
        """The write set, with room for more."""
        writes = self._writes
        if writes is None:
            return self._begin_writing()
        if len(writes.tail) >= writes.weigh_at:
            locked_bytes = _LOCK_BYTES * len(self._locks.owner.held)
            if writes.make_room(locked_bytes):
                self._manager.locks.fold(self._locks.owner)
                self._look_at(writes.own_base)
        return writes

    def _look_at(self, own_base: OwnBase | None) -> None:
        """See the snapshot, or what was spilled over it; what was made of the view before is forgotten."""
        self._adjacencies, self._facts, self._type_names = {}, {}, None
        if own_base is None:
            self.base, self.layers = self._state.base, (self._state.deltas,)
        else:
            self.base, self.layers = own_base.unfolded(), (own_base.layer,)

    def _begin_writing(self) -> WriteSet:
        """The first write of data: pass the gate, make the own layer."""
        self._require_writable()
        if self._schema_writes is not None and self._schema_writes.changes:
            raise mixed()
        self._schema_writes = None
        manager = self._manager
        manager.locks.acquire(self._locks.owner, GATE, ATTACH)
        # Behind the gate the schema stays as it is until this transaction ends.
        if self._locks.have_moved_on():
            conflicts.require_same_schema(manager.pipeline.state, self._state)
        self._writes = writes = WriteSet(self._state, manager.room)
        self._check_by(manager.rules_of(self._state.catalog), writes)
        self.catalog = OwnCatalog(self._state.catalog, writes)  # type: ignore[assignment]
        return writes

    def _check_by(self, rules: RuleSet, writes: WriteSet) -> None:
        manager = self._manager
        where = (manager.latest_state, manager.locks, self._locks.owner)
        self._checker = ConstraintChecker(rules, self, *where, writes) if rules.rules else None

    def take_schema(self) -> WriteSet:
        """Keep all writers out, and move to the newest state, which then stays the newest."""
        self._require_writable()
        if self._schema_writes is not None:
            return self._schema_writes
        if self.has_changes:
            raise mixed()
        self._manager.locks.acquire(self._locks.owner, GATE, DELETE)
        self._stops_others = self._stops_others or self._manager.stop_the_others()
        self._writes = self._checker = None
        self._locks.generation = self._manager.pipeline.generation
        self._state = state = self._manager.pipeline.state
        self._locks.txid = state.txid
        self.base, self.txid, self.catalog = state.base, state.txid, state.catalog
        self.layers = (state.deltas,)
        self._adjacencies, self._type_names = {}, None
        self._schema_writes = WriteSet(state, None)
        return self._schema_writes

    def _require_writable(self) -> None:
        if not self._is_open:
            raise closed()
        if self._manager.is_read_only:
            raise AccessModeError("the graph was opened for reading only")

    def _attach(self, writes: WriteSet, node_id: int) -> None:
        """Tie an edge to the node: it must be there, and stay until the end."""
        if node_id not in writes.created_nodes:
            self._locks.attach(node_id)
        if not writes.has_node(node_id):
            raise gone("node", node_id)

    def _attach_many(self, writes: WriteSet, node_ids: IdArray) -> None:
        """`_attach` for many; each once. Asks the snapshot, not the own layer, like `WriteSet.has_node`."""
        if writes.deleted_nodes:
            gone_ids = node_ids[are_among(node_ids, writes.deleted_nodes)]
            if len(gone_ids):
                raise gone("node", int(gone_ids[0]))
        known = node_ids[~are_among(node_ids, writes.created_nodes)]
        missing = known[~self._state.view.node_exists(known)]
        if len(missing):
            raise gone("node", int(missing[0]))
        self._locks.lock_many("n", known, ATTACH, conflicts.node_deleted)

    def _label_tuple(self, labels: Sequence[str]) -> tuple[str, ...]:
        check_names(labels)
        names = self._state.catalog.names
        return names.in_label_order(labels) if len(labels) > 1 else tuple(labels)
