import random
from contextlib import suppress

import pytest

from neuralgraph.access import ConstraintDefinition
from neuralgraph.errors import CorruptionError, DiskError, NeuralGraphError
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.values import Column
from tests.support.engines import NAME, add_node, node_values, open_engine
from tests.support.faulty_directory import FaultyDirectory, PowerLossError, contents_of, flip_bit
from tests.support.power_loss import Disk
from tests.support.recording_directory import Recorder, RecordingDirectory, directory_of


def abandon(engine):
    """What a killed process leaves: its files as they are, its lock gone."""
    engine._lock.release()


def test_commits_in_the_log_are_replayed():
    engine = open_engine()
    node = add_node(engine, "N", k=1)
    engine.checkpoint()
    writing = engine.begin({"actor": "x"})
    writing.set_node_property(node, "k", 2)
    other = writing.create_node(["M"], {})
    writing.create_edge("T", node, other, {})
    writing.commit()
    abandon(engine)
    again = open_engine(engine._directory)
    assert again.recovery.base_txid == 1
    assert (again.recovery.replayed_commits, again.recovery.replayed_changes) == (1, 3)
    assert node_values(again, node, "k") == 2
    assert again.reader().expand_one(node, [], "out")[1].tolist() == [other]
    assert again.state.timestamp_us == engine.state.timestamp_us
    assert add_node(again, "N") > other
    again.close()


def test_ids_are_not_given_out_again_after_a_crash():
    engine = open_engine()
    given = engine.begin().create_node(["N"], {})
    add_node(engine, "N")
    engine.checkpoint()
    lost = engine.begin().create_node(["N"], {})
    abandon(engine)
    again = open_engine(engine._directory)
    assert add_node(again, "N") > max(given, lost)
    again.close()


