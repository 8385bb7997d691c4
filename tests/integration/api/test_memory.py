"""A statement that needs more memory than it may have ends in `MemoryLimitError`, and in nothing else."""

from __future__ import annotations

import time
from random import Random

import pytest

import neuralgraph
from neuralgraph import MemoryLimitError
from neuralgraph.api.settings import process_memory_of, settings_of
from neuralgraph.query.execution.process_memory import bytes_held, bytes_of_machine

TOO_LARGE = {
    "range": "RETURN size(range(1, 3000000))",
    "comprehension": "UNWIND [range(1, 100000)] AS r RETURN [x IN r | [x IN r | x]]",
    "doubling": "RETURN size(reduce(s = 'x', i IN range(1, 40) | s + s))",
    "lists that grow": "RETURN size(reduce(s = [1], i IN range(1, 40) | s + s))",
    "doubling by bars": "RETURN size(reduce(s = 'x', i IN range(1, 40) | s || s))",
    "doubling by replace": "RETURN size(reduce(s = 'xx', i IN range(1, 9) | replace(s, 'x', s)))",
    "replace by a pattern": "RETURN size(apoc.text.replace($text, 'x', $text))",
    "split": "UNWIND range(1, 100) AS i RETURN size(split($text + i, ''))",
    "join": "RETURN size(reduce(s = 'x', i IN range(1, 40) | apoc.text.join([s, s], '')))",
    "flatten": "RETURN size(reduce(s = [1], i IN range(1, 40) | coll.flatten([s, s])))",
    "texts of many rows": "UNWIND range(1, 1000) AS i WITH $text + i AS t RETURN max(size(t))",
    "capitals of many rows": "UNWIND range(1, 1000) AS i RETURN max(toUpper($text + i))",
    "lists of many rows": "UNWIND range(1, 1000) AS i RETURN max(size(range(i, 10000)))",
    "slices of many rows": "UNWIND range(1, 1000) AS i WITH [i] + $many AS l RETURN size(l[1..])",
    "conversions": "RETURN size(toStringList(range(1, 50000)))",
    "JSON": "RETURN size(apoc.convert.toJson(reduce(l = [1], i IN range(1, 16) | [l, l])))",
    "collect": "UNWIND range(1, 3000000) AS i RETURN size(collect(toString(i)))",
    "collect in a subquery": "RETURN size(COLLECT { UNWIND range(1, 3000000) AS i RETURN i })",
    "sort": "UNWIND range(1, 9000000) AS i WITH i ORDER BY -i RETURN count(i)",
    "distinct": "UNWIND range(1, 3000000) AS i RETURN count(DISTINCT i)",
    "create": "UNWIND range(1, 3000000) AS i CREATE (:X {i: i})",
    "create wide rows": "UNWIND range(1, 300) AS i CREATE (:X {s: toString(i) + $text})",
    "foreach": "FOREACH (i IN range(1, 1000000) | CREATE (:X {i: i}))",
}
SMALL_ENOUGH = {
    "sum": ("UNWIND range(1, 3000000) AS i RETURN sum(i)", 4500001500000),
    "many ranges": (
        "UNWIND range(1, 300) AS i UNWIND range(1, 10000) AS j RETURN max(i + j)",
        10300,
    ),
    "groups": (
        "UNWIND range(1, 3000000) AS i WITH i % 7 AS k, count(*) AS n RETURN sum(n)",
        3000000,
    ),
}


