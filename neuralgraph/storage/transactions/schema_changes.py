"""Making and dropping indexes and constraints: what must hold before, as changes for the write set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import ConstraintViolationError, SchemaError
from neuralgraph.hints import close_name
from neuralgraph.storage.transactions.constraints import RuleSet, check_type, missing
from neuralgraph.storage.transactions.type_rules import conforms
from neuralgraph.storage.transactions.vector_rules import completed
from neuralgraph.storage.versions.changes import (
    Change,
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
)
from neuralgraph.storage.versions.schema_history import OF_SCHEMA
from neuralgraph.values import Kind
from neuralgraph.values.ordering import equality_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.access import ConstraintDefinition
    from neuralgraph.storage.versions import GraphView
    from neuralgraph.values import Column, IdArray

_OFFENDERS_SHOWN_MAX = 5


class Schema:
    """The schema as a transaction sees it.

    Args:
        view: its snapshot.
        changes: its own schema changes so far.
    """

    __slots__ = ("constraints", "indexes", "view")

    def __init__(self, view: GraphView, changes: Sequence[Change]) -> None:
        self.view = view
        self.indexes = {index.name: index for index in view.catalog.indexes()}
        self.constraints = {rule.name: rule for rule in view.catalog.constraints()}
        for change in changes:
            match change:
                case CreateIndex(index):
                    self.indexes[index.name] = index
                case DropIndex(name):
                    self.indexes.pop(name, None)
                case CreateConstraint(constraint):
                    self.constraints[constraint.name] = constraint
                case DropConstraint(name):
                    self.constraints.pop(name, None)
                case _:
                    continue

    def require_free(self, name: str) -> None:
        """Raise SchemaError when an index or a constraint has the name."""
        if name in self.constraints:
            raise SchemaError(
                f"there is a constraint named {name} already", detail="ConstraintAlreadyExists"
            )
        if name in self.indexes:
            raise SchemaError(
                f"there is an index named {name} already", detail="IndexAlreadyExists"
            )

    def equal_index(self, wanted: IndexDefinition) -> IndexDefinition | None:
        """An index that finds the same."""
        for index in self.indexes.values():
            if (index.kind, index.entity, index.labels, index.keys) == (
                wanted.kind,
                wanted.entity,
                wanted.labels,
                wanted.keys,
            ):
                return index
        return None


def create_index(schema: Schema, definition: IndexDefinition) -> list[Change]:
    """See `access.GraphWriter.create_index`."""
    if not (definition.labels and definition.keys):
        # It would be written, and then nobody could build it.
        raise SchemaError(f"the index {definition.name} needs a label or a type, and properties")
    schema.require_free(definition.name)
    equal = schema.equal_index(definition)
    if equal is not None:
        raise SchemaError(
            f"the index {equal.name} covers {_covered(definition)} already",
            detail="IndexAlreadyExists",
        )
    if definition.kind == "vector":
        definition = completed(schema.view, definition)
    return [CreateIndex(definition)]


def drop_index(schema: Schema, name: str) -> list[Change]:
    """See `access.GraphWriter.drop_index`."""
    index = schema.indexes.get(name)
    if index is None:
        raise SchemaError(
            f"there is no index named {name}",
            detail="IndexNotFound",
            hint=close_name(name, schema.indexes),
        )
    if index.owner is not None:
        raise SchemaError(
            f"the index {name} belongs to the constraint {index.owner}; drop the constraint",
            detail="IndexBelongsToConstraint",
        )
    return [DropIndex(name)]


def create_constraint(schema: Schema, definition: ConstraintDefinition) -> list[Change]:
    """See `access.GraphWriter.create_constraint`."""
    schema.require_free(definition.name)
    for other in schema.constraints.values():
        if _same_rule(other, definition):
            raise SchemaError(
                f"the constraint {other.name} says the same already",
                detail="ConstraintAlreadyExists",
            )
    changes: list[Change] = []
    if definition.kind in ("unique", "key"):
        index = index_of(definition)
        equal = schema.equal_index(index)
        if equal is not None:
            raise SchemaError(
                f"the index {equal.name} covers {_covered(index)} already;"
                " drop it first, the constraint brings its own",
                detail="IndexAlreadyExists",
            )
        changes.append(CreateIndex(index))
    check_data(schema.view, definition)
    changes.append(CreateConstraint(definition))
    return changes


def drop_constraint(schema: Schema, name: str) -> list[Change]:
    """See `access.GraphWriter.drop_constraint`."""
    if name not in schema.constraints:
        raise SchemaError(
            f"there is no constraint named {name}",
            detail="ConstraintNotFound",
            hint=close_name(name, schema.constraints),
        )
    changes: list[Change] = [DropConstraint(name)]
    changes.extend(
        DropIndex(index.name) for index in schema.indexes.values() if index.owner == name
    )
    return changes


def index_of(constraint: ConstraintDefinition) -> IndexDefinition:
    """The index that a unique or key constraint owns; it has the constraint's name."""
    return IndexDefinition(
        constraint.name,
        "range",
        constraint.entity,
        (constraint.label,),
        constraint.keys,
        owner=constraint.name,
    )


