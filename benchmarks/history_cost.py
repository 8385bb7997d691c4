"""Question "history cost": what the past costs those who do not ask for it, and those who do.

``python -m benchmarks.history_cost [--quick]`` prints, for each promise of `docs/durability.md`, what was
measured (medians of interleaved rounds, in processor time, so that other work on the machine counts little)
and whether it holds:

    kept     reads and writes with ``history="forever"`` against ``history="none"``        at most 1.1
    past     a read in the past against the same read now, for 1, 10 and 1000 versions     at most 2
    deltas   a scan with 100,000 versions in the deltas against one with none              at most 2
    stalls   point reads while a checkpoint runs: the 99th of a hundred, in milliseconds   at most 5
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import neuralgraph

Work = Callable[[], object]

LOOKUP = "MATCH (n:P {k: $k}) RETURN n.v"
HOP = "MATCH (n:P {k: $k})-[:R]->(m) RETURN sum(m.v)"
SCAN = "MATCH (n:P) RETURN sum(n.v)"
FILTER = "MATCH (n:P) WHERE n.v > 3 RETURN count(n)"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="small, to see that it runs")
    parser.add_argument("--only", choices=("kept", "past", "deltas", "stalls"))
    options = parser.parse_args()
    for name, question in (
        ("kept", kept), ("past", past), ("deltas", deltas), ("stalls", stalls),
    ):  # fmt: skip
        if options.only in (None, name):
            question(quick=options.quick)


def kept(*, quick: bool) -> None:
    """Reads and writes, with all history and with none."""
    count, rounds = (300, 1) if quick else (5_000, 5)
    ratios: dict[str, list[float]] = {}
    for _ in range(rounds):
        spent: dict[str, dict[str, float]] = {}
        with graph_of(count, history="none") as plain, graph_of(count, history="forever") as whole:
            for part in range(4):  # in turns, so that what else the machine does meets both
                for name, graph in (("none", plain), ("forever", whole)):
                    for what, seconds in busy(graph, count, part):
                        found = spent.setdefault(what, {})
                        found[name] = found.get(name, 0) + seconds
        for what, found in spent.items():
            ratios.setdefault(what, []).append(found["forever"] / found["none"])
    for what, values in ratios.items():
        tell(f"kept: {what}", statistics.median(values), 1.1)


def busy(graph: neuralgraph.Graph, count: int, part: int) -> Iterator[tuple[str, float]]:
    """What an application does; seconds of each kind."""
    few = count // 10

    def small_writes() -> None:
        for k in range(few):
            graph.execute("MATCH (n:P {k: $k}) SET n.v = $v", k=k * 7 % count, v=part)

    def large_writes() -> None:
        for step in range(4):
            graph.execute("MATCH (n:P) SET n.v = n.v + $step", step=step)

    def lookups() -> None:
        for k in range(few):
            graph.execute(LOOKUP, k=k).value()

    def hops() -> None:
        for k in range(few):
            graph.execute(HOP, k=k).value()

    def scans() -> None:
        for _ in range(10):
            graph.execute(SCAN).value()

    yield "single updates", timed(small_writes)
    yield "updates of all, and a checkpoint", timed(large_writes) + timed(graph.checkpoint)
    yield "look-ups", timed(lookups)
    yield "hops", timed(hops)
    yield "scans", timed(scans)


def past(*, quick: bool) -> None:
    """Reads in the past, by the number of versions."""
    count, rounds = (50, 1) if quick else (500, 11)
    for versions in (1, 10, 20 if quick else 1_000):
        for place in ("deltas", "history"):
            with graph_of(count, checkpoint_changes=1 << 40) as graph:
                first = graph.info().txid
                for _ in range(versions):
                    graph.execute("MATCH (n:P) SET n.v = n.v + 1")
                if place == "history":
                    graph.checkpoint()
                moment = first + versions // 2
                then = graph.at(moment)
                repeats = 3 if quick else 60
                for what, query, arguments in (
                    ("look-up", LOOKUP, {"k": count // 2}),
                    ("hop", HOP, {"k": count // 2}),
                    ("scan", SCAN, {}),
                    ("filter", FILTER, {}),
                ):
                    ratio = ratio_of(
                        lambda q=query, a=arguments: again(then, q, a, repeats),  # noqa: B023
                        lambda q=query, a=arguments: again(graph, q, a, repeats),  # noqa: B023
                        rounds,
                    )
                    tell(f"past: {what}, {versions} versions in the {place}", ratio, 2)


def again(graph: object, query: str, arguments: dict[str, int], repeats: int) -> None:
    """The query, so many times."""
    for _ in range(repeats):
        graph.execute(query, arguments).value()  # type: ignore[attr-defined]


def deltas(*, quick: bool) -> None:
    """A scan with versions in the deltas against a clean one."""
    count, rounds = (2_000, 1) if quick else (1_000_000, 9)
    changed = count // 10
    with neuralgraph.open(checkpoint_changes=1 << 40) as graph:
        graph.load_nodes("P", {"k": np.arange(count), "v": np.arange(count) % 10})
        graph.checkpoint()
        clean = [seconds_of(graph) for _ in range(rounds)]
        graph.execute(
            f"UNWIND range(0, {changed - 1}) AS i MATCH (n) WHERE id(n) = i * 10 SET n.v = 3"
        )
        dirty = [seconds_of(graph) for _ in range(rounds)]
        tell(
            f"deltas: scan of {count:,} nodes with {changed:,} versions",
            statistics.median(dirty) / statistics.median(clean),
            2,
        )


def seconds_of(graph: neuralgraph.Graph) -> float:
    """One scan and one filter."""
    return timed(lambda: graph.execute(SCAN).value()) + timed(lambda: graph.execute(FILTER).value())


def stalls(*, quick: bool) -> None:
    """Point reads while a checkpoint runs, and while none does."""
    count = 500 if quick else 200_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.ngdb"
        with neuralgraph.open(path, checkpoint_changes=1 << 40) as graph:
            graph.load_nodes("P", {"k": np.arange(count), "v": np.arange(count)}, key="k")
            calm: list[float] = []
            during: list[float] = []
            for _ in range(1 if quick else 5):
                graph.execute("MATCH (n:P) SET n.v = n.v + 1")
                calm += latencies(
                    graph, count, until=lambda began: time.perf_counter() > began + 0.5
                )
                folding = threading.Thread(target=graph.checkpoint)
                folding.start()
                during += latencies(graph, count, until=lambda _: not folding.is_alive())  # noqa: B023
                folding.join()
    for name, found in (("no checkpoint", calm), ("a checkpoint", during)):
        ordered = sorted(found)
        at_99 = ordered[len(ordered) * 99 // 100] * 1e3
        told = f"stalls: 99th of 100 reads while {name} runs, ms (longest {ordered[-1] * 1e3:.1f})"
        tell(told, at_99, 5)


def latencies(
    graph: neuralgraph.Graph, count: int, *, until: Callable[[float], bool]
) -> list[float]:
    """Seconds of point reads, one after the other, in processor time of all threads.

    So what a checkpoint keeps the interpreter from is in them, and what other programs do is not.
    """
    found = []
    began = time.perf_counter()
    k = 0
    while not found or not until(began):
        k = (k + 7_919) % count
        start = time.process_time()
        graph.execute(LOOKUP, k=k).value()
        found.append(time.process_time() - start)
    return found


# ── how it is measured ────────────────────────────────────────────────────────────────────────


@contextmanager
def graph_of(count: int, **options: object) -> Iterator[neuralgraph.Graph]:
    """A graph of so many nodes, each with three relationships, in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.ngdb"
        with neuralgraph.open(path, durability="off", **options) as graph:
            ids = np.arange(count)
            graph.load_nodes("P", {"k": ids, "v": ids % 10}, key="k")
            ends = {
                "a": np.tile(ids, 3),
                "b": (np.tile(ids, 3) * 31 + np.repeat([1, 2, 3], count)) % count,
            }
            graph.load_relationships("R", ends, source=("P", "a"), target=("P", "b"))
            graph.checkpoint()
            yield graph


def timed(work: Work) -> float:
    """Seconds of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


def ratio_of(one: Work, other: Work, rounds: int) -> float:
    """How much longer the one takes; both in turns, the medians of their rounds."""
    one(), other()
    pairs = [(timed(one), timed(other)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


def tell(what: str, found: float, bound: float) -> None:
    """One line."""
    print(
        f"{what}: {found:.2f} (at most {bound:g}{'' if found <= bound else ', EXCEEDED'})",
        flush=True,
    )


if __name__ == "__main__":
    main()
