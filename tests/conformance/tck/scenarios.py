"""Scenarios of the TCK, read from its feature files with every outline expanded."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from tests.conformance.tck.values import Value, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class GivenGraph:
    """Start from a graph: ``"empty"``, ``"any"`` or the name of one in the TCK's ``graphs`` folder."""

    name: str


@dataclass(frozen=True, slots=True)
class GivenProcedure:
    """Have a procedure that looks its arguments up in a table (inputs first, then outputs)."""

    signature: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class GivenParameters:
    """Run the queries that follow with these parameters."""

    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Setup:
    """Run a query that must succeed."""

    query: str


@dataclass(frozen=True, slots=True)
class Query:
    """Run the query under test, or a ``control`` query that shows what the one before it left."""

    query: str
    control: bool


@dataclass(frozen=True, slots=True)
class ExpectRows:
    """The last query gave these columns and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    in_order: bool
    any_list_order: bool


@dataclass(frozen=True, slots=True)
class ExpectNoRows:
    """The last query gave no rows, whatever its columns."""


@dataclass(frozen=True, slots=True)
class ExpectError:
    """The last query failed. ``Error``, ``any time`` and ``*`` are the TCK's wildcards."""

    kind: str
    phase: str
    detail: str


@dataclass(frozen=True, slots=True)
class ExpectEffects:
    """The query under test changed these counts (``+nodes``, ``-labels``...) and no others."""

    counts: Mapping[str, int]


StepOf: TypeAlias = (
    GivenGraph
    | GivenProcedure
    | GivenParameters
    | Setup
    | Query
    | ExpectRows
    | ExpectNoRows
    | ExpectError
    | ExpectEffects
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, or one example of a scenario outline.

    ``group`` names the scenario or outline: ``clauses/match/Match1.feature::[3] title``. ``id`` is the
    group, and for an example its number in the outline too: ``...::[3] title #2``.
    """

    id: str
    group: str
    feature: str
    line: int
    tags: frozenset[str]
    steps: tuple[StepOf, ...]

    @property
    def folder(self) -> str:
        return self.feature.rpartition("/")[0]

    @property
    def expects_error(self) -> bool:
        return any(isinstance(step, ExpectError) for step in self.steps)

    @property
    def needs_procedures(self) -> bool:
        return any(isinstance(step, GivenProcedure) for step in self.steps)


class FeatureError(ValueError):
    """A feature file with something in it that this runner does not know."""


def load_folder(root: Path) -> list[Scenario]:
    """Every scenario of the feature files under ``root``, in the order of their paths and lines."""
    paths = sorted(root.rglob("*.feature"))
    if not paths:
        raise FeatureError(f"no feature files under {root}")
    scenarios = [
        scenario
        for path in paths
        for scenario in load_feature(
            path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
        )
    ]
    repeated = [
        id_ for id_, times in Counter(scenario.id for scenario in scenarios).items() if times > 1
    ]
    if repeated:
        raise FeatureError(f"ids that are not unique: {repeated}")
    return scenarios


def load_feature(text: str, feature: str) -> Iterator[Scenario]:
    """The scenarios of one feature file; ``feature`` is its path below the features folder."""
    document: Any = Parser().parse(text)
    document["uri"] = feature
    outlines = {
        scenario["id"]: scenario for scenario in _scenario_nodes(document["feature"]["children"])
    }
    examples = {
        row["id"]: (number, row["location"]["line"])
        for outline in outlines.values()
        for number, row in enumerate(_example_rows(outline), 1)
    }
    for pickle in Compiler().compile(document):
        origin, *example = pickle["astNodeIds"]
        outline = outlines[origin]
        group = f"{feature}::{title(outline['name'])}"
        number, line = examples[example[0]] if example else (None, outline["location"]["line"])
        try:
            steps = tuple(_step(step) for step in pickle["steps"])
        except ValueError as error:
            raise FeatureError(f"{feature}:{line}: {error}") from error
        yield Scenario(
            id=group if number is None else f"{group} #{number}",
            group=group,
            feature=feature,
            line=line,
            tags=frozenset(tag["name"] for tag in pickle["tags"]),
            steps=steps,
        )


def _example_rows(outline: Mapping[str, Any]) -> Iterator[Any]:
    for table in outline["examples"]:
        yield from table.get("tableBody", [])


def title(name: str) -> str:
    """A scenario's name without the part that says which example it is."""
    return name.partition(" #Example:")[0].strip()


def _scenario_nodes(children: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    for child in children:
        if "scenario" in child:
            yield child["scenario"]
        elif "rule" in child:
            yield from _scenario_nodes(child["rule"]["children"])


_ERROR = re.compile(r"an? (.+) should be raised at (.+): (.+)")
_PROCEDURE = re.compile(r"there exists a procedure (.+?)\s*:")
_GRAPH = re.compile(r"(?:(?:an|a|the) )?(\S+) graph")
_ROWS = "the result should be"
_ANY_LIST_ORDER = " (ignoring element order for lists)"


def _step(step: Mapping[str, Any]) -> StepOf:  # noqa: C901 - a case for each step of the TCK
    text: str = step["text"].strip()
    argument = step.get("argument", {})
    table = [
        [cell["value"] for cell in row["cells"]]
        for row in argument.get("dataTable", {}).get("rows", [])
    ]
    query: str = argument.get("docString", {}).get("content", "")
    match text:
        case "having executed:":
            return Setup(query)
        case "parameters are:":
            return GivenParameters({name: parse(value) for name, value in table})
        case "executing query:":
            return Query(query, control=False)
        case "executing control query:":
            return Query(query, control=True)
        case "the result should be empty":
            return ExpectNoRows()
        case "no side effects":
            return ExpectEffects({})
        case "the side effects should be:":
            return ExpectEffects({name: int(count) for name, count in table})
    if text.startswith(_ROWS) and text.endswith(":"):
        manner = text.removeprefix(_ROWS).removesuffix(":")
        any_list_order = manner.endswith(_ANY_LIST_ORDER)
        order = manner.removesuffix(_ANY_LIST_ORDER)
        if order in ("", ", in any order", ", in order"):
            columns, rows = _table(table)
            return ExpectRows(
                columns, rows, in_order=order == ", in order", any_list_order=any_list_order
            )
    if found := _ERROR.fullmatch(text):
        return ExpectError(*found.groups())
    if found := _PROCEDURE.fullmatch(text):
        return GivenProcedure(found[1], *_table(table))
    if found := _GRAPH.fullmatch(text):
        return GivenGraph(found[1])
    raise FeatureError(f"unknown step: {text!r}")


def _table(table: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[tuple[Value, ...], ...]]:
    """A table of values as its columns and rows (a procedure with no columns has an empty one)."""
    if not table:
        return (), ()
    header, *rows = table
    return tuple(header), tuple(tuple(parse(cell) for cell in row) for row in rows)


def load_graphs(root: Path) -> dict[str, list[str]]:
    """The queries that make each named graph, from the TCK's ``graphs`` folder."""
    scripts = {
        script.stem: script.read_text(encoding="utf-8")
        for script in sorted(root.glob("*/*.cypher"))
    }
    return {
        name: [query for part in text.split(";") if (query := part.strip())]
        for name, text in scripts.items()
    }
