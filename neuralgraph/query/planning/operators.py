"""Making operators and walking over them: slots are worked out here and nowhere else.

`rebuilt` gives an operator on other children; `pruned_slots` and the rest build on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import Variable
from neuralgraph.query.planning.plan import (
    ROW_SLOT,
    Aggregate,
    Apply,
    ApplyInTransactions,
    Argument,
    CreateEntities,
    CrossJoin,
    DeleteEntities,
    Distinct,
    Eager,
    Filter,
    ForeachApply,
    HashJoin,
    Limit,
    MergePath,
    NearestRows,
    ProcedureCall,
    Project,
    RemoveItems,
    Repeat,
    SetItems,
    ShowRows,
    Skip,
    Slot,
    UnionAll,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.query.language.syntax import Expression
    from neuralgraph.query.planning.plan import AggregateCall, Operator, SlotKind

CHILD_FIELDS: Final = ("child", "outer", "left", "inner", "right", "match")
"""Fields that hold an operator, the one that rows come from first; `parts` holds several."""

KEEPS_SLOTS: Final = (Distinct, Eager, Skip, Limit, NearestRows)
"""Operators whose slots are always their child's."""

WRITES: Final = (CreateEntities, MergePath, SetItems, RemoveItems, DeleteEntities, ForeachApply)


def inputs(operator: Operator) -> list[Operator]:
    """Direct inputs, the one whose rows lead first."""
    if isinstance(operator, UnionAll):
        return list(operator.parts)
    return [getattr(operator, name) for name in CHILD_FIELDS if hasattr(operator, name)]


def walk(operator: Operator) -> Iterator[Operator]:
    """The operator and all below it, those whose rows lead first."""
    # Plans are as deep as they are long: generators inside generators would take the square of it.
    waiting = [operator]
    while waiting:
        current = waiting.pop()
        yield current
        below = inputs(current)
        waiting.extend(reversed(below))


def argument_names(plan: Operator) -> frozenset[str]:
    """Names that an inner plan takes from outside."""
    return frozenset(slot.name for slot in argument_slots(plan))


def argument_slots(plan: Operator) -> tuple[Slot, ...]:
    """Slots of every `Argument` of this plan; not of the applies nested in it."""
    found: dict[str, Slot] = {}
    waiting = [plan]
    while waiting:
        operator = waiting.pop()
        if isinstance(operator, Argument):
            found.update((slot.name, slot) for slot in operator.slots if slot.name != ROW_SLOT)
        elif isinstance(operator, Apply | ApplyInTransactions):
            waiting.append(operator.outer)
        elif isinstance(operator, MergePath | ForeachApply | Repeat):
            waiting.append(operator.child)
        else:
            waiting.extend(inputs(operator))
    return tuple(found.values())


def names_of(slots: Iterable[Slot]) -> frozenset[str]:
    """The names."""
    return frozenset(slot.name for slot in slots)


def added(child: Operator, *new: tuple[str | None, SlotKind]) -> tuple[Slot, ...]:
    """The child's slots, then new ones; those named None are left out."""
    return child.slots + tuple(Slot(name, kind) for name, kind in new if name is not None)


def past_slots(slots: Iterable[Slot], passed: Sequence[str]) -> tuple[Slot, ...]:
    """Slots as they leave an `AtTime`: entities of the past are values."""
    return tuple(
        slot if slot.name in passed or slot.kind == "value" else Slot(slot.name, "value")
        for slot in slots
    )


def is_write(operator: Operator) -> bool:
    """Does this very operator change the graph? Procedures are not known to; ask `writes`."""
    return isinstance(operator, WRITES)


def writes(plan: Operator) -> bool:
    """Does anything in the plan change the graph, as far as operators tell?"""
    return any(
        is_write(operator) or (isinstance(operator, ProcedureCall) and operator.writes)
        for operator in walk(plan)
    )


def administers(plan: Operator) -> bool:
    """Does anything in the plan change what is not the graph's data: its history, other transactions?"""
    return any(
        (isinstance(operator, ProcedureCall) and operator.administers)
        or (isinstance(operator, ShowRows) and operator.command.terminate)
        for operator in walk(plan)
    )


