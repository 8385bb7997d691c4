"""SchemaHistory: which indexes and constraints there were, and Births: since when each name is used; by txid.

Every making and dropping is kept with its commit, so that the schema of any moment is a fold of what came up
to it. There are few of them, so they stand in the manifest and are walked from the start.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from neuralgraph.storage.versions.changes import (
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
)
from neuralgraph.storage.versions.definitions import (
    constraint_fields,
    index_fields,
    read_constraint,
    read_index,
)
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.versions.changes import Change

SchemaChange = CreateIndex | DropIndex | CreateConstraint | DropConstraint
OF_SCHEMA: Final = frozenset({CreateIndex, DropIndex, CreateConstraint, DropConstraint})
NEVER: Final = 1 << 62
"""The birth of a name that no commit has used: a transaction brought it and was rolled back."""

Definition = TypeVar("Definition")


class Since(NamedTuple, Generic[Definition]):
    """A definition, and the txid of the commit that made it; 0: before the first that is told of."""

    txid: int
    definition: Definition


@record
class SchemaAt:
    """Indexes and constraints at one moment, by name, oldest first."""

    indexes: Mapping[str, Since[IndexDefinition]]
    constraints: Mapping[str, Since[ConstraintDefinition]]


class SchemaEvent(NamedTuple):
    """A change, and the commit that made it."""

    txid: int
    change: SchemaChange


@record
class SchemaHistory:
    """All events, oldest first; a new one for each commit that changes the schema.

    Attributes:
        known_from: of commits before this one not all events are told.
    """

    events: tuple[SchemaEvent, ...] = ()
    known_from: int = 0

    @staticmethod
    def of(
        indexes: Iterable[IndexDefinition], constraints: Iterable[ConstraintDefinition], txid: int
    ) -> SchemaHistory:
        """That of a graph of which only the present is known, after commit `txid`: it was always so."""
        made: list[SchemaChange] = [*map(CreateIndex, indexes), *map(CreateConstraint, constraints)]
        return SchemaHistory(tuple(SchemaEvent(0, change) for change in made), txid + 1)

    def after(self, changes: Sequence[Change], txid: int) -> SchemaHistory:
        """With what a commit does; data pass by."""
        fresh = tuple(
            SchemaEvent(txid, change) for change in changes if isinstance(change, SchemaChange)
        )
        return replace(self, events=self.events + fresh) if fresh else self

    def at(self, txid: int) -> SchemaAt:
        """What there was after a commit."""
        indexes: dict[str, Since[IndexDefinition]] = {}
        constraints: dict[str, Since[ConstraintDefinition]] = {}
        for made, change in self.events:
            if made > txid:
                break
            match change:
                case CreateIndex(index):
                    indexes[index.name] = Since(made, index)
                case DropIndex(name):
                    indexes.pop(name, None)
                case CreateConstraint(constraint):
                    constraints[constraint.name] = Since(made, constraint)
                case DropConstraint(name):
                    constraints.pop(name, None)
        return SchemaAt(indexes, constraints)

    def usable(self, indexes: Iterable[IndexDefinition], txid: int) -> tuple[IndexDefinition, ...]:
        """Indexes of now as a reader of an earlier moment may use them.

        Each finds what was true then. But what a constraint keeps unique now need not have been so before
        there was one.
        """
        then = self.at(txid).indexes
        now = self.at(NEVER).indexes
        return tuple(
            index if then.get(index.name) == now.get(index.name) else replace(index, owner=None)
            for index in indexes
        )

    def since(self, txid: int) -> SchemaHistory:
        """Without what only moments before commit `txid` need."""
        kept = self.at(txid)
        made = [
            *(SchemaEvent(when, CreateIndex(one)) for when, one in kept.indexes.values()),
            *(SchemaEvent(when, CreateConstraint(one)) for when, one in kept.constraints.values()),
        ]
        later = (event for event in self.events if event.txid > txid)
        events = (*sorted(made, key=lambda event: event.txid), *later)
        return SchemaHistory(events, max(self.known_from, txid + 1))

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [self.known_from, [[txid, *_fields(change)] for txid, change in self.events]]

    @staticmethod
    def read(descriptor: Sequence[Any]) -> SchemaHistory:
        """The history that `descriptor` describes."""
        known_from, events = descriptor
        return SchemaHistory(
            tuple(SchemaEvent(txid, _change(*fields)) for txid, *fields in events), known_from
        )


def _fields(change: SchemaChange) -> list[Any]:
    match change:
        case CreateIndex(index):
            return ["index", *index_fields(index)]
        case DropIndex(name):
            return ["no index", name]
        case CreateConstraint(constraint):
            return ["constraint", *constraint_fields(constraint)]
        case DropConstraint(name):
            return ["no constraint", name]


def _change(word: str, *fields: Any) -> SchemaChange:
    match word:
        case "index":
            return CreateIndex(read_index(*fields))
        case "no index":
            return DropIndex(*fields)
        case "constraint":
            return CreateConstraint(read_constraint(*fields))
        case "no constraint":
            return DropConstraint(*fields)
        case _:
            raise ValueError(f"an unknown change of the schema: {word}")


@record
class Births:
    """The txid of the commit that first used a name, by name; one that is not here was always there."""

    labels: Mapping[str, int] = field(default_factory=dict)
    edge_types: Mapping[str, int] = field(default_factory=dict)
    property_keys: Mapping[str, int] = field(default_factory=dict)

    def kinds(self) -> tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int]]:
        """Of labels, of types, of keys."""
        return self.labels, self.edge_types, self.property_keys

    def joined_by(
        self, names: Sequence[Iterable[str]], known: Sequence[Iterable[str]], txid: int
    ) -> Births:
        """With the names (labels, types, keys) that are not among the known ones, born in a commit."""
        grown = []
        for births, all_of_kind, known_of_kind in zip(self.kinds(), names, known, strict=True):
            fresh = set(all_of_kind) - set(known_of_kind)
            grown.append({**births, **dict.fromkeys(fresh, txid)})
        return Births(*grown)

    def descriptor(self, names: Sequence[Sequence[str]]) -> list[Any]:
        """Plain values, in the order of the names (labels, types, keys)."""
        return [
            [births.get(name, 0) for name in of_kind]
            for births, of_kind in zip(self.kinds(), names, strict=True)
        ]

    @staticmethod
    def read(descriptor: Sequence[Sequence[int]], names: Sequence[Sequence[str]]) -> Births:
        """The births that `descriptor` describes."""
        labels, edge_types, property_keys = (
            dict(zip(of_kind, births, strict=True))
            for births, of_kind in zip(descriptor, names, strict=True)
        )
        return Births(labels, edge_types, property_keys)
