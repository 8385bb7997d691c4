"""AT TIME in every place, two times in one query, and what is then read from where."""

from __future__ import annotations

import datetime as dt
import time

import pytest

import neuralgraph
from neuralgraph import errors


def rows(result):
    return [tuple(record) for record in result]


@pytest.fixture
def moved():
    """Transaction 1: Ada is 1; 2: Ada is 2; 3: Bob; 4: an edge; 5: all gone."""
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {n: 'Ada', v: 1})")
        graph.execute("MATCH (p:P) SET p.v = 2")
        graph.execute("CREATE (:P:Q {n: 'Bob', v: 1})")
        graph.execute("MATCH (a:P {n: 'Ada'}), (b:Q) CREATE (a)-[:R {w: 1}]->(b)")
        yield graph


@pytest.fixture(params=["deltas", "history"])
def emptied(moved, request):
    moved.execute("MATCH (n) DETACH DELETE n")
    if request.param == "history":
        moved.checkpoint()
    return moved


@pytest.mark.parametrize(
    "query",
    [
        "AT TRANSACTION 1 MATCH (p:P) RETURN p.v",
        "MATCH (p:P) RETURN p.v AT TRANSACTION 1",
        "MATCH (p:P) AT TRANSACTION 1 RETURN p.v",
        "MATCH (p:P) WHERE p.v > 0 AT TRANSACTION 1 RETURN p.v",
        "MATCH (p:P) AT TRANSACTION $t - 1 RETURN p.v",
        "WITH 1 AS t MATCH (p:P) AT TRANSACTION t RETURN p.v",
        "MATCH (p:P {n: 'Ada', v: 1}) AT TRANSACTION 1 RETURN p.v",
    ],
)
def test_a_moment_stands_before_inside_or_after(emptied, query):
    assert rows(emptied.execute(query, t=2)) == [(1,)]


def test_each_row_may_have_a_moment_of_its_own(emptied):
    query = "UNWIND [1, 2, 3] AS t MATCH (p:P) AT TRANSACTION t RETURN t, sum(p.v)"
    assert rows(emptied.execute(query)) == [(1, 1), (2, 2), (3, 3)]


def test_entities_of_the_past_are_shown_as_they_were(emptied):
    for query in (
        "MATCH path = (a:P)-[r:R]->(b) RETURN a, r, path, [b] AS list AT TRANSACTION 4",
        "MATCH path = (a:P)-[r:R]->(b) AT TRANSACTION 4 RETURN a, r, path, [b] AS list",
    ):
        a, r, path, (b,) = emptied.execute(query).single()
        assert (a.properties, r.properties) == ({"n": "Ada", "v": 2}, {"w": 1})
        assert (r.type, r.start_node.properties["v"], b.labels) == ("R", 2, {"P", "Q"})
        assert [node.properties["n"] for node in path.nodes] == ["Ada", "Bob"]


def test_functions_read_entities_of_the_past_where_they_come_from(emptied):
    query = (
        "MATCH path = (a:P)-[r:R]->(b) AT TRANSACTION 4 WITH path, r, b, collect(a) AS many"
        " RETURN type(r), r.w, labels(b), b:Q, keys(r), properties(many[0]).v, many[0].v,"
        " startNode(r).n, [x IN nodes(path) | x.n], relationships(path)[0].w, b {.n}, b['n']"
    )
    assert emptied.execute(query).single() == (
        "R", 1, ["P", "Q"], True, ["w"], 2, 2, "Ada", ["Ada", "Bob"], 1, {"n": "Bob"}, "Bob",
    )  # fmt: skip


def test_now_and_then_in_one_query(moved):
    query = "MATCH (q:P) MATCH (p:P {n: q.n}) AT TRANSACTION 1 WHERE p.v <> q.v AND p = q RETURN q.v, p.v"
    assert rows(moved.execute(query)) == [(2, 1)]
    query = (
        "MATCH (q:P) OPTIONAL MATCH (p:P {n: q.n}) AT TRANSACTION 2 RETURN q.n, p.v ORDER BY q.n"
    )
    assert rows(moved.execute(query)) == [("Ada", 2), ("Bob", None)]
    query = (
        "MATCH (p:P) AT TRANSACTION 1 MATCH (q:P) AT TRANSACTION 2 MATCH (now:P) WHERE now = p"
        " RETURN p.v, q.v, now.v, p, now"
    )
    row = moved.execute(query).single()
    assert tuple(row[:3]) == (1, 2, 2)
    assert (row["p"].properties["v"], row["now"].properties["v"]) == (1, 2)


def test_the_past_leads_on_to_the_present(moved):
    moved.execute("MATCH (p:P {n: 'Ada'}) CREATE (p)-[:NEW]->(:X {v: 5})")
    query = "MATCH (p:P) AT TRANSACTION 1 MATCH (p)-->(x:X) RETURN p.v, x.v"
    assert rows(moved.execute(query)) == [(1, 5)]


def test_old_values_are_put_back(moved):
    query = "MATCH (old:P) AT TRANSACTION 1 MATCH (p:P {n: old.n}) SET p.v = old.v RETURN p.v"
    assert moved.execute(query).value() == 1


