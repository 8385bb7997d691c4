"""A handle that was open when its process forked."""

import neuralgraph


def test_a_handle_is_used_by_parent_child_and_grandchild(start, path):
    process = start("fork", path)
    process.hear(6)
    assert process.lines == [
        "child False 0",
        "grandchild <Graph closed>",
        "child 12",
        "parent 12",
        "conflict",
        f"done ['{path.name}']",
    ]
    process.end()
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 13
        assert graph.verify(history=True) == []


def test_a_child_that_outlives_its_parent_holds_none_of_its_locks(start, path):
    process = start("fork_and_die", path)
    process.hear()
    process.wait()
    with neuralgraph.open(path, busy_timeout_s=1) as graph:
        graph.execute("MATCH (c:Counter) SET c.n = 5")
        graph.checkpoint()
        assert graph.schema().indexes == ()
    process.say("end")
