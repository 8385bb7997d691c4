"""What a statement is said to hold is about what Python and numpy really take for it."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

import neuralgraph
from neuralgraph import MemoryLimitError

ROWS = 150_000
BATCH_BYTES = 5_000_000
"""Batches that flow are not counted; a few megabytes, however many rows there are."""

RATIO_MAX = 1.5
QUERIES = {
    "count distinct integers": "UNWIND range(1, $n) AS i RETURN count(DISTINCT i)",
    "count distinct strings": "UNWIND range(1, $n) AS i RETURN count(DISTINCT toString(i))",
    "count distinct in groups": "UNWIND range(1, $n) AS i RETURN i % 9 AS k, count(DISTINCT i) AS c",
    "collect distinct": "UNWIND range(1, $n) AS i RETURN size(collect(DISTINCT i))",
    "collect": "UNWIND range(1, $n) AS i RETURN size(collect(toString(i)))",
    "collect lists": "UNWIND range(1, $n) AS i RETURN size(collect([i, i]))",
    "collect nodes": "MATCH (p:P) UNWIND range(1, 10) AS i RETURN size(collect(p))",
    "percentile": "UNWIND range(1, $n) AS i RETURN percentileCont(i, 0.5)",
    "groups": "UNWIND range(1, $n) AS i WITH i AS k, toString(i) AS s, count(*) AS c RETURN max(c)",
    "distinct": "UNWIND range(1, $n) AS i WITH DISTINCT i, toString(i) AS s RETURN count(s)",
    "sort": "UNWIND range(1, $n) AS i WITH toString(i) AS s ORDER BY s RETURN count(s)",
    "sort lists": "UNWIND range(1, $n) AS i WITH [i, i] AS s ORDER BY s DESC RETURN count(s)",
    "top": "UNWIND range(1, $n) AS i WITH toString(i) AS s ORDER BY s LIMIT 30000 RETURN count(s)",
    "reach": "MATCH (a:P)-[:K*1..4]->(b) RETURN count(DISTINCT b)",
    "subquery": "RETURN size(COLLECT { UNWIND range(1, $n) AS i RETURN toString(i) })",
    "rows of a writer": "CREATE (:W) WITH 1 AS one UNWIND range(1, $n) AS i RETURN i, toString(i) AS s",
    "nodes of a writer": "CREATE (:W) WITH 1 AS one MATCH (p:P) UNWIND [1, 2, 3] AS i RETURN p, [p]",
}


@pytest.fixture(scope="module")
def graph():
    count = 6_000
    random = np.random.default_rng(1)
    with neuralgraph.open(query_memory_bytes_max="8GB", memory_limit=None) as graph:
        graph.load_nodes("P", {"id": np.arange(count)}, key="id")
        ends = {name: random.integers(0, count, 5 * count) for name in "ab"}
        graph.load_relationships("K", ends, source=("P", "a"), target=("P", "b"))
        yield graph


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_statement_takes_about_what_is_counted(graph, query):
    graph.execute(query.replace("$n", "9")).consume()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = graph.execute(query.replace("$n", str(ROWS)))
        result.consume()
        taken = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert taken < RATIO_MAX * result._context.memory.bytes_peak + BATCH_BYTES


@pytest.mark.parametrize(
    "query",
    [
        "CREATE (:W) WITH 1 AS one UNWIND range(1, 90000) AS i RETURN i, toString(i) AS s",
        "MATCH (p:P) SET p.seen = true RETURN p",
        "MATCH (p:P) SET p.seen = true RETURN collect(p), p.id % 1000",
    ],
)
def test_rows_that_wait_for_the_end_of_a_writing_statement_count(graph, query):
    runner = graph._runner()
    before, runner._memory_bytes_max = runner._memory_bytes_max, 3 << 20
    try:
        with pytest.raises(MemoryLimitError):
            graph.execute(query)
    finally:
        runner._memory_bytes_max = before


@pytest.mark.parametrize(
    "inner",
    [
        "UNWIND range(1, 500) AS j WITH j + i AS j ORDER BY j RETURN max(j) AS x",
        "UNWIND range(1, 500) AS j RETURN size(collect(DISTINCT j + i)) AS x",
        "UNWIND range(1, 500) AS j WITH DISTINCT j + i AS j RETURN count(j) AS x",
        "RETURN size(COLLECT { UNWIND range(1, 500) AS j RETURN j + i }) AS x",
        "UNWIND range(1, 500) AS j WITH i + j AS j ORDER BY j LIMIT 1 RETURN j AS x",
    ],
)
def test_what_is_let_go_is_free_again(graph, inner):
    result = graph.execute(f"UNWIND range(1, 30) AS i CALL (i) {{ {inner} }} RETURN count(x)")
    assert result.value() == 30
    assert result._context.memory.bytes_peak > 0
    assert result._context.memory.bytes_held == 0
