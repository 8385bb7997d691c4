"""FLASHBACK and VACUUM: short for a call of a procedure, and that is what they are parsed to.

FLASHBACK TO [TIME | TIMESTAMP | TRANSACTION] moment [DRY RUN]
FLASHBACK TRANSACTION txid [FORCE] [DRY RUN]
VACUUM
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import Piece, Sequence, flag
from neuralgraph.query.language.syntax import Call, LiteralValue, Query, SingleQuery
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText
    from neuralgraph.query.language.syntax import Expression

_TO = regex(r"TO\b", re.IGNORECASE)


def _call(name: str, arguments: tuple[Expression, ...], span: tuple[int, int]) -> Query:
    call = Call(name, arguments, span=span)
    return Query((SingleQuery((call,), span=span),), span=span)


def flashback_command(operand: Operand) -> Sequence:
    """FLASHBACK TO, FLASHBACK TRANSACTION."""
    head = Piece(
        r"FLASHBACK\s+(TO(?:\s+(?:TIMESTAMP|TIME|TRANSACTION)\b)?|TRANSACTION\b)",
        "FLASHBACK TO or FLASHBACK TRANSACTION",
        lambda match: " ".join(match.group(1).upper().split()),
    )

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> Query:
        words, moment, force, dry_run = values
        is_dry, span = LiteralValue(bool(dry_run)), (start, end)
        if _TO.match(words) is not None:
            kind = LiteralValue(words.removeprefix("TO").strip() or "TIME")
            return _call("neural.flashback", (kind, moment, is_dry), span)
        return _call("neural.undo", (moment, is_dry, LiteralValue(bool(force))), span)

    return Sequence("FLASHBACK", [head, operand.run, flag(r"FORCE\b"), flag(r"DRY\s+RUN\b")], build)


def vacuum_command() -> Sequence:
    """VACUUM."""
    return Sequence(
        "VACUUM",
        [Piece(r"VACUUM\b", "VACUUM")],
        lambda _text, start, end, _values: _call("neural.vacuum", (), (start, end)),
    )
