"""VectorRun: a vector index over the base: one large part, a small one of what came later, and what is gone.

    main    most vectors; in a faiss index when there are many
    tail    what checkpoints and loads added since it was made; compared one by one
    dead    ids of the main part that no longer count

A checkpoint writes the tail anew, and the main part only when tail and dead have grown to a share of it: so
what it costs goes with what changed. The same rule builds the index after CREATE INDEX, which itself only
gathers the vectors: until then all of them are in the tail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access.reader import never_stopped
from neuralgraph.access.search import VectorQuery, best_hits
from neuralgraph.access.vectors import VectorSettings, scores_of, vectors_of
from neuralgraph.errors import OptionError, QueryArgumentError
from neuralgraph.storage.indexes.search_run import NO_OVERLAY, Overlay
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.indexes.vector import faiss_library
from neuralgraph.storage.indexes.vector.scoring import prepared, prepared_one
from neuralgraph.storage.indexes.vector.vector_part import Sought, VectorPart
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.access import IndexDefinition, SearchHits, SearchQuery
    from neuralgraph.access.vectors import VectorKindName
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.storage.indexes.search_run import Read, SearchSource
    from neuralgraph.storage.indexes.vector.fresh_vectors import FreshVectors
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Float32Array, Float64Array, Int64Array

_LOOSE_MIN: Final = 1_000
_LOOSE_SHARE: Final = 4
"""The main part is made anew when more than a fourth of it (and more than 1,000) lies outside or is dead."""
_READ_ROWS: Final = 65_536


class VectorRun:
    """Implements `SearchRun`.

    Attributes:
        built_txid: of the last commit that was there when the main part was made; the tail, without one.
        progress: how far the making of the main part is that goes on, from 0 to 1; else 1.
    """

    __slots__ = ("_dead", "_main", "_settings", "_tail", "built_txid", "definition", "progress")

    def __init__(
        self,
        definition: IndexDefinition,
        main: VectorPart,
        tail: VectorPart,
        dead: StoredArray,
        built_txid: int,
    ) -> None:
        self.definition = definition
        self.built_txid = built_txid
        self._settings = VectorSettings.of(definition)
        self._main = main
        self._tail = tail
        self._dead = dead
        self.progress = 0.0 if self.is_unfinished else 1.0

    @property
    def is_stored(self) -> bool:
        """See `SearchRun`."""
        return self._main.is_stored and self._tail.is_stored and self._dead.is_stored

    @property
    def is_unfinished(self) -> bool:
        """Is there so much outside the main part that the next checkpoint makes it anew?"""
        loose = len(self._tail) + len(self._dead)
        return self._is_overdue or loose > max(_LOOSE_MIN, len(self._main) // _LOOSE_SHARE)

    @property
    def _is_overdue(self) -> bool:
        """Was the main part made where faiss was not installed, though it should be in an index of faiss?"""
        main = self._main
        if main.has_index or len(main) < _LOOSE_MIN:
            return False
        return _is_for_faiss(self._settings, len(main)) and faiss_library.is_there()

    @property
    def _is_flat(self) -> bool:
        """Are all vectors searched alike, wherever they are?"""
        return self._main.kind == "flat" and not self.is_unfinished

    def __len__(self) -> int:
        return len(self._main) + len(self._tail) - len(self._dead)

    def facts(self, overlay: Overlay = NO_OVERLAY) -> dict[str, Any]:
        """See `SearchRun`."""
        settings = self._settings
        rows = len(self) + sum(len(fresh.ids) for fresh in overlay.fresh)
        if len(overlay.hidden):
            gone = np.union1d(self._main.rows_of(overlay.hidden), self._dead_rows())
            rows -= len(gone) - len(self._dead) + len(self._tail.rows_of(overlay.hidden))
        return {
            "rows": rows,
            "indexedRows": len(self) if self._is_flat else len(self._main) - len(self._dead),
            "kind": self._main.kind,
            "quantization": settings.quantization if self._main.has_index else "none",
            "builtTxid": self.built_txid,
            "bytes": self._main.bytes_count() + self._tail.bytes_count(),
            # Whole only when it is published: then another run has it.
            "progress": min(self.progress, 0.99) if self.is_unfinished else 1.0,
        }

    def _dead_rows(self) -> Int64Array:
        return self._main.rows_of(self._dead.array.astype(np.int64))

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
        """See `SearchRun`.

        Raises:
            OptionError: the index is searched by faiss, which is not installed.
        """
        check()
        settings = self._settings
        if not isinstance(query, VectorQuery):
            raise QueryArgumentError(f"the vector index {settings.name} is asked for a vector")
        vector = np.asarray(query.vector, dtype=np.float32)
        settings.check(vector)
        if not query.exact:
            self._check_library()
        ready = prepared_one(settings, vector)
        sought = Sought(settings, vector, ready, limit, query.exact, query.effort, read)
        found: list[tuple[IdArray, Float64Array]] = []
        for part, gone in ((self._main, self._dead.array), (self._tail, NO_IDS)):
            if len(part):
                hidden = part.rows_of(overlay.hidden)
                if len(gone):
                    hidden = np.union1d(hidden, part.rows_of(gone.astype(np.int64)))
                inside = None if within is None else part.rows_of(within)
                found.append(part.search(sought, hidden, inside))
        for fresh in overlay.fresh:
            places, ids = fresh.places, fresh.ids
            if within is not None:
                counts = np.isin(ids, within, assume_unique=True)
                places, ids = places[counts], ids[counts]
            if len(ids):
                found.append((ids, _scores(settings, fresh.entries, places, vector)))
        if not found:
            return best_hits(NO_IDS, np.zeros(0, dtype=np.float64), limit)
        if len(found) == 1:
            return best_hits(*found[0], limit)
        ids, scores = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
        return best_hits(ids, scores, limit)

    def _check_library(self) -> None:
        """Is faiss there, if it was asked for or made the index? Else all would be compared in silence."""
        settings = self._settings
        if not (self._main.has_index or settings.kind != "auto" or settings.quantization != "none"):
            return
        if _is_for_faiss(settings, len(self)) and not faiss_library.is_there():
            raise OptionError(
                f"the vector index {settings.name} is searched by faiss, which is not installed:"
                " pip install 'neuralgraphdb[search]'; neural.search with {exact: true} compares with all"
                " vectors instead"
            )

    def path(self, limit: int, overlay: Overlay, candidates: int | None, *, exact: bool) -> str:
        """See `SearchRun`."""
        none = np.zeros(0, dtype=np.float32)
        sought = Sought(self._settings, none, none, limit, exact, 0, lambda _ids: ())
        ways = []
        part, left = self._main, len(self._main) - len(self._dead)
        if not left and not self.is_unfinished:
            part, left = self._tail, len(self._tail)
        elif len(self._tail):
            ways.append(f"compares {len(self._tail):,} vectors that it does not have yet")
        if left:
            is_narrowed = candidates is not None
            left = left if candidates is None else max(1, min(candidates, left))
            ways.insert(0, part.way_in_words(sought, left, is_narrowed=is_narrowed))
        fresh = sum(len(one.ids) for one in overlay.fresh)
        if fresh:
            ways.append(f"compares {fresh:,} that changed since the last checkpoint")
        return ", and ".join(ways) or "there are no vectors"

    # ── the next one ──────────────────────────────────────────────────────────────────────────

    def changed(self, hidden: IdArray, source: SearchSource, blocks: BlockFile | None) -> VectorRun:
        """See `SearchRun`."""
        settings = self._settings
        mask, fresh = vectors_of(source.read(source.ids)[0], settings)
        fresh_ids = source.ids[mask]
        tail, dead = self._tail, self._dead.array.astype(np.int64)
        died = self._main.ids[self._main.rows_of(hidden)]
        kept = np.ones(len(tail), dtype=np.bool_)
        kept[tail.rows_of(hidden)] = False
        is_same = not len(fresh_ids) and len(dead) == len(np.union1d(dead, died)) and kept.all()
        is_done = blocks is None or (self.is_stored and not self.is_unfinished)
        if is_same and is_done:
            return self
        dead = np.union1d(dead, died)
        loose = int(kept.sum()) + len(fresh_ids) + len(dead)
        main = self._main
        is_due = self._is_overdue or loose > max(_LOOSE_MIN, len(main) // _LOOSE_SHARE)
        if blocks is not None and is_due:
            live = np.isin(main.ids, dead, assume_unique=True, invert=True)
            ids = np.sort(np.concatenate([main.ids[live], tail.ids[kept], fresh_ids]))
            vectors = fresh if len(ids) == len(fresh) else _gathered(settings, ids, source.read)
            return self._whole(ids, vectors, blocks, source.txid)
        # What is kept of the tail is read again: the part may have it in another form.
        ids = np.sort(np.concatenate([tail.ids[kept], fresh_ids]))
        vectors = fresh if len(ids) == len(fresh) else _gathered(settings, ids, source.read)
        flat = _flat(settings)
        # In memory there is nothing in the main part.
        main = main if len(main) else _empty(settings, blocks)
        return VectorRun(
            self.definition,
            main,
            VectorPart.of(flat, ids, vectors, blocks),
            StoredArray.store(narrowest(dead), blocks),
            self.built_txid if len(main) else source.txid,
        )

    def _whole(
        self, ids: IdArray, vectors: Float32Array, blocks: BlockFile, txid: int
    ) -> VectorRun:
        """All in a new main part."""
        settings = self._settings
        kind: VectorKindName = settings.kind_for(len(ids))
        is_indexed = len(ids) >= _LOOSE_MIN and _is_for_faiss(settings, len(ids))
        if not is_indexed or not faiss_library.is_there():
            kind, settings = "flat", _flat(settings)
        main = VectorPart.of(
            settings, ids, vectors, blocks, kind=kind, progress=self._note_progress
        )
        return VectorRun(self.definition, main, _empty(settings, blocks), _nobody(blocks), txid)

    def _note_progress(self, share: float) -> None:
        self.progress = share

    def problems(self, source: SearchSource) -> Iterator[str]:
        """See `SearchRun`."""
        settings = self._settings
        mask, vectors = vectors_of(source.read(source.ids)[0], settings)
        wanted = source.ids[mask]
        main, tail = self._main, self._tail
        dead = self._dead.array.astype(np.int64)
        live = np.isin(main.ids, dead, assume_unique=True, invert=True)
        if not np.isin(dead, main.ids).all():
            yield "has entities that went, and that it never had"
        held = np.sort(np.concatenate([main.ids[live], tail.ids]))
        if not np.array_equal(wanted, held):
            differing = np.setxor1d(wanted, held)[:5].tolist()
            yield f"does not have the entities that it should: {differing} differ"
            return
        if main.index_rows() != len(main):
            yield f"has {main.index_rows()} vectors in its index for {len(main)} entities"
        ready, _ = prepared(settings, vectors)
        for part, rows in ((main, np.flatnonzero(live)), (tail, np.arange(len(tail)))):
            places = wanted.searchsorted(part.ids[rows])
            if part.is_verbatim and not np.array_equal(ready[places], vectors[places]):
                yield "says that its vectors are those of the data as they are"
            matrix = part.matrix(settings.dimension) if len(part) else None
            if matrix is not None:
                expected = ready[places]
                if not np.allclose(matrix[rows], expected, rtol=1e-5, atol=1e-7):
                    yield "has other vectors than the data"

    # ── as bytes ──────────────────────────────────────────────────────────────────────────────

    def descriptor(self) -> Any:
        """See `SearchRun`."""
        return {
            "main": self._main.descriptor(),
            "tail": self._tail.descriptor(),
            "dead": self._dead.descriptor(),
            "txid": self.built_txid,
        }

    def block_refs(self) -> Iterator[BlockRef]:
        """See `SearchRun`."""
        yield from self._main.block_refs()
        yield from self._tail.block_refs()
        yield from self._dead.block_refs()


def build_vector_run(
    definition: IndexDefinition, source: SearchSource, blocks: BlockFile | None
) -> VectorRun:
    """See `SearchKind.build`."""
    settings = VectorSettings.of(definition)
    run = VectorRun(definition, _empty(settings, None), _empty(settings, None), _nobody(None), 0)
    return run.changed(NO_IDS, source, blocks)


def read_vector_run(definition: IndexDefinition, descriptor: Any, blocks: BlockFile) -> VectorRun:
    """See `SearchKind.read`."""
    return VectorRun(
        definition,
        VectorPart.read(descriptor["main"], blocks),
        VectorPart.read(descriptor["tail"], blocks),
        StoredArray.read(descriptor["dead"], blocks),
        descriptor.get("txid", 0),
    )


def _scores(
    settings: VectorSettings, entries: FreshVectors, places: IdArray, vector: Float32Array
) -> Float64Array:
    return scores_of(settings.metric, entries.take(places), vector)


def _is_for_faiss(settings: VectorSettings, rows: int) -> bool:
    """Are so many vectors to be in an index of faiss?"""
    return settings.quantization != "none" or settings.kind_for(rows) != "flat"


def _flat(settings: VectorSettings) -> VectorSettings:
    """The same index, with whole vectors."""
    if settings.quantization == "none":
        return settings
    return VectorSettings(settings.name, settings.dimension, settings.metric)


def _gathered(settings: VectorSettings, ids: IdArray, read: Read) -> Float32Array:
    """The vectors of entities, as they are stored."""
    pieces: list[Float32Array] = [np.zeros((0, settings.dimension), dtype=np.float32)]
    for start in range(0, len(ids), _READ_ROWS):
        mask, vectors = vectors_of(read(ids[start : start + _READ_ROWS])[0], settings)
        assert mask.all(), "what an index holds can be read"
        pieces.append(vectors)
    return pieces[1] if len(pieces) == 2 else np.concatenate(pieces)


def _empty(settings: VectorSettings, blocks: BlockFile | None) -> VectorPart:
    none = np.zeros((0, settings.dimension), dtype=np.float32)
    return VectorPart.of(_flat(settings), NO_IDS, none, blocks)


def _nobody(blocks: BlockFile | None) -> StoredArray:
    return StoredArray.store(NO_IDS, blocks)
