"""Functions of strings whose arguments have keywords: ``trim(BOTH 'x' FROM s)``, ``normalize(s, NFD)``.

The tree knows them as plain calls: ``bTrim(s, 'x')``, ``normalize(s, 'NFD')``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.grammar.elements import (
    Maybe,
    Parses,
    Piece,
    Sequence,
    symbol,
    words,
)
from neuralgraph.query.language.lexis import IDENTIFIER, STRING
from neuralgraph.query.language.syntax import (
    Expression,
    FunctionCall,
    LiteralValue,
    Unary,
    Variable,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.lexis import SourceText

NORMAL_FORM: Final = r"(?:NFC|NFD|NFKC|NFKD)\b"
_NORMAL_FORM: Final = regex(NORMAL_FORM, re.IGNORECASE)
_SIDES: Final = {"BOTH": "bTrim", "LEADING": "lTrim", "TRAILING": "rTrim"}
# A variable may be called `both`, or `from`: a side is one only where an operand or FROM comes next.
_SIDE: Final = r"(?:BOTH|LEADING|TRAILING)(?=\s*['\"$`(]|\s+\w)"
TRIM_OPENING: Final = regex(
    rf"\s*\(\s*(?:{_SIDE}|(?s:{STRING})\s*FROM\b|(?:\$\s*\w+|{IDENTIFIER})\s+FROM\b"
    r"|FROM(?=\s*['\"$`(]|\s+\w))",
    re.IGNORECASE,
)
"""What behind the word ``trim`` tells the form with FROM from the plain call."""


def trim_form(run: Parses) -> Sequence:
    """``trim([BOTH | LEADING | TRAILING] [characters] FROM text)``; `run` parses an expression."""

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> FunctionCall:
        side, characters, subject = values
        arguments = (subject,) if characters is None else (subject, characters)
        return FunctionCall(_SIDES[side], arguments, span=(start, end))

    side = Piece(rf"(?:({_SIDE}))?", "BOTH", lambda m: (m.group(1) or "BOTH").upper())
    elements: list[Parses] = [
        words("TRIM"),
        symbol("("),
        side,
        Maybe(r"(?!FROM\b)", run, None),
        words("FROM"),
        run,
        symbol(")"),
    ]
    return Sequence("trim", elements, build)


def with_normal_form(arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """The arguments of ``normalize``, with the keyword of the form as a string."""
    if len(arguments) != 2:
        return arguments
    text, form = arguments
    if type(form) is Variable and _NORMAL_FORM.fullmatch(form.name):
        return text, LiteralValue(form.name.upper(), span=form.span)
    return arguments


def normal_test(
    operand: Expression,
    form: str,
    negated: bool,  # noqa: FBT001 (a token's argument, in order)
    *,
    span: tuple[int, int],
) -> Expression:
    """``IS [NOT] [form] NORMALIZED`` as the call that it means."""
    call = FunctionCall("isNormalized", (operand, LiteralValue(form, span=span)), span=span)
    return Unary("NOT", call, span=span) if negated else call
