"""PROFILE: rows, batches and seconds of each operator.

`compile_plan(..., profile=True)` puts a `ProfiledStep` (operators/profiled.py) round every
compiled operator; what they find goes to `context.profile`. Seconds are those of the operator alone:
time spent in its inputs is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuralgraph.query.planning.plan import Operator


@dataclass(slots=True)
class OperatorProfile:
    """What one operator did in one run; `seconds` is without its inputs, `note` says how it went about it."""

    operator: Operator
    rows: int = 0
    batches: int = 0
    seconds: float = 0.0
    note: str | None = None


class Profile:
    """The run of a plan.

    Attributes:
        operators: by ``id(operator)`` of the plan's operators, which the profile keeps alive.
    """

    __slots__ = ("_running", "operators")

    def __init__(self) -> None:
        self.operators: dict[int, OperatorProfile] = {}
        # The operators whose `next` is running, outermost first: time goes to the innermost.
        self._running: list[OperatorProfile] = []

    def of(self, operator: Operator) -> OperatorProfile | None:
        """What `operator` did, or None when it never ran."""
        return self.operators.get(id(operator))

    def note(self, operator: Operator, text: str) -> None:
        """`operator`, which is at work, says how."""
        self.operators[id(operator)].note = text

    def enter(self, operator: Operator, now: float) -> OperatorProfile:
        """`operator` starts to work on its next batch at `now`."""
        entry = self.operators.get(id(operator))
        if entry is None:
            entry = self.operators[id(operator)] = OperatorProfile(operator)
        if self._running:
            self._running[-1].seconds += now
        entry.seconds -= now
        self._running.append(entry)
        return entry

    def leave(self, now: float) -> None:
        """The innermost operator hands over at `now`."""
        self._running.pop().seconds += now
        if self._running:
            self._running[-1].seconds -= now
