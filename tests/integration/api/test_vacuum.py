"""Retention and VACUUM: what goes, what stays, and the file that gets smaller."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph import errors


def fill(graph, rounds=6):
    graph.execute("UNWIND range(1, 2000) AS i CREATE (:P {i: i, t: 'text ' + toString(i)})")
    for number in range(rounds):
        graph.execute("MATCH (p:P) SET p.t = $t + toString(p.i), p.v = p.i * $n", t="x", n=number)
        graph.checkpoint()


def seen(graph):
    return [tuple(row) for row in graph.execute("MATCH (p:P) RETURN p.i, p.t, p.v ORDER BY p.i")]


def test_vacuum_forgets_and_the_file_shrinks(tmp_path):
    path = tmp_path / "g.ngdb"
    with neuralgraph.open(path) as graph:
        fill(graph)
        now, then = seen(graph), seen(graph.at(5))
        before = path.stat().st_size
        report = graph.vacuum(before=5)
        assert (report.history_from, report.bytes_after) == (5, path.stat().st_size)
        assert path.stat().st_size < before
        assert seen(graph) == now
        assert seen(graph.at(5)) == then
        with pytest.raises(errors.HistoryPrunedError) as raised:
            graph.at(4)
        assert raised.value.first_txid == 5
        with pytest.raises(errors.HistoryPrunedError):
            list(graph.changes(since=2))
        assert [commit.txid for commit in graph.changes(since=5)] == [6, 7]
        assert graph.verify(history=True) == []
        graph.execute("MATCH (p:P) WHERE p.i < 10 SET p.t = 'again'")
    with neuralgraph.open(path) as graph:
        assert graph.verify(history=True) == []
        assert seen(graph.at(5)) == then
        assert seen(graph.at(7)) == now
        graph.execute("FLASHBACK TO TRANSACTION 5")
        assert seen(graph) == then


def test_a_reader_keeps_what_it_reads(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        fill(graph)
        past, expected = graph.at(2), seen(graph.at(2))
        result = graph.execute("MATCH (p:P) RETURN p.i, p.t, p.v ORDER BY p.i AT TRANSACTION 3")
        graph.vacuum(before=7)
        graph.execute("UNWIND range(1, 3000) AS i CREATE (:Q {i: i, t: 'other ' + toString(i)})")
        graph.checkpoint()
        assert seen(past) == expected
        assert len(list(result)) == 2000
        assert graph.verify() == []


def test_without_history_the_past_goes_with_each_checkpoint(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb", history="none") as graph:
        fill(graph, rounds=2)
        now = seen(graph)
        with pytest.raises(errors.HistoryPrunedError):
            graph.at(1)
        assert seen(graph) == now
        assert graph.verify(history=True) == []


def test_a_span_keeps_what_is_younger(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb", history="1h") as graph:
        fill(graph, rounds=2)
        row = graph.execute("VACUUM").single()
        assert row["historyFrom"] == 0
        assert len(seen(graph.at(1))) == 2000
    with pytest.raises(errors.OptionError, match="30d"):
        neuralgraph.open(history="a while")


def test_names_and_texts_with_half_a_surrogate_pair_are_moved_and_copied(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.load_nodes("L\ud800", {"x\udc00": ["q\ud800", "w"] * 500, "n": list(range(1_000))})
        graph.execute("MATCH (n) SET n.n = 0")
        graph.execute("MATCH (n) SET n.n = 1")
        graph.vacuum(before=3)
        graph.backup(tmp_path / "copy.ngdb")
        assert graph.verify(history=True) == []
    with neuralgraph.open(tmp_path / "copy.ngdb") as copy:
        assert set(copy.schema().labels) == {"L\ud800"}
        assert copy.execute("MATCH (n) RETURN count(n)").value() == 1_000
        assert copy.verify() == []
