"""Processes that read, write, load, fold and vacuum one graph are killed one after the other, for ever.

`scripts/torture --kill` does the same for as long as one likes.
"""

import pytest

from tests.support.processes import check_crowd, crowd


def test_what_killed_processes_acknowledged_is_there(start, path):
    check_crowd(path, *crowd(start, path, seed=1, seconds=3))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_what_many_killed_processes_acknowledged_is_there(start, path, seed):
    wrote, loaded, kills = crowd(start, path, seed=seed, seconds=30)
    check_crowd(path, wrote, loaded, kills)
    assert kills > 20
