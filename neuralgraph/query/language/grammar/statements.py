"""Whole statements: a query or a command, with EXPLAIN or PROFILE before it and a semicolon behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.administration import refuse_administration
from neuralgraph.query.language.grammar.clauses import make_query
from neuralgraph.query.language.grammar.elements import (
    Choice,
    Element,
    FirstOf,
    NotHereError,
    Parsed,
    Parses,
    refuse,
)
from neuralgraph.query.language.grammar.schema_commands import (
    TimedShow,
    create_constraint,
    create_index,
    drop_command,
    old_index,
    show_command,
    terminate_command,
    transaction_command,
)
from neuralgraph.query.language.grammar.time_commands import flashback_command, vacuum_command
from neuralgraph.query.language.syntax import Statement
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.lexis import SourceText

_MODE = regex(r"\s*(EXPLAIN|PROFILE)\b", re.IGNORECASE)
_VERSION = regex(r"\s*CYPHER\b(?:\s+\d+(?:\.\d+)?)?(?:\s+\w+\s*=\s*\w+)*(?=\s)", re.IGNORECASE)
_END = regex(r"\s*(?:;\s*)*")
_SCHEMA = regex(
    r"\s*CREATE\s+(?:(?:RANGE|BTREE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT)\s+)?(?:INDEX|CONSTRAINT)\b",
    re.IGNORECASE,
)


class StatementElement(Element):
    """The start of the grammar; gives one `Statement` and takes the whole text."""

    def statement(self, source: SourceText) -> Statement | None:
        """The statement, or None: then `source` tells what was expected at the furthest place."""
        try:
            found: Statement = self.parse(source, 0)[1][0]
        except NotHereError:
            return None
        return found

    def __init__(self) -> None:
        super().__init__("a statement")
        query, operand = make_query()
        self.query = query
        transaction = transaction_command()
        show = show_command(query, operand)
        commands: dict[str, Parses] = {
            "AT": TimedShow(query, show),
            "DROP": drop_command(),
            "SHOW": show,
            "TERMINATE": terminate_command(query, operand),
            "BEGIN": transaction,
            "COMMIT": transaction,
            "ROLLBACK": transaction,
            "FLASHBACK": flashback_command(operand),
            "VACUUM": vacuum_command(),
        }
        schema: list[Parses] = [old_index(), create_index(operand), create_constraint()]
        self.schema = FirstOf("an index or a constraint", schema)
        self.body = Choice("a statement", commands, query)

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        mode: Any = "run"
        version = _VERSION.match(text, location)
        if version is not None:
            location = version.end()
        match = _MODE.match(text, location)
        if match is not None:
            mode = match.group(1).lower()
            location = match.end()
            late = _VERSION.match(text, location) if version is None else None
            location = location if late is None else late.end()
        refuse_administration(text, location)
        chosen = self.schema if _SCHEMA.match(text, location) is not None else self.body
        location, (body,) = chosen.parse(text, location)
        end = _END.match(text, location)
        if end is not None and end.end() < len(text):
            refuse(text, end.end(), "the end" if ";" in end.group() else "a clause")
        return len(text), [Statement(body, mode, span=(0, len(text)))]
