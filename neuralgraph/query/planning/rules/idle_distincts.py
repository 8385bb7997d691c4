"""A Distinct goes where the rows are different already.

From one row, a scan or seek gives each node once, and a walk with `distinct_targets` each target
once; filters only drop rows. A Distinct whose columns hold that node has nothing to do.
"""

from __future__ import annotations

from typing import Final

from neuralgraph.query.planning.operators import inputs, names_of, with_inputs
from neuralgraph.query.planning.plan import (
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
    return operator


def _are_different(operator: Operator) -> bool:
    present = names_of(operator.slots)
    while isinstance(operator, Filter):
        operator = operator.child
    if isinstance(operator, _FINDS_EACH_ONCE):
        return operator.variable in present and at_most_one_row(operator.child)
    if isinstance(operator, ExpandVariable) and operator.distinct_targets:
        return operator.target in present and at_most_one_row(operator.child)
    return False
