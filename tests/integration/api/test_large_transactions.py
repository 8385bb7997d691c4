"""Who creates very many nodes in one transaction commits a bulk load; others see one commit."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

import neuralgraph
from neuralgraph import errors

MAKE = "UNWIND range(1, 300) AS i CREATE (:X {i: i, s: 'text ' + i})"


def states(graph):
    """Whether there are deltas: a load leaves none."""
    state = graph._runner().engine.state
    return state.txid == state.base.txid


@pytest.fixture
def graph(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb", load_commit_rows=200) as graph:
        yield graph


def test_it_is_one_commit(graph):
    graph.execute("CREATE INDEX x FOR (x:X) ON (x.i)")
    graph.execute("CREATE (:Y)")
    with graph.transaction(actor="importer") as transaction:
        transaction.execute(MAKE)
        transaction.execute("CREATE (:X:Z {other: 1})")
        count = "MATCH (x:X) RETURN count(x)"
        assert transaction.execute(count).value() == 301
        assert graph.execute(count).value() == 0
    txid = transaction.txid
    assert states(graph)
    assert graph.execute(count).value() == 301
    assert graph.execute("MATCH (x:X {i: 77}) RETURN x.s").value() == "text 77"
    assert graph.at(txid - 1).execute(count).value() == 0
    *_, commit = graph.changes()
    assert (commit.txid, commit.metadata, len(commit.changes)) == (txid, {"actor": "importer"}, 301)
    graph.execute("MATCH (x:X) WHERE x.i % 2 = 0 DETACH DELETE x CREATE (:X)-[:R]->(:X)")
    assert graph.verify(history=True) == []


def test_it_survives_a_reopen_and_a_crash(graph, tmp_path):
    graph.execute(MAKE)
    ids = graph.execute("MATCH (x:X) RETURN collect(id(x)) AS ids").value()
    graph.close()
    with neuralgraph.open(tmp_path / "g.ngdb") as again:
        assert again.execute("MATCH (x:X) RETURN collect(id(x)) AS ids").value() == ids
        assert again.verify(history=True) == []
        again.execute("CREATE (:X)")


def test_constraints_are_held(graph):
    graph.execute("CREATE CONSTRAINT one FOR (x:X) REQUIRE x.i IS UNIQUE")
    graph.execute("CREATE CONSTRAINT there FOR (x:X) REQUIRE x.s IS NOT NULL")
    with pytest.raises(errors.ConstraintViolationError):
        graph.execute("UNWIND range(1, 300) AS i CREATE (:X {i: i % 299, s: ''})")
    with pytest.raises(errors.ConstraintViolationError):
        graph.execute("UNWIND range(1, 300) AS i CREATE (:X {i: i})")
    assert graph.info().nodes == 0
    graph.execute(MAKE)
    assert states(graph)
    with pytest.raises(errors.ConstraintViolationError):
        graph.execute("CREATE (:X {i: 300, s: ''})")
    with pytest.raises(errors.ConstraintViolationError):
        graph.execute(MAKE)
    assert graph.verify() == []


@pytest.mark.parametrize(
    "query",
    [
        "UNWIND range(1, 300) AS i CREATE (:X)-[:R {i: i}]->(:X)",
        "UNWIND range(1, 300) AS i CREATE (x:X) SET x.i = i",
        "UNWIND range(1, 300) AS i MERGE (:X {i: i % 150})",
        "UNWIND range(1, 199) AS i CREATE (:X)",
    ],
)
def test_other_transactions_go_the_usual_way(graph, query):
    graph.execute(query)
    assert not states(graph)
    assert graph.verify() == []


def test_beside_another_writer_it_goes_the_usual_way(graph):
    graph.execute("CREATE (:Y {v: 1})")
    with graph.transaction() as other:
        other.execute("MATCH (y:Y) SET y.v = 2")
        graph.execute(MAKE)
        assert not states(graph)
        other.execute("CREATE (:Y)")
    assert graph.execute("MATCH (y:Y) RETURN sum(y.v)").value() == 2
    assert graph.info().nodes == 302
    assert graph.verify() == []


def test_later_ids_that_are_there_already(graph):
    with graph.transaction() as first:
        first.execute("UNWIND range(1, 150) AS i CREATE (:X {i: i})")
        graph.execute("CREATE (:Later)")
        first.execute("UNWIND range(1, 150) AS i CREATE (:X {i: i})")
    assert graph.info().nodes == 301
    assert graph.verify() == []
    assert graph.execute("MATCH (x:X) RETURN sum(x.i)").value() == 2 * 150 * 151 // 2


def test_many_threads_that_write_much(graph):
    failed = []

    def write(number):
        try:
            for turn in range(4):
                graph.execute(MAKE.replace(":X", f":T{number}"))
                graph.execute("CREATE (:Small {n: $n})-[:R]->(:Small)", n=turn)
        except Exception as error:  # noqa: BLE001 - whatever it is, it should not be
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert graph.info().nodes == 4 * 4 * 302
    assert graph.verify(history=True) == []


def test_in_memory_and_every_kind_of_value():
    with neuralgraph.open(load_commit_rows=10) as graph:
        graph.execute(
            "UNWIND range(1, 40) AS i CREATE (:X {i: i, d: date('2020-01-01') + duration({days: i}),"
            " l: [i, 'a'], p: point({x: i, y: 0}), n: CASE WHEN i % 3 = 0 THEN i END})"
        )
        assert graph.execute("MATCH (x:X) RETURN count(x.n), sum(x.p.x), max(x.d)").to_dicts()
        assert graph.execute("MATCH (x:X {i: 7}) RETURN x.l").value() == [7, "a"]
        assert graph.execute("MATCH (x:X) RETURN count(x.n)").value() == 13
        assert graph.verify() == []


WRITER = """
import sys
import neuralgraph
path, name = sys.argv[1:]
with neuralgraph.open(path, load_commit_rows=200, busy_timeout_s=30) as graph:
    for turn in range(8):
        for query in ("UNWIND range(1, 300) AS i CREATE (:X {i: i})", f"CREATE (:{name})-[:R]->(:{name})"):
            while True:
                try:
                    graph.execute(query)
                    break
                except neuralgraph.NeuralGraphError as error:
                    if not error.retryable:
                        raise
"""


def test_processes_that_write_much(tmp_path):
    path = tmp_path / "g.ngdb"
    neuralgraph.open(path).close()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("A", "B")
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    with neuralgraph.open(path) as graph:
        assert graph.verify(history=True) == []
        query = "MATCH (n) RETURN labels(n)[0] AS label, count(*) AS n ORDER BY label"
        found = [tuple(row) for row in graph.execute(query)]
        assert found == [("A", 16), ("B", 16), ("X", 2 * 8 * 300)]
