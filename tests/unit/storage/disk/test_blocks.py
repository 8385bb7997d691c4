"""The block file: what was published survives, and what was damaged is said."""

from __future__ import annotations

import random
from itertools import count

import numpy as np
import pytest

from neuralgraph.errors import CorruptionError, DiskError, FormatVersionError, NotADatabaseError
from neuralgraph.storage.disk import BlockFile, BlockRef, MemoryDirectory
from neuralgraph.storage.disk.format import SLOT_BYTES
from neuralgraph.storage.disk.header_slots import Slot, encode_slot
from tests.support.faulty_directory import (
    FaultyDirectory,
    PowerLossError,
    contents_of,
    flip_bit,
    put_contents,
)

NAME = "graph.ngdb"


@pytest.fixture
def directory():
    return MemoryDirectory()


def test_blocks_come_back_as_they_were(directory):
    blocks = BlockFile.create(directory, NAME)
    numbers = np.arange(5000, dtype=np.int32)
    raw, packed = blocks.write(numbers), blocks.write(numbers, compress=True)
    assert packed.length < raw.length
    blocks.publish(b"manifest")
    blocks.close()
    blocks = BlockFile.open(directory, NAME)
    assert blocks.manifest() == b"manifest"
    assert np.array_equal(blocks.array(raw, np.int32), numbers)
    assert np.array_equal(blocks.array(BlockRef(*list(packed)), np.int32), numbers)
    assert not blocks.array(raw, np.int32).flags.writeable
    blocks.check(raw)
    blocks.check(packed)


def test_an_empty_block_takes_no_space(directory):
    blocks = BlockFile.create(directory, NAME)
    ref = blocks.write(b"")
    assert bytes(blocks.read(ref)) == b""
    assert len(blocks.array(ref, np.int64)) == 0
    blocks.check(ref)
    blocks.use([ref])
    blocks.release([ref])


def test_an_empty_file_is_new(directory):
    directory.open(NAME, create=True).close()
    with pytest.raises(DiskError, match="empty"):
        BlockFile.open(directory, NAME, read_only=True)
    assert contents_of(directory, NAME) == b""
    assert BlockFile.open(directory, NAME).manifest() is None


def test_create_does_not_overwrite(directory):
    put_contents(directory, NAME, b"precious")
    with pytest.raises(DiskError, match="not empty"):
        BlockFile.create(directory, NAME)
    assert contents_of(directory, NAME) == b"precious"


@pytest.mark.parametrize("contents", [b"x", b"SQLite format 3\0" + bytes(9000), bytes(20_000)])
def test_another_file_is_refused_untouched(contents, directory):
    put_contents(directory, NAME, contents)
    with pytest.raises(NotADatabaseError, match=NAME):
        BlockFile.open(directory, NAME)
    assert contents_of(directory, NAME) == contents


def test_a_newer_version_or_unknown_feature_is_refused(directory):
    page = encode_slot(Slot(bytes(16), 3, (0, 0, 0, 0, 0), bytes(32)), version=2)
    put_contents(directory, NAME, page + page)
    with pytest.raises(FormatVersionError, match="version 2"):
        BlockFile.open(directory, NAME)
    page = encode_slot(Slot(bytes(16), 3, (0, 0, 0, 0, 0), bytes(32)), required_features=4)
    put_contents(directory, NAME, page + page)
    with pytest.raises(FormatVersionError, match="0x4"):
        BlockFile.open(directory, NAME)


