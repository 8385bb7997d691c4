"""Upkeep goes from one engine to another: what looks free to the next one has to be.

Each test is a way in which it once did not; `test_many_engines.py` looks for others.
"""

import gc

import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import DiskError
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.storage.maintenance import bulk_load
from neuralgraph.storage.maintenance.pins import RETIRED_NOTE, BasePins
from neuralgraph.storage.transactions.commit import CommitPipeline
from neuralgraph.values import Column
from tests.support.block_witness import BlockWitness
from tests.support.engines import NAME, open_engine

ROWS = 300


@pytest.fixture
def witness(monkeypatch):
    with BlockWitness().watching(monkeypatch) as watching:
        yield watching


@pytest.fixture
def join(witness):
    """Opens one more engine on the same disk."""
    disk = MemoryDirectory()

    def joining(name, **options):
        engine = open_engine(disk, checkpoint_changes=1 << 60, load_commit_rows=ROWS, **options)
        witness.engines[name] = engine
        return engine

    joining.disk = disk
    return joining


def load(engine, mark, rows=ROWS):
    return engine.load_nodes(["N"], {"v": Column.of_values([f"{mark} {n}" for n in range(rows)])})


def change(engine, ids, value):
    writing = engine.begin()
    for node in ids.tolist():
        writing.set_node_property(node, "v", value)
    writing.commit()


def give_up_a_load(engine):
    """It has folded by then."""
    with engine.bulk_rows():
        pass


def interrupt(*_):
    raise KeyboardInterrupt


def die(witness, *names):
    """As `kill -9`."""
    for name in names:
        witness.engines.pop(name)._lock.release()


def test_what_a_process_let_go_of_meanwhile_is_not_needed_by_it_any_more(join):
    """It had moved on from a base with a reader still on it: nothing told it to forget the blocks."""
    one, other = join("one"), join("other")
    ids = load(one, "first")
    one.checkpoint()
    snapshot = one.reader()
    for value in ("second", "third"):
        change(other, ids, value)
        other.checkpoint()
    assert one.reader().node_values([0], "v") == ["third"]
    del snapshot
    gc.collect()
    for number in range(3):
        load(other, f"further {number}")
    load(one, "last")
    assert [*one.verify(), *other.verify()] == []
    assert one.reader().catalog.node_count("N") == 5 * ROWS


def test_a_load_in_the_log_is_kept_by_who_has_folded_beyond_it(join, witness):
    """He took his own fold, of which nobody else knows, for what the log leads to."""
    one, other = join("one"), join("other")
    ids = load(other, "first")
    change(one, ids, "second")
    give_up_a_load(one)
    change(other, ids[:3], "third")
    give_up_a_load(other)
    change(one, ids[3:6], "fourth")
    give_up_a_load(one)
    change(other, ids[6:9], "fifth")
    give_up_a_load(other)
    change(one, ids[9:], "sixth")
    give_up_a_load(one)
    die(witness, "one", "other")
    again = join("again")
    assert again.reader().node_values([0, 3, 6, 9], "v") == ["third", "fourth", "fifth", "sixth"]
    assert again.verify(history=True) == []


def test_a_fold_that_only_its_process_knows_is_left_alone(join):
    one, other = join("one"), join("other")
    ids = load(other, "first")
    change(one, ids, "second")
    for engine in (one, other, one):
        give_up_a_load(engine)
    snapshot = one.reader()
    for mark in ("third", "fourth"):
        load(other, mark)
    assert snapshot.node_values(ids.tolist(), "v") == ["second"] * ROWS
    assert [*one.verify(), *other.verify()] == []


