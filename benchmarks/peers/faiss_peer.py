"""faiss by itself, the library of vector indexes that neuralgraph uses: no graph, file or transaction."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import DIMENSION
from benchmarks.peers.library import Library

if TYPE_CHECKING:
    from benchmarks.data import Data

LINKS, LINKING_EFFORT, EFFORT = 32, 100, 64


class Peer(Library):
    """A flat index and a graph of 32 links."""

    keys = frozenset({"W15"})

    def version(self) -> str:
        self.library: Any = import_module("faiss")
        return str(self.library.__version__)

    def index_vectors(self, data: Data) -> None:
        lib, vectors = self.library, data.post["embedding"]
        self.ids = data.post["id"]
        self.flat = lib.IndexFlatIP(DIMENSION)
        self.flat.add(vectors)
        self.graph = lib.IndexHNSWFlat(DIMENSION, LINKS, lib.METRIC_INNER_PRODUCT)
        self.graph.hnsw.efConstruction = LINKING_EFFORT
        self.graph.hnsw.efSearch = EFFORT
        self.graph.add(vectors)

    def near(self, vector: list[float]) -> list[int]:
        return self._asked(self.graph, vector)

    def nearest(self, vector: list[float]) -> list[int]:
        return self._asked(self.flat, vector)

    def _asked(self, index: Any, vector: list[float]) -> list[int]:
        _, rows = index.search(np.asarray(vector, dtype=np.float32)[None, :], 10)
        found: list[int] = self.ids[rows[0]].tolist()
        return found
