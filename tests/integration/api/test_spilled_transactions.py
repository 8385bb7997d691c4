"""A transaction that is more than it may hold writes its changes to a file, and nobody can tell."""

from __future__ import annotations

import threading

import pytest

import neuralgraph
from neuralgraph import errors
from neuralgraph.storage.transactions import constraints

OPTIONS = {"transaction_memory_bytes_max": 20_000, "busy_timeout_s": 0.2}
MAKE = "UNWIND range(1, 400) AS i CREATE (:X {i: i, s: 'text ' + i})"
TIE = "UNWIND range(1, 399) AS i MATCH (a:X {i: i}), (b:X {i: i + 1}) CREATE (a)-[:R {w: i}]->(b)"
SHOWN = (
    "MATCH (x:X) OPTIONAL MATCH (x)-[r:R]->(y) WITH x, r, y ORDER BY x.i, y.i"
    " RETURN x.i AS i, x.s AS s, x.k AS k, labels(x) AS l, r.w AS w, y.i AS j"
)


@pytest.fixture
def graph(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb", **OPTIONS) as graph:
        yield graph


def is_spilled(transaction):
    return transaction._engine_transaction._writes.own_base is not None


def no_deltas(graph):
    state = graph._runner().engine.state
    return state.txid == state.base.txid


def work(transaction):
    """Everything that a transaction can do, and what it sees."""
    told = []
    for query in (
        MAKE,
        TIE,
        "MATCH (x:X) WHERE x.i % 3 = 0 SET x.k = x.i * 2, x:Y",
        "MATCH (x:X) WHERE x.i % 5 = 0 DETACH DELETE x",
        "MATCH (x:Y) REMOVE x.s",
        "MATCH ()-[r:R]->() WHERE r.w % 7 = 0 SET r.w = -r.w",
        "MATCH ()-[r:R]->() WHERE r.w % 11 = 0 DELETE r",
        "UNWIND range(300, 500) AS i MERGE (x:X {i: i}) ON CREATE SET x.s = 'new'",
        "MATCH (x:X {i: 7}) SET x.s = NULL, x.list = [1, 'a', date('2020-01-01')]",
    ):
        told.append(transaction.execute(query).summary.counters)
        told.append(transaction.execute(SHOWN).to_dicts())
        told.append(
            transaction.execute("MATCH (x:X) WHERE x.i IN [3, 299, 450] RETURN x.s").to_dicts()
        )
        told.append(transaction.execute("MATCH (x:X)-[:R*1..3]->(y) RETURN count(*)").value())
        told.append(transaction.execute("MATCH (n) RETURN count(n)").value())
    return told


def test_it_does_and_shows_what_it_would_in_memory(graph, tmp_path):
    with neuralgraph.open(tmp_path / "other.ngdb", transaction_memory_bytes_max=None) as other:
        told = []
        for each in (graph, other):
            each.execute("CREATE INDEX x FOR (x:X) ON (x.i)")
            each.execute("CREATE (:X {i: 3, s: 'old'})-[:R {w: 14}]->(:X {i: 1001})")
            each.execute("CREATE (:X {i: 5, s: 'old'})-[:R {w: 14}]->(:X {i: 1001})")
            with each.transaction(actor="me") as transaction:
                told.append(work(transaction))
                assert is_spilled(transaction) == (each is graph)
                assert each.execute("MATCH (n) RETURN count(n)").value() == 4
        assert told[0] == told[1]
        assert no_deltas(graph)
        assert not no_deltas(other)
        before = [each.at(3).execute(SHOWN).to_dicts() for each in (graph, other)]
        now = [each.execute(SHOWN).to_dicts() for each in (graph, other)]
        assert before[0] == before[1]
        assert now[0] == now[1] == told[0][-4]
        assert graph.verify(history=True) == []
        # The feed tells one way to get there; the graph that goes it is the same.
        *_, commit = graph.changes()
        assert (commit.txid, commit.metadata) == (4, {"actor": "me"})
        kinds = {type(change).__name__ for change in commit.changes}
        assert kinds == {
            "CreateNode",
            "CreateEdge",
            "DeleteNode",
            "DeleteEdge",
            "SetLabels",
            "SetNodeProperty",
            "SetEdgeProperty",
        }
        for each in (graph, other):
            each.execute("FLASHBACK TO TRANSACTION 3")
            assert each.execute(SHOWN).to_dicts() == before[0]
            assert each.verify(history=True) == []


def test_it_is_there_after_a_reopen_and_a_backup(graph, tmp_path):
    graph.execute("CREATE (:X {i: 0})")
    graph.backup(tmp_path / "backup", incremental=True)
    with graph.transaction() as transaction:
        work(transaction)
    shown = graph.execute(SHOWN).to_dicts()
    graph.execute("CREATE (:Later)")
    graph.backup(tmp_path / "backup", incremental=True)
    graph.close()
    neuralgraph.restore(tmp_path / "backup", tmp_path / "restored.ngdb")
    for name in ("g.ngdb", "restored.ngdb"):
        with neuralgraph.open(tmp_path / name, **OPTIONS) as again:
            assert again.execute(SHOWN).to_dicts() == shown
            assert again.at(1).execute(SHOWN).value("i") == 0
            assert again.verify(history=True) == []


def test_nothing_is_left_of_one_that_is_rolled_back(graph, tmp_path):
    graph.execute("CREATE (:X {i: 0})")
    graph.checkpoint()
    size = (tmp_path / "g.ngdb").stat().st_size
    names = sorted(path.name for path in tmp_path.rglob("*"))
    transaction = graph.transaction()
    work(transaction)
    assert is_spilled(transaction)
    transaction.rollback()
    assert sorted(path.name for path in tmp_path.rglob("*")) == names
    assert (tmp_path / "g.ngdb").stat().st_size == size
    assert graph.execute("MATCH (n) RETURN count(n)").value() == 1
    graph.execute("MATCH (x:X) SET x.i = 1")


def test_a_statement_that_fails_is_undone_by_itself(graph):
    graph.execute("CREATE CONSTRAINT one FOR (x:X) REQUIRE x.i IS UNIQUE")
    graph.execute("CREATE CONSTRAINT there FOR (x:X) REQUIRE x.s IS NOT NULL")
    graph.execute("CREATE (:X {i: 399, s: 'old'})")
    with graph.transaction() as transaction:
        transaction.execute(MAKE.replace("400", "380"))
        transaction.execute("MATCH (x:X) SET x.k = 0")
        assert is_spilled(transaction)
        shown = transaction.execute(SHOWN).to_dicts()
        for query in (
            MAKE.replace("range(1,", "range(381,"),  # one that was there before
            "UNWIND range(500, 900) AS i CREATE (:X {i: i % 800, s: ''})",  # one of its own
            "MATCH (x:X) SET x.i = 1000 - x.i / 400",
        ):
            with pytest.raises(errors.ConstraintViolationError):
                transaction.execute(query)
            assert transaction.execute(SHOWN).to_dicts() == shown
        transaction.execute("MATCH (x:X) WHERE x.i < 380 SET x.i = x.i + 1000")
        transaction.execute("MATCH (x:X {i: 1005}) SET x.i = 5")
        with pytest.raises(errors.ConstraintViolationError):
            transaction.execute("CREATE (:X {i: 5, s: ''})")
        transaction.execute("CREATE (:X {i: 1005, s: ''})")
    assert graph.execute("MATCH (x:X) RETURN count(x), count(DISTINCT x.i)").to_dicts() == [
        {"count(x)": 382, "count(DISTINCT x.i)": 382}
    ]
    transaction = graph.transaction()
    transaction.execute("MATCH (x:X) SET x.m = 1")
    transaction.execute("MATCH (x:X {i: 5}) REMOVE x.s")
    with pytest.raises(errors.ConstraintViolationError):
        transaction.commit()
    assert graph.execute("MATCH (x:X) RETURN count(x.m)").value() == 0
    with pytest.raises(errors.ConstraintViolationError):
        graph.execute("CREATE (:X {i: 5, s: ''})")
    assert graph.verify(history=True) == []


def test_what_has_to_be_there_at_the_end_is_looked_for_in_all_that_was_written(graph, monkeypatch):
    monkeypatch.setattr(constraints, "DEFERRED_MAX", 50)
    graph.execute("CREATE CONSTRAINT there FOR (x:X) REQUIRE x.s IS NOT NULL")
    graph.execute("CREATE CONSTRAINT too FOR ()-[r:R]-() REQUIRE r.w IS NOT NULL")
    make = "UNWIND range(1, 300) AS i CREATE (x:X {i: i})-[r:R {i: i}]->(:Z)"
    transaction = graph.transaction()
    transaction.execute(make)
    checker = transaction._engine_transaction._checker
    assert set(checker._deferred_of_all) == {"there", "too"}
    assert len(checker._deferred) == 0
    transaction.execute("MATCH (x:X)-[r]->() SET x.s = 'there', r.w = 1")
    transaction.execute("MATCH (x:X {i: 9}) REMOVE x:X SET x.s = NULL")
    transaction.execute("MATCH (x:X {i: 10}) DETACH DELETE x")
    assert is_spilled(transaction)
    transaction.commit()
    assert graph.execute("MATCH (x:X)-[r:R]->() RETURN count(x.s), count(r.w)").to_tuples() == [
        (298, 298)
    ]
    for set_most, told in (
        ("MATCH (x:X)-[r]->() WHERE x.i <> 77 OR x.s <> '' SET x.s = '', r.w = 1", "Node"),
        ("MATCH (x:X)-[r]->() SET x.s = '', r.w = CASE WHEN r.i <> 77 THEN 1 END", "Relationship"),
    ):
        transaction = graph.transaction()
        transaction.execute(make)
        transaction.execute(set_most)
        with pytest.raises(errors.ConstraintViolationError, match=told):
            transaction.commit()
    assert graph.execute("MATCH (x:X) RETURN count(x)").value() == 298
    assert graph.verify(history=True) == []


def test_nodes_with_relationships_stay(graph):
    graph.execute("CREATE INDEX x FOR (x:X) ON (x.i)")
    graph.execute(MAKE)
    graph.execute(TIE)
    transaction = graph.transaction()
    transaction.execute("MATCH (x:X) SET x.k = 0")
    transaction.execute("MATCH (x:X) WHERE x.i > 2 DETACH DELETE x")
    assert is_spilled(transaction)
    with pytest.raises(errors.ConstraintVerificationError):
        transaction.execute("MATCH (x:X) DELETE x")
    transaction.rollback()
    assert graph.execute("MATCH (x:X) RETURN count(x)").value() == 400
    graph.execute("MATCH (x:X) DETACH DELETE x")
    assert graph.info().nodes == graph.info().relationships == 0
    assert graph.verify(history=True) == []


def test_whoever_began_before_it_does_not_undo_it(graph):
    graph.execute(MAKE)
    early = [graph.transaction() for _ in range(4)]
    for transaction in early:
        assert transaction.execute("MATCH (x:X {i: 9}) RETURN x.k").value() is None
    with graph.transaction() as large:
        large.execute("MATCH (x:X) WHERE x.i < 395 SET x.k = 1")
        large.execute("MATCH (x:X {i: 395}) DELETE x")
        large.execute("MATCH (a:X {i: 396}), (b:X {i: 397}) CREATE (a)-[:R]->(b)")
        assert is_spilled(large)
        # Its locks are there, though they were folded.
        with pytest.raises(errors.LockTimeoutError):
            graph.execute("MATCH (x:X {i: 1}) SET x.k = 2")
        graph.execute("MATCH (x:X {i: 400}) SET x.k = 2")
    set_it, delete_it, tie_it, other = early
    with pytest.raises(errors.ConflictError, match="node"):
        set_it.execute("MATCH (x:X {i: 9}) SET x.k = 3")
    with pytest.raises(errors.ConflictError, match="node"):
        delete_it.execute("MATCH (x:X {i: 396}) DELETE x")
    with pytest.raises(errors.ConflictError, match="node"):
        tie_it.execute("MATCH (a:X {i: 395}), (b:X {i: 398}) CREATE (a)-[:R]->(b)")
    other.execute("MATCH (a:X {i: 397}), (b:X {i: 398}) CREATE (a)-[:R]->(b) SET b.k = 4")
    other.commit()
    assert graph.execute("MATCH (x:X) RETURN sum(x.k)").value() == 394 + 2 + 4
    assert graph.verify(history=True) == []


def test_it_loses_against_what_was_committed_before_it(graph):
    graph.execute(MAKE)
    large = graph.transaction()
    large.execute("MATCH (x:X) WHERE x.i < 390 SET x.k = 1")
    assert is_spilled(large)
    graph.execute("MATCH (x:X {i: 399}) SET x.k = 2")
    graph.execute("CREATE (:X {i: 401})")
    with pytest.raises(errors.ConflictError):
        large.execute("MATCH (x:X) WHERE x.i > 395 SET x.k = 1")
    large.execute("MATCH (x:X) WHERE x.i = 395 SET x.k = 1")
    large.commit()
    assert graph.execute("MATCH (x:X) RETURN sum(x.k), count(x)").to_dicts() == [
        {"sum(x.k)": 390 + 2, "count(x)": 401}
    ]
    assert graph.verify(history=True) == []


def test_many_threads_with_large_transactions(tmp_path):
    options = {
        **OPTIONS,
        "busy_timeout_s": 60,
    }  # a busy machine takes long for the clashes of three threads
    with neuralgraph.open(tmp_path / "g.ngdb", **options) as graph:
        write_in_threads(graph)
        assert graph.verify(history=True) == []


def write_in_threads(graph):
    graph.execute("CREATE (:Sum {n: 0})")
    failed = []

    def write(number):
        try:
            for _ in range(5):
                graph.execute(MAKE.replace(":X", f":T{number}"))
                graph.execute_write(
                    lambda tx: [
                        tx.execute("MATCH (s:Sum) SET s.n = s.n + 1"),
                        tx.execute(f"MATCH (x:T{number}) SET x.k = coalesce(x.k, 0) + 1"),
                    ]
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, it should not be
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert graph.execute("MATCH (s:Sum) RETURN s.n").value() == 15
    for number in range(3):
        found = graph.execute(f"MATCH (x:T{number}) RETURN count(x), sum(x.k)").single()
        assert tuple(found) == (2_000, 400 * (1 + 2 + 3 + 4 + 5))


def test_small_commits_wait_for_a_large_one_and_it_for_them(tmp_path):
    is_over, failed, counts = threading.Event(), [], [0, 0]

    def commit_small(number):
        try:
            while not is_over.is_set():
                graph.execute("CREATE (:Small)")
                counts[number] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it should not be
            failed.append(error)

    with neuralgraph.open(tmp_path / "g.ngdb", transaction_memory_bytes_max=20_000) as graph:
        threads = [threading.Thread(target=commit_small, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            graph.execute(MAKE)
        is_over.set()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert failed == []
        assert graph.execute("MATCH (x:Small) RETURN count(x)").value() == sum(counts) > 0
        assert graph.execute("MATCH (x:X) RETURN count(x)").value() == 20 * 400
        assert graph.verify(history=True) == []


def test_search_indexes_follow(graph):
    graph.execute("CREATE FULLTEXT INDEX words FOR (x:X) ON EACH [x.s]")
    search = "CALL db.index.fulltext.queryNodes('words', $text) YIELD node RETURN count(node)"
    with graph.transaction() as transaction:
        transaction.execute(MAKE)
        transaction.execute("MATCH (x:X) SET x.k = 0")
        assert is_spilled(transaction)
        assert transaction.execute(search, text="text").value() == 400
        transaction.execute("MATCH (x:X) WHERE x.i > 100 SET x.s = 'other'")
        assert transaction.execute(search, text="text").value() == 100
        assert transaction.execute(search, text="other").value() == 300
        assert graph.execute(search, text="text").value() == 0
    assert graph.execute(search, text="other").value() == 300
    assert graph.verify(history=True) == []


def test_what_is_in_the_file_counts_for_no_statement(tmp_path):
    limits = {"query_memory_bytes_max": 300_000, "memory_limit": None}
    queries = (
        "UNWIND range(1, 5000) AS i CREATE (:X {i: i})",
        "UNWIND range(1, 5000) AS i CREATE (:Y {i: i})-[:R]->(:Z {i: i, s: toString(i)})",
        "MATCH (x:X) SET x.k = x.i",
    )
    with neuralgraph.open(tmp_path / "g.ngdb", **OPTIONS, **limits) as graph:
        for query in queries:
            graph.execute(query)
        with pytest.raises(errors.MemoryLimitError):
            graph.execute("UNWIND range(1, 5000) AS i CREATE (:X {i: i}) RETURN collect([i, i])")
        assert graph.execute("MATCH (x) RETURN count(x), count(x.k)").to_tuples() == [
            (15_000, 5_000)
        ]
    with neuralgraph.open(transaction_memory_bytes_max=1, **limits) as graph:
        for query in queries[:2]:
            with pytest.raises(errors.MemoryLimitError):
                graph.execute(query)


def test_a_graph_in_memory_keeps_its_changes():
    with (
        neuralgraph.open(transaction_memory_bytes_max=1) as graph,
        graph.transaction() as transaction,
    ):
        transaction.execute(MAKE)
        assert not is_spilled(transaction)
