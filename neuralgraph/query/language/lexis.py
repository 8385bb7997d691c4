"""Lexical pieces: regular expressions for whole tokens, and what the tokens mean.

Patterns here are fragments without leading white space. `SourceText` is the text while it is parsed: a
string of the same length as the query in which comments are blanked out, so that the grammar never
sees them and every offset is an offset in the query.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NoReturn

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IDENTIFIER = r"[^\W\d]\w*"
NAME = rf"(?:{IDENTIFIER}|`(?:[^`]|``)+`)"
STRING = r"""'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*\""""
# For scans that look past strings: what is never closed reaches to the end, so that a scan stays linear.
OPAQUE = (
    r"""'[^'\\]*+(?:\\.[^'\\]*+)*+(?:'|\\?\Z)|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)"""
    r"""|`(?:[^`]|``)*+(?:`|\Z)"""
)
# Loose on purpose: what looks like a number is one piece, and `number_value` says what is wrong with it.
NUMBER = r"0[xX]\w*|(?:\d\w*(?:\.\d\w*)?|\.\d\w*)(?:(?<=[eE])[+-]\d+)?"

# Words that cannot be a variable, because what follows an expression begins with them.
RESERVED = frozenset(
    {
        "AND", "OR", "XOR", "IN", "IS", "AS", "WHERE", "WHEN", "THEN", "ELSE", "RETURN", "WITH", "MATCH",
        "UNION", "UNWIND", "CREATE", "MERGE", "DELETE", "DETACH", "REMOVE", "CONTAINS", "STARTS", "ENDS",
        "DISTINCT", "BY",
    }
)  # fmt: skip
CLAUSE_WORDS = (
    "MATCH", "OPTIONAL", "WITH", "RETURN", "UNWIND", "CALL", "LOAD", "USE", "FINISH", "CREATE", "MERGE",
    "SET", "REMOVE", "DELETE", "DETACH", "NODETACH", "FOREACH", "AT", "INSERT", "LET", "FILTER", "ORDER",
    "SKIP", "OFFSET", "LIMIT",
)  # fmt: skip

NESTING_MAX = 100
"""How deep brackets, subqueries and cases may stand inside each other."""
CHAIN_MAX = 150
"""How many operators of one level may follow each other, where grouping them matters (not AND, OR)."""

