"""How much more do two processes get answered than one, and what does a writer beside them cost readers?"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.question import Question
from benchmarks.questions.w5_two_hops import QUESTION as HOPS
from benchmarks.questions.w9_likes_by_city import QUESTION as CITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

ROUNDS = 5
"""Alone, together and beside a writer in turn, so that all meet the same moods of the machine."""


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    readers = [_Other(run, number) for number in range(2)]
    writer = _Other(run, 2)
    try:
        for asked, words in ((HOPS, "2 hops"), (CITIES, "likes by city")):
            yield from _compared(run, asked.key, words, readers, writer)
    finally:
        for other in (*readers, writer):
            other.end()


def _compared(
    run: Run, key: str, words: str, readers: list[_Other], writer: _Other
) -> Iterator[tuple[str, Facts]]:
    alone, together, beside = [], [], []
    for _ in range(1 if run.is_quick else ROUNDS):
        alone.append(_rate([(readers[0], key)]))
        together.append(_rate([(readers[0], key), (readers[1], key)]))
        beside.append(_rate([(readers[0], key), (writer, "writes")]))
    for title, rates in (
        ("1 process", alone),
        ("2 processes", together),
        ("1 process beside one that writes", beside),
    ):
        yield f"{words}, {title}", {} if run.is_quick else {"per_second": median(rates)}
    for title, rates in (
        ("2 processes to 1", together),
        ("beside a writer to alone", beside),
    ):
        ratio = median(rate / one for rate, one in zip(rates, alone, strict=True))
        yield f"{words}, {title}", {} if run.is_quick else {"ratio": ratio}


class _Other:
    """A process that has the database open as well."""

    def __init__(self, run: Run, number: int) -> None:
        command = [sys.executable, "-m", "benchmarks.other_process", "--folder", str(run.folder)]
        command += ["--size", run.data.size, "--data", str(run.data.folder)]
        # There are thirty portions, all in the time of one question.
        command += ["--seconds", str(0.0 if run.is_quick else run.seconds / 4)]
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [*command, "--number", str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def begin(self, what: str) -> None:
        """Let it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")

    def rate(self) -> float:
        """How many a second it did, once it is through."""
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return float(told["count"] / told["seconds"])

    def end(self) -> None:
        """Close the database and end."""
        self.process.communicate(timeout=60)


def _rate(tasks: list[tuple[_Other, str]]) -> float:
    """Reads a second of all processes together."""
    for other, what in tasks:
        other.begin(what)
    rates = [(other.rate(), what) for other, what in tasks]
    return sum(rate for rate, what in rates if what != "writes")


QUESTION = Question(key="own", title="processes", measure=measure, is_own=True)
