"""Puts questions to a peer in processes of its own, and ends those that take too long.

A question that is not answered in time is marked so; the database is opened again in a new process for
the questions that are left.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.questions import QUESTIONS

ROOT = Path(__file__).resolve().parents[1]
LOAD_S_MAX = 600.0


@dataclass(frozen=True)
class Settings:
    """How to ask.

    Attributes:
        limit_s: for one question, with all its rows.
        data: folder with the data.
        folder: for the databases.
    """

    size: str
    seconds: float
    limit_s: float
    is_quick: bool
    data: Path
    folder: Path


Facts = dict[str, Any]
"""What a peer said: ``version``, ``rows`` (question number, title, facts) and ``peak_megabytes``."""


def ask_peer(name: str, numbers: list[int], settings: Settings) -> Facts:
    """Everything that a peer answers."""
    found: Facts = {"version": "?", "rows": []}
    folder = settings.folder / name
    folder.mkdir()
    left, reopen = list(numbers), False
    while left:
        late = _ask(name, left, settings, folder, found, reopen=reopen)
        if late is None:
            return found
        if late < 0:
            found["error"] = found.get("error", "it died while loading")
            return found
        left = left[left.index(late) + 1 :]
        reopen = True
    return found


def _ask(
    name: str, numbers: list[int], settings: Settings, folder: Path, found: Facts, *, reopen: bool
) -> int | None:
    """Run a worker to its end or to the question that it did not answer, which is returned; -1: the load."""
    command = [sys.executable, "-m", "benchmarks.worker", "--peer", name, "--size", settings.size]
    command += ["--data", str(settings.data), "--folder", str(folder)]
    command += ["--questions", ",".join(map(str, numbers)), "--seconds", str(settings.seconds)]
    command += ["--quick"] if settings.is_quick else []
    command += ["--reopen"] if reopen else []
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with (folder.parent / f"{name}.log").open("a", encoding="utf-8") as log:
        worker = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=folder.parent,  # some peers leave logs where they stand
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    servers: list[int] = []
    current, is_whole = -1, False
    for told in _lines(worker, settings.limit_s):
        if told is None:
            _end(worker, servers)
            message = f"over {settings.limit_s:g} s" if current >= 0 else "it did not load in time"
            _note(found, current, message)
            return current
        if "begin" in told:
            current = told["begin"]
        elif "question" in told:
            found["rows"].append([told.pop("question"), told.pop("row"), told])
        else:
            servers = told.pop("servers", servers)
            is_whole = is_whole or "peak_megabytes" in told
            found.update(told)
    worker.wait()
    if is_whole:
        return None
    _end(worker, servers)
    _note(found, current, f"it died (status {worker.returncode}); see its log")
    return current


def _note(found: Facts, number: int, message: str) -> None:
    if number < 0:
        found["error"] = message
    else:
        found["rows"].append([number, QUESTIONS[number].title, {"error": message}])


def _lines(worker: subprocess.Popen[str], limit_s: float) -> Any:
    """What the worker says; None when it says nothing new about its question for too long."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    end = time.perf_counter() + LOAD_S_MAX
    while True:
        try:
            line = lines.get(timeout=max(0.0, end - time.perf_counter()))
        except queue.Empty:
            yield None
            return
        if line is None:
            return
        if line.startswith("{"):
            told = json.loads(line)
            if "begin" in told:
                end = time.perf_counter() + limit_s
            yield told


def _end(worker: subprocess.Popen[str], servers: list[int]) -> None:
    """End the worker, what it started, and a server that stands by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    for server in servers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
