"""A process that executes nothing lets go of what others have replaced."""

import time

import pytest

import neuralgraph
from neuralgraph.api import idle

REPLACE = "graph.execute('MATCH (n:N) SET n.value = n.value + 1').summary"
ROWS = 20_000
STEADY_ROUNDS = 10
WAIT_S = 30


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """It looks more often."""
    monkeypatch.setattr(idle, "LOOKS_S", 0.1)


@pytest.mark.parametrize(("comes", "options"), [("first", {"read_only": True}), ("second", {})])
def test_the_file_stays_small_beside_an_idle_process(start, path, options, comes):
    with neuralgraph.open(path) as graph:
        graph.load_nodes("N", {"value": list(range(ROWS)), "more": list(range(ROWS))})
    if comes == "second":
        writer = start("obey_forgetting", path)
        writer.hear()
    with neuralgraph.open(path, **options) as graph:
        assert graph.execute("MATCH (n:N) RETURN count(*)").value() == ROWS
        if comes == "first":
            writer = start("obey_forgetting", path)
            writer.hear()
        until, rounds, sizes = time.monotonic() + WAIT_S, 0, [0]
        # A round replaces all values: as many bytes again, unless those of a round before are free.
        while len(sizes) <= STEADY_ROUNDS or sizes[-1] > sizes[-STEADY_ROUNDS]:
            assert time.monotonic() < until, sizes
            assert "20000" in writer.ask(REPLACE)
            writer.ask("graph.checkpoint()")
            rounds += 1
            sizes.append(path.stat().st_size)
            time.sleep(0.05)
        assert graph.execute("MATCH (n:N) RETURN sum(n.value - n.more)").value() == ROWS * rounds
        assert graph.verify() == []


def test_an_open_snapshot_of_an_idle_process_stays_as_it_is(start, path):
    with neuralgraph.open(path) as graph:
        graph.load_nodes("N", {"value": list(range(ROWS))})
        writer = start("obey", path)
        writer.hear()
        result = graph.execute("MATCH (n:N) RETURN n.value AS value ORDER BY id(n)")
        reading = graph.transaction()
        total = "MATCH (n:N) RETURN sum(n.value)"
        before = reading.execute(total).value()
        until = time.monotonic() + 1
        while time.monotonic() < until:
            writer.ask(REPLACE)
            writer.ask("graph.checkpoint()")
            writer.ask("graph.vacuum()")
        assert reading.execute(total).value() == before
        assert [row[0] for row in result] == list(range(ROWS))
        assert graph.execute(total).value() > before
        reading.rollback()
