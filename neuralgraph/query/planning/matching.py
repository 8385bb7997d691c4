"""From the graph of a pattern to operators: where to start and which way to walk.

Greedy, from several starts: a start is the cheapest way to each of a few nodes; from there, the step that
leaves the fewest rows is taken next, until everything is bound. The order with the least sum of rows over all
its operators wins. Predicates are asked as soon as their names are bound.

Within one MATCH no edge is matched twice: each step compares its edge with those of earlier steps that
could be the same one (`GraphEdge.may_equal`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.query.language.syntax import Comparison, IsNull, Variable
from neuralgraph.query.planning.access_paths import AccessPaths
from neuralgraph.query.planning.filtering import filtered_by
from neuralgraph.query.planning.graphs import GraphBuilder, labels_predicate
from neuralgraph.query.planning.operators import added, cross_joined, hash_joined, names_of, writes
from neuralgraph.query.planning.plan import Extend, Slot, Unit
from neuralgraph.query.planning.repeats import group_names, repeated
from neuralgraph.query.planning.steps import Walked, edge_scan, step_along
from neuralgraph.query.planning.walking import needs
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Expression, Pattern
    from neuralgraph.query.planning.access_paths import AccessPath
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.graphs import GraphEdge, PatternGraph
    from neuralgraph.query.planning.plan import Operator
    from neuralgraph.query.planning.steps import Step

STARTS_MAX: Final = 4
"""So many starts are tried for a pattern, and so many of its edges to begin with."""
LATER_STARTS_MAX: Final = 2
"""So many starts are tried for a second component; for further ones the cheapest is taken."""
BRANCHING_NODES_MAX: Final = 12
"""Above so many unbound nodes, only the cheapest start is tried."""
PARTS_MAX: Final = 60
"""Above so many nodes and edges the order is the written one: to look for a better one takes too long."""
ONE_ROW: Final = 1.5
"""Below so many rows, one side of a product is thought to be one row."""
EDGE_SCAN_FACTOR: Final = 1.5
CHEAP_SEEK_ROWS: Final = 2.0
"""A second end is sought by index, to be joined by `ExpandInto`, when it gives at most so many rows."""
PARTS_ALLOWED_MAX: Final = 1_000
"""So many are planned at all: time grows with their square."""


@record
class State:
    """A plan half made.

    Attributes:
        bound: names that predicates may use.
        cost: rows of all operators so far.
        walked: edges that are matched, as they were walked.
    """

    operator: Operator
    bound: frozenset[str]
    nodes: frozenset[str]
    edges: tuple[GraphEdge, ...]
    predicates: tuple[Expression, ...]
    cost: float = 0.0
    walked: tuple[Walked, ...] = ()

    def moved(
        self, operator: Operator, *, edge: GraphEdge | None = None, walked: Walked | None = None
    ) -> State:
        """After one more operator."""
        names = names_of(operator.slots)
        return replace(
            self,
            operator=operator,
            bound=self.bound | names,
            nodes=self.nodes - names,
            edges=self.edges if edge is None else tuple(e for e in self.edges if e is not edge),
            cost=self.cost + operator.estimated_rows,
            walked=self.walked if walked is None else (*self.walked, walked),
        )


class Matcher:
    """Plans one MATCH."""

    def __init__(self, context: PlanningContext, graph: PatternGraph) -> None:
        self._context = context
        self._graph = graph
        self._estimates = context.estimates
        self._paths = AccessPaths(context.catalog, context.estimates)
        self._universe: frozenset[str] = frozenset()
        parts = len(graph.nodes) + len(graph.edges)
        if parts > PARTS_ALLOWED_MAX:
            raise QuerySyntaxError(
                f"one MATCH has {parts:,} nodes and relationships, and at most {PARTS_ALLOWED_MAX:,} are"
                " planned together; split it into several",
                detail="UnexpectedSyntax",
            )
        self._as_written = parts > PARTS_MAX
        self._starts = 0
        self._volatile: set[int] = set()
        self._known_needs: dict[int, tuple[Expression, frozenset[str]]] = {}

    def match(self, child: Operator) -> Operator:
        """`child`, with everything that the pattern binds, filtered by all its predicates."""
        graph = self._graph
        bound = names_of(child.slots)
        self._universe = bound | graph.nodes.keys() | {edge.slot for edge in graph.edges}
        self._universe |= {edge.path for edge in graph.edges if edge.path}
        self._universe |= {name for name, _ in graph.derived}
        self._universe |= {name for edge in graph.edges for name in group_names(edge)}
        isolated = graph.known - {end for edge in graph.edges for end in (edge.left, edge.right)}
        predicates = [*graph.predicates]
        # A node that an optional match left null is not matched again; edges see to that themselves.
        predicates += [IsNull(Variable(name), negated=True) for name in sorted(isolated)]
        state = State(
            child, bound, frozenset(graph.nodes) - bound, tuple(graph.edges), tuple(predicates)
        )
        state = self._solved(self._asked(state))
        return self._derived(state).operator

    def _needs(self, predicate: Expression) -> frozenset[str]:
        """`needs` over everything there will be, worked out once for each predicate."""
        found = self._known_needs.get(id(predicate))
        if found is None:
            wanted = needs(predicate, self._universe)
            if self._context.is_volatile(predicate):
                # ``rand() < 0.1`` is asked of each match, not once before there is any.
                wanted = self._universe
                self._volatile.add(id(predicate))
            # The predicate is kept with it, so that its id stays its own.
            found = predicate, wanted
            self._known_needs[id(predicate)] = found
        return found[1]

    def _derived(self, state: State) -> State:
        """Paths and lists, then the predicates that wait for them."""
        derived = self._graph.derived
        if derived:
            child = state.operator
            extended = Extend(
                slots=added(child, *((name, "value") for name, _ in derived)),
                estimated_rows=child.estimated_rows,
                child=child,
                items=tuple(expression for _, expression in derived),
            )
            state = self._asked(state.moved(extended))
        assert not state.predicates, "a predicate names something that the pattern does not bind"
        return state

    # ── search ────────────────────────────────────────────────────────────────────────────────

    def _solved(self, state: State) -> State:
        while state.nodes or state.edges:
            options = self._steps(state)
            if not options:
                options = self._begun_options(state)
                if len(options) > 1:
                    return self._best_of(options)
            # What a step costs now counts, and so do the rows that it hands on.
            state = min(options, key=lambda option: option.cost + option.operator.estimated_rows)
        return state

    def _steps(self, state: State) -> list[State]:
        """Every next step from what is bound."""
        options: list[State] = []
        for edge in state.edges:
            ends = (edge.left in state.bound) + (edge.right in state.bound)
            if edge.known or ends == 2 or (ends == 1 and edge.selector is None):
                taken = self._step(state, edge)
                moved = state.moved(taken.operator, edge=edge, walked=taken.walked)
                options.append(self._asked(replace(moved, cost=moved.cost + taken.cost)))
                if self._as_written:
                    return options
        if options:
            for name in sorted(state.nodes):
                path = self._access(name, state)
                if path.is_seek and path.rows <= CHEAP_SEEK_ROWS:
                    options.append(self._placed(state, name, path))
        return options

    def _step(self, state: State, edge: GraphEdge) -> Step:
        if edge.group is None:
            return step_along(self._context, self._graph, state.operator, edge, state.walked)
        return repeated(
            self._context, self._graph, state.operator, edge, state.walked, match_pattern
        )

    def _access(self, name: str, state: State) -> AccessPath:
        usable = [
            p
            for p in state.predicates
            if name in self._needs(p)
            and self._needs(p) <= state.bound | {name}
            and id(p) not in self._volatile
        ]
        return self._paths.best(name, self._graph.nodes[name], usable, state.bound)

    def _placed(self, state: State, name: str, path: AccessPath) -> State:
        """A node found by an access path; what labels it leaves open are asked."""
        rest = tuple(label for label in self._graph.nodes[name] if label not in path.labels)
        left = tuple(p for p in state.predicates if p not in path.answered)
        if rest:
            left = (labels_predicate(name, rest), *left)
        moved = state.moved(self._lowered(path.build(state.operator), state.operator))
        return self._asked(replace(moved, predicates=left))

    def _lowered(self, operator: Operator, child: Operator) -> Operator:
        """Values to seek by may hold subqueries."""
        changes: dict[str, Any] = {}
        for name in ("values", "ids", "lower", "upper", "prefix", "equal"):
            value = getattr(operator, name, None)
            if isinstance(value, tuple):
                changes[name] = tuple(self._context.lower(item, child.slots) for item in value)
            elif value is not None:
                changes[name] = self._context.lower(value, child.slots)
        return replace(operator, **changes) if changes else operator

    def _best_of(self, options: list[State]) -> State:
        """Each of the beginnings gone on from to the end, and the cheapest."""
        self._starts += 1
        solved = [self._solved(option) for option in options]
        self._starts -= 1
        return min(solved, key=lambda option: option.cost)

    def _begun_options(self, state: State) -> list[State]:
        """Nothing bound leads on: places to begin at, the cheapest ones.

        Every start that is tried is tried with every start of the components after it, so that their number
        must fall quickly.
        """
        if self._as_written:
            name = next(name for name in self._graph.nodes if name in state.nodes)
            return [self._begun(state, name, self._access(name, state))]
        unbound = sorted(state.nodes)
        if self._starts >= 2:
            unbound = unbound[:BRANCHING_NODES_MAX]
        paths = {name: self._access(name, state) for name in unbound}
        names = sorted(paths, key=lambda name: paths[name].rows)
        few = len(names) <= BRANCHING_NODES_MAX
        count = (STARTS_MAX, LATER_STARTS_MAX)[self._starts] if few and self._starts < 2 else 1
        options = [self._begun(state, name, paths[name]) for name in names[:count]]
        if state.operator.estimated_rows <= ONE_ROW:
            edges = sorted(self._edge_starts(state), key=lambda option: option.cost)
            options += edges[: max(count, 1) if self._starts else STARTS_MAX]
        if self._starts >= 2:
            return [min(options, key=lambda o: o.cost + o.operator.estimated_rows)]
        return options

    def _edge_starts(self, state: State) -> list[State]:
        """Edges to begin with: sought by id or index, or scanned where the ends carry no labels."""
        starts: list[State] = []
        for edge in state.edges:
            free = not {edge.left, edge.right} & state.bound
            if not free or edge.length is not None or edge.known or edge.selector is not None:
                continue
            scanned = edge_scan(self._context, self._graph, state.operator, edge, state.predicates)
            labelled = self._graph.nodes[edge.left] or self._graph.nodes[edge.right]
            if labelled and not scanned.is_seek:
                continue
            if self._starts >= 2 and len(starts) == STARTS_MAX:
                break
            moved = state.moved(scanned.operator, edge=edge, walked=scanned.walked)
            rest = tuple(p for p in state.predicates if p not in scanned.answered)
            clashes = tuple(
                scanned.walked.differs_from(other)
                for other in state.walked
                if edge.may_equal(other.edge)
            )
            # Ends are looked up edge by edge, which costs more than walking to them.
            cost = state.cost + scanned.operator.estimated_rows * EDGE_SCAN_FACTOR
            moved = replace(moved, predicates=scanned.labels + clashes + rest, cost=cost)
            starts.append(self._asked(moved))
        return starts

    def _begun(self, state: State, name: str, path: AccessPath) -> State:
        # A join runs its right side once, which must not be before the left has written.
        apart = state.operator.estimated_rows > ONE_ROW and not writes(state.operator)
        if apart and not path.uses:
            return self._joined(state, name)
        return self._placed(state, name, path)

    def _joined(self, state: State, name: str) -> State:
        """The component of `name` by itself, joined to what is there; run once, not for each row."""
        nodes: set[str] = {name}
        edges: set[int] = set()
        growing = True
        while growing:
            growing = False
            for place, edge in enumerate(state.edges):
                if place not in edges and edge.selector is None and {edge.left, edge.right} & nodes:
                    edges.add(place)
                    nodes |= {edge.left, edge.right}
                    growing = True
        inside = nodes | {state.edges[place].slot for place in edges}
        own = tuple(
            p for p in state.predicates if self._needs(p) <= inside and needs(p, frozenset(inside))
        )
        component = State(
            Unit(slots=()),
            frozenset(),
            frozenset(nodes) & state.nodes,
            tuple(state.edges[place] for place in sorted(edges)),
            own,
        )
        access = self._access(name, component)
        solved = self._solved(self._placed(component, name, access))
        return self._asked(self._combined(state, solved, own, edges))

    def _combined(
        self, state: State, solved: State, own: tuple[Expression, ...], edges: set[int]
    ) -> State:
        left, right = state.operator, solved.operator
        rest = [p for p in state.predicates if p not in own]
        pairs = [pair for p in rest if (pair := self._equality(p, state, solved)) is not None]
        for predicate, _, _ in pairs:
            rest.remove(predicate)
        names = tuple(self._context.fresh("join") for _ in pairs)
        if pairs:
            left = self._keyed(left, names, [pair[1] for pair in pairs])
            right = self._keyed(right, names, [pair[2] for pair in pairs])
            joined: Operator = hash_joined(left, right, names)
        else:
            joined = cross_joined(left, right)
        moved = state.moved(joined)
        clashes = self._clashes(state, solved)
        return replace(
            moved,
            edges=tuple(e for place, e in enumerate(state.edges) if place not in edges),
            predicates=(*clashes, *rest),
            cost=state.cost + solved.cost + joined.estimated_rows,
            walked=state.walked + solved.walked,
        )

    def _clashes(self, state: State, solved: State) -> tuple[Expression, ...]:
        """Edges of two components that could be the same one must not be."""
        return tuple(
            one.differs_from(other)
            for one in solved.walked
            for other in state.walked
            if one.edge.may_equal(other.edge)
        )

    def _equality(
        self, predicate: Expression, state: State, solved: State
    ) -> tuple[Expression, Expression, Expression] | None:
        """An equality between the sides: itself, its left-hand value, its right-hand value."""
        if not isinstance(predicate, Comparison) or predicate.operators != ("=",):
            return None
        one, other = predicate.operands
        names = [needs(side, self._universe) for side in (one, other)]
        if not all(names):
            return None
        if names[0] <= state.bound and names[1] <= solved.bound:
            return predicate, one, other
        if names[1] <= state.bound and names[0] <= solved.bound:
            return predicate, other, one
        return None

    def _keyed(self, child: Operator, names: tuple[str, ...], values: list[Expression]) -> Extend:
        return Extend(
            slots=child.slots + tuple(Slot(name, "value") for name in names),
            estimated_rows=child.estimated_rows,
            child=child,
            items=tuple(self._context.lower(value, child.slots) for value in values),
        )

    # ── predicates ────────────────────────────────────────────────────────────────────────────

    def _asked(self, state: State) -> State:
        """Ask every predicate whose names are bound."""
        ready = [p for p in state.predicates if self._needs(p) <= state.bound]
        if not ready:
            return state
        operator = filtered_by(self._context, state.operator, ready)
        waiting = tuple(p for p in state.predicates if p not in ready)
        moved = state.moved(operator)
        return replace(moved, predicates=waiting)


def match_pattern(
    context: PlanningContext, child: Operator, pattern: Pattern, where: Expression | None
) -> tuple[Operator, PatternGraph]:
    """A whole pattern over `child`, and its graph, which tells what its edges are called."""
    builder = GraphBuilder(context, child)
    builder.add(pattern, where)
    return Matcher(context, builder.graph).match(builder.child), builder.graph
