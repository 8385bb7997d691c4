"""kill -9 at random moments while several threads write and others read."""

import pathlib
import random
import subprocess
import sys
import threading
import time

import pytest

from neuralgraph.config import Options
from neuralgraph.storage.disk import OsDirectory
from neuralgraph.storage.maintenance import Engine

WRITERS = pathlib.Path(__file__).with_name("killed_writers.py")
ROOT = pathlib.Path(__file__).parents[3]
THREADS = 3


def run_and_kill(folder, seconds, *, in_the_middle):
    """What was acknowledged before the kill: (thread, value) pairs.

    The first commit takes up to a second beside readers that never let the interpreter go, and the kill may
    come before it; with `in_the_middle` the seconds begin at its acknowledgement.
    """
    with subprocess.Popen(
        [sys.executable, str(WRITERS), str(folder), str(THREADS)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        lines = []
        reading = threading.Thread(target=lambda: lines.extend(process.stdout))
        lines.append(process.stdout.readline())
        if in_the_middle:
            lines.append(process.stdout.readline())
        reading.start()
        time.sleep(seconds)
        process.kill()
        reading.join()
    whole = [line.split() for line in lines if line.endswith("\n") and line != "ready\n"]
    assert not [line for line in whole if line[0] == "torn"], "a reader saw half a commit"
    return {(int(thread), int(value)) for thread, value in whole}


def check(folder, acknowledged):
    engine = Engine.open(OsDirectory(str(folder)), "graph.ngdb", Options(), clock_us=lambda: 1)
    view = engine.reader()
    nodes = [node for ids in view.scan_nodes("Pair") for node in ids.tolist()]
    pairs = list(
        zip(view.node_values(nodes, "thread"), view.node_values(nodes, "value"), strict=True)
    )
    there = set(pairs)
    assert len(pairs) == 2 * len(there) == 2 * view.catalog.edge_count("WITH")
    assert acknowledged <= there, f"lost: {sorted(acknowledged - there)[:5]}"
    # Each thread has one commit under way at most.
    assert len(there - acknowledged) <= THREADS
    assert not [value for _, value in there if value % 5 == 4], "a rolled-back one is there"
    assert engine.verify() == []
    engine._lock.release()  # no clean close: the next writers begin with the log as it is
    engine._log.close()
    return there


def kill_again_and_again(folder, rounds, seed):
    chance = random.Random(seed)
    kept = set()
    for round_number in range(rounds):
        acknowledged = run_and_kill(
            folder, chance.uniform(0.05, 0.6), in_the_middle=round_number % 2 == 1
        )
        assert acknowledged or round_number % 2 == 0
        kept = check(folder, kept | acknowledged)
    assert kept


def test_threads_that_are_killed_lose_nothing(tmp_path):
    kill_again_and_again(tmp_path, 3, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_threads_that_are_killed_many_times_lose_nothing(tmp_path, seed):
    kill_again_and_again(tmp_path, 20, seed)
