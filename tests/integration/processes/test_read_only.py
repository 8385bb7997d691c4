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
def test_a_reader_keeps_what_it_reads_while_writers_come_and_go(start, path):
    with neuralgraph.open(path) as graph:
        graph.load_nodes("N", {"value": list(range(3_000))})
    before = path.read_bytes()
    with neuralgraph.open(path, read_only=True) as graph:
        assert [each.name for each in path.parent.iterdir()] == [path.name]
        assert path.read_bytes() == before
        for _ in range(2):
            writer = start("obey", path)
            writer.hear()
            writer.ask("graph.execute('MATCH (n:N) SET n.value = 0').summary")
            writer.ask("graph.checkpoint()")
            writer.ask("graph.load_nodes('N', {'value': [1] * 3000})")
            writer.ask("graph.vacuum()")
            writer.end()
        assert graph.execute("MATCH (n:N) RETURN count(*), sum(n.value)").single()[1] == 4_498_500
        assert graph.verify() == []
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (n:N) RETURN count(*)").value() == 9_000
        graph.vacuum()
        assert graph.verify(history=True) == []


def test_a_folder_that_may_not_be_written_is_opened_to_read(path, tmp_path):
    tmp_path.chmod(0o555)
    path.chmod(0o444)
    try:
        with neuralgraph.open(path, read_only=True) as graph:
            assert graph.execute(N).value() == 0
    finally:
        tmp_path.chmod(0o755)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
