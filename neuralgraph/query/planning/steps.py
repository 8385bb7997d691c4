"""One step along an edge of a pattern, from what is bound: the operator for each case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    FunctionCall,
    ListComprehension,
    Property,
    Quantified,
    Unary,
    Variable,
)
from neuralgraph.query.planning.estimates import LIST_LENGTH
from neuralgraph.query.planning.graphs import FLIPPED, labels_predicate
from neuralgraph.query.planning.operators import added
from neuralgraph.query.planning.plan import (
    EdgeById,
    EdgeEnds,
    EdgeIndexSeek,
    EdgeScan,
    EdgesReverify,
    Expand,
    ExpandInto,
    ExpandVariable,
    Filter,
    ShortestPath,
)
from neuralgraph.query.planning.walking import free_names
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Direction, Expression
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.graphs import GraphEdge, PatternGraph
    from neuralgraph.query.planning.plan import Operator


@record
class Walked:
    """An edge that is matched.

    Attributes:
        source, target: the slots it was walked from and to; None where that is not one step along it.
        direction: as walked from `source`.
    """

    edge: GraphEdge
    source: str | None = None
    target: str | None = None
    direction: Direction = "both"

    def differs_from(self, other: Walked) -> Expression:
        """A predicate: no edge of this is an edge of the other."""
        one, two = Variable(self.edge.slot), Variable(other.edge.slot)
        if self.edge.length is None and other.edge.length is None:
            return Comparison(("<>",), (one, two))
        if self.edge.length is None:
            return Unary("NOT", Binary("IN", one, two))
        if other.edge.length is None:
            return Unary("NOT", Binary("IN", two, one))
        each = Variable(" same")
        return Quantified("none", each.name, one, Binary("IN", each, two))


@record
class Step:
    """An operator, and how it walked."""

    operator: Operator
    walked: Walked
    cost: float = 0.0
    """What it costs beyond the rows that it gives."""


@record
class Scanned:
    """A scan of edges: with what it answers and what remains to be asked of its ends."""

    operator: Operator
    walked: Walked
    answered: tuple[Expression, ...]
    labels: tuple[Expression, ...]
    is_seek: bool


def step_along(
    context: PlanningContext,
    graph: PatternGraph,
    child: Operator,
    edge: GraphEdge,
    walked: tuple[Walked, ...],
) -> Step:
    """Match `edge`; at least one end is bound, or the edge itself is."""
    bound = {slot.name for slot in child.slots}
    if edge.known:
        return _known(context, graph, child, edge, bound, walked)
    if edge.selector is not None:
        return _shortest(context, child, edge)
    forward = edge.left in bound
    if forward:
        source, target, direction = edge.left, edge.right, edge.direction
    else:
        source, target, direction = edge.right, edge.left, FLIPPED[edge.direction]
    way = _Way(source, target, direction, target in bound)
    different = [w for w in walked if edge.may_equal(w.edge)]
    degree = context.estimates.degree(edge.types, direction, graph.nodes.get(source, ()))
    if edge.length is not None:
        return _walk(context, graph, child, edge, way, different, degree)
    if way.into:
        return _into(context, child, edge, way, different, degree)
    fraction = context.estimates.label_fraction(graph.nodes[target])
    expand = Expand(
        slots=added(child, (edge.slot, "edge"), (target, "node")),
        estimated_rows=child.estimated_rows * degree * fraction,
        child=child,
        source=source,
        edge=edge.slot,
        target=target,
        types=edge.types,
        direction=direction,
        different_from=tuple(w.edge.slot for w in different),
        target_labels=graph.nodes[target],
        different_where=tuple(_meeting(w, source, direction) for w in different),
    )
    return Step(expand, Walked(edge, source, target, direction))


@record
class _Way:
    """Which way an edge is walked; `into`: the target is bound too."""

    source: str
    target: str
    direction: Direction
    into: bool


def _into(
    context: PlanningContext,
    child: Operator,
    edge: GraphEdge,
    way: _Way,
    different: list[Walked],
    degree: float,
) -> Step:
    operator = ExpandInto(
        slots=added(child, (edge.slot, "edge")),
        estimated_rows=child.estimated_rows * min(1.0, degree / context.estimates.nodes()),
        child=child,
        source=way.source,
        edge=edge.slot,
        target=way.target,
        types=edge.types,
        direction=way.direction,
        different_from=tuple(w.edge.slot for w in different),
    )
    return Step(operator, Walked(edge, way.source, way.target, way.direction))


def _walk(
    context: PlanningContext,
    graph: PatternGraph,
    child: Operator,
    edge: GraphEdge,
    way: _Way,
    different: list[Walked],
    degree: float,
) -> Step:
    """Several edges; what it costs is the walks, however few end where they must."""
    assert edge.length is not None
    walks = context.estimates.walks(degree, *edge.length)
    labels = graph.nodes[way.target]
    fraction = context.estimates.label_fraction(labels)
    if way.into:
        fraction = 1 / context.estimates.nodes()
    operator = ExpandVariable(
        slots=added(child, (edge.slot, "value"), (None if way.into else way.target, "node")),
        estimated_rows=child.estimated_rows * max(walks * fraction, 1e-3),
        child=child,
        source=way.source,
        edges=edge.slot,
        target=way.target,
        types=edge.types,
        direction=way.direction,
        min=edge.length[0],
        max=edge.length[1],
        into=way.into,
        predicate=lowered(context, edge, child),
        predicate_edge=edge.predicate_edge,
        different_from=tuple(w.edge.slot for w in different),
        target_labels=() if way.into else labels,
        reversed=way.source != edge.left,
    )
    return Step(operator, Walked(edge), child.estimated_rows * walks)


def _meeting(walked: Walked, source: str, direction: Direction) -> str | None:
    """The slot that equals `source` whenever an edge walked from there is the one walked before.

    An edge has one source and one target. Walked twice the same way, both walks begin at the same node;
    walked once each way, the second begins where the first ended. Without a direction, nothing is known; nor
    is anything gained when the slot is `source` itself.
    """
    if "both" in (walked.direction, direction) or walked.source is None:
        return None
    slot = walked.source if walked.direction == direction else walked.target
    return None if slot == source else slot


def lowered(context: PlanningContext, edge: GraphEdge, child: Operator) -> Expression | None:
    """What each edge of a walk must fulfil, with plans in place of subqueries."""
    if edge.predicate is None:
        return None
    slots = added(child, (edge.predicate_edge, "edge"))
    predicate: Expression = context.lower(edge.predicate, slots)
    return predicate


def _known(
    context: PlanningContext,
    graph: PatternGraph,
    child: Operator,
    edge: GraphEdge,
    bound: set[str],
    walked: tuple[Walked, ...],
) -> Step:
    """The edge (or list of edges) is bound: find its ends, and compare those that are bound too."""
    predicates: list[Expression] = []
    ends: dict[str, str] = {}
    for side, end in (("source", edge.left), ("target", edge.right)):
        name = context.fresh("end") if end in bound or end in ends.values() else end
        ends[side] = name
        if name != end:
            predicates.append(Comparison(("=",), (Variable(name), Variable(end))))
        elif graph.nodes[end]:
            predicates.append(labels_predicate(end, graph.nodes[end]))
    common: dict[str, Any] = {
        "slots": added(child, (ends["source"], "node"), (ends["target"], "node")),
        "estimated_rows": child.estimated_rows,
        "child": child,
        "source": ends["source"],
        "target": ends["target"],
        "direction": edge.direction,
    }
    here = Walked(edge)
    predicates += [here.differs_from(w) for w in walked if edge.may_equal(w.edge)]
    operator: Operator
    if edge.length is None:
        operator = EdgeEnds(edge=edge.slot, types=edge.types, **common)
    else:
        operator = EdgesReverify(edges=edge.slot, **common)
    for predicate in predicates:
        operator = Filter(
            slots=operator.slots,
            estimated_rows=operator.estimated_rows,
            child=operator,
            predicate=predicate,
        )
    return Step(operator, here)


# ── shortest paths ────────────────────────────────────────────────────────────────────────────


def _shortest(context: PlanningContext, child: Operator, edge: GraphEdge) -> Step:
    assert edge.selector is not None
    assert edge.length is not None
    low, high = edge.length
    operator = ShortestPath(
        slots=added(child, (edge.path, "value"), (edge.slot, "value")),
        estimated_rows=child.estimated_rows,
        child=child,
        source=edge.left,
        target=edge.right,
        path=edge.path,
        edges=edge.slot,
        types=edge.types,
        direction=edge.direction,
        min=low,
        max=high,
        all=edge.selector.kind == "all shortest",
        predicate=lowered(context, edge, child),
        predicate_edge=edge.predicate_edge,
    )
    return Step(operator, Walked(edge))


# ── edges as a start ──────────────────────────────────────────────────────────────────────────


def edge_scan(
    context: PlanningContext,
    graph: PatternGraph,
    child: Operator,
    edge: GraphEdge,
    predicates: tuple[Expression, ...],
) -> Scanned:
    """All edges of the types; those of an index or of an id where predicates name one.

    A loop in the pattern gets its second end under another name, to be compared.
    """
    right = edge.right if edge.right != edge.left else context.fresh("end")
    slots = added(child, (edge.slot, "edge"), (edge.left, "node"), (right, "node"))
    common: dict[str, Any] = {
        "slots": slots,
        "child": child,
        "variable": edge.slot,
        "source": edge.left,
        "target": right,
        "direction": edge.direction,
    }
    sought = _sought(context, edge, predicates)
    twice = 2.0 if edge.direction == "both" else 1.0
    operator: Operator
    answered: tuple[Expression, ...] = ()
    if sought is None:
        rows = child.estimated_rows * context.estimates.edges(edge.types) * twice
        operator = EdgeScan(types=edge.types, estimated_rows=rows, **common)
    else:
        rows, answered, extra = sought
        rows *= child.estimated_rows * twice
        maker = EdgeById if "ids" in extra else EdgeIndexSeek
        operator = maker(estimated_rows=rows, **extra, **common)
    labels: list[Expression] = []
    if right != edge.right:
        labels.append(Comparison(("=",), (Variable(edge.left), Variable(right))))
    labels += [
        labels_predicate(end, graph.nodes[end])
        for end in dict.fromkeys((edge.left, edge.right))
        if graph.nodes[end]
    ]
    walked = Walked(edge, edge.left, edge.right, edge.direction)
    return Scanned(operator, walked, answered, tuple(labels), sought is not None)


def _sought(
    context: PlanningContext, edge: GraphEdge, predicates: tuple[Expression, ...]
) -> tuple[float, tuple[Expression, ...], dict[str, Any]] | None:
    """Rows, predicates answered, and what the operator is told: by id or by index."""
    slot = Variable(edge.slot)
    equal: dict[str, tuple[Expression, Expression]] = {}
    for predicate in predicates:
        for operator, left, right in _constant_sides(predicate):
            rows = 1.0 if operator == "=" else LIST_LENGTH
            function = left.name.lower() if isinstance(left, FunctionCall) else ""
            if function in ("id", "elementid") and left == FunctionCall(left.name, (slot,)):  # type: ignore[attr-defined]
                by_number = function == "id"
                ids = right if by_number else _numbers(right, operator)
                answered = (predicate,) if by_number else ()
                return rows, answered, {"ids": ids, "types": edge.types}
            if operator == "=" and isinstance(left, Property) and left.subject == slot:
                equal.setdefault(left.key, (right, predicate))
    for index in context.catalog.indexes():
        fits = index.entity == "edge" and index.kind == "range" and index.labels == edge.types
        if fits and all(key in equal for key in index.keys):
            values = tuple(equal[key][0] for key in index.keys)
            asked = tuple(equal[key][1] for key in index.keys)
            return context.estimates.seek(index), asked, {"index": index, "values": values}
    return None


def _constant_sides(predicate: Expression) -> list[tuple[str, Expression, Expression]]:
    """An equality or IN with literals and parameters on the right: operator, left, right."""
    sides: list[tuple[str, Expression, Expression]] = []
    if isinstance(predicate, Comparison) and predicate.operators == ("=",):
        one, other = predicate.operands
        sides = [("=", one, other), ("=", other, one)]
    elif isinstance(predicate, Binary) and predicate.operator == "IN":
        sides = [("IN", predicate.left, predicate.right)]
    return [side for side in sides if not free_names(side[2])]


def _numbers(ids: Expression, operator: str) -> Expression:
    """Element ids as numbers; the predicate is asked again, so what is lost here does not matter."""
    if operator == "=":
        return FunctionCall("toInteger", (ids,))
    each = Variable(" id")
    return ListComprehension(each.name, ids, None, FunctionCall("toInteger", (each,)))