_INTEGER_MAX = 2**63 - 1
_DECIMAL = regex(r"\d+(?:_\d+)*")
_HEXADECIMAL = regex(r"0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*")
_OCTAL = regex(r"0o[0-7]+(?:_[0-7]+)*")
_FLOAT = regex(r"(?:\d+(?:_\d+)*)?(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?")
_COMMENT = regex(rf"(?s:{OPAQUE}|(?P<comment>//[^\n\r]*|/\*.*?\*/)|(?P<open>/\*.*))")
_NOT_LINE_BREAK = regex(r"[^\n\r]")
_ESCAPE = regex(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {
    "\\": "\\", "'": "'", '"': '"', "`": "`", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_SPACE = regex(r"\s*")


_PATTERN_TAIL = r"\s*<?\s*-\s*(?:\[|-\s*>?\s*\()"
_BARE_NODE_PATTERN = regex(rf"\(\s*(?:{NAME})?\s*\){_PATTERN_TAIL}")
_FULL_NODE = regex(rf"\(\s*(?:{NAME})?\s*(?::|\{{|\$|WHERE\b)", re.IGNORECASE)
_TAIL = regex(_PATTERN_TAIL)
_PARENTHESES = regex(rf"(?s:{OPAQUE}|[()])")


class SourceText(str):
    """The query text as the grammar reads it, with what the parse needs to know.

    Attributes:
        original: the query as it was given.
        lifted: start offset of each lifted literal to its index.
        lifted_starts: the offsets, ascending.
        closing: for each ``(`` the end of its ``)``, once somebody asked.
        depth: how many expressions are open.
        furthest: the furthest place where something else was expected.
        expected: what was expected there.
    """

    __slots__ = (
        "closing", "depth", "expected", "furthest", "lifted", "lifted_starts", "original"
    )  # fmt: skip

    original: str
    lifted: Mapping[int, int]
    lifted_starts: Sequence[int]
    closing: dict[int, int] | None
    depth: int
    furthest: int
    expected: list[str]

    def binds(self, name: str) -> bool:
        """Does a variable of this name come into being anywhere in the text? Cost: a scan of it."""
        binding = (
            rf"\b(?i:AS)\s+{name}\b|(?<![\w`])[(\[]\s*{name}\s*[):{{*\]]|\b{name}\s+(?i:IN)\b"
            rf"|\b(?i:LET)\s+{name}\s*="
        )
        return re.search(binding, self) is not None


def source_text(text: str, lifted: Mapping[int, int]) -> SourceText:
    """The text ready for the grammar.

    Raises:
        QuerySyntaxError: a comment is not closed.
    """
    source = SourceText(_blank_comments(text) if "/*" in text or "//" in text else text)
    source.original = text
    source.lifted = lifted
    source.lifted_starts = sorted(lifted)
    source.closing = None
    source.depth = 0
    source.furthest = 0
    source.expected = []
    return source


def _blank_comments(text: str) -> str:
    def blank(match: re.Match[str]) -> str:
        if match.lastgroup == "comment":
            return _NOT_LINE_BREAK.sub(" ", match.group())
        if match.lastgroup == "open":
            message = "The comment that begins here is never closed; close it with */"
            syntax_error(message, match.start(), match.end())
        return match.group()

    return _COMMENT.sub(blank, text)


def looks_like_path(text: str, location: int) -> bool:
    """Does a path of at least one relationship begin at the ``(`` here?

    Cost: one match; once a text also a scan of all of it, when a node has labels or properties.
    """
    if _BARE_NODE_PATTERN.match(text, location) is not None:
        return True
    if _FULL_NODE.match(text, location) is None:
        return False
    if not isinstance(text, SourceText):
        closing = _closing_parentheses(text)
    elif text.closing is None:
        closing = text.closing = _closing_parentheses(text)
    else:
        closing = text.closing
    end = closing.get(location)
    return end is not None and _TAIL.match(text, end) is not None


def _closing_parentheses(text: str) -> dict[int, int]:
    """For the place of each ``(`` that is closed, where it ends."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in _PARENTHESES.finditer(text):
        piece = match.group()
        if piece == "(":
            opened.append(match.start())
        elif piece == ")" and opened:
            closing[opened.pop()] = match.end()
    return closing


def skip_space(text: str, location: int) -> int:
    """Where the next piece begins."""
    return _SPACE.match(text, location).end()  # type: ignore[union-attr]


def syntax_error(
    message: str, start: int, end: int, detail: str = "UnexpectedSyntax", hint: str | None = None
) -> NoReturn:
    """Raise the error that ends the parse at once.

    Raises:
        QuerySyntaxError: always.
    """
    raise QuerySyntaxError(message, detail=detail, span=(start, end), hint=hint)


def name_value(raw: str) -> str:
    """A name without its back-quotes."""
    return raw[1:-1].replace("``", "`") if raw[0] == "`" else raw


def string_value(raw: str, start: int) -> str:
    """What a string literal (with its quotes) means; `start` is where it stands.

    Raises:
        QuerySyntaxError: InvalidUnicodeLiteral, or an escape that does not exist.
    """
    body = raw[1:-1]
    if "\\" not in body:
        return body
    surrogates = False

    def unescape(match: re.Match[str]) -> str:
        nonlocal surrogates
        code = match.group(1) or match.group(2)
        here = start + 1 + match.start()
        if code is None:
            character = _SIMPLE_ESCAPES.get(match.group(3))
            if character is not None:
                return character
            if match.group(3) in "uU":
                message = "Expected four hexadecimal digits after \\u (eight after \\U)"
                syntax_error(message, here, here + 6, "InvalidUnicodeLiteral")
            message = f"There is no escape \\{match.group(3)}; write \\\\ for a backslash"
            syntax_error(message, here, here + 2)
        number = int(code, 16)
        if number > 0x10FFFF:
            message = f"There is no character U+{code}"
            syntax_error(message, here, here + 10, "InvalidUnicodeLiteral")
        surrogates = surrogates or 0xD800 <= number <= 0xDFFF
        return chr(number)

    value = _ESCAPE.sub(unescape, body)
    if surrogates:
        try:
            value = value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            message = "Half of a surrogate pair is no character; write both halves, or \\U and eight digits"
            syntax_error(message, start, start + len(raw), "InvalidUnicodeLiteral")
    return value


def number_value(raw: str, start: int, *, negative: bool = False) -> int | float:
    """What a number literal means; `negative` when a minus stands before it.

    Raises:
        QuerySyntaxError: InvalidNumberLiteral, IntegerOverflow, FloatingPointOverflow.
    """
    end = start + len(raw)
    if _DECIMAL.fullmatch(raw):
        digits = raw.replace("_", "")
        # int() of thousands of digits is slow, and refused beyond a limit.
        value = int(digits) if len(digits) < 100 else int(digits[:100].lstrip("0") or "0") << 64
    elif _HEXADECIMAL.fullmatch(raw):
        value = int(raw.replace("_", ""), 16)
    elif _OCTAL.fullmatch(raw):
        value = int(raw.replace("_", ""), 8)
    elif _FLOAT.fullmatch(raw):
        number = float(raw.replace("_", ""))
        if math.isinf(number):
            message = f"{raw} is too large for a floating point number"
            syntax_error(message, start, end, "FloatingPointOverflow")
        return -number if negative else number
    else:
        message = f"{raw} is not a number; expected digits, or 0x or 0o and digits"
        syntax_error(message, start, end, "InvalidNumberLiteral")
    if value > _INTEGER_MAX + negative:
        message = "The integer is too large; integers have 64 bits"
        syntax_error(message, start, end, "IntegerOverflow")
    return -value if negative else value
