"""What a search text means, as a tree. Words are as they were written; analysis comes later.

    TermQuery      word            FuzzyQuery     word~1          EverythingQuery  *:*  or  title:*
    PhraseQuery    "two words"~2   RangeQuery     [a TO b}        BooleanQuery     a AND (b OR -c)
    WildcardQuery  w?rd*           PatternQuery   /w[eo]rd/       BoostedQuery     word^2

`field` is the property that was named before a colon, or None for all that the index covers.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from neuralgraph.values.records import record


class Occur(IntEnum):
    """What a clause of a Boolean query asks."""

    SHOULD = 0
    MUST = 1
    MUST_NOT = 2


ANY_TEXT: Final = "\ue000"
"""In `WildcardQuery.pattern`: any number of characters, the unescaped ``*``."""

ANY_LETTER: Final = "\ue001"
"""In `WildcardQuery.pattern`: one character, the unescaped ``?``."""


@record
class TermQuery:
    """A word; analysis may make several terms of it, or none."""

    field: str | None
    text: str


@record
class PhraseQuery:
    """Words that stand together, with up to `slop` places between where they stand and where they should."""

    field: str | None
    text: str
    slop: int = 0


@record
class WildcardQuery:
    """Terms of a shape: characters, `ANY_TEXT` and `ANY_LETTER`."""

    field: str | None
    pattern: str


@record
class FuzzyQuery:
    """Terms that differ from the word by at most so many letters: 0, 1 or 2."""

    field: str | None
    text: str
    distance: int


@record
class RangeQuery:
    """Terms between two, in order of their characters; None is no bound."""

    field: str | None
    lower: str | None
    upper: str | None
    lower_inclusive: bool
    upper_inclusive: bool


@record
class PatternQuery:
    """Terms that a regular expression matches as a whole."""

    field: str | None
    pattern: str


@record
class EverythingQuery:
    """All documents, or all that have some text in a field."""

    field: str | None


@record
class BoostedQuery:
    """A query whose scores count so many times."""

    query: TextQueryTree
    boost: float


@record
class BooleanQuery:
    """Clauses; without one that must match, at least one that should has to."""

    clauses: tuple[tuple[Occur, TextQueryTree], ...]


TextQueryTree = (
    TermQuery
    | PhraseQuery
    | WildcardQuery
    | FuzzyQuery
    | RangeQuery
    | PatternQuery
    | EverythingQuery
    | BoostedQuery
    | BooleanQuery
)
