"""Whatever a column holds, its segment gives back, in every way of reading."""

from __future__ import annotations

import weakref

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.storage.disk import BlockFile, ColumnSegment, MemoryDirectory
from neuralgraph.storage.disk.segments.decoded_texts import DecodedTexts
from neuralgraph.values import Column, Kind
from neuralgraph.values.instants import Date
from neuralgraph.values.packed_texts import PackedTexts

INT64 = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-3, 300)
VALUES = {
    Kind.INTEGER: INT64 | SMALL,
    Kind.FLOAT: st.floats(allow_nan=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.TEXT: st.sampled_from(["", "a", "é", "\U0001f40d!", "\ud800", "plain"])
    | st.text(max_size=5),
    Kind.NODE: st.integers(0, 2**40),
    Kind.ANY: st.none()
    | SMALL
    | st.text(max_size=3)
    | st.lists(SMALL, max_size=2)
    | st.builds(Date, SMALL),
}


@pytest.fixture(scope="module")
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph.ngdb")


def reopened(segment, blocks):
    descriptor = msgpack.unpackb(msgpack.packb(segment.descriptor()), strict_map_key=False)
    return ColumnSegment.read(descriptor, blocks)


def check(items, column, blocks, *, cold=False, first_row=0):
    written = ColumnSegment.write(column, blocks, cold=cold, first_row=first_row)
    items = [None] * first_row + items
    for segment in (written, reopened(written, blocks)):
        count = len(items)
        assert segment.count == count
        assert segment.kind == column.kind
        assert segment.null_count == items.count(None)
        assert segment.values(list(range(count))) == items
        rows = np.array([row for row in range(count) for _ in range(3)][::-1], dtype=np.int64)
        expected = [items[row] for row in rows.tolist()]
        fresh = reopened(written, blocks)
        assert fresh.take(rows).to_list() == expected
        whole = reopened(written, blocks).whole()
        assert whole.to_list() == items
        assert whole.kind == column.kind
        assert [fresh.value(row) for row in range(count)] == items
        assert fresh.take(rows[:4]).to_list() == expected[:4]
        mask = fresh.valid_mask()
        assert (mask is None) == (None not in items)
        if mask is not None:
            assert mask.tolist() == [item is not None for item in items]


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_every_kind_comes_back_with_its_nulls(kind, data, blocks):
    values = VALUES[kind]
    items = data.draw(st.lists(values, max_size=30) | st.lists(values | st.none(), max_size=30))
    column = Column.of_list(kind, items)
    if data.draw(st.booleans()) and kind is not Kind.ANY:
        column = Column.of_array(kind, column.array, column.valid)
    check(items, column, blocks, cold=data.draw(st.booleans()))


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_text_column_with_a_dictionary_keeps_only_what_it_uses(data, blocks):
    dictionary = np.array(
        data.draw(st.lists(st.text(max_size=4), min_size=1, max_size=200)), dtype=object
    )
    codes = np.array(
        data.draw(st.lists(st.integers(0, len(dictionary) - 1), min_size=1, max_size=40)),
        dtype=np.int64,
    )
    valid = np.array(data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes))))
    valid = None if valid.all() else valid
    column = Column.of_array(Kind.TEXT, codes, valid, dictionary)
    check(list(column.to_list()), column, blocks)


@pytest.mark.parametrize("repeats", [1, 40])
def test_many_texts_come_back_whether_they_repeat_or_not(repeats, blocks):
    items = [f"näme {number // repeats}" for number in range(2000)]
    check(items, Column.of_list(Kind.TEXT, items), blocks)


@pytest.mark.parametrize("repeats", [1, 40])
def test_packed_texts_come_back_and_stay_packed_when_they_differ(repeats, blocks):
    items = [f"{row // repeats} {'é' * (row % 3)}" for row in range(2_000)]
    items = [None] * 600 + items if repeats == 1 else items
    encoded = [(item or "").encode() for item in items]
    offsets = np.cumsum([0, *map(len, encoded)])
    packed = PackedTexts(offsets, np.frombuffer(b"".join(encoded), dtype=np.uint8))
    valid = np.array([item is not None for item in items])
    column = Column.of_packed(packed, valid)
    ColumnSegment.write(column, blocks)
    assert (column._array is None) == (repeats == 1), "decoded only where strings repeat"
    check(items, column, blocks)


@pytest.mark.parametrize("first_row", [0, 3])
@pytest.mark.parametrize("items", [[1, 2, 3], [None, 2, None, 4], ["a", None], [None]])
def test_a_column_may_begin_behind_nulls(items, first_row, blocks):
    check(items, Column.of_values(items), blocks, first_row=first_row)


