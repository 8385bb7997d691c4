"""A statement stops soon after its timeout, whatever it is in the middle of; a commit is never cut in two."""

from __future__ import annotations

import signal
import threading

import numpy as np
import pytest

import neuralgraph
from neuralgraph import QueryTimeoutError

# Each takes seconds when nobody looks at the clock.
ENDLESS = {
    "range": "RETURN size(range(1, 90000000))",
    "comprehension": "RETURN size([x IN range(1, 8000000) WHERE x % 2 = 0 | toString(x)])",
    "quantifier": "RETURN all(x IN range(1, 8000000) WHERE toString(x) <> 'a')",
    "reduce": "RETURN reduce(a = 0, x IN range(1, 3000000) | a + x)",
    "doubling": "RETURN size(reduce(s = 'x', i IN range(1, 36) | s + s))",
    "row function": "UNWIND range(1, 3000000) AS i WITH i WHERE toString(i) =~ '.*7.*7' RETURN count(*)",
    "walks": "MATCH p = (:P)-[:K*1..9]->() RETURN sum(length(p))",
    "create": "UNWIND range(1, 3000000) AS i CREATE (:X {i: i})",
    "foreach": "FOREACH (i IN range(1, 1000000) | CREATE (:X {i: i}))",
    "set": "MATCH (p:P) UNWIND range(1, 10000) AS i SET p.v = i",
    "merge": "UNWIND range(1, 3000000) AS i MERGE (:X {i: i})",
}


@pytest.fixture(scope="module")
def graph():
    random = np.random.default_rng(1)
    count = 2_000
    with neuralgraph.open(query_timeout_s=0.1) as graph:
        graph.load_nodes("P", {"id": np.arange(count)}, key="id")
        ends = {name: random.integers(0, count, 20 * count) for name in "ab"}
        graph.load_relationships("K", ends, source=("P", "a"), target=("P", "b"))
        yield graph


@pytest.mark.parametrize("query", ENDLESS.values(), ids=ENDLESS)
def test_a_timeout_stops_it(graph, query):
    with pytest.raises(QueryTimeoutError):
        graph.execute(query).to_dicts()
    assert graph.execute("MATCH (x:X) RETURN count(x)").value() == 0


def test_terminating_stops_a_statement_that_had_no_timeout():
    with neuralgraph.open() as graph:

        def terminate():
            rows = []
            while not rows:
                rows = graph.execute("SHOW TRANSACTIONS WHERE currentQuery STARTS WITH 'RETURN'")
                rows = rows.to_dicts()
            graph.execute("TERMINATE TRANSACTION $name", name=rows[0]["transactionId"])

        thread = threading.Thread(target=terminate)
        thread.start()
        with pytest.raises(neuralgraph.QueryCancelledError):
            graph.execute("RETURN reduce(a = 0, x IN range(1, 100000000) | a + x)")
        thread.join()


def test_ctrl_c_in_a_commit_comes_after_it(monkeypatch):
    with neuralgraph.open() as graph:
        pipeline = graph._runner().engine._pipeline
        publish = type(pipeline)._publish

        def interrupted(self, index):
            signal.raise_signal(signal.SIGINT)
            publish(self, index)

        monkeypatch.setattr(type(pipeline), "_publish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            graph.execute("CREATE (:N {v: 1})")
        monkeypatch.undo()
        assert graph.execute("MATCH (n:N) RETURN n.v").value() == 1
        graph.execute("CREATE (:N {v: 2})")
