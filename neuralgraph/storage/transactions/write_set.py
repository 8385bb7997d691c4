"""WriteSet: the changes of one transaction, in order, and the layer of deltas that shows them.

Also the making of changes from values that come in from outside: checked, copied, without nulls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.storage.versions import DeltaStore
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
)
from neuralgraph.values import Kind
from neuralgraph.values.types import storable

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from neuralgraph.storage.versions import State
    from neuralgraph.values import Column, IdArray

_FIRST_OWN_TXID: Final = OWN_TXID - (1 << 48)
"""Own versions are younger than every commit, and seen by who looks by `OWN_TXID`."""

_BULK_ROWS_MAX: Final = 1_024
"""A bulk change goes into one log record."""

_PLAIN_TYPES: Final = frozenset({bool, int, float, str})
_PLAIN_KINDS: Final = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.TEXT})


class WriteSet:
    """What a transaction did so far.

    The layer that shows it is made, and brought up to date, when it is asked for: many transactions write
    and never look at what they wrote.
    """

    __slots__ = (
        "_applied",
        "_own",
        "_state",
        "changes",
        "created_edges",
        "created_nodes",
        "deleted_nodes",
    )

    def __init__(self, state: State) -> None:
        self._state = state
        self._own: DeltaStore | None = None
        self._applied = 0
        self.changes: list[Change] = []
        # Nobody else knows the ids of what was created, so they need no locks.
        self.created_nodes: set[int] = set()
        self.created_edges: set[int] = set()
        self.deleted_nodes: set[int] = set()

    @property
    def own(self) -> DeltaStore:
        """What the changes give when they are applied in order over the snapshot."""
        own = self._own
        if own is None:
            state = self._state
            own = self._own = DeltaStore(state.txid, state.view, state.catalog.indexes())
        if self._applied < len(self.changes):
            # Each batch is younger than the one before: what was cached of the layer goes by txid.
            own.apply(self.changes[self._applied :], _FIRST_OWN_TXID + len(self.changes))
            self._applied = len(self.changes)
        return own

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

    def living(self, node_ids: IdArray) -> list[int]:
        """Those that exist; `has_node` for many."""
        created, deleted = self.created_nodes, self.deleted_nodes
        there = self._state.view.node_exists(node_ids).tolist()
        return [
            node_id
            for node_id, is_there in zip(node_ids.tolist(), there, strict=True)
            if (is_there or node_id in created) and node_id not in deleted
        ]

    def cut(self, mark: int) -> None:
        """Forget all but the first `mark` changes; `own` is a new store afterwards."""
        for change in self.changes[mark:]:
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
        del self.changes[mark:]
        self._own = None
        self._applied = 0


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


def ids_without(ids: IdArray, known: set[int]) -> IdArray:
    """Those of the ids that are not known, in their order."""
    if not known:
        return ids
    return np.array([one for one in ids.tolist() if one not in known], dtype=np.int64)


def _has_none(values: list[Any]) -> bool:
    # Not `None in values`: a vector has no single answer to ==.
    return type(None) in set(map(type, values))


def _cut(columns: Columns, start: int) -> Columns:
    return {key: values[start : start + _BULK_ROWS_MAX] for key, values in columns.items()}
