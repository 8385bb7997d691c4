"""Elements: pyparsing elements of our own, for speed and for shallow recursion.

They are `ParserElement`s, and stand inside any of pyparsing's through `parseImpl`. Among each other they call
``parse(text, location) -> (location, tokens)``, one call a level of the grammar, so that deep nesting fits
into the stack. White space before a token belongs to its regular expression, comments are blanked out before
(`lexis.SourceText`), tokens are plain lists, and `Choice` looks at the next word in place of trying
alternatives one after the other.

A `NotHereError` says "not here". Every element knows what it looks for in words; `refuse` notes it with the
place, and the furthest place is what the error message is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from pyparsing import ParseException, ParserElement

from neuralgraph.query.language.lexis import (
    IDENTIFIER,
    NAME,
    SourceText,
    name_value,
    skip_space,
    source_text,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORD = regex(rf"\s*({IDENTIFIER}|\S)?")

Parsed = tuple[int, list[Any]]
Build = Any
"""``build(text, start, end, values) -> node``."""


class NotHereError(ParseException):
    """What an element looks for is not at the place; others may fit. It never leaves the grammar."""


class Parses(Protocol):
    """What elements ask of each other."""

    def parse(self, text: Any, location: int) -> Parsed:
        """The tokens at `location` and where they end.

        Raises:
            NotHereError: it is not there.
        """
        ...


def refuse(text: SourceText, location: int, wanted: str) -> NoReturn:
    """Say that `wanted` is not at `location`.

    Raises:
        NotHereError: always.
    """
    note(text, location, wanted)
    raise NotHereError(text, location, wanted)


def note(text: SourceText, location: int, wanted: str) -> None:
    """Note that `wanted` could have been here, for the message if nothing else fits."""
    location = skip_space(text, location)
    if location > text.furthest:
        text.furthest = location
        text.expected = [wanted]
    elif location == text.furthest:
        text.expected.append(wanted)


class Element(ParserElement):
    """Base of the elements here.

    Attributes:
        wanted: what it looks for, in words.
    """

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.leave_whitespace(recursive=False)

    def _generateDefaultName(self) -> str:  # noqa: N802 (pyparsing's name)
        return self.wanted

    def parseImpl(self, instring: Any, loc: int, do_actions: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002, N802
        """The way in for pyparsing, which knows nothing of what a `SourceText` notes."""
        text = instring if isinstance(instring, SourceText) else source_text(instring, {})
        return self.parse(text, loc)

    def parse(self, text: Any, location: int) -> Parsed:
        """The tokens at `location` and where they end."""
        raise AssertionError(f"{type(self).__name__} parses nothing at {location} of {text!r}")


class Later(Element):
    """Stands for an element that is made later, and put in `element` then: grammars are recursive."""

    element: Parses

    def parse(self, text: Any, location: int) -> Parsed:
        """As the element that it stands for."""
        return self.element.parse(text, location)


class Deferred(Element):
    """Stands for an element that most processes never need: it is made when it is first asked for."""

    def __init__(self, wanted: str, make: Callable[[], Parses]) -> None:
        super().__init__(wanted)
        self.make = make
        self.element: Parses | None = None

    def parse(self, text: Any, location: int) -> Parsed:
        """As the element that it stands for."""
        if self.element is None:
            self.element = self.make()
        return self.element.parse(text, location)


class FirstOf(Element):
    """The first of some elements that fits."""

    def __init__(self, wanted: str, elements: list[Parses]) -> None:
        super().__init__(wanted)
        self.elements = elements

    def parse(self, text: Any, location: int) -> Parsed:
        """As the first element that fits."""
        for element in self.elements:
            try:
                return element.parse(text, location)
            except NotHereError:
                continue
        raise NotHereError(text, location, self.wanted)


class Piece(Element):
    """One token by regular expression; gives ``[build(match)]``, or no token without `build`."""

    def __init__(
        self, pattern: str, wanted: str, build: Callable[[re.Match[str]], Any] | None = None
    ) -> None:
        super().__init__(wanted)
        self.pattern = regex(rf"\s*+(?:{pattern})", re.IGNORECASE | re.DOTALL)
        self.build = build

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        match = self.pattern.match(text, location)
        if match is None:
            refuse(text, location, self.wanted)
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
    return Piece(rf"({NAME})", wanted, lambda match: name_value(match.group(1)))


class Sequence(Element):
    """Elements in a row; ``build(text, start, end, values)`` makes one value of theirs."""

    def __init__(self, wanted: str, elements: list[Parses], build: Build = None) -> None:
        super().__init__(wanted)
        self.elements = elements
        self.build = build

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        values: list[Any] = []
        start = location
        for element in self.elements:
            location, found = element.parse(text, location)
            values.extend(found)
        if self.build is None:
            return location, values
        return location, [self.build(text, skip_space(text, start), location, values)]


class Maybe(Element):
    """When `lead` is next: what stands behind it. Else ``[otherwise]``, or nothing without it.

    There is no way back once the lead is taken.
    """

    def __init__(self, lead: str, body: Parses | None = None, *otherwise: Any) -> None:
        super().__init__(lead)
        self.lead = regex(rf"\s*+(?:{lead})", re.IGNORECASE)
        self.body = body
        self.otherwise = otherwise

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        match = self.lead.match(text, location)
        if match is None:
            return location, [*self.otherwise]
        if self.body is None:
            return match.end(), [True]
        return self.body.parse(text, match.end())


def flag(lead: str) -> Maybe:
    """Whether `lead` is there, as a token."""
    absent = (False,)
    return Maybe(lead, None, *absent)


class Separated(Element):
    """One or more of an element with a separator between; gives one tuple of their values."""

    def __init__(self, item: Parses, wanted: str, separator: str = ",") -> None:
        super().__init__(wanted)
        self.item = item
        self.separator = regex(rf"\s*{re.escape(separator)}")

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        values: list[Any] = []
        while True:
            location, found = self.item.parse(text, location)
            values.extend(found)
            separator = self.separator.match(text, location)
            if separator is None:
                return location, [tuple(values)]
            location = separator.end()


class Choice(Element):
    """One of several elements by the word (in capitals) or character that comes next.

    Elements get the location before the word; `otherwise` is taken for anything else.
    """

    def __init__(
        self,
        wanted: str,
        table: Mapping[str, Parses],
        otherwise: Parses | None = None,
    ) -> None:
        super().__init__(wanted)
        self.table = table
        self.otherwise = otherwise

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        match = _WORD.match(text, location)
        word = match.group(1) if match is not None else None
        element = self.otherwise if word is None else self.table.get(word.upper(), self.otherwise)
        if element is None:
            refuse(text, location, self.wanted)
        return element.parse(text, location)


class Repeated(Element):
    """An element again and again while `lead` is next; gives the values in a row."""

    def __init__(self, lead: str, item: Parses) -> None:
        super().__init__(lead)
        self.lead = regex(rf"\s*+(?:{lead})", re.IGNORECASE)
        self.item = item

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        values: list[Any] = []
        while self.lead.match(text, location) is not None:
            location, found = self.item.parse(text, location)
            values.extend(found)
        return location, values
