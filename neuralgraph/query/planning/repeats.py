"""Quantified paths walked round by round, and the shortest of whole paths.

A round is planned as a MATCH of its own, from the node where the round before it ended. From the right end
the same pattern is planned from its last node, and the lists are turned round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from neuralgraph.query.language.syntax import (
    Comparison,
    EdgePattern,
    FunctionCall,
    NodePattern,
    PathPattern,
    Pattern,
    Quantified,
    QuantifiedPath,
    Variable,
    VariableLength,
)
from neuralgraph.query.planning.batching import batched
from neuralgraph.query.planning.graphs import labels_predicate
from neuralgraph.query.planning.operators import added, filtered, names_of, projected, union_of
from neuralgraph.query.planning.plan import (
    Apply,
    Argument,
    Extend,
    KeepShortest,
    PathOf,
    Repeat,
    Slot,
)
from neuralgraph.query.planning.steps import Step, Walked
from neuralgraph.query.planning.walking import conjunction, conjuncts, free_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.query.language.syntax import Expression, PathSelector
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.graphs import GraphEdge, PatternGraph
    from neuralgraph.query.planning.plan import Operator

    MatchPattern = Callable[
        [PlanningContext, Operator, Pattern, Expression | None], tuple[Operator, PatternGraph]
    ]


_BOUNDS: Final = (2, 3, 4, 5, 6, 8, 11)
"""Lengths up to which paths are looked at, one bound after the other."""


def group_names(edge: GraphEdge) -> tuple[str, ...]:
    """Names inside a quantified path that are lists outside."""
    return () if edge.group is None else tuple(_variables(edge.group))


def _variables(group: QuantifiedPath) -> dict[str, None]:
    """Names that the query gave, in order."""
    names: dict[str, None] = {}
    for element in group.pattern.elements:
        if isinstance(element, QuantifiedPath):
            names.update(_variables(element))
        elif element.variable is not None and not element.variable.startswith(" "):
            names[element.variable] = None
    if group.pattern.variable is not None:
        names[group.pattern.variable] = None
    return names


def path_names(path: PathPattern) -> frozenset[str]:
    """All names that a path binds."""
    names = {path.variable} if path.variable is not None else set()
    for element in path.elements:
        if isinstance(element, QuantifiedPath):
            names.update(_variables(element))
        elif element.variable is not None:
            names.add(element.variable)
    return frozenset(names)


def asks_of_the_way(path: PathPattern) -> bool:
    """Does a condition inside the path look at more of it than its ends?

    ``SHORTEST 1 ((a)-[r]->+(b) WHERE size(r) > 2)`` chooses among the paths for which it holds.
    """
    ends = [node for node in (path.elements[0], path.elements[-1]) if isinstance(node, NodePattern)]
    between = path_names(path) - {node.variable for node in ends}
    return any(node.predicate is not None and free_names(node.predicate) & between for node in ends)


def selection(selector: PathSelector) -> tuple[Literal["shortest", "groups"], int]:
    """What to keep of the paths between two nodes."""
    if selector.kind == "all shortest":
        return "groups", 1
    return ("groups" if selector.kind == "shortest groups" else "shortest"), selector.count


def repeated(
    context: PlanningContext,
    graph: PatternGraph,
    child: Operator,
    edge: GraphEdge,
    walked: tuple[Walked, ...],
    match_pattern: MatchPattern,
) -> Step:
    """Match a quantified path; one of its ends is bound."""
    assert edge.group is not None
    assert edge.length is not None
    bound = {slot.name for slot in child.slots}
    forward = edge.left in bound
    source, target = (edge.left, edge.right) if forward else (edge.right, edge.left)
    into = target in bound
    first: Any = edge.group.pattern.elements[0]
    last: Any = edge.group.pattern.elements[-1]
    start, end = (first.variable, last.variable) if forward else (last.variable, first.variable)
    argument = Argument(slots=(*child.slots, Slot(start, "node")))
    inner, inside = match_pattern(
        context, argument, Pattern((edge.group.pattern,), edge.repeatable), edge.group.predicate
    )
    rounds = context.estimates.walks(max(1.0, inner.estimated_rows), *edge.length)
    fraction = 1 / context.estimates.nodes() if into else 1.0
    select, count = (None, 0) if edge.selector is None else selection(edge.selector)
    variables = tuple((name, name) for name in _variables(edge.group))
    slots = added(child, (edge.slot, "value"), (None if into else target, "node"))
    slots += tuple(Slot(name, "value") for _, name in variables)
    operator: Operator = Repeat(
        slots=slots,
        estimated_rows=child.estimated_rows * max(rounds * fraction, 1e-3),
        child=child,
        inner=batched(inner) or inner,
        source=source,
        start=start,
        end=end,
        walk=edge.slot,
        target=target,
        edges=_edge_slots(edge.group, inside),
        variables=variables,
        min=edge.length[0],
        max=edge.length[1],
        into=into,
        reversed=not forward,
        select=select,
        count=count,
        repeatable=edge.repeatable,
    )
    here = Walked(edge)
    for predicate in _asked(graph, None if into else target, here, walked):
        operator = filtered(operator, predicate)
    if edge.path is not None:
        operator = Extend(
            slots=added(operator, (edge.path, "value")),
            estimated_rows=operator.estimated_rows,
            child=operator,
            items=(PathOf((edge.left, edge.slot, edge.right)),),
        )
    return Step(operator, here, child.estimated_rows * rounds)


def _asked(
    graph: PatternGraph, target: str | None, here: Walked, walked: tuple[Walked, ...]
) -> list[Expression]:
    """What is left to ask of the walk: the labels of its end, and edges walked before."""
    asked: list[Expression] = []
    if target is not None and graph.nodes[target]:
        asked.append(labels_predicate(target, graph.nodes[target]))
    asked += [here.differs_from(other) for other in walked if here.edge.may_equal(other.edge)]
    return asked


def _edge_slots(group: QuantifiedPath, inside: PatternGraph) -> tuple[str, ...]:
    """The inner plan's slots of the edges, in pattern order, which is the order they were added in."""
    assert len(inside.edges) == len(group.pattern.elements) // 2
    return tuple(edge.slot for edge in inside.edges)


