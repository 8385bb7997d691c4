"""Rows of own procedures are used as they are made: LIMIT ends them, limits stop them, they are closed."""

from __future__ import annotations

import threading
from itertools import count

import numpy as np
import pytest

import neuralgraph
from neuralgraph import MemoryLimitError, QueryTimeoutError
from neuralgraph.errors import (
    ParameterMissingError,
    ProcedureError,
    QueryArithmeticError,
    QueryCancelledError,
)


class Source:
    """A generator function without an end, which notes how far it got and that it was closed."""

    def __init__(self, make):
        self.make = make
        self.made = 0
        self.closed = 0

    def __call__(self, *_arguments):
        try:
            for self.made in count(1):
                yield self.make(self.made)
        finally:
            self.closed += 1


def rows(_number):
    return Source(lambda number: {"x": number})


def pieces(size=10):
    return Source(lambda _number: (np.zeros(size, dtype=np.int64), {"x": np.arange(size)}))


FORMS = {"row by row": (lambda: rows(0), False), "in columns": (pieces, True)}


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def source(request, graph):
    make, vectorised = request.param
    source = make()
    graph.register_procedure("test.endless() :: (x :: INTEGER)", source, vectorised=vectorised)
    return source


def stop_of(graph, **options):
    """The same graph and procedures under other limits."""
    runner = graph._runner()
    runner._timeout_s = options.get("timeout_s")
    runner._memory_bytes_max = options.get("bytes_max")


@pytest.mark.parametrize(
    "query",
    [
        "CALL test.endless() YIELD x RETURN x LIMIT 3",
        "CALL test.endless() YIELD x WITH x LIMIT 3 RETURN x",
        "UNWIND [1, 2] AS i CALL test.endless() YIELD x RETURN x LIMIT 3",
        "CALL (*) { CALL test.endless() YIELD x RETURN x LIMIT 3 } RETURN x",
        "CALL test.endless() YIELD x WITH x LIMIT 3 CREATE (:X {x: x}) RETURN x",
    ],
)
def test_limit_ends_it(graph, source, query):
    assert len(graph.execute(query).to_dicts()) == 3
    assert source.made <= 6
    assert source.closed == 1


def test_a_search_for_one_row_ends_it(graph, source):
    query = "RETURN EXISTS { CALL test.endless() YIELD x WHERE x > 5 RETURN x } AS found"
    assert graph.execute(query).value() is True
    assert source.made <= 16
    assert source.closed == 1


def test_a_result_that_is_closed_ends_it(graph, source):
    with graph.execute("CALL test.endless() YIELD x RETURN x") as result:
        assert next(result)["x"] in (0, 1)
        assert source.closed == 0
    assert source.closed == 1
    assert list(result) == []
    assert graph.execute("SHOW TRANSACTIONS").to_dicts() is not None
    result.close()


def test_an_error_further_on_ends_it(graph, source):
    with pytest.raises(QueryArithmeticError) as raised:
        graph.execute("CALL test.endless() YIELD x RETURN 1 / (x - 5)").to_dicts()
    # The traceback still holds every frame.
    assert raised.value.__traceback__ is not None
    assert source.closed == 1


@pytest.mark.parametrize("query", ["RETURN count(x)", "CREATE (:X)", "RETURN x"])
def test_the_timeout_ends_it(graph, source, query):
    stop_of(graph, timeout_s=0.2)
    with pytest.raises(QueryTimeoutError):
        graph.execute(f"CALL test.endless() YIELD x {query}").consume()
    assert source.closed == 1


@pytest.mark.parametrize(
    "query", ["RETURN collect(x)", "CREATE (:X {x: x})", "RETURN x ORDER BY x"]
)
def test_the_memory_limit_ends_it(graph, source, query):
    stop_of(graph, bytes_max=1 << 20)
    with pytest.raises(MemoryLimitError):
        graph.execute(f"CALL test.endless() YIELD x {query}").consume()
    assert source.closed == 1


def test_large_values_are_counted_while_they_are_gathered(graph):
    source = Source(lambda number: {"x": "x" * 100_000 + str(number)})
    graph.register_procedure("test.large() :: (x :: STRING)", source)
    stop_of(graph, bytes_max=4 << 20)
    with pytest.raises(MemoryLimitError):
        graph.execute("CALL test.large() YIELD x RETURN count(x)")
    assert source.made <= 200
    assert source.closed == 1


def test_one_without_outputs_runs_to_its_end_and_can_be_stopped(graph):
    source = rows(0)
    graph.register_procedure("test.nothing() :: VOID", lambda: ([] for _ in source()))
    done = []
    graph.register_procedure(
        "test.some() :: VOID", lambda: (done.append(i) or [] for i in range(9))
    )
    assert graph.execute("UNWIND [1, 2] AS i CALL test.some() RETURN i LIMIT 1").value() == 1
    assert done[:9] == list(range(9))
    stop_of(graph, timeout_s=0.1)
    with pytest.raises(QueryTimeoutError):
        graph.execute("CALL test.nothing()")
    assert source.closed == 1


def test_another_thread_can_terminate_it(graph, source):
    def terminate():
        found = []
        while not found:
            found = graph.execute(
                "SHOW TRANSACTIONS WHERE currentQuery STARTS WITH 'CALL'"
            ).to_dicts()
        graph.execute("TERMINATE TRANSACTION $name", name=found[0]["transactionId"])

    thread = threading.Thread(target=terminate)
    thread.start()
    with pytest.raises(QueryCancelledError):
        graph.execute("CALL test.endless() YIELD x RETURN count(x)")
    thread.join()
    assert source.closed == 1


