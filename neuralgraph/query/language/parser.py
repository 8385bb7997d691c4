"""`parse`: text to syntax tree. Builds the grammar at its first call, and keeps it."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.hints import close_name
from neuralgraph.query.language.lexis import CLAUSE_WORDS, OPAQUE, source_text
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuralgraph.errors import Span
    from neuralgraph.query.language.grammar.statements import StatementElement
    from neuralgraph.query.language.lexis import SourceText
    from neuralgraph.query.language.syntax import Statement

_BUILDING = threading.Lock()
_FOUND = regex(r"\w+|[^\w\s]")
_CLOSED = regex(rf"(?s:{OPAQUE})")
_EMPTY_NAME = regex(r"\.?\s*(``)(?!`)")
_WORD = regex(r"\b[A-Z]{3,}\b")
_SHOWN_MAX = 6


@cache
def _built() -> StatementElement:
    # pyparsing takes longer to import than the rest of the first query: when one is parsed, not before.
    from neuralgraph.query.language.grammar.statements import StatementElement

    return StatementElement()


def _grammar() -> StatementElement:
    with _BUILDING:
        return _built()


def parse(text: str, lifted: Iterable[Span] = ()) -> Statement:
    """The syntax tree of one statement.

    Args:
        text: the statement; a semicolon may stand at its end.
        lifted: spans of the literals that become `LiftedLiteral`s, as `normalise` gives them; the
            n-th span has index n.

    Raises:
        QuerySyntaxError: located; `detail` is openCypher's where it has a word for it, else
            ``UnexpectedSyntax``.
    """
    try:
        source = source_text(text, {span[0]: index for index, span in enumerate(lifted)})
        statement = _grammar().statement(source)
        if statement is None:
            raise _unexpected(source)
    except RecursionError:
        error = QuerySyntaxError(
            "The statement is nested too deeply", detail="UnexpectedSyntax", span=(0, 1)
        )
        error.locate(text)
        raise error from None
    except QuerySyntaxError as error:
        error.locate(text)
        raise
    return statement


def _unexpected(source: SourceText) -> QuerySyntaxError:
    """What stands at the furthest place that was reached, and what was expected there."""
    place = source.furthest
    wanted = list(dict.fromkeys(source.expected))[:_SHOWN_MAX]
    expected = " or ".join([", ".join(wanted[:-1]), wanted[-1]] if len(wanted) > 1 else wanted)
    if place >= len(source):
        end = len(source.rstrip())
        message = f"Unexpected end of the statement; expected {expected}"
        return QuerySyntaxError(message, detail="UnexpectedSyntax", span=(end, end + 1))
    detail = "UnexpectedSyntax"
    match = _FOUND.match(source, place)
    found = match.group() if match is not None else source[place]
    empty = _EMPTY_NAME.match(source, place)
    if empty is not None:
        return QuerySyntaxError("A name cannot be empty", detail=detail, span=empty.span(1))
    if found in {"'", '"', "`"}:
        # A quote is only left over when it is never closed.
        opaque = _CLOSED.match(source, place)
        if opaque is not None and opaque.end() >= len(source):
            message = f"The text that begins with {found} is never closed"
            return QuerySyntaxError(message, detail=detail, span=(place, len(source)))
    words = {word for one in wanted for word in _WORD.findall(one)}
    if "a clause" in wanted or wanted[0].startswith("a clause"):
        words.update(CLAUSE_WORDS, ("WHERE",))
    hint = close_name(found.upper(), words)
    if not found.isascii() and not found[0].isalpha():
        detail = "InvalidUnicodeCharacter"
    message = f"Unexpected {found[:40]!r}; expected {expected}"
    return QuerySyntaxError(message, detail=detail, span=(place, place + len(found)), hint=hint)