def test_what_a_load_displaces_is_left_to_others_when_its_process_dies(join, witness, monkeypatch):
    """Its record is in the log, and it did not come to say what it displaced."""
    one, other, third = join("one"), join("other"), join("third")
    load(one, "first")
    snapshot = third.reader()
    with monkeypatch.context() as patch:
        patch.setattr(BasePins, "logged", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load(one, "second")
    die(witness, "one")
    assert other.reader().catalog.node_count("N") == 2 * ROWS
    gc.collect()
    for number in range(3):
        load(other, f"further {number}")
    assert snapshot.node_values([0, ROWS - 1], "v") == ["first 0", f"first {ROWS - 1}"]


def test_what_is_retired_is_guessed_when_the_note_cannot_be_read(join):
    """Whatever is not needed may be read by somebody; when the last of them has moved on, it is free."""
    one, other, third = join("one"), join("other"), join("third")
    ids = load(one, "first")
    one.checkpoint()
    snapshot = third.reader()
    change(one, ids, "second")
    one.checkpoint()
    join.disk.child(f"{NAME}-wal").leave_note(RETIRED_NOTE, b"\xc1")
    last = join("last")
    for taker in (other, last, other):
        load(taker, "further")
    assert snapshot.node_values([0], "v") == ["first 0"]
    del snapshot
    for engine in (third, one, last, other):
        engine.reader()
        engine.checkpoint()
    free = other.info().free_bytes
    assert free > 0
    load(other, "last", rows=5)
    assert other.info().free_bytes < free + (1 << 18)
    assert [*one.verify(), *third.verify()] == []


def test_steps_of_a_load_share_blocks_that_are_given_back_once(join, monkeypatch):
    monkeypatch.setattr(bulk_load, "NODE_ROWS_MAX", 50)
    engine = join("one")
    before = engine.info().free_bytes

    with monkeypatch.context() as patch:
        patch.setattr(BasePins, "will_log", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load(engine, "first")
    assert engine.info().free_bytes >= before
    load(engine, "second")
    assert engine.verify() == []
    assert engine.reader().catalog.node_count("N") == ROWS


def test_steps_of_a_large_creation_share_blocks_too(join):
    engine = join("one")
    writing = engine.begin()
    writing.create_index(IndexDefinition("by_value", "range", "node", "A", ("v",)))
    writing.commit()
    writing = engine.begin()
    for label in "ABABA":
        writing.create_nodes(ROWS, [label], {"v": Column.of_values(list(range(ROWS)))})
    writing.commit()
    assert engine.state.deltas.change_count == 0  # it was a load
    assert engine.verify() == []
    assert engine.reader().catalog.node_count("A") == 3 * ROWS
    engine.checkpoint()
    assert engine.verify() == []


def test_an_error_that_is_kept_keeps_no_blocks_of_a_load_that_was_not_logged(join, monkeypatch):
    """Others wrote where its rows had been, and found their blocks claimed by a base that nobody reads."""
    one, other = join("one"), join("other")
    load(one, "first")

    def refuse(*_):
        raise DiskError("the log is full")

    with monkeypatch.context() as patch:
        patch.setattr(CommitPipeline, "_propose", refuse)
        with pytest.raises(DiskError) as kept:
            load(one, "never")
    load(other, "second")
    other.checkpoint()
    load(one, "third")
    one.checkpoint()
    assert kept.value.__traceback__ is not None
    assert [*one.verify(), *other.verify()] == []
    assert one.reader().catalog.node_count("N") == 3 * ROWS


def test_a_fold_that_cannot_be_noted_is_not_read(join, monkeypatch):
    """The note came after the fold, and its failure was passed over: others wrote over what was read here."""
    one, other = join("one"), join("other")
    ids = load(one, "first")
    change(one, ids[:1], "changed")

    def refuse(*_):
        raise DiskError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryDirectory, "leave_note", refuse)
        with pytest.raises(DiskError):
            give_up_a_load(one)
    seen = one.reader().node_values(ids.tolist(), "v")
    load(other, "second")
    other.checkpoint()
    load(other, "third")
    assert one.reader().node_values(ids.tolist(), "v") == seen
    give_up_a_load(one)
    assert [*one.verify(), *other.verify()] == []


def test_a_load_that_was_not_logged_leaves_what_was_folded_before_it_noted(join, monkeypatch):
    """The note before the load said that all it shares with the fold is the log's; then it was nobody's."""
    one, other = join("one"), join("other")
    ids = load(one, "first")
    writing = one.begin()
    for node in ids.tolist():
        writing.set_node_property(node, "w", f"untouched by loads {node}")
    writing.commit()
    give_up_a_load(one)
    seen = one.reader().node_values(ids.tolist(), "w")

    def refuse(*_):
        raise DiskError("the log is full")

    with monkeypatch.context() as patch:
        patch.setattr(CommitPipeline, "_propose", refuse)
        with pytest.raises(DiskError):
            load(one, "never")
    load(other, "second")
    other.checkpoint()
    load(other, "third")
    assert one.reader().node_values(ids.tolist(), "w") == seen
    assert [*one.verify(), *other.verify()] == []
