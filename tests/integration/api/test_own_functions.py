"""Functions and procedures of users: signatures, columns, effects, errors."""

from __future__ import annotations

import numpy as np
import pytest

import neuralgraph
from neuralgraph import errors


def test_signature_checks_arguments_and_result(graph):
    graph.register_function(
        "shop.tax",
        lambda price, rate: price * rate,
        signature="shop.tax(price :: FLOAT, rate = 0.5 :: FLOAT) :: FLOAT",
    )
    assert graph.execute("RETURN shop.tax(10), shop.tax(10, 0.1)").single() == (5.0, 1.0)
    with pytest.raises(errors.QuerySyntaxError) as wrong:
        graph.execute("RETURN shop.tax('a')")
    assert wrong.value.detail == "InvalidArgumentType"
    with pytest.raises(errors.QuerySyntaxError) as many:
        graph.execute("RETURN shop.tax(1, 2, 3)")
    assert many.value.detail == "InvalidNumberOfArguments"
    with pytest.raises(errors.ProcedureError, match=r"argument price is FLOAT, not STRING"):
        list(graph.execute("RETURN shop.tax($p)", p="a"))
    graph.register_function("bad", lambda: "x", signature="bad() :: INTEGER")
    with pytest.raises(errors.ProcedureError, match="result is INTEGER, not STRING"):
        list(graph.execute("RETURN bad()"))


@pytest.mark.parametrize(
    "signature",
    ["f", "f()", "f(x)", "f(x :: INTEGR) :: STRING", "g() :: STRING", "f() :: (x :: STRING)",
     "f(x = 1 :: INTEGER, y :: INTEGER) :: STRING", "f(x = 1 + :: INTEGER) :: STRING", "f(" * 9_000],
)  # fmt: skip
def test_signatures_that_are_none(graph, signature):
    with pytest.raises(errors.QueryArgumentError):
        graph.register_function("f", str, signature=signature)


def test_vectorised_function_sees_columns(graph):
    seen = []

    def double(values):
        seen.append(values.dtype)
        return values * 2

    graph.register_function(
        "double", double, signature="double(x :: INTEGER) :: INTEGER", vectorised=True
    )
    rows = graph.execute("UNWIND range(1, 1000) AS x RETURN sum(double(x))").value()
    assert rows == 1_001_000
    assert seen == [np.dtype(np.int64)]
    with_null = graph.execute("UNWIND [1, null, 3] + range(4, 40) AS x RETURN double(x) AS y")
    assert [row["y"] for row in with_null][:4] == [2, None, 6, 8]
    assert graph.execute("RETURN double(null)").value() is None


def test_vectorised_function_with_strings_constants_and_masks(graph):
    def join(left, right):
        joined = [one + other for one, other in zip(left, right, strict=True)]
        return np.ma.array(np.arange(len(joined)), mask=[len(text) > 2 for text in joined])

    graph.register_function("join", join, vectorised=True)
    rows = graph.execute("UNWIND ['a', 'bb', 'c'] AS x RETURN join(x, 'y') AS n")
    assert [row["n"] for row in rows] == [0, None, 2]


def test_vectorised_function_must_give_a_column(graph):
    graph.register_function("one", lambda _x: 1, vectorised=True)
    graph.register_function("short", lambda x: x[:1], vectorised=True)
    for call in ("one(x)", "short(x)"):
        for rows in (2, 100):
            with pytest.raises(errors.ProcedureError) as raised:
                list(graph.execute(f"UNWIND range(1, {rows}) AS x RETURN {call}"))
            assert raised.value.detail == "ProcedureCallFailed"


def test_vectorised_function_is_called_once_for_few_rows(graph):
    seen = []

    def double(values):
        seen.append(values.tolist())
        return values * 2

    graph.register_function("double", double, vectorised=True)
    text = "UNWIND [1, null, 3] AS x WITH x, double(x) AS y RETURN [z IN [x, y] | double(z)] AS found, y"
    found = [tuple(row) for row in graph.execute(text)]
    assert found == [([2, 4], 2), ([None, None], None), ([6, 12], 6)]
    assert seen[0] == [1, 3]
    assert graph.execute("MATCH (n) WHERE double(n.x) = 2 RETURN n").to_tuples() == []


