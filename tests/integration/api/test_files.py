"""Files: handles share an engine, options, read-only, what comes back after reopening, time."""

from __future__ import annotations

import datetime as dt

import pytest

import neuralgraph
from neuralgraph import errors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "graph.ngdb"


def test_what_was_committed_is_there_after_reopening(path):
    with neuralgraph.open(path) as graph:
        graph.execute(
            "CREATE (:P {name: 'Ada', tags: ['a', 'b'], at: date('2026-01-31')})-[:R {w: 0.5}]->(:Q)"
        )
    with neuralgraph.open(str(path)) as graph:
        node, edge = graph.execute("MATCH (p:P)-[r]->(:Q) RETURN p, r").single()
        assert node.properties == {
            "name": "Ada",
            "tags": ["a", "b"],
            "at": neuralgraph.Date.of(2026, 1, 31),
        }
        assert edge.properties == {"w": 0.5}
        assert graph.verify() == []
    assert sorted(file.name for file in path.parent.iterdir()) == ["graph.ngdb"]


def test_a_second_open_shares_the_engine(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    with neuralgraph.open(path) as one, neuralgraph.open("graph.ngdb") as other:
        one.execute("CREATE (:N)")
        assert other.info().nodes == 1
        one.close()
        other.execute("CREATE (:N)")
    with neuralgraph.open(path) as graph:
        assert graph.info().nodes == 2


def test_a_second_open_with_other_options_is_refused(path):
    with neuralgraph.open(path, durability="off"):
        with pytest.raises(errors.OptionError, match="durability"):
            neuralgraph.open(path, durability="normal")
        neuralgraph.open(path).close()


def test_an_unknown_option_is_named_with_the_nearest():
    with pytest.raises(errors.OptionError, match="did you mean durability"):
        neuralgraph.open(durabilty="off")
    with pytest.raises(TypeError):
        neuralgraph.open(durability="sometimes")


def test_read_only(path):
    with pytest.raises(errors.StorageError):
        neuralgraph.open(path, read_only=True)
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:N)")
        with neuralgraph.open(path, read_only=True) as reader:
            assert reader.execute("MATCH (n) RETURN count(n)").value() == 1
            for write in (
                lambda: reader.execute("CREATE (:N)"),
                reader.transaction,
                reader.checkpoint,
                lambda: reader.load_nodes("N", {"v": [1]}),
            ):
                with pytest.raises(errors.AccessModeError):
                    write()
    with neuralgraph.open(path, read_only=True) as reader:
        assert reader.info().nodes == 1
        with pytest.raises(errors.AccessModeError):
            reader.execute("CREATE (:N)")


def test_a_file_that_is_not_ours_is_left_alone(path):
    path.write_bytes(b"hello, this is a letter" * 500)
    with pytest.raises(errors.NotADatabaseError):
        neuralgraph.open(path)
    assert path.read_bytes() == b"hello, this is a letter" * 500


def test_the_past_stays_readable(path):
    with neuralgraph.open(path) as graph:
        first = graph.execute("CREATE (:N {v: 1})").summary.txid
        graph.execute("MATCH (n) SET n.v = 2, n:Changed")
        graph.checkpoint()
        graph.execute("MATCH (n) DELETE n")
    with neuralgraph.open(path) as graph:
        past = graph.at(first)
        assert past.execute("MATCH (n:N) RETURN n.v").value() == 1
        assert graph.execute(f"MATCH (n:N) RETURN n.v AT TRANSACTION {first}").value() == 1
        assert graph.at(first + 1).execute("MATCH (n:Changed) RETURN n.v").value() == 2
        assert graph.execute("MATCH (n) RETURN count(n)").value() == 0
        assert (
            graph.at(dt.datetime.now(tz=dt.UTC)).execute("MATCH (n) RETURN count(n)").value() == 0
        )
        with pytest.raises(errors.AccessModeError):
            past.execute("CREATE (:N)")
        with pytest.raises(errors.QueryArgumentError):
            graph.at(10_000)


def test_in_memory_graphs_are_apart():
    with neuralgraph.open() as one, neuralgraph.open() as other:
        one.execute("CREATE (:N)")
        assert other.info().nodes == 0
        assert one.info().bytes_on_disk == 0