def _equals_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _covered(index: IndexDefinition) -> str:
    keys = ", ".join(index.keys)
    labels = "|".join(index.labels)
    return f"(:{labels} {{{keys}}})" if index.entity == "node" else f"[:{labels} {{{keys}}}]"


def _same_rule(one: ConstraintDefinition, other: ConstraintDefinition) -> bool:
    return (one.kind, one.entity, one.label, one.keys) == (
        other.kind,
        other.entity,
        other.label,
        other.keys,
    )


# ── with data, all at once ────────────────────────────────────────────────────────────────────


def rules_left(rules: RuleSet, changes: Sequence[Change]) -> RuleSet:
    """The rules without those whose constraints are dropped."""
    dropped = dropped_names(changes)
    return RuleSet([rule for rule in rules.rules if rule.constraint.name not in dropped])


def dropped_names(changes: Sequence[Change]) -> set[str]:
    """Of indexes and constraints."""
    return {change.name for change in changes if isinstance(change, DropIndex | DropConstraint)}


def check_made(view: GraphView, changes: Sequence[Change]) -> None:
    """Do data obey the constraints that a transaction brings together with data?

    Raises:
        ConstraintViolationError: naming the first offenders.
    """
    for change in changes:
        if type(change) not in OF_SCHEMA:
            return
        if isinstance(change, CreateConstraint):
            check_data(view, change.definition)


# ── checking the data that is there ───────────────────────────────────────────────────────────


def check_data(view: GraphView, constraint: ConstraintDefinition) -> None:
    """Does all data obey the constraint?

    Raises:
        ConstraintViolationError: naming the first offenders.
    """
    if constraint.kind in ("exists", "key"):
        _check_present(view, constraint)
    if constraint.kind == "type":
        _check_types(view, constraint)
    if constraint.kind in ("unique", "key"):
        seen = Duplicates(constraint)
        for ids, columns in _batches(view, constraint):
            seen.add(ids, columns)
        seen.require_none()


def _batches(
    view: GraphView, constraint: ConstraintDefinition
) -> Iterator[tuple[IdArray, list[Column]]]:
    if constraint.entity == "node":
        for ids in view.scan_nodes(constraint.label):
            yield ids, [view.node_property(ids, key) for key in constraint.keys]
    else:
        for ids in view.scan_edges(constraint.label):
            yield ids, [view.edge_property(ids, key) for key in constraint.keys]


def _check_present(view: GraphView, constraint: ConstraintDefinition) -> None:
    offenders: list[int] = []
    count = 0
    for ids, columns in _batches(view, constraint):
        lacking = np.zeros(len(ids), dtype=np.bool_)
        for column in columns:
            valid = column.valid
            if valid is not None:
                lacking |= ~valid
        count += int(np.count_nonzero(lacking))
        offenders += ids[lacking][: _OFFENDERS_SHOWN_MAX - len(offenders)].tolist()
    if count == 1:
        raise missing(constraint, offenders[0])
    if count:
        wanted = " or ".join(f"`{key}`" for key in constraint.keys)
        raise ConstraintViolationError(
            f"{_listed(constraint, offenders, count)} lack {wanted}; that breaks the constraint"
            f" {constraint.name} on {constraint.label}, and nothing was changed",
            constraint=constraint.name,
            detail="PropertyExistenceViolation",
        )


def _listed(constraint: ConstraintDefinition, offenders: Sequence[int], count: int) -> str:
    noun = "nodes" if constraint.entity == "node" else "relationships"
    more = count - len(offenders)
    return f"{noun} {', '.join(map(str, offenders))}{f' and {more} more' if more else ''}"