def test_errors_inside_are_typed_and_keep_their_cause(graph):
    graph.register_function("boom", lambda: 1 / 0)
    graph.register_procedure("boom.rows() :: (x :: INTEGER)", lambda: (1 // n for n in (1, 0)))
    for query in ("RETURN boom()", "CALL boom.rows() YIELD x RETURN x"):
        with pytest.raises(errors.ProcedureError, match="raised ZeroDivisionError") as raised:
            list(graph.execute(query))
        assert isinstance(raised.value.__cause__, ZeroDivisionError)
        assert raised.value.code == "Neo.ClientError.Procedure.ProcedureCallFailed"


def test_what_writes_is_refused_where_only_reading_is_allowed(tmp_path):
    path = tmp_path / "g.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:N)")
    with neuralgraph.open(path, read_only=True) as graph:
        graph.register_function("send", lambda: 1, effects="writes")
        graph.register_procedure("sending() :: (x :: INTEGER)", lambda: [(1,)], effects="writes")
        graph.register_procedure("peek() :: (x :: INTEGER)", lambda: [(1,)])
        assert graph.execute("CALL peek() YIELD x RETURN x").value() == 1
        for query in ("RETURN send()", "CALL sending()", "MATCH (n) WHERE send() = 1 RETURN n"):
            with pytest.raises(errors.AccessModeError):
                graph.execute(query)


def test_effects_are_known_words(graph):
    with pytest.raises(errors.OptionError):
        graph.register_function("f", str, effects="nothing")


def test_vectorised_procedure(graph):
    graph.register_procedure(
        "math.squares(x :: INTEGER) :: (y :: INTEGER, z :: STRING)",
        lambda x: {"y": x * x, "z": [str(item) for item in x]},
        vectorised=True,
    )
    query = (
        "UNWIND range(1, 50) AS x CALL math.squares(x) YIELD y, z RETURN sum(y), last(collect(z))"
    )
    assert graph.execute(query).single() == (42_925, "50")

    def upto(n):
        rows = np.repeat(np.arange(len(n)), n)
        return rows, {"i": np.arange(len(rows))}

    graph.register_procedure("upto(n :: INTEGER) :: (i :: INTEGER)", upto, vectorised=True)
    rows = graph.execute("UNWIND [2, 0, 1] AS n CALL upto(n) YIELD i RETURN n, i")
    assert list(rows) == [(2, 0), (2, 1), (1, 2)]


def test_vectorised_procedure_with_wrong_rows(graph):
    graph.register_procedure(
        "wrong(n :: INTEGER) :: (i :: INTEGER)", lambda _n: ([5], {"i": [1]}), vectorised=True
    )
    with pytest.raises(errors.ProcedureError, match="ascending"):
        list(graph.execute("CALL wrong(1) YIELD i RETURN i"))


def test_procedure_with_default_and_wrong_rows(graph):
    graph.register_procedure(
        "greet(name :: STRING, greeting = 'Hello' :: STRING) :: (text :: STRING)",
        lambda name, greeting: [{"text": f"{greeting} {name}"}],
    )
    assert graph.execute("CALL greet('Ada') YIELD text RETURN text").value() == "Hello Ada"
    assert graph.execute("CALL greet('Ada', 'Hi') YIELD text RETURN text").value() == "Hi Ada"
    graph.register_procedure("lacking() :: (a :: INTEGER)", lambda: [{"b": 1}])
    graph.register_procedure("typed() :: (a :: INTEGER)", lambda: [("x",)])
    for name in ("lacking", "typed"):
        with pytest.raises(errors.ProcedureError):
            list(graph.execute(f"CALL {name}()"))


@pytest.mark.parametrize(
    "text",
    [
        "UNWIND [1, 2] AS x WITH x, t.note(x) AS y RETURN x",
        "UNWIND [1, 2] AS x WITH x, collect(t.note(x)) AS y RETURN x",
        "UNWIND [1, 2] AS x LET y = t.note(x) RETURN DISTINCT x",
        "UNWIND [1, 2] AS x CALL (x) { RETURN t.note(x) AS y } RETURN x",
        "UNWIND [1, 2] AS x WITH x, 1 + t.note(x) AS y WITH x RETURN count(*)",
        "UNWIND [1, 2] AS x WITH x, t.note(x) AS y FINISH",
        "UNWIND [1, 2] AS x WITH x, COUNT { RETURN t.note(x) AS y } AS y RETURN x",
        "UNWIND [1, 2] AS x WITH x, size(COLLECT { UNWIND [x] AS y RETURN t.note(y) }) AS y RETURN x",
    ],
)
def test_what_writes_is_called_though_nobody_looks_at_its_column(graph, text):
    seen = []

    def note(value):
        seen.append(value)
        return value

    graph.register_function("t.note", note, effects="writes")
    graph.execute(text).consume()
    assert seen == [1, 2]


def test_what_only_gives_a_value_is_not_called_where_nobody_looks(graph):
    seen = []
    graph.register_function("t.note", seen.append)
    graph.execute("UNWIND [1, 2] AS x WITH x, t.note(x) AS y RETURN x").consume()
    assert seen == []


@pytest.mark.parametrize("name", ["1bad", "", "exists", "Reduce", "a.", "a b", "a-b", "null"])
def test_names_that_no_query_could_call_are_refused(graph, name):
    with pytest.raises(errors.QueryArgumentError, match="no name"):
        graph.register_function(name, str)


def test_what_goes_wrong_in_a_call_has_a_code_of_its_own(graph):
    def fails():
        raise ValueError("no")

    graph.register_function("t.fails", fails)
    graph.register_function("t.wrong", lambda: "x", signature="t.wrong() :: INTEGER")
    graph.register_procedure("p.fails() :: (x :: INTEGER)", fails)
    graph.register_procedure("p.wrong() :: (x :: INTEGER)", lambda: [("a",)])
    for text in ("RETURN t.fails()", "RETURN t.wrong()", "CALL p.fails()", "CALL p.wrong()"):
        with pytest.raises(errors.ProcedureError) as caught:
            graph.execute(text).consume()
        assert caught.value.code == "Neo.ClientError.Procedure.ProcedureCallFailed"
        assert caught.value.column > 0
    with pytest.raises(errors.ProcedureError) as missing:
        graph.execute("CALL p.nobody()")
    assert missing.value.code == "Neo.ClientError.Procedure.ProcedureNotFound"
