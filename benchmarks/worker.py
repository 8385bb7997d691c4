"""Runs one peer in this process and prints what it finds as JSON lines.

{"begin": 3}                          question 3 of `QUESTIONS` begins; the parent looks at the clock
{"question": 3, "row": "...", ...}    a row of the table: see `benchmarks.question.Facts`
{"servers": [17]}                     processes that the peer started and that may outlive this one
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import traceback
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.data import Reference, make
from benchmarks.question import NotOfferedError, Run
from benchmarks.questions import QUESTIONS


def main() -> None:
    """``python -m benchmarks.worker``; `benchmarks.__main__` starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--questions", required=True, help="their numbers")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--reopen", action="store_true", help="an earlier worker loaded the data")
    options = parser.parse_args()
    data = make(options.size, options.data)
    peer = peers.make(options.peer)
    tell(version=peer.version())
    began = time.perf_counter()
    if options.reopen:
        peer.open(options.folder)
    else:
        peer.load(data, options.folder)
    load_s = time.perf_counter() - began
    tell(loaded=True, servers=peer.server_ids())
    reference = Reference(data)
    for number in map(int, options.questions.split(",")):
        question = QUESTIONS[number]
        if question.is_own and peer.name != "neuralgraph":
            continue
        if peer.keys is not None and question.key not in peer.keys:
            continue
        tell(begin=number)
        run = Run(
            question, peer, data, reference, options.folder, options.seconds, options.quick, load_s
        )
        answer(number, run)
    tell(peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    peer.close()


def answer(number: int, run: Run) -> None:
    """Every row of one question; what goes wrong is a row too."""
    title = run.question.title
    try:
        for title, facts in run.rows():
            tell(question=number, row=title, **facts)
    except NotOfferedError as error:
        tell(question=number, row=title, why=str(error))
    except Exception as error:  # noqa: BLE001 - a peer may fail in its own ways
        traceback.print_exc()
        tell(question=number, row=title, error=f"{type(error).__name__}: {error}"[:300])


def tell(**facts: Any) -> None:
    """One line for the parent process."""
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
