"""Commands: what a statement may be besides a query. Made when the first of them is parsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.administration import refuse_administration
from neuralgraph.query.language.grammar.elements import Choice, Element, FirstOf, Parsed, Parses
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
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.clauses import QueryElement
    from neuralgraph.query.language.grammar.expressions import Operand

_SCHEMA = regex(
    r"\s*CREATE\s+(?:(?:RANGE|BTREE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT)\s+)?(?:INDEX|CONSTRAINT)\b",
    re.IGNORECASE,
)


class CommandElement(Element):
    """A command, or a query that begins with a word that commands begin with, too."""

    def __init__(self, query: QueryElement, operand: Operand) -> None:
        super().__init__("a statement")
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
        schema: list[Parses] = [old_index(), create_index(operand), create_constraint(operand)]
        self.schema = FirstOf("an index or a constraint", schema)
        self.body = Choice("a statement", commands, query)

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        refuse_administration(text, location)
        if _SCHEMA.match(text, location) is not None:
            return self.schema.parse(text, location)
        return self.body.parse(text, location)
