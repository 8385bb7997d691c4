r"""From a search text to its tree: the syntax of Lucene's classic query parser.

    query   = clause { [AND | OR | && | ||] clause }
    clause  = [+ | - | NOT | !] [field:] ( word [~ n] | "phrase" [~ n] | /pattern/ | range | (query) ) [^ n]
    range   = ([ | {) bound TO bound (] | }) | (> | >= | < | <=) bound

Words next to each other are joined by OR, or by AND where the query asks for that; then OR makes optional
what stands on both of its sides and is not obligatory by another sign. As in Lucene, AND makes the clauses on
both of its sides obligatory; ``a AND b OR c`` needs a and b. ``\`` takes the next character as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import QueryArgumentError, TextQueryError
from neuralgraph.text.query_syntax import (
    ANY_LETTER,
    ANY_TEXT,
    BooleanQuery,
    BoostedQuery,
    EverythingQuery,
    FuzzyQuery,
    Occur,
    PatternQuery,
    PhraseQuery,
    RangeQuery,
    TermQuery,
    WildcardQuery,
)
from neuralgraph.text.term_patterns import compiled_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.text.query_syntax import TextQueryTree

DEPTH_MAX: Final = 50
CLAUSES_MAX: Final = 1024
"""As Lucene has it: a longer text is most likely no query."""
DISTANCE_MAX: Final = 2

_JOINING: Final = ("AND", "OR", "NOT")

_BLANK: Final = re.compile(r"\s*")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?|\.\d+")
# A word ends at a blank, a bracket, a quote, a colon or a suffix; an escaped character never ends it.
_WORD: Final = re.compile(r'(?:\\.|[^\s\\"()\[\]{}:^~])+', re.DOTALL)
_BOUND: Final = re.compile(r'"(?:\\.|[^"\\])*"|(?:\\.|[^\s\\\]}"])+', re.DOTALL)
_COMPARED: Final = re.compile(r"[<>]=?")
# \u00e9 is a character by its number; half of a surrogate pair is none.
_ESCAPE: Final = r"\\(?:u(?P<code>(?![dD][89a-fA-F])[0-9a-fA-F]{4})|(?P<letter>.))"
_ESCAPED: Final = re.compile(_ESCAPE, re.DOTALL)
_WILD: Final = re.compile(rf"{_ESCAPE}|(?P<wild>[*?])", re.DOTALL)


@lru_cache(maxsize=512)
def parse_text_query(
    text: str, *, needs_all: bool = False, fields: tuple[str, ...] | None = None
) -> TextQueryTree:
    """The tree of a search text.

    Args:
        text: what was written.
        needs_all: words next to each other must all be there.
        fields: that can be named; None: any.

    Raises:
        TextQueryError: it is malformed; says where.
    """
    parser = _Parser(text, fields, needs_all=needs_all)
    query = parser.query(None, 0)
    if parser.place < len(text):
        raise TextQueryError(f"unexpected {text[parser.place]!r}", text=text, offset=parser.place)
    return query


class _Parser:
    """A recursive descent over one text."""

    __slots__ = ("count", "fields", "needs_all", "place", "text")

    def __init__(self, text: str, fields: tuple[str, ...] | None, *, needs_all: bool) -> None:
        self.text = text
        self.fields = fields
        self.needs_all = needs_all
        self.place = 0
        self.count = 0

    def query(self, field: str | None, depth: int) -> TextQueryTree:
        """Clauses up to the end or a closing bracket."""
        if depth > DEPTH_MAX:
            raise self.error(f"more than {DEPTH_MAX} brackets in each other")
        signs: list[Occur] = []
        conjunctions: list[str | None] = []
        queries: list[TextQueryTree] = []
        while True:
            conjunction_place = self.skip_blank()
            conjunction = self.conjunction()
            place = self.skip_blank()
            at_end = place == len(self.text) or self.text[place] == ")"
            if at_end and conjunction is None:
                break
            if (at_end and conjunction) or (conjunction and not queries):
                side = "after" if at_end else "before"
                raise self.error(f"nothing stands {side} {conjunction}", conjunction_place)
            signs.append(self.modifier())
            conjunctions.append(conjunction)
            queries.append(self.clause(field, depth))
            self.count += 1
            if self.count > CLAUSES_MAX:
                raise self.error(f"more than {CLAUSES_MAX} clauses", place)
        if len(queries) == 1 and signs[0] != Occur.MUST_NOT:
            return queries[0]
        occurs = _joined(signs, conjunctions, needs_all=self.needs_all)
        return BooleanQuery(tuple(zip(occurs, queries, strict=True)))

    def conjunction(self) -> str | None:
        """AND or OR, in words or signs."""
        for sign, meaning in (("&&", "AND"), ("||", "OR")):
            if self.text.startswith(sign, self.place):
                self.place += len(sign)
                return meaning
        for word in ("AND", "OR"):
            if self.keyword(word):
                return word
        return None

    def modifier(self) -> Occur:
        """What stands before a clause: +, -, ! or NOT."""
        place = self.place
        letter = self.text[place]
        if self.keyword("NOT"):
            self.skip_blank()
        elif letter in "+-!":
            self.place += 1
        else:
            return Occur.SHOULD
        sign = self.text[place : self.place].strip()
        if self.place == len(self.text) or self.text[self.place] in ") \t\n":
            raise self.error(f"nothing stands after {sign}", place)
        if self.text[self.place] in "+-!":
            raise self.error(
                f"{self.text[self.place]} after {sign}; write \\ before a sign to seek it"
            )
        return Occur.MUST if letter == "+" else Occur.MUST_NOT

    def keyword(self, word: str) -> bool:
        """Is it next, as a word of its own? Then it is passed."""
        stop = self.place + len(word)
        if not self.text.startswith(word, self.place):
            return False
        if stop < len(self.text) and not (self.text[stop].isspace() or self.text[stop] in '()"'):
            return False
        self.place = stop
        return True

    def clause(self, field: str | None, depth: int) -> TextQueryTree:
        """One clause, with the field before it and the boost after it."""
        start = self.place
        word = _WORD.match(self.text, start)
        if word is not None and self.text.startswith(":", word.end()):
            named = _unescaped(word[0])
            self.place = word.end() + 1
            if named == "*" and self.text.startswith("*", self.place):
                self.place += 1
                return self.boosted(EverythingQuery(None))
            field = named
            if self.fields is not None and field not in self.fields:
                raise self.error(
                    f"the index has no field {field!r}; it has {', '.join(self.fields)}"
                    " (a colon that is meant as such is written \\:)",
                    start,
                )
            if self.place == len(self.text) or self.text[self.place].isspace():
                raise self.error(f"nothing stands after the field {named}", start)
        return self.boosted(self.operand(field, depth))

    def operand(self, field: str | None, depth: int) -> TextQueryTree:
        """A word, a phrase, a pattern, a range, or a query in brackets."""
        text, place = self.text, self.place
        letter = text[place]
        if letter == "(":
            return self.bracketed(field, depth)
        if letter == '"':
            return self.phrase(field)
        if letter == "/":
            return self.pattern(field)
        if letter in "[{":
            return self.range(field)
        compared = _COMPARED.match(text, place)
        if compared is not None and field is not None:
            return self.comparison(field, compared[0])
        return self.word(field)

    def bracketed(self, field: str | None, depth: int) -> TextQueryTree:
        """``(query)``."""
        start = self.place
        self.place += 1
        if self.skip_blank() < len(self.text) and self.text[self.place] == ")":
            raise self.error("nothing stands in these brackets", start)
        query = self.query(field, depth + 1)
        if not self.text.startswith(")", self.place):
            raise self.error("this bracket is not closed", start)
        self.place += 1
        return query

    def phrase(self, field: str | None) -> PhraseQuery:
        """``"words"~2``."""
        start = self.place
        stop = self.closing('"', "this quote is not closed")
        words = _unescaped(self.text[start + 1 : stop])
        slop = self.number_after("~")
        return PhraseQuery(field, words, 0 if slop is None else int(slop))

    def pattern(self, field: str | None) -> PatternQuery:
        """``/regular expression/``."""
        start = self.place
        stop = self.closing("/", "this regular expression is not closed; write \\/ for a slash")
        body = self.text[start + 1 : stop].replace("\\/", "/")
        try:
            compiled_pattern(body)
        except QueryArgumentError as error:
            raise self.error(error.message, start) from error
        return PatternQuery(field, body)

    def closing(self, sign: str, problem: str) -> int:
        """Where the sign comes again, unescaped; goes past it."""
        start = place = self.place
        while True:
            place += 1
            if place >= len(self.text):
                raise self.error(problem, start)
            if self.text[place] == "\\":
                place += 1
            elif self.text[place] == sign:
                self.place = place + 1
                return place

    def range(self, field: str | None) -> RangeQuery:
        """``[a TO b]``; braces leave the bound itself out."""
        start = self.place
        self.place += 1
        lower = self.bound(start)
        self.skip_blank()
        if not self.keyword("TO"):
            raise self.error("a range is [lower TO upper]; TO is missing")
        upper = self.bound(start)
        place = self.skip_blank()
        if place == len(self.text) or self.text[place] not in "]}":
            raise self.error("this range is not closed", start)
        self.place += 1
        inclusive = self.text[start] == "[", self.text[place] == "]"
        return RangeQuery(field, lower, upper, *inclusive)

    def bound(self, start: int) -> str | None:
        self.skip_blank()
        found = _BOUND.match(self.text, self.place)
        if found is None:
            raise self.error("a range is [lower TO upper]; * is no bound", start)
        self.place = found.end()
        body = found[0]
        if body[0] == '"':
            return _unescaped(body[1:-1])
        return None if body == "*" else _unescaped(body)

    def comparison(self, field: str, sign: str) -> RangeQuery:
        """``field:>=value``."""
        start = self.place
        self.place += len(sign)
        found = _WORD.match(self.text, self.place)
        if found is None:
            raise self.error(f"nothing stands after {sign}", start)
        self.place = found.end()
        value, closed = _unescaped(found[0]), sign.endswith("=")
        if sign[0] == ">":
            return RangeQuery(field, value, None, closed, True)  # noqa: FBT003
        return RangeQuery(field, None, value, True, closed)  # noqa: FBT003

    def word(self, field: str | None) -> TextQueryTree:
        """A word with wildcards, or one that may differ, or just a word."""
        start = self.place
        found = _WORD.match(self.text, start)
        if found is None:
            raise self.error(f"unexpected {self.text[start]!r}")
        body = found[0]
        if body in _JOINING:
            raise self.error(f"{body} stands where a word should; write \\{body} to seek it")
        self.place = found.end()
        if body.endswith("\\") and not body.endswith("\\\\"):
            raise self.error("nothing stands after the backslash", self.place - 1)
        if body == "*":
            return EverythingQuery(field)
        if self.text.startswith("~", self.place):
            distance = self.number_after("~")
            return FuzzyQuery(field, _unescaped(body), self.distance_of(distance, body, start))
        shape = _WILD.sub(_wild, body)
        if ANY_TEXT in shape or ANY_LETTER in shape:
            return WildcardQuery(field, shape)
        return TermQuery(field, _unescaped(body))

    def distance_of(self, given: float | None, body: str, start: int) -> int:
        """Letters that may differ; a fraction is the similarity that older texts give."""
        if given is None:
            return DISTANCE_MAX
        if 0 < given < 1:
            return min(DISTANCE_MAX, int((1 - given) * len(_unescaped(body))))
        if given > DISTANCE_MAX or given != int(given):
            raise self.error(f"~{given:g}: words may differ by 0, 1 or 2 letters", start)
        return int(given)

    def boosted(self, query: TextQueryTree) -> TextQueryTree:
        """With the boost that follows, if one does."""
        start = self.place
        boost = self.number_after("^")
        if boost is None:
            if self.text.startswith("^", start):
                raise self.error("a number belongs after ^", start)
            return query
        return BoostedQuery(query, boost)

    def number_after(self, sign: str) -> float | None:
        """The number after a sign; None where the sign, or a number after it, is not there."""
        if not self.text.startswith(sign, self.place):
            return None
        found = _NUMBER.match(self.text, self.place + 1)
        if found is None:
            if sign == "~":
                self.place += 1
            return None
        self.place = found.end()
        return float(found[0])

    def skip_blank(self) -> int:
        """Go on to what is no white space, and say where that is."""
        found = _BLANK.match(self.text, self.place)
        assert found is not None
        self.place = found.end()
        return self.place

    def error(self, message: str, place: int | None = None) -> TextQueryError:
        """What is wrong, and where."""
        return TextQueryError(
            message, text=self.text, offset=self.place if place is None else place
        )


def _joined(
    signs: Sequence[Occur], conjunctions: Sequence[str | None], *, needs_all: bool
) -> list[Occur]:
    """What each clause asks, by its own sign and the conjunction before each."""
    occurs = list(signs)
    for place, conjunction in enumerate(conjunctions):
        if conjunction == "AND":
            for side in (place - 1, place):
                occurs[side] = Occur.MUST if occurs[side] == Occur.SHOULD else occurs[side]
    if needs_all:
        for place, occur in enumerate(occurs):
            if occur == Occur.SHOULD and "OR" not in conjunctions[place : place + 2]:
                occurs[place] = Occur.MUST
    return occurs


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code: str | None = found["code"]
    letter: str = found["letter"] if code is None else chr(int(code, 16))
    return letter


def _wild(found: re.Match[str]) -> str:
    if found["wild"] is None:
        return _escaped(found)
    return ANY_TEXT if found["wild"] == "*" else ANY_LETTER
