"""Expressions: few rows and many rows agree, and three-valued logic holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.errors import (
    EntityNotFoundError,
    NeuralGraphError,
    ParameterMissingError,
    QueryTypeError,
)
from neuralgraph.values import ROW_PATH_MAX
from neuralgraph.values.ordering import equality_key
from tests.support.dict_graph import DictGraph
from tests.unit.query.execution.statements import graph_of, run

EXPRESSIONS = [
    "r.a + r.b",
    "r.a < r.b",
    "r.a = r.b OR r.a > 3",
    "r.a <> r.b AND NOT (r.b < 2)",
    "r.a = 1 XOR r.b = 2",
    "r.a IS NULL",
    "r.a IN [1, 2.0, 'x', null]",
    "r.b IN [1, 2]",
    "CASE WHEN r.a = 1 THEN 'one' WHEN r.b = 2 THEN r.a END",
    "CASE r.a WHEN 1 THEN 10 ELSE 20 END",
    "[x IN r.l WHERE x > 1 | x + 1]",
    "all(x IN r.l WHERE x > 1)",
    "any(x IN r.l WHERE x > 1)",
    "none(x IN r.l WHERE x > 1)",
    "single(x IN r.l WHERE x > 1)",
    "reduce(total = 0, x IN r.l | total + x)",
    "r.l[0]",
    "r.l[1..]",
    "{a: r.a, l: r.l}",
    "r {.a, .missing, twice: r.a}",
    "size(r.l)",
    "coalesce(r.a, r.b, 7)",
    "toString(r.a)",
    "[r.a, r.b]",
    "r['a']",
    "r.a IS :: INTEGER NOT NULL",
    "r.s STARTS WITH 'a'",
]
NUMBERS = st.none() | st.integers(-3, 5) | st.sampled_from([1.0, 2.5])
ROWS = st.fixed_dictionaries(
    {
        "a": NUMBERS,
        "b": NUMBERS,
        "l": st.none() | st.lists(st.none() | st.integers(0, 3), max_size=3),
        "s": st.none() | st.text("ab", max_size=2),
    }
)


def outcome(expression: str, rows: list[dict[str, Any]]) -> Any:
    try:
        values = run(DictGraph(), f"UNWIND $rows AS r RETURN {expression} AS v", rows=rows)
    except NeuralGraphError as error:
        return type(error)
    return [equality_key(value) for (value,) in values]


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(ROWS, min_size=ROW_PATH_MAX + 1, max_size=30))
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_many_rows_mean_what_single_rows_mean(expression: str, rows: list[dict[str, Any]]) -> None:
    singles = [outcome(expression, [row]) for row in rows]
    together = outcome(expression, rows)
    if isinstance(together, list):
        assert together == [key for single in singles for key in single]
    else:
        assert together in singles


@pytest.mark.parametrize("count", [1, 40])
def test_the_right_side_is_not_computed_where_the_left_decides(count: int) -> None:
    graph = DictGraph()
    text = "UNWIND range(1, $count) AS i WITH i % 2 AS x RETURN x <> 0 AND 1 / x > 0 AS v"
    assert run(graph, text, count=count) == [(bool(i % 2),) for i in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 40])
def test_case_computes_only_the_branch_taken(count: int) -> None:
    text = "UNWIND range(1, $count) AS i WITH i % 2 AS x RETURN CASE WHEN x = 0 THEN 0 ELSE 1 / x END AS v"
    expected = [(i % 2,) for i in range(1, count + 1)]
    assert run(DictGraph(), text, count=count) == expected


@pytest.mark.parametrize("count", [1, 40])
def test_comprehensions_see_the_columns_around_them(count: int) -> None:
    text = "UNWIND range(1, $count) AS i RETURN [x IN [1, 2] WHERE x < i + 1 | x * i] AS v"
    expected = [([x * i for x in (1, 2) if x < i + 1],) for i in range(1, count + 1)]
    assert run(DictGraph(), text, count=count) == expected


def test_a_predicate_must_be_boolean() -> None:
    with pytest.raises(QueryTypeError):
        run(DictGraph(), "UNWIND [1] AS x WITH x WHERE $p RETURN x", p=1)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ParameterMissingError, match=r"\$absent") as caught:
        run(DictGraph(), "RETURN $absent AS x")
    assert caught.value.detail == "MissingParameter"


@pytest.mark.parametrize("question", ["n.x", "labels(n)", "keys(n)", "n {.x}", "n:A", "n['x']"])
@pytest.mark.parametrize("count", [1, 20])
def test_what_was_deleted_cannot_be_asked(question: str, count: int) -> None:
    graph = graph_of(f"UNWIND range(1, {count}) AS i CREATE (:A {{x: i}})")
    with pytest.raises(EntityNotFoundError) as caught:
        run(graph, f"MATCH (n) DELETE n RETURN {question} AS v")
    assert caught.value.detail == "DeletedEntityAccess"


def test_a_deleted_relationship_still_has_its_type() -> None:
    graph = graph_of("CREATE ()-[:T]->()")
    assert run(graph, "MATCH ()-[r]->() DELETE r RETURN type(r)") == [("T",)]


@pytest.mark.parametrize("count", [1, 20])
def test_label_expressions(count: int) -> None:
    graph = graph_of(
        f"UNWIND range(1, {count}) AS i CREATE (:A {{k: 'A'}}), (:B {{k: 'B'}}), (:A:B {{k: 'AB'}})"
    )
    found = {key for (key,) in run(graph, "MATCH (n) WHERE n:A&!B RETURN n.k")}
    assert found == {"A"}
    found = {key for (key,) in run(graph, "MATCH (n) WITH n WHERE n:A|B RETURN n.k")}
    assert found == {"A", "B", "AB"}
