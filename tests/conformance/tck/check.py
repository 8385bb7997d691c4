"""Runs one scenario on one session and says how it went."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.conformance.tck.effects import GraphState, difference, measure, show_effects
from tests.conformance.tck.scenarios import (
    ExpectEffects,
    ExpectError,
    ExpectNoRows,
    ExpectRows,
    GivenGraph,
    GivenParameters,
    GivenProcedure,
    Query,
    Scenario,
    Setup,
    StepOf,
)
from tests.conformance.tck.session import QUERY_ERRORS, AdapterError, Rows, Session
from tests.conformance.tck.values import Value, key, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Status(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    SKIP = "skip"


class Level(StrEnum):
    """How much of an expected error has to be right. Each level asks for all that the one before asks."""

    LENIENT = "lenient"
    """Some error was raised."""
    STRICT = "strict"
    """Its kind and detail match too."""
    EXACT = "exact"
    """Its phase matches too."""


class Code(StrEnum):
    """Why a scenario did not pass."""

    NONE = ""
    ROWS = "rows"
    COLUMNS = "columns"
    """The values are right, and only the columns' names or order are not."""
    EFFECTS = "effects"
    NO_ERROR = "no-error"
    WRONG_ERROR = "wrong-error"
    RAISED = "raised"
    SETUP = "setup"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scenario went. ``level`` is the highest level at which it passes, if it passes at any."""

    id: str
    status: Status
    code: Code = Code.NONE
    reason: str = ""
    level: Level | None = None
    expects_error: bool = False
    seconds: float = 0.0

    def at(self, level: Level) -> Outcome:
        """The outcome when errors are judged at this level."""
        if self.status is not Status.PASS or passes(self, level):
            return self
        return replace(self, status=Status.FAIL, code=Code.WRONG_ERROR)


def passes(outcome: Outcome, level: Level) -> bool:
    """Whether the scenario passes at this level."""
    levels = list(Level)
    return outcome.level is not None and levels.index(outcome.level) >= levels.index(level)


class _FailedError(Exception):
    """The scenario is decided, and not passed."""

    def __init__(self, status: Status, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason


@dataclass
class _Run:
    """What a scenario's steps leave for those that follow."""

    session: Session
    graphs: Mapping[str, Sequence[str]]
    any_graph: str
    params: dict[str, Value] = field(default_factory=dict)
    before: GraphState | None = None
    result: Rows | None = None
    raised: Exception | None = None
    level: Level = Level.EXACT
    note: str = ""

    def step(self, step: StepOf) -> None:
        match step:
            case GivenGraph(name):
                self.given_graph(self.any_graph if name == "any" else name)
            case GivenProcedure():
                self.session.register_procedure(step.signature, step.columns, step.rows)
            case GivenParameters(values):
                self.params.update(values)
            case Setup(query):
                self.setup(query)
            case Query():
                self.query(step)
            case ExpectRows() | ExpectNoRows():
                code, problem = compare(step, self.answer())
                if code is not Code.NONE:
                    raise _FailedError(Status.FAIL, code, problem)
            case ExpectError():
                self.expect_error(step)
            case ExpectEffects(counts):
                self.expect_effects(counts)

    def given_graph(self, name: str) -> None:
        if name == "empty":
            return
        if name not in self.graphs:
            raise _FailedError(Status.ERROR, Code.FAULT, f"no graph named {name!r}")
        for query in self.graphs[name]:
            self.setup(query)

    def setup(self, query: str) -> None:
        try:
            self.session.execute(query, self.params)
        except AdapterError:
            raise
        except QUERY_ERRORS as error:
            raise _FailedError(
                Status.ERROR, Code.SETUP, f"{brief(error)} in {_one_line(query)}"
            ) from error

    def query(self, step: Query) -> None:
        if not step.control:
            self.before = self.measure()
        self.result = self.raised = None
        try:
            self.result = self.session.execute(step.query, self.params)
        except AdapterError:
            raise
        except QUERY_ERRORS as error:
            self.raised = error

    def measure(self) -> GraphState:
        try:
            return measure(self.session)
        except AdapterError:
            raise
        except QUERY_ERRORS as error:
            raise _FailedError(
                Status.ERROR, Code.FAULT, f"cannot measure the graph: {brief(error)}"
            ) from error

    def answer(self) -> Rows:
        if self.raised is not None:
            raise _FailedError(Status.ERROR, Code.RAISED, brief(self.raised)) from self.raised
        if self.result is None:
            raise _FailedError(Status.ERROR, Code.FAULT, "no query was run")
        return self.result

    def expect_error(self, wanted: ExpectError) -> None:
        if self.raised is None:
            raise _FailedError(
                Status.FAIL,
                Code.NO_ERROR,
                f"wanted {wanted.kind}({wanted.detail}) at {wanted.phase}; got {show_rows(self.answer())}",
            )
        self.level, self.note = judge_error(wanted, self.raised)
        self.expect_effects({})

    def expect_effects(self, wanted: Mapping[str, int]) -> None:
        if self.raised is None:
            self.answer()
        if self.before is None:
            raise _FailedError(Status.ERROR, Code.FAULT, "no query was run")
        got = difference(self.before, self.measure())
        if got != {name: count for name, count in wanted.items() if count}:
            raise _FailedError(
                Status.FAIL, Code.EFFECTS, f"wanted {show_effects(wanted)}; got {show_effects(got)}"
            )


