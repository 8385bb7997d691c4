"""Constraints: unique, exists, type and key (unique and exists).

Unique values and types are checked at the write, for the clearest error; what a later write of the same
statement may still put right (a property that must exist) is noted and checked at commit. A unique value is
locked until the end of the transaction, so that of two transactions that want it one waits and then sees
the other's commit; the check looks at the newest committed state as well as at the own view, because the
snapshot may be older than the lock.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.access.vectors import VectorSettings
from neuralgraph.errors import ConflictError, ConstraintViolationError
from neuralgraph.storage.transactions.locks import WRITE
from neuralgraph.storage.transactions.type_rules import conforms
from neuralgraph.storage.transactions.vector_rules import all_are_well, as_constraint, check_vector
from neuralgraph.values import BATCH_ROWS_MAX, Column
from neuralgraph.values.ordering import equality_key, equality_keys
from neuralgraph.values.records import record
from neuralgraph.values.types import type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.transactions.locks import LockOwner, LockTable
    from neuralgraph.storage.transactions.write_set import WriteSet
    from neuralgraph.storage.versions import Catalog, GraphView, State
    from neuralgraph.values import IdArray

EntityKind = Literal["node", "edge"]

DEFERRED_MAX: Final = 50_000
"""So many entities are remembered that lack a property, to be looked at again at the end."""

_WORDS: Final = {"node": "node", "edge": "relationship"}


@record
class Rule:
    """A constraint, and the index that finds equal values, where it needs one.

    A vector index is a rule, too: `vectors` is what it can hold.
    """

    constraint: ConstraintDefinition
    index: IndexDefinition | None = None
    vectors: VectorSettings | None = None

    @property
    def is_required(self) -> bool:
        """Must the properties be there?"""
        return self.constraint.kind in ("exists", "key")


class RuleSet:
    """The constraints of one catalogue, by what may break them."""

    __slots__ = ("_by_key", "_by_label", "rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self._by_label: dict[tuple[EntityKind, str], list[Rule]] = {}
        self._by_key: dict[tuple[EntityKind, str], list[Rule]] = {}
        for rule in rules:
            constraint = rule.constraint
            self._by_label.setdefault((constraint.entity, constraint.label), []).append(rule)
            for key in constraint.keys:
                self._by_key.setdefault((constraint.entity, key), []).append(rule)

    @staticmethod
    def of(catalog: Catalog) -> RuleSet:
        """The rules of a catalogue."""
        rules = [
            Rule(
                constraint,
                catalog.index(constraint.name) if constraint.kind in ("unique", "key") else None,
            )
            for constraint in catalog.constraints()
        ]
        rules.extend(
            Rule(as_constraint(index), vectors=VectorSettings.of(index))
            for index in catalog.indexes()
            if index.kind == "vector"
        )
        return RuleSet(rules)

    def for_label(self, entity: EntityKind, label: str) -> Sequence[Rule]:
        """Rules for entities with a label (or of a type)."""
        return self._by_label.get((entity, label), ())

    def for_key(self, entity: EntityKind, key: str) -> Sequence[Rule]:
        """Rules that a change of this property may break."""
        return self._by_key.get((entity, key), ())


class ConstraintChecker:
    """Checks the writes of one transaction.

    Args:
        rules: what holds.
        view: the transaction's own view.
        latest: the newest published state.
        locks, owner: where unique values are locked.
        writes: what the transaction wrote.

    Attributes:
        is_deferring: nothing is checked before `check_all`.
    """

    __slots__ = (
        "_deferred",
        "_deferred_of_all",
        "_later",
        "_latest",
        "_locks",
        "_owner",
        "_view",
        "_writes",
        "is_deferring",
        "rules",
    )

    def __init__(
        self,
        rules: RuleSet,
        view: GraphView,
        latest: Callable[[], State],
        locks: LockTable,
        owner: LockOwner,
        writes: WriteSet,
    ) -> None:
        self.rules = rules
        self._writes = writes
        self._view = view
        self._latest = latest
        self._locks = locks
        self._owner = owner
        self._deferred: dict[tuple[str, int], Rule] = {}
        # Instead of very many entities: the rules that all that was written has to obey.
        self._deferred_of_all: dict[str, Rule] = {}
        self._later: dict[tuple[str, int], Rule] = {}
        self.is_deferring = False

    # ── at the write; before the change is applied ────────────────────────────────────────────

    def created(
        self,
        entity: EntityKind,
        entity_id: int,
        labels: Iterable[str],
        properties: Mapping[str, Any],
    ) -> None:
        """An entity is about to be created."""
        for label in labels:
            for rule in self.rules.for_label(entity, label):
                values = [properties.get(key) for key in rule.constraint.keys]
                self._check(rule, entity_id, values)

    def created_many(
        self,
        entity: EntityKind,
        labels: Iterable[str],
        count: int,
        columns: Mapping[str, Sequence[Any]],
    ) -> bool:
        """Entities with the same labels are about to be created: is all well at first sight?

        `columns` have their properties, a value or None for each of the `count`. False when it takes
        `created`, one by one, to tell what is wrong or whether anything is.
        """
        rules = [rule for label in labels for rule in self.rules.for_label(entity, label)]
        return all(self._is_well(rule, count, columns) for rule in rules)

    def _is_well(self, rule: Rule, count: int, columns: Mapping[str, Sequence[Any]]) -> bool:
        constraint = rule.constraint
        keys = constraint.keys
        if rule.vectors is not None:
            return keys[0] not in columns or all_are_well(rule.vectors, columns[keys[0]])
        if constraint.kind not in ("unique", "key", "exists"):
            return False
        checked = [columns[key] for key in keys if key in columns]
        if len(checked) < len(keys) or any(type(None) in set(map(type, part)) for part in checked):
            return False
        if rule.index is None:
            return True
        equal = zip(*map(equality_keys, checked), strict=True)
        values = set(zip(repeat("c"), repeat(constraint.name), equal))
        if len(values) < count or self._owner.has_any(values):
            return False
        self._locks.acquire_many(self._owner, values, WRITE)
        latest = self._latest()
        if latest.txid != self._view.txid:
            return False
        # Nobody else may write these values now, and this transaction has not written them.
        if len(keys) == 1:
            column = Column.of_values(checked[0])
            return not len(latest.view.seek_many(rule.index, column)[1])
        rows = zip(*checked, strict=True)
        return not any(len(latest.view.seek(rule.index, row)) for row in rows)

    def property_set(
        self, entity: EntityKind, entity_id: int, labels: Iterable[str], key: str, value: Any
    ) -> None:
        """A property is about to change (None: to go)."""
        for rule in self.rules.for_key(entity, key):
            if rule.constraint.label in labels:
                values = [
                    value if wanted == key else self._value(entity, entity_id, wanted)
                    for wanted in rule.constraint.keys
                ]
                self._check(rule, entity_id, values)

    def label_added(self, node_id: int, label: str) -> None:
        """A label is about to come."""
        for rule in self.rules.for_label("node", label):
            values = [self._value("node", node_id, key) for key in rule.constraint.keys]
            self._check(rule, node_id, values)

    def _check(self, rule: Rule, entity_id: int, values: list[Any]) -> None:
        constraint = rule.constraint
        if self.is_deferring:
            self._later[constraint.name, entity_id] = rule
        elif rule.vectors is not None:
            check_vector(rule.vectors, constraint, entity_id, values[0])
        elif constraint.kind == "type":
            check_type(constraint, entity_id, values[0])
        elif any(value is None for value in values):
            if rule.is_required:
                self._defer(rule, entity_id)
        elif rule.index is not None:
            self._check_unique(rule, rule.index, entity_id, values)

    def _defer(self, rule: Rule, entity_id: int) -> None:
        name, deferred = rule.constraint.name, self._deferred
        if name not in self._deferred_of_all:
            deferred[name, entity_id] = rule
            if len(deferred) > DEFERRED_MAX:
                self._deferred_of_all.update((key[0], other) for key, other in deferred.items())
                deferred.clear()

    def _check_unique(
        self, rule: Rule, index: IndexDefinition, entity_id: int, values: list[Any]
    ) -> None:
        constraint = rule.constraint
        key = ("c", constraint.name, tuple(map(equality_key, values)))
        is_first = not self._owner.has(key)
        self._locks.acquire(self._owner, key, WRITE)
        view, latest = self._view, self._latest()
        if is_first and latest.txid == view.txid and not len(latest.view.seek(index, values)):
            return  # whoever writes the value here locks it first, so the own layer has none either
        seen = [other for other in view.seek(index, values).tolist() if other != entity_id]
        if latest.txid == view.txid:
            if seen:
                raise duplicate(constraint, seen[0], values)
            return
        # What this transaction changed itself is judged as it is now, the rest by the newest commit.
        writes = self._writes
        for other in latest.view.seek(index, values).tolist():
            if other != entity_id and not writes.has_touched(constraint, other):
                raise duplicate(constraint, other, values)
        for other in seen:
            if writes.has_touched(constraint, other):
                raise duplicate(constraint, other, values)
            # Somebody gave the value free since the snapshot, in which it is still taken.
            raise ConflictError((f"{_WORDS[constraint.entity]} {other}",), latest.txid)

    # ── all at once ───────────────────────────────────────────────────────────────────────────

    def check_all(self) -> None:
        """Check what was written while deferring, as it is now, and defer no more.

        Raises:
            ConstraintViolationError: a constraint does not hold.
        """
        self.is_deferring = False
        later, self._later = self._later, {}
        for (_, entity_id), rule in later.items():
            constraint = rule.constraint
            if constraint.label in self._labels(constraint.entity, entity_id):
                keys = constraint.keys
                values = [self._value(constraint.entity, entity_id, key) for key in keys]
                self._check(rule, entity_id, values)
        self.check_deferred()

    # ── at commit ─────────────────────────────────────────────────────────────────────────────

    def check_deferred(self) -> None:
        """What had to be there by now.

        Raises:
            ConstraintViolationError: it is not.
        """
        for (_, entity_id), rule in self._deferred.items():
            constraint = rule.constraint
            if constraint.label not in self._labels(constraint.entity, entity_id):
                continue
            for key in constraint.keys:
                if self._value(constraint.entity, entity_id, key) is None:
                    raise missing(constraint, entity_id)
        for rule in self._deferred_of_all.values():
            for ids, columns in self._written(rule.constraint):
                for column in columns:
                    absent = ids[~column.valid_mask]
                    if len(absent):
                        raise missing(rule.constraint, int(absent[0]))

    def check_unique_again(self, latest: State) -> None:
        """Did another process, which knows nothing of our locks, commit one of the values written here?

        Args:
            latest: the newest committed state; nobody commits until this transaction did.

        Raises:
            ConstraintViolationError: it did.
        """
        for rule in self.rules.rules:
            if rule.index is not None:
                for ids, columns in self._written(rule.constraint):
                    self._check_again(rule.constraint, rule.index, ids, columns, latest)

    def _written(self, constraint: ConstraintDefinition) -> Iterator[tuple[IdArray, list[Column]]]:
        """What was written of what a constraint is about: ids and the values it looks at, by batches."""
        view, written = self._view, self._writes.touched(constraint)
        for start in range(0, len(written), BATCH_ROWS_MAX):
            ids = written[start : start + BATCH_ROWS_MAX]
            if constraint.entity == "node":
                ids = ids[view.has_label(ids, constraint.label)]
                yield ids, [view.node_property(ids, key) for key in constraint.keys]
            else:
                types = view.edge_types(ids).to_list()
                ids = ids[np.array([one == constraint.label for one in types], dtype=np.bool_)]
                yield ids, [view.edge_property(ids, key) for key in constraint.keys]

    def _check_again(
        self,
        constraint: ConstraintDefinition,
        index: IndexDefinition,
        ids: IdArray,
        columns: list[Column],
        latest: State,
    ) -> None:
        """Has nobody else a value of one of these entities?"""
        rows = np.flatnonzero(np.logical_and.reduce([column.valid_mask for column in columns]))
        ids, columns = ids[rows], [column.take(rows) for column in columns]
        for row, other in _holders(latest, index, columns):
            if other != ids[row] and not self._writes.has_touched(constraint, other):
                values = [column.slice(row, row + 1).to_list()[0] for column in columns]
                raise duplicate(constraint, other, values)

    def _labels(self, entity: EntityKind, entity_id: int) -> Sequence[str]:
        if entity == "node":
            return self._view.labels_or_none(entity_id) or ()
        edge = self._view.edge_or_none(entity_id)
        return () if edge is None else edge[:1]

    def _value(self, entity: EntityKind, entity_id: int, key: str) -> Any:
        if entity == "node":
            return self._view.latest_node_value(entity_id, key)
        return self._view.latest_edge_value(entity_id, key)


def _holders(
    latest: State, index: IndexDefinition, columns: Sequence[Column]
) -> Iterator[tuple[int, int]]:
    """Rows of values, and who has them in the newest state."""
    if len(columns) == 1:
        rows, ids = latest.view.seek_many(index, columns[0])
        yield from zip(rows.tolist(), ids.tolist(), strict=True)
        return
    values = zip(*(column.to_list() for column in columns), strict=True)
    for row, wanted in enumerate(values):
        for found in latest.view.seek(index, wanted).tolist():
            yield row, found


def check_type(
    constraint: ConstraintDefinition, entity_id: int, value: Any, *, is_row: bool = False
) -> None:
    """Raise unless the value (None is fine) is of the constraint's type.

    Args:
        constraint: of kind ``type``.
        entity_id: of what has the value; with `is_row` the number of a row of a load, from 0.
        value: the value.
        is_row: there is no entity yet.
    """
    wanted = constraint.type_name or "ANY"
    if value is not None and not conforms(value, wanted):
        subject = _subject(constraint, entity_id)
        if is_row:
            link = "label" if constraint.entity == "node" else "type"
            subject = f"row {entity_id} with {link} `{constraint.label}`"
        raise ConstraintViolationError(
            f"{subject} requires the property `{constraint.keys[0]}` to be of"
            f" type {wanted}, but {_shown(value)} is of type {type_name(value)}"
            f" (constraint {constraint.name}){'; nothing was loaded' if is_row else ''}",
            constraint=constraint.name,
            detail="PropertyTypeViolation",
        )


def duplicate(
    constraint: ConstraintDefinition, entity_id: int, values: Sequence[Any]
) -> ConstraintViolationError:
    """`entity_id` has the values already."""
    pairs = " and ".join(
        f"`{key}` = {_shown(value)}" for key, value in zip(constraint.keys, values, strict=True)
    )
    word = "property" if len(constraint.keys) == 1 else "properties"
    return ConstraintViolationError(
        f"{_subject(constraint, entity_id, 'already exists with')} and {word} {pairs}"
        f" (constraint {constraint.name})",
        constraint=constraint.name,
        detail="UniquePropertyViolation",
    )


def missing(constraint: ConstraintDefinition, entity_id: int) -> ConstraintViolationError:
    """`entity_id` lacks a property that must be there."""
    keys = ", ".join(f"`{key}`" for key in constraint.keys)
    wanted = f"property {keys}" if len(constraint.keys) == 1 else f"properties ({keys})"
    return ConstraintViolationError(
        f"{_subject(constraint, entity_id)} must have the {wanted} (constraint {constraint.name})",
        constraint=constraint.name,
        detail="PropertyExistenceViolation",
    )


def _subject(constraint: ConstraintDefinition, entity_id: int, link: str = "with") -> str:
    if constraint.entity == "node":
        return f"Node({entity_id}) {link} label `{constraint.label}`"
    return f"Relationship({entity_id}) {link} type `{constraint.label}`"


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
