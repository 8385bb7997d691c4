"""Did you mean: a name that is nearly one that exists is told the one that exists."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import QueryError


@pytest.fixture(scope="module")
def graph():
    with neuralgraph.open() as graph:
        graph.register_function("shop.discount", lambda price: price * 0.9)
        graph.register_procedure(
            "shop.price(item :: STRING) :: (price :: FLOAT)",
            lambda _item: [{"price": 1.0}],
            effects="reads",
        )
        graph.execute("CREATE INDEX by_name FOR (p:Person) ON (p.name)")
        graph.execute("CREATE CONSTRAINT one_number FOR (p:Person) REQUIRE p.number IS UNIQUE")
        graph.execute("CREATE (:Person {name: 'Ada', place: [1.0]})-[:KNOWS {since: 1}]->(:Person)")
        graph.execute("CREATE VECTOR INDEX places FOR (p:Person) ON (p.place)")
        yield graph


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("RETURN shop.discont(1)", "shop.discount"),
        ("RETURN discount(1)", "shop.discount"),
        ("RETURN SHOP.DISCUONT(1)", "shop.discount"),
        ("RETURN siez([1])", "size"),
        ("RETURN toInt('1')", "toInteger"),
        ("RETURN substr('ab', 1)", "substring"),
        ("RETURN apoc.text.jion(['a'], '')", "apoc.text.join"),
        ("CALL shop.prise('a')", "shop.price"),
        ("CALL db.lables()", "db.labels"),
        ("CALL shop.price('a') YIELD prise RETURN 1", "price"),
        ("SHOW INDEXES YIELD nmae", "name"),
        ("MATCH (person) RETURN persn", "person"),
        ("MATCH (person) CALL (persn) { RETURN 1 AS x } RETURN x", "person"),
        ("DROP INDEX by_nmae", "by_name"),
        ("DROP CONSTRAINT one_nmber", "one_number"),
        ("CALL db.awaitIndex('by_nam')", "by_name"),
        ("CALL db.index.vector.queryNodes('place', 1, [1])", "places"),
        ("MATCH (p) SEARCH p IN (VECTOR INDEX palces FOR [1] LIMIT 1) RETURN p", "places"),
        ("CREATE INDEX FOR (a:A) ON (a.k) OPTIONS {indexProvder: 'range-1.0'}", "indexProvider"),
        ("RETURN $nmae", "$name"),
        ("RETURN $Name", "$name"),
        ("RETURN date().yaer", "year"),
        ("RETURN date({yaer: 2000})", "year"),
        ("RETURN duration({dayz: 1})", "days"),
        ("RETURN date.truncate('mnth', date())", "month"),
        ("RETURN 1 IS :: INTEGR", "INTEGER"),
        ("MATCH (n) RETRUN n", "RETURN"),
        ("MATCH (n) WERE n.x = 1 RETURN n", "WHERE"),
        ("SHOW INDEXS", "INDEXES"),
        ("SHOW INDEXS YIELD name", "INDEXES"),
        ("SHOW FUNCTIONSS", "FUNCTIONS"),
        ("SHOW INDEXES WERE name = 'x'", "WHERE"),
    ],
)
def test_a_close_miss_is_hinted(graph, text, hint):
    with pytest.raises(QueryError) as caught:
        graph.execute(text, name=1)
    assert caught.value.hint == hint
    assert f"did you mean {hint}?" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["RETURN frobnicate(1)", "DROP INDEX other", "RETURN $other", "CALL something.else()"]
)
def test_what_is_like_nothing_is_not_hinted(graph, text):
    with pytest.raises(QueryError) as caught:
        graph.execute(text, name=1)
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("MATCH (p:Persn) RETURN p", "Person"),
        ("MATCH (p:Pers) RETURN p", "Person"),
        ("MATCH ()-[r:KNWOS]->() RETURN r", "KNOWS"),
        ("MATCH (p:Person) RETURN p.nmae", "name"),
        ("MATCH (p:Person) RETURN p {.nmae}", "name"),
        ("MATCH ()-[r:KNOWS {sinse: 1}]->() RETURN r", "since"),
    ],
)
def test_a_close_miss_of_what_the_graph_has_is_a_notification(graph, text, hint):
    assert [note.hint for note in graph.execute(text).summary.notifications] == [hint]


def test_own_functions_are_not_shown_as_built_in(graph):
    shown = "YIELD name, isBuiltIn RETURN name, isBuiltIn"
    assert graph.execute(f"SHOW USER DEFINED FUNCTIONS {shown}").to_tuples() == [
        ("shop.discount", False)
    ]
    built_in = graph.execute(f"SHOW BUILT IN FUNCTIONS {shown}").to_tuples()
    assert ("size", True) in built_in
    assert all(name != "shop.discount" for name, _ in built_in)
