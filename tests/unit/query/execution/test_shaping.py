"""Grouping, sorting, joining, limiting: against plain Python, in small and large batches."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.query.execution import ExecutionContext
from neuralgraph.query.execution.memory import MemoryBudget, Share
from neuralgraph.query.execution.operators.distinct import SeenIds
from neuralgraph.query.execution.operators.grouping import Grouper, distinct_codes
from neuralgraph.values import Column
from neuralgraph.values.ordering import equality_key, order_key
from tests.support.dict_graph import DictGraph
from tests.unit.query.execution.statements import compiled, graph_of, rows_of, run

VALUES = (
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([1.0, float("nan"), "a", "b"])
)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(VALUES, max_size=30))
def test_distinct_keeps_the_first_of_each(values: list[Any]) -> None:
    rows = run(DictGraph(), "UNWIND $values AS v RETURN DISTINCT v", values=values)
    expected = list(dict.fromkeys(map(equality_key, values)))
    assert [equality_key(value) for (value,) in rows] == expected


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(VALUES, st.none() | st.integers(0, 3)), max_size=30))
def test_groups_count_their_rows(pairs: list[tuple[Any, Any]]) -> None:
    rows = run(
        DictGraph(),
        "UNWIND $pairs AS p WITH p[0] AS k, p[1] AS v"
        " RETURN k, count(*) AS c, count(v) AS n, count(DISTINCT v) AS d, sum(v) AS s",
        pairs=[list(pair) for pair in pairs],
    )
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(equality_key(key), []).append(value)
    assert {equality_key(row[0]): row[1:] for row in rows} == {
        key: (
            len(found),
            sum(value is not None for value in found),
            len({value for value in found if value is not None}),
            sum(value for value in found if value is not None),
        )
        for key, found in groups.items()
    }


def test_without_keys_there_is_one_row_of_nothing() -> None:
    text = "UNWIND [] AS x RETURN count(*), count(x), count(DISTINCT x), sum(x), collect(x), max(x)"
    assert run(DictGraph(), text) == [(0, 0, 0, 0, [], None)]
    assert run(DictGraph(), "UNWIND [] AS x RETURN x, count(*)") == []


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.tuples(VALUES, st.integers(0, 3)), max_size=80),
    skip=st.integers(0, 4),
    limit=st.integers(0, 12),
    descending=st.booleans(),
)
def test_top_is_a_slice_of_sort(
    values: list[tuple[Any, int]], skip: int, limit: int, descending: bool
) -> None:
    word = "DESC" if descending else "ASC"
    body = f"UNWIND $values AS p WITH p[0] AS a, p[1] AS b RETURN a, b ORDER BY a {word}, b"
    given_values = [list(pair) for pair in values]
    whole = run(DictGraph(), body, values=given_values)
    expected = sorted(values, key=lambda pair: pair[1])
    expected.sort(key=lambda pair: order_key(pair[0]), reverse=descending)
    assert [(equality_key(a), b) for a, b in whole] == [(equality_key(a), b) for a, b in expected]
    part = run(DictGraph(), f"{body} SKIP {skip} LIMIT {limit}", values=given_values)
    assert repr(part) == repr(whole[skip : skip + limit])


@pytest.mark.parametrize("descending", [False, True])
def test_top_of_many_numbers_picks_candidates_first(descending: bool) -> None:
    values = [(number * 7919) % 5003 for number in range(5000)]
    word = "DESC" if descending else "ASC"
    rows = run(
        DictGraph(), f"UNWIND $values AS v RETURN v ORDER BY v {word} LIMIT 7", values=values
    )
    assert [value for (value,) in rows] == sorted(values, reverse=descending)[:7]


@settings(max_examples=40, deadline=None)
@given(
    left=st.lists(VALUES, max_size=12),
    right=st.lists(VALUES, max_size=12),
)
def test_joins_agree_with_equality(left: list[Any], right: list[Any]) -> None:
    graph = DictGraph()
    for value in left:
        graph.create_node(["L"], {} if value is None else {"v": value})
    for value in right:
        graph.create_node(["R"], {} if value is None else {"v": value})
    rows = run(graph, "MATCH (l:L), (r:R) WHERE l.v = r.v RETURN id(l), id(r)")
    expected = [
        (place, len(left) + other)
        for place, one in enumerate(left)
        for other, two in enumerate(right)
        if one is not None
        and two is not None
        and one == one
        and equality_key(one) == equality_key(two)
    ]
    assert sorted(rows) == sorted(expected)


def test_grouper_knows_rows_across_batches_of_different_kinds() -> None:
    grouper = Grouper(Share(MemoryBudget()))
    first = [Column.of_values([number % 5 for number in range(20)])]
    groups, new = grouper.groups(first, 20)
    assert groups.tolist() == [number % 5 for number in range(20)]
    assert new.tolist() == [0, 1, 2, 3, 4]
    second = [Column.of_values([4.0, "x", None, True, 1, None])]
    groups, new = grouper.groups(second, 6)
    assert groups.tolist() == [4, 5, 6, 7, 1, 6]
    assert new.tolist() == [1, 2, 3]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(VALUES, st.none() | st.integers(-5, 2**62)), min_size=1, max_size=40)
)
def test_codes_tell_rows_apart(rows: list[tuple[Any, Any]]) -> None:
    columns = [Column.of_values(list(column)) for column in zip(*rows, strict=True)]
    codes, firsts = distinct_codes(columns, len(rows))
    keys = [tuple(map(equality_key, row)) for row in rows]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    assert codes.tolist() == [numbers[key] for key in keys]
    assert firsts.tolist() == [keys.index(key) for key in numbers]


def test_limit_stops_reading_but_not_writing() -> None:
    graph = graph_of("UNWIND range(1, 30) AS i CREATE (:N {k: i})")
    assert run(graph, "MATCH (n:N) SET n.seen = true RETURN n.k LIMIT 0") == []
    assert run(graph, "MATCH (n:N) WHERE n.seen RETURN count(*)") == [(30,)]


@pytest.mark.parametrize("count", [1, 3, 30])
def test_subqueries_in_expressions(count: int) -> None:
    graph = graph_of(
        f"UNWIND range(1, {count}) AS i CREATE (n:N {{k: i}})"
        " FOREACH (j IN range(1, i % 3) | CREATE (n)-[:T]->(:M {k: j}))"
    )
    rows = run(
        graph,
        "MATCH (n:N) RETURN n.k, EXISTS { (n)-->() }, COUNT { (n)-->() }, [(n)-->(m) | m.k],"
        " size([x IN [1] WHERE (n)-->()])",
    )
    assert sorted(rows) == [
        (i, i % 3 > 0, i % 3, sorted(row[3]), int(i % 3 > 0))
        for i, row in zip(range(1, count + 1), sorted(rows), strict=True)
    ]
    assert Counter(len(row[3]) for row in rows) == Counter(i % 3 for i in range(1, count + 1))


def test_union_puts_columns_under_the_same_names() -> None:
    rows = run(DictGraph(), "RETURN 1 AS a, 2 AS b UNION ALL RETURN 3 AS a, 4 AS b")
    assert rows == [(1, 2), (3, 4)]
    assert run(DictGraph(), "RETURN 1 AS a UNION RETURN 1.0 AS a") == [(1,)]


@given(
    st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=4),
    st.sampled_from([41, 100_000]),
    st.sets(st.integers(0, 3)),
)
def test_ids_are_new_once_over_batches(
    batches: list[list[int]], limit: int, by_rows: set[int]
) -> None:
    seen, known = SeenIds(limit, Share(MemoryBudget())), set()
    for number, batch in enumerate(batches):
        ids = np.array(batch, dtype=np.int64)
        expected = set(batch) - known
        if number in by_rows:
            found = ids[seen.new_rows(ids)].tolist()
            assert found == [item for item in dict.fromkeys(batch) if item in expected]
        else:
            assert sorted(seen.new_ids(ids).tolist()) == sorted(expected)
        known |= expected


def test_null_comes_once_where_only_null_can_repeat() -> None:
    graph = graph_of(
        "CREATE CONSTRAINT FOR (n:N) REQUIRE n.k IS UNIQUE",
        "CREATE (a:N {k: 1}), (b:N), (c:N), (d:N {k: 2}), (s:S)"
        " FOREACH (n IN [a, b, c, d, a] | CREATE (s)-[:T]->(n))",
    )
    text = "MATCH (:S)-[:T]->(n:N) RETURN DISTINCT n.k"
    executable = compiled(graph, text)[1]
    rows = rows_of(executable, ExecutionContext(graph, None, {}))
    assert sorted(rows, key=str) == [(1,), (2,), (None,)]
