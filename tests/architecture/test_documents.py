"""Documents are true: the paths they name exist, and the public names are the ones promised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import neuralgraph

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    path
    for name in ("ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "STYLE.md", "tests/README.md")
    if (path := ROOT / name).exists()
]
PATH = re.compile(r"`((?:neuralgraph|tests|docs|scripts|benchmarks|examples)/[\w./-]*)`")
PUBLIC_NAMES = {
    "Graph",
    "Node",
    "PastGraph",
    "Path",
    "Record",
    "Relationship",
    "Result",
    "Transaction",
    "open",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document):
    named = PATH.findall(document.read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []


def test_architecture_is_there_and_short():
    lines = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    assert 50 < len(lines) <= 400


def test_public_names_are_the_promised_ones():
    assert set(neuralgraph.__all__) >= PUBLIC_NAMES
    assert all(hasattr(neuralgraph, name) for name in neuralgraph.__all__)


def test_every_error_of_the_tree_is_public_and_has_a_code():
    errors = [
        value
        for value in vars(neuralgraph.errors).values()
        if isinstance(value, type) and issubclass(value, neuralgraph.NeuralGraphError)
    ]
    assert all(error.code.startswith("Neo.") for error in errors)
    assert {error.__name__ for error in errors} <= set(neuralgraph.__all__)


def test_readme_quick_start_holds_exactly_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    quick_start = readme.partition("## Quick start")[2].partition("\n## ")[0]
    commands = [
        line
        for block in re.findall(r"```sh\n(.*?)```", quick_start, re.DOTALL)
        for line in block.splitlines()
    ]
    assert commands == ["scripts/demo", "scripts/test"]
