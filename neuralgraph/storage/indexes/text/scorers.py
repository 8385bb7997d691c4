"""Scorers: the documents of a part of the corpus that a query finds, ascending, and their scores.

TermScorer       one term in one field, by BM25
PhraseScorer     words that stand together, by BM25 of how often they do
ConstantScorer   any of many terms (wildcards, ranges, patterns), all with the same score
EveryScorer      all documents, or all with text in a field
BooleanScorer    clauses: the sum of what matches
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from neuralgraph.storage.indexes.text.phrases import phrase_frequencies
from neuralgraph.text.query_syntax import Occur

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.indexes.text.corpus import Corpus
    from neuralgraph.values.arrays import Float64Array, Int64Array, MaskArray


class Scored(NamedTuple):
    """Documents, ascending, and their scores."""

    documents: NDArray[np.intp]
    scores: Float64Array


NOTHING: Final = Scored(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float64))


class Scorer(Protocol):
    """A part of a query, over one corpus."""

    def score(self, place: int) -> Scored:
        """What it finds in the part of the corpus at `place`."""
        ...


class TermScorer:
    """One term in one field."""

    __slots__ = ("_corpus", "_field", "_numbers", "_weight")

    def __init__(
        self, corpus: Corpus, field: int, numbers: Sequence[int], boost: float, count: int
    ) -> None:
        """Make one.

        Args:
            corpus: where.
            field: its place among those of the index.
            numbers: of the term, in each part of the corpus; -1 where it is not.
            boost: of all scores.
            count: how many documents are said to have it.
        """
        self._corpus = corpus
        self._field = field
        self._numbers = numbers
        self._weight = boost * corpus.statistics(field).rarity(count) if count else 0.0

    def score(self, place: int) -> Scored:
        """See `Scorer`."""
        number = self._numbers[place]
        if number < 0:
            return NOTHING
        found = self._corpus.postings(place, self._field, number)
        return Scored(found[0], self._corpus.scores(place, self._field, found, self._weight))


class PhraseScorer:
    """Words next to each other."""

    __slots__ = ("_corpus", "_field", "_slop", "_weight", "_words")

    def __init__(
        self,
        corpus: Corpus,
        field: int,
        phrase: tuple[Sequence[tuple[int, Sequence[Sequence[int]]]], Sequence[int]],
        slop: int,
        boost: float,
    ) -> None:
        """Make one.

        Args:
            corpus: where.
            field: its place among those of the index.
            phrase: for each word, its offset in the phrase and the terms that it may be, as their numbers
                in each part of the corpus; and how many documents have each term of the phrase as it was
                asked, or the most common of the terms that stand for it.
            slop: see `phrase_frequencies`.
            boost: of all scores.
        """
        self._corpus = corpus
        self._field = field
        self._words, counts = phrase
        self._slop = slop
        statistics = corpus.statistics(field)
        self._weight = boost * sum(statistics.rarity(count) for count in counts if count)

    def score(self, place: int) -> Scored:
        """See `Scorer`."""
        corpus, field = self._corpus, self._field
        words: list[tuple[int, list[int]]] = []
        counts = np.zeros(len(corpus.parts[place].segment), dtype=np.int16)
        for offset, terms in self._words:
            numbers = sorted({term[place] for term in terms if term[place] >= 0})
            if not numbers:
                return NOTHING
            words.append((offset, numbers))
            counts += corpus.having_any(place, field, np.array(numbers))
        documents = np.flatnonzero(counts == len(words))
        if len(documents) == 0:
            return NOTHING
        own = corpus.parts[place].segment.fields[field]
        frequencies = phrase_frequencies(own, words, documents, self._slop, corpus.check)
        keep = frequencies > 0
        found = (documents[keep], frequencies[keep])
        return Scored(found[0], corpus.scores(place, field, found, self._weight))


class ConstantScorer:
    """Any of some terms."""

    __slots__ = ("_boost", "_corpus", "_field", "_numbers")

    def __init__(
        self, corpus: Corpus, field: int, numbers: Sequence[Int64Array], boost: float
    ) -> None:
        """`numbers` are the terms' in each part of the corpus, ascending."""
        self._corpus = corpus
        self._field = field
        self._numbers = numbers
        self._boost = boost

    def score(self, place: int) -> Scored:
        """See `Scorer`."""
        mask = self._corpus.having_any(place, self._field, self._numbers[place])
        return _constant(np.flatnonzero(mask), self._boost)


class EveryScorer:
    """All documents, or all with text in a field."""

    __slots__ = ("_boost", "_corpus", "_field")

    def __init__(self, corpus: Corpus, field: int | None, boost: float) -> None:
        self._corpus = corpus
        self._field = field
        self._boost = boost

    def score(self, place: int) -> Scored:
        """See `Scorer`."""
        part = self._corpus.parts[place]
        documents = part.living()
        if self._field is not None:
            lengths = part.segment.fields[self._field].lengths.array
            documents = documents[lengths[documents] > 0]
        return _constant(documents, self._boost)


def _constant(documents: Any, boost: float) -> Scored:
    return Scored(documents, np.full(len(documents), boost, dtype=np.float64))


class BooleanScorer:
    """Clauses together."""

    __slots__ = ("_corpus", "_must", "_must_not", "_should")

    def __init__(self, corpus: Corpus, clauses: Sequence[tuple[Occur, Scorer]]) -> None:
        self._corpus = corpus
        self._should = [scorer for occur, scorer in clauses if occur == Occur.SHOULD]
        self._must = [scorer for occur, scorer in clauses if occur == Occur.MUST]
        self._must_not = [scorer for occur, scorer in clauses if occur == Occur.MUST_NOT]

    def score(self, place: int) -> Scored:
        """See `Scorer`."""
        count = len(self._corpus.parts[place].segment)
        total = np.zeros(count, dtype=np.float64)
        mask: MaskArray | None = None
        check = self._corpus.check
        for scorer in self._must:
            check()
            found = scorer.score(place)
            if len(found.documents) == 0:
                return NOTHING
            total[found.documents] += found.scores
            own = np.zeros(count, dtype=np.bool_)
            own[found.documents] = True
            mask = own if mask is None else mask & own
        if mask is None:
            mask = np.zeros(count, dtype=np.bool_)
        for scorer in self._should:
            check()
            found = scorer.score(place)
            total[found.documents] += found.scores
            if not self._must:
                mask[found.documents] = True
        for scorer in self._must_not:
            check()
            mask[scorer.score(place).documents] = False
        documents = np.flatnonzero(mask)
        return Scored(documents, total[documents])
