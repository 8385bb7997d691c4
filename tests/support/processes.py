"""Other processes that have a graph open: each plays a role of `tests/integration/processes/roles.py`.

`crowd` lets several live and kills them one after the other; `check_crowd` looks what is left.
"""

from __future__ import annotations

import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

import neuralgraph

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = pathlib.Path(__file__).parents[2]
ROLES = ROOT / "tests" / "integration" / "processes" / "roles.py"
WAIT_S = 60
CROWD = 3
Told = set[tuple[int, ...]]


class Process:
    """One more process that has the graph open; what it says is kept in `lines`."""

    def __init__(self, role: str, *arguments: object) -> None:
        self.lines: list[str] = []
        self.heard = 0
        self._told = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, str(ROLES), role, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    @property
    def process_id(self) -> int:
        """By which others are told."""
        return self._process.pid

    @property
    def is_closed(self) -> bool:
        """Was it killed or ended?"""
        return _pipe(self._process.stdout).closed

    def _read(self) -> None:
        for line in _pipe(self._process.stdout):
            with self._told:
                self.lines.append(line.rstrip("\n"))
                self._told.notify_all()

    def say(self, line: str) -> None:
        """Tell it to do something."""
        _pipe(self._process.stdin).write(f"{line}\n")
        _pipe(self._process.stdin).flush()

    def hear(self, count: int = 1) -> str:
        """Wait for so many more lines than were heard before; the last."""
        until = time.monotonic() + WAIT_S
        with self._told:
            wanted = self.heard + count
            while len(self.lines) < wanted and time.monotonic() < until:
                if self._process.poll() is not None and not self._reading.is_alive():
                    break
                self._told.wait(0.05)
            assert len(self.lines) >= wanted, f"it said {self.lines}; {self.whereabouts()}"
            self.heard = wanted
            return self.lines[wanted - 1]

    def whereabouts(self) -> str:
        """What it died of, or what its threads are doing; it is dead afterwards."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)
            time.sleep(0.5)
            self._process.kill()
            self._process.wait()
        return self.errors()

    def ask(self, line: str) -> str:
        """Say and hear."""
        self.say(line)
        return self.hear()

    def wait(self) -> None:
        """Until it has ended by itself."""
        self._process.wait(WAIT_S)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._reading.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            _pipe(pipe).close()

    def end(self) -> str:
        """Let it end by itself; its errors."""
        _pipe(self._process.stdin).close()
        self._process.wait(WAIT_S)
        self._reading.join()
        errors = _pipe(self._process.stderr).read()
        _pipe(self._process.stdout).close()
        _pipe(self._process.stderr).close()
        assert self._process.returncode == 0, errors
        return errors

    def errors(self) -> str:
        """What it died of, if it did: a signal may leave no more than a number."""
        code = self._process.poll()
        return "" if code is None else f"exit code {code}: {_pipe(self._process.stderr).read()}"


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def crowd(
    start: Callable[..., Process], path: pathlib.Path, *, seed: int, seconds: float
) -> tuple[Told, Told, int]:
    """Kill and start, for so long; the writes and loads that were acknowledged, and how many were killed.

    Besides those who write there is one who reads only.
    """
    chance = random.Random(seed)
    everybody: list[Process] = []
    kills = 0

    def one_more(by: int) -> Process:
        role = "live" if by < CROWD else "watch"
        process = start(role, path, by, chance.randrange(10**6))
        everybody.append(process)
        return process

    alive = [one_more(by) for by in range(CROWD + 1)]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        victims = chance.choice([[0], [1], [2], [0, 1, 2], [CROWD], [*range(CROWD + 1)]])
        for by in victims:
            alive[by].hear()  # it has begun
        time.sleep(chance.uniform(0.0, 0.3))
        for by in victims:
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
    torn = [words for words in said if words[0] == "torn"]
    assert not torn, torn[:3]
    wrote, loaded = (
        {tuple(map(int, words[1:])) for words in said if words[0] == word}
        for word in ("wrote", "loaded")
    )
    return wrote, loaded, kills


def check_crowd(path: pathlib.Path, wrote: Told, loaded: Told, kills: int) -> None:
    """Is all there that was acknowledged, and nothing by half?"""
    with neuralgraph.open(path) as graph:
        problems = graph.verify(history=True)
        assert not problems, problems
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
