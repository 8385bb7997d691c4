"""Runs one peer in this process and prints what it finds as JSON lines."""

from __future__ import annotations

import argparse
import gc
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import peers
from benchmarks.data import Data, Reference, make
from benchmarks.question import Parameters, Question, canonical
from benchmarks.questions import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WARM_UP = 20
RUNS_MIN = 10
RUNS_MAX = 4_000


def main() -> None:
    """``python -m benchmarks.worker``; `benchmarks.__main__` starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", required=True)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    wanted = options.questions.split(",")
    data = make(options.size, options.data)
    reference = Reference(data)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        peer = peers.make(options.peer)
        tell(peer=options.peer, version=peer.version())
        began = time.perf_counter()
        peer.load(data, Path(folder))
        seconds = time.perf_counter() - began
        if "W1" in wanted:
            size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
            tell(question="W1", seconds=seconds, rows=data.rows(), megabytes=size / 1e6)
        for question in QUESTIONS:
            if question.key in wanted and question.kind != "load":
                try:
                    tell(question=question.key, **run(peer, question, data, reference, options))
                except Exception as error:  # noqa: BLE001 - a peer may fail in its own ways
                    tell(question=question.key, error=f"{type(error).__name__}: {error}"[:300])
        peer.close()
        tell(peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def tell(**facts: Any) -> None:
    """One line for the parent process."""
    print(json.dumps(facts), flush=True)


def run(
    peer: peers.Peer, question: Question, data: Data, reference: Reference, options: Any
) -> dict[str, Any]:
    """Check the answers, then measure."""
    text = peer.text_of(question)
    parameters = list(question.parameters(data))

    def ask(given: Parameters) -> Any:
        if question.inlined:
            return peer.ask(peer.literal_text(text, given), {})
        return peer.write(text, given) if question.kind == "write" else peer.ask(text, given)

    if question.kind == "write":
        return measure_writes(peer, ask, parameters, options)
    for given in parameters[: 3 if options.quick else 20]:
        found, right = canonical(ask(given)), canonical(question.expected(reference, given))
        if found != right:
            return {"error": f"wrong answer for {given}: {found[:3]}, not {right[:3]}"}
    return {} if options.quick else measure(ask, parameters, options.seconds)


def measure(
    ask: Callable[[Parameters], Any], parameters: Sequence[Parameters], seconds: float
) -> dict[str, Any]:
    """Median and 99th centile in milliseconds, all parameters in turn, after a warm-up."""
    for number in range(min(WARM_UP, len(parameters) * 4)):
        ask(parameters[number % len(parameters)])
    gc.collect()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < RUNS_MAX and (len(times) < RUNS_MIN or time.perf_counter() < end):
        given = parameters[len(times) % len(parameters)]
        began = time.perf_counter()
        ask(given)
        times.append(time.perf_counter() - began)
    return {
        "median_ms": float(np.median(times)) * 1e3,
        "p99_ms": float(np.quantile(times, 0.99)) * 1e3,
        "runs": len(times),
    }


def measure_writes(
    peer: peers.Peer, ask: Callable[[Parameters], Any], parameters: list[Parameters], options: Any
) -> dict[str, Any]:
    """Transactions a second; afterwards every new person must be there."""
    text = (
        "SELECT count(*) FROM person"
        if peer.speaks == "sql"
        else "MATCH (p:Person) RETURN count(*)"
    )
    before = peer.ask(text, {})[0][0]
    count = 5 if options.quick else len(parameters)
    end = time.perf_counter() + options.seconds
    began = time.perf_counter()
    done = 0
    for given in parameters[:count]:
        ask(given)
        done += 1
        if time.perf_counter() > end:
            break
    seconds = time.perf_counter() - began
    if peer.ask(text, {})[0][0] != before + done:
        return {"error": "a committed node is missing"}
    return {} if options.quick else {"per_second": done / seconds, "runs": done}


if __name__ == "__main__":
    main()
