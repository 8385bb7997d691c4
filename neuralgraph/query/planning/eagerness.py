"""Eager barriers: a clause must not see its own writes, and must see all of those before it.

Rows flow in batches, so a write at the top of a pipeline runs while operators below still have batches to
make, and operators above it start before it is done. Both matter only where they look at what it
changes. An `Eager` goes

- below a write W when something under it may read, for a later row, what W changes;
- above a write W when something over it reads what W changes.

What an operator reads and changes is told by `Effects`: labels of scans and seeks, types that are walked,
property keys. Nothing goes where it is not needed:

- The child of W gives at most one row (`at_most_one_row`): there is no later row.
- The reader is a seek or a walk whose own child gives at most one row: it asks the graph once, before its
  first row comes out. Scans are excepted, which read on as they go.
- Something between takes all rows before it gives one: Sort, Top, Aggregate, Eager, DELETE (which reads
  all rows before it deletes, and has deleted before it gives a row).
- CREATE changes properties of new entities only: it bothers readers that find entities (scans, seeks,
  walks), and not those that look at properties of entities found before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import (
    FunctionCall,
    HasLabels,
    LabelName,
    MapLiteral,
    MapProjection,
    Property,
    RemoveDynamicProperty,
    RemoveLabels,
    RemoveProperty,
    SetDynamicProperty,
    SetLabels,
    SetProperties,
    SetProperty,
    Syntax,
)
from neuralgraph.query.planning.graphs import label_conjuncts
from neuralgraph.query.planning.operators import inputs, is_write, walk, with_inputs
from neuralgraph.query.planning.plan import (
    Aggregate,
    Apply,
    ApplyInTransactions,
    CreateEntities,
    DeleteEntities,
    Eager,
    EdgeById,
    EdgeIndexSeek,
    EdgeScan,
    Expand,
    ExpandInto,
    ExpandVariable,
    ForeachApply,
    IndexSearch,
    MergePath,
    NodeById,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    NodeToCreate,
    PlanExpression,
    ProcedureCall,
    RemoveItems,
    Repeat,
    SetItems,
    ShortestPath,
    Sort,
    Top,
    UnionAll,
)
from neuralgraph.query.planning.rules.facts import at_most_one_row
from neuralgraph.query.planning.walking import children
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neuralgraph.query.planning.plan import Operator

ANY: Final = "*"
"""Any label, type or key."""

_BLOCKING: Final = (Sort, Top, Aggregate, Eager, DeleteEntities, ApplyInTransactions)
_SEEKS: Final = (NodeIndexSeek, NodeIndexIn, NodeIndexRange, NodeIndexPrefix)
_WALKS: Final = (Expand, ExpandInto, ExpandVariable, ShortestPath)
_WHOLE: Final = ("properties", "keys", "labels", "type", "startnode", "endnode")


@record
class Effects:
    """What is looked at, or changed.

    Attributes:
        labels: of nodes that are found, that come, go, or change their labels.
        types: of edges that are walked, come or go.
        keys: of properties looked at or set.
        found_keys: of properties that finding goes by, or that new entities come with.
    """

    labels: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    found_keys: frozenset[str] = frozenset()

    def __or__(self, other: Effects) -> Effects:
        return Effects(
            self.labels | other.labels,
            self.types | other.types,
            self.keys | other.keys,
            self.found_keys | other.found_keys,
        )

    def meets(self, read: Effects) -> bool:
        """Do these writes touch what is read?"""
        return (
            _overlap(self.labels, read.labels)
            or _overlap(self.types, read.types)
            or _overlap(self.keys, read.keys | read.found_keys)
        )


EVERYTHING: Final = Effects(frozenset((ANY,)), frozenset((ANY,)), frozenset((ANY,)))
_NOTHING: Final = Effects()


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    return ANY in one or ANY in other or bool(one & other)


def with_barriers(plan: Operator) -> Operator:
    """The plan with `Eager` where it is needed."""
    if not any(is_write(op) or _calls_writer(op) for op in walk(plan)):
        return plan
    return _above(plan, _NOTHING)


def _calls_writer(operator: Operator) -> bool:
    return isinstance(operator, ProcedureCall) and operator.writes


def _above(operator: Operator, read_above: Effects) -> Operator:
    """Put barriers into `operator`; `read_above` is what is read between it and the last barrier."""
    written = written_by(operator)
    below_reads = _NOTHING if isinstance(operator, _BLOCKING) else read_above
    below_reads = below_reads | read_by(operator)
    changed = operator
    below = inputs(operator)
    if below:
        # The inner side of an apply runs row after row; its own clauses keep to the rule by themselves.
        leading = len(below) if isinstance(operator, UnionAll) else 1
        changed = with_inputs(
            operator,
            [
                _above(item, below_reads if place < leading else _NOTHING)
                for place, item in enumerate(below)
            ],
        )
    if written is None:
        return changed
    changed = _below(changed, written)
    if written.meets(read_above) and not _once(changed):
        return Eager(slots=changed.slots, estimated_rows=changed.estimated_rows, child=changed)
    return changed


def _once(write: Operator) -> bool:
    """A write that is done before its first row comes out."""
    return isinstance(write, DeleteEntities) or at_most_one_row(inputs(write)[0])


def _below(write: Operator, written: Effects) -> Operator:
    """A barrier under the write, where what is under it may yet read what it changes."""
    lead, *others = inputs(write)
    if isinstance(write, DeleteEntities | Eager) or at_most_one_row(lead):
        return write
    if not any(written.meets(read) for read in _late_reads(lead)):
        return write
    barrier = Eager(slots=lead.slots, estimated_rows=lead.estimated_rows, child=lead)
    return with_inputs(write, [barrier, *others])


def _late_reads(operator: Operator) -> Iterator[Effects]:
    """What may still be read under a write when its first batch arrives there."""
    if isinstance(operator, _BLOCKING):
        return
    if isinstance(operator, UnionAll):
        # When the first part has given its last row, the others are yet to be asked.
        yield _of_plan(operator)
        return
    parts = inputs(operator)
    asks_once = (
        not isinstance(operator, NodeScan | EdgeScan | Apply)
        and bool(parts)
        and at_most_one_row(parts[0])
    )
    if not asks_once:
        yield read_by(operator)
    for part in parts:
        yield from _late_reads(part)


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def read_by(operator: Operator) -> Effects:
    """What this very operator reads, its expressions and inner plans included."""
    found = _NOTHING
    if isinstance(operator, NodeScan):
        found = Effects(labels=frozenset((operator.label or ANY,)))
    elif isinstance(operator, NodeById):
        found = Effects(labels=frozenset((ANY,)))
    elif isinstance(operator, _SEEKS):
        index = operator.index
        found = Effects(labels=frozenset(index.labels), found_keys=frozenset(index.keys))
    elif isinstance(operator, EdgeScan | EdgeById):
        found = Effects(types=frozenset(operator.types or (ANY,)))
    elif isinstance(operator, EdgeIndexSeek):
        index = operator.index
        found = Effects(types=frozenset(index.labels), found_keys=frozenset(index.keys))
    elif isinstance(operator, _WALKS):
        found = Effects(types=frozenset(operator.types or (ANY,)))
        if isinstance(operator, Expand | ExpandVariable):
            # A label that comes or goes changes what the walk gives.
            asked = frozenset(f":{label}" for label in operator.target_labels)
            found = found | Effects(keys=asked)
    elif isinstance(operator, IndexSearch):
        names = frozenset(label for index in operator.indexes for label in index.labels)
        keys = frozenset(key for index in operator.indexes for key in index.keys)
        of_nodes = operator.indexes[0].entity == "node"
        walked = frozenset[str]() if operator.near is None else frozenset((ANY,))
        found = Effects(
            labels=names if of_nodes else frozenset(),
            types=walked if of_nodes else names,
            found_keys=keys,
        )
    elif _calls_writer(operator):
        found = EVERYTHING
    if isinstance(operator, MergePath):
        found = _of_plan(operator.match)
    elif isinstance(operator, ForeachApply | Apply | Repeat):
        found = _of_plan(operator.inner)
    return found | _of_expressions(operator)


def _of_plan(plan: Operator) -> Effects:
    effects = _NOTHING
    for operator in walk(plan):
        effects = effects | read_by(operator)
    return effects


def _of_expressions(operator: Any) -> Effects:
    effects = _NOTHING
    for name in operator.__dataclass_fields__:
        if name not in ("child", "outer", "inner", "left", "right", "match", "parts", "slots"):
            for expression in _expressions_in(getattr(operator, name)):
                effects = effects | _of_expression(expression)
    return effects


def _expressions_in(value: Any) -> Iterator[Syntax]:
    if isinstance(value, Syntax):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions_in(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _expressions_in(getattr(value, name))


def _of_expression(node: Syntax) -> Effects:
    effects = _NOTHING
    if isinstance(node, Property):
        effects = Effects(keys=frozenset((node.key,)))
    elif isinstance(node, MapProjection) or (
        isinstance(node, FunctionCall) and node.name.lower() in _WHOLE
    ):
        effects = Effects(keys=frozenset((ANY,)))
    elif isinstance(node, HasLabels):
        effects = Effects(keys=frozenset(_label_keys(node)))
    elif isinstance(node, PlanExpression):
        effects = _of_plan(node.plan)
    for part, _ in children(node):
        effects = effects | _of_expression(part)
    return effects


def _label_keys(node: HasLabels) -> Iterable[str]:
    """Labels that are asked of an entity count as keys of it, spelled so that no key is like them."""
    for part in label_conjuncts(node.labels):
        yield f":{part.name}" if isinstance(part, LabelName) else ANY


# ── writing ───────────────────────────────────────────────────────────────────────────────────


def written_by(operator: Operator) -> Effects | None:
    """What this very operator changes, its inner plans included; None when it does not write."""
    if isinstance(operator, CreateEntities):
        return _created(operator.entities)
    if isinstance(operator, MergePath):
        effects = _created(operator.entities)
        return effects | _set(operator.on_create) | _set(operator.on_match)
    if isinstance(operator, SetItems | RemoveItems):
        return _set(operator.items)
    if isinstance(operator, DeleteEntities) or _calls_writer(operator):
        return EVERYTHING
    if isinstance(operator, ForeachApply | Apply):
        inside = [written_by(part) for part in walk(operator.inner)]
        effects = _NOTHING
        for effect in inside:
            effects = effects if effect is None else effects | effect
        return effects if any(effect is not None for effect in inside) else None
    return None


def _created(entities: Iterable[Any]) -> Effects:
    labels: set[str] = set()
    types: set[str] = set()
    for entity in entities:
        if isinstance(entity, NodeToCreate):
            names = [
                part.name if isinstance(part, LabelName) else ANY
                for part in label_conjuncts(entity.labels)
            ]
            # A scan of all nodes finds it whatever its labels.
            labels.update(names or ("",))
        else:
            name = entity.edge_type
            types.add(name.name if isinstance(name, LabelName) else ANY)
    return Effects(labels=frozenset(labels), types=frozenset(types))


def _set(items: Iterable[Any]) -> Effects:
    keys: set[str] = set()
    labels: set[str] = set()
    for item in items:
        if isinstance(item, SetProperty):
            keys.add(item.key)
        elif isinstance(item, RemoveProperty):
            keys.add(item.target.key)
        elif isinstance(item, SetLabels | RemoveLabels):
            for part in label_conjuncts(item.labels):
                name = part.name if isinstance(part, LabelName) else ANY
                labels.add(name)
                keys.add(ANY if name == ANY else f":{name}")
        elif isinstance(item, SetProperties) and item.merge and isinstance(item.value, MapLiteral):
            keys.update(key for key, _ in item.value.entries)
        else:
            assert isinstance(item, SetProperties | SetDynamicProperty | RemoveDynamicProperty)
            keys.add(ANY)
    return Effects(labels=frozenset(labels), keys=frozenset(keys))
