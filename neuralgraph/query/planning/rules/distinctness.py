"""DISTINCT of properties: entities are told apart by their ids before properties are read.

``RETURN DISTINCT b.id``: rows that agree in all entities that the items look at agree in the items,
so a Distinct of the entities below the Project loses nothing, and fewer properties are read. Where
the property is unique among the nodes of a label, different nodes have different values, and the
Distinct above has only nulls to look for.

``count(DISTINCT d.id)`` likewise: over distinct rows of the entities, the values are the same set;
where the property is unique, counting needs no DISTINCT (nulls do not count). It must be the only
call, without keys: another call would see the repeated rows gone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.syntax import Expression, Property, Variable
from neuralgraph.query.planning.operators import distinct, inputs, names_of, with_inputs
from neuralgraph.query.planning.plan import Aggregate, Distinct, Operator, Project
from neuralgraph.query.planning.pruning import own_uses, pruned
from neuralgraph.query.planning.rules.facts import is_unique_key, spread

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader

WORTH: Final = 1.5
"""So many rows for each different one, and telling them apart early pays."""


def with_early_distinct(operator: Operator, catalog: CatalogReader) -> Operator:
    """The plan with entities told apart before their properties are read."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [with_early_distinct(part, catalog) for part in below])
    if isinstance(operator, Distinct) and isinstance(operator.child, Project):
        return _distinct_rows(operator, operator.child, catalog)
    if isinstance(operator, Aggregate):
        return _distinct_count(operator, catalog)
    return operator


def _distinct_rows(operator: Distinct, project: Project, catalog: CatalogReader) -> Operator:
    unique = len(project.items) == 1 and _is_unique(project.items[0], project.child, catalog)
    early = _entities_once(project, project.child, catalog, always=unique)
    if early is None:
        return operator
    return replace(operator, child=replace(project, child=early), null_repeats_only=unique)


def _distinct_count(operator: Aggregate, catalog: CatalogReader) -> Operator:
    if operator.keys or len(operator.calls) != 1:
        return operator
    call = operator.calls[0]
    if not call.distinct or len(call.arguments) != 1:
        return operator
    unique = call.name == "count" and _is_unique(call.arguments[0], operator.child, catalog)
    early = _entities_once(operator, operator.child, catalog, always=unique)
    if early is None:
        return operator
    return replace(operator, child=early, calls=(replace(call, distinct=not unique),))


def _is_unique(item: Expression, child: Operator, catalog: CatalogReader) -> bool:
    if not isinstance(item, Property) or not isinstance(item.subject, Variable):
        return False
    return is_unique_key(child, item.subject.name, item.key, catalog)


def _entities_once(
    user: Any, child: Operator, catalog: CatalogReader, *, always: bool
) -> Operator | None:
    """The child with each combination of the entities that `user` looks at once; None if it won't pay."""
    used = own_uses(user, child)
    slots = [slot for slot in child.slots if slot.name in used]
    if not slots or any(slot.kind == "value" for slot in slots):
        return None
    if isinstance(child, Distinct):
        return child if always else None
    different = 1.0
    for slot in slots:
        different *= spread(child, slot.name, catalog)
    if not always and child.estimated_rows < WORTH * different:
        return None
    narrow = pruned(child, used)
    if not names_of(narrow.slots) <= used:
        # A column stayed for what its making does, and would tell rows apart.
        return None
    early = distinct(narrow)
    return replace(early, estimated_rows=min(different, child.estimated_rows))
