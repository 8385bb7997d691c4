"""Logical changes: one kind of change, one class. A commit is a list of them.

They are what the log carries, what `apply` folds into state, what replicas and other processes follow,
and what a change feed hands out. Names are strings and values are engine values, so that a commit means
the same wherever it is read.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
class RestoreNode:
    """A node that was deleted is back; None stands for properties that are left of its first life."""

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
)


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
