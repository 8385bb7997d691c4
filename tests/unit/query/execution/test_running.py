"""A run: contexts, limits, threads, profiles, procedures, files, the past."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import (
    MemoryLimitError,
    QueryArgumentError,
    QueryCancelledError,
    QueryTimeoutError,
    SchemaError,
)
from neuralgraph.query.execution import (
    ExecutionContext,
    MemoryBudget,
    Procedure,
    ProcedureRegistry,
    Profile,
)
from neuralgraph.values import Batch, Column, Kind
from tests.support.dict_graph import DictGraph
from tests.unit.query.execution.statements import compiled, context_for, graph_of, rows_of, run

if TYPE_CHECKING:
    from pathlib import Path


def test_one_executable_serves_many_threads() -> None:
    graph = graph_of("UNWIND range(1, 40) AS i CREATE (:N {k: i})-[:T]->(:M {k: i})")
    text = "MATCH (n:N) WHERE n.k > $low AND EXISTS { (n)-->(:M) } OPTIONAL MATCH (n)-->(m) RETURN sum(m.k)"
    executable = compiled(graph, text)[1]

    def total(low: int) -> Any:
        return rows_of(executable, ExecutionContext(graph, None, {"low": low}))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(total, range(40)))
    assert found == [[(sum(range(low + 1, 41)),)] for low in range(40)]


def test_a_deadline_stops_the_run() -> None:
    executable = compiled(DictGraph(), "UNWIND range(1, 10) AS i RETURN i")[1]
    context = ExecutionContext(DictGraph(), deadline=time.monotonic() - 1)
    with pytest.raises(QueryTimeoutError):
        rows_of(executable, context)


def test_another_thread_may_cancel() -> None:
    executable = compiled(DictGraph(), "UNWIND range(1, 10) AS i RETURN i")[1]
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(QueryCancelledError):
        rows_of(executable, ExecutionContext(DictGraph(), cancelled=cancelled))


@pytest.mark.parametrize(
    "text",
    [
        "UNWIND range(1, 20000) AS i RETURN i ORDER BY i DESC",
        "UNWIND range(1, 20000) AS i RETURN collect(i)",
        "UNWIND range(1, 20000) AS i RETURN DISTINCT i",
        "UNWIND range(1, 20000) AS i RETURN i, count(*)",
    ],
)
def test_memory_has_a_limit(text: str) -> None:
    executable = compiled(DictGraph(), text)[1]
    with pytest.raises(MemoryLimitError):
        rows_of(executable, ExecutionContext(DictGraph(), memory_bytes_max=50_000))
    rows_of(executable, ExecutionContext(DictGraph(), memory_bytes_max=50_000_000))


def test_the_budget_remembers_its_peak() -> None:
    budget = MemoryBudget(1_000)
    budget.hold(800)
    budget.free(500)
    budget.hold(600)
    assert (budget.bytes_held, budget.bytes_peak) == (900, 900)
    with pytest.raises(MemoryLimitError):
        budget.hold_batch(Batch([Column.of_array(Kind.INTEGER, np.arange(20))], 20))


def test_a_profile_counts_rows_and_time() -> None:
    graph = graph_of("UNWIND range(1, 20) AS i CREATE (:N {k: i})")
    plan, executable = compiled(graph, "MATCH (n:N) WHERE n.k > 15 RETURN n.k", profile=True)
    profile = Profile()
    rows_of(executable, ExecutionContext(graph, profile=profile))
    measured = profile.of(plan.root)
    assert measured is not None
    assert measured.rows == 5
    assert all(entry.seconds >= 0 for entry in profile.operators.values())
    assert len(profile.operators) >= 2


def test_procedures_are_called_for_each_row() -> None:
    procedures = ProcedureRegistry(
        lambda: [
            Procedure(
                "my.range",
                (("stop", "INTEGER"),),
                (("number", "INTEGER"), ("half", "FLOAT")),
                call=lambda _context, stop: [(number, number / 2) for number in range(stop)],
            )
        ]
    )
    text = "UNWIND [0, 1, 2] AS x CALL my.range(x) YIELD half AS h RETURN x, h"
    graph = DictGraph()
    executable = compiled(graph, text, procedures=procedures)[1]
    assert rows_of(executable, context_for(graph, {})) == [(1, 0.0), (2, 0.0), (2, 0.5)]
    with pytest.raises(SchemaError):
        procedures.register(Procedure("MY.RANGE", (), ()))


def test_built_in_procedures() -> None:
    graph = graph_of("CREATE (:A {x: 1})-[:T {y: 2}]->(:B)")
    assert run(graph, "CALL db.labels() YIELD label RETURN label") == [("A",), ("B",)]
    assert run(graph, "CALL db.relationshipTypes()") == [("T",)]
    assert sorted(run(graph, "CALL db.propertyKeys()")) == [("x",), ("y",)]
    names = [row[0] for row in run(graph, "SHOW PROCEDURES YIELD name")]
    assert "db.labels" in names


def test_load_csv_reads_below_its_folders_only(tmp_path: Path) -> None:
    folder = tmp_path / "import"
    folder.mkdir()
    (folder / "people.csv").write_text("name;age\nAda;36\nBob;\n", encoding="utf-8")
    (tmp_path / "secret.csv").write_text("x\n1\n", encoding="utf-8")
    graph = DictGraph()

    def load(source: str) -> list[tuple[Any, ...]]:
        text = (
            "LOAD CSV WITH HEADERS FROM $source AS row FIELDTERMINATOR ';' RETURN row.name, row.age"
        )
        context = context_for(graph, {"source": source}, import_folders=[str(folder)])
        return rows_of(compiled(graph, text)[1], context)

    assert load("people.csv") == [("Ada", "36"), ("Bob", None)]
    assert load("file:///people.csv") == [("Ada", "36"), ("Bob", None)]
    for source in ("../secret.csv", str(tmp_path / "secret.csv"), "absent.csv", "https://x/y.csv"):
        with pytest.raises(QueryArgumentError):
            load(source)


def test_the_past_is_another_reader() -> None:
    graph, before = graph_of("CREATE (:N {k: 'now'})"), graph_of("CREATE (:N {k: 'then'})")
    asked: list[tuple[Any, str]] = []

    def reader_at(value: Any, kind: str) -> DictGraph:
        asked.append((value, kind))
        return before

    executable = compiled(graph, "MATCH (n:N) RETURN n.k AT TRANSACTION $t")[1]
    context = ExecutionContext(graph, None, {"t": 7}, reader_at=reader_at)
    assert rows_of(executable, context) == [("then",)]
    assert asked == [(7, "TRANSACTION")]
    with pytest.raises(QueryArgumentError):
        rows_of(executable, ExecutionContext(graph, None, {"t": 7}))


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("n.k = 3", [3]),
        ("n.k = null", []),
        ("n.k IN [3, 3.0, 4, null, 99]", [3, 4]),
        ("n.k >= 28 AND n.k < 30", [28, 29]),
        ("n.k > null", []),
        ("n.t STARTS WITH 't1'", [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
    ],
)
def test_an_index_finds_what_a_scan_finds(predicate: str, expected: list[int]) -> None:
    graph = graph_of("UNWIND range(1, 30) AS i CREATE (:N {k: i, t: 't' + i})")
    text = f"MATCH (n:N) WHERE {predicate} RETURN n.k"
    assert sorted(key for (key,) in run(graph, text)) == expected
    for key in ("k", "t"):
        graph.create_index(IndexDefinition(key, "range", "node", ("N",), (key,)))
    assert sorted(key for (key,) in run(graph, text)) == expected


@pytest.mark.parametrize("count", [1, 5, 40])
def test_seeks_take_their_values_from_the_row(count: int) -> None:
    graph = graph_of("UNWIND range(1, 50) AS i CREATE (:N {k: i})")
    graph.create_index(IndexDefinition("k", "range", "node", ("N",), ("k",)))
    text = "UNWIND range(1, $count) AS i MATCH (n:N {k: i * 2}) RETURN i, n.k"
    assert run(graph, text, count=count) == [(i, i * 2) for i in range(1, count + 1) if i * 2 <= 50]


def test_an_index_gives_its_order_both_ways() -> None:
    graph = graph_of("UNWIND [3, 1, 2] AS i CREATE (:N {k: i})")
    graph.create_index(IndexDefinition("k", "range", "node", ("N",), ("k",)))
    for word, expected in (("ASC", [1, 2, 3]), ("DESC", [3, 2, 1])):
        rows = run(graph, f"MATCH (n:N) WHERE n.k > 0 RETURN n.k ORDER BY n.k {word}")
        assert [key for (key,) in rows] == expected
