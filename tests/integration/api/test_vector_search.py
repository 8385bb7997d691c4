"""Vector search through statements: what is found, what is refused, and that a transaction sees its own."""

import datetime as dt
import threading

import numpy as np
import pytest

import neuralgraph
from neuralgraph.errors import QueryArgumentError, SchemaError, VectorError

CREATE = (
    "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.embedding) OPTIONS {indexConfig: "
    "{`vector.dimensions`: 2, `vector.similarity_function`: $metric}}"
)
NEAREST = (
    "CALL db.index.vector.queryNodes('docs', $k, $v) YIELD node, score RETURN node.name, score"
)


def graph_with(metric="cosine", **vectors):
    graph = neuralgraph.open()
    graph.execute(CREATE, metric=metric)
    for name, vector in vectors.items():
        graph.execute("CREATE (:Doc {name: $name, embedding: $vector})", name=name, vector=vector)
    return graph


def nearest(runner, vector, k=10):
    return [tuple(record) for record in runner.execute(NEAREST, k=k, v=vector)]


@pytest.mark.parametrize(
    ("metric", "scores"),
    [
        ("cosine", [("east", 1.0), ("north-east", 0.5 + 0.5 * 0.6), ("north", 0.5)]),
        ("euclidean", [("east", 1.0), ("north-east", 1 / 1.8), ("north", 1 / 3)]),
        ("dot", [("east", 1.0), ("north-east", 0.8), ("north", 0.5)]),
    ],
)
def test_scores_are_those_of_neo4j(metric, scores):
    graph = graph_with(metric, east=[1.0, 0.0], north=[0, 1], **{"north-east": [0.6, 0.8]})
    assert nearest(graph, [1.0, 0.0]) == [(name, pytest.approx(score)) for name, score in scores]
    assert nearest(graph, np.array([1.0, 0.0], dtype=np.float32), k=1) == [("east", 1.0)]


def test_a_transaction_finds_what_it_wrote_and_nobody_else_does():
    graph = graph_with(a=[1.0, 0.0])
    with graph.transaction() as transaction:
        transaction.execute("MATCH (d:Doc {name: 'a'}) SET d.embedding = [0.0, 1.0]")
        transaction.execute("CREATE (:Doc {name: 'b', embedding: [1.0, 0.0]})")
        assert [name for name, _ in nearest(transaction, [1.0, 0.0])] == ["b", "a"]
        assert nearest(graph, [1.0, 0.0]) == [("a", 1.0)]
        transaction.execute("MATCH (d:Doc) DETACH DELETE d")
        assert nearest(transaction, [1.0, 0.0]) == []
        transaction.rollback()
    assert nearest(graph, [1.0, 0.0]) == [("a", 1.0)]


def test_the_past_has_the_neighbours_of_then(tmp_path):
    with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
        graph.execute(CREATE, metric="cosine")
        for step in range(4):
            graph.execute(
                "CREATE (:Doc {name: $n, embedding: $v})", n=str(step), v=[1.0, float(step)]
            )
            if step == 2:
                graph.checkpoint()
        past = [[name for name, _ in nearest(graph.at(1 + step), [1.0, 0.0])] for step in (1, 2, 4)]
        assert past == [["0"], ["0", "1"], ["0", "1", "2", "3"]]