def test_space_is_used_again_only_when_released(directory):
    blocks = BlockFile.create(directory, NAME)
    refs = [blocks.write(bytes([number]) * 5000) for number in range(10)]
    blocks.publish(b"all")
    blocks.close()
    blocks = BlockFile.open(directory, NAME)
    fresh = blocks.write(b"y" * 5000)
    assert fresh.offset > max(ref.offset for ref in refs)
    blocks.release([fresh])
    kept = refs[::2]
    blocks.use(kept)
    size = blocks.size()
    again = [blocks.write(bytes([100 + number]) * 5000) for number in range(5)]
    assert sorted(ref.offset for ref in again) == sorted(ref.offset for ref in refs[1::2])
    assert blocks.size() == size
    for number, ref in enumerate(kept):
        assert bytes(blocks.read(ref)) == bytes([2 * number]) * 5000
    for number, ref in enumerate(again):
        assert bytes(blocks.read(ref)) == bytes([100 + number]) * 5000


def test_a_mapped_array_survives_growth_of_the_file(directory):
    blocks = BlockFile.create(directory, NAME)
    array = blocks.array(blocks.write(np.arange(1000)), np.int64)
    for _ in range(30):
        blocks.write(bytes(400_000))
    assert np.array_equal(array, np.arange(1000))


def test_trim_gives_the_end_back(directory):
    blocks = BlockFile.create(directory, NAME)
    ref = blocks.write(b"a" * 100)
    blocks.release([blocks.write(bytes(100_000))])
    blocks.publish(b"m")
    blocks.trim()
    assert blocks.size() == 8192 + 2 * 4096
    blocks.close()
    blocks = BlockFile.open(directory, NAME)
    blocks.use([ref])
    assert bytes(blocks.read(ref)) == b"a" * 100
    assert blocks.free_bytes() == 0


@pytest.mark.parametrize("compress", [False, True])
def test_a_flipped_bit_is_found_and_placed(compress, directory):
    blocks = BlockFile.create(directory, NAME)
    ref = blocks.write(b"abcd" * 500, compress=compress)
    blocks.publish(b"m")
    blocks.close()
    flip_bit(directory, NAME, ref.offset + 5)
    blocks = BlockFile.open(directory, NAME)
    for use in (blocks.read, blocks.check):
        with pytest.raises(CorruptionError, match="not what was written") as caught:
            use(ref)
        assert caught.value.where.startswith(f"{NAME}, block at {ref.offset}")


def test_a_damaged_manifest_is_found(directory):
    blocks = BlockFile.create(directory, NAME)
    blocks.publish(b"m" * 100)
    blocks.close()
    flip_bit(directory, NAME, 8192 + 3)
    with pytest.raises(CorruptionError, match="block at 8192"):
        BlockFile.open(directory, NAME).manifest()


def test_a_cut_file_says_which_block_is_beyond_its_end(directory):
    blocks = BlockFile.create(directory, NAME)
    blocks.publish(b"m")
    ref = blocks.write(b"x" * 10_000)
    blocks.close()
    put_contents(directory, NAME, contents_of(directory, NAME)[: ref.offset + 9000])
    blocks = BlockFile.open(directory, NAME)
    for use in (blocks.read, blocks.check, lambda ref: blocks.use([ref])):
        with pytest.raises(CorruptionError, match=f"block at {ref.offset}"):
            use(ref)
    put_contents(directory, NAME, contents_of(directory, NAME)[:8192])
    with pytest.raises(CorruptionError, match="block at 8192"):
        BlockFile.open(directory, NAME)


def test_blocks_that_overlap_are_refused(directory):
    blocks = BlockFile.create(directory, NAME)
    ref = blocks.write(bytes(9000))
    with pytest.raises(CorruptionError, match="two blocks"):
        blocks.use([ref, BlockRef(ref.offset + 4096, 10, 10, 0, 0)])


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("offset", [0, 9, 50, 255])
def test_one_damaged_slot_loses_nothing(slot, offset, directory):
    blocks = BlockFile.create(directory, NAME)
    blocks.publish(b"one")
    blocks.publish(b"two")
    blocks.close()
    flip_bit(directory, NAME, slot * SLOT_BYTES + offset)
    blocks = BlockFile.open(directory, NAME)
    assert blocks.manifest() == b"two"
    blocks.publish(b"three")
    blocks.close()
    flip_bit(directory, NAME, (1 - slot) * SLOT_BYTES + offset)
    assert BlockFile.open(directory, NAME).manifest() == b"three"


