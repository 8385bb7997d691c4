import logging
import random
import weakref

import pytest

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk import MemoryDirectory
from tests.support.engines import add_node, node_values, open_engine
from tests.support.faulty_directory import FaultyDirectory


def test_an_interrupt_while_following_loses_nothing(monkeypatch):
    directory = MemoryDirectory()
    one, other = open_engine(directory), open_engine(directory)
    nodes = [add_node(one, "N", k=number) for number in range(3)]
    advance, calls = type(other._pipeline)._advance, []

    def interrupted(pipeline, *arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        advance(pipeline, *arguments)

    monkeypatch.setattr(type(other._pipeline), "_advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        other.reader()
    assert other.reader().node_values(nodes, "k") == [0, 1, 2]
    mine = add_node(other, "N", k=9)
    assert node_values(one, mine, "k") == 9
    assert [*one.verify(), *other.verify()] == []
    other.close()
    one.close()


def test_a_graph_that_cannot_be_folded_at_the_end_is_closed_and_kept(caplog):
    directory = FaultyDirectory(operations=frozenset(("extend",)), fault="full")
    engine = open_engine(directory)
    node = add_node(engine, "N", text="x" * 400_000)
    directory.schedule.fail_at = directory.schedule.count + 1
    directory.schedule.is_persistent = True
    with caplog.at_level(logging.WARNING):
        engine.close()
    assert "without folding its log" in caplog.text
    again = open_engine(directory.after_crash())
    assert node_values(again, node, "text") == "x" * 400_000
    again.close()


def test_a_writer_that_cannot_append_leaves_a_log_that_others_go_on_with():
    disk = MemoryDirectory()
    failing = FaultyDirectory(start=disk, operations=frozenset(("write",)), fault="full")
    one, other = open_engine(failing), open_engine(disk)
    add_node(one, "N", k=1)
    failing.schedule.fail_at = failing.schedule.count + 1
    with pytest.raises(DiskError):
        add_node(one, "N", k=2)
    node = add_node(other, "N", k=3)
    assert node_values(one, node, "k") == 3
    last = add_node(one, "N", k=4)
    assert node_values(other, last, "k") == 4
    assert other.reader().catalog.node_count("N") == 3
    one.close()
    other.close()
    again = open_engine(disk)
    assert again.reader().catalog.node_count("N") == 3
    assert again.verify() == []
    again.close()


def test_an_append_that_was_broken_off_leaves_a_log_that_others_go_on_with(monkeypatch):
    disk = MemoryDirectory()
    one, other = open_engine(disk), open_engine(disk)
    for engine in (one, other):
        add_node(engine, "N", k=1)
    file = type(one._log._segments[-1].file)
    write_at = file.write_at

    def broken_off(self, offset, data):
        write_at(self, offset, bytes(data)[:20])
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(file, "write_at", broken_off)
        with pytest.raises(MemoryError):
            add_node(one, "N", k=2)
    text = random.Random(1).randbytes(1 << 16).hex()  # goes into the next segment
    node = add_node(other, "N", text=text)
    third = open_engine(disk)
    assert node_values(third, node, "text") == text
    last = add_node(one, "N", k=4)
    assert node_values(third, last, "k") == 4
    assert third.verify() == []


def test_an_engine_does_not_hold_the_state_that_it_began_with():
    """The base of that state keeps blocks of the file, for as long as anybody has it."""
    engine = open_engine(MemoryDirectory())
    first = weakref.ref(engine.state.base)
    add_node(engine, "N", k=1)
    engine.checkpoint()
    assert first() is None
    engine.close()
