"""Literals taken out of the text, so that queries which differ in constants share one plan.

`normalise` runs before every query, so it is one regular expression over the text and nothing else. White
space and comments stay in the key as they are: result columns are named by the text of
their expressions, so ``RETURN 1+n.x`` and ``RETURN 1 + n.x`` are different statements.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from neuralgraph.query.language.lexis import OPAQUE
from neuralgraph.query.language.syntax import LiftedLiteral, ProjectionItem
from neuralgraph.query.language.walking import children
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.errors import Span
    from neuralgraph.query.language.syntax import Statement, Syntax

# Lifted: strings without escapes, and numbers that surely fit; not what belongs to a name, a parameter or a
# `*1..3`. Passed over: other strings, back-quoted names, comments. Each match begins with all the text
# that cannot begin a literal, which is several times faster than trying every place.
_LITERALS = regex(
    rf"""[^'"`/\d]*+(?:(?P<s>'[^'\\]*'|"[^"\\]*")
    |(?<![\w.$*])(?:(?P<i>\d{{1,18}})
        |(?P<f>\d{{1,18}}(?:\.\d{{1,40}}(?:[eE][+-]?\d{{1,2}})?|[eE][+-]?\d{{1,2}})))(?!\w|\.\d)
    |(?s:{OPAQUE}|//[^\n\r]*|/\*.*?\*/)|\w+|.|\Z)""",
    re.VERBOSE,
)
_MARKS = frozenset("0123456789'\"")
"""One of them stands in every literal."""


class Normalised(NamedTuple):
    """A query text without its literals.

    Attributes:
        key: the same for texts that differ in literals only; a literal stands in it as ``?i``, ``?f``
            or ``?s`` by its type.
        values: the literals, in order.
        spans: where they stood.
    """

    key: str
    values: tuple[int | float | str, ...]
    spans: tuple[Span, ...]


def normalise(text: str) -> Normalised:
    """Take the literals out of a query text; never fails, whatever the text.

    Cost: one pass; 2 microseconds and half of one for each literal.
    """
    if text.isascii() and _MARKS.isdisjoint(text):
        return Normalised("0:" + text, (), ())
    parts: list[str] = []
    values: list[int | float | str] = []
    spans: list[Span] = []
    last = 0
    for match in _LITERALS.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        span = start, end = match.span(kind)
        if kind == "s":
            values.append(text[start + 1 : end - 1])
            parts += (text[last:start], "?s")
        elif kind == "i":
            values.append(int(text[start:end]))
            parts += (text[last:start], "?i")
        else:
            values.append(float(text[start:end]))
            parts += (text[last:start], "?f")
        spans.append(span)
        last = end
    # The count keeps apart a text that has a placeholder written in it.
    if not values:
        return Normalised("0:" + text, (), ())
    parts.append(text[last:])
    return Normalised(f"{len(values)}:{''.join(parts)}", tuple(values), tuple(spans))


def fixed_literals(statement: Statement, count: int) -> frozenset[int]:
    """Lifted literals that a plan depends on: it may be used again only where they have the same values.

    They do not stand in the tree (a bound of ``*1..3``, or put back because equal expressions must
    be recognised), or their text is part of a result column's name.

    Args:
        statement: parsed with the lifted spans.
        count: how many were lifted.
    """
    free: set[int] = set()
    stack: list[Syntax] = [statement]
    while stack:
        node = stack.pop()
        if type(node) is LiftedLiteral:
            free.add(node.index)
        elif type(node) is not ProjectionItem or node.aliased:
            stack += children(node)
    return frozenset(range(count)) - free