def run_scenario(
    scenario: Scenario, graphs: Mapping[str, Sequence[str]], any_graph: str = "empty"
) -> Outcome:
    """Run the scenario on a new graph in memory.

    ``graphs`` has the queries of the named graphs; ``any_graph`` names the one (or ``"empty"``) that
    stands in where a scenario is content with any.
    """
    session = Session()
    try:
        run = _Run(session, graphs, any_graph)
        for step in scenario.steps:
            run.step(step)
    except _FailedError as failed:
        return Outcome(scenario.id, failed.status, failed.code, failed.reason)
    except Exception as error:  # noqa: BLE001 - a fault of ours fails its scenario, not the run
        return Outcome(scenario.id, Status.ERROR, Code.FAULT, brief(error))
    finally:
        with contextlib.suppress(Exception):
            session.close()
    return Outcome(scenario.id, Status.PASS, reason=run.note, level=run.level)


def compare(wanted: ExpectRows | ExpectNoRows, got: Rows) -> tuple[Code, str]:
    """What is wrong with the rows: a code and a reason."""
    if isinstance(wanted, ExpectNoRows):
        return (Code.ROWS, f"wanted no rows; got {show_rows(got)}") if got.rows else (Code.NONE, "")
    manner = "in order" if wanted.in_order else "in any order"
    reason = f"wanted {show_rows(Rows(wanted.columns, wanted.rows))} {manner}; got {show_rows(got)}"
    same_values = _same_rows(wanted, got.rows)
    if got.columns is None:  # only an empty result may come without names
        return (Code.NONE, "") if same_values and not got.rows else (Code.ROWS, reason)
    columns = list(got.columns)
    if columns == list(wanted.columns):
        return (Code.NONE, "") if same_values else (Code.ROWS, reason)
    if not same_values and sorted(columns) == sorted(wanted.columns):
        places = [columns.index(name) for name in wanted.columns]
        same_values = _same_rows(wanted, [[row[place] for place in places] for row in got.rows])
    return (Code.COLUMNS if same_values else Code.ROWS), reason


def _same_rows(wanted: ExpectRows, rows: Sequence[Sequence[Value]]) -> bool:
    def keys(rows: Sequence[Sequence[Value]]) -> list[object]:
        return [
            tuple(key(value, any_list_order=wanted.any_list_order) for value in row) for row in rows
        ]

    wanted_keys, got_keys = keys(wanted.rows), keys(rows)
    return wanted_keys == got_keys or (
        not wanted.in_order and Counter(wanted_keys) == Counter(got_keys)
    )


def judge_error(wanted: ExpectError, raised: Exception) -> tuple[Level, str]:
    """The level that the error reaches, and a note of what it lacks for the highest."""

    def same(name: str, value: str, wildcard: str) -> bool:
        return value == wildcard or getattr(raised, name, None) == value

    note = f"wanted {wanted.kind}({wanted.detail}) at {wanted.phase}; got {brief(raised)}"
    if not (same("kind", wanted.kind, "Error") and same("detail", wanted.detail, "*")):
        return Level.LENIENT, note
    if not same("phase", wanted.phase, "any time"):
        return Level.STRICT, note
    return Level.EXACT, ""


def show_rows(rows: Rows, limit: int = 10) -> str:
    """The first rows, on one line."""
    header = "?" if rows.columns is None else ", ".join(rows.columns)
    shown = [" | ".join(map(show, row)) for row in rows.rows[:limit]]
    if len(rows.rows) > limit:
        shown.append(f"... {len(rows.rows)} rows")
    return f"<{header}> " + "; ".join(shown or ["no rows"])


def brief(error: BaseException) -> str:
    """An error on one line, with what it says of its kind, detail and phase."""
    tags = [(name, getattr(error, name, None)) for name in ("kind", "detail", "phase")]
    shown = [f"[{name}={value}]" for name, value in tags if value]
    return " ".join([f"{type(error).__name__}: {_one_line(str(error))}", *shown])


def _one_line(text: str, limit: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit] + "..."
