"""Other processes: each runs a function of a test module, and is talked to line by line."""

import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest

import neuralgraph

ROOT = pathlib.Path(__file__).parents[3]
WAIT_S = 60


class Process:
    """One more process that has the graph open; what it says is kept in `lines`."""

    def __init__(self, role, *arguments):
        here = pathlib.Path(__file__).with_name("roles.py")
        self.lines = []
        self._told = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, str(here), role, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self):
        for line in self._process.stdout:
            with self._told:
                self.lines.append(line.rstrip("\n"))
                self._told.notify_all()

    @property
    def process_id(self):
        return self._process.pid

    def say(self, line):
        """Tell it to do something."""
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self, count=1):
        """Wait for so many more lines than were heard before; the last."""
        with self._told:
            wanted = getattr(self, "heard", 0) + count
            until = time.monotonic() + WAIT_S
            while len(self.lines) < wanted and self._process.poll() is None:
                self._told.wait(0.05)
                if time.monotonic() > until:
                    break
            self._told.wait_for(lambda: len(self.lines) >= wanted, 0.1)
            assert len(self.lines) >= wanted, f"it said {self.lines}; {self.errors()}"
            self.heard = wanted
            return self.lines[wanted - 1]

    def ask(self, line):
        """Say and hear."""
        self.say(line)
        return self.hear()

    def kill(self):
        """kill -9."""
        self._process.kill()
        self._reading.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()

    def end(self):
        """Let it end by itself; its errors."""
        self._process.stdin.close()
        self._process.wait(WAIT_S)
        self._reading.join()
        errors = self._process.stderr.read()
        self._process.stdout.close()
        self._process.stderr.close()
        assert self._process.returncode == 0, errors
        return errors

    def errors(self):
        """What it died of, if it did."""
        return "" if self._process.poll() is None else self._process.stderr.read()


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
        if process._process.stdout and not process._process.stdout.closed:
            process.kill()


@pytest.fixture
def path(tmp_path):
    """A graph with one node to count in."""
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:Counter {n: 0})")
    return path