def test_vectors_behind_nulls_are_stored_alone(blocks):
    matrix = np.arange(8, dtype=np.float32).reshape(2, 4)
    column = Column.of_array(Kind.VECTOR, matrix)
    segment = reopened(ColumnSegment.write(column, blocks, first_row=1_000), blocks)
    assert (segment.count, segment.null_count) == (1_002, 1_000)
    assert segment.value(999) is None
    assert segment.value(1_001).tolist() == [4, 5, 6, 7]
    assert segment.whole().to_list()[1_000].tolist() == [0, 1, 2, 3]
    assert sum(ref.length for ref in segment.block_refs()) < 100


def test_repeating_texts_are_stored_once(blocks):
    items = [f"city {number % 7}" for number in range(5000)]
    segment = ColumnSegment.write(Column.of_list(Kind.TEXT, items), blocks)
    assert sum(ref.length for ref in segment.block_refs()) == 5000
    assert len(segment.whole().dictionary) == 7


def test_a_dictionary_is_decoded_once(blocks):
    items = [f"city {number % 7}" for number in range(500)]
    segment = ColumnSegment.write(Column.of_list(Kind.TEXT, items), blocks)
    rows = np.arange(100)
    assert segment.take(rows).dictionary is segment.take(rows).dictionary


def test_a_large_dictionary_stays_decoded_within_the_budget(blocks):
    items = [f"{number:0600d}" for number in range(2000)]
    segment = ColumnSegment.write(Column.of_list(Kind.TEXT, items), blocks)
    texts = segment.whole().array
    assert segment.whole().array is texts
    assert segment.take(np.arange(20)).to_list() == items[:20]
    held = DecodedTexts(budget_bytes_max=1_000_000)
    array = np.empty(3, dtype=object)
    watched = weakref.ref(array)
    held.hold(array, 600_000)
    del array
    assert watched() is not None
    held.hold(np.empty(1, dtype=object), 600_000)
    assert watched() is None


@pytest.mark.parametrize(
    ("items", "byte_count"),
    [
        (list(range(5000)), 10_000),
        ([2**40 + number % 200 for number in range(5000)], 5000),
        ([-(2**62), *range(4999)], 40_000),
        ([7] * 5000, 0),
    ],
)
def test_integers_take_the_least_width(items, byte_count, blocks):
    segment = ColumnSegment.write(Column.of_list(Kind.INTEGER, items), blocks)
    assert sum(ref.length for ref in segment.block_refs()) == byte_count
    assert segment.whole().array.dtype == np.int64
    assert segment.whole().to_list() == items
    assert (segment.minimum, segment.maximum) == (min(items), max(items))


def test_a_mostly_null_column_stores_only_its_values(blocks):
    items = [None] * 60_000
    items[::100] = [float(number) for number in range(600)]
    segment = ColumnSegment.write(Column.of_list(Kind.FLOAT, items), blocks)
    assert sum(ref.length for ref in segment.block_refs()) == 600 * 10
    assert segment.value(200) == 2.0
    assert segment.value(201) is None
    assert segment.whole().to_list() == items


def test_bounds_ignore_nulls_and_nan(blocks):
    items = [None, float("nan"), 2.0, -1.0, None]
    segment = ColumnSegment.write(Column.of_list(Kind.FLOAT, items), blocks)
    assert (segment.minimum, segment.maximum) == (-1.0, 2.0)
    assert np.isnan(segment.value(1))


def test_vectors_are_a_matrix(blocks):
    matrix = np.arange(3000, dtype=np.float32).reshape(1000, 3)
    valid = np.arange(1000) % 4 != 0
    segment = ColumnSegment.write(Column.of_array(Kind.VECTOR, matrix, valid), blocks)
    assert segment.value(4) is None
    assert segment.value(5).tolist() == [15, 16, 17]
    taken = segment.take(np.arange(2, 40))
    assert taken.array.shape == (38, 3)
    assert taken.valid.tolist() == valid[2:40].tolist()
    assert np.array_equal(segment.whole().array[valid], matrix[valid])


def test_nothing_is_read_before_the_first_value(blocks):
    segment = ColumnSegment.write(Column.of_list(Kind.INTEGER, list(range(9000))), blocks)

    class Refusing:
        def array(self, *_):
            raise AssertionError

    lazy = ColumnSegment.read(segment.descriptor(), Refusing())
    assert lazy.count == 9000
    assert lazy.block_refs() == segment.block_refs()
