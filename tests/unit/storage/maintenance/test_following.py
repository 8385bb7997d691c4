import logging

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
