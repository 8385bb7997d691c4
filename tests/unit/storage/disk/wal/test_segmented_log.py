"""What sync returned for is there after any crash; what is there was appended; damage is said."""

from __future__ import annotations

import random
import threading
from itertools import count

import pytest

from neuralgraph.errors import ClosedError, CorruptionError, DiskError, NotADatabaseError
from neuralgraph.storage.disk import LogRecord, MemoryDirectory, SegmentedLog
from neuralgraph.storage.disk.wal.log_segment import HEADER_BYTES
from tests.support.faulty_directory import FaultyDirectory, PowerLossError, contents_of, flip_bit

SEGMENT_BYTES = 4096
FIRST = "00000001.log"


def opened(directory, **options):
    return SegmentedLog.open(directory, segment_bytes=SEGMENT_BYTES, **options)


def record(number, size=100):
    return LogRecord(7, 1, 0, number, bytes([number % 256]) * size)


def filled(directory, record_count, **options):
    log = opened(directory, **options)
    for number in range(1, record_count + 1):
        log.sync(log.append([record(number)]))
    return log


def txids(log, low=None, high=None):
    return [found.txid for found in log.read(log.first_index if low is None else low, high)]


@pytest.fixture
def directory():
    return MemoryDirectory()


@pytest.mark.parametrize("durability", ["full", "normal", "off"])
def test_records_come_back_in_order_over_segments_and_reopening(durability, directory):
    log = filled(directory, 100, durability=durability)
    for _ in range(2):
        assert (log.first_index, log.last_index) == (1, 100)
        assert txids(log) == list(range(1, 101))
        assert txids(log, 50, 53) == [50, 51, 52]
        assert txids(log, 101) == []
        assert [found.index for found in log.read(98)] == [98, 99, 100]
        log.close()
        log = opened(directory, durability=durability)
    assert len([name for name in directory.names() if name.endswith(".log")]) > 3
    assert log.torn is None
    assert log.last_term == 1


def test_a_batch_stays_together_and_a_large_record_gets_a_segment(directory):
    log = opened(directory)
    assert log.append([record(1), record(2)]) == 2
    assert log.append([LogRecord(2, 3, 0, 9, random.Random(1).randbytes(20_000))]) == 3
    assert log.append([]) == 3
    assert [found.term for found in log.read(1)] == [1, 1, 3]
    with pytest.raises(ValueError, match="4 should come"):
        log.append([LogRecord(1, 1, 9, 1, b"")])
    assert log.append([LogRecord(1, 4, 4, 1, b"")]) == 4
    log.close()
    log = opened(directory)
    assert txids(log) == [1, 2, 9, 1]
    assert log.last_term == 4


def test_compaction_drops_whole_segments_and_keeps_the_rest(directory):
    log = filled(directory, 200)
    log.compact_prefix(100)
    first = log.first_index
    assert 60 < first <= 101
    assert txids(log) == list(range(first, 201))
    with pytest.raises(CorruptionError, match="folded"):
        log.read(first - 1)
    log.compact_prefix(200)
    for number in range(201, 300):
        log.sync(log.append([record(number)]))
    log.close()
    log = opened(directory)
    assert txids(log) == list(range(log.first_index, 300))


def test_what_a_dead_process_did_not_come_to_cut_leaves_no_gap(directory):
    dying = FaultyDirectory(start=directory, operations=frozenset(("name",)), fault="power")
    filled(directory, 200).close()
    log = SegmentedLog.join(
        directory, 200, segment_bytes=SEGMENT_BYTES, durability="full", identity=bytes(16)
    )
    dead = opened(dying)
    dying.schedule.fail_at = dying.schedule.count + 3
    with pytest.raises(PowerLossError):
        dead.compact_prefix(200)
    log.forget_prefix(200)
    for number in range(201, 300):
        log.sync(log.append([record(number)]))
    log.compact_prefix(280)
    assert txids(log) == list(range(log.first_index, 300))
    log.close()
    assert txids(opened(directory)) == list(range(log.first_index, 300))


def test_a_spare_segment_is_used_again(directory):
    log = filled(directory, 200)
    log.compact_prefix(200)
    assert [name for name in directory.names() if name.startswith("spare")] == ["spare-1.log"]
    for number in range(201, 240):
        log.append([record(number)])
    assert not any(name.startswith("spare") for name in directory.names())
    log.close()
    assert txids(opened(directory))[-1] == 239


