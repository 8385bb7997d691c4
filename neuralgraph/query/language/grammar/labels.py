"""Label expressions: ``A``, ``A:B``, ``A|B``, ``A&(B|!C)``, ``%``, ``$(...)``.

``:`` and ``|:`` are Cypher's older signs. They stand by themselves: beside ``&``, ``|``, ``!`` or ``%`` it
would not be clear which binds tighter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import Element, Parsed, refuse
from neuralgraph.query.language.lexis import (
    NAME,
    NESTING_MAX,
    SourceText,
    name_value,
    skip_space,
    syntax_error,
)
from neuralgraph.query.language.syntax import (
    LabelAnd,
    LabelDynamic,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand

_ATOM = regex(
    rf"""\s*(?:
      (?P<name>{NAME}) | (?P<not>!) | (?P<any>%) | (?P<open>\()
    | \$\s*(?P<quantifier>ALL|ANY)?\s*(?P<dynamic>\()
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# A bar goes on only when a label follows that nothing is attached to: `[x IN xs WHERE x:A | x.name]`.
_OPERATOR = regex(
    rf"\s*(?:(?P<and>&|(?P<colon>:(?!:))(?=\s*(?:{NAME}|[$!%(])))|(?P<or>\|(?!\|)\s*(?P<old>:)?))"
)
_CLOSE = regex(r"\s*\)")


class _Signs:
    """Which signs an expression holds, and where its first older one stands."""

    __slots__ = ("colon", "new", "old_bar")

    def __init__(self) -> None:
        self.new = False
        self.colon: int | None = None
        self.old_bar: int | None = None

    def check(self, *, of_edges: bool) -> None:
        """Raises QuerySyntaxError: signs stand together that may not."""
        if of_edges and self.colon is not None:
            message = "A relationship has one type; alternatives are written [:A|B]"
            syntax_error(message, self.colon, self.colon + 1)
        if not of_edges and self.old_bar is not None:
            message = "'|:' stands between types of relationships; labels are joined by '|'"
            syntax_error(message, self.old_bar, self.old_bar + 1)
        old = self.colon if self.colon is not None else self.old_bar
        if old is not None and self.new:
            message = "':' cannot stand beside '&', '|', '!' and '%'; write '&' in place of it"
            syntax_error(message, old, old + 1)


class Labels(Element):
    """A label expression from behind its colon; ``!`` binds tightest, then ``&`` and ``:``, then ``|``."""

    def __init__(self, operand: Operand, *, bars: bool = True, of_edges: bool = False) -> None:
        super().__init__("a type" if of_edges else "a label")
        self.operand = operand
        self.bars = bars
        self.of_edges = of_edges

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        signs = _Signs()
        location, expression = self._expression(text, location, signs, bars=self.bars)
        signs.check(of_edges=self.of_edges)
        return location, [expression]

    def _expression(
        self, text: SourceText, location: int, signs: _Signs, *, bars: bool
    ) -> tuple[int, LabelExpression]:
        depth = text.depth + 1
        if depth > NESTING_MAX:
            syntax_error(
                f"Labels are nested more than {NESTING_MAX} levels deep", location, location + 1
            )
        text.depth = depth
        start = skip_space(text, location)
        alternatives: list[LabelExpression] = []
        terms: list[LabelExpression] = []
        while True:
            location, term = self._atom(text, location, signs)
            terms.append(term)
            match = _OPERATOR.match(text, location)
            bar = match is not None and match.group("or") is not None
            if match is None or (bar and not bars):
                break
            location = match.end()
            if match.group("colon") is not None:
                signs.colon = match.start("colon")
            elif match.group("old") is not None:
                signs.old_bar = match.start("or")
            else:
                # `[:A|:B|C]` has always been allowed.
                signs.new = signs.new or not (bar and self.of_edges)
            if bar:
                alternatives.append(all_of(terms))
                terms = []
        alternatives.append(all_of(terms))
        text.depth = depth - 1
        if len(alternatives) == 1:
            return location, alternatives[0]
        return location, LabelOr(tuple(alternatives), span=(start, location))

    def _atom(self, text: SourceText, location: int, signs: _Signs) -> tuple[int, LabelExpression]:
        match = _ATOM.match(text, location)
        if match is None:
            refuse(text, location, self.wanted)
        kind, end = match.lastgroup, match.end()
        if kind == "name":
            start = match.start("name")
            return end, LabelName(name_value(match.group("name")), span=(start, end))
        if kind == "any":
            signs.new = True
            return end, LabelWildcard(span=(end - 1, end))
        if kind == "not":
            signs.new = True
            negations = 1
            while (following := _ATOM.match(text, end)) and following.lastgroup == "not":
                negations += 1
                end = following.end()
            if negations > NESTING_MAX:
                syntax_error("Too many '!' in a row", match.start("not"), end)
            end, label = self._atom(text, end, signs)
            for _ in range(negations):
                label = LabelNot(label, span=(match.start("not"), end))
            return end, label
        if kind == "open":
            end, label = self._expression(text, end, signs, bars=True)
            return _closed(text, end), label
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        end, (expression,) = self.operand.run.parse(text, end)
        end = _closed(text, end)
        word = match.group("quantifier")
        return end, LabelDynamic(
            expression, any=word is not None and word.upper() == "ANY", span=(start, end)
        )


def _closed(text: SourceText, location: int) -> int:
    match = _CLOSE.match(text, location)
    if match is None:
        refuse(text, location, "')'")
    return match.end()


def all_of(terms: list[LabelExpression]) -> LabelExpression:
    """One label, or several that a node carries together."""
    if len(terms) == 1:
        return terms[0]
    return LabelAnd(tuple(terms), span=(terms[0].span[0], terms[-1].span[1]))
