"""WriteSet: the changes of one transaction, in order, and the layer of deltas that shows them.

Also the making of changes from values that come in from outside: checked, copied, without nulls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.storage.versions import DeltaStore
from neuralgraph.storage.versions.chains import OWN_TXID
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteNode,
    RestoreNode,
)
from neuralgraph.values import Kind
from neuralgraph.values.types import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.storage.versions import State
    from neuralgraph.values import Column, IdArray

_FIRST_OWN_TXID: Final = OWN_TXID - (1 << 48)
"""Own versions are younger than every commit, and seen by who looks by `OWN_TXID`."""

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

    def cut(self, mark: int) -> None:
        """Forget all but the first `mark` changes; `own` is a new store afterwards."""
        for change in self.changes[mark:]:
            match change:
                case CreateNode(node_id) | RestoreNode(node_id):
                    self.created_nodes.discard(node_id)
                case CreateEdge(edge_id):
                    self.created_edges.discard(edge_id)
                case DeleteNode(node_id):
                    self.deleted_nodes.discard(node_id)
                case _:
                    continue
        del self.changes[mark:]
        self._own = None
        self._applied = 0


def stored_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as they are stored: nulls left out, containers copied.

    Raises:
        QueryTypeError: detail ``InvalidPropertyType``.
    """
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


def rows_of_properties(count: int, properties: Mapping[str, Column]) -> list[dict[str, Any]]:
    """Columns as one map a row, checked like `stored_properties`."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for key, column in properties.items():
        values = column.to_values()
        if column.kind not in _PLAIN_KINDS:
            values = [None if value is None else storable(value) for value in values]
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row[key] = value
    return rows


def node_changes(
    ids: IdArray, labels: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> list[CreateNode]:
    """A change for each node."""
    return [
        CreateNode(node_id, labels, properties)
        for node_id, properties in zip(ids.tolist(), rows, strict=True)
    ]


def edge_changes(
    ids: IdArray,
    edge_type: str,
    sources: IdArray,
    targets: IdArray,
    rows: Sequence[Mapping[str, Any]],
) -> list[CreateEdge]:
    """A change for each edge."""
    return [
        CreateEdge(edge_id, edge_type, source, target, properties)
        for edge_id, source, target, properties in zip(
            ids.tolist(), sources.tolist(), targets.tolist(), rows, strict=True
        )
    ]
