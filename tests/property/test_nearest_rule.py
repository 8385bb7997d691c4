"""ORDER BY similarity LIMIT gives the same rows with a vector index as without."""

import numpy as np
import pytest

import neuralgraph

STATEMENTS = (
    "MATCH (d:Doc) RETURN d.i ORDER BY vector.similarity.{m}(d.v, $v) DESC LIMIT 4",
    "MATCH (d:Doc) RETURN d.i, vector.similarity.{m}(d.v, $v) AS s ORDER BY s DESC SKIP 2 LIMIT 3",
    "MATCH (d:Doc) WHERE d.i % 3 = 0 RETURN d.i ORDER BY vector.similarity.{m}($v, d.v) DESC LIMIT 4",
    "MATCH (d:Doc)-[:NEXT]->(e) RETURN d.i, e.i ORDER BY vector.similarity.{m}(d.v, $v) DESC LIMIT 4",
    "MATCH (e)-[:NEXT]->(d) RETURN d.i, e.i ORDER BY vector.similarity.{m}(d.v, $v) DESC LIMIT 4",
    (
        "MATCH (e:Doc) OPTIONAL MATCH (e)-[:NEXT]->(d:Doc) RETURN e.i, d.i"
        " ORDER BY vector.similarity.{m}(d.v, $v) DESC LIMIT 4"
    ),
    (
        "MATCH (d:Doc) WITH d, vector.similarity.{m}(d.v, $v) AS s ORDER BY s DESC LIMIT 4"
        " MATCH (d)-[:NEXT]->(e) RETURN d.i, e.i, s"
    ),
    "MATCH (d:Doc) RETURN d.i ORDER BY vector.similarity.{m}(d.v, $v) LIMIT 4",
    "MATCH (d:Doc) RETURN d.i ORDER BY vector.similarity.{m}(d.v, $v) DESC LIMIT 0",
    "MATCH (d:Doc) WITH d LIMIT 5 RETURN d.i ORDER BY vector.similarity.{m}(d.v, $v) DESC LIMIT 2",
)


def make(seed, *, everywhere):
    chance = np.random.default_rng(seed)
    graph = neuralgraph.open()
    rows = [
        {"i": i, "v": [float(x) for x in chance.integers(1, 4, 2)] if everywhere or i % 5 else None}
        for i in range(40)
    ]
    graph.execute("UNWIND $rows AS r CREATE (d:Doc) SET d = r", rows=rows)
    graph.execute("MATCH (d:Doc), (e:Doc) WHERE e.i IN [d.i + 1, d.i * 2] CREATE (d)-[:NEXT]->(e)")
    graph.execute(
        "UNWIND range(100, 104) AS i MATCH (d:Doc {i: 0}) CREATE (d)-[:NEXT]->(:Other {i: i})"
    )
    return graph


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_the_same_rows_come_with_and_without_an_index(metric, everywhere):
    graph = make(7, everywhere=everywhere)
    create = (
        "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.v) OPTIONS {indexConfig: "
        "{`vector.dimensions`: 2, `vector.similarity_function`: $metric}}"
    )

    def answers(runner):
        return [
            runner.execute(statement.format(m=metric), v=vector).to_dicts()
            for statement in STATEMENTS
            for vector in ([1.0, 2.0], [3.0, 1.0], np.array([2, 2], dtype=np.float32))
        ]

    wanted = answers(graph)
    graph.execute(create, metric=metric)
    assert answers(graph) == wanted
    plan = str(
        graph.execute("EXPLAIN " + STATEMENTS[0].format(m=metric), v=[1.0, 2.0]).summary.plan
    )
    assert "NearestRows" in plan
    graph.checkpoint()
    assert answers(graph) == wanted
    with graph.transaction() as transaction:
        transaction.execute("MATCH (d:Doc {i: 3}) SET d.v = [9.0, 18.0] REMOVE d:Old")
        transaction.execute("MATCH (d:Doc {i: 4}) DETACH DELETE d")
        changed = answers(transaction)
        assert changed != wanted
        transaction.commit()
    assert answers(graph) == changed
    graph.execute("DROP INDEX docs")
    assert answers(graph) == changed


def test_a_vector_of_another_dimension_is_the_functions_business():
    graph = make(1, everywhere=True)
    statement = STATEMENTS[0].format(m="cosine")
    errors = []
    for index in (False, True):
        if index:
            graph.execute("CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.v)")
        with pytest.raises(neuralgraph.QueryError) as caught:
            graph.execute(statement, v=[1.0, 2.0, 3.0])
        errors.append((type(caught.value), caught.value.message))
    assert errors[0] == errors[1]
