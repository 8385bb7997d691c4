"""Statements: parameters, literals, errors, EXPLAIN and PROFILE, schema."""

from __future__ import annotations

import threading
import uuid

import numpy as np
import pytest

import neuralgraph
from neuralgraph import errors


def test_parameters_by_mapping_and_by_keyword(graph):
    result = graph.execute("RETURN $a AS a, $b AS b", {"a": 1}, b=[1.5, "x", None])
    assert result.single() == (1, [1.5, "x", None])


def test_parameters_of_foreign_types(graph):
    given = {
        "n": np.int64(3),
        "f": np.float32(0.5),
        "t": (1, 2),
        "u": uuid.UUID(int=1),
        "a": np.arange(2),
    }
    row = graph.execute("RETURN $n, $f, $t, $u, $a", given).single()
    assert row == (3, 0.5, [1, 2], str(uuid.UUID(int=1)), [0, 1])


@pytest.mark.parametrize("value", [2**63, object(), {1: 2}, {1}])
def test_parameters_that_are_no_values(graph, value):
    with pytest.raises(errors.QueryError):
        graph.execute("RETURN $x", x=value)
    with pytest.raises(errors.QueryTypeError):
        graph.execute("RETURN 1", [value])


def test_a_missing_parameter_is_named(graph):
    with pytest.raises(errors.ParameterMissingError, match=r"\$name"):
        graph.execute("RETURN $name, $other", other=1)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_literals_in_column_names_are_not_mixed_up(graph, number):
    for value in (number, number + 0.5, f"'{number}'"):
        result = graph.execute(f"RETURN {value}")
        assert result.columns == (str(value),)
    assert (
        graph.execute(f"UNWIND [1, 2, 3] AS x WITH x WHERE x = {number} RETURN x AS y").value()
        == number
    )


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_literals_that_shape_the_plan(people, limit):
    assert len(list(people.execute(f"MATCH (p:Person) RETURN p.name AS n LIMIT {limit}"))) == limit
    hops = people.execute(
        f"MATCH (:Person {{name: 'Ada'}})-[:KNOWS*{limit}]->(p) RETURN count(p)"
    ).value()
    assert hops == {0: 1, 1: 1, 2: 1, 3: 0}[limit]


def test_a_syntax_error_shows_the_place(graph):
    with pytest.raises(errors.QuerySyntaxError) as raised:
        graph.execute("MATCH (n)\nRETURN n.name AS x ORDER BYE")
    assert raised.value.line == 2
    assert "^" in str(raised.value)
    assert raised.value.code == "Neo.ClientError.Statement.SyntaxError"


def test_an_unknown_variable_is_known_before_anything_runs(graph):
    with pytest.raises(errors.QuerySyntaxError) as raised:
        graph.execute("CREATE (n) RETURN m")
    assert (raised.value.detail, raised.value.phase) == ("UndefinedVariable", "compile time")
    assert graph.info().nodes == 0


def test_an_error_while_running_leaves_no_trace(graph):
    with pytest.raises(errors.QueryError):
        graph.execute("UNWIND [1, 0] AS x CREATE (:N {v: 1 / x})")
    assert graph.execute("MATCH (n) RETURN count(n)").value() == 0


def test_what_cannot_be_stored_is_refused(graph):
    with pytest.raises(errors.QueryTypeError) as raised:
        graph.execute("CREATE (:N {v: [{a: 1}]})")
    assert raised.value.detail == "InvalidPropertyType"
    assert graph.info().nodes == 0


def test_typing_errors_in_names_crash_nothing(people):
    assert list(people.execute("MATCH (p:Persn) RETURN p")) == []
    assert people.execute("MATCH (p:Person {name: 'Ada'}) RETURN p.nmae").value() is None


