"""faiss: the indexes that find near vectors without comparing all; made once, then bytes in the file.

    hnsw    none, int8                       a graph of near ones
    ivf     none, int8, product, binary      vectors in groups, of which the nearest are looked at
    flat          int8, product, binary      all of them, but smaller

The bytes are read where they are mapped: opening one takes as long for a million vectors as for ten. faiss is
imported when the first index is made or asked; without it, only exact searches can be answered.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.indexes.vector.faiss_library import faiss

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neuralgraph.access.vectors import VectorKindName, VectorSettings
    from neuralgraph.values.arrays import Float32Array, Int64Array, MaskArray

    Progress = Callable[[float], object]
    """Called with the share that is done, up to 1.0."""

_ADDED_ROWS: Final = 8_192
_TRAINED_ROWS_MAX: Final = 10_240
_TRAINING_ROUNDS: Final = 6
_PRODUCT_DIMENSIONS: Final = 4
"""So many dimensions share a byte of a product code; fewer where the dimension is no multiple."""
_GROUP_ROWS_MIN: Final = 39
"""faiss wants so many vectors for each group that it makes."""

_ALIGNED_BYTES: Final = 64
"""A line of the processor's cache."""

EFFORT: Final = 64
"""Candidates that a graph is walked for by default."""
_GROUPS_SHARE: Final = 12
"""By default one group in so many is looked at."""
_PROBED_TIMES: Final = 16
"""And groups that have at least so many times the vectors that are asked for."""

_STEP_COST: Final = 50.0
"""Each candidate of a graph costs so many comparisons: its neighbours, wherever they are in memory."""
_CODE_COST: Final = 0.5

CANDIDATES: Final = {"none": (1, 0), "int8": (2, 20), "product": (16, 160), "binary": (32, 320)}
"""By quantization: so many times the limit, and at least so many, are compared again in full."""


def make(
    settings: VectorSettings, kind: VectorKindName, vectors: Float32Array, progress: Progress
) -> NDArray[np.uint8]:
    """An index over vectors, as bytes; searches give their rows.

    Args:
        settings: of the index.
        kind: chosen for so many vectors.
        vectors: shape (rows, dimension); of length 1 under cosine.
        progress: is told how far it is.
    """
    lib = faiss()
    index = _empty(lib, settings, kind, len(vectors))
    if not index.is_trained:
        sample = vectors
        if len(vectors) > _TRAINED_ROWS_MAX:
            places = np.linspace(0, len(vectors) - 1, _TRAINED_ROWS_MAX).astype(np.int64)
            sample = vectors[places]
        _train(lib, index, np.ascontiguousarray(sample))
    for start in range(0, len(vectors), _ADDED_ROWS):
        progress(start / len(vectors))
        index.add(np.ascontiguousarray(vectors[start : start + _ADDED_ROWS]))
    made = _laid_out(lib, index, kind)
    progress(1.0)
    return made


def _laid_out(lib: Any, index: Any, kind: VectorKindName) -> NDArray[np.uint8]:
    """An index as bytes; zeros before it put whole vectors at a multiple of `_ALIGNED_BYTES`.

    Where they stand otherwise is by chance: at an odd place numpy would copy them before each product.
    """
    bare: NDArray[np.uint8] = lib.serialize_index(index)
    matrix = MappedIndex(bare, kind).matrix()
    if matrix is None:
        return bare
    lead = -(matrix.ctypes.data - bare.ctypes.data) % _ALIGNED_BYTES
    return np.concatenate([np.zeros(lead, dtype=np.uint8), bare])


def _train(lib: Any, index: Any, sample: Float32Array) -> None:
    # Training is many small steps: threads that meet after each of them lose more than they win.
    threads = lib.omp_get_max_threads()
    lib.omp_set_num_threads(1)
    try:
        index.train(sample)
    finally:
        lib.omp_set_num_threads(threads)


