"""Orders and conditions that indexes answer: what sorts and filters give, stored or freshly written."""

from __future__ import annotations

import pytest

import neuralgraph

VALUES = (
    "3", "1", "2.5", "null", "'b'", "'a'", "true", "false", "0.0 / 0.0", "[2]", "[1, 'x']", "{k: 1}", "null",
    "date('2024-01-01')", "date('2023-01-01')", "duration('P1D')", "1.5", "-1", "point({x: 1, y: 2})",
)  # fmt: skip


@pytest.fixture(params=["fresh", "stored", "both"])
def graph(request, tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("CREATE INDEX FOR (n:I) ON (n.v)")
        for number, value in enumerate(VALUES):
            graph.execute(f"CREATE (:I:S {{v: {value}, number: {number}}})")
            if request.param == "stored" or (request.param == "both" and number == 9):
                graph.checkpoint()
        if request.param != "stored":
            graph.execute("MATCH (n:I {number: 1}) SET n.v = 7")
            graph.execute("MATCH (n:I {number: 4}) REMOVE n.v")
        yield graph


def answers(graph, text):
    return [repr(record["v"]) for record in graph.execute(text)]


@pytest.mark.parametrize("count", [1, 5, 30])
@pytest.mark.parametrize(
    "tail",
    [
        "RETURN n.v AS v ORDER BY v",
        "WHERE n.v IS NOT NULL RETURN n.v AS v ORDER BY v",
        "WHERE n.v IS NOT NULL RETURN n.v AS v ORDER BY v DESC",
        "WHERE n.v > 0 RETURN n.v AS v ORDER BY n.v DESC",
        "WHERE n.v >= 'a' RETURN n.v AS v ORDER BY n.v DESC",
        "WITH n ORDER BY n.v SKIP 2 RETURN n.v AS v",
    ],
)
def test_an_order_from_an_index_is_that_of_a_sort(graph, tail, count):
    indexed = answers(graph, f"MATCH (n:I) {tail} LIMIT {count}")
    assert indexed == answers(graph, f"MATCH (n:S) {tail} LIMIT {count}")
    assert indexed


def test_conditions_behind_with_use_the_index(graph):
    result = graph.execute("PROFILE MATCH (n:I) WITH n, n.v AS v WHERE v = 3 RETURN v")
    assert "NodeIndexSeek" in str(result.summary.plan)
    assert result.value() == 3


def test_chance_is_asked_of_every_match():
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(1, 2000) AS i CREATE (:N {i: i})-[:R]->(:M)")
        for text in ("MATCH (n:N)", "MATCH (n:N)-[:R]->(m)", "MATCH (m:M)<-[:R]-(n)"):
            found = graph.execute(f"{text} WHERE rand() < 0.5 RETURN count(*)").value()
            assert 700 < found < 1300
