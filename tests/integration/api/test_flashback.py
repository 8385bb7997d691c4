"""FLASHBACK, the procedures about the past, the change feed, the chain of commits."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph import errors


def rows(result):
    return [tuple(record) for record in result]


def content(graph):
    nodes = {
        record["n"].id: (record["n"].labels, record["n"].properties)
        for record in graph.execute("MATCH (n) RETURN n")
    }
    edges = {
        record["r"].id: (
            record["r"].type,
            record["r"].start_node_id,
            record["r"].end_node_id,
            record["r"].properties,
        )
        for record in graph.execute("MATCH ()-[r]->() RETURN r")
    }
    incoming = sorted(graph.execute("MATCH (n)<-[r]-() RETURN id(n), id(r)").to_dicts(), key=str)
    assert len(incoming) == len(edges)
    return nodes, edges


def test_a_relationship_that_is_back_is_found_from_one_node():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:N {k: 1})-[:R]->(:N {k: 2})")
        graph.checkpoint()
        graph.execute("MATCH ()-[r:R]->() DELETE r")
        hop = "MATCH (a:N {k: 1})-[:R]->(b) RETURN b.k"
        assert rows(graph.execute(hop)) == []
        graph.execute("FLASHBACK TRANSACTION $t", t=graph.info().txid)
        assert rows(graph.execute(hop)) == [(2,)]
        graph.execute("MATCH (:N {k: 2})<-[r:R]-() DELETE r")
        assert rows(graph.execute(hop)) == []


STEPS = (
    "CREATE (:P {n: 'Ada', v: 1})-[:R {w: 1}]->(:P:Q {n: 'Bob', list: [1, 2]})",
    "MATCH (p:P {n: 'Ada'}) SET p.v = 2, p.extra = true",
    "MATCH (a:P {n: 'Ada'}), (b:Q) CREATE (b)-[:S]->(a), (a)-[:R]->(a)",
    "MATCH (b:Q) REMOVE b:Q, b.list SET b:Z",
    "MATCH ()-[r:R]->() SET r.w = 5",
    "MATCH (b:Z) DETACH DELETE b",
    "MATCH (n) DETACH DELETE n",
)


@pytest.mark.parametrize("folds", [(), (2,), (5,), (1, 2, 3, 4, 5, 6, 7), (7,)])
def test_flashback_to_each_moment_and_back_again(folds):
    with neuralgraph.open() as graph:
        copies = {}
        for txid, step in enumerate(STEPS, 1):
            graph.execute(step)
            copies[txid] = content(graph)
            if txid in folds:
                graph.checkpoint()
        for txid in (1, 5, 3, 7, 2, 6, 4, 1):
            graph.execute("FLASHBACK TO TRANSACTION $t", t=txid)
            assert content(graph) == copies[txid]
            now = graph.info().txid
            copies[now] = copies[txid]
            if now % 3 == 0:
                graph.checkpoint()
            assert graph.verify(history=True) == []
        for txid, copy in copies.items():
            assert content(graph.at(txid)) == copy


def test_a_dry_run_shows_and_changes_nothing():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {v: 1})")
        graph.execute("MATCH (p:P) SET p.v = 2")
        result = graph.execute("FLASHBACK TO TRANSACTION 1 DRY RUN")
        assert rows(result) == [("set", "node", 0, "v", 1)]
        assert graph.info().txid == 2
        result = graph.execute("FLASHBACK TRANSACTION 2 DRY RUN")
        assert rows(result) == [("set", "node", 0, "v", 1, [])]
        assert graph.execute("MATCH (p:P) RETURN p.v").value() == 2


def test_a_dry_run_tells_which_constraint_would_stop_it():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {name: 'a'})")
        graph.execute("MATCH (p:P) SET p.name = 'b'")
        graph.execute("CREATE (:P {name: 'a'})")
        graph.execute("CREATE CONSTRAINT one FOR (p:P) REQUIRE p.name IS UNIQUE")
        for query in ("FLASHBACK TRANSACTION 2", "FLASHBACK TRANSACTION 2 FORCE"):
            with pytest.raises(errors.ConstraintViolationError) as raised:
                graph.execute(query)
            shown = rows(graph.execute(f"{query} DRY RUN"))
            assert shown == [
                ("set", "node", 0, "name", "a", []),
                ("refuse", "constraint", None, "one", raised.value.message, []),
            ]
        assert graph.info().txid == 4
        graph.execute("MATCH (p:P {name: 'a'}) DELETE p")
        assert len(rows(graph.execute("FLASHBACK TRANSACTION 2 DRY RUN"))) == 1
        graph.execute("FLASHBACK TRANSACTION 2")


def test_a_dry_run_of_a_constraint_that_comes_back_tells_that_it_would_not_hold():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {name: 'a'})")
        graph.execute("CREATE CONSTRAINT one FOR (p:P) REQUIRE p.name IS UNIQUE")
        graph.execute("DROP CONSTRAINT one")
        graph.execute("CREATE (:P {name: 'a'})")
        with pytest.raises(errors.ConstraintViolationError) as raised:
            graph.execute("FLASHBACK TRANSACTION 3")
        *_, last = rows(graph.execute("FLASHBACK TRANSACTION 3 DRY RUN"))
        assert last == ("refuse", "constraint", None, "one", raised.value.message, [])
        assert len(rows(graph.execute("FLASHBACK TO TRANSACTION 2 DRY RUN"))) == 3
        graph.execute("CREATE (:P {name: 'b'})")  # nothing is held after a dry run


def test_one_transaction_is_undone_and_that_again():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {v: 1})-[:R]->(:P {v: 1})")
        graph.execute("MATCH (p:P) SET p.v = 2")
        graph.execute("CREATE (:Other)")
        graph.execute("FLASHBACK TRANSACTION 2")
        assert graph.execute("MATCH (p:P) RETURN collect(p.v)").value() == [1, 1]
        assert graph.execute("MATCH (o:Other) RETURN count(o)").value() == 1
        graph.execute("FLASHBACK TRANSACTION $t", t=graph.info().txid)
        assert graph.execute("MATCH (p:P) RETURN collect(p.v)").value() == [2, 2]


def test_later_transactions_in_the_way_are_named():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {v: 1})")
        graph.execute("MATCH (p:P) SET p.v = 2")
        graph.execute("MATCH (p:P) SET p.v = 3")
        graph.execute("MATCH (p:P) SET p.w = 3")
        with pytest.raises(errors.FlashbackConflictError) as raised:
            graph.execute("FLASHBACK TRANSACTION 2")
        assert raised.value.later == (3,)
        result = graph.execute("FLASHBACK TRANSACTION 2 DRY RUN")
        assert result.single()["inTheWay"] == [3]
        graph.execute("FLASHBACK TRANSACTION 2 FORCE")
        assert graph.execute("MATCH (p:P) RETURN p.v, p.w").single() == (1, 3)
        with pytest.raises(errors.FlashbackConflictError):
            graph.execute("FLASHBACK TRANSACTION 1")
        graph.execute("FLASHBACK TRANSACTION 1 FORCE")
        assert graph.execute("MATCH (p) RETURN count(p)").value() == 0


def test_what_comes_back_is_walked_in_the_same_transaction():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:P {v: 1})-[:R]->(:Q)")
        graph.execute("MATCH (p) DETACH DELETE p")
        with graph.transaction() as transaction:
            transaction.execute("FLASHBACK TO TRANSACTION 1")
            query = "MATCH (p:P)-[:R]->(q:Q) CREATE (p)-[:NEW]->(q) RETURN p.v"
            assert rows(transaction.execute(query)) == [(1,)]
            query = "MATCH (p:P)-[r]->(:Q) RETURN count(r)"
            assert transaction.execute(query).value() == 2
        assert graph.execute(query).value() == 2


def test_transactions_tell_who_and_why():
    with neuralgraph.open() as graph:
        with graph.transaction(actor="Eve", reason="test", ticket=7) as transaction:
            transaction.execute("CREATE (:P {v: 1, w: 1})")
        graph.execute("MATCH (p:P) SET p.v = 2")
        query = "CALL neural.transactions() YIELD txid, actor, reason, metadata, digest"
        found = rows(graph.execute(query + " RETURN txid, actor, reason, metadata.ticket, digest"))
        assert found == [(1, "Eve", "test", 7, None), (2, None, None, None, None)]
        graph.checkpoint()
        digests = [row[4] for row in rows(graph.execute(query))]
        assert all(len(digest) == 64 for digest in digests)
        query = "MATCH (p:P) CALL neural.blame(p) YIELD key, txid, actor RETURN key, txid, actor"
        assert sorted(rows(graph.execute(query)), key=str) == [
            ("v", 2, None), ("w", 1, "Eve"), (None, 1, "Eve"),
        ]  # fmt: skip


@pytest.mark.parametrize("folded", [False, True])
def test_history_of_an_entity(folded):
    with neuralgraph.open() as graph:
        for step in STEPS:
            graph.execute(step)
            if folded:
                graph.checkpoint()
        query = "CALL neural.history(0) YIELD txid, until, exists, labels, properties RETURN *"
        found = [
            (row["txid"], row["until"], row["exists"], row["labels"], row["properties"])
            for row in graph.execute(query)
        ]
        assert found == [
            (1, 2, True, ["P"], {"n": "Ada", "v": 1}),
            (2, 7, True, ["P"], {"n": "Ada", "v": 2, "extra": True}),
            (7, None, False, None, {}),
        ]
        query = "CALL neural.diff(1, 2) YIELD change, key, value RETURN change, key, value"
        assert sorted(rows(graph.execute(query))) == [("set", "extra", True), ("set", "v", 2)]
        query = "MATCH ()-[r:R {w: 5}]->() AT TRANSACTION 5 WITH r LIMIT 1 CALL neural.history(r)"
        found = rows(graph.execute(query + " YIELD txid, labels, properties RETURN *"))
        assert {"w": 5} in [row[1] for row in found]


@pytest.mark.parametrize("folded", [False, True])
def test_the_feed_gives_every_commit_and_goes_on(folded):
    with neuralgraph.open() as graph:
        for step in STEPS:
            graph.execute(step)
        if folded:
            graph.checkpoint()
        commits = list(graph.changes())
        assert [commit.txid for commit in commits] == list(range(1, len(STEPS) + 1))
        assert type(commits[0].changes[0]).__name__ == "CreateNode"
        assert [commit.txid for commit in graph.changes(since=5)] == [6, 7]
        feed = graph.changes(since=6)
        assert next(feed).txid == 7
        graph.execute("CREATE (:Late)")
        assert next(feed).txid == 8
        assert list(feed) == []


def test_the_feed_gives_the_rows_of_a_load():
    with neuralgraph.open() as graph:
        graph.load_nodes("P", {"id": [1, 2]})
        commits = list(graph.changes())
        assert [len(commit.changes) for commit in commits] == [2]
        assert commits[0].changes[1].properties == {"id": 2}


def test_a_rewritten_commit_is_found_out(tmp_path):
    from neuralgraph.storage.versions.base_commits import chained

    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        for step in STEPS:
            graph.execute(step)
        graph.checkpoint()
        assert graph.verify(history=True) == []
        engine = graph._shared.engine
        commits = list(engine.state.base.commits.after(0))
        forged = commits[2]._replace(metadata={"actor": "nobody"})
        assert chained(commits[1].digest, commits[2]) == commits[2].digest
        assert chained(commits[1].digest, forged) != commits[2].digest


@pytest.mark.parametrize("folds", ["before", "between", "never"])
def test_what_comes_back_has_nothing_of_its_first_life_wherever_the_commit_is_replayed(
    folds, tmp_path
):
    """What the first life left behind depends on what was folded, which is another thing in each file."""
    path, backup = tmp_path / "graph.ngdb", tmp_path / "backup"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE INDEX by_v FOR (n:N) ON (n.v)")
        graph.execute("CREATE (:N {a: 1})-[:R {a: 1}]->(:M)")
        wanted, txid = content(graph), 2
        if folds == "before":
            graph.execute("MATCH (n:N)-[r:R]->() SET n.v = 5, r.v = 5")
        graph.backup(backup, incremental=True)
        if folds == "before":
            graph.checkpoint()
        graph.execute("MATCH (n:N)-[r:R]->() SET n.v = 6, r.v = 6, n.w = 7, r.w = 7")
        graph.execute("MATCH (n:N) DETACH DELETE n")
        if folds == "between":
            graph.checkpoint()
        graph.execute(f"FLASHBACK TO TRANSACTION {txid}")
        assert content(graph) == wanted
        graph.backup(backup, incremental=True)
        assert graph.verify(history=True) == []
    neuralgraph.restore(backup, tmp_path / "restored.ngdb")
    for file in (path, tmp_path / "restored.ngdb"):
        with neuralgraph.open(file) as graph:
            assert content(graph) == wanted
            assert rows(graph.execute("MATCH (n:N) WHERE n.v > 0 RETURN n")) == []
            assert graph.verify(history=True) == []
