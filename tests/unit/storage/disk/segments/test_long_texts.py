"""Long texts shrink, and come back in every way of reading."""

from __future__ import annotations

import gc
import random

import numpy as np
import pytest

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk import BlockFile, BlockRef, ColumnSegment, MemoryDirectory
from neuralgraph.storage.disk.format import ColumnEncoding
from neuralgraph.values import Column, Kind
from tests.unit.storage.disk.segments.test_column_segment import check

WORDS = ["alpha", "beta", "gämma", "\U0001f40d", "\ud800", "epsilon", "zeta"]


@pytest.fixture
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph.ngdb")


def texts(count, words=30, seed=1):
    chance = random.Random(seed)
    return [
        " ".join(chance.choices(WORDS, k=chance.randint(0, 2 * words))) + str(row)
        for row in range(count)
    ]


def encoding_of(segment):
    return segment.descriptor()[7]


@pytest.mark.parametrize("nulls", [0.0, 0.2, 0.8])
@pytest.mark.parametrize("words", [30, 3_000])
def test_what_is_written_is_read(blocks, nulls, words):
    chance = random.Random(2)
    count = 3_000 if words == 30 else 60
    items = [None if chance.random() < nulls else text for text in texts(count, words)]
    column = Column.of_list(Kind.TEXT, items)
    assert encoding_of(ColumnSegment.write(column, blocks)) == ColumnEncoding.LONG_TEXTS
    check(items, column, blocks)
    check(items, column, blocks, first_row=7)


def test_a_few_rows_are_read_without_the_others(blocks):
    items = texts(3_000)
    segment = ColumnSegment.write(Column.of_list(Kind.TEXT, items), blocks)
    raw = sum(len(text.encode("utf-8", "surrogatepass")) for text in items)
    stored = sum(ref.length for ref in segment.block_refs())
    assert stored < raw / 2
    rows = np.array([2_999, 5, 5, 1_500, 0, *range(2_000, 2_020)])
    assert segment.take(rows).to_list() == [items[row] for row in rows]
    # What the whole remembers serves single reads, and is let go of some time.
    whole = segment.whole()
    assert segment.value(17) == items[17]
    assert whole.to_list() == items
    del whole
    gc.collect()
    assert segment.values([1, 2_000]) == [items[1], items[2_000]]


def test_texts_that_are_short_or_do_not_shrink_stay_as_they_are(blocks):
    chance = random.Random(4)
    noise = ["".join(chr(chance.randrange(33, 0x2FFF)) for _ in range(100)) for _ in range(600)]
    for items in (texts(5_000, words=2), noise, texts(20)):
        segment = ColumnSegment.write(Column.of_list(Kind.TEXT, items), blocks)
        assert encoding_of(segment) == ColumnEncoding.TEXTS


def test_a_damaged_frame_is_damage():
    directory = MemoryDirectory()
    blocks = BlockFile.create(directory, "graph.ngdb")
    segment = ColumnSegment.write(Column.of_list(Kind.TEXT, texts(3_000)), blocks)
    descriptor = list(segment.descriptor())
    ref = BlockRef(*descriptor[-1][-1])
    broken = bytearray(bytes(blocks.read(ref)))
    broken[:9] = b"\0" * 9
    descriptor[-1] = [*descriptor[-1][:-1], list(blocks.write(bytes(broken)))]
    with pytest.raises(CorruptionError, match="cannot be unpacked"):
        ColumnSegment.read(descriptor, blocks).value(0)