@pytest.mark.parametrize(
    ("vector", "told"),
    [
        ([1.0, 2.0, 3.0], "3 dimensions, the index 2"),
        ([float("nan"), 1.0], "NaN"),
        ([0.0, 0.0], "all zeros"),
        ([], "0 dimensions, the index 2"),
        ([float("inf"), 1.0], "infinity"),
    ],
)
def test_what_an_index_cannot_hold_is_refused_by_name_and_the_transaction_goes_on(vector, told):
    graph = graph_with(a=[1.0, 0.0])
    with graph.transaction() as transaction:
        transaction.execute("CREATE (:Doc {name: 'b', embedding: [1.0, 1.0]})")
        for statement in (
            "MATCH (d:Doc {name: 'b'}) SET d.embedding = $v",
            "CREATE (:Doc {embedding: $v})",
            "CREATE (d {embedding: $v}) SET d:Doc",
            "UNWIND [1, 2] AS x CREATE (:Doc {embedding: $v})",
            "MATCH (d:Doc {name: 'b'}) CALL db.create.setNodeVectorProperty(d, 'embedding', $v)",
        ):
            with pytest.raises(VectorError, match=told) as caught:
                transaction.execute(statement, v=vector)
            assert caught.value.index == "docs"
            assert f"node {caught.value.entity_id}" in str(caught.value)
        transaction.execute("CREATE (:Other {embedding: $v})", v=vector)
    assert [name for name, _ in nearest(graph, [1.0, 1.0])] == ["b", "a"]
    with pytest.raises(QueryArgumentError, match=told):
        nearest(graph, vector)


BAD_VECTORS = {
    "another dimension": [1.0, 2.0, 3.0],
    "none": [],
    "NaN": [float("nan"), 1.0],
    "infinity": [1.0, float("-inf")],
    "more than 32 bits hold": [1e300, 1.0],
    "zeros": [0, 0],
    "an array": np.array([np.nan, 1.0], dtype=np.float32),
}


@pytest.mark.parametrize("vector", BAD_VECTORS.values(), ids=BAD_VECTORS.keys())
def test_no_way_of_writing_brings_a_bad_vector_into_an_index(vector):
    graph = neuralgraph.open()
    graph.execute(
        "CREATE (:Doc {i: 1, embedding: [1.0, 0.0]})-[:SAID {embedding: [1.0, 0.0]}]->(:Other {i: 2})"
    )
    graph.execute(CREATE, metric="cosine")
    graph.execute("CREATE VECTOR INDEX said FOR ()-[r:SAID]-() ON (r.embedding)")
    ways = (
        ("docs", "CREATE (:Doc {embedding: $v})"),
        ("docs", "MATCH (d:Doc) SET d.embedding = $v"),
        ("docs", "MATCH (d:Doc) SET d['embedding'] = $v"),
        ("docs", "MATCH (d:Doc) SET d += {embedding: $v}"),
        ("docs", "MATCH (d:Doc) SET d = {embedding: $v}"),
        ("docs", "MERGE (d:Doc {i: 9}) ON CREATE SET d.embedding = $v"),
        ("docs", "MERGE (d:Doc {i: 1}) ON MATCH SET d.embedding = $v"),
        ("docs", "MERGE (d:Doc {i: 9, embedding: $v})"),
        ("docs", "MATCH (o:Other) SET o.embedding = $v SET o:Doc"),
        ("docs", "MATCH (o:Other) SET o:Doc SET o.embedding = $v"),
        ("docs", "FOREACH (k IN [1] | CREATE (:Doc {embedding: $v}))"),
        ("docs", "UNWIND range(1, 2000) AS k CREATE (:Doc {embedding: $v})"),
        ("said", "MATCH (a:Doc), (b:Other) CREATE (a)-[:SAID {embedding: $v}]->(b)"),
        ("said", "MATCH ()-[r:SAID]->() SET r.embedding = $v"),
        ("said", "MATCH (a:Doc), (b:Other) MERGE (b)-[r:SAID]->(a) ON CREATE SET r.embedding = $v"),
    )
    with graph.transaction() as transaction:
        for index, statement in ways:
            with pytest.raises(VectorError, match=rf"(node|relationship) \d+ .* index {index} on"):
                transaction.execute(statement, v=vector)
        transaction.execute("CREATE (:Doc {i: 3, embedding: [0.0, 1.0]})")
    for table in ({"embedding": [[1.0, 1.0], vector]}, {"embedding": np.array([vector, vector])}):
        with pytest.raises(VectorError, match="docs"):
            graph.load_nodes("Doc", table)
        ends = {"from": [1, 1], "to": [2, 2]}
        with pytest.raises(VectorError, match="said"):
            graph.load_relationships(
                "SAID", {**ends, **table}, source=("Doc", "from", "i"), target=("Other", "to", "i")
            )
    query = "CALL db.index.vector.queryNodes('docs', 9, $v) YIELD node RETURN node.i"
    assert graph.execute(query, v=[1.0, 0.0]).values() == [1, 3]
    with pytest.raises(QueryArgumentError, match="docs cannot be asked for this vector"):
        graph.execute(query, v=vector)
    assert graph.verify() == []


