"""Counts of whole shapes: paths of one or two steps, and triangles.

``count(*)`` over nothing but a scan and one or two Expands is a sum over the node in the middle of
products of degrees (`PathCount`); over two Expands and an ExpandInto that closes them it is a number of
triangles (`TriangleCount`). Everything that could matter must be plain: directed edges (triangles may have
others), no filter, no other row before the scan, the two steps different only from each other. The rows are
the same one row.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final, Literal

from neuralgraph.query.planning.operators import inputs, with_inputs
from neuralgraph.query.planning.plan import (
    Aggregate,
    Arm,
    Expand,
    ExpandInto,
    NodeScan,
    Operator,
    PathCount,
    TriangleCount,
    Unit,
)

_TURNED: Final[dict[Any, Literal["out", "in"]]] = {"out": "in", "in": "out"}


def with_shapes(operator: Operator) -> Operator:
    """The plan with shapes counted as a whole."""
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [with_shapes(part) for part in below])
    if isinstance(operator, Aggregate) and _counts_rows(operator):
        return _path_count(operator) or _triangle_count(operator) or operator
    return operator


def _counts_rows(operator: Aggregate) -> bool:
    return not operator.keys and len(operator.calls) == 1 and operator.calls[0].star


def _scan_of_all(operator: Operator) -> NodeScan | None:
    """The operator, if it is a scan for a single row of nothing."""
    plain = isinstance(operator, NodeScan) and isinstance(operator.child, Unit)
    return operator if plain and isinstance(operator, NodeScan) else None


def _labels(scan: NodeScan) -> tuple[str, ...]:
    return () if scan.label is None else (scan.label,)


def _directed(*steps: Expand | ExpandInto) -> bool:
    return all(step.direction in _TURNED for step in steps)


def _away(step: Expand) -> Arm:
    return Arm(step.types, step.direction, step.target_labels)


def _path_count(operator: Aggregate) -> Operator | None:
    last = operator.child
    if not isinstance(last, Expand) or not _directed(last):
        return None
    scan = _scan_of_all(last.child)
    if scan is not None:
        return _counted(operator, _labels(scan), (_away(last),), different=False)
    first = last.child
    if not isinstance(first, Expand) or not _directed(first) or first.different_from:
        return None
    scan = _scan_of_all(first.child)
    if scan is None or last.different_from not in ((), (first.edge,)):
        return None
    different = bool(last.different_from)
    if last.source == first.source:
        return _counted(operator, _labels(scan), (_away(first), _away(last)), different=different)
    # The node that the first step leads to is the middle: from there the step goes back.
    back = Arm(first.types, _TURNED[first.direction], _labels(scan))
    return _counted(operator, first.target_labels, (back, _away(last)), different=different)


def _counted(
    operator: Aggregate, labels: tuple[str, ...], arms: tuple[Arm, ...], *, different: bool
) -> PathCount:
    return PathCount(
        slots=operator.slots,
        child=Unit(slots=()),
        labels=labels,
        arms=arms,
        different=different,
    )


def _triangle_count(operator: Aggregate) -> Operator | None:
    closing = operator.child
    if not isinstance(closing, ExpandInto) or not isinstance(closing.child, Expand):
        return None
    second, first = closing.child, closing.child.child
    if not isinstance(first, Expand) or not first.types == second.types == closing.types:
        return None
    scan = _scan_of_all(first.child)
    if scan is None:
        return None
    corners = {scan.variable: 0, first.target: 1, second.target: 2}
    ends = [{step.source, step.target} for step in (first, second, closing)]
    if len(corners) < 3 or any(set(pair) not in ends for pair in combinations(corners, 2)):
        return None
    return TriangleCount(
        slots=operator.slots,
        child=closing,
        types=first.types,
        labels=tuple(dict.fromkeys(_labels(scan) + first.target_labels + second.target_labels)),
        sides=tuple(_side(step, corners) for step in (first, second, closing)),
    )


def _side(step: Expand | ExpandInto, corners: dict[str, int]) -> tuple[int, int, bool]:
    """Where the edge begins and ends, and whether that may be the other way round."""
    ends = corners[step.source], corners[step.target]
    return (*(ends[::-1] if step.direction == "in" else ends), step.direction == "both")
