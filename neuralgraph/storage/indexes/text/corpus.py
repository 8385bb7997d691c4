"""Corpus: the documents that one snapshot sees, as segments with masks, and statistics over just these.

BM25 weighs a term by how many documents have it, and a document by how its length compares to the average.
Both count what is visible and nothing else: scores depend on the snapshot, not on its history.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access.reader import never_stopped
from neuralgraph.storage.indexes.text.text_segment import ragged
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.indexes.text.text_segment import FieldPostings, TextSegment
    from neuralgraph.values.arrays import Float64Array, Int64Array, MaskArray

K1: Final = 1.2
B: Final = 0.75


@record
class CorpusPart:
    """A segment as a snapshot sees it.

    Attributes:
        segment: what it is.
        alive: a mask of the documents that count; None: all do.
        hidden: those that do not, each once; None where `alive` is.
    """

    segment: TextSegment
    alive: MaskArray | None = None
    hidden: Int64Array | None = None

    @property
    def living_count(self) -> int:
        """How many documents count."""
        return len(self.segment) - (0 if self.hidden is None else len(self.hidden))

    def without(self, more: Int64Array) -> CorpusPart:
        """With further documents hidden."""
        if len(more) == 0:
            return self
        alive = np.ones(len(self.segment), np.bool_) if self.alive is None else self.alive.copy()
        alive[more] = False
        return CorpusPart(self.segment, alive, np.flatnonzero(~alive))

    def living(self) -> Int64Array:
        """The documents that count, ascending."""
        return np.arange(len(self.segment)) if self.alive is None else np.flatnonzero(self.alive)


class FieldStatistics:
    """Of one field of a corpus.

    Attributes:
        text_count: documents with at least one term in it.
        average_length: terms in such a document.
    """

    __slots__ = ("average_length", "text_count")

    def __init__(self, parts: Sequence[CorpusPart], place: int) -> None:
        count = total = 0
        for part in parts:
            field = part.segment.fields[place]
            count += field.text_count
            total += field.length_sum
            if part.hidden is not None:
                lengths = field.lengths.array[part.hidden]
                count -= int(np.count_nonzero(lengths))
                total -= int(lengths.sum())
        self.text_count = count
        self.average_length = total / count if count else 1.0

    def rarity(self, document_count: int) -> float:
        """The weight of a term that so many documents have."""
        return math.log(1 + (self.text_count - document_count + 0.5) / (document_count + 0.5))


class Corpus:
    """Parts, and statistics that are made when they are asked for; for one search.

    Attributes:
        parts: in which anybody lives.
        check: called at each part of a query, and more often where that takes long; it may raise to stop.
    """

    __slots__ = ("_postings", "_statistics", "check", "parts")

    def __init__(
        self,
        parts: Sequence[CorpusPart],
        statistics: dict[int, FieldStatistics] | None = None,
        *,
        check: Callable[[], object] = never_stopped,
    ) -> None:
        """`statistics` are kept there for the next corpus of the same parts."""
        self.check = check
        self.parts = [part for part in parts if part.living_count]
        self._statistics = {} if statistics is None else statistics
        self._postings: dict[tuple[int, int, int], tuple[Any, Any]] = {}

    def statistics(self, field: int) -> FieldStatistics:
        """Of a field, by its place."""
        found = self._statistics.get(field)
        if found is None:
            found = self._statistics[field] = FieldStatistics(self.parts, field)
        return found

    def numbers_of(self, field: int, term: str) -> list[int]:
        """A term's number in each part; -1 where it is not."""
        return [part.segment.fields[field].terms.number_of(term) for part in self.parts]

    def postings(
        self, place: int, field: int, number: int
    ) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """Visible documents, ascending, with a term, and how often they have it."""
        key = (place, field, number)
        found = self._postings.get(key)
        if found is None:
            part = self.parts[place]
            own = part.segment.fields[field]
            low, high = own.bounds(number)
            documents: Any = own.documents.array[low:high].astype(np.intp)
            frequencies: Any = own.frequencies.array[low:high]
            if part.alive is not None:
                keep = part.alive[documents]
                documents, frequencies = documents[keep], frequencies[keep]
            found = self._postings[key] = (documents, frequencies)
        return found

    def document_count(self, field: int, numbers: Sequence[int]) -> int:
        """How many visible documents have a term; `numbers` are its own in each part."""
        count = 0
        for place, number in enumerate(numbers):
            if number < 0:
                continue
            part = self.parts[place]
            if part.alive is None:
                low, high = part.segment.fields[field].bounds(number)
                count += high - low
            else:
                count += len(self.postings(place, field, number)[0])
        return count

    def having_any(self, place: int, field: int, numbers: Int64Array) -> MaskArray:
        """A mask of a part's visible documents with one of some terms."""
        part = self.parts[place]
        own = part.segment.fields[field]
        mask = np.zeros(len(part.segment), dtype=np.bool_)
        if len(numbers):
            starts = own.posting_starts.array
            documents = own.documents.array
            low, high = int(numbers[0]), int(numbers[-1])
            if high - low == len(numbers) - 1:
                mask[documents[int(starts[low]) : int(starts[high + 1])]] = True
            else:
                mask[documents[own.posting_places(numbers)]] = True
            if part.alive is not None:
                mask &= part.alive
        return mask

    def scores(self, place: int, field: int, found: tuple[Any, Any], weight: float) -> Float64Array:
        """BM25 of documents that have something so often; `weight` is its rarity times all boosts."""
        documents, frequencies = found
        average = self.statistics(field).average_length
        norm = self.parts[place].segment.fields[field].lengths.array[documents] * (K1 * B / average)
        norm += K1 * (1 - B)
        norm += frequencies
        scores: Float64Array = np.divide(frequencies, norm, out=norm)
        scores *= weight
        return scores


def positions_in(
    field: FieldPostings, number: int, documents: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Where a term stands in some documents.

    Args:
        field: of a segment.
        number: the term's.
        documents: ascending.

    Returns:
        For each position: the place of its document in `documents`, ascending; and the position, ascending
        within a document.
    """
    low, high = field.bounds(number)
    own = field.documents.array[low:high]
    places = own.searchsorted(documents.astype(own.dtype))
    places[places == len(own)] = 0
    rows = np.flatnonzero(own[places] == documents)
    places = places[rows]
    frequencies = field.frequencies.array[low:high].astype(np.int64)
    starts = np.cumsum(frequencies) - frequencies + int(field.position_starts.array[number])
    counts = frequencies[places]
    found = field.positions.array[ragged(starts[places], starts[places] + counts)]
    return np.repeat(rows, counts), found.astype(np.int64)
