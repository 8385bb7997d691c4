"""Where statements end: at a semicolon that is in no string, back-quoted name or comment."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""
      '(?:[^'\\]|\\.)*(?:'|\Z)
    | "(?:[^"\\]|\\.)*(?:"|\Z)
    | `[^`]*(?:`|\Z)
    | //[^\n]*
    | /\*.*?(?:\*/|\Z)
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT: Final = re.compile(r"\s+|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def split_statements(text: str) -> tuple[list[str], str]:
    """The statements that are complete, without their semicolons, and the text after the last one."""
    statements = []
    start = 0
    for token in _TOKEN.finditer(text):
        if token["end"]:
            statement = text[start : token.start()].strip()
            if not is_blank(statement):
                statements.append(statement)
            start = token.end()
    return statements, text[start:]


def is_blank(text: str) -> bool:
    """Nothing but white space and comments."""
    place = 0
    while place < len(text):
        match = _COMMENT.match(text, place)
        if match is None:
            return False
        place = match.end()
    return True
