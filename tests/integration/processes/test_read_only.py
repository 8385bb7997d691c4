"""Processes that only read, with and without writers, and where nothing may be written."""

import pytest

import neuralgraph
from neuralgraph.api import engines

N = "MATCH (c:Counter) RETURN c.n"


@pytest.fixture(params=["may write", "may not"])
def _permission(request, monkeypatch):
    if request.param == "may not":
        monkeypatch.setattr(engines.os, "access", lambda *_: False)


@pytest.mark.usefixtures("_permission")
def test_a_reader_follows_the_writers_that_are_there(start, path):
    writer = start("obey", path)
    writer.hear()
    writer.ask("graph.execute('MATCH (c:Counter) SET c.n = 1').summary")
    with neuralgraph.open(path, read_only=True) as graph:
        assert graph.execute(N).value() == 1
        for value in (2, 3, 4):
            writer.ask(f"graph.execute('MATCH (c:Counter) SET c.n = {value}').summary")
            if value == 3:
                writer.ask("graph.checkpoint()")
            assert graph.execute(N).value() == value
        assert graph.verify() == []
        with pytest.raises(neuralgraph.AccessModeError):
            graph.execute("CREATE (:N)")
        writer.end()
        assert graph.execute(N).value() == 4
    with neuralgraph.open(path) as graph:
        assert graph.execute(N).value() == 4
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.usefixtures("_permission")
def test_a_reader_follows_writers_that_come_later_and_keeps_its_snapshots(start, path):
    with neuralgraph.open(path) as graph:
        graph.load_nodes("N", {"value": list(range(3_000))})
    before = path.read_bytes()
    total = "MATCH (n:N) RETURN count(*), sum(n.value)"
    with neuralgraph.open(path, read_only=True) as graph:
        assert [each.name for each in path.parent.iterdir()] == [path.name]
        assert path.read_bytes() == before
        half_read = graph.execute("MATCH (n:N) RETURN n.value AS value")
        assert next(half_read)["value"] == 0
        past = graph.at(
            graph.execute("CALL neural.transactions() YIELD txid RETURN max(txid)").value()
        )
        for round_ in range(1, 3):
            writer = start("obey", path)
            writer.hear()
            assert graph.execute(N).value() == round_ - 1
            writer.ask("graph.execute('MATCH (c:Counter) SET c.n = c.n + 1').summary")
            assert graph.execute(N).value() == round_
            writer.ask("graph.execute('MATCH (n:N) SET n.value = 0').summary")
            writer.ask("graph.checkpoint()")
            writer.ask("graph.load_nodes('N', {'value': [1] * 3000})")
            assert tuple(graph.execute(total).single()) == (3_000 + 3_000 * round_, 3_000)
            writer.ask("graph.vacuum()")
            assert tuple(past.execute(total).single()) == (3_000, 4_498_500)
            writer.end()
            assert tuple(graph.execute(total).single()) == (3_000 + 3_000 * round_, 3_000)
            assert graph.verify() == []
        assert [row["value"] for row in half_read] == list(range(1, 3_000))
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (n:N) RETURN count(*)").value() == 9_000
        graph.vacuum()
        assert graph.verify(history=True) == []
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.usefixtures("_permission")
def test_a_reader_of_what_a_killed_writer_left_follows_the_next_one(start, path):
    killed = start("obey", path)
    killed.hear()
    killed.ask("graph.execute('MATCH (c:Counter) SET c.n = 5').summary")
    killed.kill()
    with neuralgraph.open(path, read_only=True) as graph:
        assert graph.execute(N).value() == 5
        for value in (6, 7):
            writer = start("obey", path)
            writer.hear()
            assert graph.execute(N).value() == value - 1
            writer.ask(f"graph.execute('MATCH (c:Counter) SET c.n = {value}').summary")
            assert graph.execute(N).value() == value
            writer.kill()
            assert graph.execute(N).value() == value
        assert graph.verify() == []


def test_a_folder_that_may_not_be_written_is_opened_to_read(path, tmp_path):
    tmp_path.chmod(0o555)
    path.chmod(0o444)
    try:
        with neuralgraph.open(path, read_only=True) as graph:
            assert graph.execute(N).value() == 0
    finally:
        tmp_path.chmod(0o755)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