def shortest_paths(
    context: PlanningContext,
    child: Operator,
    path: PathPattern,
    where: tuple[Expression, ...],
    match_pattern: MatchPattern,
) -> Operator:
    """Any path with a selector: all paths of each row, and of those between the same nodes the shortest.

    Args:
        context: of this planning.
        child: what is bound before.
        path: with its selector.
        where: conditions about the ends only; they hold for all paths between two nodes or for none.
        match_pattern: plans the pattern.
    """
    assert path.selector is not None
    named, ends = named_ends(path, context)
    inner, inside = match_pattern(
        context, Argument(slots=child.slots), Pattern((named,)), conjunction(list(where))
    )
    select, count = selection(path.selector)
    kept = KeepShortest(
        slots=inner.slots,
        estimated_rows=inner.estimated_rows,
        child=inner,
        keys=ends,
        edges=tuple(edge.slot for edge in inside.edges),
        select=select,
        count=count,
    )
    known = names_of(child.slots)
    new = tuple(slot for slot in kept.slots if slot.name not in known)
    return Apply(
        slots=child.slots + new,
        estimated_rows=child.estimated_rows * max(1.0, kept.estimated_rows),
        outer=child,
        inner=kept,
        kind="inner",
    )


def choosy_search(
    paths: Sequence[PathPattern], where: Sequence[Expression], bound: frozenset[str]
) -> PathPattern | None:
    """The one ``shortestPath(...)`` of which more is asked in WHERE than can be asked on the way."""
    found = [path for path in paths if path.selector is not None and path.selector.legacy]
    if len(found) != 1:
        return None
    names = _between(found[0])
    asked = [p for p in where if free_names(p) & names and not _is_of_the_shortest(p, found[0])]
    return found[0] if asked and not names & bound else None