@pytest.mark.parametrize("query", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_for_its_budget(query):
    with neuralgraph.open(query_memory_bytes_max="3MB") as graph:
        with pytest.raises(MemoryLimitError, match="the statement needs more"):
            graph.execute(query, text="x" * 50_000, many=[0] * 9_000).to_dicts()
        assert graph.info().nodes == 0
        assert graph.execute("RETURN 1").value() == 1


@pytest.mark.parametrize(("query", "value"), SMALL_ENOUGH.values(), ids=SMALL_ENOUGH)
def test_what_streams_needs_next_to_nothing(query, value):
    with neuralgraph.open(query_memory_bytes_max="1MB") as graph:
        assert graph.execute(query).value() == value


def test_portions_are_counted_one_by_one():
    with neuralgraph.open(query_memory_bytes_max="1MB") as graph:
        graph.execute(
            "UNWIND range(1, 8000) AS i CALL (i) { CREATE (:X {i: i}) } IN TRANSACTIONS OF 1000 ROWS"
        )
        assert graph.info().nodes == 8_000


def test_portions_read_as_they_go():
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(1, 10) AS i CREATE (:X {i: i})")
        query = "MATCH (x:X) CALL (x) { CREATE (:X {i: x.i + 10}) } IN TRANSACTIONS OF 3 ROWS"
        graph.execute(query)
        assert graph.info().nodes == 20


@pytest.mark.skipif(not bytes_held(), reason="the system does not tell what a process holds")
def test_the_process_has_a_limit_of_its_own():
    with neuralgraph.open(memory_limit=bytes_held() + (64 << 20)) as graph:
        with pytest.raises(MemoryLimitError, match="the process holds"):
            graph.execute("UNWIND range(1, 9000000) AS i RETURN size(collect(toString(i)))")
        assert graph.execute("RETURN 1").value() == 1


def test_the_limit_of_the_process_can_be_a_share():
    limit = process_memory_of(settings_of({"memory_limit": "50%"}).options)
    assert bytes_of_machine() == 0 or limit.bytes_max == bytes_of_machine() // 2
    assert process_memory_of(settings_of({"memory_limit": None}).options) is None
    with pytest.raises(neuralgraph.OptionError, match="a share such as"):
        settings_of({"memory_limit": "150%"})


@pytest.mark.parametrize("is_in_memory", [True, False])
@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({"checkpoint_changes": 100}, "UNWIND range(1, 60) AS i CREATE (:X {i: i})"),
        ({"checkpoint_log_bytes": 1 << 20}, "CREATE (:X {s: $text})"),
    ],
    ids=["many changes", "large changes"],
)
def test_deltas_are_folded_in_the_background(tmp_path, options, query, is_in_memory):
    path = None if is_in_memory else tmp_path / "g.ngdb"
    random = Random(1)
    with neuralgraph.open(path, **options) as graph:
        engine = graph._runner().engine
        for _ in range(12):
            graph.execute(query, text=random.randbytes(100_000).hex())
        until_s = time.monotonic() + 30
        while engine.state.base.txid == 0:
            assert time.monotonic() < until_s
            time.sleep(0.01)
        assert engine.info().checkpoint_failure is None
        assert graph.verify() == []


@pytest.mark.parametrize(
    "query",
    [
        "RETURN size(reduce(s = 'a', x IN range(1, 60) | s + s))",
        "RETURN size(reduce(s = 'a', x IN range(1, 60) | s || s))",
        "RETURN size(reduce(s = [1], x IN range(1, 60) | s + s))",
        "RETURN size(reduce(s = 'aa', x IN range(1, 60) | replace(s, 'a', s)))",
    ],
)
def test_a_single_value_ends_long_before_the_machine(query):
    with neuralgraph.open() as graph, pytest.raises(MemoryLimitError):
        graph.execute(query).value()


def test_a_value_that_shares_its_parts_is_not_walked_without_end():
    chain = "WITH [1, 2] AS a " + "WITH [a, a] AS a " * 60
    with neuralgraph.open() as graph:
        for query in (
            chain + "RETURN a",
            chain + "RETURN apoc.convert.toJson(a)",
            chain + "RETURN coll.flatten(a, 100)",
            "RETURN reduce(a = [1], x IN range(1, 60) | [a, a])",
            "RETURN reduce(a = {x: 1}, x IN range(1, 60) | {x: a, y: a})",
        ):
            with pytest.raises(MemoryLimitError, match="elements"):
                graph.execute(query).value()
        few = graph.execute("RETURN reduce(a = [1], x IN range(1, 8) | [a, a]) AS a").value()
        assert str(few).count("1") == 2**8


