"""The pattern of one MATCH as a graph: nodes, edges and predicates, in whatever order they came."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import (
    Comparison,
    EdgePattern,
    FunctionCall,
    HasLabels,
    Index,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelOr,
    LiteralValue,
    MapLiteral,
    NodePattern,
    Parameter,
    PathPattern,
    PathSelector,
    Property,
    Quantified,
    QuantifiedPath,
    Slice,
    Unary,
    Variable,
)
from neuralgraph.query.planning.plan import AsEntity, Extend, PathOf, Slot
from neuralgraph.query.planning.walking import conjunction, conjuncts, free_names, substitute
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Direction, Expression, Pattern
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Operator

FLIPPED: Final[dict[str, Direction]] = {"out": "in", "in": "out", "both": "both"}


@record
class GraphEdge:
    """One edge of a pattern, or a walk along several.

    Attributes:
        slot: name of the edge, or of the list of edges of a walk.
        left, right: nodes, as written.
        length: None for a single edge, else (min, max).
        predicate: what each edge of a walk must fulfil, about `predicate_edge`.
        known: the slot is there before the MATCH.
        selector: shortest paths and the like; `path` then names the path.
        group: what is walked again and again, where that is more than one edge with conditions of its own;
            all its ends and edges have names, and it has none of its own.
        repeatable: it may be an edge that is matched elsewhere too.
    """

    slot: str
    left: str
    right: str
    types: tuple[str, ...]
    direction: Direction
    length: tuple[int, int | None] | None = None
    predicate: Expression | None = None
    predicate_edge: str | None = None
    known: bool = False
    selector: PathSelector | None = None
    path: str | None = None
    group: QuantifiedPath | None = None
    repeatable: bool = False

    def may_equal(self, other: GraphEdge) -> bool:
        """Could both be the same edge, as far as types tell? Shortest paths are unique by themselves."""
        if self.selector is not None or other.selector is not None or self.repeatable:
            return False
        return not self.types or not other.types or bool(set(self.types) & set(other.types))


@dataclass(slots=True)
class PatternGraph:
    """Everything that a MATCH asks for.

    Attributes:
        nodes: name to the labels that it must carry.
        known: nodes that are bound before the MATCH.
        derived: values made from what was matched: paths, and lists of quantified paths.
    """

    nodes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    edges: list[GraphEdge] = field(default_factory=list)
    predicates: list[Expression] = field(default_factory=list)
    derived: list[tuple[str, Expression]] = field(default_factory=list)


class GraphBuilder:
    """Collects a pattern; `child` grows by casts of values that stand for entities in it."""

    def __init__(self, context: PlanningContext, child: Operator) -> None:
        self.graph = PatternGraph()
        self.child = child
        self._context = context
        self._kinds = {slot.name: slot.kind for slot in child.slots}
        self._casts: dict[str, str] = {}
        self._repeatable = False

    def add(self, pattern: Pattern, where: Expression | None) -> None:
        """Take in a whole pattern with its WHERE."""
        self._repeatable = pattern.repeatable
        for path in pattern.paths:
            self._path(path)
        walks = {edge.slot: place for place, edge in enumerate(self.graph.edges) if edge.length}
        for predicate in conjuncts(where):
            if not self._pushed_into_walk(predicate, walks):
                self.graph.predicates.append(predicate)
        self._take_labels()

    def _take_labels(self) -> None:
        """``WHERE n:A`` counts as ``(n:A)``, where the pattern binds the node."""
        graph = self.graph
        rest: list[Expression] = []
        for predicate in graph.predicates:
            if isinstance(predicate, HasLabels) and isinstance(predicate.subject, Variable):
                rest += self._not_carried(predicate.subject.name, predicate)
            else:
                rest.append(predicate)
        graph.predicates = rest

    def _not_carried(self, name: str, predicate: HasLabels) -> list[Expression]:
        """What is left to ask when the node carries the labels that the predicate names."""
        graph = self.graph
        labels = graph.nodes.get(name)
        if labels is None or name in graph.known:
            return [predicate]
        rest: list[Expression] = []
        for part in label_conjuncts(predicate.labels):
            if not isinstance(part, LabelName):
                rest.append(HasLabels(predicate.subject, part))
            elif part.name not in labels:
                labels += (part.name,)
        graph.nodes[name] = labels
        return rest

    def _cast(self, name: str, kind: str) -> str:
        """The slot that holds the value `name` as an entity."""
        if name not in self._casts:
            hidden = self._context.fresh(name)
            slot = Slot(hidden, "node" if kind == "node" else "edge")
            self.child = Extend(
                slots=(*self.child.slots, slot),
                estimated_rows=self.child.estimated_rows,
                child=self.child,
                items=(AsEntity(Variable(name), slot.kind),),  # type: ignore[arg-type]
            )
            self._casts[name] = hidden
        return self._casts[name]

    # ── paths ─────────────────────────────────────────────────────────────────────────────────

    def _path(self, path: PathPattern) -> None:
        middle = path.elements[1] if len(path.elements) == 3 else None
        if path.selector is not None and isinstance(middle, EdgePattern):
            path = _searched(path, middle, path.selector)
        nodes = [self._node(element) for element in path.elements[::2]]  # type: ignore[arg-type]
        steps = [nodes[0]]
        for place, element in enumerate(path.elements[1::2]):
            left, right = nodes[place], nodes[place + 1]
            if isinstance(element, QuantifiedPath):
                edge = self._quantified(element, left, right, path.selector)
            else:
                assert isinstance(element, EdgePattern)
                edge = self._edge(element, left, right)
            self.graph.edges.append(replace(edge, repeatable=self._repeatable))
            steps += [edge.slot, right]
        if path.selector is not None:
            self._select(path, nodes)
        elif path.variable:
            self.graph.derived.append((path.variable, PathOf(tuple(steps))))

    def _select(self, path: PathPattern, nodes: list[str]) -> None:
        """``shortestPath(...)`` and its kin: the one edge becomes a search."""
        assert path.selector is not None
        assert len(nodes) == 2, "paths of more parts are planned by themselves"
        edge = self.graph.edges.pop()
        length = edge.length or (1, 1)
        if edge.length is None and edge.group is None:
            edge = self._as_walk(edge)
        path_name = path.variable or self._context.fresh("path")
        self.graph.edges.append(
            replace(edge, length=length, selector=path.selector, path=path_name)
        )

    def _as_walk(self, edge: GraphEdge) -> GraphEdge:
        """A single edge searched for: what was asked of it is asked on the way."""
        own = [p for p in self.graph.predicates if edge.slot in free_names(p)]
        self.graph.predicates = [p for p in self.graph.predicates if p not in own]
        each = self._context.fresh("each")
        renamed = [substitute(p, {edge.slot: Variable(each)}) for p in own]
        return replace(edge, predicate=conjunction(renamed), predicate_edge=each if own else None)

    def _node(self, node: NodePattern) -> str:
        graph = self.graph
        name = node.variable or self._context.fresh("node")
        kind = self._kinds.get(name)
        if kind == "node":
            graph.known.add(name)
        elif kind is not None:
            name = self._cast(name, "node")
            graph.known.add(name)
        labels = graph.nodes.get(name, ())
        for part in label_conjuncts(node.labels):
            if isinstance(part, LabelName) and name not in graph.known:
                labels += () if part.name in labels else (part.name,)
            else:
                graph.predicates.append(HasLabels(Variable(name), part))
        graph.nodes[name] = labels
        graph.predicates += property_predicates(Variable(name), node.properties)
        graph.predicates += conjuncts(node.predicate)
        return name

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def _edge(self, edge: EdgePattern, left: str, right: str) -> GraphEdge:
        name = edge.variable or self._context.fresh("edge")
        kind = self._kinds.get(name)
        if kind == "value" and edge.length is None:
            name = self._cast(name, "edge")
        types = type_names(edge.types)
        length = None
        if edge.length is not None:
            low = 1 if edge.length.min is None else edge.length.min
            length = (low, edge.length.max)
        whole = GraphEdge(name, left, right, types or (), edge.direction, length)
        whole = replace(whole, known=kind is not None)
        each = name if length is None else self._context.fresh("each")
        predicates = property_predicates(Variable(each), edge.properties)
        if edge.predicate is not None:
            mapping: dict[str, Expression] = {name: Variable(each)} if each != name else {}
            predicates += conjuncts(substitute(edge.predicate, mapping))
        if types is None and edge.types is not None:
            predicates.append(HasLabels(Variable(each), edge.types))
        if length is None:
            self.graph.predicates += predicates
            return whole
        return self._walk(whole, each, predicates)

    def _walk(self, edge: GraphEdge, each: str, predicates: list[Expression]) -> GraphEdge:
        if not edge.known:
            named = each if predicates else None
            return replace(edge, predicate=conjunction(predicates), predicate_edge=named)
        # A list that is bound already: what was asked on the way is asked of its elements.
        edges = Variable(edge.slot)
        if edge.types:
            options = tuple(LabelName(name) for name in edge.types)
            label = options[0] if len(options) == 1 else LabelOr(options)
            predicates = [*predicates, HasLabels(Variable(each), label)]
        condition = conjunction(predicates)
        if condition is not None:
            self.graph.predicates.append(Quantified("all", each, edges, condition))
        assert edge.length is not None
        size = FunctionCall("size", (edges,))
        low, high = edge.length
        self.graph.predicates.append(Comparison((">=",), (size, LiteralValue(low))))
        if high is not None:
            self.graph.predicates.append(Comparison(("<=",), (size, LiteralValue(high))))
        return edge

    def _group(self, part: QuantifiedPath, left: str, right: str) -> GraphEdge:
        """A quantified path of any kind, to be walked round by round."""
        fresh = self._context.fresh
        elements: list[Any] = []
        types: tuple[str, ...] | None = ()
        for place, element in enumerate(part.pattern.elements):
            named: Any = element
            at_end = place in (0, len(part.pattern.elements) - 1)
            if isinstance(element, EdgePattern):
                named = replace(element, variable=element.variable or fresh("edge"))
                own = type_names(element.types)
                types = None if not own or types is None else types + own
            elif isinstance(element, NodePattern) and at_end:
                named = replace(element, variable=element.variable or fresh("node"))
            elements.append(named)
        path = replace(part.pattern, elements=tuple(elements))
        group = replace(part, pattern=path)
        length = (part.min, part.max)
        return GraphEdge(fresh("walk"), left, right, types or (), "both", length, group=group)

    def _quantified(
        self, part: QuantifiedPath, left: str, right: str, selector: PathSelector | None
    ) -> GraphEdge:
        """``((a)-[r]->(b) WHERE p){1,3}`` over one relationship: a walk.

        The nodes inside are the ends of each relationship, and lists of them outside.
        """
        elements = part.pattern.elements
        if (
            self._repeatable
            or not is_plain_walk(part)
            or (selector is not None and not finds_one(part, selector))
        ):
            return self._group(part, left, right)
        first, edge, last = elements
        assert isinstance(edge, EdgePattern)
        assert isinstance(first, NodePattern)
        assert isinstance(last, NodePattern)
        walk = self._edge(EdgePattern(edge.variable, edge.types, edge.direction), left, right)
        slot = walk.slot
        each = Variable(self._context.fresh("each"))
        forward = edge.direction != "in"
        ends = {
            "first": FunctionCall("startNode" if forward else "endNode", (each,)),
            "last": FunctionCall("endNode" if forward else "startNode", (each,)),
        }
        mapping: dict[str, Expression] = {edge.variable or slot: each}
        predicates = property_predicates(each, edge.properties) + conjuncts(edge.predicate)
        for node, end in ((first, ends["first"]), (last, ends["last"])):
            if node.variable:
                mapping[node.variable] = end
            predicates += [HasLabels(end, label) for label in label_conjuncts(node.labels)]
            predicates += property_predicates(end, node.properties) + conjuncts(node.predicate)
        predicates += conjuncts(part.predicate)
        condition = conjunction([substitute(p, mapping) for p in predicates])
        self._lists_of_nodes(first, last, slot, left, right)
        return replace(
            walk,
            length=(part.min, part.max),
            predicate=condition,
            predicate_edge=each.name if condition is not None else None,
        )

    def _lists_of_nodes(
        self, first: NodePattern, last: NodePattern, slot: str, left: str, right: str
    ) -> None:
        nodes = FunctionCall("nodes", (PathOf((left, slot, right)),))
        if first.variable:
            without_last = Slice(nodes, None, Unary("-", LiteralValue(1)))
            self.graph.derived.append((first.variable, without_last))
        if last.variable:
            self.graph.derived.append((last.variable, Slice(nodes, LiteralValue(1), None)))

    def _pushed_into_walk(self, predicate: Expression, walks: dict[str, int]) -> bool:
        """``all(r IN rs WHERE ...)`` and ``none(r IN relationships(p) ...)`` are asked on the way."""
        if not isinstance(predicate, Quantified) or predicate.quantifier not in ("all", "none"):
            return False
        source = predicate.source
        name = source.name if isinstance(source, Variable) else self._walk_of_path(source)
        if name is None or name not in walks:
            return False
        place = walks[name]
        edge = self.graph.edges[place]
        outside = free_names(predicate.predicate) - {predicate.variable}
        later = edge.selector is not None and not edge.selector.legacy
        if edge.known or later or edge.group or not outside <= self._kinds.keys():
            return False
        each = edge.predicate_edge or self._context.fresh("each")
        asked = substitute(predicate.predicate, {predicate.variable: Variable(each)})
        if predicate.quantifier == "none":
            asked = Unary("NOT", asked)
        both = [asked] if edge.predicate is None else [edge.predicate, asked]
        self.graph.edges[place] = replace(edge, predicate=conjunction(both), predicate_edge=each)
        return True

    def _walk_of_path(self, source: Expression) -> str | None:
        """The walk that is all of the path in ``relationships(path)``."""
        if not isinstance(source, FunctionCall) or source.name.lower() != "relationships":
            return None
        if len(source.arguments) != 1 or not isinstance(source.arguments[0], Variable):
            return None
        path = source.arguments[0].name
        for edge in self.graph.edges:
            if edge.path == path:
                return edge.slot
        for name, made in self.graph.derived:
            if name == path and isinstance(made, PathOf) and len(made.steps) == 3:
                return made.steps[1]
        return None


# ── what kind of path it is ───────────────────────────────────────────────────────────────────


def is_plain_walk(part: QuantifiedPath) -> bool:
    """One relationship, and all that is asked can be asked of it alone."""
    elements = part.pattern.elements
    if len(elements) != 3 or part.pattern.variable is not None:
        return False
    first, edge, last = elements
    if not isinstance(edge, EdgePattern) or edge.length is not None:
        return False
    assert isinstance(first, NodePattern)
    assert isinstance(last, NodePattern)
    if first.variable is not None and first.variable == last.variable:
        return False
    if edge.direction != "both":
        return True
    asked = (part.predicate, first.labels, first.properties, first.predicate)
    return all(one is None for one in (*asked, last.labels, last.properties, last.predicate))


def finds_one(part: QuantifiedPath | EdgePattern, selector: PathSelector) -> bool:
    """Can a search from both ends answer it: one shortest path of each pair, or all of the least length?"""
    if isinstance(part, QuantifiedPath):
        low = part.min
    else:
        low = 1 if part.length is None or part.length.min is None else part.length.min
    every = selector.kind == "all shortest"
    return low <= 1 and (every or (selector.count == 1 and selector.kind != "shortest groups"))


def is_search(path: PathPattern) -> bool:
    """A path with a selector that one operator can search for between its two nodes."""
    assert path.selector is not None
    if len(path.elements) != 3:
        return False
    middle = path.elements[1]
    if isinstance(middle, EdgePattern):
        return finds_one(middle, path.selector) or middle.length is not None
    assert isinstance(middle, QuantifiedPath)
    parts = middle.pattern.elements[1::2]
    return all(isinstance(part, EdgePattern) and part.length is None for part in parts)


def _searched(path: PathPattern, edge: EdgePattern, selector: PathSelector) -> PathPattern:
    """The path with a group where one search is not enough."""
    if finds_one(edge, selector):
        return path
    return replace(path, elements=(path.elements[0], as_group(edge), path.elements[2]))


def as_group(edge: EdgePattern) -> QuantifiedPath:
    """``-[r:T*2..5]->`` as ``(()-[r:T]->()){2,5}``."""
    assert edge.length is not None
    low = 1 if edge.length.min is None else edge.length.min
    single = replace(edge, length=None)
    ends = NodePattern(span=edge.span)
    path = PathPattern((ends, single, ends), span=edge.span)
    return QuantifiedPath(path, low, edge.length.max, span=edge.span)


# ── labels, types, properties ─────────────────────────────────────────────────────────────────


def label_conjuncts(labels: LabelExpression | None) -> list[LabelExpression]:
    """The parts of ``A&B`` or ``A:B``."""
    if labels is None:
        return []
    if isinstance(labels, LabelAnd):
        return [part for operand in labels.operands for part in label_conjuncts(operand)]
    return [labels]


def type_names(types: LabelExpression | None) -> tuple[str, ...] | None:
    """The names in ``A|B``; () without types, None for what is not a plain choice."""
    if types is None:
        return ()
    if isinstance(types, LabelName):
        return (types.name,)
    if isinstance(types, LabelOr):
        names: tuple[str, ...] = ()
        for operand in types.operands:
            part = type_names(operand)
            if part is None:
                return None
            names += tuple(name for name in part if name not in names)
        return names
    return None


def property_predicates(
    subject: Expression, properties: MapLiteral | Parameter | None
) -> list[Expression]:
    """``{key: value}`` as equalities; ``$map`` as an equality for each of its keys."""
    if properties is None:
        return []
    if isinstance(properties, MapLiteral):
        return [
            Comparison(("=",), (Property(subject, key), value)) for key, value in properties.entries
        ]
    key = Variable(" key")
    pair = (Index(subject, key), Index(properties, key))
    return [
        Quantified("all", key.name, FunctionCall("keys", (properties,)), Comparison(("=",), pair))
    ]


def labels_predicate(name: str, labels: tuple[str, ...]) -> HasLabels:
    """``name:A:B``."""
    parts = tuple(LabelName(label) for label in labels)
    return HasLabels(Variable(name), parts[0] if len(parts) == 1 else LabelAnd(parts))
