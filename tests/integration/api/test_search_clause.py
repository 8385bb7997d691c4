"""SEARCH in MATCH, and hybrid search: candidates, own writes, the past, fusion, and what is refused."""

import numpy as np
import pytest

import neuralgraph
from neuralgraph.errors import QuerySyntaxError, QueryTypeError, SchemaError

INDEX = (
    "CREATE VECTOR INDEX {name} FOR (d:Doc) ON (d.{key})"
    " OPTIONS {{indexConfig: {{`vector.dimensions`: 2, `vector.similarity_function`: 'euclidean'}}}}"
)


@pytest.fixture
def graph():
    """Documents 0 to 19 on a line; person i wrote document i, and knows person i + 1."""
    graph = neuralgraph.open()
    graph.execute(INDEX.format(name="docs", key="e"))
    graph.execute(INDEX.format(name="others", key="f"))
    graph.execute(
        "UNWIND range(0, 19) AS i"
        " CREATE (:Person {i: i})-[:WROTE {v: [toFloat(i), 1.0]}]->"
        "(:Doc {i: i, e: [toFloat(i), 0.0], f: [0.0, toFloat(19 - i)]})"
    )
    graph.execute("MATCH (a:Person), (b:Person {i: a.i + 1}) CREATE (a)-[:KNOWS]->(b)")
    return graph


def rows(runner, query, **parameters):
    return [tuple(record) for record in runner.execute(query, **parameters)]


def test_the_best_come_first_with_their_scores(graph):
    found = rows(
        graph,
        "MATCH (d:Doc) SEARCH d IN (VECTOR INDEX docs FOR $v LIMIT 3) SCORE AS s RETURN d.i, s",
        v=[5.2, 0.0],
    )
    assert [i for i, _ in found] == [5, 6, 4]
    assert [s for _, s in found] == pytest.approx([1 / 1.04, 1 / 1.64, 1 / 2.44], rel=1e-6)


def test_a_predicate_inside_narrows_before_and_one_behind_after(graph):
    inside = "SEARCH d IN (VECTOR INDEX docs FOR [0, 0] WHERE d.i > 9 LIMIT 3)"
    assert rows(graph, f"MATCH (d:Doc) {inside} RETURN d.i") == [(10,), (11,), (12,)]
    behind = "SEARCH d IN (VECTOR INDEX docs FOR [0, 0] LIMIT 3) WHERE d.i > 1"
    assert rows(graph, f"MATCH (d:Doc) {behind} RETURN d.i") == [(2,)]


def test_a_pattern_narrows_for_each_row(graph):
    query = (
        "MATCH (p:Person) WHERE p.i IN [3, 8]"
        " MATCH (d:Doc) SEARCH d IN (VECTOR INDEX docs FOR [0, 0]"
        " WHERE EXISTS { (p)-[:KNOWS*0..1]-()-[:WROTE]->(d) } LIMIT 2) RETURN p.i, d.i"
    )
    assert sorted(rows(graph, query)) == [(3, 2), (3, 3), (8, 7), (8, 8)]


def test_the_pattern_goes_on_from_what_was_found(graph):
    query = (
        "MATCH (p:Person)-[:WROTE]->(d:Doc) SEARCH d IN (VECTOR INDEX docs FOR $v LIMIT 2) SCORE AS s"
        " WHERE s > 0.6 RETURN p.i, d.i"
    )
    assert rows(graph, query, v=[7.0, 0.0]) == [(7, 7)]


def test_optional_match_keeps_rows_that_find_nothing(graph):
    query = (
        "UNWIND [1, 50] AS x OPTIONAL MATCH (d:Doc)"
        " SEARCH d IN (VECTOR INDEX docs FOR [0, 0] WHERE d.i = x LIMIT 1) SCORE AS s RETURN x, d.i, s"
    )
    assert rows(graph, query) == [(1, 1, 0.5), (50, None, None)]