def _empty(lib: Any, settings: VectorSettings, kind: VectorKindName, rows: int) -> Any:
    dimension = settings.dimension
    metric = lib.METRIC_L2 if settings.metric == "euclidean" else lib.METRIC_INNER_PRODUCT
    codes = {
        "none": "Flat",
        "int8": "SQ8",
        # "np": without an ordering of codes that takes minutes and that nothing here uses.
        "product": f"PQ{_codes(dimension)}x8np",
        "binary": "RaBitQ",
    }[settings.quantization]
    if kind == "hnsw":
        index = (
            lib.IndexHNSWFlat(dimension, settings.links, metric)
            if settings.quantization == "none"
            else lib.IndexHNSWSQ(dimension, lib.ScalarQuantizer.QT_8bit, settings.links, metric)
        )
        index.hnsw.efConstruction = settings.linking_effort
        return index
    if kind == "ivf":
        groups = max(1, min(int(np.sqrt(rows)), rows // _GROUP_ROWS_MIN))
        index = lib.index_factory(dimension, f"IVF{groups},{codes}", metric)
        index.cp.niter = _TRAINING_ROUNDS
        index.cp.min_points_per_centroid = 1  # or it warns on the standard error
    else:
        index = lib.index_factory(dimension, codes, metric)
    if settings.quantization == "product":
        index.pq.cp.niter = _TRAINING_ROUNDS
        index.pq.cp.min_points_per_centroid = 1
        index.pq.cp.max_points_per_centroid = _GROUP_ROWS_MIN + 1
    return index


def _codes(dimension: int) -> int:
    """How many bytes a product code has."""
    for width in (_PRODUCT_DIMENSIONS, 3, 2):
        if dimension % width == 0:
            return dimension // width
    return dimension


class MappedIndex:
    """A faiss index over bytes that stay where they are.

    Attributes:
        rows: how many vectors it has.
    """

    __slots__ = (
        "_data", "_effort", "_index", "_is_whole", "_ivf_parameters", "_kind", "_lib", "_reader", "rows",
    )  # fmt: skip

    def __init__(self, data: NDArray[np.uint8], kind: VectorKindName) -> None:
        self._lib = lib = faiss()
        # An index begins with a letter; before that there may be zeros, see `_laid_out`.
        data = data[int(np.flatnonzero(data[:_ALIGNED_BYTES])[0]) :]
        # It points into the bytes, so they must live as long.
        self._data = data
        self._reader = lib.ZeroCopyIOReader(lib.swig_ptr(data), data.nbytes)
        self._index = lib.read_index(self._reader, lib.IO_FLAG_MMAP_IFC)
        self._kind = kind
        self._effort: tuple[int, Any] = (0, None)
        self._ivf_parameters = (
            lib.IVFRaBitQSearchParameters
            if isinstance(self._index, lib.IndexIVFRaBitQ)
            else lib.SearchParametersIVF
        )
        base = lib.downcast_index(self._index.storage) if kind == "hnsw" else self._index
        self._is_whole = isinstance(base, lib.IndexFlat | lib.IndexIVFFlat)
        self.rows: int = self._index.ntotal

    def matrix(self) -> Float32Array | None:
        """The vectors as they are mapped, where the index keeps them whole."""
        if not self.has_matrix:
            return None
        pointer = self._lib.downcast_index(self._index.storage).get_xb()
        dimension = self._index.d
        view = self._lib.rev_swig_ptr(pointer, self.rows * dimension)
        return np.asarray(view).reshape(self.rows, dimension)

    @property
    def has_matrix(self) -> bool:
        """Are whole vectors here one after the other?"""
        return self._is_whole and self._kind == "hnsw"

    def search(self, vector: Float32Array, count: int, effort: int) -> Int64Array:
        """Rows of the nearest vectors, the best first; fewer when it does not find so many.

        Args:
            vector: what is sought.
            count: how many.
            effort: candidates to look at; 0: the default.
        """
        return self._asked(self._index, vector, count, self._parameters(count, effort))

    def scan(self, vector: Float32Array, count: int, kept: MaskArray) -> Int64Array | None:
        """The same among the rows that are kept, by looking at all of them as they stand in the index.

        None when the index cannot be told which rows count.
        """
        lib = self._lib
        index, kind, settings = self._index, lib.SearchParameters, {}
        if self._kind == "hnsw":
            index = lib.downcast_index(index.storage)
        elif self._kind == "ivf":
            kind, settings = self._ivf_parameters, {"nprobe": index.nlist}
        elif isinstance(index, lib.IndexPQ):
            return None
        selector = lib.IDSelectorBitmap(np.packbits(kept, bitorder="little"))
        return self._asked(index, vector, count, kind(sel=selector, **settings))

    def cost(self, count: int, effort: int) -> float:
        """What a search for so many costs: about as much as comparing so many whole vectors in a row."""
        if self._kind == "hnsw":
            return _STEP_COST * max(count, effort or EFFORT)
        share = 1.0 if self._kind == "flat" else self._probes(count, effort) / self._index.nlist
        return share * self.scan_cost

    @property
    def scan_cost(self) -> float:
        """What `scan` costs."""
        return self.rows * (1.0 if self._is_whole else _CODE_COST)

    def _asked(self, index: Any, vector: Float32Array, count: int, params: Any) -> Int64Array:
        lib, count = self._lib, min(count, self.rows)
        nearness = np.empty(count, dtype=np.float32)
        rows = np.empty(count, dtype=np.int64)
        # What `search` of the Python class does, without what it looks at each time.
        index.search_c(
            1, lib.swig_ptr(vector), count, lib.swig_ptr(nearness), lib.swig_ptr(rows), params
        )
        return rows if rows[-1] >= 0 else rows[rows >= 0]

    def _parameters(self, count: int, effort: int) -> Any:
        if self._kind == "flat":
            return None
        if self._kind == "ivf":
            return self._ivf_parameters(nprobe=self._probes(count, effort))
        wanted = max(count, effort or EFFORT)
        known = self._effort
        # It takes as long to make as two hundred comparisons, and is mostly the same.
        if known[0] != wanted:
            known = self._effort = wanted, self._lib.SearchParametersHNSW(efSearch=wanted)
        return known[1]

    def _probes(self, count: int, effort: int) -> int:
        groups = self._index.nlist
        probes = groups // _GROUPS_SHARE + 1
        if effort:
            probes = ceil(effort * groups / self.rows)
        enough = ceil(_PROBED_TIMES * count * groups / self.rows)
        return int(min(groups, max(probes, enough)))
