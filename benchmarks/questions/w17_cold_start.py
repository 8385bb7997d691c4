"""How soon does a new process have its first answer, and how much memory does it take?

Import of the library, opening the database, one point lookup; in a process of its own, several times. Closes
the database: the last question.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.question import Question
from benchmarks.questions.w3_point_lookup import QUESTION as LOOKUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

STARTS = 3


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    run.peer.close()
    command = [sys.executable, "-m", "benchmarks.cold_start", "--peer", run.peer.name]
    person = str(LOOKUP.parameters(run.data)[0]["id"])
    command += ["--folder", str(run.folder), "--person", person]
    found: dict[str, list[float]] = {}
    for _ in range(1 if run.is_quick else STARTS):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        for name, value in json.loads(done.stdout.splitlines()[-1]).items():
            found.setdefault(name, []).append(value)
    for title, name in (
        ("import", "import_s"),
        ("open + first lookup", "open_s"),
        ("second lookup", "second_s"),
    ):
        seconds = found[name]
        facts = {"median_ms": float(np.median(seconds)) * 1e3, "p99_ms": max(seconds) * 1e3}
        yield title, {} if run.is_quick else facts
    facts = {"megabytes": float(np.median(found["megabytes"]))}
    yield "memory of that process", {} if run.is_quick else facts


QUESTION = Question(key="W17", title="cold start", measure=measure)
