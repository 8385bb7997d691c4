"""Whole statements: a query or a command, with EXPLAIN or PROFILE before it and a semicolon behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pyparsing import MatchFirst

from neuralgraph.query.language.grammar.clauses import make_query
from neuralgraph.query.language.grammar.elements import Choice, Element, refuse
from neuralgraph.query.language.grammar.schema_commands import (
    create_constraint,
    create_index,
    drop_command,
    old_index,
    show_command,
    transaction_command,
)
from neuralgraph.query.language.syntax import Statement

if TYPE_CHECKING:
    from pyparsing import ParserElement

_MODE = re.compile(r"\s*(EXPLAIN|PROFILE)\b", re.IGNORECASE)
_VERSION = re.compile(r"\s*CYPHER\b(?:\s+\d+(?:\.\d+)?)?(?:\s+\w+\s*=\s*\w+)*(?=\s)", re.IGNORECASE)
_END = re.compile(r"\s*(?:;\s*)*")
_SCHEMA = re.compile(
    r"\s*CREATE\s+(?:(?:RANGE|BTREE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT)\s+)?(?:INDEX|CONSTRAINT)\b",
    re.IGNORECASE,
)


class StatementElement(Element):
    """The start of the grammar; gives one `Statement` and takes the whole text."""

    def __init__(self) -> None:
        super().__init__("a statement")
        query, operand = make_query()
        self.query = query
        transaction = transaction_command()
        commands: dict[str, ParserElement] = {
            "DROP": drop_command(),
            "SHOW": show_command(query, operand),
            "BEGIN": transaction,
            "COMMIT": transaction,
            "ROLLBACK": transaction,
        }
        self.schema = MatchFirst([old_index(), create_index(operand), create_constraint()])
        self.schema.leave_whitespace(recursive=False)
        self.body = Choice("a statement", commands, query)
        self.streamline()

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        mode: Any = "run"
        version = _VERSION.match(instring, loc)
        if version is not None:
            loc = version.end()
        match = _MODE.match(instring, loc)
        if match is not None:
            mode = match.group(1).lower()
            loc = match.end()
        chosen = self.schema if _SCHEMA.match(instring, loc) is not None else self.body
        loc, (body,) = chosen._parse(instring, loc)
        end = _END.match(instring, loc)
        if end is not None and end.end() < len(instring):
            refuse(instring, end.end(), "the end" if ";" in end.group() else "a clause")
        return len(instring), [Statement(body, mode, span=(0, len(instring)))]