@pytest.mark.parametrize("index", [1, 2, 40, 99, 100, 101])
def test_a_suffix_can_be_cut(index, directory):
    log = filled(directory, 100)
    log.truncate_suffix(index)
    kept = list(range(1, min(index, 101)))
    assert txids(log) == kept
    assert log.append([record(777)]) == len(kept) + 1
    log.close()
    assert txids(opened(directory)) == [*kept, 777]


def test_a_log_that_ends_before_what_is_needed_begins_anew(directory):
    filled(directory, 50).close()
    log = opened(directory, first_index=80)
    assert (log.first_index, log.last_index) == (80, 79)
    assert log.append([record(80)]) == 80
    log.close()
    assert txids(opened(directory, first_index=80)) == [80]
    with pytest.raises(CorruptionError, match="records 70 to 79 are missing"):
        opened(directory, first_index=70)


def test_the_log_of_another_database_is_refused(directory):
    filled(directory, 3, identity=b"a" * 16).close()
    with pytest.raises(NotADatabaseError, match="another database"):
        opened(directory, identity=b"b" * 16)
    assert txids(opened(directory, identity=b"a" * 16)) == [1, 2, 3]


def end_of(directory, name=FIRST):
    return len(contents_of(directory, name).rstrip(b"\0"))


def test_a_torn_tail_is_set_aside_and_overwritten(directory):
    filled(directory, 5).close()
    end = end_of(directory)
    file = directory.open(FIRST)
    file.write_at(end - 60, bytes(60))
    log = opened(directory)
    assert (log.torn.index, log.torn.file) == (5, "torn-5.bin")
    assert len(contents_of(directory, "torn-5.bin")) == log.torn.byte_count > 30
    assert log.last_index == 4
    log.sync(log.append([record(55)]))
    log.close()
    log = opened(directory)
    assert log.torn is None
    assert txids(log) == [1, 2, 3, 4, 55]


def test_a_log_opened_for_reading_writes_nothing(directory):
    assert txids(opened(directory, read_only=True)) == []
    assert directory.names() == []
    filled(directory, 5).close()
    directory.open(FIRST).write_at(end_of(directory) - 60, bytes(60))
    before = contents_of(directory, FIRST)
    log = opened(directory, read_only=True)
    assert log.torn.index == 5
    assert txids(log) == [1, 2, 3, 4]
    with pytest.raises(DiskError, match="reading only"):
        log.append([record(6)])
    log.close()
    assert directory.names() == [FIRST]
    assert contents_of(directory, FIRST) == before


def test_damage_to_an_acknowledged_record_is_not_taken_for_a_torn_tail(directory):
    filled(directory, 5).close()
    frame_bytes = (end_of(directory) - HEADER_BYTES) // 5
    for offset in (
        HEADER_BYTES + 1,
        HEADER_BYTES + 2 * frame_bytes + 1,
        HEADER_BYTES + 2 * frame_bytes + 50,
    ):
        before = contents_of(directory, FIRST)
        flip_bit(directory, FIRST, offset)
        with pytest.raises(CorruptionError, match="is damaged") as caught:
            opened(directory)
        assert FIRST in caught.value.where
        assert directory.names() == [FIRST]
        flip_bit(directory, FIRST, offset)
        assert contents_of(directory, FIRST) == before
    assert txids(opened(directory)) == [1, 2, 3, 4, 5]


def test_a_hole_in_what_was_never_synced_is_a_torn_tail(directory):
    log = opened(directory)
    log.sync(log.append([record(1)]))
    end = end_of(directory)
    log.append([record(2)])
    log.append([record(3)])
    directory.open(FIRST).write_at(end, bytes(20))
    log = opened(directory)
    assert log.torn.index == 2
    assert txids(log) == [1]


def test_damage_in_an_earlier_segment_and_a_missing_one_are_found(directory):
    filled(directory, 100).close()
    flip_bit(directory, FIRST, end_of(directory) - 5)
    with pytest.raises(CorruptionError, match=r"damaged|missing"):
        opened(directory)
    flip_bit(directory, FIRST, end_of(directory) - 5)
    directory.remove("00000002.log")
    with pytest.raises(CorruptionError, match="are missing"):
        opened(directory)


