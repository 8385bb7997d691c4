"""A process waits for another no longer than it was told, and says for whom."""

import os
import signal
import time

import pytest

import neuralgraph


def test_who_keeps_the_file_to_himself_is_named(start, path):
    alone = start("obey_exclusively", path)
    alone.hear()
    with pytest.raises(neuralgraph.DatabaseLockedError) as refused:
        neuralgraph.open(path, busy_timeout_s=0.05)
    assert f"in use by process {alone.process_id}" in str(refused.value)
    alone.end()
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:N)")


def test_a_schema_change_makes_others_wait_and_names_itself(start, path):
    other = start("obey_impatiently", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        with graph.transaction() as tx:
            tx.execute("CREATE INDEX by_n FOR (c:Counter) ON (c.n)")
            said = other.ask("graph.execute('CREATE (:N)')")
            assert said.startswith("DatabaseLockedError")
            assert f"process {os.getpid()} (a schema change)" in said
            assert "busy_timeout_s" in said
            # Reading waits for nobody.
            assert other.ask("graph.execute('MATCH (c:Counter) RETURN c.n').value()") == "0"
        assert "Error" not in other.ask("graph.execute('CREATE (:N)').summary")
        assert other.ask("len(graph.schema().indexes)") == "1"


def test_a_process_that_dies_holding_everything_blocks_nobody(start, path):
    other = start("obey", path)
    other.hear()
    assert "Error" not in other.ask(
        "[tx := graph.transaction(), tx.execute('CREATE INDEX by_n FOR (c:Counter) ON (c.n)')][1].summary"
    )
    other.kill()
    with neuralgraph.open(path, busy_timeout_s=0.5) as graph:
        graph.execute("CREATE (:N)")
        graph.checkpoint()
        assert graph.schema().indexes == ()
        assert graph.verify() == []


def test_a_stopped_process_keeps_nobody_longer_than_he_waits(start, path):
    stopped = start("obey", path)
    stopped.hear()
    index = "CREATE INDEX by_n FOR (c:Counter) ON (c.n)"
    assert "Error" not in stopped.ask(
        f"(tx := graph.transaction()) and globals().update(tx=tx) or tx.execute('{index}').summary"
    )
    os.kill(stopped.process_id, signal.SIGSTOP)
    with neuralgraph.open(path, busy_timeout_s=0.2) as graph:
        for refused in (
            lambda: graph.execute("CREATE (:N)"),
            graph.checkpoint,
            graph.vacuum,
            lambda: graph.load_nodes("N", {"v": [1]}),
            lambda: graph.execute("CREATE INDEX by_v FOR (n:N) ON (n.v)"),
            graph.verify,
        ):
            began = time.monotonic()
            with pytest.raises(neuralgraph.DatabaseLockedError) as locked:
                refused()
            assert f"process {stopped.process_id} (a schema change)" in str(locked.value)
            assert time.monotonic() - began < 2
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 0
        another = start("obey", path)
        another.hear()
        assert another.ask("graph.execute('MATCH (c:Counter) RETURN c.n').value()") == "0"
        another.end()
        os.kill(stopped.process_id, signal.SIGCONT)
        assert stopped.ask("tx.rollback()") == "None"
        graph.execute("CREATE (:N)")
        assert graph.verify() == []
