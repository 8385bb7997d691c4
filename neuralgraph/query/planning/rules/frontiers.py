"""Where repeated rows do not count, a walk goes on from each state once.

Under a DISTINCT (or aggregates that do not care for repeats), rows that agree in every column
needed above lead to the same rows above: one of them is enough. So before an Expand that many rows
reach in few different states, a Distinct of the columns that are still needed goes in, and an
unbounded or bounded `ExpandVariable` gives each target once (`distinct_targets`).

Relationship uniqueness stays exact. The columns needed above include the edges that a later edge
must differ from, and with them hardly two rows agree. But an edge f can be the new edge e only
where e's walk begins at a certain node (`Expand.different_where`: an edge has one source and one
target). In a-[f]->b-[g]->c-[e]->d walked forward, e = f needs c = a. So f matters only in rows
where c = a, and can be forgotten (`EdgeWhere`: null, which forbids nothing) in all others before
those are told apart. It is done only at the last step that compares with f, where the source of the
comparison is bound; an edge that a later step compares with is kept as it is.

Variable walks: a target that a walk without repeated edges reaches in at most `max` steps is
reached by a shortest walk, and that repeats no edge; with a least length above one this fails, and
with edges forbidden by other steps too, so those are left alone. Predicates on edges hold edge by
edge, which changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import Expression, Variable
from neuralgraph.query.planning.batching import ROW_BY_ROW
from neuralgraph.query.planning.operators import distinct, inputs, names_of, projected, with_inputs
from neuralgraph.query.planning.plan import (
    Aggregate,
    Apply,
    Distinct,
    EdgeWhere,
    Expand,
    ExpandVariable,
    Operator,
    Project,
    Slot,
)
from neuralgraph.query.planning.rules.facts import spread

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader

WORTH: Final = 2.0
"""So many rows for each different state, and a Distinct pays."""
_CARELESS: Final = ("min", "max")


def with_frontiers(operator: Operator, catalog: CatalogReader) -> Operator:
    """The plan with repeated states dropped where they do not count; its columns must be pruned."""
    return _Frontiers(catalog).rewrite(operator, careless=False)


class _Frontiers:
    def __init__(self, catalog: CatalogReader) -> None:
        self._catalog = catalog

    def rewrite(self, operator: Operator, *, careless: bool) -> Operator:
        """Rewrite the operator and what is below; `careless`: its repeated rows do not count."""
        if careless and isinstance(operator, ExpandVariable):
            operator = _each_target_once(operator)
        if careless and isinstance(operator, Expand):
            operator = self._from_states(operator)
        new = [
            self.rewrite(part, careless=_careless_below(operator, place, careless=careless))
            for place, part in enumerate(inputs(operator))
        ]
        return with_inputs(operator, new) if new else operator

    def _from_states(self, expand: Expand) -> Expand:
        """The expand over distinct states, if that pays."""
        child = expand.child
        if isinstance(child, Distinct):
            return expand
        # Slots are pruned: what the expand passes on is what something above looks at.
        above = names_of(expand.slots)
        kept = above | {expand.source}
        items: list[tuple[Slot, Expression]] = []
        forgotten: dict[str, str] = {}
        for edge, where in zip(expand.different_from, _wheres(expand), strict=True):
            if where is not None and edge not in above and edge not in forgotten:
                forgotten[edge] = where
            else:
                kept |= {edge}
        for slot in child.slots:
            if slot.name in forgotten and slot.name not in kept:
                where = forgotten[slot.name]
                items.append((slot, EdgeWhere(slot.name, where, expand.source)))
            elif slot.name in kept:
                items.append((slot, Variable(slot.name)))
        if any(slot.kind == "value" for slot, _ in items):
            return expand
        different = 1.0
        for slot, item in items:
            if isinstance(item, Variable):
                different *= spread(child, slot.name, self._catalog)
        if child.estimated_rows < WORTH * different:
            return expand
        states: Operator = child
        if len(items) != len(child.slots) or forgotten:
            states = projected(child, items)
        states = replace(distinct(states), estimated_rows=different)
        wheres = tuple(
            None if edge in forgotten else where
            for edge, where in zip(expand.different_from, _wheres(expand), strict=True)
        )
        return replace(
            expand,
            child=states,
            different_where=wheres,
            estimated_rows=expand.estimated_rows * different / child.estimated_rows,
        )


def _wheres(expand: Expand) -> tuple[str | None, ...]:
    return expand.different_where or (None,) * len(expand.different_from)


def _each_target_once(walk: ExpandVariable) -> ExpandVariable:
    if walk.edges is not None or walk.min > 1 or walk.different_from or walk.into:
        return walk
    return replace(walk, distinct_targets=True)


def _careless_below(operator: Any, place: int, *, careless: bool) -> bool:
    """Do repeated rows of the operator's input at this place not count?"""
    if isinstance(operator, Distinct):
        return True
    if isinstance(operator, Aggregate):
        return all(call.distinct or call.name in _CARELESS for call in operator.calls)
    if isinstance(operator, Apply):
        if place == 0:
            return careless and operator.kind in ("inner", "optional", "semi", "anti")
        return operator.kind in ("semi", "anti", "mark") or (careless and operator.kind == "inner")
    return careless and isinstance(operator, (*ROW_BY_ROW, Project))