def test_two_damaged_slots_are_corruption(directory):
    BlockFile.create(directory, NAME).close()
    flip_bit(directory, NAME, 60)
    flip_bit(directory, NAME, SLOT_BYTES + 60)
    with pytest.raises(CorruptionError, match="slots"):
        BlockFile.open(directory, NAME)


def scenario(directory, published):
    """Publishes three times; each manifest is a block's ref and its fill."""
    blocks = BlockFile.create(directory, NAME)
    old = None
    for number in range(1, 4):
        ref = blocks.write(bytes([number]) * 6000)
        manifest = repr((number, tuple(ref))).encode()
        published.append((manifest, False))
        blocks.publish(manifest)
        published[-1] = (manifest, True)
        if old is not None:
            blocks.release([old])
        old = ref
    blocks.close()


def check_after_crash(found, published):
    """The last manifest that publish returned for, or one that was on its way; its block whole."""
    acknowledged = [manifest for manifest, is_done in published if is_done]
    if not found.exists(NAME):
        assert not acknowledged
        return
    blocks = BlockFile.open(found, NAME)
    manifest = blocks.manifest()
    possible = {
        acknowledged[-1] if acknowledged else None,
        *(m for m, done in published if not done),
    }
    assert manifest in possible
    if manifest is not None:
        number, ref = eval(manifest)
        blocks.use([BlockRef(*ref)])
        assert bytes(blocks.read(BlockRef(*ref))) == bytes([number]) * 6000
    blocks.publish(b"and on")
    assert BlockFile.open(found, NAME).manifest() == b"and on"


@pytest.mark.parametrize("fault", ["power", "failing", "full", "short"])
def test_every_failing_operation_leaves_the_last_manifest(fault):
    for number in count(1):
        directory = FaultyDirectory(fail_at=number, fault=fault)
        published = []
        try:
            scenario(directory, published)
        except (DiskError, PowerLossError):
            assert directory.has_failed
        for seed in (None, 1, 2, 3):
            rng = None if seed is None else random.Random(seed * 1000 + number)
            check_after_crash(directory.after_crash(rng), published)
        if not directory.has_failed:
            break
    assert number > 15


def test_after_a_failed_sync_nothing_is_published_any_more():
    directory = FaultyDirectory(fail_at=3, operations=frozenset(("sync",)))
    blocks = BlockFile.create(directory, NAME)
    with pytest.raises(DiskError, match="sync"):
        blocks.publish(b"x")
    with pytest.raises(DiskError, match="no more writes"):
        blocks.publish(b"y")


def test_a_full_disk_takes_nothing_away():
    directory = FaultyDirectory()
    blocks = BlockFile.create(directory, NAME)
    blocks.publish(b"one")
    ref = blocks.write(b"x" * 100)
    directory.schedule.operations = frozenset(("extend", "write"))
    directory.schedule.fault, directory.schedule.is_persistent = "full", True
    directory.schedule.has_failed = True
    with pytest.raises(DiskError, match="full"):
        blocks.write(bytes(10_000_000))
    with pytest.raises(DiskError, match="full"):
        blocks.publish(b"two")
    directory.schedule.operations = frozenset()
    assert bytes(blocks.read(ref)) == b"x" * 100
    blocks.publish(b"three")
    assert BlockFile.open(directory, NAME).manifest() == b"three"


def test_a_manifest_is_read_and_not_mapped():
    """Another process may cut the file where it was: a mapping of that ends the interpreter."""
    directory = FaultyDirectory(operations=frozenset(("map",)), fail_at=1, is_persistent=True)
    blocks = BlockFile.create(directory, "b")
    blocks.publish(b"manifest")
    again = BlockFile.open(directory, "b")
    assert again.manifest() == b"manifest"
    again.refresh()
    assert again.manifest() == b"manifest"
    assert not directory.has_failed
