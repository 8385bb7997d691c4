"""No flipped bit and no cut goes by: what comes back is what was written, or a typed error."""

from __future__ import annotations

import random

import msgpack
import pytest

from neuralgraph.errors import StorageError
from neuralgraph.storage.disk import (
    BlockFile,
    ColumnSegment,
    LogRecord,
    MemoryDirectory,
    SegmentedLog,
)
from neuralgraph.values import Column
from tests.support.faulty_directory import contents_of, flip_bit, put_contents

NAME = "graph.ngdb"
VALUES = [
    [number * 3 for number in range(700)],
    [f"text {number}" for number in range(300)],
    [1, "a", None] * 200,
]


@pytest.fixture(scope="module")
def database():
    directory = MemoryDirectory()
    blocks = BlockFile.create(directory, NAME)
    segments = [ColumnSegment.write(Column.of_values(values), blocks) for values in VALUES]
    blocks.publish(msgpack.packb([segment.descriptor() for segment in segments]))
    blocks.trim()
    return contents_of(directory, NAME)


def read_all(directory):
    blocks = BlockFile.open(directory, NAME)
    segments = [ColumnSegment.read(item, blocks) for item in msgpack.unpackb(blocks.manifest())]
    blocks.use(ref for segment in segments for ref in segment.block_refs())
    return [segment.whole().to_list() for segment in segments]


def test_a_flipped_bit_in_the_database_is_found_or_harmless(database):
    rng = random.Random(5)
    found = 0
    for _ in range(250):
        directory = MemoryDirectory()
        put_contents(directory, NAME, database)
        flip_bit(directory, NAME, rng.randrange(len(database)), rng.randrange(8))
        try:
            assert read_all(directory) == VALUES
        except StorageError:
            found += 1
    assert found > 20


def test_a_cut_database_is_found(database):
    rng = random.Random(6)
    for size in [
        1,
        255,
        256,
        4096,
        8191,
        8192,
        *(rng.randrange(1, len(database) - 4096) for _ in range(60)),
    ]:
        directory = MemoryDirectory()
        put_contents(directory, NAME, database[:size])
        with pytest.raises(StorageError):
            read_all(directory)
        assert contents_of(directory, NAME) == database[:size]


def test_a_flipped_bit_in_the_log_is_found_or_takes_only_the_last_record():
    directory = MemoryDirectory()
    log = SegmentedLog.open(directory, segment_bytes=2048)
    for number in range(1, 31):
        log.sync(log.append([LogRecord(7, 1, 0, number, b"p" * (number * 7 % 90))]))
    log.close()
    sound = {name: contents_of(directory, name) for name in directory.names()}
    assert len(sound) > 1
    rng = random.Random(7)
    outcomes = set()
    for _ in range(300):
        damaged = MemoryDirectory()
        for name, contents in sound.items():
            put_contents(damaged, name, contents)
        name = rng.choice(list(sound))
        flip_bit(damaged, name, rng.randrange(len(sound[name].rstrip(b"\0"))), rng.randrange(8))
        try:
            log = SegmentedLog.open(damaged, segment_bytes=2048)
        except StorageError:
            outcomes.add("found")
            assert set(damaged.names()) == set(sound)
            continue
        records = [record.txid for record in log.read(1)]
        assert records == list(range(1, 30))
        assert log.torn is not None
        outcomes.add("torn")
    assert outcomes == {"found", "torn"}
