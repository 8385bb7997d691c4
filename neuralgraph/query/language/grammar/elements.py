"""pyparsing elements of our own, for speed and for shallow recursion.

They speak pyparsing's protocol (`_parse(text, location) -> (location, tokens)`; a `ParseException` says
"not here"), so that they mix with its `Forward`, `MatchFirst` and `Opt` (not with `And`, which adds
`ParseResults`; `Sequence` takes its place). What they leave out is what costs: skipping
white space and comments element by element (the regular expressions take the space before a token),
a `ParseResults` for every token (tokens are plain lists), the wrapper round parse actions, and
alternatives tried one after the other (`Choice` looks at the next word). They keep the call stack to
two frames a level, so that deep nesting fits.

Every element knows what it looks for in words; `refuse` notes it with the place, and the furthest place
is what the error message is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from pyparsing import ParseException, ParserElement

from neuralgraph.query.language.lexis import IDENTIFIER, name_value, skip_space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from neuralgraph.query.language.lexis import SourceText

Parsed = tuple[int, list[Any]]
Build = Any
"""``build(text, start, end, values) -> node``."""


def refuse(text: SourceText, location: int, wanted: str) -> NoReturn:
    """Say that `wanted` is not at `location`.

    Raises:
        ParseException: always.
    """
    location = skip_space(text, location)
    if location > text.furthest:
        text.furthest = location
        text.expected = [wanted]
    elif location == text.furthest:
        text.expected.append(wanted)
    raise ParseException(text, location, wanted)


class Element(ParserElement):
    """Base of the elements here."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.leave_whitespace(recursive=False)

    def _generateDefaultName(self) -> str:  # noqa: N802 (pyparsing's name)
        return self.wanted


class Piece(Element):
    """One token by regular expression; gives ``[build(match)]``, or no token without `build`."""

    def __init__(
        self, pattern: str, wanted: str, build: Callable[[re.Match[str]], Any] | None = None
    ) -> None:
        super().__init__(wanted)
        self.match = re.compile(rf"\s*+(?:{pattern})", re.IGNORECASE | re.DOTALL).match
        self.build = build

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        match = self.match(instring, loc)
        if match is None:
            refuse(instring, loc, self.wanted)
        return match.end(), ([] if self.build is None else [self.build(match)])


def words(text: str) -> Piece:
    """Keywords, in any case and with any white space between."""
    return Piece(word_pattern(text), text)


def word_pattern(text: str) -> str:
    """The regular expression of keywords."""
    return r"\s+".join(re.escape(word) for word in text.split()) + r"\b"


def symbol(text: str) -> Piece:
    """Punctuation."""
    return Piece(r"\s*".join(re.escape(character) for character in text), f"'{text}'")


def name(wanted: str) -> Piece:
    """A name, back-quoted or not; gives it as text."""
    return Piece(
        rf"({IDENTIFIER}|`(?:[^`]|``)*`)", wanted, lambda match: name_value(match.group(1))
    )


class Sequence(Element):
    """Elements in a row; ``build(text, start, end, values)`` makes one value of theirs."""

    def __init__(self, wanted: str, elements: list[ParserElement], build: Build = None) -> None:
        super().__init__(wanted)
        self.elements = elements
        self.build = build

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        values: list[Any] = []
        start = loc
        for element in self.elements:
            loc, found = element._parse(instring, loc)
            values.extend(found)
        if self.build is None:
            return loc, values
        return loc, [self.build(instring, skip_space(instring, start), loc, values)]


class Maybe(Element):
    """When `lead` is next: what stands behind it. Else ``[otherwise]``, or nothing without it.

    There is no way back once the lead is taken.
    """

    def __init__(self, lead: str, body: ParserElement | None = None, *otherwise: Any) -> None:
        super().__init__(lead)
        self.match = re.compile(rf"\s*+(?:{lead})", re.IGNORECASE).match
        self.body = body
        self.otherwise = otherwise

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        match = self.match(instring, loc)
        if match is None:
            return loc, [*self.otherwise]
        if self.body is None:
            return match.end(), [True]
        return self.body._parse(instring, match.end())


class Separated(Element):
    """One or more of an element with a separator between; gives one tuple of their values."""

    def __init__(self, item: ParserElement, wanted: str, separator: str = ",") -> None:
        super().__init__(wanted)
        self.item = item
        self.match = re.compile(rf"\s*{re.escape(separator)}").match

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        values: list[Any] = []
        while True:
            loc, found = self.item._parse(instring, loc)
            values.extend(found)
            separator = self.match(instring, loc)
            if separator is None:
                return loc, [tuple(values)]
            loc = separator.end()


class Choice(Element):
    """One of several elements by the word (in capitals) or character that comes next.

    Elements get the location before the word; `otherwise` is taken for anything else.
    """

    def __init__(
        self,
        wanted: str,
        table: Mapping[str, ParserElement],
        otherwise: ParserElement | None = None,
    ) -> None:
        super().__init__(wanted)
        self.match = re.compile(rf"\s*({IDENTIFIER}|\S)?").match
        self.table = table
        self.otherwise = otherwise

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        match = self.match(instring, loc)
        word = match.group(1) if match is not None else None
        element = self.otherwise if word is None else self.table.get(word.upper(), self.otherwise)
        if element is None:
            refuse(instring, loc, self.wanted)
        return element._parse(instring, loc)


class Repeated(Element):
    """An element again and again while `lead` is next; gives the values in a row."""

    def __init__(self, lead: str, item: ParserElement) -> None:
        super().__init__(lead)
        self.match = re.compile(rf"\s*+(?:{lead})", re.IGNORECASE).match
        self.item = item

    def _parse(self, instring: Any, loc: int, *_: Any, **__: Any) -> Any:
        values: list[Any] = []
        while self.match(instring, loc) is not None:
            loc, found = self.item._parse(instring, loc)
            values.extend(found)
        return loc, values
