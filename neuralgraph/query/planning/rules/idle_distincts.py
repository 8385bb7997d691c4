"""A Distinct goes where the rows are different already.

From one row, a scan or seek gives each node once, and a walk with `distinct_targets` each target
once; so does a Distinct of the node alone; filters only drop rows. A Distinct whose columns hold that
node has nothing to do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from neuralgraph.query.language.syntax import Variable
from neuralgraph.query.planning.operators import inputs, names_of, with_inputs
from neuralgraph.query.planning.plan import (
    Aggregate,
    Distinct,
    ExpandVariable,
    Filter,
    NodeById,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    Operator,
)
from neuralgraph.query.planning.rules.facts import at_most_one_row

_FINDS_EACH_ONCE: Final = (
    NodeScan,
    NodeById,
    NodeIndexSeek,
    NodeIndexIn,
    NodeIndexRange,
    NodeIndexPrefix,
)


def without_idle_distincts(operator: Operator) -> Operator:
    """The plan without Distincts that drop nothing."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [without_idle_distincts(part) for part in below])
    if isinstance(operator, Distinct) and _are_different(operator.child):
        return operator.child
    if isinstance(operator, Aggregate):
        return _without_idle_counts(operator)
    return operator


def _without_idle_counts(operator: Aggregate) -> Aggregate:
    """Counts of the node that is another in every row need no DISTINCT, whatever the groups."""
    name = _different_node(operator.child)
    if name is None:
        return operator
    calls = tuple(
        replace(call, distinct=False)
        if call.name == "count" and call.arguments == (Variable(name),)
        else call
        for call in operator.calls
    )
    return operator if calls == operator.calls else replace(operator, calls=calls)


def _are_different(operator: Operator) -> bool:
    name = _different_node(operator)
    return name is not None and name in names_of(operator.slots)


def _different_node(operator: Operator) -> str | None:
    """The slot with another node in every row, if there is one."""
    while isinstance(operator, Filter):
        operator = operator.child
    if isinstance(operator, Distinct) and [slot.kind for slot in operator.slots] == ["node"]:
        return operator.slots[0].name
    if isinstance(operator, _FINDS_EACH_ONCE):
        return operator.variable if at_most_one_row(operator.child) else None
    if isinstance(operator, ExpandVariable) and operator.distinct_targets:
        return operator.target if at_most_one_row(operator.child) else None
    return None
