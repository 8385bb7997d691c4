"""Records come back as they were; nothing else passes for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.storage.disk.framing import (
    COMPRESS_BYTES_MIN,
    HEADER_BYTES,
    LogRecord,
    decode_frame,
    encode_frame,
    frames_beyond,
)

UINT64 = st.integers(0, 2**64 - 1)
RECORDS = st.builds(
    LogRecord,
    kind=st.integers(1, 127),
    term=st.integers(0, 2**32 - 1),
    index=UINT64,
    txid=UINT64,
    payload=st.binary(max_size=60) | st.just(b"repeat " * 2000),
)


@given(record=RECORDS, seed=UINT64, pending=st.integers(0, 2**40), before=st.binary(max_size=9))
def test_a_record_comes_back(record, seed, pending, before):
    data = before + encode_frame(record, record.index, pending, seed)
    frame = decode_frame(data + b"behind", len(before), seed)
    assert frame.record == record
    assert frame.pending == min(pending, 2**32 - 1)
    assert frame.end == len(data)


@given(record=RECORDS, data=st.data())
def test_no_flipped_bit_cut_or_other_seed_passes(record, data):
    sound = encode_frame(record, record.index, 0, 7)
    bit = data.draw(st.integers(0, len(sound) * 8 - 1))
    damaged = bytearray(sound)
    damaged[bit // 8] ^= 1 << bit % 8
    assert decode_frame(bytes(damaged), 0, 7) is None
    assert decode_frame(sound[:-1], 0, 7) is None
    assert decode_frame(sound, 0, 8) is None


def test_long_payloads_are_compressed_where_it_helps():
    repeating = LogRecord(1, 1, 1, 1, b"x" * (COMPRESS_BYTES_MIN + 1))
    assert len(encode_frame(repeating, 1, 0, 0)) < 200
    short = LogRecord(1, 1, 1, 1, b"x" * COMPRESS_BYTES_MIN)
    assert len(encode_frame(short, 1, 0, 0)) == HEADER_BYTES + COMPRESS_BYTES_MIN


@pytest.mark.parametrize("gap", [1, 36, 37, 1000])
def test_frames_behind_a_bad_one_are_found(gap):
    later = [encode_frame(LogRecord(1, 1, 0, 9, b"p"), index, 0, 5) for index in (8, 9)]
    data = b"\1" * gap + later[0] + later[1]
    assert [frame.record.index for frame in frames_beyond(data, 0, 7, 5)] == [8, 9]
    assert frames_beyond(data, 0, 9, 5) == []