def test_schema_and_loads_are_replayed():
    engine = open_engine()
    changing = engine.begin()
    changing.create_constraint(ConstraintDefinition("u", "unique", "node", "N", ("k",)))
    changing.commit()
    engine.load_nodes(["N"], {"k": Column.of_values([1, 2])})
    add_node(engine, "N", k=3)
    abandon(engine)
    again = open_engine(engine._directory)
    assert again.reader().catalog.node_count("N") == 3
    index = again.reader().catalog.indexes()[0]
    assert [len(again.reader().seek(index, (value,))) for value in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert again.verify() == []
    again.close()


def test_a_replay_goes_on_from_the_newest_load_whose_blocks_stay():
    # A fold for a load frees blocks of the load before it, and that load's record is still in the log.
    engine = open_engine()
    values = Column.of_values(list(range(3_000)))
    ids = engine.load_nodes(["N"], {"k": values}).tolist()
    for _ in range(3):
        writing = engine.begin()
        writing.delete_node(ids.pop())
        writing.set_node_property(ids[0], "k", -1)
        writing.commit()
        ids.extend(engine.load_nodes(["N"], {"k": values}).tolist())
    add_node(engine, "N", k=1)
    abandon(engine)
    for _ in range(2):
        engine = open_engine(engine._directory)
        assert engine.recovery.base_txid == 0
        assert engine.reader().catalog.node_count("N") == len(ids) + 1
        assert engine.verify() == []
        writing = engine.begin()
        writing.delete_node(ids.pop())
        writing.commit()
        ids.extend(engine.load_nodes(["N"], {"k": values}).tolist())
        abandon(engine)


def test_a_new_file_keeps_its_name_though_its_log_was_there_before_it():
    recorder = Recorder()
    folders = {"": {}, f"/{NAME}-wal": {}}  # of a creation that the power cut short
    engine = open_engine(RecordingDirectory(recorder, folders))
    add_node(engine, "N")
    disk = Disk()
    for event in recorder.events:
        disk.play(event)
    again = open_engine(directory_of(disk.after_power_cut("lost", random.Random(0))))
    assert again.state.txid == 1


def test_a_large_commit_without_its_end_never_happened():
    engine = open_engine()
    writing = engine.begin()
    writing.create_nodes(3_000, ["N"], {})
    writing.commit()
    log = engine._log
    log.truncate_suffix(log.last_index)  # the Commit record
    abandon(engine)
    again = open_engine(engine._directory)
    assert again.state.txid == 0
    assert again.recovery.aborted == (1,)
    assert again.reader().catalog.node_count() == 0
    add_node(again, "N")
    abandon(again)
    third = open_engine(engine._directory)
    assert (third.state.txid, third.reader().catalog.node_count()) == (1, 1)
    third.close()


def test_a_gap_between_file_and_log_is_damage():
    engine = open_engine()
    for _ in range(3):
        add_node(engine, "N")
    records = list(engine._log.read(1))
    engine.close()
    directory = MemoryDirectory()
    other = open_engine(directory)
    other._log.append([record._replace(index=0) for record in records if record.txid != 1])
    abandon(other)
    with pytest.raises(CorruptionError, match="transactions 1 to 1 are neither"):
        open_engine(directory)


def test_a_flipped_bit_anywhere_is_found_or_harmless():
    directory = MemoryDirectory()
    engine = open_engine(directory)
    for number in range(20):
        add_node(engine, "N", k=number)
    engine.close()
    size = len(contents_of(directory, NAME))
    chance = random.Random(1)
    for _ in range(40):
        offset, bit = chance.randrange(size), chance.randrange(8)
        flip_bit(directory, NAME, offset, bit)
        try:
            opened = open_engine(directory, read_only=True)
        except NeuralGraphError:
            pass
        else:
            problems = opened.verify()
            if not problems:
                assert opened.reader().catalog.node_count("N") == 20
            opened.close()
        flip_bit(directory, NAME, offset, bit)


def scenario(directory):
    """A little of everything; gives the values that were acknowledged, oldest first, until it failed."""
    acknowledged = []
    try:
        engine = open_engine(directory)
        node = add_node(engine, "N", k=0)
        acknowledged.append(0)
        for value in range(1, 7):
            writing = engine.begin()
            writing.set_node_property(node, "k", value)
            writing.create_nodes(3, ["M"], {"v": Column.of_values([value] * 3)})
            writing.commit()
            acknowledged.append(value)
            if value == 3:
                engine.checkpoint()
            if value == 4:
                engine.load_nodes(["L"], {"v": Column.of_values([1, 2])})
        engine.close()
    except (DiskError, PowerLossError):
        return acknowledged
    return acknowledged


@pytest.mark.parametrize("fault", ["power", "full", "failing"])
def test_whatever_the_disk_does_what_was_acknowledged_is_there(fault):
    number = 0
    while True:
        number += 1 if number < 10 else 3  # every point early on, then samples
        directory = FaultyDirectory(fail_at=number, fault=fault, is_persistent=fault != "failing")
        acknowledged = scenario(directory)
        for seed in range(2):
            again = open_engine(directory.after_crash(random.Random(seed)))
            view = again.reader()
            assert again.verify() == [], number
            if acknowledged:
                value = view.node_values([0], "k")[0]
                assert value in (acknowledged[-1], acknowledged[-1] + 1), number
                assert view.catalog.node_count("M") == 3 * value, number
                assert sum(len(ids) for ids in view.scan_nodes("M")) == 3 * value
                assert view.catalog.node_count("L") in ((2,) if value > 4 else (0, 2))
            add_node(again, "N")
            again.close()
        if not directory.has_failed:
            break
    assert number > 50
    assert acknowledged == list(range(7))


def test_an_opening_mends_the_header():
    """After a crash between the two slots, or a flipped bit, one serves; the next flip must find two."""
    directory = MemoryDirectory()
    engine = open_engine(directory)
    for value in range(2):
        add_node(engine, "A", value=value)
        before = contents_of(directory, NAME)[:4096]
        engine.checkpoint()
    engine._lock.release()
    put_at(directory, 4096, before)  # the second slot is as it was before the last checkpoint
    reading = open_engine(directory, read_only=True)
    (problem,) = reading.verify()
    assert problem.where == "header"
    reading.close()
    engine = open_engine(directory)
    assert engine.verify() == []
    engine._lock.release()
    flip_bit(directory, NAME, 100)
    engine = open_engine(directory)
    assert engine.reader().catalog.node_count() == 2
    assert engine.verify() == []
    engine._lock.release()
    flip_bit(directory, NAME, 4096 + 100)
    assert open_engine(directory).reader().catalog.node_count() == 2


def put_at(directory, offset, data):
    file = directory.open(NAME)
    file.write_at(offset, data)
    file.close()


def torn_engine(directory, tail):
    """An engine that crashed while it wrote a record of which only `tail` is there."""
    engine = open_engine(directory)
    add_node(engine, "N", k=1)
    abandon(engine)
    log = directory.child(f"{NAME}-wal")
    (segment,) = [name for name in log.names() if name.endswith(".log")]
    file = log.open(segment)
    end = len(file.read_at(0, file.size()).rstrip(b"\0"))
    file.write_at(end, tail)
    return directory


def test_a_torn_tail_is_kept_beside_the_database_and_outlives_a_close(caplog):
    directory = torn_engine(MemoryDirectory(), b"torn away")
    looking = open_engine(directory, read_only=True)
    assert looking.info().torn_bytes == 9
    assert looking.info().torn_tails == ()
    looking.close()
    engine = open_engine(directory)
    (kept,) = engine.info().torn_tails
    assert contents_of(directory, kept) == b"torn away"
    assert kept in caplog.text
    assert engine.info().torn_bytes == 9
    assert [name for name in directory.child(f"{NAME}-wal").names() if "torn" in name] == []
    engine.close()
    again = open_engine(directory)
    assert (again.info().torn_bytes, again.info().torn_tails) == (0, (kept,))
    assert again.verify() == []
    again.close()


def test_each_torn_tail_gets_a_file_of_its_own():
    directory = torn_engine(MemoryDirectory(), b"first")
    for tail in (b"second", b"first and more"):
        index = open_engine(directory)
        abandon(index)
        log = directory.child(f"{NAME}-wal").open("00000001.log")
        end = len(log.read_at(0, log.size()).rstrip(b"\0"))
        log.write_at(end, tail)
    engine = open_engine(directory)
    kept = [contents_of(directory, name) for name in engine.info().torn_tails]
    assert sorted(kept) == [b"first and more", b"second"]
    assert engine.reader().catalog.node_count() == 1
    engine.close()


def test_a_disk_that_fails_while_a_torn_tail_is_kept_loses_nothing():
    for nth in range(2, 200):
        torn = torn_engine(MemoryDirectory(), b"torn away")
        directory = FaultyDirectory(start=torn, fail_at=nth)
        directory.child(f"{NAME}-wal")  # the first operation; from here on it knows the folder
        with suppress(DiskError):
            open_engine(directory)
        engine = open_engine(directory.after_crash())
        names = engine.info().torn_tails
        assert [contents_of(engine._directory, name) for name in names] == [b"torn away"], nth
        assert engine.reader().catalog.node_count() == 1
        if not directory.has_failed:
            return
    raise AssertionError("it never got through")


def test_names_are_as_old_as_they_were_after_a_load_that_is_read_from_the_log():
    """The commits before a load are not applied again; once their names were born with the load."""
    disk = MemoryDirectory()
    engine = open_engine(disk)
    other = open_engine(disk)
    add_node(engine, "First", a=1)
    engine.load_nodes(["Loaded"], {"b": Column.of_values([1, 2])})

    def names_at(opened, txid):
        catalog = opened.reader_at(txid=txid).catalog
        return list(catalog.labels()), list(catalog.property_keys())

    for opened in (engine, other):
        assert names_at(opened, 1) == (["First"], ["a"])
        assert names_at(opened, 2) == (["First", "Loaded"], ["a", "b"])
    for opened in (engine, other):
        opened._lock.release()
    again = open_engine(disk)
    assert names_at(again, 1) == (["First"], ["a"])
    add_node(again, "Third")
    again.checkpoint()
    assert again.verify(history=True) == []
    again.close()
