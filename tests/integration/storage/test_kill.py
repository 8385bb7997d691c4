"""kill -9 in the middle of commits, checkpoints and loads: what was acknowledged is there, whole."""

import pathlib
import random
import subprocess
import sys

import pytest

from neuralgraph.config import Options
from neuralgraph.storage.disk import OsDirectory
from neuralgraph.storage.maintenance import Engine

WRITER = pathlib.Path(__file__).with_name("killed_writer.py")
ROOT = pathlib.Path(__file__).parents[3]


def run_and_kill(folder, durability, steps):
    """Start the writer, kill it after some commits; the last value that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), durability],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        lines = [process.stdout.readline() for _ in range(steps)]
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    return int(whole[-1])


def check(folder, acknowledged):
    engine = Engine.open(OsDirectory(str(folder)), "graph.ngdb", Options(), clock_us=lambda: 1)
    view = engine.reader()
    steps = view.catalog.node_count("Step")
    assert steps in (acknowledged + 1, acknowledged + 2)
    assert view.catalog.node_count("Part") == 3 * steps == view.catalog.edge_count("HAS")
    ids = [node for batch in view.scan_nodes("Step") for node in batch.tolist()]
    assert view.node_values(ids, "value") == list(range(steps))
    assert all(len(view.expand_one(node, ["HAS"], "out")[0]) == 3 for node in ids[-5:])
    assert engine.verify() == []
    engine.close()


def kill_again_and_again(folder, durability, rounds):
    chance = random.Random(rounds)
    for _ in range(rounds):
        acknowledged = run_and_kill(folder, durability, chance.randrange(1, 60))
        check(folder, acknowledged)


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path, durability):
    kill_again_and_again(tmp_path, durability, 2)


@pytest.mark.slow
def test_killed_many_times(tmp_path):
    kill_again_and_again(tmp_path, "full", 60)