def test_a_damaged_header_is_found(directory):
    filled(directory, 3).close()
    flip_bit(directory, FIRST, 40)
    with pytest.raises(CorruptionError, match="header"):
        opened(directory)


def test_a_failed_sync_stops_the_log_until_it_is_opened_again():
    directory = FaultyDirectory()
    log = filled(directory, 3)
    schedule = directory.schedule
    schedule.operations, schedule.fail_at = frozenset(("sync",)), schedule.count + 1
    index = log.append([record(4)])
    with pytest.raises(DiskError, match="sync"):
        log.sync(index)
    with pytest.raises(DiskError, match="opened again"):
        log.append([record(5)])
    with pytest.raises(DiskError, match="opened again"):
        log.sync(index)
    log.close()
    log = opened(directory)
    assert txids(log) == [1, 2, 3, 4]
    log.sync(log.append([record(5)]))
    # The system believes record 4 to be on disk since the failed sync; opening wrote it again.
    assert txids(opened(directory.after_crash())) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("fault", ["failing", "short", "full"])
def test_after_a_failed_write_the_log_goes_on(fault):
    directory = FaultyDirectory(fault=fault)
    log = filled(directory, 3)
    schedule = directory.schedule
    schedule.operations, schedule.fail_at = frozenset(("write",)), schedule.count + 1
    with pytest.raises(DiskError):
        log.append([record(4)])
    log.sync(log.append([record(44, size=7)]))
    assert txids(opened(directory.after_crash())) == [1, 2, 3, 44]


def test_a_full_disk_refuses_a_new_segment_and_later_has_room():
    directory = FaultyDirectory(fault="full", is_persistent=True)
    log = filled(directory, 20)
    schedule = directory.schedule
    schedule.operations, schedule.has_failed = frozenset(("write",)), True
    with pytest.raises(DiskError, match="full"):
        log.append([record(21, size=4000)])
    schedule.operations = frozenset()
    log.sync(log.append([record(21, size=4000)]))
    log.close()
    assert txids(opened(directory.after_crash())) == list(range(1, 22))


def test_a_closed_log_says_so(directory):
    log = filled(directory, 3)
    log.close()
    log.close()
    with pytest.raises(ClosedError):
        log.append([record(4)])


def test_threads_share_syncs_and_lose_nothing():
    directory = FaultyDirectory()
    log = opened(directory)

    def work(worker):
        for number in range(40):
            log.sync(log.append([record(worker * 100 + number, size=20)]))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = txids(opened(directory.after_crash()))
    assert len(found) == 160
    for worker in range(4):
        own = [txid for txid in found if txid // 100 == worker]
        assert own == sorted(own)


def scenario(directory, acknowledged):
    """Appends, now and then compacts; what is synced is noted."""
    log = opened(directory)
    first = 1
    for number in range(1, 60):
        records = [record(number * 10 + place, size=150) for place in range(1 + number % 2)]
        index = log.append(records)
        log.sync(index)
        acknowledged.extend(
            (index - len(records) + 1 + place, r.txid) for place, r in enumerate(records)
        )
        if number % 20 == 0:
            first = acknowledged[-10][0]
            log.compact_prefix(first - 1)
    log.close()


@pytest.mark.parametrize("fault", ["power", "failing", "short"])
def test_every_failing_operation_keeps_what_was_acknowledged(fault):
    for number in count(1, 3):
        directory = FaultyDirectory(fail_at=number, fault=fault)
        acknowledged = []
        try:
            scenario(directory, acknowledged)
        except (DiskError, PowerLossError):
            assert directory.has_failed
        rng = random.Random(number)
        log = opened(directory.after_crash(rng if number % 4 else None))
        found = {entry.index: entry.txid for entry in log.read(log.first_index)}
        indexes = sorted(found)
        assert indexes == list(range(log.first_index, log.last_index + 1))
        needed = acknowledged[-10:]
        assert [found.get(index) for index, _ in needed] == [txid for _, txid in needed]
        index = log.append([record(9999)])
        log.sync(index)
        assert [entry.txid for entry in log.read(index)] == [9999]
        if not directory.has_failed:
            break
    assert number > 100
