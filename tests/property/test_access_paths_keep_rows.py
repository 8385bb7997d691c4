"""Nodes found by labels and indexes are those for which the condition is true, wherever it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neuralgraph
from neuralgraph.access import IndexDefinition
from tests.support.dict_graph import DictGraph
from tests.unit.query.planning.running import rows

if TYPE_CHECKING:
    from collections.abc import Callable

ANY_CHOICE = mock.patch("neuralgraph.query.planning.access_paths.CHOICE_FACTOR", 0)
"""Alternatives are found one by one wherever that can be, not only where it is thought to pay."""
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

PATTERNS = (
    "MATCH (a)",
    "MATCH (a:A)",
    "MATCH (a:B)",
    "MATCH (a:A|B)",
    "MATCH (a:A&B)",
    "MATCH (c:B) MATCH (a)",
    "UNWIND [0, 1, 1.0, null, 'k1'] AS u MATCH (a:B)",
    "UNWIND [1, 'k'] AS u MATCH (a:A|B)",
    "MATCH (a), (c:A)",
)
ATOMS = (
    "a:A",
    "a:B",
    "a:A&B",
    "a:A|B",
    "NOT a:B",
    "a.x = 1",
    "a.x = 1.0",
    "2 = a.x",
    "a.x = null",
    "a.x = 'k1'",
    "a.x = a.y",
    "a.x > 0",
    "a.x <= 1.5",
    "a.x < 'k2'",
    "a.x > null",
    "a.x IN [1, 'k1', null]",
    "a.x STARTS WITH 'k'",
    "a.y = 1",
    "a.z > 0",
    "a.y >= 1",
    "a.y < 2",
    "a.y < a.x",
    "a.y > 'k1'",
    "a.y STARTS WITH 'k'",
    "a.y IN [0, 2]",
    "a.y IS NULL",
    "a.y IS NOT NULL",
    "a.y <> 1",
)
VALUES = (0, 1, 1.0, 1.5, 2, float("nan"), "k", "k1", "k12", True, [1], None)
INDEXES = (
    ("A", ("x",)),
    ("A", ("x", "y")),
    ("B", ("x", "y")),
    ("B", ("y",)),
    ("A", ("y", "x", "z")),
)

Entry = tuple[list[str], dict[str, Any]]


def conditions(atoms: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.tuples(inner, st.sampled_from(("AND", "AND", "OR")), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        max_leaves=5,
    )


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, str]:
    """What is before a condition, and the condition."""
    pattern = draw(st.sampled_from(PATTERNS))
    atoms = ATOMS
    if "AS u" in pattern:
        atoms += ("a.x = u", "a.y > u", "a.y STARTS WITH u", "u < a.x")
    if "(c" in pattern:
        atoms += ("a.x = c.x", "a.y >= c.y", "c:A", "c.x = 1")
    return pattern, draw(conditions(atoms))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    labels = draw(st.lists(st.sampled_from(("A", "B")), unique=True))
    values = {key: draw(st.sampled_from(VALUES)) for key in ("x", "y", "z")}
    return labels, {key: value for key, value in values.items() if value is not None}


indexes = st.lists(st.sampled_from(INDEXES), unique=True)


def check(run: Callable[[str], list[tuple[Any, ...]]], pattern: str, condition: str) -> None:
    """The rows that pass are those of which the condition, only looked at, is true."""
    given_names = [name for name in ("u", "c") if f"AS {name}" in pattern or f"({name}" in pattern]
    shown = ", ".join(["id(a)", *(f"id({n})" if n == "c" else n for n in given_names)])
    found = run(f"{pattern} WHERE {condition} RETURN {shown}")
    nodes = {name for name in ("a", "c") if f"({name}" in pattern}
    for name in nodes:
        different = run(f"{pattern} WHERE {condition} RETURN count(DISTINCT {name})")
        assert different == [(len({row[shown.split(", ").index(f"id({name})")] for row in found}),)]
    everything = run(f"{pattern} RETURN {shown}, {condition}")
    expected = [row[:-1] for row in everything if row[-1] is True]
    assert sorted(map(repr, found)) == sorted(map(repr, expected)), (pattern, condition)


@ANY_CHOICE
@SETTINGS
@given(st.lists(entries(), max_size=8), indexes, statements())
def test_what_is_sought_is_what_is_asked(
    nodes: list[Entry], indexed: list[Any], statement: tuple[str, str]
) -> None:
    graph = DictGraph()
    for labels, properties in nodes:
        graph.create_node(labels, properties)
    for number, (label, keys) in enumerate(indexed):
        graph.create_index(IndexDefinition(f"i{number}", "range", "node", (label,), keys))
    check(lambda text: rows(graph, text), *statement)


CHANGES = (
    "MATCH (n) WHERE id(n) = {} SET n:A",
    "MATCH (n) WHERE id(n) = {} REMOVE n:B",
    "MATCH (n) WHERE id(n) = {} SET n.x = 1, n.y = 'k1'",
    "MATCH (n) WHERE id(n) = {} SET n.y = 1.0",
    "MATCH (n) WHERE id(n) = {} REMOVE n.y",
    "MATCH (n) WHERE id(n) = {} DELETE n",
    "CREATE (:A:B {{x: 1, y: {}}})",
)
changes = st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 7)), max_size=4)


@ANY_CHOICE
@settings(SETTINGS, max_examples=60)
@given(
    st.lists(entries(), max_size=8),
    indexes,
    changes,
    changes,
    st.booleans(),
    st.lists(statements(), min_size=1, max_size=8),
)
def test_what_is_sought_is_what_is_asked_of_a_graph_that_changes(
    nodes: list[Entry],
    indexed: list[Any],
    committed: list[tuple[str, int]],
    own: list[tuple[str, int]],
    folds: bool,
    asked: list[tuple[str, str]],
) -> None:
    """Stored, committed since, written by the transaction itself, and of the time before."""
    with neuralgraph.open() as graph:
        graph.execute("CREATE ()")  # so that there is a time to go back to
        for label, keys in indexed:
            graph.execute(f"CREATE INDEX FOR (n:{label}) ON ({', '.join(f'n.{k}' for k in keys)})")
        for labels, properties in nodes:
            named = "".join(f":{label}" for label in labels)
            graph.execute(f"CREATE (n{named}) SET n = $p", p=properties)
        if folds:
            graph.checkpoint()
        then = graph.info().txid
        for text, number in committed:
            graph.execute(text.format(number))
        with graph.transaction() as transaction:
            for text, number in own:
                transaction.execute(text.format(number))
            for statement in asked:
                check(lambda text: transaction.execute(text).to_tuples(), *statement)
        past = graph.at(then)
        for statement in asked:
            check(lambda text: past.execute(text).to_tuples(), *statement)
            check(
                lambda text: graph.execute(f"AT TRANSACTION {then} {text}").to_tuples(), *statement
            )
