"""The page that describes the format says what the code does."""

from __future__ import annotations

import hashlib
import runpy
import struct
from pathlib import Path

import msgpack
import numpy as np
import pytest
import xxhash
import zstandard

from neuralgraph.storage.disk import (
    BlockFile,
    ColumnSegment,
    LogRecord,
    MemoryDirectory,
    SegmentedLog,
)
from neuralgraph.storage.disk.format import LAYOUTS
from neuralgraph.storage.disk.framing import HEADER_BYTES
from neuralgraph.values import Column, Kind
from tests.support.faulty_directory import contents_of

ROOT = Path(__file__).resolve().parents[4]


def test_the_tables_are_in_step():
    script = runpy.run_path(str(ROOT / "scripts" / "file_format"))
    text = (ROOT / "docs" / "file-format.md").read_text(encoding="utf-8")
    assert script["rewritten"](text) == text
    for name in script["tables"]():
        assert f"<!-- table: {name} -->" in text


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title)
def test_layouts_have_no_gaps(layout):
    assert layout.packer().size == sum(field.bytes_count for field in layout.fields)


def test_sizes_that_the_page_names():
    sizes = {layout.title: layout.packer().size for layout in LAYOUTS}
    assert sizes == {"Header slot": 256, "Log segment header": 64, "Log record": HEADER_BYTES}


def block(data, ref):
    """As the page says: a reader that knows nothing of the package."""
    offset, length, raw_length, codec, checksum = ref
    stored = data[offset : offset + length]
    assert xxhash.xxh3_64_intdigest(stored) == checksum
    contents = zstandard.decompress(stored) if codec == 1 else stored
    assert len(contents) == raw_length
    return contents


def test_a_database_can_be_read_by_the_page_alone():
    directory = MemoryDirectory()
    blocks = BlockFile.create(directory, "graph.ngdb", identity=b"i" * 16)
    numbers = [1000 + number * 3 for number in range(900)]
    texts = [f"city {number % 9}" for number in range(900)]
    segments = [
        ColumnSegment.write(Column.of_list(Kind.INTEGER, numbers), blocks),
        ColumnSegment.write(Column.of_list(Kind.TEXT, [*texts[:-1], None]), blocks),
    ]
    blocks.publish(msgpack.packb([segment.descriptor() for segment in segments]))
    data = contents_of(directory, "graph.ngdb")

    slots = [data[at : at + 256] for at in (0, 4096)]
    sound = [
        s for s in slots if xxhash.xxh3_64_intdigest(s[:248]) == struct.unpack_from("<Q", s, 248)[0]
    ]
    slot = max(sound, key=lambda s: struct.unpack_from("<Q", s, 40))
    assert slot[:8] == bytes.fromhex("894E4744420D0A1A")
    offset, length, raw_length, codec, checksum = struct.unpack_from("<5Q", slot, 48)
    manifest = block(data, (offset, length, raw_length, codec, checksum))
    assert hashlib.sha256(manifest).digest() == slot[88:120]
    integers, strings = msgpack.unpackb(manifest)

    def part(descriptor, number):
        stored = descriptor[-1][number]
        return stored if isinstance(stored, bytes) else block(data, stored)

    width, base = integers[8]
    dtype = {1: "u1", 2: "<u2", 4: "<u4", 8: "<i8"}[width]
    assert (np.frombuffer(part(integers, 1), dtype) + base).tolist() == numbers
    codes_width, offsets_width = strings[8]
    assert (codes_width, offsets_width, strings[5]) == (1, 4, 1)
    codes = np.frombuffer(part(strings, 1), "u1").tolist()
    offsets = np.frombuffer(part(strings, 2), "<u4").tolist()
    utf8 = part(strings, 3)
    assert [utf8[offsets[code] : offsets[code + 1]].decode() for code in codes[:-1]] == texts[:-1]
    presence = part(strings, 0)
    assert [presence[row // 8] >> row % 8 & 1 for row in (0, 898, 899)] == [1, 1, 0]


def test_a_log_can_be_read_by_the_page_alone():
    directory = MemoryDirectory()
    log = SegmentedLog.open(directory, segment_bytes=9000, identity=b"i" * 16)
    records = [
        LogRecord(3, 1, number, 40 + number, b"payload " * number) for number in (1, 2, 900)[:2]
    ]
    log.append([*records, LogRecord(7, 2, 3, 43, b"long " * 2000)])
    log.flush()
    data = contents_of(directory, "00000001.log")
    assert data[:8] == bytes.fromhex("894E47574C0D0A1A")
    assert struct.unpack_from("<Q", data, 56)[0] == xxhash.xxh3_64_intdigest(data[:56])
    seed = xxhash.xxh3_64_intdigest(data[16:48])
    found = []
    offset = 64
    while length := struct.unpack_from("<I", data, offset)[0]:
        (checksum, kind, term, index, txid, pending) = struct.unpack_from(
            "<QBIQQI", data, offset + 4
        )
        body = data[offset + 12 : offset + length]
        assert xxhash.xxh3_64_intdigest(body, seed ^ length) == checksum
        payload = data[offset + 37 : offset + length]
        if kind & 0x80:
            payload = zstandard.decompress(payload)
        found.append((kind & 0x7F, term, index, txid, payload))
        assert pending == index - 1
        offset += length
    assert found[:2] == [tuple(record) for record in records]
    assert found[2] == (7, 2, 3, 43, b"long " * 2000)
