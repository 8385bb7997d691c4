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


def test_alternatives_are_found_one_by_one(reader):
    text = "MATCH (n:A) WHERE n.k = 7 OR n.k > 1 AND n.k < 4 OR n.k = 3 RETURN n.k AS k ORDER BY k"
    assert "UnionAll" in plan(reader, text)
    assert "NodeScan" not in plan(reader, text)
    assert [record["k"] for record in reader.execute(text)] == [2, 3, 7]


def test_alternatives_are_found_for_each_row(reader):
    text = (
        "UNWIND [5, 1, 5, null] AS x MATCH (n:A) WHERE n.k = x OR n.k = x * 2 OR n.k = x * 1.0"
        " RETURN x, n.k AS k ORDER BY x, k"
    )
    assert "NodeScan" not in plan(reader, text)
    found = [(record["x"], record["k"]) for record in reader.execute(text)]
    assert found == [(1, 1), (1, 2), *sorted([(5, 5), (5, 10)] * 2)]


def test_an_alternative_that_cannot_be_sought_lets_all_be_looked_at(reader):
    text = "MATCH (n:A) WHERE n.k = 7 OR n.other = 1 RETURN n.k"
    assert "NodeScan" in plan(reader, text)
    assert reader.execute(text).value() == 7


def test_labels_of_a_choice_are_sought_each_by_its_index(reader):
    text = "MATCH (n:A|B) WHERE n.k = 1 RETURN count(n)"
    assert "NodeScan" not in plan(reader, text)
    scanned = "MATCH (n) WHERE (n:A OR n:B) = true AND n.k = 1 RETURN count(n)"
    assert "NodeScan variable=n (" in plan(reader, scanned)
    assert reader.execute(text).value() == reader.execute(scanned).value() == 668


def test_labels_of_a_choice_are_scanned_each_where_they_are_few():
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(1, 100) AS i CREATE (:A:B), (:B), (:C), (:C), (:C), (:C)")
        text = "MATCH (n:A|B) RETURN count(n)"
        assert "NodeScan variable=n label=B" in plan(graph, text)
        assert graph.execute(text).value() == 200


def test_what_is_written_is_not_found_by_an_alternative_that_is_asked_later(reader):
    text = (
        "MATCH (n:A) WHERE n.k = 1 OR n.k > 1990 MATCH (m:A {k: 5}) SET m.k = 1999"
        " RETURN count(n) AS n"
    )
    assert "UnionAll" in plan(reader, text)
    assert reader.execute(text).value() == 11


def test_chance_is_asked_of_each_node(reader):
    text = "MATCH (n:A) WHERE n.k = toInteger(rand() * 2) + 1 RETURN n"
    assert "NodeScan" in plan(reader, text)
