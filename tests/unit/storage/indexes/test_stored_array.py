"""A long array answers from the stretch that holds the answer, and checks that one."""

import msgpack
import numpy as np
import pytest

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.indexes.stored_array import StoredArray

ITEMS = np.sort(np.random.default_rng(3).integers(0, 200_000, 300_000)) * 2
WANTED = [-1, 0, 1, 199_998, 200_001, 399_998, 400_001, *ITEMS[65_530:65_542].tolist()]


@pytest.fixture
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph.ngdb")


def reopened(array, blocks):
    return StoredArray.read(msgpack.unpackb(msgpack.packb(array.descriptor())), blocks)


@pytest.mark.parametrize("items", [ITEMS, ITEMS.astype(np.float64), np.repeat(ITEMS[::8], 8)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_places_and_parts_are_those_of_the_whole(items, side, blocks):
    array = reopened(StoredArray.store(items, blocks), blocks)
    for value in WANTED:
        place = array.place_of(value, side)
        assert place == items.searchsorted(value, side)
        assert array.part(place, place + 5).tolist() == items[place : place + 5].tolist()
    assert array.array.tolist() == items.tolist()
    assert [array.place_of(value, side) for value in WANTED] == [
        items.searchsorted(value, side) for value in WANTED
    ]


def test_only_the_stretch_that_is_asked_for_is_read_and_checked():
    directory = MemoryDirectory()
    blocks = BlockFile.create(directory, "graph.ngdb")
    written = StoredArray.store(ITEMS, blocks)
    blocks.sync()
    file = directory.open("graph.ngdb")
    damaged = written.ref.offset + 8 * 200_000
    file.write_at(damaged, bytes([file.read_at(damaged, 1)[0] ^ 1]))
    array = reopened(written, BlockFile.open(directory, "graph.ngdb"))
    assert array.place_of(int(ITEMS[10])) == ITEMS.searchsorted(ITEMS[10])
    with pytest.raises(CorruptionError):
        array.place_of(int(ITEMS[200_000]))
    with pytest.raises(CorruptionError):
        array.array.sum()


def test_pieces_that_are_told_wrong_are_found_when_all_is_read():
    blocks = BlockFile.create(MemoryDirectory(), "graph")
    told = StoredArray.store(np.arange(300_000), blocks).descriptor()
    form, dtype, count, (ref, sums, firsts) = told
    assert np.array_equal(StoredArray.read(told, blocks).array, np.arange(300_000))
    other_firsts = np.frombuffer(firsts, dtype=dtype) + 1
    for rest in ([ref, [*sums[:-1], 7], firsts], [ref, sums, other_firsts.tobytes()]):
        forged = StoredArray.read([form, dtype, count, rest], blocks)
        with pytest.raises(CorruptionError, match=r"other pieces .*graph, block at \d+"):
            _ = forged.array
    with pytest.raises(ValueError, match="not in 4 pieces"):
        StoredArray.read([form, dtype, count, [ref, sums[:-1], firsts]], blocks)
