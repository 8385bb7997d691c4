"""Statements end at semicolons that are in no string, name or comment."""

from __future__ import annotations

import pytest

from neuralgraph.cli.splitting import is_blank, split_statements


@pytest.mark.parametrize(
    ("text", "statements", "rest"),
    [
        ("RETURN 1;", ["RETURN 1"], ""),
        ("RETURN 1; RETURN 2", ["RETURN 1"], " RETURN 2"),
        ("RETURN ';' AS a; x", ["RETURN ';' AS a"], " x"),
        ("RETURN 'it\\'s;' ;", ["RETURN 'it\\'s;'"], ""),
        ('RETURN ";" ;', ['RETURN ";"'], ""),
        ("MATCH (`a;b`);", ["MATCH (`a;b`)"], ""),
        ("RETURN 1 // not here; \n;", ["RETURN 1 // not here;"], ""),
        ("/* ; */ RETURN 1;", ["/* ; */ RETURN 1"], ""),
        (";;", [], ""),
        ("RETURN 'open; ", [], "RETURN 'open; "),
    ],
)
def test_split(text, statements, rest):
    assert split_statements(text) == (statements, rest)


def test_comments_and_white_space_are_blank():
    assert is_blank("  // nothing\n /* here */ ")
    assert not is_blank(" // nothing\n RETURN 1")
