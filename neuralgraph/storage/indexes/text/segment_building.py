"""Segments from texts, and one segment from several.

Texts are numbered (see `text.analyzers`): a token is a term, a document and a position. One stable sort by
term brings tokens into the order of postings, as they come in order of documents and positions already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.disk.segments.parts import narrowed
from neuralgraph.storage.indexes.sorting import sort_pairs, sort_stably
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.indexes.text.term_dictionary import TermDictionary
from neuralgraph.storage.indexes.text.text_segment import (
    FieldPostings,
    TextSegment,
    ragged,
    store_ids,
)
from neuralgraph.text.analyzers import ITEM_BREAK
from neuralgraph.text.tokens import TermNumbers
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import SearchSource
    from neuralgraph.text.analyzers import Analyzer
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array, MaskArray

DOCUMENTS_AT_ONCE: Final = 1 << 18
CHARACTERS_AT_ONCE: Final = 1 << 25
"""Documents, and characters of their texts, that are in memory together, and that a segment begins with."""

_READ_AT_ONCE: Final = 1 << 13


@record
class TextDocuments:
    """Entities with some text.

    Attributes:
        ids: ascending.
        texts: for each field, the text of each entity; empty where it has none.
    """

    ids: IdArray
    texts: tuple[list[str], ...]


def documents_of(source: SearchSource) -> Iterator[tuple[TextDocuments, Int64Array]]:
    """The entities of a source that have text, a bounded part at a time; and their places in the source."""
    places: list[Int64Array] = []
    texts: tuple[list[str], ...] = ()
    characters = 0
    for start in range(0, len(source.ids), _READ_AT_ONCE):
        rows, found = _some_documents(source, start)
        places.append(rows)
        if texts:
            for held, more in zip(texts, found, strict=True):
                held.extend(more)
        else:
            texts = found
        characters += sum(sum(map(len, one)) for one in found)
        if characters >= CHARACTERS_AT_ONCE or len(texts[0]) >= DOCUMENTS_AT_ONCE:
            yield _gathered(source, places, texts)
            places, texts, characters = [], (), 0
    if texts:
        yield _gathered(source, places, texts)


def _gathered(
    source: SearchSource, places: list[Int64Array], texts: tuple[list[str], ...]
) -> tuple[TextDocuments, Int64Array]:
    rows = np.concatenate(places)
    return TextDocuments(source.ids[rows], texts), rows


def _some_documents(source: SearchSource, start: int) -> tuple[Int64Array, tuple[list[str], ...]]:
    """Places and texts of those that have any, among the next entities of a source."""
    ids = source.ids[start : start + _READ_AT_ONCE]
    columns = source.read(ids)
    values = [[_text_of(value) for value in column.to_values()] for column in columns]
    has_text = np.zeros(len(ids), dtype=np.bool_)
    for texts in values:
        has_text |= np.fromiter((text is not None for text in texts), np.bool_, len(ids))
    rows = np.flatnonzero(has_text)
    if len(rows) < len(ids):
        chosen = rows.tolist()
        values = [[texts[row] for row in chosen] for texts in values]
    return rows + start, tuple([text or "" for text in one] for one in values)


def _text_of(value: Any) -> str | None:
    """A string, or a list of strings as one text; None for all else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        items = [item for item in value if isinstance(item, str)]
        if items:
            return ITEM_BREAK.join(items)
    return None


# ── from texts ────────────────────────────────────────────────────────────────────────────────


def build_segment(
    documents: TextDocuments, analyzers: Sequence[Analyzer], blocks: BlockFile | None
) -> TextSegment:
    """The segment of some documents; in memory without `blocks`."""
    count = len(documents.ids)
    fields = tuple(
        _analysed(texts, analyzer, count, blocks)
        for texts, analyzer in zip(documents.texts, analyzers, strict=True)
    )
    return TextSegment(store_ids(documents.ids, blocks), fields)


def _analysed(
    texts: Sequence[str], analyzer: Analyzer, count: int, blocks: BlockFile | None
) -> FieldPostings:
    numbers = TermNumbers()
    encoded = analyzer.encode(texts, numbers)
    terms = list(numbers)
    order = sorted(range(len(terms)), key=terms.__getitem__)
    ranks = np.empty(len(terms), dtype=np.int32)
    ranks[order] = np.arange(len(terms), dtype=np.int32)
    codes = ranks[encoded.numbers]
    by_term = sort_stably(codes)
    codes = codes[by_term]
    documents = encoded.rows[by_term]
    is_first = np.ones(len(codes), dtype=np.bool_)
    np.not_equal(codes[1:], codes[:-1], out=is_first[1:])
    is_first[1:] |= documents[1:] != documents[:-1]
    firsts = np.flatnonzero(is_first)
    postings = _Postings(
        codes[firsts],
        documents[firsts],
        np.diff(firsts, append=len(codes)),
        encoded.positions[by_term],
    )
    lengths = encoded.lengths if len(encoded.lengths) else np.zeros(count, dtype=np.int64)
    return _stored_field([terms[number] for number in order], postings, lengths, blocks)


