"""WriteSet: the changes of one transaction, in order, and the layer of deltas that shows them.

Also the making of changes from values that come in from outside: checked, copied, without nulls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.disk import BlockFile
from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.storage.indexes.id_places import array_of
from neuralgraph.storage.transactions.id_ranges import IdRanges, IdSet, are_among, ascending
from neuralgraph.storage.transactions.spilling import AllChanges, SpilledChanges, bytes_of
from neuralgraph.storage.versions import DeltaStore, Names
from neuralgraph.storage.versions.chains import OWN_TXID
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateEdges,
    CreateNode,
    CreateNodes,
    DeleteEdge,
    DeleteEdges,
    DeleteNode,
    DeleteNodes,
    RestoreNode,
    rows_of,
    size_of,
)
from neuralgraph.values import Kind
from neuralgraph.values.arrays import distinct
from neuralgraph.values.types import storable

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition
    from neuralgraph.storage.transactions.own_base import OwnBase
    from neuralgraph.storage.transactions.room import Room
    from neuralgraph.storage.versions import State
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.values import Column, IdArray

_FIRST_OWN_TXID: Final = OWN_TXID - (1 << 48)
"""Own versions are younger than every commit, and seen by who looks by `OWN_TXID`."""

_OWN_BYTES: Final = 500
"""About what the layer that shows changes takes for each entity.

