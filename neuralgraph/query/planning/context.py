"""What all of one planning shares: the catalogue, the functions, fresh names, and lowering.

Lowering puts a `PlanExpression` for each subquery inside an expression. Planning the subquery is the
business of the module for clauses, which stands above; it comes in as `plan_query`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from neuralgraph.query.functions.signature import AggregateFunction
from neuralgraph.query.language.syntax import (
    Expression,
    FunctionCall,
    MapProjectionItem,
    Match,
    PathSelector,
    Pattern,
    PatternComprehension,
    PatternPredicate,
    ProjectionItem,
    Query,
    Return,
    ShortestPathCall,
    SingleQuery,
    Subquery,
    Variable,
)
from neuralgraph.query.planning.batching import batched
from neuralgraph.query.planning.estimates import Estimates
from neuralgraph.query.planning.plan import ROW_SLOT, Argument, PlanExpression, Slot
from neuralgraph.query.planning.pruning import pruned
from neuralgraph.query.planning.walking import children, contains, rebuild

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from neuralgraph.access import CatalogReader
    from neuralgraph.query.language.contracts import ProcedureSignature
    from neuralgraph.query.planning.plan import Operator


class Functions(Protocol):
    """Where functions are looked up."""

    def lookup(self, name: str) -> Any:
        """A Function, an AggregateFunction, or None."""
        ...


class PlanQuery(Protocol):
    """Plans a query; see `clauses.plan_query`."""

    def __call__(
        self, context: PlanningContext, query: Query, start: Operator, *, stays: bool = False
    ) -> Operator:
        """The plan."""
        ...


class PlanningContext:
    """One planning of one statement."""

    def __init__(
        self,
        catalog: CatalogReader,
        functions: Functions,
        procedures: Mapping[str, ProcedureSignature],
        plan_query: PlanQuery,
        *,
        optimise: bool = True,
    ) -> None:
        self.catalog = catalog
        self.functions = functions
        self.procedures = procedures
        self.estimates = Estimates(catalog)
        self.optimise = optimise
        self._plan_query = plan_query
        self._names = 0

    def fresh(self, hint: str) -> str:
        """A slot name that nothing else has and no query can write."""
        self._names += 1
        return f" {hint}{self._names}"

    def is_aggregate(self, expression: Any) -> bool:
        """Is this very call an aggregate?"""
        return isinstance(expression, FunctionCall) and (
            expression.star or isinstance(self.functions.lookup(expression.name), AggregateFunction)
        )

    def aggregates(self, node: Any) -> bool:
        """Is there an aggregate in the expression? What subqueries aggregate is their own."""
        return self.is_aggregate(node) or any(
            self.aggregates(part) for part, _bound in children(node) if not isinstance(part, Query)
        )

    def is_deterministic(self, call: FunctionCall) -> bool:
        """May the function be called twice and give the same?"""
        return bool(getattr(self.functions.lookup(call.name), "deterministic", True))

    def is_volatile(self, node: Any) -> bool:
        """Does anything in the tree give another value at each call, such as ``rand()``?"""
        if isinstance(node, FunctionCall):
            function = self.functions.lookup(node.name)
            if not getattr(function, "stable", True):
                return True
        return any(self.is_volatile(part) for part, _bound in children(node))

    # ── lowering ──────────────────────────────────────────────────────────────────────────────

    def lower(self, node: Any, slots: Iterable[Slot]) -> Any:
        """The tree with plans in place of subqueries; they may look at `slots`."""
        if not contains(node, _LOWERED):
            return node
        return self._lower(node, {slot.name: slot for slot in slots})

    def lower_all(self, nodes: tuple[Any, ...], slots: Iterable[Slot]) -> tuple[Any, ...]:
        """`lower` for each."""
        scope = {slot.name: slot for slot in slots}
        return tuple(self._lower(node, scope) for node in nodes)

    def _lower(self, node: Any, scope: dict[str, Slot]) -> Any:
        planned = self._planned(node, scope)
        if planned is not None:
            return planned
        if isinstance(node, MapProjectionItem) and node.kind == "variable":
            return MapProjectionItem("entry", node.key, Variable(node.key), span=node.span)

        def change(part: Any, bound: frozenset[str]) -> Any:
            inner = scope
            if bound:
                inner = {**scope, **{name: Slot(name, "value") for name in bound}}
            return self._lower(part, inner)

        return rebuild(node, change)

    def _planned(self, node: Any, scope: dict[str, Slot]) -> PlanExpression | None:
        if isinstance(node, PatternPredicate):
            query = _match_query(Match(Pattern((node.pattern,))))
            return self.inner_plan(query, scope, "exists")
        if isinstance(node, Subquery):
            kind = node.kind.lower()
            return self.inner_plan(node.query, scope, kind)
        if isinstance(node, PatternComprehension):
            query = _match_query(Match(Pattern((node.pattern,)), node.predicate), node.result)
            return self.inner_plan(query, scope, "collect")
        if isinstance(node, ShortestPathCall):
            return self._shortest(node, scope)
        return None

    def _shortest(self, node: ShortestPathCall, scope: dict[str, Slot]) -> PlanExpression:
        from_path = node.pattern
        name = from_path.variable or self.fresh("path")
        kind: Literal["all shortest", "shortest"] = "all shortest" if node.all else "shortest"
        selector = PathSelector(kind, legacy=True)
        path = replace(from_path, variable=name, selector=selector)
        query = _match_query(Match(Pattern((path,))), Variable(name))
        return self.inner_plan(query, scope, "collect" if node.all else "first")

    def inner_plan(self, query: Query, scope: dict[str, Slot], kind: Any) -> PlanExpression:
        """A plan over the slots of `scope`, batched where it can be, with dead columns gone."""
        inner = self._plan_query(self, query, Argument(slots=tuple(scope.values())), stays=True)
        collected = None
        needed: frozenset[str] = frozenset()
        if kind in ("collect", "first", "ids"):
            collected = next(slot.name for slot in inner.slots if slot.name != ROW_SLOT)
            needed = frozenset((collected,))
        inner = pruned(inner, needed)
        if kind != "first":
            inner = batched(inner) or inner
        return PlanExpression(inner, kind, collected)


_LOWERED = (
    MapProjectionItem,
    PatternComprehension,
    PatternPredicate,
    ShortestPathCall,
    Subquery,
)


def _match_query(match: Match, result: Expression | None = None) -> Query:
    """MATCH ... RETURN result, or MATCH alone."""
    if result is None:
        return Query((SingleQuery((match,)),))
    item = ProjectionItem(result, " result", aliased=True)
    return Query((SingleQuery((match, Return((item,)))),))
