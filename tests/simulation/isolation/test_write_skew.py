"""Write skew: each reads what the other writes. Snapshot isolation allows it, and so do we."""

from tests.support.engines import add_node, node_values, open_engine


def test_two_that_read_crosswise_and_write_apart_both_commit():
    engine = open_engine()
    one, two = add_node(engine, "Doctor", on_call=True), add_node(engine, "Doctor", on_call=True)
    first, second = engine.begin(), engine.begin()
    assert first.node_values([two], "on_call") == [True]
    assert second.node_values([one], "on_call") == [True]
    first.set_node_property(one, "on_call", False)
    second.set_node_property(two, "on_call", False)
    first.commit()
    second.commit()
    assert node_values(engine, one, "on_call") is False
    assert node_values(engine, two, "on_call") is False
    engine.close()