def test_undoing_a_mended_vector_is_refused_by_the_index_that_came_since():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:Doc {embedding: [0.0, 0.0]})")
        graph.execute("MATCH (d:Doc) SET d.embedding = [1.0, 0.0]")
        mended = graph.info().txid
        graph.execute(CREATE, metric="cosine")
        with pytest.raises(VectorError, match=r"node 0 .* index docs"):
            graph.execute(f"FLASHBACK TRANSACTION {mended}")
        assert graph.verify() == []


def test_a_bulk_load_takes_a_matrix_and_refuses_what_does_not_fit():
    graph = neuralgraph.open()
    graph.execute(CREATE, metric="euclidean")
    matrix = np.arange(20, dtype=np.float32).reshape(10, 2)
    graph.load_nodes("Doc", {"name": [str(i) for i in range(10)], "embedding": matrix})
    assert [name for name, _ in nearest(graph, [4.0, 5.0], k=3)] == ["2", "1", "3"]
    with pytest.raises(VectorError, match="row 0"):
        graph.load_nodes("Doc", {"embedding": matrix.reshape(5, 4)})
    assert graph.execute("MATCH (d:Doc) RETURN count(d)").value() == 10


def test_an_index_takes_the_dimension_of_what_is_there_and_says_so():
    graph = neuralgraph.open()
    plain = "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.embedding)"
    with pytest.raises(SchemaError, match="dimensions"):
        graph.execute(plain)
    graph.execute("CREATE (:Doc {embedding: [1.0, 2.0, 3.0]})")
    graph.execute(plain)
    shown = graph.execute("SHOW VECTOR INDEXES YIELD options").value()
    assert shown["indexConfig"]["vector.dimensions"] == 3
    graph.execute("DROP INDEX docs")
    graph.execute("CREATE (:Doc {embedding: [1.0]})")
    with pytest.raises(VectorError, match="1 dimensions"):
        graph.execute(plain)


def test_relationships_are_found_too():
    graph = neuralgraph.open()
    graph.execute(
        "CREATE VECTOR INDEX talks FOR ()-[r:SAID]-() ON (r.v)"
        " OPTIONS {indexConfig: {`vector.dimensions`: 2}}"
    )
    graph.execute(
        "CREATE (:P)-[:SAID {t: 'x', v: [1.0, 0.0]}]->(:P)-[:SAID {t: 'y', v: [0.0, 1.0]}]->(:P)"
    )
    graph.execute(
        "MATCH ()-[r:SAID {t: 'y'}]->()"
        " CALL db.create.setRelationshipVectorProperty(r, 'v', [1.0, 0.1])"
    )
    found = graph.execute(
        "CALL db.index.vector.queryRelationships('talks', 2, [0.0, 1.0]) YIELD relationship AS r, score"
        " RETURN r.t"
    )
    assert found.values() == ["y", "x"]
    with pytest.raises(SchemaError, match="no vector index named talks on nodes"):
        graph.execute("CALL db.index.vector.queryNodes('talks', 2, [0.0, 1.0])")
    with pytest.raises(SchemaError, match="did you mean talks"):
        graph.execute("CALL neural.search('talk', [0.0, 1.0])")


