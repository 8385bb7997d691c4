"""Lost update: two read a value, both write it, one write vanishes. Must not happen."""

import pytest

from neuralgraph.errors import ConflictError
from tests.support.engines import add_node, in_thread, node_values, open_engine


def test_the_second_writer_is_told():
    engine = open_engine()
    node = add_node(engine, "N", k=100)
    one, two = engine.begin(), engine.begin()
    seen = one.node_values([node], "k")[0], two.node_values([node], "k")[0]
    one.set_node_property(node, "k", seen[0] + 10)
    one.commit()
    with pytest.raises(ConflictError) as caught:
        two.set_node_property(node, "k", seen[1] + 20)
    assert caught.value.retryable
    two.rollback()
    assert node_values(engine, node, "k") == 110
    engine.close()


def test_counting_up_in_many_threads_loses_nothing():
    engine = open_engine(busy_timeout_s=20)
    node = add_node(engine, "N", k=0)

    def count_up():
        done = 0
        while done < 25:
            writing = engine.begin()
            try:
                value = writing.node_values([node], "k")[0]
                writing.set_node_property(node, "k", value + 1)
                writing.commit()
                done += 1
            except ConflictError:
                writing.rollback()

    threads = [in_thread(count_up) for _ in range(4)]
    for thread in threads:
        thread.join(30)
    assert node_values(engine, node, "k") == 100
    engine.close()
