"""Tables line up, are cut to the width of a terminal, and show values as queries write them."""

from __future__ import annotations

import pytest

from neuralgraph.cli.rendering import literal, render_table
from neuralgraph.values import Node, Path, Relationship

ADA = Node(1, frozenset({"Person"}), {"name": "Ada"})
BOB = Node(2)
KNOWS = Relationship(7, "KNOWS", ADA, BOB, {})


def test_table_lines_up_and_numbers_stand_to_the_right():
    assert render_table(("name", "age"), [("Ada", 36), ("Bob", None)], width=80) == (
        "name │ age\n─────┼─────\nAda  │   36\nBob  │ null\n".replace(
            "name │ age\n", "name │ age\n"
        )
    )


def test_long_cells_are_cut():
    text = render_table(("a", "b"), [("x" * 200, "y")], width=40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert "…" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("it's", "'it\\'s'"),
        ([1, 2.5], "[1, 2.5]"),
        ({"a": [None]}, "{a: [null]}"),
        (ADA, "(:Person {name: 'Ada'})"),
        (BOB, "()"),
        (KNOWS, "[:KNOWS]"),
        (Path((ADA, BOB), (KNOWS,)), "(:Person {name: 'Ada'})-[:KNOWS]->()"),
        (Path((BOB, ADA), (KNOWS,)), "()<-[:KNOWS]-(:Person {name: 'Ada'})"),
    ],
)
def test_literal(value, text):
    assert literal(value) == text


def test_wide_characters_line_up():
    lines = render_table(("x", "y"), [("漢字", 1), ("e\N{COMBINING ACUTE ACCENT}", 2)]).splitlines()
    assert lines == ["x    │ y", "─────┼──", "漢字 │ 1", "e\N{COMBINING ACUTE ACCENT}    │ 2"]
    assert render_table(("x",), [("漢字" * 10,)], width=8).splitlines()[2] == "漢字漢…"


def test_control_characters_stay_out_of_the_terminal():
    assert "\x1b" not in render_table(("x",), [("\x1b[31mred\r\n",)])