def test_a_search_is_narrowed_to_candidates():
    graph = graph_with(a=[1.0, 0.0], b=[1.0, 0.1], c=[0.0, 1.0])
    found = graph.execute(
        "MATCH (d:Doc) WHERE d.name <> 'a' WITH collect(d) AS docs"
        " CALL neural.search('docs', [1.0, 0.0], {limit: 2, within: docs, exact: true})"
        " YIELD entity RETURN entity.name"
    )
    assert found.values() == ["b", "c"]
    for options in ("{limit: 0}", "{effort: -1}", "{exactly: true}", "{within: 7}"):
        with pytest.raises(QueryArgumentError):
            graph.execute(f"CALL neural.search('docs', [1.0, 0.0], {options})")


def test_28_writers_that_search_before_they_create_leave_no_duplicate(tmp_path):
    """Each thing is there once: who finds it does not create it, and who comes second is told so."""
    with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
        graph.execute(CREATE, metric="euclidean")
        graph.execute("CREATE CONSTRAINT one FOR (d:Doc) REQUIRE d.name IS UNIQUE")
        outcomes: list[str] = []

        def work(seed):
            chance = np.random.default_rng(seed)
            for thing in chance.permutation(12).tolist():
                vector = [float(thing), 1.0]
                with graph.transaction() as transaction:
                    found = nearest(transaction, vector, k=1)
                    if found and found[0][1] == 1.0:
                        outcomes.append("found")
                        continue
                    try:
                        transaction.execute(
                            "CREATE (:Doc {name: $n, embedding: $v})", n=str(thing), v=vector
                        )
                        transaction.commit()
                        outcomes.append("made")
                    except neuralgraph.NeuralGraphError:
                        transaction.rollback()
                        outcomes.append("lost")

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(28)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("made") == 12
        assert len(outcomes) == 28 * 12
        found = nearest(graph, [0.0, 1.0], k=100)
        assert [name for name, _ in found] == [str(thing) for thing in range(12)]
        assert graph.verify() == []


def test_an_index_is_made_in_the_background_and_answers_meanwhile(tmp_path):
    pytest.importorskip("faiss")
    chance = np.random.default_rng(0)
    matrix = chance.standard_normal((1_500, 8)).astype(np.float32)
    facts = (
        "CALL neural.searchIndexes() YIELD state, kind, indexedRows RETURN state, kind, indexedRows"
    )
    with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
        graph.load_nodes("Doc", {"name": [str(i) for i in range(1_500)], "embedding": matrix})
        graph.execute(
            "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.embedding) OPTIONS {indexConfig: "
            "{`vector.dimensions`: 8, `neural.kind`: 'hnsw', `vector.quantization.enabled`: true}}"
        )
        assert nearest(graph, matrix[7], k=1)[0][0] == "7"
        graph.execute("CALL db.awaitIndexes()")
        assert tuple(graph.execute(facts).single()) == ("ONLINE", "hnsw", 1_500)
        shown = graph.execute("SHOW INDEXES YIELD state, populationPercent").single()
        assert tuple(shown) == ("ONLINE", 100.0)
        assert nearest(graph, matrix[7], k=1)[0][0] == "7"
        graph.execute("MATCH (d:Doc {name: '7'}) DETACH DELETE d")
        assert nearest(graph, matrix[7], k=1)[0][0] != "7"
    with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
        assert tuple(graph.execute(facts).single()) == ("ONLINE", "hnsw", 1_499)
        assert nearest(graph, matrix[8], k=1)[0][0] == "8"
        assert graph.verify() == []
        graph.vacuum()
        assert nearest(graph, matrix[8], k=1)[0][0] == "8"
        graph.backup(tmp_path / "copy.ngdb")
    with neuralgraph.open(tmp_path / "copy.ngdb") as graph:
        assert nearest(graph, matrix[8], k=1)[0][0] == "8"
        assert graph.verify() == []


