"""An id that somebody may have seen is not given out again: not after a roll-back, a close, a crash."""

from neuralgraph.storage.disk import MemoryDirectory
from tests.support.engines import add_node, open_engine


def roll_back_ten(engine):
    writing = engine.begin()
    ids = [writing.create_node([], {}) for _ in range(10)]
    edge = writing.create_edge("T", ids[0], ids[1], {})
    writing.rollback()
    return ids[-1], edge


def create_one(engine):
    writing = engine.begin()
    node = writing.create_node([], {})
    edge = writing.create_edge("T", node, node, {})
    writing.commit()
    return node, edge


def test_after_a_close():
    directory = MemoryDirectory()
    engine = open_engine(directory)
    add_node(engine, "A")
    node, edge = roll_back_ten(engine)
    engine.close()
    engine = open_engine(directory)
    assert create_one(engine) == (node + 1, edge + 1)
    engine.close()


def test_after_a_close_without_any_commit():
    directory = MemoryDirectory()
    engine = open_engine(directory)
    engine.checkpoint()
    node, edge = roll_back_ten(engine)
    engine.close()
    engine = open_engine(directory)
    assert create_one(engine) == (node + 1, edge + 1)
    node, edge = roll_back_ten(engine)
    engine.close()
    engine = open_engine(directory)
    again = create_one(engine)
    assert again > (node, edge)
    engine.close()


def test_after_a_checkpoint_and_a_crash():
    directory = MemoryDirectory()
    engine = open_engine(directory)
    add_node(engine, "A")
    node, edge = roll_back_ten(engine)
    engine.checkpoint()
    engine._lock.release()
    engine = open_engine(directory)
    later_node, later_edge = create_one(engine)
    assert later_node > node
    assert later_edge > edge
    engine.close()


def test_a_close_and_an_opening_leave_no_gap():
    directory = MemoryDirectory()
    for wanted in range(5):
        engine = open_engine(directory)
        assert add_node(engine, "A") == wanted
        engine.close()
