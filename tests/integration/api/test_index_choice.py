"""Indexes are chosen by what they hold, stored or freshly written."""

from __future__ import annotations

import pytest

import neuralgraph

FILL = "UNWIND range(1, 2000) AS i CREATE (:A {k: i})-[:R {k: i}]->(:B {k: i % 3})"
INDEXES = (
    "CREATE INDEX of_a FOR (n:A) ON (n.k)",
    "CREATE INDEX of_b FOR (n:B) ON (n.k)",
    "CREATE INDEX of_r FOR ()-[r:R]-() ON (r.k)",
)


def plan(graph, text, **parameters):
    return str(graph.execute("EXPLAIN " + text, **parameters).summary.plan)


@pytest.fixture(params=["index first", "data first", "stored", "inside"])
def reader(request, tmp_path):
    """A graph, or a transaction that has written all of the data itself."""
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        texts = [FILL, *INDEXES] if request.param == "data first" else [*INDEXES, FILL]
        if request.param == "inside":
            for text in INDEXES:
                graph.execute(text)
            with graph.transaction() as transaction:
                transaction.execute(FILL)
                yield transaction
            return
        for text in texts:
            graph.execute(text)
        if request.param == "stored":
            graph.checkpoint()
        yield graph


@pytest.mark.parametrize(
    "condition", ["n.k IN [1, 2]", "n.k = 1 OR n.k = 2", "n.k IN $given", "1 = n.k OR n.k IN [2]"]
)
def test_a_choice_of_values_is_sought(reader, condition):
    text = f"MATCH (n:A) WHERE {condition} RETURN n.k AS k ORDER BY k"
    assert "NodeIndexIn" in plan(reader, text, given=[1, 2])
    assert [record["k"] for record in reader.execute(text, given=[1, 2])] == [1, 2]


@pytest.mark.parametrize(("label", "rows"), [("A", "~1"), ("B", "~666.7")])
def test_rows_of_a_value_are_estimated_by_how_many_values_there_are(reader, label, rows):
    first = plan(reader, f"MATCH (n:{label} {{k: 1}}) RETURN n").splitlines()[0]
    assert first.startswith("NodeIndexSeek")
    assert first.endswith(rows)


def test_of_an_index_that_is_empty_a_tenth_is_thought_to_fit():
    with neuralgraph.open() as graph:
        graph.execute(INDEXES[0])
        graph.execute("UNWIND range(1, 2000) AS i CREATE (:A)")
        assert "~200" in plan(graph, "MATCH (n:A {k: 1}) RETURN n")


def test_a_list_finds_no_more_than_there_is():
    with neuralgraph.open() as graph:
        graph.execute(INDEXES[1])
        graph.execute(FILL)
        text = "MATCH (n:B) WHERE n.k IN $given RETURN count(n)"
        assert "NodeIndexIn" in plan(graph, text, given=[1])
        assert graph.execute(text, given=[1]).value() == 667
