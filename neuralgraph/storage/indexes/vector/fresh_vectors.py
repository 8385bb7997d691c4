"""FreshVectors: the vectors of entities that changed since the base; compared one with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.access.vectors import vectors_of

if TYPE_CHECKING:
    from neuralgraph.access.vectors import VectorSettings
    from neuralgraph.storage.indexes.search_run import SearchSource
    from neuralgraph.values.arrays import Float32Array, Int64Array


class FreshVectors:
    """Implements `FreshEntries`: a matrix that grows at its end."""

    __slots__ = ("_count", "_matrix", "_settings")

    def __init__(self, settings: VectorSettings) -> None:
        self._settings = settings
        self._count = 0
        self._matrix: Float32Array = np.zeros((0, settings.dimension), dtype=np.float32)

    def add(self, source: SearchSource) -> Int64Array:
        """See `FreshEntries.add`."""
        mask, vectors = vectors_of(source.read(source.ids)[0], self._settings)
        start, stop = self._count, self._count + len(vectors)
        if stop > len(self._matrix):
            size = max(stop, 64, 2 * len(self._matrix))
            grown = np.zeros((size, self._settings.dimension), dtype=np.float32)
            grown[:start] = self._matrix[:start]
            self._matrix = grown
        self._matrix[start:stop] = vectors
        self._count = stop
        places = np.full(len(mask), -1, dtype=np.int64)
        places[mask] = np.arange(start, stop)
        return places

    def take(self, places: Int64Array) -> Float32Array:
        """Vectors at some places; shape (rows, dimension)."""
        return self._matrix[places]
