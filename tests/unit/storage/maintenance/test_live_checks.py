"""What lies over the base is checked too: each kind of inconsistency, planted, is told."""

import pytest

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.storage.maintenance.integrity import UNREADABLE
from neuralgraph.storage.maintenance.live_checks import check_state
from neuralgraph.storage.versions.changes import Commit, CreateEdge, CreateNode, SetNodeProperty
from neuralgraph.values import Column
from tests.support.damage import make_image
from tests.support.engines import NAME, add_node, open_engine
from tests.support.faulty_directory import FaultyDirectory, flip_bit
from tests.support.recording_directory import directory_of

ONE_NAME = ConstraintDefinition("one_name", "unique", "node", "P", ("name",))


@pytest.fixture
def engine():
    opened = open_engine()
    writing = opened.begin()
    writing.create_constraint(ONE_NAME)
    writing.commit()
    writing = opened.begin()
    one = writing.create_node(["P"], {"name": "one"})
    two = writing.create_node(["P"], {"name": "two"})
    writing.create_edge("T", one, two, {})
    writing.commit()
    yield opened
    opened.close()


def problems_after(engine, *changes):
    """What is said of a state into which changes came that no transaction had checked."""
    state = engine.state
    return list(check_state(state.after(Commit(state.txid + 1, state.timestamp_us, changes))))


def test_a_sound_state_has_no_problems(engine):
    assert list(check_state(engine.state)) == []
    assert problems_after(engine, CreateNode(70, ("P",), {"name": "three"})) == []


def test_a_value_that_should_be_unique_is_found(engine):
    (problem,) = problems_after(engine, SetNodeProperty(1, "name", "one"))
    assert problem.where == "constraint one_name"
    assert "one" in problem.what


def test_a_relationship_without_an_end_is_found(engine):
    problems = problems_after(engine, CreateEdge(70, "T", 0, 999, {}))
    assert any("end at no node" in problem.what for problem in problems)


def test_a_relationship_that_is_missing_from_one_of_its_ends_is_found(engine):
    engine.checkpoint()
    state = engine.state
    state.base._adjacencies.pop(("T", "in"))
    (problem,) = [one for one in check_state(state) if "ingoing" in one.where]
    assert problem.what == "[0] are not found, or twice"


def test_counts_that_are_wrong_are_found(engine):
    state = engine.state
    state.catalog._node_counts = {None: 77, "P": 2}
    assert any("77 are counted, 2 are there" in problem.what for problem in check_state(state))


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_an_index_that_missed_a_change_is_found(is_forgotten):
    engine = open_engine()
    making = engine.begin()
    making.create_index(IndexDefinition("i", "range", "node", ("N",), ("k",)))
    making.commit()
    node = add_node(engine, "N", k=1)
    engine.checkpoint()
    writing = engine.begin()
    writing.set_node_property(node, "k", 2)
    writing.commit()
    assert engine.verify() == []
    candidates = engine.state.deltas.indexes["i"]
    if is_forgotten:
        candidates.touched.clear()
    else:
        candidates._entries.clear()
    told = [str(problem) for problem in engine.verify()]
    assert any("index i" in one for one in told), told


def test_a_byte_that_counts_twice_is_found(engine):
    engine.load_nodes(["N"], {"v": Column.of_values(list(range(2_000)))})
    assert engine.verify() == []
    ref = next(ref for ref in engine.state.base.block_refs() if ref.length)
    engine._blocks.release([ref])
    assert any("count as free" in problem.what for problem in engine.verify())
    engine._blocks.use(engine._pins.needed())
    assert engine.verify() == []


def test_damage_to_what_only_the_next_opening_needs_is_found():
    """The state stands on a fold that no opening knows; the header's base is read by nobody."""
    disk = MemoryDirectory()
    engine = open_engine(disk)
    ids = engine.load_nodes(["N"], {"v": Column.of_values(list(range(2_000)))}).tolist()
    engine.checkpoint()
    header = set(engine.state.base.block_refs())
    writing = engine.begin()
    for node in ids:
        writing.set_node_property(node, "v", -node)
    writing.commit()
    with engine.bulk_rows():
        pass  # it came to nothing, and has folded
    (ref, *_) = sorted(header - set(engine.state.base.block_refs()))
    assert engine.verify() == []
    flip_bit(disk, NAME, ref.offset)
    (problem,) = engine.verify()
    assert problem.where == "what the next opening begins with"


def test_a_disk_that_fails_is_named_by_verify_and_nothing_is_mapped():
    image = make_image()
    found = 0
    for number in range(1, 40):
        directory = FaultyDirectory(start=directory_of(image))
        engine = open_engine(directory)
        schedule = directory.schedule
        schedule.operations = frozenset(("read",))
        schedule.count, schedule.fail_at = 0, number
        del schedule.log[:]
        problems = engine.verify()
        if not schedule.has_failed:
            break
        assert any("Input/output error" in problem.what for problem in problems), number
        found += 1
        if problems[-1].what == UNREADABLE:
            assert ("map", NAME) not in schedule.log
        engine._lock.release()
    assert found > 5
