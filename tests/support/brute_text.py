"""Full text by looking at every word of every document: the model of the full-text index."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from neuralgraph.access import TermCount
from neuralgraph.text import analyzer_named
from neuralgraph.text.analyzers import ITEM_BREAK
from neuralgraph.text.query_parser import parse_text_query
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access import IndexDefinition, TermRequest, TextQuery
    from neuralgraph.text.query_syntax import TextQueryTree

Scores = dict[int, float]


def text_scores(
    index: IndexDefinition, query: TextQuery, properties: Mapping[int, Mapping[str, Any]]
) -> Scores:
    """The score of every entity that a query finds."""
    model = _Model(index, properties)
    return model.scores(parse_text_query(query.text), 1.0) or {}


def term_counts(
    index: IndexDefinition, request: TermRequest, properties: Mapping[int, Mapping[str, Any]]
) -> list[TermCount]:
    """The terms of all entities, counted; the example is the first of them."""
    model = _Model(index, properties)
    found: list[TermCount] = []
    for key in index.keys if request.field is None else (request.field,):
        for term in {term for tokens in model.documents[key].values() for term, _ in tokens}:
            near = request.near is None or edit_distance(term, request.near) <= request.distance
            if near and term.startswith(request.prefix):
                counts = model.frequencies(key, term)
                found.append(TermCount(key, term, len(counts), sum(counts.values()), min(counts)))
    found.sort(key=lambda one: (-one.documents, one.term, one.field))
    return found[: request.limit]


def edit_distance(one: str, other: str) -> int:
    """Letters too many, too few, other, or swapped with the next."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, its in enumerate(other, 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


