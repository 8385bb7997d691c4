"""FlatRun: all vectors in one matrix, compared one with each: exact, and quick enough up to some 50,000."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access.search import VectorQuery, best_hits
from neuralgraph.access.vectors import VectorSettings, scores_of, vectors_of
from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.storage.indexes.vector.fresh_vectors import FreshVectors
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import IndexDefinition, SearchHits, SearchQuery
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.storage.indexes.search_run import FreshEntries, Overlay, Read, SearchSource
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Float32Array


class FlatRun:
    """Implements `SearchRun`."""

    __slots__ = ("_ids", "_settings", "_vectors", "definition")

    def __init__(self, definition: IndexDefinition, ids: StoredArray, vectors: StoredArray) -> None:
        self.definition = definition
        self._settings = VectorSettings.of(definition)
        self._ids = ids
        self._vectors = vectors

    @property
    def is_stored(self) -> bool:
        """See `SearchRun`."""
        return self._ids.is_stored and self._vectors.is_stored

    @property
    def ids(self) -> IdArray:
        """Whose vectors it has, ascending."""
        return self._ids.array.astype(np.int64)

    @property
    def matrix(self) -> Float32Array:
        """The vectors; shape (rows, dimension)."""
        return self._vectors.array.reshape(len(self._ids), self._settings.dimension)

    def __len__(self) -> int:
        return len(self._ids)

    def search(
        self,
        query: SearchQuery,
        limit: int,
        overlay: Overlay,
        within: IdArray | None,
        read: Read,  # noqa: ARG002 (all that is needed stands in the run)
    ) -> SearchHits:
        """See `SearchRun`."""
        if not isinstance(query, VectorQuery):
            raise QueryArgumentError(
                f"the vector index {self._settings.name} is asked for a vector"
            )
        self._settings.check(query.vector)
        ids = self.ids
        keep = np.ones(len(ids), dtype=np.bool_)
        if len(overlay.hidden):
            keep &= np.isin(ids, overlay.hidden, assume_unique=True, invert=True)
        if within is not None:
            keep &= np.isin(ids, within, assume_unique=True)
        pieces = [(ids[keep], self.matrix[keep])]
        for fresh in overlay.fresh:
            inside = np.ones(len(fresh.ids), dtype=np.bool_)
            if within is not None:
                inside = np.isin(fresh.ids, within, assume_unique=True)
            pieces.append((fresh.ids[inside], fresh.entries.take(fresh.places[inside])))
        found = [piece for piece in pieces if len(piece[0])]
        scores = [scores_of(self._settings.metric, rows, query.vector) for _, rows in found]
        none = np.zeros(0, dtype=np.float64)
        return best_hits(
            np.concatenate([NO_IDS, *(piece[0] for piece in found)]),
            np.concatenate([none, *scores]),
            limit,
        )

    def changed(self, hidden: IdArray, source: SearchSource, blocks: BlockFile | None) -> FlatRun:
        """See `SearchRun`."""
        mask, vectors = vectors_of(source.read(source.ids)[0], self._settings)
        ids = self.ids
        gone = np.isin(ids, hidden, assume_unique=True)
        if not len(vectors) and not gone.any() and (self.is_stored or blocks is None):
            return self
        merged = np.concatenate([ids[~gone], source.ids[mask]])
        order = np.argsort(merged, kind="stable")
        matrix = np.concatenate([self.matrix[~gone], vectors])[order]
        return stored_flat(self.definition, merged[order], matrix, blocks)

    def problems(self, source: SearchSource) -> Iterator[str]:
        """See `SearchRun`."""
        mask, vectors = vectors_of(source.read(source.ids)[0], self._settings)
        if not np.array_equal(source.ids[mask], self.ids):
            differing = np.setxor1d(source.ids[mask], self.ids)[:5].tolist()
            yield f"does not have the entities that it should: {differing} differ"
        elif len(vectors) and not np.array_equal(vectors, self.matrix):
            yield "has other vectors than the data"

    def descriptor(self) -> Any:
        """See `SearchRun`."""
        return ["flat", self._ids.descriptor(), self._vectors.descriptor()]

    def block_refs(self) -> Iterator[BlockRef]:
        """See `SearchRun`."""
        yield from self._ids.block_refs()
        yield from self._vectors.block_refs()


class VectorKind:
    """Implements `SearchKind`."""

    __slots__ = ()

    def build(
        self, definition: IndexDefinition, source: SearchSource, blocks: BlockFile | None
    ) -> FlatRun:
        """See `SearchKind`."""
        mask, vectors = vectors_of(source.read(source.ids)[0], VectorSettings.of(definition))
        return stored_flat(definition, source.ids[mask], vectors, blocks)

    def read(self, definition: IndexDefinition, descriptor: Any, blocks: BlockFile) -> FlatRun:
        """See `SearchKind`."""
        _form, ids, vectors = descriptor
        return FlatRun(definition, StoredArray.read(ids, blocks), StoredArray.read(vectors, blocks))

    def fresh(self, definition: IndexDefinition) -> FreshEntries:
        """See `SearchKind`."""
        return FreshVectors(VectorSettings.of(definition))


def stored_flat(
    definition: IndexDefinition, ids: IdArray, vectors: Float32Array, blocks: BlockFile | None
) -> FlatRun:
    """A run over vectors in order of their ids."""
    return FlatRun(
        definition,
        StoredArray.store(narrowest(ids), blocks),
        StoredArray.store(np.ascontiguousarray(vectors).reshape(-1), blocks),
    )