def writes_outside(plan: Operator) -> bool:
    """Does anything change the graph that is not inside a ``CALL { } IN TRANSACTIONS``?"""
    if isinstance(plan, ApplyInTransactions):
        return writes_outside(plan.outer)
    if is_write(plan) or (isinstance(plan, ProcedureCall) and plan.writes):
        return True
    return any(writes_outside(part) for part in inputs(plan))


def runs_in_transactions(plan: Operator) -> bool:
    """Does it hold a ``CALL { } IN TRANSACTIONS``?"""
    return any(isinstance(operator, ApplyInTransactions) for operator in walk(plan))


# ── makers ────────────────────────────────────────────────────────────────────────────────────


def filtered(child: Operator, predicate: Expression, *, selectivity: float = 0.5) -> Filter:
    """Rows of the child where a predicate holds."""
    return Filter(
        slots=child.slots,
        estimated_rows=child.estimated_rows * selectivity,
        child=child,
        predicate=predicate,
    )


def projected(child: Operator, items: Sequence[tuple[Slot, Expression]]) -> Project:
    """New columns and nothing else."""
    return Project(
        slots=tuple(slot for slot, _ in items),
        estimated_rows=child.estimated_rows,
        child=child,
        items=tuple(expression for _, expression in items),
    )


def union_of(parts: list[Operator], names: Sequence[str], *, first_only: bool = False) -> UnionAll:
    """Rows of all parts, or of the first that has any; kinds that differ become values."""
    kinds = [{slot.name: slot.kind for slot in part.slots} for part in parts]
    slots = [
        Slot(name, kinds[0][name] if len({kind[name] for kind in kinds}) == 1 else "value")
        for name in names
    ]
    aligned = [
        part
        if part.slots == tuple(slots)
        else projected(part, [(slot, Variable(slot.name)) for slot in slots])
        for part in parts
    ]
    rows = sum(part.estimated_rows for part in parts)
    return UnionAll(
        slots=tuple(slots), estimated_rows=rows, parts=tuple(aligned), first_only=first_only
    )


def aggregated(
    child: Operator,
    keys: Sequence[tuple[Slot, Expression]],
    calls: Sequence[tuple[str, AggregateCall]],
) -> Aggregate:
    """Groups; a column a key, then one a call."""
    slots = tuple(slot for slot, _ in keys) + tuple(Slot(name, "value") for name, _ in calls)
    return Aggregate(
        slots=slots,
        estimated_rows=max(1.0, child.estimated_rows**0.75) if keys else 1.0,
        child=child,
        keys=tuple(expression for _, expression in keys),
        calls=tuple(call for _, call in calls),
    )


def distinct(child: Operator) -> Distinct:
    """Each different row once."""
    return Distinct(slots=child.slots, estimated_rows=child.estimated_rows, child=child)


def cross_joined(left: Operator, right: Operator) -> CrossJoin:
    """Every pair."""
    return CrossJoin(
        slots=left.slots + right.slots,
        estimated_rows=left.estimated_rows * right.estimated_rows,
        left=left,
        right=right,
    )


def hash_joined(left: Operator, right: Operator, on: tuple[str, ...]) -> HashJoin:
    """Pairs that agree."""
    return HashJoin(
        slots=left.slots + tuple(slot for slot in right.slots if slot.name not in on),
        estimated_rows=max(left.estimated_rows, right.estimated_rows),
        left=left,
        right=right,
        on=on,
    )


def with_inputs(operator: Operator, new: Sequence[Operator]) -> Operator:
    """The operator over other inputs that have the same slots (those that keep slots: theirs)."""
    old = inputs(operator)
    if all(a is b for a, b in zip(old, new, strict=True)):
        return operator
    changes: dict[str, Any] = {}
    if isinstance(operator, UnionAll):
        changes = {"parts": tuple(new), "slots": new[0].slots}
    else:
        names = [name for name in CHILD_FIELDS if hasattr(operator, name)]
        changes = dict(zip(names, new, strict=True))
        if isinstance(operator, KEEPS_SLOTS):
            changes["slots"] = new[0].slots
    return replace(operator, **changes)