class _Model:
    """Documents as lists of terms and positions, by field and entity."""

    def __init__(self, index: IndexDefinition, properties: Mapping[int, Mapping[str, Any]]) -> None:
        self.analyzer = analyzer_named(
            index.options.get("fulltext.analyzer", "standard-no-stop-words")
        )
        self.keys = index.keys
        self.boosts = index.options.get("fulltext.boosts", {})
        self.everything: set[int] = set()
        self.documents: dict[str, dict[int, list[tuple[str, int]]]] = {}
        for key in index.keys:
            found = self.documents[key] = {}
            for entity_id, held in properties.items():
                text = _text_of(held.get(key))
                if text is None:
                    continue
                self.everything.add(entity_id)
                tokens = self.analyzer.tokens(text)
                if tokens:
                    found[entity_id] = [(token.term, token.position) for token in tokens]

    def scores(self, query: TextQueryTree, boost: float) -> Scores | None:
        """Scores by entity; None where the query has no terms at all."""
        if isinstance(query, BoostedQuery):
            return self.scores(query.query, boost * query.boost)
        if isinstance(query, BooleanQuery):
            return self.boolean(query, boost)
        if isinstance(query, EverythingQuery) and query.field is None:
            return dict.fromkeys(self.everything, boost)
        total: Scores | None = None
        for key in self.keys if query.field is None else (query.field,):
            own = self.in_field(query, key, boost * self.boosts.get(key, 1.0))
            if own is not None:
                total = _added(total or {}, own)
        return total

    def boolean(self, query: BooleanQuery, boost: float) -> Scores | None:
        parts = [(occur, self.scores(part, boost)) for occur, part in query.clauses]
        known = [(occur, found) for occur, found in parts if found is not None]
        if not known:
            return None
        total: Scores = {}
        for occur, found in known:
            if occur != Occur.MUST_NOT:
                total = _added(total, found)
        for occur, found in known:
            if occur == Occur.MUST:
                total = {i: score for i, score in total.items() if i in found}
            elif occur == Occur.MUST_NOT:
                total = {i: score for i, score in total.items() if i not in found}
        return total

    def in_field(self, query: TextQueryTree, key: str, boost: float) -> Scores | None:
        normalised = self.analyzer.normalised
        if isinstance(query, TermQuery):
            total: Scores | None = None
            for token in self.analyzer.tokens(query.text):
                total = _added(total or {}, self.term(key, token.term, boost))
            return total
        if isinstance(query, PhraseQuery):
            return self.phrase(query, key, boost)
        if isinstance(query, FuzzyQuery):
            tokens = self.analyzer.tokens(query.text)
            word = tokens[0].term if len(tokens) == 1 else normalised(query.text)
            return self.fuzzy(key, word, query.distance, boost)
        if isinstance(query, EverythingQuery):
            return dict.fromkeys(self.documents[key], boost)
        if isinstance(query, WildcardQuery):
            shape = "".join(
                {ANY_TEXT: ".*", ANY_LETTER: "."}.get(letter, re.escape(letter))
                for letter in normalised(query.pattern)
            )
            return self.any_of(key, lambda term: re.fullmatch(shape, term, re.DOTALL), boost)
        if isinstance(query, PatternQuery):
            return self.any_of(key, lambda term: re.fullmatch(query.pattern, term), boost)
        assert isinstance(query, RangeQuery)
        lower = None if query.lower is None else normalised(query.lower)
        upper = None if query.upper is None else normalised(query.upper)

        def inside(term: str) -> bool:
            above = lower is None or term > lower or (query.lower_inclusive and term == lower)
            below = upper is None or term < upper or (query.upper_inclusive and term == upper)
            return above and below

        return self.any_of(key, inside, boost)

    # ── what is scored ────────────────────────────────────────────────────────────────────────

    def rarity(self, key: str, count: int) -> float:
        return math.log(1 + (len(self.documents[key]) - count + 0.5) / (count + 0.5))

    def bm25(self, key: str, frequencies: Mapping[int, float], weight: float) -> Scores:
        documents = self.documents[key]
        average = sum(map(len, documents.values())) / max(1, len(documents))
        return {
            i: weight * often / (often + 1.2 * (0.25 + 0.75 * len(documents[i]) / average))
            for i, often in frequencies.items()
            if often
        }

    def frequencies(self, key: str, term: str) -> dict[int, int]:
        counts = {
            i: sum(other == term for other, _ in tokens)
            for i, tokens in self.documents[key].items()
        }
        return {i: count for i, count in counts.items() if count}

    def term(self, key: str, term: str, boost: float, count: int | None = None) -> Scores:
        found = self.frequencies(key, term)
        weight = boost * self.rarity(key, len(found) if count is None else count)
        return self.bm25(key, found, weight)

    def fuzzy(self, key: str, word: str, distance: int, boost: float) -> Scores:
        terms = {term for tokens in self.documents[key].values() for term, _ in tokens}
        near = {term: edit_distance(term, word) for term in terms}
        near = {term: apart for term, apart in near.items() if apart <= distance}
        if distance == 0:
            return self.term(key, word, boost)
        weights = {term: 1 - apart / min(len(term), len(word)) for term, apart in near.items()}
        most = max((len(self.frequencies(key, t)) for t, w in weights.items() if w > 0), default=0)
        total: Scores = {}
        for term, weight in weights.items():
            if weight > 0:
                total = _added(total, self.term(key, term, boost * weight, most))
        return total

    def any_of(self, key: str, test: Any, boost: float) -> Scores:
        return {
            i: boost
            for i, tokens in self.documents[key].items()
            if any(test(term) for term, _ in tokens)
        }

    def phrase(self, query: PhraseQuery, key: str, boost: float) -> Scores | None:
        tokens = self.analyzer.tokens(query.text)
        positions = {token.position for token in tokens}
        if len(positions) <= 1:
            return self.in_field(TermQuery(key, query.text), key, boost)
        assert query.slop == 0, "the model has exact phrases only"
        found: dict[int, float] = {}
        for i, own in self.documents[key].items():
            starts = {at for _, at in own}
            pairs = set(own)
            first = min(positions)
            found[i] = sum(
                all(
                    any(
                        (t.term, t.position - first + start) in pairs
                        for t in tokens
                        if t.position == place
                    )
                    for place in positions
                )
                for start in starts
            )
        wanted = dict.fromkeys((token.position, token.term) for token in tokens)
        counts = [len(self.frequencies(key, term)) for _, term in wanted]
        weight = boost * sum(self.rarity(key, count) for count in counts if count)
        return self.bm25(key, found, weight)


def _added(one: Scores, other: Scores) -> Scores:
    return {i: one.get(i, 0.0) + other.get(i, 0.0) for i in [*one, *(set(other) - set(one))]}


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        items = [item for item in value if isinstance(item, str)]
        return ITEM_BREAK.join(items) if items else None
    return None
