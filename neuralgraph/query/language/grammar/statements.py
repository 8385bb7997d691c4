"""Whole statements: a query or a command, with EXPLAIN or PROFILE before it and a semicolon behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.clauses import QueryElement, make_query
from neuralgraph.query.language.grammar.elements import (
    Deferred,
    Element,
    NotHereError,
    Parsed,
    Parses,
    refuse,
)
from neuralgraph.query.language.lexis import CLAUSE_WORDS
from neuralgraph.query.language.syntax import Statement
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText

_WORD = regex(r"\s*(\w*)")
_MODE = regex(r"\s*(EXPLAIN|PROFILE)\b", re.IGNORECASE)
_VERSION = regex(r"\s*CYPHER\b(?:\s+\d+(?:\.\d+)?)?(?:\s+\w+\s*=\s*\w+)*(?=\s)", re.IGNORECASE)
_END = regex(r"\s*(?:;\s*)*")
_PREFIXES = frozenset({"CYPHER", "EXPLAIN", "PROFILE"})
_OF_QUERIES = frozenset(CLAUSE_WORDS) - {"AT", "CREATE"}
"""No command begins with one of these."""


class StatementElement(Element):
    """The start of the grammar; gives one `Statement` and takes the whole text."""

    def __init__(self) -> None:
        super().__init__("a statement")
        query, operand = make_query()
        self.query = query
        self.command = Deferred(self.wanted, lambda: _command(query, operand))

    def statement(self, source: SourceText) -> Statement | None:
        """The statement, or None: then `source` tells what was expected at the furthest place."""
        try:
            found: Statement = self.parse(source, 0)[1][0]
        except NotHereError:
            return None
        return found

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        mode: Any = "run"
        if _first_word(text, location) in _PREFIXES:
            mode, location = _prefixes(text, location)
        is_query = _first_word(text, location) in _OF_QUERIES
        chosen: Parses = self.query if is_query else self.command
        location, (body,) = chosen.parse(text, location)
        end = _END.match(text, location)
        if end is not None and end.end() < len(text):
            refuse(text, end.end(), "the end" if ";" in end.group() else "a clause")
        return len(text), [Statement(body, mode, span=(0, len(text)))]


def _command(query: QueryElement, operand: Operand) -> Parses:
    from neuralgraph.query.language.grammar.commands import CommandElement

    return CommandElement(query, operand)


def _first_word(text: str, location: int) -> str:
    match = _WORD.match(text, location)
    return "" if match is None else match.group(1).upper()


def _prefixes(text: str, location: int) -> tuple[str, int]:
    """What is to be done with the statement, and where it begins."""
    mode = "run"
    version = _VERSION.match(text, location)
    if version is not None:
        location = version.end()
    match = _MODE.match(text, location)
    if match is not None:
        mode = match.group(1).lower()
        location = match.end()
        late = _VERSION.match(text, location) if version is None else None
        location = location if late is None else late.end()
    return mode, location
