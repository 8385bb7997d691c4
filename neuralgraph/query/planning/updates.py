"""Updating clauses: CREATE, MERGE, SET, REMOVE, DELETE, FOREACH."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import (
    Create,
    Delete,
    EdgePattern,
    Foreach,
    Merge,
    NodePattern,
    Pattern,
    Remove,
    Set,
    Variable,
)
from neuralgraph.query.planning.graphs import GraphBuilder
from neuralgraph.query.planning.matching import Matcher
from neuralgraph.query.planning.operators import added, names_of
from neuralgraph.query.planning.plan import (
    Argument,
    AsEntity,
    CreateEntities,
    DeleteEntities,
    EdgeToCreate,
    Extend,
    ForeachApply,
    MergePath,
    NodeToCreate,
    PathOf,
    PlanExpression,
    RemoveItems,
    SetItems,
    Slot,
)
from neuralgraph.query.planning.walking import contains, free_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.language.syntax import Clause, PathPattern
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator

Entities = list[NodeToCreate | EdgeToCreate]


class _Drawing:
    """Names for everything in a pattern that is to be created, and casts of values that stand in it."""

    def __init__(self, context: PlanningContext, child: Operator) -> None:
        self.child = child
        self.entities: Entities = []
        self.paths: list[tuple[str, PathOf]] = []
        self.new: list[Slot] = []
        self._context = context
        self._kinds = {slot.name: slot.kind for slot in child.slots}
        self.casts: dict[str, str] = {}

    def draw(self, path: PathPattern) -> None:
        """Take in one path: nodes in order, each edge once both ends are there."""
        first, *rest = path.elements
        assert isinstance(first, NodePattern)
        left = self._node(first)
        steps = [left]
        for edge, node in zip(rest[::2], rest[1::2], strict=True):
            assert isinstance(edge, EdgePattern)
            assert isinstance(node, NodePattern)
            right = self._node(node)
            steps += [self._edge(edge, left, right), right]
            left = right
        if path.variable:
            self.paths.append((path.variable, PathOf(tuple(steps))))

    def _node(self, node: NodePattern) -> str:
        name = node.variable or self._context.fresh("node")
        kind = self._kinds.get(name)
        if kind == "node":
            return name
        if kind is not None:
            return self._cast(name)
        self._kinds[name] = "node"
        self.new.append(Slot(name, "node"))
        properties = (
            self._context.lower(node.properties, self._slots()) if node.properties else None
        )
        labels = self._context.lower(node.labels, self._slots()) if node.labels else None
        self.entities.append(NodeToCreate(name, labels, properties))
        return name

    def _edge(self, edge: EdgePattern, left: str, right: str) -> str:
        name = edge.variable or self._context.fresh("edge")
        source, target = (right, left) if edge.direction == "in" else (left, right)
        properties = (
            self._context.lower(edge.properties, self._slots()) if edge.properties else None
        )
        assert edge.types is not None, "the analysis asks for a type"
        types = self._context.lower(edge.types, self._slots())
        self._kinds[name] = "edge"
        self.new.append(Slot(name, "edge"))
        self.entities.append(EdgeToCreate(name, types, source, target, properties))
        return name

    def _slots(self) -> tuple[Slot, ...]:
        return self.child.slots + tuple(self.new)

    def _cast(self, name: str) -> str:
        if name not in self.casts:
            hidden = self._context.fresh(name)
            self.child = Extend(
                slots=added(self.child, (hidden, "node")),
                estimated_rows=self.child.estimated_rows,
                child=self.child,
                items=(AsEntity(Variable(name), "node"),),
            )
            self.casts[name] = hidden
        return self.casts[name]

    def with_paths(self, operator: Operator) -> Operator:
        """The operator, and the paths that were named."""
        if not self.paths:
            return operator
        return Extend(
            slots=added(operator, *((name, "value") for name, _ in self.paths)),
            estimated_rows=operator.estimated_rows,
            child=operator,
            items=tuple(path for _, path in self.paths),
        )


def _create(context: PlanningContext, clause: Create, child: Operator) -> Operator:
    """CREATE: every path, in order.

    One CREATE after another becomes one operator, where the second looks at no property of what the first
    creates: scripts have hundreds in a row.
    """
    drawing = _Drawing(context, child)
    for path in clause.pattern.paths:
        drawing.draw(path)
    below = drawing.child
    entities = tuple(drawing.entities)
    slots = below.slots + tuple(drawing.new)
    if isinstance(below, CreateEntities) and not _looks_at(entities, below):
        entities = below.entities + entities
        below = below.child
    operator = CreateEntities(
        slots=slots, estimated_rows=child.estimated_rows, child=below, entities=entities
    )
    return drawing.with_paths(operator)


def _looks_at(entities: tuple[NodeToCreate | EdgeToCreate, ...], before: CreateEntities) -> bool:
    """Does a property or label depend on what was created before, or on the graph as it is then?"""
    created = names_of(before.slots) - names_of(before.child.slots)
    for entity in entities:
        labels = entity.labels if isinstance(entity, NodeToCreate) else entity.edge_type
        for part in (labels, entity.properties):
            if part is not None and (
                free_names(part) & created or contains(part, (PlanExpression,))
            ):
                return True
    return False


def _merge(context: PlanningContext, clause: Merge, child: Operator) -> Operator:
    """MERGE: one path, matched as a MATCH would, or created as a CREATE would.

    Both halves use the same names: anonymous parts are named before.
    """
    path = _named(context, clause.path)
    drawing = _Drawing(context, child)
    drawing.draw(path)
    # Casts of values are made outside, so both halves find them in the rows.
    matched_path = _renamed(path, drawing.casts)
    builder = GraphBuilder(context, Argument(slots=drawing.child.slots))
    builder.add(Pattern((matched_path,)), None)
    builder.graph.derived.clear()
    match = Matcher(context, builder.graph).match(builder.child)
    slots = drawing.child.slots + tuple(drawing.new)
    operator = MergePath(
        slots=slots,
        estimated_rows=child.estimated_rows,
        child=drawing.child,
        match=match,
        entities=tuple(drawing.entities),
        on_create=context.lower_all(clause.on_create, slots),
        on_match=context.lower_all(clause.on_match, slots),
    )
    return drawing.with_paths(operator)


def _named(context: PlanningContext, path: PathPattern) -> PathPattern:
    """The path with a name for each part; undirected edges are kept so, to be matched either way."""
    elements = []
    for element in path.elements:
        assert isinstance(element, NodePattern | EdgePattern)
        if element.variable is None:
            hint = "node" if isinstance(element, NodePattern) else "edge"
            elements.append(replace(element, variable=context.fresh(hint)))
        else:
            elements.append(element)
    return type(path)(tuple(elements), path.variable, span=path.span)


def _renamed(path: PathPattern, names: dict[str, str]) -> PathPattern:
    """The path with other names for some of its nodes."""
    elements = tuple(
        replace(element, variable=names.get(element.variable or "", element.variable))
        if isinstance(element, NodePattern)
        else element
        for element in path.elements
    )
    return replace(path, elements=elements)


def _set(context: PlanningContext, clause: Set, child: Operator) -> Operator:
    """SET."""
    return SetItems(
        slots=child.slots,
        estimated_rows=child.estimated_rows,
        child=child,
        items=context.lower_all(clause.items, child.slots),
    )


def _remove(context: PlanningContext, clause: Remove, child: Operator) -> Operator:
    """REMOVE."""
    return RemoveItems(
        slots=child.slots,
        estimated_rows=child.estimated_rows,
        child=child,
        items=context.lower_all(clause.items, child.slots),
    )


def _delete(context: PlanningContext, clause: Delete, child: Operator) -> Operator:
    """DELETE and DETACH DELETE."""
    return DeleteEntities(
        slots=child.slots,
        estimated_rows=child.estimated_rows,
        child=child,
        expressions=context.lower_all(clause.expressions, child.slots),
        detach=clause.detach,
    )


def _foreach(
    context: PlanningContext,
    clause: Foreach,
    child: Operator,
    plan_clause: Callable[[PlanningContext, Clause, Operator], Operator],
) -> Operator:
    """FOREACH: its clauses run for each element, over the row and the element."""
    seen = tuple(slot for slot in child.slots if slot.name != clause.variable)
    inner: Operator = Argument(slots=(*seen, Slot(clause.variable, "value")))
    for part in clause.clauses:
        inner = plan_clause(context, part, inner)
    assert names_of(seen) <= names_of(child.slots)
    return ForeachApply(
        slots=child.slots,
        estimated_rows=child.estimated_rows,
        child=child,
        inner=inner,
        source=context.lower(clause.source, child.slots),
        variable=clause.variable,
    )


_PLANNERS: Final[dict[type, Callable[..., Operator]]] = {
    Create: _create,
    Merge: _merge,
    Set: _set,
    Remove: _remove,
    Delete: _delete,
}


def plan_update(
    context: PlanningContext,
    clause: Clause,
    child: Operator,
    plan_clause: Callable[[PlanningContext, Clause, Operator], Operator],
) -> Operator:
    """A clause that writes; `plan_clause` plans what stands inside of FOREACH."""
    if isinstance(clause, Foreach):
        return _foreach(context, clause, child, plan_clause)
    return _PLANNERS[type(clause)](context, clause, child)
