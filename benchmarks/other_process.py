"""A process of its own on a database that others have open: reads and writes as it is told.

Each line of its standard input names what to do (``W5``, ``W9`` or ``writes``); it does that for some seconds
and answers with a line of JSON: how many statements, in how many seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.data import make
from benchmarks.question import new_persons
from benchmarks.questions.w2_durable_transaction import QUESTION as CREATION
from benchmarks.questions.w5_two_hops import QUESTION as HOPS
from benchmarks.questions.w9_likes_by_city import QUESTION as CITIES

if TYPE_CHECKING:
    from collections.abc import Callable

WRITES = "writes"
SERIES = 40
"""Of new persons: the numbers from here on are ours."""


def main() -> None:
    """``python -m benchmarks.other_process``; `own_processes` starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--number", type=int, required=True, help="of the process, from 0")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    steps = ways(options)
    for line in sys.stdin:
        step = steps[line.strip()]
        count, began = 0, time.perf_counter()
        while not count or time.perf_counter() < began + options.seconds:
            step()
            count += 1
        seconds = time.perf_counter() - began
        print(json.dumps({"count": count, "seconds": seconds}), flush=True)


def ways(options: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """What each word means: the next statement of its kind."""
    data = make(options.size, options.data)
    peer = peers.make("neuralgraph")
    peer.open(options.folder)
    persons = new_persons(data, SERIES + options.number)
    found: dict[str, Callable[[], object]] = {
        WRITES: lambda: peer.write(CREATION.cypher, next(persons))
    }
    for question in (HOPS, CITIES):
        given = list(question.parameters(data))
        turns = cycle(given[options.number * 7 % len(given) :] + given)
        found[question.key] = lambda text=question.cypher, turns=turns: peer.ask(text, next(turns))
    return found


if __name__ == "__main__":
    main()
