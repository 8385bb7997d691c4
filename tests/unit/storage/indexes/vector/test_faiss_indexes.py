"""Indexes as bytes: how they are laid out, and that those of earlier versions are read."""

import os
import subprocess
import sys

import numpy as np
import pytest

from neuralgraph.access.vectors import VectorSettings
from neuralgraph.storage.indexes.vector import faiss_indexes
from neuralgraph.storage.indexes.vector.faiss_indexes import MappedIndex

pytest.importorskip("faiss")
LINE = 64


def mapped_at(data, place):
    """The bytes as they stand in a file: at a place that leaves `place` when it is divided by a line."""
    room = np.zeros(len(data) + 2 * LINE, dtype=np.uint8)
    start = (place - room.ctypes.data) % LINE
    room[start : start + len(data)] = data
    return room[start : start + len(data)]


def some_vectors(dimension):
    return np.random.default_rng(5).standard_normal((300, dimension)).astype(np.float32)


@pytest.mark.parametrize("dimension", [3, 16, 100])
def test_whole_vectors_stand_where_the_processor_reads_them_at_once(dimension):
    vectors = some_vectors(dimension)
    settings = VectorSettings("v", dimension, "euclidean")
    made = faiss_indexes.make(settings, "hnsw", vectors, lambda _share: None)
    index = MappedIndex(mapped_at(made, 0), "hnsw")
    matrix = index.matrix()
    assert matrix is not None
    assert matrix.ctypes.data % LINE == 0
    assert np.array_equal(matrix, vectors)
    assert index.search(vectors[7], 1, 0).tolist() == [7]


def test_an_index_without_zeros_before_it_is_read():
    vectors = some_vectors(16)
    settings = VectorSettings("v", 16, "euclidean")
    made = faiss_indexes.make(settings, "hnsw", vectors, lambda _share: None)
    bare = made[int(np.flatnonzero(made)[0]) :]
    index = MappedIndex(mapped_at(bare, 0), "hnsw")
    assert np.array_equal(index.matrix(), vectors)
    assert index.search(vectors[7], 1, 0).tolist() == [7]


LOAD = """
import os, sys
from neuralgraph.storage.indexes.vector.faiss_library import faiss
before = dict(os.environ)
assert "faiss" not in sys.modules
faiss()
assert "faiss" in sys.modules
print(dict(os.environ) == before)
"""


@pytest.mark.parametrize("given", [{}, {"OMP_WAIT_POLICY": "active"}])
def test_loading_the_library_leaves_the_environment_as_it_was(given):
    kept = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**kept, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr
