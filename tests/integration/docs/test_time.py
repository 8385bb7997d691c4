"""docs/time.md is true: every example gives what it says."""

from __future__ import annotations

from pathlib import Path

from tests.support.documents import examples, wrong_examples

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "time.md").read_text(encoding="utf-8")


def test_every_example_gives_what_it_says(tmp_path):
    assert wrong_examples(DOCUMENT, tmp_path) == []
    assert len(list(examples(DOCUMENT))) > 8


def test_there_are_no_others():
    assert "```cypher" not in DOCUMENT
