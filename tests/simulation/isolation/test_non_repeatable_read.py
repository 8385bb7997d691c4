"""Non-repeatable read: the same question, another answer within one transaction. Must not happen."""

from tests.support.engines import add_node, open_engine


def test_a_transaction_reads_the_same_value_again():
    engine = open_engine()
    node = add_node(engine, "N", k=1)
    reading = engine.begin()
    assert reading.node_values([node], "k") == [1]
    for value in (2, 3):
        writing = engine.begin()
        writing.set_node_property(node, "k", value)
        writing.add_label(node, f"L{value}")
        writing.commit()
        engine.checkpoint()
        assert reading.node_values([node], "k") == [1]
        assert reading.node_labels([node]) == [("N",)]
    deleting = engine.begin()
    deleting.delete_node(node)
    deleting.commit()
    assert reading.node_values([node], "k") == [1]
    engine.close()
