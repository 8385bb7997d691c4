"""The changes that lead from the schema of one moment to that of another, and what stands in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.storage.versions.changes import (
    Change,
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.versions.schema_history import SchemaAt, SchemaHistory, Since


def schema_between(history: SchemaHistory, before: int, after: int) -> list[Change]:
    """Changes that make the schema after commit `after` of the one after commit `before`.

    Either may be the older. What goes comes first; a constraint goes before its index and comes after it.
    """
    now, then = history.at(before), history.at(after)
    changes: list[Change] = [
        DropConstraint(name) for name in _other(now.constraints, then.constraints)
    ]
    changes += [DropIndex(name) for name in _other(now.indexes, then.indexes)]
    changes += [
        CreateIndex(then.indexes[name].definition) for name in _other(then.indexes, now.indexes)
    ]
    changes += [
        CreateConstraint(then.constraints[name].definition)
        for name in _other(then.constraints, now.constraints)
    ]
    return changes


def _other(these: Mapping[str, Since[Any]], those: Mapping[str, Since[Any]]) -> list[str]:
    """Names in these that those have not, or have for something else."""
    return [
        name
        for name, made in these.items()
        if name not in those or those[name].definition != made.definition
    ]


def later_schema_changes(history: SchemaHistory, after: int, changes: Iterable[Change]) -> set[int]:
    """Txids of commits after `after` that changed what the changes are about."""
    names, shapes = set(), set()
    for change in changes:
        match change:
            case DropIndex(name) | DropConstraint(name):
                names.add(name)
            case CreateIndex(made) | CreateConstraint(made):
                names.add(made.name)
                shapes.add(_shape(made))
            case _:
                continue
    return {
        txid
        for txid, change in history.events
        if txid > after
        and (
            change.name in names
            if isinstance(change, DropIndex | DropConstraint)
            else change.definition.name in names or _shape(change.definition) in shapes
        )
    }


def still_possible(changes: Sequence[Change], now: SchemaAt) -> list[Change]:
    """Those of the changes that can be made of a schema in which others came and went meanwhile."""
    gone = {change.name for change in changes if isinstance(change, DropConstraint)}
    taken = {*now.indexes, *now.constraints}
    shapes = {_shape(made.definition) for made in now.indexes.values()}
    shapes |= {_shape(made.definition) for made in now.constraints.values()}
    kept: list[Change] = []
    refused: set[str] = set()
    for change in changes:
        match change:
            case DropConstraint(name):
                is_kept = name in now.constraints
            case DropIndex(name):
                index = now.indexes.get(name)
                is_kept = index is not None and index.definition.owner in {None, *gone}
            case CreateIndex(made) | CreateConstraint(made):
                is_kept = not (made.name in taken or _shape(made) in shapes or made.name in refused)
                if not is_kept:
                    refused.add(made.name)
            case _:
                raise AssertionError("these are changes of the schema")
        if is_kept:
            kept.append(change)
    return kept


def _shape(made: IndexDefinition | ConstraintDefinition) -> tuple[Any, ...]:
    """What it covers: there are no two that cover the same."""
    labels = getattr(made, "labels", None) or made.label
    return (type(made).__name__, made.kind, made.entity, labels, made.keys)
