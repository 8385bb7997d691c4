"""SHOW and TERMINATE TRANSACTIONS, and access to read only."""

from __future__ import annotations

import threading
import time

import pytest

import neuralgraph
from neuralgraph.errors import (
    AccessModeError,
    OptionError,
    QueryCancelledError,
    QuerySyntaxError,
    TransactionTerminatedError,
)

LONG = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b WITH a, b WHERE a * b = -1 RETURN count(*)"


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        yield graph


def shown(graph):
    return {row["currentQuery"]: row for row in graph.execute("SHOW TRANSACTIONS").to_dicts()}


def test_a_statement_shows_itself(graph):
    assert list(shown(graph)) == ["SHOW TRANSACTIONS"]
    assert shown(graph)["SHOW TRANSACTIONS"]["status"] == "Running"


def test_a_result_read_halfway_runs_still_and_one_read_to_its_end_does_not(graph):
    graph.execute("UNWIND range(1, 140000) AS i CREATE (:T {i: i})")
    text = "MATCH (t:T) RETURN t.i"
    result = graph.execute(text)
    assert text in shown(graph)
    for _ in result:
        continue
    assert text not in shown(graph)
    dropped = graph.execute(text)
    assert text in shown(graph)
    del dropped
    assert text not in shown(graph)


def test_a_statement_is_terminated_from_another_thread(graph):
    raised = []

    def run():
        try:
            graph.execute(LONG).consume()
        except QueryCancelledError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 30
    while LONG not in shown(graph) and time.monotonic() < deadline:
        time.sleep(0.01)
    name = shown(graph)[LONG]["transactionId"]
    [row] = graph.execute("TERMINATE TRANSACTION $name", name=name).to_dicts()
    assert row == {"transactionId": name, "username": "", "message": "Transaction terminated."}
    thread.join(30)
    assert not thread.is_alive()
    assert len(raised) == 1
    assert LONG not in shown(graph)


def test_a_transaction_that_was_terminated_is_rolled_back(graph):
    transaction = graph.transaction()
    transaction.execute("CREATE (:T)")
    waiting = next(row for text, row in shown(graph).items() if text == "")
    graph.execute("TERMINATE TRANSACTIONS $name", name=[waiting["transactionId"]])
    with pytest.raises(TransactionTerminatedError):
        transaction.commit()
    assert not transaction.is_open
    assert graph.execute("MATCH (t:T) RETURN count(*)").value() == 0
    assert "" not in shown(graph)


def test_a_name_that_nothing_has_is_told(graph):
    text = "TERMINATE TRANSACTIONS 'x', 'y' YIELD transactionId AS id, message RETURN id, message"
    assert [tuple(record) for record in graph.execute(text)] == [
        ("x", "Transaction not found."),
        ("y", "Transaction not found."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (:T)",
        "MATCH (n) SET n.x = 1",
        "MERGE (n:T)",
        "FOREACH (x IN [1] | CREATE (:T))",
        "CALL { CREATE (:T) }",
        "CREATE INDEX FOR (n:T) ON (n.x)",
        "DROP INDEX x IF EXISTS",
        "VACUUM",
        "CALL neural.vacuum()",
        "CALL neural.vacuum() YIELD historyFrom RETURN historyFrom",
        "MATCH (n) CALL (n) { CALL neural.vacuum() YIELD historyFrom RETURN historyFrom } RETURN n",
        "FLASHBACK TO TRANSACTION 1",
        "FLASHBACK TRANSACTION 1 DRY RUN",
        "CALL neural.fulltext.createIndex('i', 'T', 'x')",
        "CALL apoc.create.node(['T'], {})",
        "TERMINATE TRANSACTION 'x'",
        "PROFILE VACUUM",
    ],
)
def test_access_to_read_refuses_what_could_write(graph, text):
    with pytest.raises(AccessModeError):
        graph.execute(text, access="read")
    with pytest.raises(AccessModeError):
        graph.at(graph.info().txid).execute(text)
    assert graph.info().nodes == 0


def test_access_to_read_runs_what_reads(graph):
    graph.execute("CREATE (:T {access: 1})")
    text = "MATCH (n:T {access: $access}) RETURN count(n)"
    assert graph.execute(text, {"access": 1}, access="read").value() == 1
    assert graph.execute("EXPLAIN CREATE (:T)", access="read").summary.plan
    with pytest.raises(OptionError):
        graph.execute("RETURN 1", access="all")


def test_every_procedure_that_is_no_reader_needs_access_to_write(graph):
    text = "SHOW PROCEDURES YIELD name, mode, argumentDescription WHERE mode <> 'READ' RETURN *"
    shown = graph.execute(text).to_dicts()
    assert {"neural.vacuum", "apoc.merge.node"} <= {row["name"] for row in shown}
    for row in shown:
        arguments = ", ".join("null" for _ in row["argumentDescription"])
        with pytest.raises(AccessModeError):
            graph.execute(f"CALL {row['name']}({arguments})", access="read")


@pytest.mark.parametrize("name", ["neural.vacuum()", "apoc.create.node(['A'], {})"])
@pytest.mark.parametrize("query", ["RETURN EXISTS {{ CALL {} }}", "AT TRANSACTION 1 CALL {}"])
def test_what_only_reads_holds_no_procedure_that_changes_something(graph, query, name):
    graph.execute("CREATE (:T)")
    with pytest.raises(QuerySyntaxError) as caught:
        graph.execute(query.format(name))
    assert caught.value.detail == "InvalidClauseComposition"