def test_it_sees_own_writes_and_the_past(graph):
    query = "MATCH (d:Doc) SEARCH d IN (VECTOR INDEX docs FOR [0.0, 9.0] LIMIT 1) RETURN d.i"
    with graph.transaction() as transaction:
        transaction.execute("CREATE (:Doc {i: 99, e: [0.0, 9.0]})")
        assert rows(transaction, query) == [(99,)]
        assert rows(graph, query) == [(0,)]
        transaction.commit()
    assert rows(graph, query) == [(99,)]
    last = rows(graph, "CALL neural.transactions() YIELD txid RETURN max(txid)")[0][0]
    assert rows(graph, f"{query} AT TRANSACTION {last - 1}") == [(0,)]
    past = query.replace("MATCH (d:Doc)", f"MATCH (d:Doc) AT TRANSACTION {last - 1}")
    assert rows(graph, past) == [(0,)]


def test_relationships_are_found(graph):
    graph.execute(INDEX.format(name="ways", key="v").replace("(d:Doc)", "()-[d:WROTE]-()"))
    query = (
        "MATCH (p)-[w:WROTE]->(d) SEARCH w IN (VECTOR INDEX ways FOR [4.0, 1.0] WHERE w.v[0] > 4 LIMIT 1)"
        " RETURN p.i, d.i"
    )
    assert rows(graph, query) == [(5, 5)]


def test_ranks_are_fused_as_the_formula_says(graph):
    # docs ranks 0, 1, 2, ...; others ranks 19, 18, 17, ...; both are asked for the origin.
    query = (
        "MATCH (d:Doc) SEARCH d IN (HYBRID INDEX docs, others FOR [0, 0], [0, 0] WEIGHTS $w LIMIT 20)"
        " SCORE AS s RETURN d.i, s"
    )
    found = dict(rows(graph, query, w=[2, 1.0]))
    expected = {i: 2 / (61 + i) + 1 / (61 + 19 - i) for i in range(20)}
    assert found == pytest.approx(expected)
    assert list(found) == sorted(expected, key=lambda i: -expected[i])


def test_scores_are_fused_and_nulls_ask_nothing(graph):
    query = (
        "MATCH (d:Doc) SEARCH d IN (HYBRID INDEX docs, others FOR [0, 0], $q FUSE SCORES LIMIT 2)"
        " SCORE AS s RETURN d.i, s"
    )
    assert rows(graph, query, q=None) == [(0, 1.0), (1, 0.5)]
    found = rows(graph, query, q=[0.0, 19.0])
    assert found[0] == (0, pytest.approx(2.0))


def test_nearness_in_the_graph_counts(graph):
    query = (
        "MATCH (p:Person {i: 12}) MATCH (d:Doc)"
        " SEARCH d IN (HYBRID INDEX docs FOR [0, 0] NEAR p WEIGHTS [0, 1] LIMIT 3) RETURN d.i"
    )
    # Document 12 is one step away; 11 and 13 are two, over a friend.
    assert rows(graph, query) == [(12,), (11,), (13,)]
    by_procedure = (
        "MATCH (p:Person {i: 12}) CALL neural.hybrid([{index: 'docs', query: [0, 0], weight: 0}],"
        " {near: p, limit: 3}) YIELD entity RETURN entity.i"
    )
    assert rows(graph, by_procedure) == [(12,), (11,), (13,)]


def test_the_procedure_and_the_clause_agree(graph):
    clause = (
        "MATCH (d:Doc) SEARCH d IN (HYBRID INDEX docs, others FOR $a, $b WHERE d.i % 2 = 0 LIMIT 5)"
        " SCORE AS s RETURN d.i, s"
    )
    procedure = (
        "MATCH (c:Doc) WHERE c.i % 2 = 0 WITH collect(c) AS even"
        " CALL neural.hybrid([{index: 'docs', query: $a}, {index: 'others', query: $b}],"
        " {within: even, limit: 5}) YIELD entity, score RETURN entity.i, score"
    )
    asked = {"a": np.array([3.3, 0], dtype=np.float32), "b": [0.0, 6.0]}
    assert rows(graph, clause, **asked) == rows(graph, procedure, **asked)


