"""The Nth write, sync, open, mapping fails, for every N: typed errors, and nothing acknowledged is lost."""

import random
from itertools import pairwise

import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import DiskError, StorageError
from neuralgraph.values import Column
from tests.support.engines import add_node, open_engine
from tests.support.faulty_directory import FaultyDirectory

BY_V = IndexDefinition("by_v", "range", "node", ("M",), ("v",))


def scenario(directory, told, bytes_max):
    """Commits, an index, loads, checkpoints, a close; goes on after errors; what was acknowledged."""

    def attempt(work):
        try:
            return work()
        except StorageError as error:
            told.append(error)
            return None

    options = {"wal_segment_bytes": 1 << 13, "transaction_memory_bytes_max": bytes_max}
    engine = attempt(lambda: open_engine(directory, **options))
    if engine is None:
        return {}
    acknowledged = {}

    def commit(value):
        writing = engine.begin()
        try:
            node = writing.create_node(["N"], {"v": value, "text": "x" * 900})
            writing.create_nodes(2, ["M"], {"v": Column.of_values([value] * 2)})
            writing.create_edge("T", node, node, {})
            writing.commit()
            acknowledged[node] = value
        finally:
            writing.rollback()

    def make_index():
        writing = engine.begin()
        try:
            writing.create_index(BY_V)
            writing.commit()
        finally:
            writing.rollback()

    def load():
        columns = {"v": Column.of_values(list(range(900)))}
        acknowledged.update(
            zip(engine.load_nodes(["L"], columns).tolist(), range(900), strict=True)
        )

    for value in range(12):
        attempt(lambda value=value: commit(value))
        if value in (3, 8):
            attempt(engine.checkpoint)
        if value == 5:
            attempt(make_index)
            attempt(load)
    view = engine.reader()
    attempt(lambda: check_values(view, acknowledged))
    attempt(engine.close)
    return acknowledged


def check_values(view, acknowledged):
    ids = list(acknowledged)
    assert view.node_values(ids, "v") == list(acknowledged.values())


def fail_everywhere(operation, fault, *, is_persistent, bytes_max):
    number, failures = 0, 0
    while True:
        number += 1
        directory = FaultyDirectory(
            fail_at=number,
            fault=fault,
            operations=frozenset((operation,)),
            is_persistent=is_persistent,
        )
        told = []
        acknowledged = scenario(directory, told, bytes_max)
        if not directory.has_failed:
            assert told == []
            return failures
        failures += 1
        directory.schedule.fail_at = None
        directory.schedule.is_persistent = False
        again = open_engine(directory.after_crash(random.Random(number)))
        check_values(again.reader(), acknowledged)
        assert again.verify() == [], (operation, number)
        add_node(again, "N")
        again.close()


@pytest.mark.parametrize(
    ("is_persistent", "bytes_max"),
    [(False, 1 << 28), (True, 1 << 28), (False, 6_000)],
    ids=["once", "from then on", "once, with spilled transactions"],
)
@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("write", "failing"),
        ("write", "short"),
        ("write", "full"),
        ("sync", "failing"),
        ("open", "failing"),
        ("map", "failing"),
        ("extend", "full"),
        ("name", "failing"),
        ("read", "failing"),
        ("truncate", "failing"),
    ],
)
def test_no_failure_loses_what_was_acknowledged(operation, fault, is_persistent, bytes_max):
    failures = fail_everywhere(operation, fault, is_persistent=is_persistent, bytes_max=bytes_max)
    assert failures >= 1 or operation == "truncate"


def test_after_a_failed_sync_nothing_more_is_written_and_a_reopening_recovers():
    directory = FaultyDirectory(operations=frozenset(("sync",)))
    engine = open_engine(directory)
    first = add_node(engine, "N", v=1)
    directory.schedule.fail_at = directory.schedule.count + 1
    with pytest.raises(DiskError, match="rolled back"):
        add_node(engine, "N", v=2)
    directory.schedule.fail_at = None
    for _ in range(2):  # the disk is well again; nobody knows what it has
        with pytest.raises(DiskError, match="opened again"):
            add_node(engine, "N", v=3)
        for upkeep in (engine.checkpoint, engine.vacuum):
            with pytest.raises(DiskError, match="opened again"):
                upkeep()
    assert engine.info().failure is not None
    assert engine.reader().node_values([first], "v") == [1]
    engine.close()
    again = open_engine(directory.after_crash(random.Random(1)))
    assert again.reader().node_values([first], "v") == [1]
    # The failed commit may be on the disk after all: its error says so.
    assert again.reader().catalog.node_count("N") in (1, 2)
    again.close()


def test_a_spilled_commit_that_fails_gives_all_its_space_back():
    directory = FaultyDirectory(fault="full")
    engine = open_engine(directory, transaction_memory_bytes_max=60_000)
    for number in range(20):
        add_node(engine, "M", v=number)
    engine.checkpoint()
    blocks, schedule = engine._blocks, directory.schedule
    schedule.operations = frozenset(("write", "extend"))
    commits = failures = 0
    for fail_at in range(1, 130):
        txid, taken = engine.state.txid, blocks.size() - blocks.free_bytes()
        schedule.fail_at, schedule.count, schedule.has_failed = fail_at, 0, False
        transaction = engine.begin()
        try:
            write_much(transaction)
            transaction.commit()
        except DiskError:
            failures += 1
            transaction.rollback()
            assert blocks.size() - blocks.free_bytes() == taken
            assert engine.state.txid == txid
        else:  # less space than was asked for may have been enough
            commits += 1
    assert failures > 100
    schedule.fail_at = None
    assert engine.verify() == []
    assert engine.reader().catalog.node_count("N") == 150 * commits
    engine.close()


def write_much(transaction):
    """Nodes and relationships, for which it takes several parts."""
    nodes = [
        transaction.create_node(("M", "N"), {"v": i, "s": str(i) * 9, "t": -i / 7})
        for i in range(150)
    ]
    for one, other in pairwise(nodes):
        transaction.create_edge("R", one, other, {"w": one})
    for node in nodes[::2]:
        transaction.set_node_property(node, "v", -1)
