"""Processes that read, write, load, fold and vacuum one graph are killed one after the other, for ever."""

import random
import time

import pytest

import neuralgraph

CROWD = 3


def crowd(start, path, *, seed, seconds):
    """Kill and start, for so long; what was acknowledged, and how many were killed."""
    chance = random.Random(seed)
    everybody, kills = [], 0

    def one_more(by):
        process = start("live", path, by, chance.randrange(10**6))
        everybody.append(process)
        return process

    alive = [one_more(by) for by in range(CROWD)]
    for process in alive:
        process.hear()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.1, 0.5))
        for by in chance.choice([[0], [1], [2], [0, 1, 2]]):
            errors = alive[by].errors()
            assert errors == "", errors
            alive[by].kill()
            kills += 1
            alive[by] = one_more(by)
    for process in alive:
        errors = process.errors()
        assert errors == "", errors
        process.kill()
    said = [line.split() for process in everybody for line in process.lines]
    assert not [words for words in said if words[0] == "torn"]
    told = {
        word: {tuple(map(int, words[1:])) for words in said if words[0] == word}
        for word in ("wrote", "loaded")
    }
    return told["wrote"], told["loaded"], kills


def check(path, wrote, loaded, kills):
    with neuralgraph.open(path) as graph:
        assert graph.verify(history=True) == []
        pairs = graph.execute("MATCH (p:Pair) RETURN p.by, p.seed, p.number, count(*)")
        there = {tuple(row[:3]): row[3] for row in map(tuple, pairs)}
        assert set(there.values()) <= {2}
        assert wrote <= there.keys(), f"lost: {sorted(wrote - there.keys())[:5]}"
        # Each process had one commit under way at most.
        assert len(there.keys() - wrote) <= kills + CROWD
        rows = graph.execute("MATCH (p:Loaded) RETURN p.by, p.seed, p.number, count(*)")
        loads = {tuple(row[:3]): row[3] for row in map(tuple, rows)}
        assert set(loads.values()) <= {20}
        assert loaded <= loads.keys()
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == len(there)
    left = {each.name for each in path.parent.iterdir() if "-torn-" not in each.name}
    assert left == {path.name}


def test_what_killed_processes_acknowledged_is_there(start, path):
    check(path, *crowd(start, path, seed=1, seconds=3))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_what_many_killed_processes_acknowledged_is_there(start, path, seed):
    wrote, loaded, kills = crowd(start, path, seed=seed, seconds=30)
    check(path, wrote, loaded, kills)
    assert kills > 20
