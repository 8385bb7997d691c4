import threading

import pytest

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.storage.versions.changes import CreateNode
from tests.support.engines import add_node, in_thread, open_engine
from tests.support.faulty_directory import FaultyDirectory


def fail_next(directory, operation, *, is_persistent=False):
    schedule = directory.schedule
    schedule.operations = frozenset((operation,))
    schedule.fail_at, schedule.count, schedule.has_failed = 1, 0, False
    schedule.is_persistent = is_persistent


def mend(directory):
    directory.schedule.fail_at = None
    directory.schedule.has_failed = False


def test_a_full_disk_fails_the_commit_and_nothing_else():
    directory = FaultyDirectory(fault="full")
    engine = open_engine(directory)
    node = add_node(engine, "N", k=1)
    fail_next(directory, "write")
    failing = engine.begin()
    failing.set_node_property(node, "k", 2)
    with pytest.raises(DiskError, match="full"):
        failing.commit()
    assert not failing.is_open
    assert engine.reader().node_values([node], "k") == [1]
    mend(directory)
    add_node(engine, "N", k=3)
    assert engine.state.txid == 2
    again = open_engine(directory.after_crash())
    assert again.reader().catalog.node_count() == 2
    assert again.reader().node_values([node], "k") == [1]
    again.close()
    engine.close()


def test_after_a_failed_sync_nothing_is_written_until_the_next_opening():
    directory = FaultyDirectory()
    engine = open_engine(directory)
    node = add_node(engine, "N", k=1)
    fail_next(directory, "sync")
    failing = engine.begin()
    failing.set_node_property(node, "k", 2)
    with pytest.raises(DiskError, match="rolled back"):
        failing.commit()
    mend(directory)
    assert engine.reader().node_values([node], "k") == [1]
    assert engine.info().failure is not None
    with pytest.raises(DiskError, match="closed and opened again"):
        add_node(engine, "N")
    assert engine.state.txid == 1
    engine.close()
    again = open_engine(directory)
    assert again.reader().node_values([node], "k")[0] in (1, 2)
    add_node(again, "N")
    again.close()


def test_concurrent_committers_share_syncs():
    class CountingDirectory(FaultyDirectory):
        pass

    directory = CountingDirectory()
    engine = open_engine(directory, busy_timeout_s=10)
    add_node(engine, "N")
    release = threading.Event()
    log = engine._log
    plain = log.sync

    class SlowReplicator:
        """Holds the first sync until the others have queued up behind it."""

        def __init__(self, inner):
            self.inner = inner
            self.propose, self.withdraw = inner.propose, inner.withdraw

        @property
        def last_index(self):
            return self.inner.last_index

        def wait_durable(self, index):
            release.wait(10)
            plain(index)

    engine._pipeline._replicator = SlowReplicator(engine._pipeline._replicator)
    threads = [in_thread(lambda: add_node(engine, "N")) for _ in range(8)]
    while len(engine._pipeline.queue) < 7:  # and one leads
        pass
    assert engine.state.txid == 1
    syncs_before = sum(operation == "sync" for operation, _ in directory.schedule.log)
    release.set()
    for thread in threads:
        thread.join(10)
    syncs = sum(operation == "sync" for operation, _ in directory.schedule.log) - syncs_before
    assert syncs < 8
    assert engine.state.txid == 9
    assert engine.reader().catalog.node_count() == 9
    engine.close()


def test_a_failed_sync_fails_everyone_who_waits_for_it():
    directory = FaultyDirectory()
    engine = open_engine(directory, busy_timeout_s=10)
    add_node(engine, "N")
    release = threading.Event()
    inner = engine._pipeline._replicator

    class Failing:
        propose, withdraw, last_index = inner.propose, inner.withdraw, property(lambda _: 0)

        def wait_durable(self, index):
            release.wait(10)
            raise DiskError(f"sync of {index} failed")

    engine._pipeline._replicator = Failing()
    failures = []

    def work():
        try:
            add_node(engine, "N")
        except DiskError as error:
            failures.append(error)

    threads = [in_thread(work) for _ in range(4)]
    while len(engine._pipeline.queue) < 3:  # and one leads
        pass
    release.set()
    for thread in threads:
        thread.join(10)
    assert len(failures) == 4
    assert engine.state.txid == 1
    assert engine._manager.locks._holders == {}


def test_a_check_that_fails_takes_no_txid():
    engine = open_engine()

    def refuse(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        engine._pipeline.commit([CreateNode(0, (), {})], {}, check=refuse)
    assert add_node(engine, "N") == 0
    assert engine.state.txid == 1
    engine.close()


def test_a_commit_that_cannot_be_applied_stops_writing():
    directory = MemoryDirectory()
    engine = open_engine(directory)
    node = add_node(engine, "N")

    def broken(_state):
        raise RuntimeError("a bug")

    engine._pipeline.on_publish = broken
    with pytest.raises(RuntimeError, match="a bug"):
        add_node(engine, "N")
    with pytest.raises(Exception, match="open it again"):
        add_node(engine, "N")
    assert engine.reader().node_labels([node]) == [("N",)]
    engine.close()
    again = open_engine(directory)
    assert again.reader().catalog.node_count() == 2
    again.close()
