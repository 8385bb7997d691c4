"""Compressed rows give back the edges that went in, by row, by many rows and whole."""

from __future__ import annotations

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.storage.disk import AdjacencySegment, BlockFile, MemoryDirectory

DEGREES = st.lists(st.integers(0, 4), max_size=40) | st.lists(
    st.sampled_from([0, 0, 0, 0, 2]), max_size=60
)


@pytest.fixture(scope="module")
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph.ngdb")


@given(degrees=DEGREES, is_wide=st.booleans(), is_consecutive=st.booleans(), data=st.data())
@settings(max_examples=80, deadline=None)
def test_edges_come_back(degrees, is_wide, is_consecutive, data, blocks):
    offsets = np.concatenate([[0], np.cumsum(degrees, dtype=np.int64)]).astype(np.int64)
    count = int(offsets[-1])
    neighbours = (np.arange(count) * 7919) % 1000 + (2**40 if is_wide else 0)
    edges = np.arange(count) + 5 if is_consecutive else (np.arange(count)[::-1] * 3).copy()
    written = AdjacencySegment.write(offsets, neighbours, edges, blocks)
    segment = AdjacencySegment.read(msgpack.unpackb(msgpack.packb(written.descriptor())), blocks)
    assert (segment.row_count, segment.edge_count) == (len(degrees), count)
    assert segment.offsets.tolist() == offsets.tolist()
    assert segment.neighbours.tolist() == neighbours.tolist()
    assert segment.edges.tolist() == edges.tolist()
    for row, degree in enumerate(degrees):
        part = slice(int(offsets[row]), int(offsets[row + 1]))
        found_edges, found_neighbours = segment.neighbours_of(row)
        assert found_edges.dtype == found_neighbours.dtype == np.int64
        assert found_edges.tolist() == edges[part].tolist()
        assert found_neighbours.tolist() == neighbours[part].tolist()
        assert segment.degree_of(row) == degree
    if degrees:
        rows = np.array(
            data.draw(st.lists(st.integers(0, len(degrees) - 1), max_size=20)), dtype=np.int64
        )
        places, found_edges, found_neighbours = segment.expand(rows)
        expected = [
            (place, edge, neighbour)
            for place, row in enumerate(rows.tolist())
            for edge, neighbour in zip(*segment.neighbours_of(row), strict=True)
        ]
        found = zip(places.tolist(), found_edges.tolist(), found_neighbours.tolist(), strict=True)
        assert list(found) == expected
        assert segment.degrees(rows).tolist() == [degrees[row] for row in rows]


def test_consecutive_edges_and_empty_rows_take_no_space(blocks):
    offsets = np.zeros(60_001, dtype=np.int64)
    offsets[1001:] = 4000
    segment = AdjacencySegment.write(offsets, np.arange(4000), np.arange(100, 4100), blocks)
    assert sum(ref.length for ref in segment.block_refs()) == 4000 * 4
    assert segment.neighbours_of(1000)[0].tolist() == list(range(100, 4100))
    assert segment.neighbours_of(999)[0].tolist() == []
