"""Keys come back in order with their ids, and are found where bisection finds them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.storage.disk import BlockFile, MemoryDirectory, SortedRun

KEYS = st.lists(st.binary(max_size=12), max_size=30) | st.lists(
    st.builds(
        lambda end: b"shared prefix " + end, st.sampled_from([b"", b"a", b"a\0", b"b", b"a" * 20])
    ),
    max_size=30,
)
TEXTS = st.lists(
    st.text(max_size=4) | st.sampled_from(["\ud800", "\uffff", "\U00010000"]), max_size=20
)


@pytest.fixture(scope="module")
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph.ngdb")


def reopened(run, blocks):
    return SortedRun.read(msgpack.unpackb(msgpack.packb(run.descriptor())), blocks)


@given(keys=KEYS, probe=st.binary(max_size=14))
@settings(max_examples=100, deadline=None)
def test_a_key_is_found_where_it_is(keys, probe, blocks):
    keys.sort()
    ids = np.arange(len(keys)) * 3
    run = reopened(SortedRun.write(blocks, others=(keys, ids)), blocks)
    assert run.count == len(keys)
    if not keys:
        assert run.others is None
        return
    table, found_ids = run.others
    assert found_ids.tolist() == ids.tolist()
    assert [table[place] for place in range(len(table))] == keys
    for key in (*keys, probe, probe + b"\0", b""):
        low, high = bisect_left(keys, key), bisect_right(keys, key)
        assert table.bisect_left(key) == low
        if low < high:
            assert table.find(key) == (low, high)
        else:
            assert table.find(key)[0] == table.find(key)[1]


@given(texts=TEXTS)
@settings(max_examples=40, deadline=None)
def test_texts_keep_the_order_of_code_points(texts, blocks):
    texts.sort()
    if not texts:
        return
    table, _ = reopened(SortedRun.write(blocks, text=(texts, np.arange(len(texts)))), blocks).text
    assert [table.text(place) for place in range(len(table))] == texts
    raw = [table[place] for place in range(len(table))]
    assert raw == sorted(raw)


def test_numbers_have_arrays_of_their_own(blocks):
    integers = np.array([-5, 1, 1, 2**60])
    floats = np.array([-1.5, 0.0, float("inf")])
    ids = np.array([2**35, 1, 2])
    run = reopened(
        SortedRun.write(blocks, integers=(integers, np.arange(4)), floats=(floats, ids)), blocks
    )
    assert run.count == 7
    assert [part.tolist() for part in run.integers] == [integers.tolist(), [0, 1, 2, 3]]
    assert [part.tolist() for part in run.floats] == [floats.tolist(), ids.tolist()]
    assert run.text is None
