"""CALL { } IN TRANSACTIONS: portions are committed one by one."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import (
    AccessModeError,
    QueryArgumentError,
    QueryArithmeticError,
    QuerySyntaxError,
    SemanticError,
)


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        yield graph


def committed(graph):
    return [tuple(record) for record in graph.execute("MATCH (t:T) RETURN t.i ORDER BY t.i")]


def test_each_portion_is_a_commit(graph):
    before = graph.info().txid
    result = graph.execute(
        "UNWIND range(1, 10) AS i CALL (i) { CREATE (:T {i: i}) } IN TRANSACTIONS OF 3 ROWS"
    )
    assert graph.info().txid == before + 4
    assert result.summary.counters.nodes_created == 10
    assert committed(graph) == [(i,) for i in range(1, 11)]


def test_portions_before_a_failure_stay(graph):
    with pytest.raises(QueryArithmeticError):
        graph.execute(
            "UNWIND [1, 2, 3, 0, 5] AS i CALL (i) { CREATE (:T {i: 6 / i}) } IN TRANSACTIONS OF 2 ROWS"
        )
    assert committed(graph) == [(3,), (6,)]


@pytest.mark.parametrize(("word", "kept"), [("CONTINUE", [1, 2, 5]), ("BREAK", [1, 2])])
def test_errors_are_reported_for_the_rows_of_their_portion(graph, word, kept):
    records = graph.execute(
        "UNWIND [1, 2, 0, 4, 5] AS i CALL (i) { CREATE (t:T {i: i, x: 1 / i}) RETURN t }"
        f" IN TRANSACTIONS OF 2 ROWS ON ERROR {word} REPORT STATUS AS s"
        " RETURN i, t.i AS made, s.started AS started, s.committed AS committed, s.errorMessage AS message"
    ).to_dicts()
    assert [row["made"] for row in records if row["committed"]] == kept
    assert [row["i"] for row in records] == [1, 2, 0, 4, 5]
    failed = [row for row in records if row["i"] in (0, 4)]
    assert all(row["started"] and "division by zero" in row["message"] for row in failed)
    assert records[4]["started"] is (word == "CONTINUE")
    assert committed(graph) == [(i,) for i in kept]


def test_what_follows_sees_what_was_committed(graph):
    graph.execute("CREATE (:T {i: 1}), (:T {i: 2})")
    text = (
        "MATCH (t:T) CALL (t) { SET t.i = t.i + 10 CREATE (u:U {of: t.i}) RETURN u } IN TRANSACTIONS OF 1 ROW"
        " MATCH (v:U) RETURN t.i, u.of, count(v) ORDER BY t.i"
    )
    assert [tuple(record) for record in graph.execute(text)] == [(11, 11, 2), (12, 12, 2)]


def test_a_large_part_of_the_graph_goes_away_in_portions(graph):
    graph.execute("UNWIND range(1, 2500) AS i CREATE (:T {i: i})")
    before = graph.info().txid
    graph.execute("MATCH (t:T) CALL (t) { DETACH DELETE t } IN TRANSACTIONS")
    assert graph.info().txid == before + 3
    assert committed(graph) == []


def test_inside_a_transaction_it_is_a_typed_error(graph):
    with (
        graph.transaction() as transaction,
        pytest.raises(SemanticError, match="cannot run inside one"),
    ):
        transaction.execute("CALL { CREATE (:T) } IN TRANSACTIONS")


def test_only_reading_refuses_it(graph):
    with pytest.raises(AccessModeError):
        graph.execute("CALL { CREATE (:T) } IN TRANSACTIONS", access="read")


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (:A) WITH 1 AS x CALL { CREATE (:T) } IN TRANSACTIONS",
        "CALL { CALL { CREATE (:T) } IN TRANSACTIONS }",
        "CALL { CREATE (:T) } IN TRANSACTIONS RETURN 1 AS x UNION RETURN 2 AS x",
        "CALL { CREATE (:T) } IN TRANSACTIONS REPORT STATUS AS s RETURN s",
    ],
)
def test_where_it_cannot_stand_is_a_syntax_error(graph, text):
    with pytest.raises(QuerySyntaxError):
        graph.execute(text)
    assert committed(graph) == []


@pytest.mark.parametrize("rows", [0, -1, 1.5, "2"])
def test_a_portion_has_at_least_one_row(graph, rows):
    with pytest.raises(QueryArgumentError):
        graph.execute(
            "UNWIND [1] AS i CALL { CREATE (:T) } IN TRANSACTIONS OF $rows ROWS", rows=rows
        )
