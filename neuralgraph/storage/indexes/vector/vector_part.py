"""VectorPart: vectors of some entities, in order of id: whole, or in a faiss index, or both.

What is found roughly is scored by the vectors as they were stored, so that a score is the same whatever the
kind of index. They stand here, or are read from the property where the index has them otherwise: smaller, or
of length 1.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.access.vectors import scores_of, vectors_of
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.indexes.vector import faiss_indexes, faiss_library
from neuralgraph.storage.indexes.vector.faiss_indexes import CANDIDATES, EFFORT, MappedIndex
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
_SPARE: Final = 2
"""Twice as many are asked for as should hold as many as are wanted: chance may have it otherwise."""
_DEVIATIONS: Final = 3
"""If so many standard deviations fewer count than do of all, it is hardly by chance."""
_TELLING: Final = 10
"""Where fewer are expected to count, that none does tells nothing."""
_SCANNED: Final = {"none": (4, 500), "int8": (4, 500), "product": (4, 500), "binary": (16, 2_000)}
"""By quantization: so many times what is wanted, and at least so many, are compared in full of all codes.

Looking through them takes long anyway, and where all that is near does not count, the nearest of the rest are
all about as far away: a bit for each dimension hardly tells them apart."""
_GATHER_COST: Final = 6.0
"""Comparing a vector here and there costs as much as so many that stand one after the other."""
_READ_COST: Final = 18.0
"""The same where it must be read as a property."""
_KINDS: Final = ("flat", "hnsw", "ivf")
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

    @property
    def wanted(self) -> int:
        """How many must be found roughly for the best of them to be the best of all."""
        times, least = CANDIDATES[self.settings.quantization]
        return max(least, times * self.limit)

    def scanned(self, wanted: int) -> int:
        """How many are taken of all codes."""
        times, least = _SCANNED[self.settings.quantization]
        return max(times * wanted, least)

    def effort_for(self, kind: VectorKindName) -> int:
        """Candidates to look at; 0: as an index of the kind does it."""
        if self.effort or kind != "hnsw":
            return self.effort
        # Long vectors are near to everything: a graph leads to them less surely.
        usual = 4 * EFFORT if self.settings.metric == "dot" else EFFORT
        return max(usual, 2 * self.wanted)


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

    @property
    def has_index(self) -> bool:
        """Is there a faiss index?"""
        return self._index is not None

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
        if not sought.exact:
            rows = self._by_index(sought, hidden, kept, left)
            if rows is not None:
                rows.sort()
                return self.ids[rows], self._exactly(sought, rows)
        return self._compare(sought, hidden, kept)

    def _by_index(
        self, sought: Sought, hidden: Int64Array, kept: MaskArray | None, left: int
    ) -> Int64Array | None:
        """Rows that may be the best of those that count, as the faiss index has it; None: compare.

        The index is asked for the nearest, whether they count or not. When clearly fewer of them count than
        of all, what counts lies elsewhere: then nothing is right but to look at all that counts.
        """
        mapped, is_narrowed = self._opened(), kept is not None
        if mapped is None:
            return None
        wanted = min(left, sought.wanted)
        count = self._count(sought, left, len(hidden), is_narrowed=is_narrowed)
        way = self._way(sought, left, count, is_narrowed=is_narrowed)
        if way == "walk":
            rows = mapped.search(sought.ready, count, sought.effort_for(self.kind))
            is_well = True
            if kept is not None:
                counts = kept[rows]
                is_well = _is_as_dense(counts, left / len(self))
                rows = rows[counts]
            elif len(hidden):
                rows = rows[np.isin(rows, hidden, invert=True)]
            if is_well and len(rows) >= wanted:
                return rows
            way = self._way(sought, left, None, is_narrowed=is_narrowed)
        if way == "compare":
            return None
        if kept is None:
            kept = np.ones(len(self), dtype=np.bool_)
            kept[hidden] = False
        return mapped.scan(sought.ready, sought.scanned(wanted), kept)

    def _count(self, sought: Sought, left: int, hidden_count: int, *, is_narrowed: bool) -> int:
        """For how many the index is asked, so that enough of them count."""
        wanted = min(left, sought.wanted)
        if not is_narrowed:
            return wanted + hidden_count
        return min(len(self), ceil(_SPARE * wanted * len(self) / left))

    def _way(
        self, sought: Sought, left: int, count: int | None, *, is_narrowed: bool
    ) -> Literal["walk", "scan", "compare"]:
        """The quickest way to the best of `left` rows.

        walk: ask the index for the nearest `count` (None: that was of no use), and see which of them count;
        scan: look at all that count as they stand in the index; compare: at all that count, in full.
        """
        mapped = self._opened()
        if sought.exact or mapped is None:
            return "compare"
        wanted = min(left, sought.wanted)
        scanned = mapped.scan_cost + _READ_COST * sought.scanned(wanted)
        compared = _READ_COST * left
        if mapped.has_matrix:
            scanned = compared = min(_GATHER_COST * left, float(len(self)))
        # Where all are looked at anyway, it can be told at once which of them count.
        if count is not None and not (is_narrowed and self.kind == "flat"):
            walked = mapped.cost(count, sought.effort_for(self.kind)) + _READ_COST * wanted
            if walked <= min(scanned, compared):
                return "walk"
        return "compare" if compared <= scanned else "scan"

    def way_in_words(self, sought: Sought, left: int, *, is_narrowed: bool) -> str:
        """How a search goes about it, and why."""
        every, mapped = len(self), self._opened()
        among = f"{left:,} of {every:,} vectors" if is_narrowed else f"all {every:,} vectors"
        if mapped is None:
            why = "the index is flat" if self._index is None else "faiss is not installed"
            return f"compares {among}: {why}"
        if sought.exact:
            return f"compares {among}: what is asked for is exact"
        quantization = sought.settings.quantization
        named = self.kind if quantization == "none" else f"{self.kind} {quantization}"
        count = self._count(sought, left, 0, is_narrowed=is_narrowed)
        way = self._way(sought, left, count, is_narrowed=is_narrowed)
        if way == "compare":
            return f"compares {among}: quicker than the {named} index"
        if way == "scan":
            return f"looks through {every:,} codes by a bitmap of {left:,}: reading {left:,} takes longer"
        asked = f"asks the {named} index of {every:,} vectors"
        if not is_narrowed:
            return asked
        return f"{asked} for the nearest {count:,}, by a bitmap of the {left:,} that count"

    def _compare(
        self, sought: Sought, hidden: Int64Array, kept: MaskArray | None
    ) -> tuple[IdArray, Float64Array]:
        """Compare with all vectors that count."""
        metric = sought.settings.metric
        matrix = self.matrix(sought.settings.dimension)
        rows = None if kept is None else np.flatnonzero(kept)
        if matrix is None:
            every = np.delete(np.arange(len(self)), hidden) if rows is None else rows
            return self.ids[every], self._exactly(sought, every)
        lengths, longest = self._known_lengths(sought.settings, matrix)
        slack = slack_of(metric, lengths, sought.ready, longest)
        if rows is not None and _GATHER_COST * len(rows) < len(self):
            some = None if lengths is None else lengths[rows]
            scores = rough_scores(metric, matrix[rows], some, sought.ready)
            rows = rows[promising(scores, sought.limit, slack)]
            return self.ids[rows], self._exactly(sought, rows)
        scores = rough_scores(metric, matrix, lengths, sought.ready)
        if kept is not None:
            scores[~kept] = -np.inf
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
        return sum(array.bytes_count for array in self._arrays())

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

        kind = descriptor["kind"]
        if kind not in _KINDS or (kind != "flat" and descriptor["index"] is None):
            raise ValueError(f"vectors are not searched by {kind!r} without an index")
        ids, matrix = StoredArray.read(descriptor["ids"], blocks), stored("matrix")
        if matrix is not None and bool(matrix.count) != bool(ids.count):
            raise ValueError(f"{matrix.count} numbers are not the vectors of {ids.count} entities")
        return VectorPart(
            kind,
            ids,
            matrix,
            stored("index"),
            is_verbatim=descriptor["verbatim"],
        )


def _is_as_dense(counts: MaskArray, share: float) -> bool:
    """Do about as many count of the nearest as of all? And of half of them, a fourth, and so on, the nearest?

    Args:
        counts: which of the nearest count, the nearest first.
        share: of all that count.
    """
    size = len(counts)
    found = np.cumsum(counts)
    while size * share >= _TELLING:
        expected = size * share
        if found[size - 1] < expected - _DEVIATIONS * sqrt(expected):
            return False
        size //= 2
    return True