def test_one_that_writes_has_written_everything_before_its_first_row_is_used(graph):
    def make(transaction, number):
        for i in range(number):
            transaction.execute("CREATE (:Made {i: $i})", i=i)
            yield (i,)

    graph.register_procedure(
        "test.make(n :: INTEGER) :: (i :: INTEGER)", make, effects="writes", transaction=True
    )
    found = graph.execute("CALL test.make(5) YIELD i RETURN i, COUNT { (:Made) } AS n").to_tuples()
    assert found == [(i, 5) for i in range(5)]
    assert graph.execute("CALL test.make(5) YIELD i RETURN i LIMIT 1").to_tuples() == [(0,)]
    assert graph.execute("CALL test.make(5)").to_tuples() == [(i,) for i in range(5)]
    assert graph.execute("MATCH (m:Made) RETURN count(m)").value() == 15


def test_one_that_reads_has_read_everything_before_the_statement_writes(graph):
    def numbers(transaction):
        for _ in range(100):
            found = transaction.execute("MATCH (n:N) RETURN count(n)").value()
            yield (found,)
            if found > 3:
                return

    graph.register_procedure("test.numbers() :: (n :: INTEGER)", numbers, transaction=True)
    created = graph.execute("CALL test.numbers() YIELD n CREATE (:N {n: n})").summary.counters
    assert created.nodes_created == 100
    assert graph.execute("MATCH (n:N) RETURN max(n.n)").value() == 0


def test_pieces_of_columns_come_in_order_and_with_their_rows(graph):
    def pairs(n):
        for row in range(len(n)):
            yield [row] * n[row], {"i": np.arange(n[row])}

    graph.register_procedure("upto(n :: INTEGER) :: (i :: INTEGER)", pairs, vectorised=True)
    found = graph.execute("UNWIND [2, 0, 1] AS n CALL upto(n) YIELD i RETURN n, i").to_tuples()
    assert found == [(2, 0), (2, 1), (1, 0)]

    def backwards(_n):
        yield [1], {"i": [1]}
        yield [0], {"i": [0]}

    def bare(_n):
        yield {"i": [1, 2]}

    def broken(_n):
        yield [0], {"i": [1]}
        raise ValueError("no more")

    for name, function, message in (
        ("backwards", backwards, "ascending"),
        ("bare", bare, "pair"),
        ("broken", broken, "ValueError: no more"),
    ):
        graph.register_procedure(
            f"{name}(n :: INTEGER) :: (i :: INTEGER)", function, vectorised=True
        )
        with pytest.raises(ProcedureError, match=message):
            graph.execute(f"UNWIND [1, 2] AS n CALL {name}(n) YIELD i RETURN i").to_dicts()


def test_what_closing_raises_is_typed(graph):
    def stubborn():
        try:
            for i in count():
                yield (i,)
        finally:
            raise ValueError("never")

    graph.register_procedure("test.stubborn() :: (x :: INTEGER)", stubborn)
    result = graph.execute("CALL test.stubborn() YIELD x RETURN x")
    with pytest.raises(ProcedureError, match="never"):
        result.close()


def test_many_calls_of_lists_make_whole_batches(graph):
    graph.register_procedure("test.two(i :: INTEGER) :: (x :: INTEGER)", lambda i: [(i,), (-i,)])
    found = graph.execute("UNWIND range(1, 9000) AS i CALL test.two(i) YIELD x RETURN i, x")
    rows = found.to_tuples()
    assert len(rows) == 18_000
    assert rows[-2:] == [(9000, 9000), (9000, -9000)]


def test_an_endless_one_in_a_graph_of_its_own_does_not_keep_it_open():
    source = rows(0)
    with neuralgraph.open() as graph:
        graph.register_procedure("test.endless() :: (x :: INTEGER)", source)
        graph.execute("CALL test.endless() YIELD x RETURN x").close()
    assert source.closed == 1


@pytest.mark.parametrize("vectorised", [False, True])
def test_a_call_without_parentheses_takes_parameters_and_defaults(vectorised):
    with neuralgraph.open() as graph:
        graph.register_procedure(
            "t.sum(a :: INTEGER, b = 5 :: INTEGER, c = 7 :: INTEGER) :: (s :: INTEGER)",
            (lambda a, b, c: {"s": a + b + c}) if vectorised else (lambda a, b, c: [(a + b + c,)]),
            vectorised=vectorised,
        )
        assert graph.execute("CALL t.sum", a=1).value() == 13
        assert graph.execute("CALL t.sum", a=1, b=1).value() == 9
        assert graph.execute("CALL t.sum YIELD s", a=1, b=1, c=1).value() == 3
        for given in ({}, {"a": 1, "c": 1}):
            with pytest.raises(ParameterMissingError) as caught:
                graph.execute("CALL t.sum", given).consume()
            assert caught.value.column == 1
        graph.execute("CREATE (:N {x: 1})")
        assert graph.execute("CALL db.awaitIndexes").to_tuples() == []
        assert (
            graph.execute("CALL apoc.meta.data").to_tuples()
            == graph.execute("CALL apoc.meta.data()").to_tuples()
        )
