"""Statements of hundreds of patterns and clauses are planned in bounded time, or refused with a typed error.

Orders of patterns are tried one after the other only where there are few; pytest's `faulthandler_timeout`
ends a test that tries them all.
"""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import NeuralGraphError


def each(text, count, separator=", "):
    return separator.join(text.replace("#", str(number)) for number in range(count))


STATEMENTS = {
    "chain": lambda n: f"MATCH (a){each('-->(a#)', n, '')} RETURN count(*)",
    "labelled chain": lambda n: f"MATCH (a:A){each('-[:R]->(a#:A)', n, '')} RETURN count(*)",
    "ring": lambda n: f"MATCH (a){each('-->(a#)', n, '')}-->(a) RETURN count(*)",
    "nodes": lambda n: f"MATCH {each('(a#:A)', n)} RETURN count(*)",
    "nodes with properties": lambda n: f"MATCH {each('(a#:A {x: #})', n)} RETURN count(*)",
    "relationships": lambda n: f"MATCH {each('(a#)-->(b#)', n)} RETURN count(*)",
    "star": lambda n: f"MATCH {each('(a)-->(b#)', n)} RETURN count(*)",
    "joined by values": lambda n: (
        f"MATCH {each('(a#:A)', n + 1)} WHERE {each('a#.x = a0.x', n + 1, ' AND ')} RETURN count(*)"
    ),
    "matches": lambda n: f"{each('MATCH (a#)-->(b#)', n, ' ')} RETURN count(*)",
    "optional matches": lambda n: f"{each('OPTIONAL MATCH (a#:A)-->(b#)', n, ' ')} RETURN count(*)",
    "withs": lambda n: f"WITH 1 AS x {each('WITH x + # AS x', n, ' ')} RETURN x",
    "merges": lambda n: each("MERGE (a#:Q {i: #})", n, " "),
    "exists": lambda n: f"MATCH (a) WHERE {each('EXISTS { (a)-->(:B#) }', n, ' AND ')} RETURN a",
    "lists": lambda n: f"MATCH (a) RETURN {each('[(a)-->(b) | b.x] AS l#', n)}",
    "unions": lambda n: each("MATCH (a) RETURN a.x AS x", n, " UNION ALL "),
    "subqueries": lambda n: (
        f"MATCH (a) {each('CALL (a) { RETURN # AS x# }', n, ' ')} RETURN count(*)"
    ),
}


@pytest.mark.parametrize("count", [9, 30, 300])
@pytest.mark.parametrize("kind", STATEMENTS)
def test_many_parts_end_in_a_plan_or_a_typed_error(kind, count):
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:A {x: 1})-[:R]->(:B)")
        try:
            graph.execute(f"EXPLAIN {STATEMENTS[kind](count)}")
        except NeuralGraphError as error:
            assert "split it" in str(error)  # noqa: PT017


def test_the_written_order_finds_what_there_is():
    """Patterns of more parts than are ordered by cost match all the same."""
    with neuralgraph.open() as graph:
        graph.execute(
            "CREATE (c:C) WITH c UNWIND range(1, 120) AS i CREATE (c)-[:R {i: i}]->(:A {x: i})"
        )
        star = f"MATCH {each('(c)-[:R {i: # + 1}]->(a#:A {x: # + 1})', 120)} RETURN count(*)"
        assert graph.execute(star).value() == 1
        one_too_many = star.replace("MATCH ", "MATCH (c)-->(other), ")
        assert graph.execute(one_too_many).value() == 0
        graph.execute(
            "UNWIND range(0, 119) AS i MATCH (n:A {x: i + 1}), (m:A {x: i + 2}) CREATE (n)-[:S]->(m)"
        )
        chain = f"MATCH (a:A {{x: 1}}){each('-[:S]->(a#:A)', 119, '')} RETURN a118.x"
        assert graph.execute(chain).value() == 120