@pytest.mark.parametrize(
    ("search", "error", "words"),
    [
        ("d IN (VECTOR INDEX docz FOR [0, 0] LIMIT 1)", SchemaError, "did you mean docs"),
        ("d IN (FULLTEXT INDEX docs FOR 'x' LIMIT 1)", SchemaError, "is a vector index"),
        ("e IN (VECTOR INDEX docs FOR [0, 0] LIMIT 1)", QuerySyntaxError, "`e` not defined"),
        ("x IN (VECTOR INDEX docs FOR [0, 0] LIMIT 1)", QuerySyntaxError, "bound before"),
        ("d IN (VECTOR INDEX docs, others FOR [0, 0] LIMIT 1)", QuerySyntaxError, "HYBRID"),
        ("d IN (HYBRID INDEX docs, others FOR [0, 0] LIMIT 1)", QuerySyntaxError, "one query for"),
        ("d IN (VECTOR INDEX docs FOR [0, 0] NEAR x LIMIT 1)", QuerySyntaxError, "HYBRID"),
        ("d IN (VECTOR INDEX docs FOR [0, 0] LIMIT -1)", QuerySyntaxError, "negative"),
        ("d IN (VECTOR INDEX docs FOR 3 LIMIT 1)", QuerySyntaxError, "vector or a text"),
        ("d IN (VECTOR INDEX docs FOR 'x' LIMIT 1)", QueryTypeError, "list of numbers"),
        ("d IN (VECTOR INDEX docs FOR [0, 0] WHERE 3 LIMIT 1)", QuerySyntaxError, "boolean"),
        (
            "d IN (VECTOR INDEX docs FOR [0, 0] LIMIT 1) SCORE AS x",
            QuerySyntaxError,
            "already bound",
        ),
        ("d IN (HYBRID INDEX docs FOR [0, 0] NEAR 3 LIMIT 1)", QueryTypeError, "node"),
        ("d IN (HYBRID INDEX docs FOR [0, 0] WEIGHTS [1, 2] LIMIT 1)", QueryTypeError, "1 numbers"),
    ],
)
def test_what_does_not_fit_is_refused(graph, search, error, words):
    with pytest.raises(error, match=words):
        graph.execute(f"MATCH (x:Person {{i: 0}}) MATCH (d:Doc) SEARCH {search} RETURN d").consume()


def test_writes_behind_a_search_do_not_feed_it(graph):
    query = (
        "UNWIND [1, 2, 3] AS x MATCH (d:Doc) SEARCH d IN (VECTOR INDEX docs FOR [0, 0] LIMIT 1)"
        " CREATE (:Doc {i: -x, e: [0.0, 0.0]}) RETURN d.i"
    )
    assert rows(graph, query) == [(0,), (0,), (0,)]


def test_explain_and_profile_say_which_way_a_search_takes():
    with neuralgraph.open() as graph:
        graph.load_nodes(
            "Doc",
            {
                "i": np.arange(50),
                "v": np.random.default_rng(3).random((50, 4), dtype=np.float32),
                "t": [f"text {number}" for number in range(50)],
            },
        )
        graph.execute("CREATE INDEX FOR (d:Doc) ON (d.i)")
        graph.execute("CREATE VECTOR INDEX v FOR (d:Doc) ON (d.v)")
        graph.execute("CREATE FULLTEXT INDEX t FOR (d:Doc) ON EACH [d.t]")
        clause = "MATCH (d:Doc) SEARCH d IN (VECTOR INDEX v FOR $v WHERE d.i < 20 LIMIT 3) RETURN d"
        both = "MATCH (d:Doc) SEARCH d IN (HYBRID INDEX v, t FOR $v, 'text' LIMIT 3) RETURN d"
        order = "MATCH (d:Doc) RETURN d ORDER BY vector.similarity.cosine(d.v, $v) DESC LIMIT 3"

        def plan(text):
            return graph.execute(text, v=[1.0, 0.0, 0.0, 0.0]).summary.plan

        assert "[v compares 15 of 50 vectors: the index is flat]" in plan("EXPLAIN " + clause)
        assert "[v compares 20 of 50 vectors: the index is flat]" in plan("PROFILE " + clause)
        texts = "t reads the postings of each term among 50 texts"
        shown = f"[v compares all 50 vectors: the index is flat; {texts}]"
        assert shown in plan("EXPLAIN " + both)
        assert shown in plan("PROFILE " + both)
        exact = "[v compares all 50 vectors: the index is flat]"
        assert exact in plan("EXPLAIN " + order)
        graph.execute("CREATE (:Doc {i: 99})")
        left = "[passes all rows: not every node of the label has a vector in the index]"
        assert left in plan("EXPLAIN " + order)
        assert left in plan("PROFILE " + order)


