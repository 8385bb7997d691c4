"""What a careless user or a broken disk hands in: typed errors that say what is wrong, nothing lost."""

from __future__ import annotations

import enum
import gc

import numpy as np
import pytest

import neuralgraph
from neuralgraph import errors

HALF = "\ud800"  # half a surrogate pair: a Python string may hold it, UTF-8 may not


def test_names_with_half_a_surrogate_pair_survive_checkpoints(tmp_path):
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute(f"CREATE (:`{HALF}` {{`{HALF}`: 1}})-[:`{HALF}`]->()")
        with graph.transaction(actor=HALF) as tx:
            tx.execute(f"CREATE INDEX `i{HALF}` FOR (n:`{HALF}`) ON (n.`{HALF}`)")
    with neuralgraph.open(path) as graph:
        found = graph.execute(f"MATCH (n:`{HALF}` {{`{HALF}`: 1}})-[r]->() RETURN n, type(r)")
        node, kind = found.single()
        assert (node.properties, kind) == ({HALF: 1}, HALF)
        assert graph.verify() == []


def test_vectors_among_the_properties_of_one_entity(graph):
    one, other = np.ones(3, np.float32), np.zeros(3, np.float32)
    graph.execute("CREATE (:V {v: $v, nothing: null})-[:R {v: $v}]->()", v=one)
    graph.execute("MERGE (n:V {v: $v})", v=one)
    graph.execute("MERGE (n:V {v: $v})", v=other)
    graph.execute("CREATE INDEX FOR (n:V) ON (n.v)")
    graph.execute("CREATE (:V {v: $v})", v=one)
    assert graph.execute("MATCH (n:V {v: $v}) RETURN count(*)", v=one).value() == 2
    assert graph.verify() == []


@pytest.mark.parametrize("path", ["a\0b", HALF, "", ".", "no/such/folder/graph.ngdb"])
def test_a_path_that_is_none(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.DiskError):
        neuralgraph.open(path)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_itself(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(errors.DiskError):
        neuralgraph.open(tmp_path / "loop")


def test_a_file_that_is_not_ours_gets_no_company(tmp_path):
    (tmp_path / "letter.txt").write_bytes(b"Dear Ada, " * 1_000)
    with pytest.raises(errors.NotADatabaseError):
        neuralgraph.open(tmp_path / "letter.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    "option",
    [
        {"busy_timeout_s": "soon"},
        {"busy_timeout_s": -1},
        {"query_timeout_s": float("nan")},
        {"query_timeout_s": True},
        {"query_memory_bytes_max": "a lot"},
        {"checkpoint_changes": 0},
        {"wal_segment_bytes": 1.5},
        {"plan_cache_entries_max": 0},
        {"read_only": "no"},
        {"import_folders": "/"},
        {"durability": "sometimes"},
        {"durability": ["full"]},
    ],
    ids=str,
)
def test_an_option_of_the_wrong_kind_is_named(option):
    with pytest.raises(errors.OptionError, match=f"^{next(iter(option))} is "):
        neuralgraph.open(**option)


@pytest.mark.parametrize("text", [None, b"RETURN 1", 1])
def test_a_statement_that_is_no_text(graph, text):
    with pytest.raises(errors.QueryTypeError, match="a statement is text"):
        graph.execute(text)


@pytest.mark.parametrize(
    "text",
    [
        "WITH 1 AS x " * 2_000 + "RETURN x",
        "MATCH " + ", ".join(f"(n{number})" for number in range(40_000)) + " RETURN 1",
    ],
    ids=["clauses", "patterns"],
)
def test_a_statement_that_is_too_long_to_plan(graph, text):
    with pytest.raises(errors.QuerySyntaxError, match="split it"):
        graph.execute(text)
    assert graph.execute("RETURN 1").value() == 1


@pytest.mark.parametrize("stop", [10**9, 2**63 - 1, -(2**63)])
def test_a_range_beyond_memory(graph, stop):
    step = 1 if stop > 0 else -1
    with pytest.raises(errors.MemoryLimitError):
        graph.execute("RETURN range(0, $stop, $step)", stop=stop, step=step)


def test_a_lost_transaction_locks_nothing(tmp_path):
    with neuralgraph.open(tmp_path / "graph.ngdb", busy_timeout_s=0.2) as graph:
        graph.execute("CREATE (:N {v: 1})")
        lost = graph.transaction()
        lost.execute("MATCH (n) SET n.v = 2")
        with pytest.raises(errors.LockTimeoutError):
            graph.execute("MATCH (n) SET n.v = 3")
        del lost
        gc.collect()
        graph.execute("MATCH (n) SET n.v = n.v + 10")
        assert graph.execute("MATCH (n) RETURN n.v").value() == 11


class _Word(str, enum.Enum):  # noqa: UP042 (its str() is not the value)
    FIRST = "x"


class _Number(enum.IntEnum):
    THREE = 3

    def __int__(self):
        return 9


class _Float(float):
    def __float__(self):
        return 9.0

    def __str__(self):
        return "9"


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (_Word.FIRST, "x"),
        (_Number.THREE, 3),
        (_Float(2.5), 2.5),
        (np.str_("q"), "q"),
        ([_Word.FIRST, _Number.THREE, [_Float(1.5)]], ["x", 3, [1.5]]),
        ({_Word.FIRST: _Word.FIRST}, {"x": "x"}),
    ],
)
def test_a_parameter_is_the_value_that_it_holds(graph, given, held):
    found = graph.execute("RETURN $p AS p", p=given).value()
    assert found == held
    assert type(found) is type(held)


def test_an_enum_names_a_parameter(graph):
    assert graph.execute("RETURN $x AS x", {_Word.FIRST: 1}).value() == 1
    with pytest.raises(errors.QueryTypeError, match="names of parameters"):
        graph.execute("RETURN $x AS x", {1: 1})
