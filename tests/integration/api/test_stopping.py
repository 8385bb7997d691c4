"""A statement stops soon after its timeout, whatever it is in the middle of; a commit is never cut in two."""

from __future__ import annotations

import signal
import threading
import time
from itertools import count

import numpy as np
import pytest

import neuralgraph
from neuralgraph import QueryTimeoutError
from neuralgraph.query.execution.context import ExecutionContext
from neuralgraph.stopping import PIECE_ITEMS

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
    "preparing": "RETURN [" + ", ".join(["{a: 1}"] * 10_000) + "]",
    "equal lists": (
        "WITH toFloatList(range(1, 200000)) AS l UNWIND range(1, 1000) AS i"
        " RETURN count(l + [i] = l + [i])"
    ),
    "in": (
        "WITH toFloatList(range(1, 200000)) AS l UNWIND range(1, 1000) AS i"
        " RETURN sum(CASE WHEN -i IN l + [i] THEN 1 END)"
    ),
    "concatenation": "WITH range(1, 200000) AS l UNWIND range(1, 10000) AS i RETURN sum(size(l + [i]))",
    "backtracking": (
        "WITH reduce(s = '', x IN range(1, 80) | s + 'a') AS s UNWIND range(1, 1000) AS i"
        " RETURN count(s + toString(i) =~ '(a|a)*$')"
    ),
    "merge": "UNWIND range(1, 3000000) AS i MERGE (:X {i: i})",
}


@pytest.fixture(scope="module")
def graph():
    random = np.random.default_rng(1)
    people = 2_000
    with neuralgraph.open() as other:
        # The grammar is made, and what else is loaded when it is first used.
        other.execute("MATCH (n) RETURN count(n)").consume()
    with neuralgraph.open(query_timeout_s=0.1) as graph:
        graph.load_nodes("P", {"id": np.arange(people)}, key="id")
        ends = {name: random.integers(0, people, 20 * people) for name in "ab"}
        graph.load_relationships("K", ends, source=("P", "a"), target=("P", "b"))
        yield graph


@pytest.mark.parametrize("query", ENDLESS.values(), ids=ENDLESS)
def test_a_timeout_stops_it(graph, query):
    with pytest.raises(QueryTimeoutError):
        graph.execute(query).to_dicts()
    assert graph.execute("MATCH (x:X) RETURN count(x)").value() == 0


def looks(monkeypatch, query, leaves):
    """How often a statement looks whether it must stop, in a tree of a root, a branch and so many leaves."""
    with neuralgraph.open(query_timeout_s=600) as graph:
        graph.execute(
            "CREATE (:Root)-[:K]->(b:Branch) WITH b"
            " UNWIND range(1, $leaves) AS i CREATE (b)-[:K]->(:Leaf)",
            leaves=leaves,
        )
        found = count()
        with monkeypatch.context() as patch:
            patch.setattr(ExecutionContext, "check", lambda _context: next(found))
            graph.execute(query).consume()
        return next(found)


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (:Root)((x)-[:K]->(y)-[:K]->(z))+(l) RETURN count(*)",
        "MATCH p = SHORTEST 1 (:Root)-[:K]->(:Branch)-[:K]->(:Leaf) RETURN count(*)",
        "MATCH p = (:Branch)-[:K*]->(:Leaf) RETURN p",
    ],
)
def test_it_looks_again_and_again_where_one_step_gives_many_walks(monkeypatch, query):
    few, many = (looks(monkeypatch, query, leaves) for leaves in (2_000, 22_000))
    assert many - few >= 20_000 // PIECE_ITEMS


def test_a_timeout_counts_from_the_call_on(monkeypatch):
    with neuralgraph.open(query_timeout_s=10) as graph:
        graph.execute("RETURN 1").consume()
        clock = iter([0.0, *[9.0] * 10, *[11.0] * 10**6])
        monkeypatch.setattr(time, "monotonic", lambda: next(clock))
        with pytest.raises(QueryTimeoutError, match="prepared"):
            graph.execute("RETURN [" + ", ".join(["{a: 1}"] * 1_000) + "]")


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
