"""Projections that change nothing go.

``WITH a`` gives a Project of plain variables under their own names. The operator below can give just these
columns itself (slots narrow, see `plan`), so that the Project goes; over another Project, the two become one.
The rows are the same, in the same order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from neuralgraph.query.language.syntax import Variable
from neuralgraph.query.planning.batching import ROW_BY_ROW
from neuralgraph.query.planning.operators import inputs, with_inputs
from neuralgraph.query.planning.plan import Apply, CrossJoin, Extend, Operator, Project, Top
from neuralgraph.query.planning.pruning import acts

_NARROWING: Final = (*ROW_BY_ROW, Top, Apply, CrossJoin)


def without_idle_projects(operator: Operator) -> Operator:
    """The plan without projections that only pick columns."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [without_idle_projects(part) for part in below])
    if not isinstance(operator, Project) or not _picks(operator):
        return operator
    child = operator.child
    if isinstance(child, Project) and not any(map(acts, child.items)):
        items = dict(zip(child.slots, child.items, strict=True))
        return replace(
            child, slots=operator.slots, items=tuple(items[slot] for slot in operator.slots)
        )
    if isinstance(child, _NARROWING):
        return _narrowed(child, operator)
    return operator


def _narrowed(child: Operator, project: Project) -> Operator:
    """`Extend` has its own columns last, one for each item; other orders are left to the Project."""
    if not isinstance(child, Extend):
        return replace(child, slots=project.slots)
    own = child.slots[len(child.slots) - len(child.items) :]
    passed = project.slots[: len(project.slots) - len(own)]
    if project.slots[len(passed) :] != own or set(passed) & set(own):
        return project
    return replace(child, slots=project.slots)


def _picks(project: Project) -> bool:
    """Plain variables under their own names and kinds."""
    present = set(project.child.slots)
    return all(
        item == Variable(slot.name) and slot in present
        for slot, item in zip(project.slots, project.items, strict=True)
    )