def test_what_is_known_of_an_index_is_shown(tmp_path):
    facts = "CALL neural.searchIndexes()"
    shown = "SHOW VECTOR INDEXES YIELD name, rows, indexedRows, built, options"
    before = dt.datetime.now(tz=dt.UTC)
    with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
        graph.execute("UNWIND range(1, 5) AS i CREATE (:Doc {embedding: [1.0, toFloat(i)]})")
        graph.execute(
            "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.embedding) OPTIONS {indexConfig: "
            "{`vector.similarity_function`: 'euclidean', `neural.model`: 'by hand'}}"
        )
        graph.checkpoint()
        found = graph.execute(facts).single().to_dict()
        assert before <= found.pop("built").to_native() <= dt.datetime.now(tz=dt.UTC)
        assert found.pop("bytes") > 5 * 2 * 4
        assert found == {
            "name": "docs",
            "type": "vector",
            "state": "ONLINE",
            "populationPercent": 100.0,
            "rows": 5,
            "indexedRows": 5,
            "kind": "flat",
            "quantization": "none",
            "dimension": 2,
            "metric": "euclidean",
            "model": "by hand",
        }
        graph.execute("CREATE (:Doc {embedding: [0.0, 1.0]})")
        graph.execute("MATCH (d:Doc {embedding: [1.0, 1.0]}) DELETE d")
        graph.execute("MATCH (d:Doc {embedding: [1.0, 2.0]}) SET d.embedding = [1.0, 9.0]")
        graph.execute("MATCH (d:Doc {embedding: [1.0, 3.0]}) REMOVE d.embedding")
        row = graph.execute(shown).single()
        assert (row["rows"], row["indexedRows"]) == (4, 5)
        assert row["built"].to_native() < dt.datetime.now(tz=dt.UTC)
        assert row["options"]["indexConfig"]["vector.dimensions"] == 2
        assert row["options"]["indexConfig"]["vector.quantization.type"] == "none"


@pytest.fixture
def graph_of_texts():
    with neuralgraph.open() as graph:
        graph.execute("UNWIND ['one', 'two', 'three'] AS text CREATE (:Note {text: text})")
        graph.execute("CREATE FULLTEXT INDEX notes FOR (n:Note) ON EACH [n.text]")
        graph.checkpoint()
        yield graph


def test_of_a_text_index_it_is_known_how_many_texts_and_bytes_it_has(graph_of_texts):
    facts = (
        "CALL neural.searchIndexes() YIELD rows, indexedRows, bytes RETURN rows, indexedRows, bytes"
    )
    graph = graph_of_texts
    rows, indexed, size = graph.execute(facts).single()
    assert (rows, indexed) == (3, 3)
    assert size > 0
    graph.execute("CREATE (:Note {text: 'four'})")
    graph.execute("MATCH (n:Note {text: 'one'}) SET n.text = 'first'")
    graph.execute("MATCH (n:Note {text: 'two'}) DELETE n")
    assert tuple(graph.execute(facts).single())[:2] == (3, 3)
    graph.execute("MATCH (n:Note) DELETE n")
    assert tuple(graph.execute(facts).single())[:2] == (0, 3)


@pytest.mark.parametrize("count", [1_000, 1_001])
def test_a_flat_index_says_how_it_is_quantised_from_1001_vectors_on(tmp_path, count):
    pytest.importorskip("faiss")
    vectors = np.random.default_rng(1).standard_normal((count, 8)).astype(np.float32)
    with neuralgraph.open(tmp_path / "flat.ngdb") as graph:
        graph.load_nodes("Doc", {"embedding": vectors})
        graph.execute(
            "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.embedding) OPTIONS {indexConfig: "
            "{`neural.kind`: 'flat', `vector.quantization.type`: 'int8'}}"
        )
        graph.execute("CALL db.awaitIndexes()")
        graph.checkpoint()
        shown = graph.execute("CALL neural.searchIndexes() YIELD kind, quantization, state")
        expected = "int8" if count > 1_000 else "none"
        assert tuple(shown.single()) == ("flat", expected, "ONLINE")
        plan = str(graph.execute(f"EXPLAIN {NEAREST}", k=2, v=[0.5] * 8).summary.plan)
        assert ("flat int8" in plan) == (count > 1_000), plan
