"""What an expression depends on, found by walking its tree once."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from neuralgraph.query.functions.signature import Function
from neuralgraph.query.language.syntax.expressions import (
    FunctionCall,
    HasLabels,
    Index,
    ListComprehension,
    MapProjection,
    Property,
    Quantified,
    Reduce,
    Variable,
)
from neuralgraph.query.planning.plan import (
    Argument,
    DegreeOf,
    EdgeWhere,
    Operator,
    PathOf,
    PlanExpression,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.language import FunctionLookup


@dataclass(slots=True)
class Facts:
    """What an expression depends on.

    Attributes:
        names: variables that it does not bind itself.
        varies: may it differ between rows without any variable (chance, plans)?
        reads: may it look at properties, labels or structure of the graph?
    """

    names: set[str]
    varies: bool = False
    reads: bool = False

    @property
    def constant(self) -> bool:
        """Is it the same for every row of a run?"""
        return not self.names and not self.varies

    def absorb(self, other: Facts) -> None:
        """A part of the expression depends on this."""
        self.names |= other.names
        self.varies = self.varies or other.varies
        self.reads = self.reads or other.reads


Known = dict[int, tuple[Any, Facts]]
"""By `id`: an expression, kept so that its id stays its own, and its facts."""


def facts_of(node: Any, functions: FunctionLookup, known: Known) -> Facts:
    """What an expression, or a tuple of them, depends on; not to be changed.

    Args:
        node: the expression, or the tuple.
        functions: says which calls vary.
        known: what was found out before. An expression is asked after together with all that it stands in,
            which in a chain of hundreds of ANDs would be hundreds of times.
    """
    if isinstance(node, tuple):
        facts = Facts(set())
        for part in node:
            facts.absorb(facts_of(part, functions, known))
        return facts
    own = _of_leaf(node)
    if own is not None:
        return own
    found = known.get(id(node))
    if found is None:
        found = known[id(node)] = node, _of_parts(node, functions, known)
    return found[1]


def _of_parts(node: Any, functions: FunctionLookup, known: Known) -> Facts:
    if isinstance(node, ListComprehension | Quantified):
        return _of_comprehension(node, functions, known)
    if isinstance(node, Reduce):
        return _of_reduce(node, functions, known)
    facts = Facts(set())
    if not is_dataclass(node):
        return facts
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, tuple) or is_dataclass(value):
            facts.absorb(facts_of(value, functions, known))
    _note_own(node, facts, functions)
    return facts


def _of_leaf(node: Any) -> Facts | None:
    """Facts of what names slots directly; None for anything else."""
    if isinstance(node, Variable):
        return Facts({node.name})
    if isinstance(node, PlanExpression):
        return Facts(argument_names(node.plan), varies=True, reads=True)
    if isinstance(node, DegreeOf):
        return Facts({node.node}, varies=True, reads=True)
    if isinstance(node, EdgeWhere):
        return Facts({node.edge, node.left, node.right})
    if isinstance(node, PathOf):
        return Facts(set(node.steps), varies=True, reads=True)
    return None


def _note_own(node: Any, facts: Facts, functions: FunctionLookup) -> None:
    if isinstance(node, FunctionCall):
        function = functions.lookup(node.name)
        if not isinstance(function, Function) or not function.deterministic:
            facts.varies = True
        facts.reads = facts.reads or bool(facts.names)
    elif isinstance(node, Property | Index | MapProjection | HasLabels):
        facts.reads = facts.reads or bool(facts.names)


def _of_comprehension(
    node: ListComprehension | Quantified, functions: FunctionLookup, known: Known
) -> Facts:
    source = facts_of(node.source, functions, known)
    result = node.result if isinstance(node, ListComprehension) else None
    inner = facts_of((node.predicate, result), functions, known)
    return _joined(source, inner, {node.variable})


def _of_reduce(node: Reduce, functions: FunctionLookup, known: Known) -> Facts:
    source = facts_of((node.initial, node.source), functions, known)
    inner = facts_of(node.step, functions, known)
    return _joined(source, inner, {node.accumulator, node.variable})


def _joined(source: Facts, inner: Facts, bound: set[str]) -> Facts:
    joined = Facts(inner.names - bound, inner.varies, inner.reads)
    joined.absorb(source)
    return joined


def argument_names(plan: Operator) -> set[str]:
    """Slots that the plan's arguments take from outside."""
    names: set[str] = set()
    for operator in walk_plan(plan):
        if isinstance(operator, Argument):
            names.update(slot.name for slot in operator.slots)
    return names


def walk_plan(plan: Operator) -> Iterator[Operator]:
    """The operators of a plan, inputs included; not those inside expressions."""
    yield plan
    for part in fields(plan):
        value = getattr(plan, part.name)
        if isinstance(value, Operator):
            yield from walk_plan(value)
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Operator):
                    yield from walk_plan(item)
