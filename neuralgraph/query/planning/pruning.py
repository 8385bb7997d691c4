"""Column pruning: from the root down, each operator gives only what is looked at above it.

A column that is carried through an expansion costs a gather over the expansion's rows; an edge that nobody
looks at need not be found out at all. Slots narrow where they are (see `plan`), so no operator is added.
Idempotent; the rows stay the same, and so does their number. Columns with a call that changes something stay.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.access import IndexDefinition
from neuralgraph.query.language.syntax import FunctionCall, Syntax
from neuralgraph.query.planning.operators import (
    CHILD_FIELDS,
    KEEPS_SLOTS,
    inputs,
    names_of,
    past_slots,
    walk,
    with_inputs,
)
from neuralgraph.query.planning.plan import (
    ROW_SLOT,
    Aggregate,
    Apply,
    ApplyInTransactions,
    Argument,
    AtTime,
    CrossJoin,
    Distinct,
    Expand,
    ExpandVariable,
    Extend,
    ForeachApply,
    HashJoin,
    MergePath,
    Operator,
    PlanExpression,
    Project,
    Repeat,
    SchemaChange,
    ShortestPath,
    ShowRows,
    Slot,
    UnionAll,
    Unit,
)
from neuralgraph.query.planning.walking import EVERYTHING, children, free_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOT_USES: Final = frozenset((*CHILD_FIELDS, "parts", "slots", "estimated_rows"))

Names = frozenset[str]


def pruned(operator: Operator, needed: Names) -> Operator:
    """The operator with at least the slots `needed` (those of them it has), and few others."""
    if isinstance(operator, Argument):
        return replace(operator, slots=_only(operator.slots, needed | {ROW_SLOT}))
    if isinstance(operator, Unit | SchemaChange | ShowRows):
        return operator
    if isinstance(operator, UnionAll):
        whole = [pruned(part, names_of(part.slots)) for part in operator.parts]
        return with_inputs(operator, whole)
    if isinstance(operator, Distinct):
        return with_inputs(operator, [pruned(operator.child, names_of(operator.child.slots))])
    if isinstance(operator, AtTime):
        child = pruned(operator.child, needed | free_names(operator.moment.expression))
        return replace(operator, child=child, slots=past_slots(child.slots, operator.passed))
    if isinstance(operator, KEEPS_SLOTS):
        wanted = needed | own_uses(operator, operator.child)
        return with_inputs(operator, [pruned(operator.child, wanted)])
    return _PRUNERS.get(type(operator), _pruned_plain)(operator, needed)


def _only(slots: tuple[Slot, ...], names: Names) -> tuple[Slot, ...]:
    return tuple(slot for slot in slots if slot.name in names)


def _pruned_plain(operator: Any, needed: Names) -> Operator:
    """Operators that pass on the columns of one child and add their own."""
    changes: dict[str, Any] = {}
    if isinstance(operator, Expand) and operator.edge not in needed:
        changes["edge"] = None
    elif isinstance(operator, ExpandVariable) and operator.edges not in needed:
        changes["edges"] = None
    elif isinstance(operator, ShortestPath):
        changes = {
            name: None for name in ("path", "edges") if getattr(operator, name) not in needed
        }
    wanted = needed | own_uses(operator, operator.child)
    changes["child"] = pruned(operator.child, wanted)
    new: Operator = replace(operator, slots=_only(operator.slots, needed), **changes)
    return new


def _pruned_project(operator: Project, needed: Names) -> Operator:
    kept = [
        (slot, item)
        for slot, item in zip(operator.slots, operator.items, strict=True)
        if slot.name in needed or acts(item)
    ]
    if not kept:
        return pruned(operator.child, frozenset())
    slots = tuple(slot for slot, _ in kept)
    new = replace(operator, items=tuple(item for _, item in kept), slots=slots)
    return replace(new, child=pruned(operator.child, own_uses(new, operator.child)))


def _pruned_extend(operator: Extend, needed: Names) -> Operator:
    # New slots stand in the order of the items, but `ROW_SLOT` may stand behind them.
    given = names_of(operator.child.slots)
    own = [slot for slot in operator.slots if slot.name not in given]
    pairs = [
        (slot.name, item)
        for slot, item in zip(own, operator.items, strict=True)
        if slot.name in needed or acts(item)
    ]
    if not pairs:
        return pruned(operator.child, needed)
    slots = _only(operator.slots, needed.union(name for name, _ in pairs))
    new = replace(operator, items=tuple(item for _, item in pairs), slots=slots)
    return replace(new, child=pruned(operator.child, needed | own_uses(new, operator.child)))


def _pruned_aggregate(operator: Aggregate, needed: Names) -> Operator:
    count = len(operator.keys)
    kept = [
        (slot, call)
        for slot, call in zip(operator.slots[count:], operator.calls, strict=True)
        if slot.name in needed or any(map(acts, call.arguments))
    ]
    new = replace(
        operator,
        slots=operator.slots[:count] + tuple(slot for slot, _ in kept),
        calls=tuple(call for _, call in kept),
    )
    return replace(new, child=pruned(operator.child, own_uses(new, operator.child)))


def _pruned_apply(operator: Apply, needed: Names) -> Operator:
    outer_names = names_of(operator.outer.slots)
    wanted_inside: Names = frozenset((ROW_SLOT,))
    if operator.kind in ("inner", "optional"):
        wanted_inside |= needed - outer_names
    elif operator.kind == "collect":
        wanted_inside |= {operator.collected or ""}
    inner = pruned(operator.inner, wanted_inside)
    outer = pruned(operator.outer, (needed & outer_names) | taken_by(inner))
    return replace(operator, outer=outer, inner=inner, slots=_only(operator.slots, needed))


def _pruned_portions(operator: ApplyInTransactions, needed: Names) -> Operator:
    outer_names = names_of(operator.outer.slots)
    wanted = (needed - outer_names) | {ROW_SLOT}
    if operator.returns:
        # Whether a transaction fails is decided by all that it returns, whoever looks at it.
        wanted |= names_of(operator.inner.slots)
    inner = pruned(operator.inner, wanted)
    outer = pruned(operator.outer, (needed & outer_names) | taken_by(inner))
    return replace(operator, outer=outer, inner=inner, slots=_only(operator.slots, needed))


def taken_by(plan: Operator) -> Names:
    """What an inner plan takes from outside."""
    from_arguments: set[str] = set()
    waiting = [plan]
    while waiting:
        operator = waiting.pop()
        if isinstance(operator, Argument):
            from_arguments.update(slot.name for slot in operator.slots)
        elif isinstance(operator, Apply | ApplyInTransactions):
            waiting.append(operator.outer)
        elif isinstance(operator, MergePath | ForeachApply | Repeat):
            waiting.append(operator.child)
        else:
            waiting.extend(inputs(operator))
    return frozenset(from_arguments - {ROW_SLOT})


def _pruned_join(operator: CrossJoin | HashJoin, needed: Names) -> Operator:
    wanted = needed | frozenset(operator.on if isinstance(operator, HashJoin) else ())
    return replace(
        operator,
        left=pruned(operator.left, wanted),
        right=pruned(operator.right, wanted),
        slots=_only(operator.slots, needed),
    )


def _pruned_repeat(operator: Repeat, needed: Names) -> Operator:
    wanted_inside = {operator.end, *operator.edges, *(name for name, _ in operator.variables)}
    inner = pruned(operator.inner, frozenset(wanted_inside) | {ROW_SLOT})
    wanted = needed | {operator.source} | (taken_by(inner) - {operator.start})
    if operator.into:
        wanted |= {operator.target}
    child = pruned(operator.child, wanted)
    return replace(operator, child=child, inner=inner, slots=_only(operator.slots, needed))


def _pruned_nested(operator: MergePath | ForeachApply, needed: Names) -> Operator:
    wanted = needed | own_uses(operator, operator.child)
    changes: dict[str, Any] = {}
    if isinstance(operator, MergePath):
        # `match` must find every merged entity, for ON MATCH and for what stands above.
        merged = frozenset(entity.variable for entity in operator.entities)
        changes["match"] = pruned(operator.match, merged | wanted)
        wanted |= taken_by(changes["match"])
    else:
        changes["inner"] = pruned(operator.inner, frozenset())
        wanted |= taken_by(changes["inner"]) - {operator.variable}
    child = pruned(operator.child, wanted)
    return replace(operator, child=child, slots=_only(operator.slots, needed), **changes)


_PRUNERS: Final[dict[type, Callable[[Any, Names], Operator]]] = {
    Project: _pruned_project,
    Extend: _pruned_extend,
    Aggregate: _pruned_aggregate,
    Apply: _pruned_apply,
    ApplyInTransactions: _pruned_portions,
    CrossJoin: _pruned_join,
    HashJoin: _pruned_join,
    MergePath: _pruned_nested,
    ForeachApply: _pruned_nested,
    Repeat: _pruned_repeat,
}


def acts(expression: Syntax) -> bool:
    """Does a call in it change something? Then it is made, whether or not its value is looked at."""
    if isinstance(expression, FunctionCall) and expression.writes:
        return True
    if isinstance(expression, PlanExpression):
        return any(map(acts, _expressions_inside(expression.plan)))
    return any(acts(part) for part, _bound in children(expression))


def _expressions_inside(plan: Operator) -> Iterator[Syntax]:
    for operator in walk(plan):
        for part in _own_parts(operator):
            if isinstance(part, Syntax):
                yield part


def _own_parts(operator: Operator) -> Iterator[str | Syntax]:
    """Names and expressions that the operator itself looks at."""
    for field in fields(operator):
        if field.name not in _NOT_USES:
            yield from _parts_of(getattr(operator, field.name))


def _parts_of(value: Any) -> Iterator[str | Syntax]:
    """Those in a field."""
    if isinstance(value, str | Syntax):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts_of(item)
    elif is_dataclass(value) and not isinstance(value, IndexDefinition):
        for field in fields(value):
            yield from _parts_of(getattr(value, field.name))


# ── what an operator looks at ─────────────────────────────────────────────────────────────────


def own_uses(operator: Operator, child: Operator) -> Names:
    """Slots of `child` that the operator itself looks at.

    Every name and expression in its fields counts; a type or key that happens to be spelled like a slot
    keeps a column too many, no more.
    """
    names: set[str] = set()
    for part in _own_parts(operator):
        names.update((part,) if isinstance(part, str) else free_names(part))
    present = names_of(child.slots)
    return present if EVERYTHING in names else frozenset(names) & present