def test_explain_and_profile_say_which_way_a_called_search_takes():
    with neuralgraph.open() as graph:
        matrix = np.random.default_rng(3).random((50, 4), dtype=np.float32)
        graph.load_nodes("Doc", {"v": matrix, "t": [f"text {number}" for number in range(50)]})
        graph.execute("CREATE VECTOR INDEX v FOR (d:Doc) ON (d.v)")
        graph.execute("CREATE FULLTEXT INDEX t FOR (d:Doc) ON EACH [d.t]")
        vectors = "v compares all 50 vectors: the index is flat"
        texts = "t reads the postings of each term among 50 texts"
        some = "MATCH (d:Doc) WITH collect(d)[..5] AS found CALL neural.search('v', $v, {within: found})"
        unknown = "v: which way it takes goes by how many count: see PROFILE"
        for call, expected, taken in (
            ("CALL db.index.vector.queryNodes('v', 3, $v)", vectors, vectors),
            ("CALL db.index.fulltext.queryNodes($t, 'text', {limit: 1})", texts, texts),
            ("CALL neural.fulltext.fuzzyQuery('t', 'txt')", texts, texts),
            ("CALL neural.search('t', 'text')", texts, texts),
            ("CALL neural.search('v', $v, {exact: true})", vectors, vectors),
            (
                "CALL neural.hybrid([{index: 'v', query: $v}, {index: $t, query: 'text'}])",
                f"{vectors}; {texts}",
                f"{vectors}; {texts}",
            ),
            (some, unknown, "v compares 5 of 50 vectors: the index is flat"),
            (
                "UNWIND ['v'] AS name CALL neural.search(name, $v)",
                "which way it takes, only the run can tell: see PROFILE",
                vectors,
            ),
        ):
            for mode, shown in (("EXPLAIN", expected), ("PROFILE", taken)):
                text = f"{mode} {call} YIELD score RETURN score"
                plan = graph.execute(text, v=[1.0, 0.0, 0.0, 0.0], t="t").summary.plan
                assert f"[{shown}]" in plan, (text, plan)
        plan = graph.execute("EXPLAIN CALL neural.search('none', 'x') YIELD score RETURN score")
        assert "[" not in plan.summary.plan.split("ProcedureCall")[1].split("~")[1]


@pytest.mark.parametrize(
    "statement",
    [
        "MATCH (d:Doc) SEARCH d IN (VECTOR INDEX docs FOR null LIMIT 2) RETURN d",
        "MATCH (d:Doc) SEARCH d IN (HYBRID INDEX docs, others FOR null, null LIMIT 2) RETURN d",
        "CALL neural.hybrid([{index: 'docs', query: null}])",
        "CALL db.index.vector.queryNodes('docs', 1, null)",
    ],
)
def test_a_search_for_nothing_is_a_type_error(graph, statement):
    with pytest.raises(neuralgraph.QueryTypeError):
        rows(graph, statement)


def test_a_search_of_a_hybrid_without_a_query_is_refused(graph):
    with pytest.raises(neuralgraph.QueryArgumentError, match="index docs has no `query`"):
        rows(graph, "CALL neural.hybrid([{index: 'docs'}])")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE FULLTEXT INDEX t FOR (n:A) ON [n.b]",
        "CREATE FULLTEXT INDEX t FOR (n:A) ON EACH [n.b, n.c, n.b]",
        "CREATE FULLTEXT INDEX t FOR (n:A|B|A) ON EACH [n.b]",
        "CREATE INDEX t FOR (n:A) ON (n.b, n.b)",
        "CREATE INDEX ON :A(b, b)",
    ],
)
def test_an_index_names_each_label_and_property_once_and_lists_have_each(graph, statement):
    with pytest.raises(neuralgraph.QuerySyntaxError):
        rows(graph, statement)
    assert rows(graph, "CREATE FULLTEXT INDEX t FOR (n:A|B) ON EACH [n.b, n.c]") == []