It counts before it is made, for a single look makes all of it."""
_CUT_CHANGES: Final = 4_096
_NEVER: Final = 1 << 62
_SAMPLED: Final = 7
"""Of so many changes one is weighed."""

_BULK_ROWS_MAX: Final = 1_024
"""A bulk change goes into one log record."""

_PLAIN_TYPES: Final = frozenset({bool, int, float, str})
_PLAIN_KINDS: Final = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.TEXT})


class WriteSet:
    """What a transaction did so far.

    Args:
        state: the snapshot.
        room: what changes may take before they go to a file; None: anything.

    The layer that shows it is made, and brought up to date, when it is asked for: many transactions write
    and never look at what they wrote.

    Attributes:
        tail: changes in memory, where more are put; all there are until some are spilled.
        weigh_at: with so many in the tail it is time to look what they weigh.
        created_nodes, created_edges: nobody else knows their ids, so they need no locks.
        deleted_nodes: those that were not created again.
        own_base: what lies below `own`; None: the snapshot, for nothing was spilled.
    """

    __slots__ = (
        "_applied",
        "_noted",
        "_own",
        "_room",
        "_spilled",
        "_state",
        "_used",
        "_weighed",
        "_weighed_bytes",
        "created_edges",
        "created_nodes",
        "deleted_nodes",
        "own_base",
        "tail",
        "weigh_at",
    )

    own_base: OwnBase | None
    _own: DeltaStore | None
    _spilled: SpilledChanges | None
    _used: Names | None

    def __init__(self, state: State, room: Room | None) -> None:
        self._state = state
        self._room = room
        self._own = self._spilled = self._used = self.own_base = None
        self._applied = self._noted = self._weighed = self._weighed_bytes = 0
        self.tail: list[Change] = []
        self.weigh_at = _NEVER if room is None else room.step
        # Sets, until there are very many of them.
        self.created_nodes: IdSet = set()
        self.created_edges: IdSet = set()
        self.deleted_nodes: IdSet = set()

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    @property
    def changes(self) -> Sequence[Change]:
        """All of them, in order."""
        return self.tail if self._spilled is None else AllChanges(self._spilled, self.tail)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.tail) + (0 if self._spilled is None else len(self._spilled))

    @property
    def own(self) -> DeltaStore:
        """What the changes of the tail give when they are applied in order over what is below."""
        own = self._own
        if own is None:
            state = self._state
            if self.own_base is None:
                own = DeltaStore(state.txid, state.view, state.catalog.indexes())
            else:
                own = self.own_base.store()
            self._own = own
        if self._applied < len(self.tail):
            # Each batch is younger than the one before: what was cached of the layer goes by txid.
            own.apply(self.tail[self._applied :], _FIRST_OWN_TXID + len(self.tail))
            self._applied = len(self.tail)
        return own

    def node_count(self, label: str | None) -> int:
        """Nodes of the snapshot and the changes, or those with a label."""
        below = self._state.catalog if self.own_base is None else self.own_base.base
        return below.node_count(label) + self.own.counts.nodes.get(label, 0)

    def edge_count(self, edge_type: str | None) -> int:
        """Edges of the snapshot and the changes, or those of a type."""
        below = self._state.catalog if self.own_base is None else self.own_base.base
        return below.edge_count(edge_type) + self.own.counts.edges.get(edge_type, 0)

    def used_names(self) -> Names:
        """Names in the changes; what was rolled back may be among them."""
        used = self._used
        if used is None:
            used = self._used = Names()
        if len(self.tail) > self._noted:
            used.note(self.tail[self._noted :])
        self._noted = len(self.tail)
        return used

    def has_node(self, node_id: int) -> bool:
        """Does the node exist? Answered without `own`, which may not be made yet."""
        if node_id in self.deleted_nodes:
            return False
        if node_id in self.created_nodes:
            return True
        state = self._state
        states = state.deltas.node_states
        place = states.place_of(node_id, state.txid)
        if place >= 0:
            return states.values[place] is not None
        return state.base.has_node(node_id)

    def has_touched(self, constraint: ConstraintDefinition, entity_id: int) -> bool:
        """Did the transaction change what a constraint looks at?"""
        if self.tail:
            logs = _logs_of(self.own, constraint)
            if any(entity_id in log.heads for log in logs):
                return True
        return self.own_base is not None and self.own_base.has_touched(constraint, entity_id)

    def touched(self, constraint: ConstraintDefinition) -> IdArray:
        """Entities of which the transaction changed what a constraint looks at, ascending."""
        found: set[int] = set()
        if self.tail:
            found.update(*(log.heads for log in _logs_of(self.own, constraint)))
        ids = array_of(sorted(found))
        if self.own_base is None:
            return ids
        return distinct(np.concatenate((ids, self.own_base.touched(constraint))))

    def living(self, node_ids: IdArray) -> IdArray:
        """Those that exist; `has_node` for many."""
        there = self._state.view.node_exists(node_ids) | are_among(node_ids, self.created_nodes)
        return node_ids[there & ~are_among(node_ids, self.deleted_nodes)]

    # ── spilling ──────────────────────────────────────────────────────────────────────────────

    def make_room(self, other_bytes: int) -> bool:
        """Write the tail to a file, and forget it here, where it has become too much; did it?

        Args:
            other_bytes: what else the transaction holds.

        Raises:
            DiskError: the disk refused; all is as it was.
        """
        room = self._room
        if room is None:
            return False
        self.weigh_at = len(self.tail) + room.step
        if self._held_bytes() + other_bytes < room.bytes_max:
            return False
        self._spill(room)
        return True

    def _held_bytes(self) -> int:
        """About how much memory the tail takes, with the layer that shows it."""
        sample = self.tail[self._weighed :: _SAMPLED]
        weight = sum(map(bytes_of, sample)) + _OWN_BYTES * sum(map(size_of, sample))
        self._weighed_bytes += _SAMPLED * weight
        self._weighed = len(self.tail)
        return self._weighed_bytes

    def _spill(self, room: Room) -> None:
        from neuralgraph.storage.transactions.own_base import OwnBase

        self.used_names()
        if self._spilled is None:
            blocks = BlockFile.scratch(room.directory)
            spilled = SpilledChanges(blocks)
            spilled.add(self.tail)
            self._spilled = spilled
            self.created_nodes = IdRanges(ascending(self.created_nodes).tolist())
            self.created_edges = IdRanges(ascending(self.created_edges).tolist())
            self.deleted_nodes = IdRanges(ascending(self.deleted_nodes).tolist())
            self.own_base = OwnBase(self._state, spilled, blocks, room.part_bytes)
        else:
            self._spilled.add(self.tail)
        self.tail = []
        self._begin_tail()

    def keep(self) -> None:
        """Somebody may `cut` back to where it is now."""
        if self.own_base is not None:
            self.own_base.keep()

    def cut(self, mark: int) -> None:
        """Forget all but the first `mark` changes; `own` is a new store afterwards."""
        self._forget_ids(mark)
        spilled = self._spilled
        count = 0 if spilled is None else len(spilled)
        if spilled is None or mark >= count:
            del self.tail[mark - count :]
        else:
            self.tail = spilled.cut(mark)
            assert self.own_base is not None
            self.own_base.cut()
        self._begin_tail()
        self._noted = len(self.tail)

    def _begin_tail(self) -> None:
        self._own = None
        self._applied = self._noted = self._weighed = self._weighed_bytes = 0
        self.weigh_at = _NEVER if self._room is None else self._room.step

    def _forget_ids(self, mark: int) -> None:
        changes = self.changes
        for start in range(mark, len(changes), _CUT_CHANGES):
            for change in changes[start : start + _CUT_CHANGES]:
                match change:
                    case CreateNode(node_id) | RestoreNode(node_id):
                        self.created_nodes.discard(node_id)
                    case CreateEdge(edge_id):
                        self.created_edges.discard(edge_id)
                    case CreateNodes():
                        self.created_nodes.difference_update(change.ids)
                    case CreateEdges():
                        self.created_edges.difference_update(change.ids)
                    case DeleteNode(node_id):
                        self.deleted_nodes.discard(node_id)
                    case DeleteNodes(ids):
                        self.deleted_nodes.difference_update(ids)
                    case _:
                        continue


def check_names(names: Container[str]) -> None:
    """Labels, types and keys are not empty: the language has no way to write such a name.

    Raises:
        QueryArgumentError: one is; detail ``InvalidArgumentValue``.
    """
    if "" in names:
        raise QueryArgumentError(
            "the name of a label, a relationship type or a property key cannot be empty",
            detail="InvalidArgumentValue",
        )


def stored_value(key: str, value: Any) -> Any:
    """A property's value as it is stored; raises like `stored_properties`."""
    check_names((key,))
    return storable(value)


