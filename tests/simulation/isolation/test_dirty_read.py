"""Dirty read: seeing what another transaction wrote and may take back. Must not happen."""

from tests.support.engines import add_node, open_engine


def test_nobody_sees_what_is_not_committed():
    engine = open_engine()
    node = add_node(engine, "N", k=1)
    writing = engine.begin()
    writing.set_node_property(node, "k", 2)
    writing.create_node(["N"], {})
    for reader in (engine.reader(), engine.begin()):
        assert reader.node_values([node], "k") == [1]
        assert reader.catalog.node_count("N") == 1
    writing.rollback()
    assert engine.reader().node_values([node], "k") == [1]
    engine.close()
