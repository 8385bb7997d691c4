"""VectorPart: vectors of some entities, in order of id: whole, or in a faiss index, or both.

What is found roughly is scored by the vectors as they were stored, so that a score is the same whatever the
kind of index. They stand here, or are read from the property where the index has them otherwise: smaller, or
of length 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access.vectors import scores_of, vectors_of
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.indexes.vector import faiss_indexes, faiss_library
from neuralgraph.storage.indexes.vector.faiss_indexes import CANDIDATES, MappedIndex
from neuralgraph.storage.indexes.vector.scoring import (
    prepared,
    promising,
    rough_scores,
    slack_of,
    squared_lengths,
)
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access.vectors import VectorKindName, VectorSettings
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.storage.indexes.search_run import Read
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Float32Array, Float64Array, Int64Array, MaskArray

_READ_ROWS: Final = 16_384
_OVERFETCHED_MAX: Final = 64
"""Up to so many hidden rows are simply asked for besides."""
_EXACT_ROOTS: Final = 100
"""Among at most so many times the root of all rows, comparing each is quicker than walking for them."""
_NO_SCORES: Final = np.zeros(0, dtype=np.float64)


@record
class Sought:
    """One search of a part.

    Attributes:
        settings: of the index.
        vector: as it was given.
        ready: as the index compares it.
        limit: so many at most.
        exact: compare with all.
        effort: see `VectorQuery`.
        read: the properties of entities.
    """

    settings: VectorSettings
    vector: Float32Array
    ready: Float32Array
    limit: int
    exact: bool
    effort: int
    read: Read


class VectorPart:
    """Immutable; read by many threads.

    Args:
        kind: how it is searched.
        ids: whose vectors, ascending.
        matrix: the vectors, one after the other; None: not here.
        index: bytes of a faiss index; None: there is none.
        is_verbatim: are they here as they were stored?
    """

    __slots__ = (
        "_id_array",
        "_index",
        "_lengths",
        "_mapped",
        "_mapped_matrix",
        "_matrix",
        "_stored_ids",
        "is_verbatim",
        "kind",
    )

    def __init__(
        self,
        kind: VectorKindName,
        ids: StoredArray,
        matrix: StoredArray | None,
        index: StoredArray | None,
        *,
        is_verbatim: bool,
    ) -> None:
        self.kind = kind
        self._stored_ids = ids
        self._matrix = matrix
        self._index = index
        self.is_verbatim = is_verbatim
        self._id_array: IdArray | None = None
        self._mapped: MappedIndex | None = None
        self._mapped_matrix: Float32Array | None = None
        self._lengths: tuple[Float32Array | None, float] | None = None

    @staticmethod
    def of(
        settings: VectorSettings,
        ids: IdArray,
        vectors: Float32Array,
        blocks: BlockFile | None,
        *,
        kind: VectorKindName = "flat",
        progress: faiss_indexes.Progress = lambda _share: None,
    ) -> VectorPart:
        """Vectors (as they are stored as properties) in order of their ids."""
        ready, is_verbatim = prepared(settings, vectors)
        stored_ids = StoredArray.store(narrowest(ids), blocks)
        if kind == "flat" and settings.quantization == "none":
            flat = np.ascontiguousarray(ready, dtype=np.float32).reshape(-1)
            matrix = StoredArray.store(flat, blocks)
            return VectorPart(kind, stored_ids, matrix, None, is_verbatim=is_verbatim)
        made = faiss_indexes.make(settings, kind, ready, progress)
        index = StoredArray.store(made, blocks)
        return VectorPart(kind, stored_ids, None, index, is_verbatim=is_verbatim)

    # ── what it holds ─────────────────────────────────────────────────────────────────────────

    @property
    def ids(self) -> IdArray:
        """Whose vectors, ascending."""
        if self._id_array is None:
            self._id_array = self._stored_ids.array.astype(np.int64)
        return self._id_array

    @property
    def is_stored(self) -> bool:
        """Can it be described?"""
        return all(array.is_stored for array in self._arrays())

    def __len__(self) -> int:
        return self._stored_ids.count

    def matrix(self, dimension: int) -> Float32Array | None:
        """The vectors as they are compared; None when they are not here whole."""
        if self._matrix is not None:
            return self._matrix.array.reshape(len(self), dimension)
        if self._mapped_matrix is None:
            mapped = self._opened()
            self._mapped_matrix = None if mapped is None else mapped.matrix()
        return self._mapped_matrix

    def rows_of(self, ids: IdArray) -> Int64Array:
        """Rows of those of some ascending ids that are here."""
        own = self.ids
        if len(own) == 0 or len(ids) == 0:
            return NO_IDS
        places = own.searchsorted(ids)
        places[places == len(own)] = 0
        found: Int64Array = places[own[places] == ids]
        return found

    def index_rows(self) -> int:
        """How many vectors the faiss index has; as many as there are ids when there is none."""
        mapped = self._opened()
        return len(self) if mapped is None else mapped.rows

    def _opened(self) -> MappedIndex | None:
        if self._mapped is None and self._index is not None and faiss_library.is_there():
            self._mapped = MappedIndex(self._index.array, self.kind)
        return self._mapped

    # ── searching ─────────────────────────────────────────────────────────────────────────────

    def search(
        self, sought: Sought, hidden: Int64Array, within: Int64Array | None
    ) -> tuple[IdArray, Float64Array]:
        """Ids and scores of what may be the best, at least `limit` if there are so many.

        Args:
            sought: what.
            hidden: rows that do not count, each once.
            within: rows that count, hidden ones among them; None: all.
        """
        count = len(self)
        if count == 0:
            return NO_IDS, _NO_SCORES
        kept = None
        if within is not None:
            kept = np.zeros(count, dtype=np.bool_)
            kept[within] = True
            kept[hidden] = False
        elif len(hidden) > _OVERFETCHED_MAX:
            kept = np.ones(count, dtype=np.bool_)
            kept[hidden] = False
        left = count - len(hidden) if kept is None else int(np.count_nonzero(kept))
        if left == 0:
            return NO_IDS, _NO_SCORES
        if self._is_worth_walking(sought, left):
            found = self._walk(sought, hidden, kept, left)
            if found is not None:
                return found
        rows = None if kept is None else np.flatnonzero(kept)
        return self._compare(sought, hidden, rows)

    def _is_worth_walking(self, sought: Sought, left: int) -> bool:
        if sought.exact or self._index is None:
            return False
        return left == len(self) or left > _EXACT_ROOTS * len(self) ** 0.5

    def _walk(
        self, sought: Sought, hidden: Int64Array, kept: MaskArray | None, left: int
    ) -> tuple[IdArray, Float64Array] | None:
        """Ask the faiss index; None when it cannot say."""
        mapped = self._opened()
        if mapped is None:
            return None
        times, least = CANDIDATES[sought.settings.quantization]
        wanted = count = min(left, max(least, times * sought.limit))
        selected = kept if mapped.can_select else None
        if selected is None:
            count += len(hidden) if kept is None else int(wanted * len(self) / left)
        if count > len(self) // 4 and not mapped.can_select:
            return None
        effort = sought.effort
        if not effort and sought.settings.metric == "dot" and self.kind == "hnsw":
            # Long vectors are near to everything: a graph leads to them less surely.
            effort = 4 * faiss_indexes.EFFORT
        rows = mapped.search(sought.ready, count, effort, selected)
        if kept is not None:
            rows = rows[kept[rows]]
        elif len(hidden):
            rows = rows[np.isin(rows, hidden, invert=True)]
        if len(rows) < min(sought.limit, left):
            return None
        rows.sort()
        return self.ids[rows], self._exactly(sought, rows)

    def _compare(
        self, sought: Sought, hidden: Int64Array, rows: Int64Array | None
    ) -> tuple[IdArray, Float64Array]:
        """Compare with all vectors, or with those in some rows."""
        metric = sought.settings.metric
        matrix = self.matrix(sought.settings.dimension)
        if matrix is None:
            every = np.arange(len(self)) if rows is None else rows
            if rows is None and len(hidden):
                every = np.delete(every, hidden)
            return self.ids[every], self._exactly(sought, every)
        lengths, longest = self._known_lengths(sought.settings, matrix)
        slack = slack_of(metric, lengths, sought.ready, longest)
        if rows is not None and len(rows) * 4 < len(self):
            some = None if lengths is None else lengths[rows]
            scores = rough_scores(metric, matrix[rows], some, sought.ready)
            rows = rows[promising(scores, sought.limit, slack)]
            return self.ids[rows], self._exactly(sought, rows)
        scores = rough_scores(metric, matrix, lengths, sought.ready)
        if rows is not None:
            kept = np.full(len(scores), -np.inf, dtype=np.float32)
            kept[rows] = scores[rows]
            scores = kept
        elif len(hidden):
            scores[hidden] = -np.inf
        rows = promising(scores, sought.limit, slack)
        return self.ids[rows], self._exactly(sought, rows)

    def _known_lengths(
        self, settings: VectorSettings, matrix: Float32Array
    ) -> tuple[Float32Array | None, float]:
        """Squared lengths, where they are needed, and the greatest length."""
        known = self._lengths
        if known is None:
            if settings.metric == "cosine":
                known = None, 1.0
            else:
                squared = squared_lengths(matrix)
                longest = float(np.sqrt(squared.max(initial=0.0)))
                known = (squared if settings.metric == "euclidean" else None), longest
            self._lengths = known
        return known

    def _exactly(self, sought: Sought, rows: Int64Array) -> Float64Array:
        settings = sought.settings
        matrix = self.matrix(settings.dimension) if self.is_verbatim else None
        if matrix is not None:
            return scores_of(settings.metric, matrix[rows], sought.vector)
        pieces = [_NO_SCORES]
        for start in range(0, len(rows), _READ_ROWS):
            ids = self.ids[rows[start : start + _READ_ROWS]]
            mask, vectors = vectors_of(sought.read(ids)[0], settings)
            assert mask.all(), "what an index holds can be read"
            pieces.append(scores_of(settings.metric, vectors, sought.vector))
        return np.concatenate(pieces)

    # ── as bytes ──────────────────────────────────────────────────────────────────────────────

    def _arrays(self) -> Iterator[StoredArray]:
        for array in (self._stored_ids, self._matrix, self._index):
            if array is not None:
                yield array

    def bytes_count(self) -> int:
        """How many bytes it takes."""
        return sum(array.count * array.dtype.itemsize for array in self._arrays())

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for array in self._arrays():
            yield from array.block_refs()

    def descriptor(self) -> dict[str, Any]:
        """What `read` makes it from again."""
        return {
            "kind": self.kind,
            "ids": self._stored_ids.descriptor(),
            "matrix": None if self._matrix is None else self._matrix.descriptor(),
            "index": None if self._index is None else self._index.descriptor(),
            "verbatim": self.is_verbatim,
        }

    @staticmethod
    def read(descriptor: dict[str, Any], blocks: BlockFile) -> VectorPart:
        """The part that `descriptor` describes; reads nothing yet."""

        def stored(name: str) -> StoredArray | None:
            found = descriptor[name]
            return None if found is None else StoredArray.read(found, blocks)

        return VectorPart(
            descriptor["kind"],
            StoredArray.read(descriptor["ids"], blocks),
            stored("matrix"),
            stored("index"),
            is_verbatim=descriptor["verbatim"],
        )
