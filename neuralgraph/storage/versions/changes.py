"""Logical changes: one kind of change, one class. A commit is a list of them.

They are what the log carries, what `apply` folds into state, what replicas and other processes follow,
and what a change feed hands out. Names are strings and values are engine values, so that a commit means
the same wherever it is read.

Statements that write many rows at once leave them as columns (`CreateNodes`, `CreateEdges`, `DeleteEdges`,
`DeleteNodes`): the same changes, without an object for each. `one_by_one` takes them apart.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition


@record
class CreateNode:
    """A node that did not exist; the labels are a set, in order of first use."""

    id: int
    labels: tuple[str, ...]
    properties: Mapping[str, Any]


@record
class DeleteNode:
    """A node goes; its edges went before."""

    id: int


@record
class SetNodeProperty:
    """A property's new value; None when it is removed."""

    id: int
    key: str
    value: Any


@record
class SetLabels:
    """All labels of a node, after the change."""

    id: int
    labels: tuple[str, ...]


@record
class CreateEdge:
    """An edge that did not exist."""

    id: int
    type: str
    source: int
    target: int
    properties: Mapping[str, Any]


@record
class DeleteEdge:
    """An edge goes; with its ends and type, so that followers need not look them up."""

    id: int
    type: str
    source: int
    target: int


@record
class SetEdgeProperty:
    """A property's new value; None when it is removed."""

    id: int
    key: str
    value: Any


@record
class CreateNodes:
    """Nodes with consecutive ids and the same labels and keys; a value for each, none of them None."""

    first_id: int
    count: int
    labels: tuple[str, ...]
    properties: Mapping[str, Sequence[Any]]

    @property
    def ids(self) -> range:
        """Of the nodes."""
        return range(self.first_id, self.first_id + self.count)


@record
class CreateEdges:
    """Edges with consecutive ids and the same type and keys; a value for each, none of them None."""

    first_id: int
    type: str
    sources: Sequence[int]
    targets: Sequence[int]
    properties: Mapping[str, Sequence[Any]]

    @property
    def ids(self) -> range:
        """Of the edges."""
        return range(self.first_id, self.first_id + len(self.sources))


@record
class DeleteEdges:
    """Edges of one type go; with their ends, like `DeleteEdge`."""

    type: str
    ids: Sequence[int]
    sources: Sequence[int]
    targets: Sequence[int]


@record
class DeleteNodes:
    """Nodes go; their edges went before."""

    ids: Sequence[int]


@record
class RestoreNode:
    """A node that was deleted is back, with these properties and none of its first life."""

    id: int
    labels: tuple[str, ...]
    properties: Mapping[str, Any]


@record
class RestoreEdge:
    """An edge that was deleted is back, between the same nodes; properties as in `RestoreNode`."""

    id: int
    type: str
    source: int
    target: int
    properties: Mapping[str, Any]


@record
class CreateIndex:
    """An index; apply builds it from the data."""

    definition: IndexDefinition


@record
class DropIndex:
    """An index goes."""

    name: str


@record
class CreateConstraint:
    """A constraint; its index, where it has one, comes in a change of its own before it."""

    definition: ConstraintDefinition


@record
class DropConstraint:
    """A constraint goes; its index goes by a change of its own."""

    name: str


@record
class AttachSegments:
    """A bulk load: rows that were written to the database file as base segments before the commit.

    `manifest` describes the base that results (as `Base.to_manifest` gives it): a load is a commit and
    a checkpoint at once, so that its rows are written once.
    """

    manifest: bytes


BulkChange = CreateNodes | CreateEdges | DeleteEdges | DeleteNodes
BULK_CHANGES: Final = (CreateNodes, CreateEdges, DeleteEdges, DeleteNodes)
_BULK: Final = frozenset(BULK_CHANGES)

Change = (
    CreateNode
    | DeleteNode
    | SetNodeProperty
    | SetLabels
    | CreateEdge
    | DeleteEdge
    | SetEdgeProperty
    | RestoreNode
    | RestoreEdge
    | CreateIndex
    | DropIndex
    | CreateConstraint
    | DropConstraint
    | AttachSegments
    | CreateNodes
    | CreateEdges
    | DeleteEdges
    | DeleteNodes
)


def size_of(change: Change) -> int:
    """How many entities a change is about."""
    return len(change.ids) if type(change) in _BULK else 1  # type: ignore[union-attr]


def one_by_one(changes: Iterable[Change]) -> Iterator[Change]:
    """The same changes in the same order, each about one entity."""
    for change in changes:
        match change:
            case CreateNodes():
                rows = rows_of(change.properties, change.count)
                for node_id, properties in zip(change.ids, rows, strict=True):
                    yield CreateNode(node_id, change.labels, properties)
            case CreateEdges():
                rows = rows_of(change.properties, len(change.sources))
                ends = zip(change.ids, change.sources, change.targets, rows, strict=True)
                for edge_id, source, target, properties in ends:
                    yield CreateEdge(edge_id, change.type, source, target, properties)
            case DeleteNodes():
                yield from map(DeleteNode, change.ids)
            case DeleteEdges():
                ends_of_gone = zip(change.ids, change.sources, change.targets, strict=True)
                for edge_id, source, target in ends_of_gone:
                    yield DeleteEdge(edge_id, change.type, source, target)
            case _:
                yield change


def rows_of(columns: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any]]:
    """Columns of `count` values as a map for each row, without those that are None."""
    if not columns:
        return [{} for _ in range(count)]
    keys = tuple(columns)
    return [
        {key: value for key, value in zip(keys, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]


@record
class Commit:
    """What one transaction did.

    Attributes:
        txid: dense, from 1, in commit order.
        timestamp_us: microseconds since 1970 UTC, never backwards.
        metadata: actor, reason and whatever the caller gave.
    """

    txid: int
    timestamp_us: int
    changes: Sequence[Change]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def only_creates(changes: Sequence[Change], rows_min: int) -> bool:
    """Are these nodes and nothing else, and as many as that?"""
    count = 0
    for change in changes:
        if type(change) is CreateNodes:
            count += change.count
        elif type(change) is CreateNode:
            count += 1
        else:
            return False
    return count >= rows_min
