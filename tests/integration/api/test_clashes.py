"""Statements and `execute_write` try again when others were first; what cannot pass is raised at once."""

import subprocess
import sys
import threading

import pytest

import neuralgraph
from neuralgraph.errors import ConflictError, ConstraintViolationError

ADD = "MATCH (c:Counter) SET c.n = c.n + 1"
OTHER_PROCESS = f"""
import sys
import neuralgraph
with neuralgraph.open(sys.argv[1], busy_timeout_s=60) as graph:
    for _ in range(40):
        graph.execute({ADD!r})
"""


def count(graph):
    return next(iter(graph.execute("MATCH (c:Counter) RETURN c.n AS n")))["n"]


def test_threads_that_count_lose_nothing():
    graph = neuralgraph.open(busy_timeout_s=60)
    graph.execute("CREATE (:Counter {n: 0})")
    failures = []

    def add():
        try:
            for _ in range(25):
                graph.execute(ADD)
                graph.execute_write(lambda tx: tx.execute(ADD), actor="test")
        except neuralgraph.NeuralGraphError as error:
            failures.append(error)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count(graph) == 200


def test_processes_that_count_lose_nothing(tmp_path):
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path, busy_timeout_s=60) as graph:
        graph.execute("CREATE (:Counter {n: 0})")
        others = [
            subprocess.Popen([sys.executable, "-c", OTHER_PROCESS, str(path)]) for _ in range(2)
        ]
        for _ in range(40):
            graph.execute(ADD)
        assert [other.wait(timeout=120) for other in others] == [0, 0]
        assert count(graph) == 120


def test_work_runs_again_until_it_is_alone():
    graph = neuralgraph.open()
    graph.execute("CREATE (:Counter {n: 0})")
    tries = []

    def work(transaction):
        tries.append(count(transaction))
        if len(tries) < 3:
            graph.execute(ADD)
        transaction.execute(ADD)
        return "done"

    assert graph.execute_write(work) == "done"
    assert tries == [0, 1, 2]
    assert count(graph) == 3


def test_it_gives_up_after_the_timeout():
    graph = neuralgraph.open(busy_timeout_s=0.05)
    graph.execute("CREATE (:Counter {n: 0})")

    def work(transaction):
        count(transaction)
        graph.execute(ADD)
        transaction.execute(ADD)

    with pytest.raises(ConflictError):
        graph.execute_write(work)


def test_what_no_other_try_would_help_is_raised_at_once():
    graph = neuralgraph.open()
    graph.execute("CREATE CONSTRAINT FOR (p:Person) REQUIRE p.name IS UNIQUE")
    graph.execute("CREATE (:Person {name: 'Ada'})")
    tries = []

    def work(transaction):
        tries.append(1)
        transaction.execute("CREATE (:Person {name: 'Ada'})")

    with pytest.raises(ConstraintViolationError):
        graph.execute_write(work)
    assert tries == [1]
