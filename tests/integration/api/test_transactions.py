"""Transactions: all or nothing, own writes, statements that fail, handles that close."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph import errors

COUNT = "MATCH (n) RETURN count(n)"


def test_commit_at_the_end_of_the_block(graph):
    with graph.transaction(actor="test") as tx:
        tx.execute("CREATE (:N)")
        assert tx.execute(COUNT).value() == 1
        assert graph.execute(COUNT).value() == 0
    assert graph.execute(COUNT).value() == 1
    assert tx.txid == graph.info().txid


def test_an_exception_rolls_back(graph):
    def import_badly():
        with graph.transaction() as tx:
            tx.execute("CREATE (:N)")
            raise KeyError

    with pytest.raises(KeyError):
        import_badly()
    assert graph.execute(COUNT).value() == 0


def test_a_failed_statement_undoes_itself_only(graph):
    with graph.transaction() as tx:
        tx.execute("CREATE (:Kept)")
        with pytest.raises(errors.QueryError):
            tx.execute("UNWIND [1, 0] AS x CREATE (:Lost {v: 1 / x})")
        assert tx.execute(COUNT).value() == 1
    assert graph.execute("MATCH (n) RETURN labels(n)").value() == ["Kept"]


def test_a_closed_transaction_says_so(graph):
    tx = graph.transaction()
    tx.commit()
    tx.rollback()
    with pytest.raises(errors.TransactionClosedError):
        tx.execute("RETURN 1")
    with pytest.raises(errors.TransactionClosedError):
        tx.commit()


def test_results_outlive_later_writes(graph):
    with graph.transaction() as tx:
        result = tx.execute("CREATE (n:N {v: 1}) RETURN n")
        tx.execute("MATCH (n) SET n.v = 2")
        assert result.value()["v"] == 1


def test_the_first_committer_wins(graph):
    graph.execute("CREATE (:N {v: 0})")
    with graph.transaction() as late:
        late.execute(COUNT).consume()
        graph.execute("MATCH (n) SET n.v = 1")
        with pytest.raises(errors.ConflictError) as raised:
            late.execute("MATCH (n) SET n.v = 2")
        assert raised.value.retryable
        late.rollback()
    assert graph.execute("MATCH (n) RETURN n.v").value() == 1


def test_closing_the_graph_rolls_back_what_is_open(tmp_path):
    path = tmp_path / "g.ngdb"
    graph = neuralgraph.open(path)
    tx = graph.transaction()
    tx.execute("CREATE (:N)")
    graph.close()
    graph.close()
    with pytest.raises(errors.ClosedError):
        graph.execute("RETURN 1")
    assert not tx.is_open
    with neuralgraph.open(path) as again:
        assert again.info().nodes == 0


def test_a_transaction_that_only_reads_refuses_to_write(graph):
    with graph.transaction(access="read", actor="me") as transaction:
        assert transaction.metadata == {"actor": "me"}
        assert transaction.execute("RETURN 1 AS x").value() == 1
        for text in ("CREATE (:N)", "CREATE INDEX FOR (n:N) ON (n.x)"):
            with pytest.raises(errors.AccessModeError):
                transaction.execute(text)
    assert graph.execute("MATCH (n) RETURN count(n) AS n").value() == 0


@pytest.mark.parametrize(
    "given",
    [{"access": "reed"}, {"read_only": True}, {"timeout": 3}, {"metadata": {"actor": "me"}}],
)
def test_what_is_meant_as_an_option_is_no_metadata(graph, given):
    with pytest.raises(errors.OptionError):
        graph.transaction(**given)