def test_the_future_is_now_and_before_the_first_commit_there_is_nothing(moved):
    soon = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=1)
    assert moved.execute("MATCH (n) RETURN count(n) AT TIME $t", t=soon).value() == 2
    assert moved.execute("MATCH (n) RETURN count(n) AT TIMESTAMP timestamp()").value() == 2
    with pytest.raises(errors.QueryArgumentError, match="before the first transaction"):
        moved.execute("MATCH (n) RETURN n AT TIME date('2001-01-01')")
    with pytest.raises(errors.QueryArgumentError, match="no transaction 99 yet"):
        moved.execute("MATCH (n) RETURN n AT TRANSACTION 99")
    with pytest.raises(errors.QueryTypeError):
        moved.execute("MATCH (n) RETURN n AT TIME true")


def test_a_time_finds_the_last_commit_before_it():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:N {v: 1})")
        time.sleep(0.002)
        between = dt.datetime.now(tz=dt.UTC)
        time.sleep(0.002)
        graph.execute("MATCH (n:N) SET n.v = 2")
        assert graph.execute("MATCH (n:N) RETURN n.v AT TIME $t", t=between).value() == 1
        text = between.isoformat()
        assert graph.execute("MATCH (n:N) RETURN n.v AT TIME $t", t=text).value() == 1
        moment = "datetime($t) + duration('PT0S')"
        assert graph.execute(f"MATCH (n:N) RETURN n.v AT TIME {moment}", t=text).value() == 1


def test_the_past_cannot_be_written(moved):
    with pytest.raises(errors.QuerySyntaxError, match="cannot be changed"):
        moved.execute("MATCH (n:P) SET n.v = 3 RETURN n AT TRANSACTION 1")


@pytest.mark.parametrize("folded", ["first", "second", "index", "never"])
def test_an_index_made_later_finds_what_was_before_it(folded):
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {v: 1, w: 1})")
        if folded == "first":
            graph.checkpoint()
        graph.execute("MATCH (p:P) SET p.v = 2")
        graph.execute("MATCH (p:P) SET p.w = 2")
        graph.execute("MATCH (p:P) SET p.v = 3")
        if folded == "second":
            graph.checkpoint()
        graph.execute("CREATE INDEX FOR (p:P) ON (p.v)")
        graph.execute("CREATE INDEX FOR (p:P) ON (p.v, p.w)")
        if folded == "index":
            graph.checkpoint()
        for txid, v, w in ((1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 2)):
            query = "MATCH (p:P {v: $v}) RETURN count(p) AT TRANSACTION $t"
            assert graph.execute(query, v=v, t=txid).value() == 1
            query = "MATCH (p:P {v: $v, w: $w}) RETURN count(p) AT TRANSACTION $t"
            assert graph.execute(query, v=v, w=w, t=txid).value() == 1
            assert graph.execute(query, v=v, w=3 - w, t=txid).value() == 0


def test_a_constraint_of_now_says_nothing_of_then():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {v: 1}), (:P {v: 1})")
        graph.execute("MATCH (p:P) WITH p LIMIT 1 SET p.v = 2")
        graph.execute("CREATE CONSTRAINT FOR (p:P) REQUIRE p.v IS UNIQUE")
        query = "MATCH (p:P) RETURN count(DISTINCT p.v), count(p) AT TRANSACTION 1"
        assert graph.execute(query).single() == (1, 2)
        graph.checkpoint()
        past = graph.at(1)
        assert past.execute("MATCH (p:P) RETURN count(DISTINCT p.v), count(p)").single() == (1, 2)
        assert past.execute("MATCH (p:P {v: 1}) RETURN count(p)").value() == 2
        query = "MATCH (p:P {v: 1}) RETURN DISTINCT p.v AT TRANSACTION 1"
        assert rows(graph.execute(query)) == [(1,)]


def test_imports_say_when_something_happened():
    with neuralgraph.open() as graph:
        for year in (2001, 2005):
            moment = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
            with graph.transaction(at=moment, actor="import") as transaction:
                transaction.execute("MERGE (p:P) SET p.year = $year", year=year)
        query = "MATCH (p:P) RETURN p.year AT TIME date('2003-06-01')"
        assert graph.execute(query).value() == 2001
        with pytest.raises(errors.QueryArgumentError, match="does not go back"):
            graph.transaction(at="2002-01-01")
        with pytest.raises(errors.QueryArgumentError, match="future"):
            graph.transaction(at=dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=1))
        graph.execute("MATCH (p:P) SET p.year = 2030")
        assert graph.execute("MATCH (p:P) RETURN p.year AT TIME date('2010-01-01')").value() == 2005


@pytest.mark.parametrize("since", [-1, -(2**70), 1.5, "1", None])
@pytest.mark.parametrize("is_folded", [False, True])
def test_changes_since_nothing_are_refused(since, is_folded):
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:X)")
        if is_folded:
            graph.checkpoint()
        with pytest.raises(neuralgraph.QueryArgumentError, match="since 0 for all"):
            graph.changes(since)
        assert [commit.txid for commit in graph.changes(0)] == [1]
        assert list(graph.changes(99)) == []