def _check_types(view: GraphView, constraint: ConstraintDefinition) -> None:
    wanted = constraint.type_name or "ANY"
    offenders: list[int] = []
    shown: list[Any] = []
    count = 0
    for ids, (column,) in _batches(view, constraint):
        rows = column.valid_mask.nonzero()[0]
        if column.kind in (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.TEXT):
            # All of one type: where the first one fits, the rest does.
            first = column.take(rows[:1]).to_values()
            if all(conforms(value, wanted) for value in first):
                continue
        values = column.take(rows).to_values()
        for entity_id, value in zip(ids[rows].tolist(), values, strict=True):
            if not conforms(value, wanted):
                count += 1
                if len(offenders) < _OFFENDERS_SHOWN_MAX:
                    offenders.append(entity_id)
                    shown.append(value)
    if count == 1:
        check_type(constraint, offenders[0], shown[0])
    if count:
        values_shown = ", ".join(f"{value!r:.60}" for value in shown)
        raise ConstraintViolationError(
            f"{_listed(constraint, offenders, count)} have `{constraint.keys[0]}` = {values_shown}"
            f"{', ...' if count > len(shown) else ''}, which is not of type {wanted}; that breaks the"
            f" constraint {constraint.name} on {constraint.label}, and nothing was changed",
            constraint=constraint.name,
            detail="PropertyTypeViolation",
        )


class Duplicates:
    """Finds equal combinations of values as batches go by. Rows with a null or NaN are not looked at.

    Batches are kept until `require_none`, which answers by arrays where one typed column makes the key; only
    when that finds duplicates, or for other keys, are the rows gone through one by one.
    """

    __slots__ = ("_batches", "_constraint", "_noun")

    def __init__(self, constraint: ConstraintDefinition) -> None:
        self._constraint = constraint
        self._noun = "nodes" if constraint.entity == "node" else "relationships"
        self._batches: list[tuple[IdArray | range, Sequence[Column]]] = []

    def add(self, ids: IdArray | range, columns: Sequence[Column]) -> None:
        """One batch more."""
        self._batches.append((ids, columns))

    def add_rows(self, *columns: Column) -> None:
        """Rows that have no id yet: they are told apart by their numbers."""
        self._noun = "rows"
        self.add(range(columns[0].count), columns)

    def require_none(self) -> None:
        """Raise ConstraintViolationError when there were any, naming the first."""
        batches = self._batches
        if all(len(columns) == 1 for _, columns in batches) and _all_differ(
            [columns[0] for _, columns in batches]
        ):
            return
        found = self._found()
        if not found:
            return
        constraint = self._constraint
        shown = "; ".join(
            f"{self._noun} {first} and {second} both have "
            + ", ".join(
                f"`{key}` = {value!r}" for key, value in zip(constraint.keys, values, strict=True)
            )
            for first, second, values in found[:_OFFENDERS_SHOWN_MAX]
        )
        more = len(found) - _OFFENDERS_SHOWN_MAX
        raise ConstraintViolationError(
            f"{shown}{f'; and {more} more' if more > 0 else ''}; that breaks the constraint"
            f" {constraint.name} on {constraint.label}, and nothing was changed",
            constraint=constraint.name,
            detail="UniquePropertyViolation",
        )

    def _found(self) -> list[tuple[int, int, tuple[Any, ...]]]:
        """The first and another owner of each combination that occurs again, and its values."""
        seen: dict[Any, int] = {}
        found: list[tuple[int, int, tuple[Any, ...]]] = []
        for ids, columns in self._batches:
            combinations = zip(*(column.to_values() for column in columns), strict=True)
            # A loop: values of any type meet in one dictionary, by openCypher's equality.
            for entity_id, values in zip(list(ids), combinations, strict=True):
                if any(map(_equals_nothing, values)):
                    continue
                key = tuple(map(equality_key, values))
                first = seen.setdefault(key, int(entity_id))
                if first != entity_id:
                    found.append((first, int(entity_id), values))
        return found


def _all_differ(columns: Sequence[Column]) -> bool:
    """The quick answer for integers or for strings: do all values differ, nulls aside? False: perhaps not."""
    kinds = {column.kind for column in columns}
    if kinds == {Kind.INTEGER}:
        parts = [
            column.array if column.valid is None else column.array[column.valid]
            for column in columns
        ]
        numbers: Any = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if bool((numbers[1:] > numbers[:-1]).all()):
            return True
        ordered = np.sort(numbers)
        return not bool((ordered[1:] == ordered[:-1]).any())
    if kinds == {Kind.TEXT}:
        texts = [text for column in columns for text in column.to_list() if text is not None]
        return len(set(texts)) == len(texts)
    return not columns
