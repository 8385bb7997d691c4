"""TextSegment: documents and their terms; immutable.

    ids          of the documents, ascending; a document's number is its place here
    fields       for each indexed property:

        terms             the dictionary, ascending
        posting_starts    term -> its first posting; one more than terms
        documents         posting -> document; ascending within a term
        frequencies       posting -> how often the term stands in the document
        position_starts   term -> its first position; one more than terms
        positions         in order of term, document, place in the text
        lengths           document -> how many terms the text has

All arrays have the narrowest type that holds what is in them, and are mapped from the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.indexes.text.term_dictionary import TermDictionary
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

ARRAYS: Final = (
    "posting_starts", "documents", "frequencies", "position_starts", "positions", "lengths",
)  # fmt: skip


@record
class FieldPostings:
    """One field of a segment; see above.

    Attributes:
        text_count: documents with at least one term.
        length_sum: terms of all documents.
    """

    terms: TermDictionary
    text_count: int
    length_sum: int
    posting_starts: StoredArray
    documents: StoredArray
    frequencies: StoredArray
    position_starts: StoredArray
    positions: StoredArray
    lengths: StoredArray

    def bounds(self, number: int) -> tuple[int, int]:
        """The postings of a term: from, up to."""
        starts = self.posting_starts.array
        return int(starts[number]), int(starts[number + 1])

    def posting_places(self, numbers: Int64Array) -> Int64Array:
        """The places of all postings of some terms."""
        starts = self.posting_starts.array
        return ragged(starts[numbers], starts[numbers + 1])

    def equals(self, other: FieldPostings) -> bool:
        """Has it the same terms in the same places?"""
        return self.terms.all_terms() == other.terms.all_terms() and all(
            np.array_equal(getattr(self, name).array, getattr(other, name).array) for name in ARRAYS
        )

    @property
    def is_stored(self) -> bool:
        """Can it be described?"""
        return self.terms.is_stored and all(getattr(self, name).is_stored for name in ARRAYS)

    def stored(self, blocks: BlockFile) -> FieldPostings:
        """A copy in a file; shares what is in it already."""
        arrays = [getattr(self, name) for name in ARRAYS]
        kept = [one if one.is_stored else StoredArray.store(one.array, blocks) for one in arrays]
        return FieldPostings(self.terms.stored(blocks), self.text_count, self.length_sum, *kept)

    def descriptor(self) -> list[Any]:
        """What `read` makes it from again."""
        arrays = [getattr(self, name).descriptor() for name in ARRAYS]
        return [self.terms.descriptor(), arrays, self.text_count, self.length_sum]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> FieldPostings:
        """The postings that a descriptor tells of."""
        terms, arrays, text_count, length_sum = descriptor
        read = [StoredArray.read(one, blocks) for one in arrays]
        return FieldPostings(TermDictionary.read(terms, blocks), text_count, length_sum, *read)

    @property
    def bytes_count(self) -> int:
        """How many bytes it takes."""
        arrays: list[StoredArray] = [getattr(self, name) for name in ARRAYS]
        return self.terms.bytes_count + sum(one.bytes_count for one in arrays)

    def block_refs(self) -> Iterator[BlockRef]:
        """Where it stands."""
        yield from self.terms.block_refs()
        for name in ARRAYS:
            yield from getattr(self, name).block_refs()


class TextSegment:
    """Documents by number; immutable."""

    __slots__ = ("_id_array", "fields", "ids")

    def __init__(self, ids: StoredArray, fields: tuple[FieldPostings, ...]) -> None:
        self.ids = ids
        self.fields = fields
        self._id_array: IdArray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def word_count(self) -> int:
        """Words of all texts."""
        return sum(len(one.positions) for one in self.fields)

    @property
    def bytes_count(self) -> int:
        """How many bytes it takes."""
        return self.ids.bytes_count + sum(one.bytes_count for one in self.fields)

    def ids_of(self, documents: NDArray[Any]) -> IdArray:
        """The entities of some documents."""
        if self.ids.is_sequence:
            return documents.astype(np.int64) + self.ids.first
        found: IdArray = self.ids.array[documents].astype(np.int64)
        return found

    def documents_of(self, ids: IdArray) -> Int64Array:
        """The documents of those of some entities that are here; ascending if they are."""
        if self.ids.is_sequence:
            numbers: Int64Array = ids - self.ids.first
            inside: Int64Array = numbers[(numbers >= 0) & (numbers < len(self))]
            return inside
        own = self._id_array
        if own is None:
            own = self._id_array = self.ids.array.astype(np.int64, copy=False)
        if len(own) == 0:
            return np.empty(0, dtype=np.int64)
        places = own.searchsorted(ids)
        places[places == len(own)] = 0
        found: Int64Array = places[own[places] == ids]
        return found

    def stored(self, blocks: BlockFile) -> TextSegment:
        """A copy in a file; shares what is in it already."""
        ids = self.ids if self.ids.is_stored else store_ids(self.ids.array, blocks)
        return TextSegment(ids, tuple(one.stored(blocks) for one in self.fields))

    @property
    def is_stored(self) -> bool:
        """Can it be described?"""
        # Consecutive ids can be, even in memory: ask the rest, too.
        return self.ids.is_stored and all(one.is_stored for one in self.fields)

    def descriptor(self) -> list[Any]:
        """What `read` makes it from again; plain values."""
        return [self.ids.descriptor(), [one.descriptor() for one in self.fields]]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> TextSegment:
        """The segment that a descriptor tells of; reads nothing yet."""
        ids, fields = descriptor
        return TextSegment(
            StoredArray.read(ids, blocks), tuple(FieldPostings.read(one, blocks) for one in fields)
        )

    def block_refs(self) -> Iterator[BlockRef]:
        """Where it stands."""
        yield from self.ids.block_refs()
        for one in self.fields:
            yield from one.block_refs()


def store_ids(ids: NDArray[Any], blocks: BlockFile | None) -> StoredArray:
    """Ascending ids; nothing is stored where they are consecutive."""
    count = len(ids)
    if count and int(ids[-1]) - int(ids[0]) == count - 1:
        return StoredArray.sequence(int(ids[0]), count)
    narrow = ids.astype(np.uint32) if count and int(ids[-1]) <= 0xFFFF_FFFF else ids
    return StoredArray.store(narrow, blocks)


def ragged(starts: NDArray[Any], stops: NDArray[Any]) -> Int64Array:
    """``[starts[0] .. stops[0], starts[1] .. stops[1], ...]``, ends exclusive, as one array."""
    low = starts.astype(np.int64)
    counts = stops.astype(np.int64) - low
    total = int(counts.sum())
    places = np.arange(total, dtype=np.int64)
    places += np.repeat(low - (np.cumsum(counts) - counts), counts)
    return places
