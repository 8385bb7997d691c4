"""Procedures in Python that read and write inside the statement that calls them."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import (
    AccessModeError,
    ProcedureError,
    QueryArgumentError,
    QueryError,
    SemanticError,
    TransactionClosedError,
)


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:Account {owner: 'ada', balance: 5.0})")
        graph.execute("CREATE (:Account {owner: 'bob', balance: 2.0})")
        yield graph


def close_account(transaction, owner):
    found = transaction.execute(
        "MATCH (a:Account {owner: $owner}) SET a.closed = true CREATE (:Log) RETURN a.balance AS b",
        owner=owner,
    )
    return [{"balance": record["b"]} for record in found]


@pytest.fixture
def closing(graph):
    graph.register_procedure(
        "shop.close(owner :: STRING) :: (balance :: FLOAT)",
        close_account,
        effects="writes",
        transaction=True,
    )
    return graph


def value(graph, text):
    return graph.execute(text).value()


def test_what_a_procedure_writes_is_part_of_the_statement(closing):
    before = closing.info().txid
    result = closing.execute(
        "MATCH (a:Account) CALL shop.close(a.owner) YIELD balance RETURN sum(balance), count(a.closed)"
    )
    assert result.single() == (7.0, 2)
    assert result.summary.counters.nodes_created == 2
    assert closing.info().txid == before + 1
    assert value(closing, "MATCH (l:Log) RETURN count(l)") == 2


def test_it_reads_what_the_statement_wrote(closing):
    text = (
        "CREATE (:Account {owner: 'eve', balance: 1.0}) WITH 1 AS one"
        " CALL shop.close('eve') YIELD balance RETURN balance"
    )
    assert value(closing, text) == 1.0


def test_a_statement_that_fails_takes_it_back(closing):
    with pytest.raises(QueryError):
        closing.execute("CALL shop.close('ada') YIELD balance RETURN 1 / (toInteger(balance) - 5)")
    assert value(closing, "MATCH (l:Log) RETURN count(l)") == 0
    transaction = closing.transaction()
    transaction.execute("CALL shop.close('ada')")
    assert transaction.execute("MATCH (l:Log) RETURN count(l)").value() == 1
    transaction.rollback()
    assert value(closing, "MATCH (l:Log) RETURN count(l)") == 0


def test_an_error_that_it_catches_undoes_only_its_own_statement(graph):
    def careful(transaction):
        transaction.execute("CREATE (:Log {good: true})")
        with pytest.raises(QueryError):
            transaction.execute("CREATE (:Log {good: false}) WITH 1 AS x RETURN 1 / (x - 1)")
        return [(transaction.execute("MATCH (l:Log) RETURN count(l)").value(),)]

    graph.register_procedure(
        "test.careful() :: (n :: INTEGER)", careful, effects="writes", transaction=True
    )
    assert value(graph, "CREATE (:Log) WITH 1 AS x CALL test.careful() YIELD n RETURN n") == 2
    assert value(graph, "MATCH (l:Log) RETURN count(l)") == 2


def test_what_it_deletes_is_gone_for_the_statement(graph):
    graph.register_procedure(
        "test.drop() :: ()",
        lambda transaction: transaction.execute("MATCH (a:Account) DELETE a") and None,
        effects="writes",
        transaction=True,
    )
    with pytest.raises(QueryError) as caught:
        graph.execute("MATCH (a:Account) CALL test.drop() RETURN a.owner")
    assert caught.value.detail == "DeletedEntityAccess"


def test_one_that_reads_does_not_write(graph):
    graph.register_procedure(
        "test.count(label :: STRING) :: (n :: INTEGER)",
        lambda transaction, label: [
            (transaction.execute("MATCH (n:$($label)) RETURN count(n)", label=label).value(),)
        ],
        transaction=True,
    )
    graph.register_procedure(
        "test.sneak() :: ()",
        lambda transaction: transaction.execute("CREATE (:X)") and None,
        transaction=True,
    )
    assert value(graph, "CALL test.count('Account') YIELD n RETURN n") == 2
    assert graph.execute("CALL test.count('Account')", access="read").value() == 2
    with pytest.raises(AccessModeError):
        graph.execute("CALL test.sneak()")
    with pytest.raises(AccessModeError):
        graph.execute("CREATE (:Y) WITH 1 AS one CALL test.sneak() RETURN one")
    assert value(graph, "MATCH (n:X|Y) RETURN count(n)") == 0


def test_one_that_writes_is_refused_where_only_reading_is_allowed(closing):
    with pytest.raises(AccessModeError):
        closing.execute("CALL shop.close('ada')", access="read")


def test_the_transaction_ends_with_the_call(graph):
    kept = []
    graph.register_procedure("test.keep() :: ()", kept.append, transaction=True)
    graph.execute("CALL test.keep()")
    with pytest.raises(TransactionClosedError):
        kept[0].execute("RETURN 1")


def test_rows_may_be_made_one_by_one(graph):
    def owners(transaction):
        for record in transaction.execute("MATCH (a:Account) RETURN a.owner AS o ORDER BY o"):
            yield (record["o"],)

    graph.register_procedure("test.owners() :: (owner :: STRING)", owners, transaction=True)
    found = graph.execute("CALL test.owners() YIELD owner RETURN collect(owner)").value()
    assert found == ["ada", "bob"]


def test_procedures_call_each_other(closing):
    closing.register_procedure(
        "shop.closeAll() :: (total :: FLOAT)",
        lambda transaction: transaction.execute(
            "MATCH (a:Account) CALL shop.close(a.owner) YIELD balance RETURN sum(balance) AS total"
        ).to_dicts(),
        effects="writes",
        transaction=True,
    )
    assert closing.execute("CALL shop.closeAll()").value() == 7.0
    assert value(closing, "MATCH (l:Log) RETURN count(l)") == 2


def test_what_it_may_not_do(graph):
    graph.register_procedure(
        "test.portions() :: ()",
        lambda transaction: (
            transaction.execute("UNWIND [1] AS x CALL (x) { CREATE (:X) } IN TRANSACTIONS") and None
        ),
        effects="writes",
        transaction=True,
    )
    with pytest.raises(SemanticError):
        graph.execute("CALL test.portions()")
    graph.register_procedure(
        "test.missing() :: ()",
        lambda transaction: transaction.execute("RETURN $x"),
        transaction=True,
    )
    with pytest.raises(QueryError):
        graph.execute("CALL test.missing()")
    graph.register_procedure("test.raises() :: ()", lambda _transaction: 1 / 0, transaction=True)
    with pytest.raises(ProcedureError, match="ZeroDivisionError"):
        graph.execute("CALL test.raises()")
    with pytest.raises(QueryArgumentError):
        graph.register_procedure("test.table() :: ()", [], transaction=True)
    with pytest.raises(QueryArgumentError):
        graph.register_procedure("test.v() :: ()", dict, vectorised=True, transaction=True)
