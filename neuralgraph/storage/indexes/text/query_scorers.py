"""From the tree of a query to scorers: words become terms by the analyzer, fields become places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.indexes.text.scorers import (
    BooleanScorer,
    ConstantScorer,
    EveryScorer,
    PhraseScorer,
    TermScorer,
)
from neuralgraph.storage.indexes.text.term_choice import (
    terms_between,
    terms_near,
    terms_of_pattern,
    terms_of_shape,
    terms_that_sound,
)
from neuralgraph.text.query_syntax import (
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
    from collections.abc import Callable, Sequence

    from neuralgraph.storage.indexes.text.corpus import Corpus
    from neuralgraph.storage.indexes.text.scorers import Scorer
    from neuralgraph.storage.indexes.text.term_dictionary import TermDictionary
    from neuralgraph.storage.indexes.text.text_settings import QuerySettings, TextSettings
    from neuralgraph.text.analyzers import Analyzer
    from neuralgraph.text.query_syntax import TextQueryTree
    from neuralgraph.values.arrays import Int64Array

VARIANTS_MAX: Final = 50
"""Terms that a misspelt word stands for at most, the nearest and most common of them; as Lucene has it."""


class ScorerMaker:
    """Makes the scorers of one query over one corpus."""

    __slots__ = ("_analyzer", "_corpus", "_index", "_settings")

    def __init__(
        self, corpus: Corpus, index: TextSettings, settings: QuerySettings, analyzer: Analyzer
    ) -> None:
        """Make one.

        Args:
            corpus: what is searched.
            index: its fields.
            settings: of the query.
            analyzer: reads the words of the query.
        """
        self._corpus = corpus
        self._index = index
        self._settings = settings
        self._analyzer = analyzer

    def make(self, query: TextQueryTree, boost: float = 1.0) -> Scorer | None:
        """The scorer of a query; None where nothing of it is a term, such as for stop words.

        Raises:
            QueryArgumentError: it names a field that the index does not have.
        """
        if isinstance(query, BoostedQuery):
            return self.make(query.query, boost * query.boost)
        if isinstance(query, BooleanQuery):
            return self._boolean(query, boost)
        if isinstance(query, EverythingQuery) and query.field is None:
            return EveryScorer(self._corpus, None, boost)
        self._corpus.check()
        found: list[Scorer] = []
        for field in self._fields(query.field):
            scorer = self._in_field(query, field, boost * self._field_boost(field))
            if scorer is not None:
                found.append(scorer)
        return self._any_of(found)

    def _boolean(self, query: BooleanQuery, boost: float) -> Scorer | None:
        clauses: list[tuple[Occur, Scorer]] = []
        for occur, part in query.clauses:
            scorer = self.make(part, boost)
            if scorer is not None:
                clauses.append((occur, scorer))
        if len(clauses) == 1 and clauses[0][0] != Occur.MUST_NOT:
            return clauses[0][1]
        return BooleanScorer(self._corpus, clauses) if clauses else None

    def _in_field(self, query: TextQueryTree, field: int, boost: float) -> Scorer | None:
        if isinstance(query, TermQuery):
            return self._word(query.text, field, boost)
        if isinstance(query, PhraseQuery):
            return self._phrase(query, field, boost)
        if isinstance(query, FuzzyQuery):
            return self._near(self._one_term(query.text), query.distance, field, boost)
        if isinstance(query, WildcardQuery):
            shape = self._analyzer.normalised(query.pattern)
            return self._constant(lambda terms: terms_of_shape(terms, shape), field, boost)
        if isinstance(query, PatternQuery):
            return self._constant(
                lambda terms: terms_of_pattern(terms, query.pattern), field, boost
            )
        if isinstance(query, RangeQuery):
            return self._range(query, field, boost)
        if isinstance(query, EverythingQuery):
            return EveryScorer(self._corpus, field, boost)
        if isinstance(query, (BooleanQuery, BoostedQuery)):
            raise TypeError(f"{type(query).__name__} has no field")
        assert_never(query)

    # ── words ─────────────────────────────────────────────────────────────────────────────────

    def _word(self, text: str, field: int, boost: float) -> Scorer | None:
        tokens = self._analyzer.tokens(text)
        return self._any_of([self._variants(token.term, field, boost) for token in tokens])

    def _variants(self, term: str, field: int, boost: float) -> Scorer:
        """A term, or what the query's settings have it stand for."""
        settings = self._settings
        if settings.phonetic is not None:
            return self._blended(self._sounding(term, settings.phonetic, field), field, boost)
        if settings.distance:
            return self._near(term, settings.distance, field, boost)
        return self._term(term, field, boost)

    def _sounding(self, term: str, algorithm: str, field: int) -> list[tuple[str, float]]:
        found: set[str] = set()
        for terms in self._dictionaries(field):
            found.update(terms_that_sound(terms, term, algorithm))
        return [(other, 1.0) for other in sorted(found)]

    def _term(self, term: str, field: int, boost: float) -> Scorer:
        numbers = self._corpus.numbers_of(field, term)
        count = self._corpus.document_count(field, numbers)
        return TermScorer(self._corpus, field, numbers, boost, count)

    def _near(self, word: str, distance: int, field: int, boost: float) -> Scorer:
        """Terms within an edit distance; the farther, the less they count."""
        if distance == 0:
            return self._term(word, field, boost)
        return self._blended(self._misspelt(word, distance, field), field, boost)

    def _misspelt(self, word: str, distance: int, field: int) -> list[tuple[str, float]]:
        found: dict[str, int] = {}
        for terms in self._dictionaries(field):
            found.update(terms_near(terms, word, distance))
        weighed = [
            (term, 1.0 - apart / max(1, min(len(term), len(word)))) for term, apart in found.items()
        ]
        return [one for one in weighed if one[1] > 0]

    def _blended(self, variants: Sequence[tuple[str, float]], field: int, boost: float) -> Scorer:
        """Terms that stand for one word: all as rare as the most common, for misspellings are rare."""
        corpus = self._corpus
        found = self._best(variants, field)
        most = max((count for _, count, _ in found), default=0)
        scorers = [
            TermScorer(corpus, field, numbers, weight * boost, most) for weight, _, numbers in found
        ]
        return self._any_of(scorers) or BooleanScorer(corpus, ())

    def _best(
        self, variants: Sequence[tuple[str, float]], field: int
    ) -> list[tuple[float, int, list[int]]]:
        """Terms that are there, the nearest and most common first: weight, documents, numbers."""
        found: list[tuple[float, int, str, list[int]]] = []
        for term, weight in variants:
            numbers = self._corpus.numbers_of(field, term)
            count = self._corpus.document_count(field, numbers)
            if count:
                found.append((-weight, -count, term, numbers))
        found.sort()
        return [(-weight, -count, numbers) for weight, count, _, numbers in found[:VARIANTS_MAX]]

    def _one_term(self, text: str) -> str:
        """A word as a term: its stem, where there are stems."""
        tokens = self._analyzer.tokens(text)
        return tokens[0].term if len(tokens) == 1 else self._analyzer.normalised(text)

    # ── phrases and sets of terms ─────────────────────────────────────────────────────────────

    def _phrase(self, query: PhraseQuery, field: int, boost: float) -> Scorer | None:
        by_position: dict[int, list[str]] = {}
        for token in self._analyzer.tokens(query.text):
            by_position.setdefault(token.position, []).append(token.term)
        if len(by_position) <= 1:
            terms = [term for found in by_position.values() for term in found]
            return self._any_of([self._variants(term, field, boost) for term in terms])
        words: list[tuple[int, list[list[int]]]] = []
        counts: list[int] = []
        for position, terms in sorted(by_position.items()):
            word: list[list[int]] = []
            for term in dict.fromkeys(terms):
                found = self._alternatives(term, field)
                word.extend(numbers for _, numbers in found)
                counts.append(max((count for count, _ in found), default=0))
            words.append((position, word))
        return PhraseScorer(self._corpus, field, (words, counts), query.slop, boost)

    def _alternatives(self, term: str, field: int) -> list[tuple[int, list[int]]]:
        """What a word of a phrase may be by the query's settings: documents and numbers of terms."""
        settings = self._settings
        if settings.phonetic is not None:
            variants = self._sounding(term, settings.phonetic, field)
        elif settings.distance:
            variants = self._misspelt(term, settings.distance, field)
        else:
            numbers = self._corpus.numbers_of(field, term)
            return [(self._corpus.document_count(field, numbers), numbers)]
        return [(count, numbers) for _, count, numbers in self._best(variants, field)]

    def _range(self, query: RangeQuery, field: int, boost: float) -> Scorer:
        normalised = self._analyzer.normalised
        lower = None if query.lower is None else normalised(query.lower)
        upper = None if query.upper is None else normalised(query.upper)
        closed = (query.lower_inclusive, query.upper_inclusive)
        return self._constant(
            lambda terms: terms_between(terms, lower, upper, closed=closed), field, boost
        )

    def _constant(
        self, choose: Callable[[TermDictionary], Int64Array], field: int, boost: float
    ) -> Scorer:
        numbers = [choose(terms) for terms in self._dictionaries(field)]
        return ConstantScorer(self._corpus, field, numbers, boost)

    # ── fields ────────────────────────────────────────────────────────────────────────────────

    def _dictionaries(self, field: int) -> list[TermDictionary]:
        return [part.segment.fields[field].terms for part in self._corpus.parts]

    def _fields(self, name: str | None) -> Sequence[int]:
        keys = self._index.keys
        if name is None:
            return range(len(keys))
        if name not in keys:
            raise QueryArgumentError(
                f"the full-text index {self._index.name} has no field {name!r};"
                f" it has {', '.join(keys)} (a colon that is meant as such is written \\:)"
            )
        return (keys.index(name),)

    def _field_boost(self, field: int) -> float:
        boost = self._index.boosts[field]
        more = self._settings.boosts
        return boost * float(more.get(self._index.keys[field], 1.0)) if more else boost

    def _any_of(self, scorers: Sequence[Scorer]) -> Scorer | None:
        if len(scorers) <= 1:
            return scorers[0] if scorers else None
        return BooleanScorer(self._corpus, [(Occur.SHOULD, scorer) for scorer in scorers])
