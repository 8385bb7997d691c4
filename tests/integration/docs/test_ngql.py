"""The language reference is true: every example gives what it says, and every function stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import neuralgraph
from neuralgraph.query.functions import default_registry
from neuralgraph.query.language.lexis import CLAUSE_WORDS
from tests.support.documents import examples, function_examples, shown, wrong_examples

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "ngql.md").read_text(encoding="utf-8")


def test_every_example_gives_what_it_says(tmp_path):
    assert wrong_examples(DOCUMENT, tmp_path) == []


@pytest.fixture(scope="module")
def friends():
    with neuralgraph.open() as graph:
        graph.execute(
            "CREATE (:Person {name: 'Ada'})-[:KNOWS {since: 1833}]->(:Person {name: 'Bob'})"
        )
        yield graph


@pytest.mark.parametrize(
    ("call", "result"), [(call, result) for _, call, result in function_examples(DOCUMENT)]
)
def test_function_gives_what_the_table_says(friends, call, result):
    found = friends.execute(f"MATCH p = (a:Person)-[r:KNOWS]->(b) RETURN {call} AS x").value()
    assert shown(found) == result


def test_every_function_and_procedure_is_in_the_reference():
    """Whoever adds one writes a row with an example into docs/ngql.md."""
    signatures = [signature for signature, _, _ in function_examples(DOCUMENT)]
    names = {signature.partition("(")[0].lower() for signature in signatures}
    assert {name.lower() for name in default_registry().names()} - names == set()
    with neuralgraph.open() as graph:
        procedures = [name for (name,) in graph.execute("SHOW PROCEDURES YIELD name")]
    assert [name for name in procedures if f"| `{name}(" not in DOCUMENT] == []


def test_every_clause_and_procedure_is_in_an_example():
    queries = [example.query for example in examples(DOCUMENT)]
    words = {word.upper() for query in queries for word in re.findall(r"\w+", query)}
    commands = {"EXPLAIN", "PROFILE", "SHOW", "TERMINATE", "DROP", "FLASHBACK", "VACUUM", "UNION"}
    assert {*CLAUSE_WORDS, *commands} - words == set()
    with neuralgraph.open() as graph:
        procedures = [name for (name,) in graph.execute("SHOW PROCEDURES YIELD name")]
    called = {name for query in queries for name in re.findall(r"CALL\s+([\w.]+)", query)}
    assert set(procedures) - called == set()
