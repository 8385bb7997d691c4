"""What a vector index is told by its options, and how similarity becomes a score."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.values import Kind
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access.catalog import IndexDefinition
    from neuralgraph.values import Column, MaskArray
    from neuralgraph.values.arrays import Float32Array, Float64Array

Metric = Literal["cosine", "euclidean", "dot"]
VectorKindName = Literal["flat", "hnsw", "ivf"]
Quantization = Literal["none", "int8", "product", "binary"]
METRICS: Final = ("cosine", "euclidean", "dot")
KINDS: Final = ("auto", "flat", "hnsw", "ivf")
QUANTIZATIONS: Final = ("none", "int8", "product", "binary")

_NUMBERS: Final = frozenset({int, float})
FLAT_ROWS_MAX: Final = 10_000
"""Up to so many vectors, comparing with each of them is quick enough."""
_LINKS: Final = 16
_LINKING_EFFORT: Final = 64


@record
class VectorSettings:
    """A vector index, as its options have it.

    Attributes:
        name: of the index.
        dimension: of every vector in it.
        metric: what is near.
        kind: how near ones are found; ``auto``: by the number of vectors.
        quantization: how vectors are made smaller in the index.
        links: of each vector in an HNSW graph.
        linking_effort: how many candidates are looked at for them.
    """

    name: str
    dimension: int
    metric: Metric
    kind: Literal["auto", "flat", "hnsw", "ivf"] = "auto"
    quantization: Quantization = "none"
    links: int = _LINKS
    linking_effort: int = _LINKING_EFFORT

    @staticmethod
    def of(definition: IndexDefinition) -> VectorSettings:
        """What the options say; checked when the index was made."""
        options = definition.options
        return VectorSettings(
            definition.name,
            int(options.get("vector.dimensions", 0)),
            options.get("vector.similarity_function", "cosine"),
            options.get("neural.kind", "auto"),
            _quantization(options),
            options.get("vector.hnsw.m", _LINKS),
            options.get("vector.hnsw.ef_construction", _LINKING_EFFORT),
        )

    def kind_for(self, rows: int) -> VectorKindName:
        """How so many vectors are searched."""
        if self.kind != "auto":
            return self.kind
        if rows <= FLAT_ROWS_MAX:
            return "flat"
        return "hnsw" if self.quantization in ("none", "int8") else "ivf"

    def check(self, vector: Float32Array) -> None:
        """Can it be asked for?

        Raises:
            QueryArgumentError: another dimension, NaN or infinity in it, or nothing but zeros under cosine.
        """
        fault = fault_of(vector, self)
        if fault is not None:
            raise QueryArgumentError(
                f"the vector index {self.name} cannot be asked for this vector: {fault}",
                detail="InvalidVector",
            )


def _quantization(options: Mapping[str, Any]) -> Quantization:
    chosen: Quantization | None = options.get("vector.quantization.type")
    if chosen is not None:
        return chosen
    return "int8" if options.get("vector.quantization.enabled", False) else "none"


def fault_of(vector: Float32Array, settings: VectorSettings) -> str | None:
    """Why an index cannot hold a vector, or be asked for it; None when it can."""
    if len(vector) != settings.dimension:
        return f"it has {len(vector)} dimensions, the index {settings.dimension}"
    # In 64 bits no square of 32 bits overflows, or becomes zero.
    wide = vector.astype(np.float64)
    squared = float(wide @ wide)
    if not isfinite(squared):
        return "there is NaN or infinity in it"
    if settings.metric == "cosine" and squared == 0.0:
        return "it has no direction, for it is all zeros, and the index compares by cosine"
    return None


def as_vector(value: Any) -> Float32Array | None:
    """A vector, or a list of numbers (or of nothing), as float32; None for everything else."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float32, copy=False)
    if type(value) is list and set(map(type, value)) <= _NUMBERS:
        with np.errstate(over="ignore"):
            return np.array(value, dtype=np.float64).astype(np.float32)
    return None


def vectors_of(column: Column, settings: VectorSettings) -> tuple[MaskArray, Float32Array]:
    """The rows of a column that the index can hold, and their vectors, shape (held, dimension)."""
    if column.kind == Kind.VECTOR and column.count and column.dictionary is None:
        matrix = np.asarray(column.array, dtype=np.float32)
        mask = column.valid_mask.copy()
        if matrix.shape[1] != settings.dimension:
            mask[:] = False
            return mask, np.zeros((0, settings.dimension), dtype=np.float32)
        mask &= np.isfinite(matrix).all(axis=1)
        if settings.metric == "cosine":
            mask &= matrix.any(axis=1)
        return mask, matrix if mask.all() else matrix[mask]
    mask = np.zeros(column.count, dtype=np.bool_)
    found = []
    for row, value in enumerate(column.to_values()):
        vector = None if value is None else as_vector(value)
        if vector is not None and fault_of(vector, settings) is None:
            mask[row] = True
            found.append(vector)
    if not found:
        return mask, np.zeros((0, settings.dimension), dtype=np.float32)
    return mask, np.stack(found)


def scores_of(metric: Metric, vectors: Float32Array, vector: Float32Array) -> Float64Array:
    """Scores of vectors for one that is sought, as Neo4j normalises them; shape (rows,)."""
    rows, sought = vectors.astype(np.float64), vector.astype(np.float64)
    if metric == "euclidean":
        gaps = rows - sought
        return np.asarray(1.0 / (1.0 + np.einsum("ij,ij->i", gaps, gaps)))
    dots = np.einsum("ij,j->i", rows, sought)
    if metric == "cosine":
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * np.sqrt(sought @ sought)
        dots /= lengths
        np.maximum(np.minimum(dots, 1.0, out=dots), -1.0, out=dots)
    return np.asarray((1.0 + dots) / 2.0)