@record
class _Postings:
    """Postings in order of (term, document); `codes` are the terms' numbers."""

    codes: NDArray[Any]
    documents: NDArray[Any]
    frequencies: NDArray[Any]
    positions: NDArray[Any]


def _stored_field(
    terms: Sequence[str], postings: _Postings, lengths: Int64Array, blocks: BlockFile | None
) -> FieldPostings:
    numbers = np.arange(len(terms) + 1)
    posting_starts = postings.codes.searchsorted(numbers)
    before = np.concatenate(([0], np.cumsum(postings.frequencies)))
    arrays = (
        posting_starts,
        postings.documents,
        postings.frequencies,
        before[posting_starts],
        postings.positions,
        lengths,
    )
    stored = [StoredArray.store(narrowed(array)[1], blocks) for array in arrays]
    dictionary = TermDictionary.of(terms, blocks)
    return FieldPostings(dictionary, int(np.count_nonzero(lengths)), int(lengths.sum()), *stored)


# ── from segments ─────────────────────────────────────────────────────────────────────────────


def merge_segments(
    parts: Sequence[tuple[TextSegment, MaskArray | None]], blocks: BlockFile | None
) -> TextSegment:
    """One segment of what lives in several; no entity lives in two.

    Args:
        parts: each with a mask of the documents that live; None: all.
        blocks: where to write; without, it stays in memory.
    """
    ids: list[IdArray] = []
    for segment, alive in parts:
        numbers = np.arange(len(segment)) if alive is None else np.flatnonzero(alive)
        ids.append(segment.ids_of(numbers))
    every = np.concatenate(ids)
    order = np.argsort(every, kind="stable")
    new_numbers = np.empty(len(every), dtype=np.int64)
    new_numbers[order] = np.arange(len(every))
    renumbered: list[Int64Array] = []
    start = 0
    for (segment, alive), own in zip(parts, ids, strict=True):
        numbers = np.full(len(segment), -1, dtype=np.int64)
        numbers[slice(None) if alive is None else alive] = new_numbers[start : start + len(own)]
        renumbered.append(numbers)
        start += len(own)
    fields = [
        _merged_field(
            [segment.fields[place] for segment, _ in parts], renumbered, len(every), blocks
        )
        for place in range(len(parts[0][0].fields))
    ]
    return TextSegment(store_ids(every[order], blocks), tuple(fields))


def _merged_field(
    fields: Sequence[FieldPostings],
    renumbered: Sequence[Int64Array],
    count: int,
    blocks: BlockFile | None,
) -> FieldPostings:
    term_lists = [field.terms.all_terms() for field in fields]
    terms = sorted(set().union(*term_lists))
    number_of = {term: number for number, term in enumerate(terms)}
    lengths = np.zeros(count, dtype=np.int64)
    pieces: list[_Postings] = []
    for field, numbers, own_terms in zip(fields, renumbered, term_lists, strict=True):
        alive = numbers >= 0
        lengths[numbers[alive]] = field.lengths.array[alive]
        codes = np.fromiter(map(number_of.__getitem__, own_terms), np.int64, len(own_terms))
        pieces.append(_living(field, codes, numbers))
    codes = np.concatenate([piece.codes for piece in pieces])
    documents = np.concatenate([piece.documents for piece in pieces])
    frequencies = np.concatenate([piece.frequencies for piece in pieces])
    positions = np.concatenate([piece.positions for piece in pieces])
    order = sort_pairs(codes, documents)
    starts = (np.cumsum(frequencies) - frequencies)[order]
    codes, frequencies = codes[order], frequencies[order]
    # Terms that nobody has any more go.
    used = np.zeros(len(terms), dtype=np.bool_)
    used[codes] = True
    shift = np.cumsum(used) - 1
    merged = _Postings(
        shift[codes],
        documents[order],
        frequencies,
        positions[ragged(starts, starts + frequencies)],
    )
    kept = [terms[number] for number in np.flatnonzero(used).tolist()]
    return _stored_field(kept, merged, lengths, blocks)


def _living(field: FieldPostings, codes: Int64Array, numbers: Int64Array) -> _Postings:
    """The postings of documents that live, with new numbers for terms and documents."""
    starts = field.posting_starts.array.astype(np.int64)
    documents = numbers[field.documents.array]
    frequencies = field.frequencies.array.astype(np.int64)
    every = np.repeat(codes, np.diff(starts))
    positions = field.positions.array
    alive = documents >= 0
    if not bool(alive.all()):
        positions = positions[np.repeat(alive, frequencies)]
        every, documents, frequencies = every[alive], documents[alive], frequencies[alive]
    return _Postings(every, documents, frequencies, positions)
