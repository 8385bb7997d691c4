"""Where a query's terms stand in a text, and pieces of the text that show them.

A term is shown wherever the query would be glad of it; a phrase is shown word by word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from neuralgraph.text.query_syntax import (
    ANY_LETTER,
    ANY_TEXT,
    BooleanQuery,
    BoostedQuery,
    FuzzyQuery,
    Occur,
    PatternQuery,
    PhraseQuery,
    RangeQuery,
    TermQuery,
    WildcardQuery,
)
from neuralgraph.text.term_patterns import compiled_pattern
from neuralgraph.text.words import letters_apart, sounds_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from neuralgraph.text.analyzers import Analyzer
    from neuralgraph.text.query_syntax import TextQueryTree

    Test = Callable[[str], bool]

_WILD: Final = re.compile(f"([{ANY_LETTER}{ANY_TEXT}])")
_ELLIPSIS: Final = "…"
_BLANK: Final = re.compile(r"\s")


def matched_spans(
    query: TextQueryTree,
    analyzer: Analyzer,
    field: str,
    text: str,
    *,
    distance: int = 0,
    phonetic: str | None = None,
) -> list[tuple[int, int]]:
    """Start and end, in characters, of what a query seeks in the text of a field; ascending, apart.

    Args:
        query: what was sought.
        analyzer: of the index.
        field: where the text stands.
        text: where to look.
        distance: letters by which words may differ that are written without ``~``.
        phonetic: the algorithm by which such words may sound alike; None: they may not.
    """
    terms: set[str] = set()
    tests: list[Test] = []
    for part in _sought(query, field):
        _collect(part, analyzer, terms, tests)
    if distance:
        tests.extend(_near_term(term, distance) for term in terms)
    if phonetic is not None:
        tests.append(_sounding(terms, phonetic))
    known: dict[str, bool] = {}
    spans: list[tuple[int, int]] = []
    for token in analyzer.tokens(text):
        term = token.term
        found = known.get(term)
        if found is None:
            found = known[term] = term in terms or any(test(term) for test in tests)
        if not found:
            continue
        if spans and token.start <= spans[-1][1] and token.start >= spans[-1][0]:
            spans[-1] = spans[-1][0], max(spans[-1][1], token.end)
        else:
            spans.append((token.start, token.end))
    return spans


def _sought(query: TextQueryTree, field: str) -> Iterator[TextQueryTree]:
    """The parts of a query, without those that must not match and those of other fields."""
    if isinstance(query, BoostedQuery):
        yield from _sought(query.query, field)
    elif isinstance(query, BooleanQuery):
        for occur, part in query.clauses:
            if occur != Occur.MUST_NOT:
                yield from _sought(part, field)
    elif query.field in (None, field):
        yield query


def _collect(query: TextQueryTree, analyzer: Analyzer, terms: set[str], tests: list[Test]) -> None:
    if isinstance(query, (TermQuery, PhraseQuery)):
        terms.update(token.term for token in analyzer.tokens(query.text))
    elif isinstance(query, FuzzyQuery):
        tests.append(_near(query, analyzer))
    elif isinstance(query, WildcardQuery):
        pieces = [
            {ANY_TEXT: ".*", ANY_LETTER: "."}.get(piece, re.escape(piece))
            for piece in _WILD.split(analyzer.normalised(query.pattern))
        ]
        shape = re.compile("".join(pieces), re.DOTALL)
        tests.append(lambda term: shape.fullmatch(term) is not None)
    elif isinstance(query, PatternQuery):
        pattern = compiled_pattern(query.pattern)
        tests.append(lambda term: pattern.fullmatch(term) is not None)
    elif isinstance(query, RangeQuery):
        tests.append(_inside(query, analyzer))


def _near(query: FuzzyQuery, analyzer: Analyzer) -> Test:
    tokens = analyzer.tokens(query.text)
    word = tokens[0].term if len(tokens) == 1 else analyzer.normalised(query.text)
    return _near_term(word, query.distance)


def _near_term(word: str, distance: int) -> Test:
    return lambda term: (
        abs(len(term) - len(word)) <= distance and letters_apart(term, word) <= distance
    )


def _sounding(words: set[str], algorithm: str) -> Test:
    codes_of = sounds_by(algorithm)
    codes = {code for word in words for code in codes_of(word)}
    return lambda term: not codes.isdisjoint(codes_of(term))


def _inside(query: RangeQuery, analyzer: Analyzer) -> Test:
    lower = None if query.lower is None else analyzer.normalised(query.lower)
    upper = None if query.upper is None else analyzer.normalised(query.upper)

    def test(term: str) -> bool:
        above = lower is None or term > lower or (query.lower_inclusive and term == lower)
        below = upper is None or term < upper or (query.upper_inclusive and term == upper)
        return above and below

    return test


# ── pieces ────────────────────────────────────────────────────────────────────────────────────


def pieces_of(
    text: str,
    spans: Sequence[tuple[int, int]],
    *,
    before: str = "<b>",
    after: str = "</b>",
    size: int = 150,
    count: int = 1,
) -> list[str]:
    """The pieces of a text that show most of what was found, in the order of the text.

    Args:
        text: what was searched.
        spans: what was found in it, ascending and apart.
        before: stands before each found word.
        after: stands after it.
        size: characters of a piece, without these; a piece begins and ends between words.
        count: pieces at most.
    """
    pieces: list[tuple[int, int]] = []
    rest = list(spans)
    while rest and len(pieces) < count:
        best = max(range(len(rest)), key=lambda place: (_held(rest, place, size), -place))
        start = rest[best][0]
        stop = max(
            end for low, end in rest if start <= low and (end <= start + size or low == start)
        )
        low, high = _widened(text, start, stop, size)
        pieces.append((low, high))
        rest = [span for span in rest if span[1] <= low or span[0] >= high]
    return [_shown(text, piece, spans, before, after) for piece in _apart(pieces)]


def _held(spans: Sequence[tuple[int, int]], place: int, size: int) -> int:
    start = spans[place][0]
    return sum(low >= start and high <= start + size for low, high in spans[place:])


def _widened(text: str, start: int, stop: int, size: int) -> tuple[int, int]:
    """A stretch around another, of about `size` characters, that cuts no word."""
    room = max(0, size - (stop - start))
    low = max(0, start - room // 2)
    high = min(len(text), max(stop, low + size))
    low = max(0, min(low, high - size))
    while low > 0 and low < start and not _BLANK.match(text[low - 1]):
        low += 1
    while high < len(text) and high > stop and not _BLANK.match(text[high]):
        high -= 1
    return min(low, start), max(high, stop)


def _apart(pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order; those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pieces):
        if merged and low <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def _shown(
    text: str, piece: tuple[int, int], spans: Sequence[tuple[int, int]], before: str, after: str
) -> str:
    low, high = piece
    shown: list[str] = [_ELLIPSIS] if low > 0 else []
    place = low
    for start, end in spans:
        if low <= start and end <= high:
            shown += [text[place:start], before, text[start:end], after]
            place = end
    shown.append(text[place:high])
    if high < len(text):
        shown.append(_ELLIPSIS)
    return "".join(shown)