def test_explain_runs_nothing_and_profile_counts(people):
    explained = people.execute("EXPLAIN CREATE (:Person)")
    assert list(explained) == []
    assert explained.summary.plan
    assert people.info().nodes == 3
    profiled = people.execute("PROFILE MATCH (p:Person) RETURN p.name AS n")
    assert len(list(profiled)) == 3
    assert "3" in profiled.summary.plan


def test_counters_tell_what_changed(graph):
    summary = graph.execute("CREATE (a:A {x: 1})-[:R]->(b:B)").summary
    counters = summary.counters
    assert (counters.nodes_created, counters.relationships_created) == (2, 1)
    assert summary.txid == graph.info().txid
    assert not graph.execute("RETURN 1").summary.counters.contains_updates


def test_schema_commands_and_schema(people):
    people.execute("CREATE INDEX by_age FOR (p:Person) ON (p.age)")
    people.execute("CREATE CONSTRAINT one_name FOR (p:Person) REQUIRE p.name IS UNIQUE")
    schema = people.schema()
    assert schema.labels == {"Person": 3, "Admin": 1}
    assert schema.relationship_types == {"KNOWS": 2}
    assert {index.name for index in schema.indexes} == {"by_age", "one_name"}
    assert [rule.name for rule in schema.constraints] == ["one_name"]
    with pytest.raises(errors.ConstraintViolationError):
        people.execute("CREATE (:Person {name: 'Ada'})")
    assert people.execute("MATCH (p:Person {name: 'Ada'}) RETURN p.age").value() == 36
    people.execute("DROP CONSTRAINT one_name")
    people.execute("CREATE (:Person {name: 'Ada'})")
    assert people.execute("MATCH (p:Person {name: 'Ada'}) RETURN count(*)").value() == 2


def test_begin_is_for_the_shell(graph):
    with pytest.raises(errors.SemanticError, match=r"graph\.transaction"):
        graph.execute("BEGIN")


def test_own_functions(graph):
    graph.register_function("shop.twice", lambda x: x * 2)
    assert graph.execute("RETURN shop.twice(21)").value() == 42
    graph.execute("CREATE (:N {v: 4})")
    graph.register_function("label_of", lambda node: min(node.labels))
    assert graph.execute("MATCH (n) RETURN label_of(n)").value() == "N"


def test_own_procedures(graph):
    signature = "test.price(item :: STRING?) :: (price :: FLOAT?, stock :: INTEGER?)"
    graph.register_procedure(
        signature,
        [
            {"item": "tea", "price": 2.5, "stock": 3},
            {"item": "tea", "price": 3.5, "stock": 1},
            {"item": "jam", "price": 4.0, "stock": 0},
        ],
    )
    rows = graph.execute("CALL test.price('tea') YIELD price, stock RETURN price, stock")
    assert list(rows) == [(2.5, 3), (3.5, 1)]
    graph.register_procedure(
        "test.count(n :: INTEGER) :: (i :: INTEGER)", lambda n: [(i,) for i in range(n)]
    )
    assert graph.execute("CALL test.count(3) YIELD i RETURN sum(i)").value() == 3


def test_many_threads_share_a_graph(people):
    found = []

    def ask():
        found.extend(
            people.execute(f"MATCH (p:Person) WHERE p.age > {number % 3} RETURN count(p)").value()
            for number in range(50)
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 200


def test_a_timeout_stops_a_statement():
    with neuralgraph.open(query_timeout_s=0.05) as graph, pytest.raises(errors.QueryTimeoutError):
        list(
            graph.execute(
                "UNWIND range(1, 50000) AS a UNWIND range(1, 50000) AS b RETURN max(a * b)"
            )
        )


def test_what_a_subquery_imports_is_seen_behind_its_withs():
    graph = neuralgraph.open()
    graph.execute("CREATE (:P {n: 1})-[:K]->(:P {n: 2})")
    query = (
        "MATCH (a:P) CALL (a) { WITH DISTINCT a.n AS m WITH m AS x RETURN x + a.n AS k } RETURN k"
    )
    assert sorted(record["k"] for record in graph.execute(query)) == [2, 4]
