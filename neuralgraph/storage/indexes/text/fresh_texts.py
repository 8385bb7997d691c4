"""FreshTexts: the texts of entities that changed since the base, analysed once, as segments in memory.

    entry     0 .. 63   64 .. 79   80
    chunk        0          1       2       each a small segment; a document is an entry

Entries are only added. A chunk that is not much larger than the next is merged with it, so there are few of
them, and each entry is merged a few times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.indexes.text.corpus import CorpusPart
from neuralgraph.storage.indexes.text.segment_building import (
    build_segment,
    documents_of,
    merge_segments,
)
from neuralgraph.storage.indexes.text.text_segment import TextSegment
from neuralgraph.storage.indexes.text.text_settings import TextSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.indexes.search_run import SearchSource
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

_GROWTH: Final = 2


class _Chunk(NamedTuple):
    """Entries from `first` on; the ids of the segment are the entities', in any order."""

    first: int
    segment: TextSegment


class FreshTexts:
    """Implements `FreshEntries`."""

    __slots__ = ("_chunks", "_settings")

    def __init__(self, settings: TextSettings) -> None:
        self._settings = settings
        self._chunks: tuple[_Chunk, ...] = ()

    def add(self, source: SearchSource) -> Int64Array:
        """See `FreshEntries`.

        Raises:
            QueryArgumentError: the analyzer is not registered, or failed.
            OptionError: it needs packages that are not installed.
        """
        analyzers = [self._settings.analyzer()] * len(self._settings.keys)
        places = np.full(len(source.ids), -1, dtype=np.int64)
        chunks = list(self._chunks)
        for documents, rows in documents_of(source):
            if len(rows) == 0:
                continue
            first = chunks[-1].first + len(chunks[-1].segment) if chunks else 0
            made = build_segment(documents, analyzers, None)
            places[rows] = np.arange(first, first + len(rows))
            chunks.append(_Chunk(first, made))
        while len(chunks) > 1 and len(chunks[-2].segment) < _GROWTH * len(chunks[-1].segment):
            chunks[-2:] = [_merged(chunks[-2], chunks[-1])]
        self._chunks = tuple(chunks)
        return places

    def parts(self, places: Int64Array) -> Iterator[CorpusPart]:
        """Some entries, as parts of a corpus."""
        for first, segment in self._chunks:
            numbers = places - first
            numbers = numbers[(numbers >= 0) & (numbers < len(segment))]
            if len(numbers) == len(segment):
                yield CorpusPart(segment)
            elif len(numbers):
                alive = np.zeros(len(segment), dtype=np.bool_)
                alive[numbers] = True
                yield CorpusPart(segment, alive, np.flatnonzero(~alive))


def fresh_texts_of(definition: IndexDefinition) -> FreshTexts:
    """An empty store for an index; see `SearchKind.fresh`."""
    return FreshTexts(TextSettings.of(definition))


def _merged(one: _Chunk, other: _Chunk) -> _Chunk:
    # By entry, not by entity: an entity that changed twice has two entries.
    pair = [
        (
            TextSegment(
                StoredArray.sequence(chunk.first, len(chunk.segment)), chunk.segment.fields
            ),
            None,
        )
        for chunk in (one, other)
    ]
    ids = np.concatenate([_ids(one.segment), _ids(other.segment)])
    merged = merge_segments(pair, None)
    return _Chunk(one.first, TextSegment(StoredArray.in_memory(ids), merged.fields))


def _ids(segment: TextSegment) -> IdArray:
    return segment.ids_of(np.arange(len(segment)))
