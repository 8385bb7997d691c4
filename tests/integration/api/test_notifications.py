"""Names that the graph does not have are warnings, with a close one that it has."""

from __future__ import annotations

import pytest

import neuralgraph


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        graph.execute(
            "CREATE (:Person {name: 'Ada', born: 1815})-[:KNOWS {since: 1833}]->(:Person)"
        )
        yield graph


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATCH (p:Persn) RETURN p", [("UnknownLabelWarning", "Person", 10)]),
        ("MATCH (p) WHERE p:Persn RETURN p", [("UnknownLabelWarning", "Person", 19)]),
        ("MATCH ()-[r:KNOW]->() RETURN r", [("UnknownRelationshipTypeWarning", "KNOWS", 13)]),
        ("MATCH (p:Person) RETURN p.nme", [("UnknownPropertyKeyWarning", "name", 27)]),
        ("MATCH (p:Zebra) RETURN p", [("UnknownLabelWarning", None, 10)]),
        ("MATCH (p:Person)-[:KNOWS]->() RETURN p.name", []),
        ("WITH {nme: 1} AS row RETURN row.nme", []),
        ("CREATE (:New {key: 1})-[:TO]->(:Newer)", []),
    ],
)
def test_unknown_names_are_told(graph, text, expected):
    told = graph.execute(text).summary.notifications
    assert [(one.code.rsplit(".", 1)[1], one.hint, one.column) for one in told] == expected
    assert all(one.line == 1 and "the graph has no" in one.description for one in told)


def test_what_a_transaction_made_is_known_in_it(graph):
    with graph.transaction() as transaction:
        transaction.execute("CREATE (:Draft)")
        assert transaction.execute("MATCH (d:Draft) RETURN d").summary.notifications == ()