@pytest.mark.parametrize("value", ["[l, l]", "{a: l, b: l}"])
@pytest.mark.parametrize(
    "rest",
    [
        "RETURN [l] = [m]",
        "RETURN [l] <> [m]",
        "RETURN [[l]] < [[m], 1]",
        "RETURN m IN [l]",
        "RETURN CASE l WHEN m THEN 1 END",
        "WITH DISTINCT l RETURN 1",
        "RETURN count(DISTINCT l)",
        "WITH l AS k, count(*) AS c RETURN c",
        "UNWIND [1, 2] AS i WITH l ORDER BY l RETURN 1",
        "UNWIND [1, 2] AS i WITH l ORDER BY l LIMIT 1 RETURN 1",
        "UNWIND [1, 2] AS i RETURN max([l])",
        "RETURN size(apoc.coll.toSet([l, m]))",
        "RETURN l UNION RETURN 1 AS l",
        "RETURN valueType([[l], m])",
        "CREATE (:X {l: l})",
        "RETURN l",
    ],
)
def test_values_that_share_their_parts_are_not_compared_for_ever(value, rest):
    chain = f"WITH 1 AS l {f'WITH {value} AS l ' * 60} WITH l, coalesce(null, l) AS m "
    with neuralgraph.open() as graph:
        began_s = time.monotonic()
        with pytest.raises(MemoryLimitError, match="elements"):
            graph.execute(chain + rest).to_dicts()
        assert time.monotonic() - began_s < 2


def test_large_nested_values_that_share_nothing_are_compared():
    query = (
        "WITH [x IN range(1, 300000) | [x, [x]]] AS l, [x IN range(1, 300000) | [x, [x]]] AS m"
        " RETURN l = m"
    )
    with neuralgraph.open() as graph:
        assert graph.execute(query).value() is True


def test_a_value_is_nested_so_deep_and_no_deeper():
    with neuralgraph.open() as graph:
        query = "RETURN reduce(a = 1, x IN range(1, {}) | {}) AS a"
        for step in ("[a]", "{x: a}"):
            assert graph.execute(query.format(150, step)).value()
            with pytest.raises(MemoryLimitError, match="nested too deeply"):
                graph.execute(query.format(5000, step)).value()


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (:M {b: $x + n.i})",
        "SET n += {b: $x + n.i}",
        "SET n.b = $x + n.i",
        "SET n[$key] = [$x + n.i]",
        "MERGE (m:M {i: n.i}) ON CREATE SET m.b = $x + n.i",
    ],
)
def test_what_is_written_counts_however_it_is_written(text):
    with neuralgraph.open(query_memory_bytes_max=2_000_000, memory_limit=None) as graph:
        graph.execute("UNWIND range(1, 200) AS i CREATE (:N {i: i})")
        with pytest.raises(MemoryLimitError):
            graph.execute(f"MATCH (n:N) {text}", x="x" * 50_000, key="b")
        graph.execute(f"MATCH (n:N) {text}", x="x" * 500, key="b")


@pytest.mark.parametrize("made", ["x" * 3_000_000, ["x" * 1_000] * 3_000, b"x" * 3_000_000])
def test_a_value_from_outside_that_is_more_than_a_statement_may_hold_is_refused(made):
    with neuralgraph.open(query_memory_bytes_max=2_000_000, memory_limit=None) as graph:
        graph.register_function("t.large", lambda: made)
        graph.register_function("t.column", lambda x: [made for _ in x], vectorised=True)
        graph.register_procedure("p.large() :: (x :: ANY)", lambda: iter([(made,)]))
        for text in (
            "RETURN t.large() IS NULL",
            "RETURN t.column(1) IS NULL",
            "CALL p.large() YIELD x RETURN x IS NULL",
        ):
            with pytest.raises(MemoryLimitError):
                graph.execute(text).consume()