def searched_again(
    context: PlanningContext,
    child: Operator,
    pattern: Pattern,
    path: PathPattern,
    where: Sequence[Expression],
    match_pattern: MatchPattern,
) -> Operator:
    """The shortest path for which all conditions hold.

    First the shortest is sought, and asked. Where there is one and it does not do, the paths between the two
    nodes are looked at, first the short ones, for they grow to a great many.

    Args:
        context: of this planning.
        child: what is bound before.
        pattern: of the clause.
        path: the one that `choosy_search` found in it.
        where: all conditions of the clause.
        match_pattern: plans patterns.
    """
    assert path.selector is not None
    names = _between(path)
    about = conjunction([p for p in where if free_names(p) & names])
    certain = conjunction([p for p in where if _is_of_the_shortest(p, path)])
    early = conjunction([p for p in where if not free_names(p) & names])
    named, ends = named_ends(path, context)
    nodes = [PathPattern((node,)) for node in (named.elements[0], named.elements[-1])]
    rest = tuple(other for other in pattern.paths if other is not path)
    outer, _ = match_pattern(context, child, replace(pattern, paths=(*rest, *nodes)), early)
    bare = tuple(NodePattern(variable=name) for name in ends)
    way = replace(named, elements=(bare[0], named.elements[1], bare[1]))
    start = Argument(slots=outer.slots)
    shortest = replace(way, selector=path.selector)
    first, _ = match_pattern(context, start, Pattern((shortest,)), about)
    one = replace(shortest, selector=replace(path.selector, kind="shortest"))
    guard, _ = match_pattern(context, start, Pattern((one,)), certain)
    guard = projected(guard, [(slot, Variable(slot.name)) for slot in outer.slots])
    others = [
        shortest_paths(context, guard, bounded, tuple(conjuncts(about)), match_pattern)
        for bounded in _longer_and_longer(shortest)
    ]
    new = tuple(slot for slot in first.slots if slot.name in names)
    inner = union_of(
        [first, *others], [slot.name for slot in (*outer.slots, *new)], first_only=True
    )
    return Apply(
        slots=(*outer.slots, *new),
        estimated_rows=outer.estimated_rows,
        outer=outer,
        inner=inner,
        kind="inner",
    )


def _longer_and_longer(path: PathPattern) -> list[PathPattern]:
    """The path with upper bounds that grow, and as it is."""
    start, edge, end = path.elements
    assert isinstance(edge, EdgePattern)
    if edge.length is None:
        return [path]
    least, most = edge.length.min, edge.length.max
    lengths = [
        VariableLength(least, bound)
        for bound in _BOUNDS
        if bound >= (least or 0) and (most is None or bound < most)
    ]
    bounded = [replace(path, elements=(start, replace(edge, length=one), end)) for one in lengths]
    return [*bounded, path]


def _between(path: PathPattern) -> frozenset[str]:
    """Names of a path without those of its ends."""
    ends = {getattr(path.elements[place], "variable", None) for place in (0, -1)}
    return path_names(path) - ends


def _is_of_the_shortest(predicate: Expression, path: PathPattern) -> bool:
    """Does it hold for no path where it does not hold for the shortest that a search finds?

    Such is ``all(r IN relationships(p) WHERE ...)``, which the search asks of each relationship, and
    ``length(p) < 5``.
    """
    if isinstance(predicate, Comparison) and len(predicate.operators) == 1:
        length = FunctionCall("length", (Variable(path.variable or ""),))
        operator, (left, right) = predicate.operators[0], predicate.operands
        if operator in (">", ">="):
            left, right = right, left
        is_bound = operator in ("<", "<=", ">", ">=") and left == length
        return is_bound and not free_names(right) & _between(path)
    if not isinstance(predicate, Quantified) or predicate.quantifier not in ("all", "none"):
        return False
    source = predicate.source
    if isinstance(source, FunctionCall) and source.name.lower() == "relationships":
        return source.arguments == (Variable(path.variable or ""),)
    edge = path.elements[1]
    return isinstance(edge, EdgePattern) and source == Variable(edge.variable or "")


def named_ends(path: PathPattern, context: PlanningContext) -> tuple[PathPattern, tuple[str, str]]:
    """The path without its selector and with names for its ends, and these names."""
    names = []
    elements = list(path.elements)
    for place in (0, len(elements) - 1):
        node = elements[place]
        assert isinstance(node, NodePattern)
        name = node.variable or context.fresh("node")
        elements[place] = replace(node, variable=name)
        names.append(name)
    return replace(path, elements=tuple(elements), selector=None), (names[0], names[1])
