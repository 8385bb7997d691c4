"""A plan as text: a tree, one operator a line, with estimates and, when profiled, rows and times."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, Protocol

from neuralgraph.access import IndexDefinition
from neuralgraph.query.language.syntax import Syntax
from neuralgraph.query.planning.operators import CHILD_FIELDS, inputs
from neuralgraph.query.planning.plan import (
    AggregateCall,
    Arm,
    EdgeToCreate,
    NodeToCreate,
    PlanExpression,
    Slot,
    SortKey,
)
from neuralgraph.query.planning.showing import show_expression, show_name
from neuralgraph.query.planning.walking import children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.query.planning.plan import Operator, Plan

    Notes = Callable[[Operator], str | None]


class Measured(Protocol):
    """What one operator did in one run; seconds without its inputs."""

    @property
    def rows(self) -> int:
        """Rows that it gave."""
        ...

    @property
    def seconds(self) -> float:
        """Time that it took."""
        ...

    @property
    def note(self) -> str | None:
        """How it went about it, where that is decided in the run."""
        ...


class Profile(Protocol):
    """What was measured in one run."""

    def of(self, operator: Operator) -> Measured | None:
        """Of one operator; None when it never ran."""
        ...


def _no_note(_operator: Operator) -> str | None:
    return None


_HIDDEN: Final = frozenset((*CHILD_FIELDS, "parts", "slots", "estimated_rows", "span", "may_lack"))


def explain(plan: Plan, profile: Profile | None = None, expected: Notes = _no_note) -> str:
    """The operators from the result down.

    Args:
        plan: what to show.
        profile: what was measured in a run, to be shown behind each operator.
        expected: without a run, how an operator is thought to go about it; None: nothing is to be said.
    """
    return "\n".join(_lines(plan.root, "", profile, expected))


def _lines(
    operator: Operator, indent: str, profile: Profile | None, expected: Notes
) -> Iterator[str]:
    details = " ".join(_details(operator))
    columns = ", ".join(show_name(slot.name) for slot in operator.slots)
    line = f"{indent}{type(operator).__name__}"
    line += f" {details}" if details else ""
    line += f" ({columns})" if columns else " ()"
    line += f" ~{operator.estimated_rows:.4g}"
    measured = None if profile is None else profile.of(operator)
    if measured is not None:
        line += f" rows={measured.rows} ms={measured.seconds * 1_000:.3f}"
    note = expected(operator) if measured is None else measured.note
    yield line if note is None else f"{line} [{note}]"
    for plan in _plans_inside(operator):
        yield from _lines(plan, indent + "    ", profile, expected)
    below = inputs(operator)
    for place, part in enumerate(below):
        # The input that rows come from goes straight down; the others are set off.
        inner = indent if place == 0 and len(below) == 1 else indent + "  "
        yield from _lines(part, inner, profile, expected)


def _details(operator: Any) -> Iterator[str]:
    for field in fields(operator):
        value = getattr(operator, field.name)
        if field.name in _HIDDEN or value is None or value == () or value is False:
            continue
        yield f"{field.name}={_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, IndexDefinition):
        return f":{'|'.join(value.labels)}({', '.join(value.keys)})"
    if isinstance(value, SortKey):
        return show_expression(value.expression) + (" DESC" if value.descending else "")
    if isinstance(value, AggregateCall):
        inside = "*" if value.star else ", ".join(map(show_expression, value.arguments))
        return f"{value.name}({'DISTINCT ' if value.distinct else ''}{inside})"
    if isinstance(value, NodeToCreate):
        return f"({_part(value.variable, value.labels, value.properties)})"
    if isinstance(value, EdgeToCreate):
        inside = _part(value.variable, value.edge_type, value.properties)
        return f"({show_name(value.source)})-[{inside}]->({show_name(value.target)})"
    if isinstance(value, Arm):
        return f"{value.direction}:{'|'.join(value.types)}({'&'.join(value.labels)})"
    if isinstance(value, Syntax):
        return show_expression(value)
    if isinstance(value, Slot):
        return show_name(value.name)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return show_name(str(value))


def _part(name: str, labels: Any, properties: Any) -> str:
    text = show_name(name)
    if labels is not None:
        text += f":{show_expression(labels)}"
    return text if properties is None else f"{text} {show_expression(properties)}"


def _plans_inside(operator: Any) -> Iterator[Operator]:
    for field in fields(operator):
        if field.name not in _HIDDEN:
            yield from _plans_in(getattr(operator, field.name))


def _plans_in(value: Any) -> Iterator[Operator]:
    if isinstance(value, PlanExpression):
        yield value.plan
    elif isinstance(value, tuple):
        for item in value:
            yield from _plans_in(item)
    elif isinstance(value, Syntax):
        for part, _ in children(value):
            yield from _plans_in(part)
    elif isinstance(value, SortKey | AggregateCall | NodeToCreate | EdgeToCreate):
        for field in fields(value):
            yield from _plans_in(getattr(value, field.name))
