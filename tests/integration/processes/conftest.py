"""Other processes, and a graph for them."""

import pytest

import neuralgraph
from tests.support.processes import Process


@pytest.fixture
def start():
    """Starts processes, and ends those that are left."""
    started = []

    def starting(role, *arguments):
        process = Process(role, *arguments)
        started.append(process)
        return process

    yield starting
    for process in started:
        if not process.is_closed:
            process.kill()


@pytest.fixture
def path(tmp_path):
    """A graph with one node to count in."""
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:Counter {n: 0})")
    return path
