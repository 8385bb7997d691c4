import gc
import threading
import time

import pytest

from neuralgraph.errors import DiskError
from neuralgraph.storage.maintenance.schedule import CheckpointSchedule
from tests.support.engines import add_node, node_values, open_engine
from tests.support.faulty_directory import FaultyDirectory


def set_value(engine, node, value):
    writing = engine.begin()
    writing.set_node_property(node, "k", value)
    writing.commit()


def test_a_checkpoint_changes_nothing_that_can_be_seen():
    engine = open_engine()
    one, two = add_node(engine, "N", k=1), add_node(engine, "M", k="x")
    writing = engine.begin()
    edge = writing.create_edge("T", one, two, {"w": 0.5})
    writing.commit()
    before = engine.reader()
    report = engine.checkpoint()
    after = engine.reader()
    assert (report.txid, report.changes_count) == (3, 3)
    assert engine.info().delta_changes == 0
    for view in (before, after):
        assert view.node_properties([one, two]) == [{"k": 1}, {"k": "x"}]
        assert view.node_labels([one, two]) == [("N",), ("M",)]
        assert view.edge_properties([edge]) == [{"w": 0.5}]
        assert view.expand_one(one, ["T"], "out")[1].tolist() == [two]
        assert view.catalog.node_count("N") == 1
    assert engine.checkpoint().changes_count == 0
    assert engine.verify() == []
    engine.close()


def test_writers_and_readers_go_on_during_checkpoints():
    engine = open_engine(busy_timeout_s=10)
    node = add_node(engine, "N", k=0)
    stop = threading.Event()
    problems = []

    def write():
        value = 0
        while not stop.is_set():
            value += 1
            set_value(engine, node, value)
            add_node(engine, "M", k=value)

    def read():
        last = 0
        while not stop.is_set():
            view = engine.reader()
            value = view.node_values([node], "k")[0]
            count = view.catalog.node_count("M")
            found = sum(len(ids) for ids in view.scan_nodes("M"))
            if value < last or found != count or count not in (value, value - 1):
                problems.append((last, value, count, found))
            last = value

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        engine.checkpoint()
    stop.set()
    for thread in threads:
        thread.join(20)
    assert problems == []
    assert engine.verify() == []
    values = [engine.reader().node_values([node], "k")[0], engine.state.txid]
    engine.close()
    again = open_engine(engine._directory)
    assert [node_values(again, node, "k"), again.state.txid] == values
    again.close()


def test_blocks_are_used_again_once_nobody_needs_them():
    engine = open_engine()
    node = add_node(engine, "N", k=0)
    for value in range(1, 30):
        set_value(engine, node, value)
        engine.checkpoint()
    sizes = []
    for value in range(30, 60):
        set_value(engine, node, value)
        gc.collect()
        engine.checkpoint()
        sizes.append(engine.info().file_bytes - engine.info().free_bytes)
    assert max(sizes) < 1.5 * min(sizes) + 200_000
    assert engine.verify() == []
    engine.close()


def test_a_reader_of_an_old_state_keeps_its_blocks():
    engine = open_engine()
    nodes = [add_node(engine, "N", k=f"value {number}" * 20) for number in range(50)]
    engine.checkpoint()
    old = engine.reader()
    for value in range(6):
        for node in nodes[::7]:
            set_value(engine, node, f"other {value}" * 30)
        engine.checkpoint()
    assert old.node_values(nodes, "k") == [f"value {number}" * 20 for number in range(50)]
    del old
    engine.close()


def test_a_failed_checkpoint_changes_nothing():
    for number in range(1, 60):
        directory = FaultyDirectory()
        engine = open_engine(directory)
        node = add_node(engine, "N", k=1)
        engine.checkpoint()
        set_value(engine, node, 2)
        schedule = directory.schedule
        schedule.fail_at, schedule.count, schedule.has_failed = number, 0, False
        failed = False
        try:
            engine.checkpoint()
        except DiskError:
            failed = True
        schedule.fail_at = None
        assert node_values(engine, node, "k") == 2
        again = open_engine(directory.after_crash())
        assert node_values(again, node, "k") == 2
        assert again.verify() == []
        again.close()
        if not failed:
            break
    else:
        pytest.fail("it never went through")
    assert number > 3


def test_the_schedule_folds_in_the_background():
    engine = open_engine(checkpoint_changes=20)
    node = add_node(engine, "N", k=0)
    for value in range(1, 100):
        set_value(engine, node, value)
    deadline = time.monotonic() + 10
    while engine.state.base.txid == 0 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert engine.state.base.txid > 0
    assert engine.info().delta_changes < 100
    assert engine.info().checkpoint_failure is None
    assert node_values(engine, node, "k") == 99
    engine.close()


def test_a_failing_background_checkpoint_is_reported(caplog):
    done = threading.Event()

    def fail():
        done.set()
        raise DiskError("the disk is full")

    class State:
        class deltas:  # noqa: N801
            change_count = 10

    schedule = CheckpointSchedule(fail, changes_max=10)
    schedule.published(State)
    assert done.wait(5)
    schedule.close()
    assert str(schedule.last_error) == "the disk is full"
    assert "a checkpoint failed" in caplog.text
