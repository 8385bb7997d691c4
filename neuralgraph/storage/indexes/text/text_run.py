"""TextRun: a full-text index over the base, as a handful of segments; each fold adds one.

    segment 0   100,000 documents, 212 of them gone
    segment 1     3,000 documents
    segment 2        40 documents

A fold writes the documents that changed as a new segment, and notes which documents of older ones are gone.
When a segment is not much larger than the one after it, they are merged; when half of it is gone, it is
written anew. So every document is rewritten a few times in its life, and a search looks at few segments.

Documents whose analyzer is not there when they are folded, such as one that this program did not register,
wait as ids: searches and later folds that have it read their texts.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access.reader import never_stopped
from neuralgraph.access.search import TextQuery, best_hits
from neuralgraph.errors import NeuralGraphError, QueryArgumentError
from neuralgraph.storage.indexes.search_run import NO_OVERLAY, Overlay, SearchSource
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.indexes.text.corpus import Corpus, CorpusPart, FieldStatistics
from neuralgraph.storage.indexes.text.query_scorers import ScorerMaker
from neuralgraph.storage.indexes.text.segment_building import (
    build_segment,
    documents_of,
    merge_segments,
)
from neuralgraph.storage.indexes.text.term_counts import count_terms
from neuralgraph.storage.indexes.text.text_segment import TextSegment, store_ids
from neuralgraph.storage.indexes.text.text_settings import PLAIN_QUERY, QuerySettings, TextSettings
from neuralgraph.text import analyzer_named
from neuralgraph.text.query_parser import parse_text_query
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from neuralgraph.access import (
        IndexDefinition,
        SearchHits,
        SearchQuery,
        TermCount,
        TermRequest,
    )
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.storage.indexes.search_run import Read
    from neuralgraph.storage.indexes.text.scorers import Scored
    from neuralgraph.text.analyzers import Analyzer
    from neuralgraph.values import IdArray

_GROWTH: Final = 3
_MERGED_WORDS_MAX: Final = 1 << 25
"""Longer segments are not merged any more: a merge has them in memory."""


@record
class Stretch:
    """A segment of a run, and which of its documents are gone (ascending)."""

    segment: TextSegment
    gone: StoredArray

    def living_count(self) -> int:
        """How many documents are left."""
        return len(self.segment) - len(self.gone)

    def part(self) -> CorpusPart:
        """As a part of a corpus."""
        gone = self.gone.array.astype(np.int64)
        return CorpusPart(self.segment).without(gone)


_WAITING_MIN: Final = 1_000
"""So many texts that are not analysed yet ask for a checkpoint."""


class TextRun:
    """Implements `SearchRun`."""

    __slots__ = ("_latch", "_parts", "_settings", "_statistics", "_waiting_part", "built_txid",
                 "definition", "stretches", "waiting")  # fmt: skip

    def __init__(
        self,
        definition: IndexDefinition,
        stretches: Sequence[Stretch],
        waiting: StoredArray,
        built_txid: int = 0,
    ) -> None:
        """Make one.

        Args:
            definition: of the index.
            stretches: no entity lives in two of them.
            waiting: ids, ascending, of entities that are not analysed yet.
            built_txid: of the last commit that is in it; 0: unknown.
        """
        self.definition = definition
        self.stretches = tuple(stretches)
        self.waiting = waiting
        self.built_txid = built_txid
        self._settings = TextSettings.of(definition)
        self._parts: list[CorpusPart] | None = None
        self._waiting_part: CorpusPart | None = None
        self._statistics: dict[int, FieldStatistics] = {}
        self._latch = threading.Lock()

    @property
    def is_stored(self) -> bool:
        """See `SearchRun`."""
        return self.waiting.is_stored and all(
            stretch.segment.is_stored and stretch.gone.is_stored for stretch in self.stretches
        )

    @property
    def is_unfinished(self) -> bool:
        """See `SearchRun`."""
        return len(self.waiting) >= _WAITING_MIN

    def facts(self, overlay: Overlay = NO_OVERLAY) -> dict[str, Any]:
        """See `SearchRun`."""
        rows = sum(len(fresh.ids) for fresh in overlay.fresh)
        for stretch in self.stretches:
            documents = stretch.segment.documents_of(overlay.hidden)
            rows += stretch.part().without(documents).living_count
        waiting = self.waiting.array
        rows += len(waiting) - int(np.count_nonzero(np.isin(waiting, overlay.hidden)))
        held = len(self)
        return {
            "rows": rows,
            "indexedRows": held - len(waiting),
            "builtTxid": self.built_txid,
            "bytes": sum(stretch.segment.bytes_count for stretch in self.stretches),
            "progress": 1.0 - len(waiting) / held if self.is_unfinished else 1.0,
            "failure": self._settings.failure(),
        }

    def __len__(self) -> int:
        return len(self.waiting) + sum(stretch.living_count() for stretch in self.stretches)

    # ── searching ─────────────────────────────────────────────────────────────────────────────

    def search(
        self,
        query: SearchQuery,
        limit: int,
        overlay: Overlay,
        within: IdArray | None,
        read: Read,
        check: Callable[[], object] = never_stopped,
    ) -> SearchHits:
        """See `SearchRun`."""
        if not isinstance(query, TextQuery):
            raise QueryArgumentError(
                f"the full-text index {self._settings.name} is asked for a text"
            )
        settings = self._query_settings(query)
        keys = self._settings.keys
        tree = parse_text_query(query.text, needs_all=settings.needs_all, fields=keys)
        analyzer = self._settings.analyzer()
        if settings.analyzer_name is not None:
            analyzer = analyzer_named(settings.analyzer_name)
        corpus = self.corpus(overlay, read, check)
        scorer = ScorerMaker(corpus, self._settings, settings, analyzer).make(tree)
        ids: list[IdArray] = [NO_IDS]
        scores: list[Any] = [np.empty(0, dtype=np.float64)]
        if scorer is not None and limit > 0:
            for place, part in enumerate(corpus.parts):
                found = scorer.score(place)
                own, their = _best_of(part, found, limit, within)
                ids.append(own)
                scores.append(their)
        return best_hits(np.concatenate(ids), np.concatenate(scores), limit)

    def path(self, limit: int, overlay: Overlay, candidates: int | None, *, exact: bool) -> str:
        """See `SearchRun`."""
        del limit, exact
        fresh = sum(len(one.ids) for one in overlay.fresh)
        words = f"reads the postings of each term among {len(self):,} texts"
        if fresh:
            words += f" and {fresh:,} that changed since the last checkpoint"
        return words if candidates is None else f"{words}, and keeps those of {candidates:,}"

    def terms(self, request: TermRequest, overlay: Overlay, read: Read) -> Sequence[TermCount]:
        """See `TermSource`."""
        return count_terms(self.corpus(overlay, read), self._settings.keys, request)

    def _query_settings(self, query: TextQuery) -> QuerySettings:
        return (
            QuerySettings.of(query.options, self._settings.keys) if query.options else PLAIN_QUERY
        )

    def corpus(
        self, overlay: Overlay, read: Read, check: Callable[[], object] = never_stopped
    ) -> Corpus:
        """What a snapshot sees; `check` as in `search`."""
        parts = self._own_parts(read)
        if not len(overlay.hidden) and not overlay.fresh:
            return Corpus(parts, self._statistics, check=check)
        if len(overlay.hidden):
            parts = [part.without(part.segment.documents_of(overlay.hidden)) for part in parts]
        for fresh in overlay.fresh:
            if len(fresh.places):
                parts = [*parts, *fresh.entries.parts(fresh.places)]
        return Corpus(parts, check=check)

    def _own_parts(self, read: Read) -> list[CorpusPart]:
        parts = self._parts
        if parts is None:
            parts = self._parts = [stretch.part() for stretch in self.stretches]
        if not len(self.waiting):
            return parts
        with self._latch:
            if self._waiting_part is None:
                ids = self.waiting.array.astype(np.int64)
                analyzers = self._analyzers(self._settings.analyzer())
                made = [
                    (build_segment(documents, analyzers, None), None)
                    for documents, _ in documents_of(SearchSource(ids, read))
                ]
                self._waiting_part = CorpusPart(merge_segments(made, None))
        return [*parts, self._waiting_part]

    def _analyzers(self, analyzer: Analyzer) -> list[Analyzer]:
        return [analyzer] * len(self._settings.keys)

    # ── folding ───────────────────────────────────────────────────────────────────────────────

    def changed(self, hidden: IdArray, source: SearchSource, blocks: BlockFile | None) -> TextRun:
        """See `SearchRun`."""
        stretches = [_without(stretch, hidden, blocks) for stretch in self.stretches]
        waiting = self.waiting.array.astype(np.int64)
        if len(waiting):
            waiting = waiting[np.isin(waiting, hidden, assume_unique=True, invert=True)]
        waiting = np.union1d(waiting, source.ids) if len(waiting) else source.ids
        made, left = self._analysed(SearchSource(waiting, source.read), blocks)
        merged = _settled([*stretches, *made], blocks)
        if blocks is not None:
            merged = [_stored(stretch, blocks) for stretch in merged]
        return TextRun(self.definition, merged, store_ids(left, blocks), source.txid)

    def _analysed(
        self, source: SearchSource, blocks: BlockFile | None
    ) -> tuple[list[Stretch], IdArray]:
        """Segments of a source; and those of its entities that cannot be analysed now."""
        analyzer = self._settings.analyzer_or_none()
        if analyzer is None:
            return [], source.ids
        analyzers = self._analyzers(analyzer)
        made: list[Stretch] = []
        try:
            for documents, rows in documents_of(source):
                if len(rows):
                    segment = build_segment(documents, analyzers, blocks)
                    made.append(Stretch(segment, StoredArray.store(NO_IDS, blocks)))
        except QueryArgumentError:
            # An analyzer of the user's that fails must not keep a checkpoint from its work; a search tells.
            return [], source.ids
        return made, NO_IDS

    # ── stored form ───────────────────────────────────────────────────────────────────────────

    def problems(self, source: SearchSource) -> Iterator[str]:
        """See `SearchRun`."""
        if self._settings.analyzer_or_none() is None:
            return
        for stretch in self.stretches:
            for key, field in zip(self._settings.keys, stretch.segment.fields, strict=True):
                lengths = field.lengths.array
                counted = int(np.count_nonzero(lengths)), int(lengths.sum())
                if counted != (field.text_count, field.length_sum):
                    yield f"counts the words of {key} wrong"
        empty = TextRun(self.definition, (), self.waiting)
        try:
            expected = empty.changed(NO_IDS, source, None).whole(source.read)
            actual = self.whole(source.read)
        except NeuralGraphError as error:
            yield f"cannot be compared with the texts: {error}"
            return
        if actual is None or expected is None:
            if actual is not expected:
                yield f"has {len(self)} entities; it should have {len(source.ids)} at most"
            return
        if not np.array_equal(actual.ids.array, expected.ids.array):
            differing = np.setxor1d(actual.ids.array, expected.ids.array)[:5].tolist()
            yield f"does not have the entities that it should: {differing} differ"
            return
        for key, one, other in zip(
            self._settings.keys, actual.fields, expected.fields, strict=True
        ):
            if not one.equals(other):
                yield f"has other terms of {key} than the texts"

    def whole(self, read: Read) -> TextSegment | None:
        """All that it holds, in one segment in memory; None if that is nothing."""
        living = [(part.segment, part.alive) for part in self._own_parts(read) if part.living_count]
        return merge_segments(living, None) if living else None

    def descriptor(self) -> Any:
        """See `SearchRun`."""
        return [
            [[one.segment.descriptor(), one.gone.descriptor()] for one in self.stretches],
            self.waiting.descriptor(),
            self.built_txid,
        ]

    def block_refs(self) -> Iterator[BlockRef]:
        """See `SearchRun`."""
        for stretch in self.stretches:
            yield from stretch.segment.block_refs()
            yield from stretch.gone.block_refs()
        yield from self.waiting.block_refs()


def build_text_run(
    definition: IndexDefinition, source: SearchSource, blocks: BlockFile | None
) -> TextRun:
    """A run over all of a source; see `SearchKind.build`."""
    empty = TextRun(definition, (), StoredArray.store(NO_IDS, blocks))
    return empty.changed(NO_IDS, source, blocks)


def read_text_run(definition: IndexDefinition, descriptor: Any, blocks: BlockFile) -> TextRun:
    """The run that a descriptor tells of; see `SearchKind.read`."""
    stretches, waiting, *more = descriptor
    return TextRun(
        definition,
        [
            Stretch(TextSegment.read(segment, blocks), StoredArray.read(gone, blocks))
            for segment, gone in stretches
        ],
        StoredArray.read(waiting, blocks),
        *more,
    )


def _best_of(
    part: CorpusPart, found: Scored, limit: int, within: IdArray | None
) -> tuple[IdArray, Any]:
    """Ids and scores of what was found in a part; no more than may be among the best."""
    documents, scores = found
    if within is not None:
        ids = part.segment.ids_of(documents)
        keep = np.isin(ids, within, assume_unique=True)
        documents, scores = documents[keep], scores[keep]
    if len(documents) > limit:
        last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        rows = np.flatnonzero(scores >= last)
        documents, scores = documents[rows], scores[rows]
    return part.segment.ids_of(documents), scores


def _without(stretch: Stretch, hidden: IdArray, blocks: BlockFile | None) -> Stretch:
    gone = stretch.segment.documents_of(hidden)
    if len(gone) == 0:
        return stretch
    every = np.union1d(stretch.gone.array.astype(np.int64), gone)
    return Stretch(stretch.segment, StoredArray.store(narrowest(every), blocks))


def _settled(stretches: Sequence[Stretch], blocks: BlockFile | None) -> list[Stretch]:
    """Few stretches, each much larger than the next; without those that nobody lives in."""
    settled: list[Stretch] = []
    for stretch in stretches:
        if stretch.living_count() == 0:
            continue
        settled.append(stretch)
        while len(settled) > 1 and _belong_together(settled[-2], settled[-1]):
            settled[-2:] = [_merged(settled[-2:], blocks)]
    return [
        _merged([one], blocks) if 2 * len(one.gone) > len(one.segment) else one for one in settled
    ]


def _belong_together(one: Stretch, other: Stretch) -> bool:
    first, second = one.living_count(), other.living_count()
    words = one.segment.word_count + other.segment.word_count
    return first < _GROWTH * second and words <= _MERGED_WORDS_MAX


def _merged(stretches: Sequence[Stretch], blocks: BlockFile | None) -> Stretch:
    parts = [stretch.part() for stretch in stretches]
    segment = merge_segments([(part.segment, part.alive) for part in parts], blocks)
    return Stretch(segment, StoredArray.store(NO_IDS, blocks))


def _stored(stretch: Stretch, blocks: BlockFile) -> Stretch:
    """A copy in a file; shares what is in it already."""
    gone = stretch.gone
    if not gone.is_stored:
        gone = StoredArray.store(gone.array, blocks)
    segment = stretch.segment
    return Stretch(segment if segment.is_stored else segment.stored(blocks), gone)
