"""docs/search.md is true: every example gives what it says."""

from __future__ import annotations

from pathlib import Path

from tests.support.documents import wrong_examples

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "search.md").read_text(encoding="utf-8")


def test_every_example_gives_what_it_says(tmp_path):
    assert wrong_examples(DOCUMENT, tmp_path) == []