def _logs_of(own: DeltaStore, constraint: ConstraintDefinition) -> list[DeltaColumn]:
    """What a constraint looks at."""
    is_node = constraint.entity == "node"
    columns = own.node_values if is_node else own.edge_values
    states = own.node_states if is_node else own.edge_states
    return [states, *(columns[key] for key in constraint.keys if key in columns)]


def stored_properties(
    properties: Mapping[str, Any], others: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Properties as they are stored: nulls left out, containers copied.

    Args:
        properties: by key.
        others: names to check beside the keys.

    Raises:
        QueryTypeError: detail ``InvalidPropertyType``.
        QueryArgumentError: a key is empty.
    """
    check_names(others)
    check_names(properties)
    plain = _PLAIN_TYPES
    return {
        key: value if type(value) in plain else storable(value)
        for key, value in properties.items()
        if value is not None
    }


def same_value(one: Any, other: Any) -> bool:
    """Would storing one in place of the other change nothing? 1 and 1.0 are not the same here."""
    if type(one) is not type(other):
        return False
    if one is None or type(one) in _PLAIN_TYPES:
        return bool(one == other)
    return one is other or encode(one) == encode(other)


Columns = dict[str, list[Any]]


def stored_columns(properties: Mapping[str, Column], others: tuple[str, ...] = ()) -> Columns:
    """Columns of properties as lists, checked like `stored_properties`; None where a row has none."""
    check_names(others)
    check_names(properties)
    found: Columns = {}
    for key, column in properties.items():
        values = column.to_values()
        if column.kind not in _PLAIN_KINDS:
            values = [None if value is None else storable(value) for value in values]
        found[key] = values
    return found


def node_changes(ids: IdArray, labels: tuple[str, ...], columns: Columns) -> list[Change]:
    """The creation of nodes: few changes where every node has all keys, else one each."""
    listed = ids.tolist()
    if any(_has_none(values) for values in columns.values()):
        rows = rows_of(columns, len(listed))
        return [CreateNode(node_id, labels, row) for node_id, row in zip(listed, rows, strict=True)]
    return [
        CreateNodes(
            listed[start], min(_BULK_ROWS_MAX, len(listed) - start), labels, _cut(columns, start)
        )
        for start in range(0, len(listed), _BULK_ROWS_MAX)
    ]


def edge_changes(
    ids: IdArray, edge_type: str, ends: tuple[IdArray, IdArray], columns: Columns
) -> list[Change]:
    """The creation of edges, like `node_changes`; `ends` are the sources and the targets."""
    listed = ids.tolist()
    sources, targets = (these.tolist() for these in ends)
    if any(_has_none(values) for values in columns.values()):
        rows = rows_of(columns, len(listed))
        found = zip(listed, sources, targets, rows, strict=True)
        return [
            CreateEdge(edge_id, edge_type, source, target, row)
            for edge_id, source, target, row in found
        ]
    return [
        CreateEdges(
            listed[start],
            edge_type,
            sources[start : start + _BULK_ROWS_MAX],
            targets[start : start + _BULK_ROWS_MAX],
            _cut(columns, start),
        )
        for start in range(0, len(listed), _BULK_ROWS_MAX)
    ]


def node_deletions(ids: list[int]) -> list[DeleteNodes]:
    """The deletion of nodes."""
    return [
        DeleteNodes(ids[start : start + _BULK_ROWS_MAX])
        for start in range(0, len(ids), _BULK_ROWS_MAX)
    ]


def edge_deletions(types: Column, ids: IdArray, ends: tuple[IdArray, IdArray]) -> list[DeleteEdges]:
    """The deletion of edges by type; they are there, so that each has one."""
    if types.dictionary is None:
        names = list(dict.fromkeys(types.to_list()))
        numbers = {name: number for number, name in enumerate(names)}
        codes = np.array([numbers[name] for name in types.to_list()], dtype=np.int64)
    else:
        names, codes = types.dictionary.tolist(), types.array.astype(np.int64, copy=False)
    found = []
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        for start in range(0, len(rows), _BULK_ROWS_MAX):
            part = rows[start : start + _BULK_ROWS_MAX]
            columns = (ids[part].tolist(), ends[0][part].tolist(), ends[1][part].tolist())
            found.append(DeleteEdges(name, *columns))
    return found


def deleted_edges(changes: Iterable[Change]) -> list[int]:
    """Ids of the edges that changes delete."""
    found: list[int] = []
    for change in changes:
        if isinstance(change, DeleteEdges):
            found.extend(change.ids)
        elif isinstance(change, DeleteEdge):
            found.append(change.id)
    return found


def _has_none(values: list[Any]) -> bool:
    # Not `None in values`: a vector has no single answer to ==.
    return type(None) in set(map(type, values))


def _cut(columns: Columns, start: int) -> Columns:
    return {key: values[start : start + _BULK_ROWS_MAX] for key, values in columns.items()}
