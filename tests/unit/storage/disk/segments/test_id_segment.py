"""A set of ids answers as a set does."""

from __future__ import annotations

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.storage.disk import BlockFile, IdSegment, MemoryDirectory

IDS = st.sets(st.integers(0, 50) | st.integers(0, 2**45), max_size=30) | st.builds(
    lambda first, count: set(range(first, first + count)), st.integers(0, 2**50), st.integers(0, 20)
)


@pytest.fixture(scope="module")
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph.ngdb")


@given(ids=IDS, others=st.lists(st.integers(-1, 55), max_size=20))
@settings(max_examples=80, deadline=None)
def test_ids_come_back(ids, others, blocks):
    ordered = sorted(ids)
    written = IdSegment.write(np.array(ordered, dtype=np.int64), blocks)
    segment = IdSegment.read(msgpack.unpackb(msgpack.packb(written.descriptor())), blocks)
    assert segment.count == len(ordered)
    assert segment.ids.tolist() == ordered
    asked = [*others, *ordered, *(number + 1 for number in ordered)]
    assert [segment.contains(number) for number in asked] == [number in ids for number in asked]
    mask = segment.contains_many(np.array(asked, dtype=np.int64))
    assert mask.tolist() == [number in ids for number in asked]


def test_consecutive_ids_take_no_space(blocks):
    segment = IdSegment.write(np.arange(7, 100_007), blocks)
    assert segment.is_range
    assert segment.block_refs() == []
    assert (segment.first, segment.last) == (7, 100_006)
