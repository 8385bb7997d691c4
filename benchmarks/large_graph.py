"""``python -m benchmarks.large_graph``: memory and times with 1 million nodes and 18 million relationships.

Loads the graph, and one of a hundredth of its size, each in a process of its own that tells its peak
memory; then opens each file in fresh processes and asks for one node, its neighbours and their neighbours.
The answers are compared with numpy's. The time to the first answer must not grow with the file.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import neuralgraph

LOOKUP = "MATCH (p:Person {id: $id}) RETURN p.name"
HOP = "MATCH (:Person {id: $id})-[:KNOWS]->(b) RETURN count(b)"
HOPS = "MATCH (:Person {id: $id})-[:KNOWS]->()-[:KNOWS]->(c) RETURN count(DISTINCT c)"
DEGREE = 18
OPENINGS = 7


def main() -> None:
    """Make, load and open both sizes, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_graph", description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--step", choices=["make", "load", "ask"], help="used by the script itself")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.step is not None:
        print(json.dumps(STEPS[options.step](options.folder, options.nodes)))
        return
    print("| | " + " | ".join(FACTS) + " |")
    print("|---|" + "---|" * len(FACTS))
    for nodes in (options.nodes // 100, options.nodes):
        with tempfile.TemporaryDirectory(prefix="benchmark-large-") as folder:
            facts: dict[str, Any] = {}
            for step in ("make", "load", *["ask"] * OPENINGS):
                found = run(step, folder, nodes)
                for name, value in found.items():
                    facts.setdefault(name, []).append(value)
            cells = " | ".join(show.format(np.median(facts[name])) for name, show in FACTS.items())
            print(f"| {nodes:,} nodes, {nodes * DEGREE:,} relationships | {cells} |", flush=True)


FACTS = {
    "load, s": "{:.1f}",
    "peak memory of the load, MB": "{:,.0f}",
    "file, MB": "{:,.0f}",
    "open, ms": "{:.1f}",
    "first lookup, ms": "{:.1f}",
    "first 1 hop, ms": "{:.1f}",
    "first 2 hops, ms": "{:.1f}",
    "memory after them, MB": "{:,.0f}",
}


def run(step: str, folder: str, nodes: int) -> dict[str, Any]:
    """One step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.large_graph", "--step", step]
    command += ["--folder", folder, "--nodes", str(nodes)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def make(folder: Path, nodes: int) -> dict[str, float]:
    """Two Parquet files; ids are 7 apart, sources and targets are skewed in their own ways."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    random = np.random.default_rng(7)
    ids = 1_000 + 7 * np.arange(nodes)
    persons = {
        "id": ids,
        "name": [f"person number {place}" for place in range(nodes)],
        "age": random.integers(13, 95, nodes),
    }
    parquet.write_table(arrow.table(persons), folder / "person.parquet")
    sources = (nodes * random.random(nodes * DEGREE) ** 1.5).astype(np.int64)
    targets = nodes - 1 - (nodes * random.random(nodes * DEGREE) ** 1.3).astype(np.int64)
    knows = {"src": ids[sources], "dst": ids[targets], "since": 1990 + (sources ^ targets) % 36}
    parquet.write_table(arrow.table(knows), folder / "knows.parquet")
    place = nodes // 2
    near = targets[sources == place]
    is_near = np.zeros(nodes, dtype=bool)
    is_near[near] = True
    answers = {
        LOOKUP: f"person number {place}",
        HOP: len(near),
        HOPS: len(np.unique(targets[is_near[sources]])),
    }
    (folder / "answers.json").write_text(json.dumps([int(ids[place]), answers]), encoding="utf-8")
    return {}


def load(folder: Path, _nodes: int) -> dict[str, float]:
    """Everything in two loads."""
    began_s = time.perf_counter()
    with neuralgraph.open(folder / "graph.ngdb") as graph:
        graph.load_nodes("Person", folder / "person.parquet", key="id")
        graph.load_relationships(
            "KNOWS", folder / "knows.parquet", source=("Person", "src"), target=("Person", "dst")
        )
    seconds = time.perf_counter() - began_s
    size = (folder / "graph.ngdb").stat().st_size
    return {"load, s": seconds, FACT_PEAK: peak_megabytes(), "file, MB": size / 1e6}


def ask(folder: Path, _nodes: int) -> dict[str, float]:
    """Open, and ask once each; the grammar is built before, as it is the same for all files."""
    person, answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    neuralgraph.open().execute("MATCH (n)-[:R]->(m) RETURN count(DISTINCT m)").value()
    facts: dict[str, float] = {}
    began_s = time.perf_counter()
    with neuralgraph.open(folder / "graph.ngdb") as graph:
        facts["open, ms"] = (time.perf_counter() - began_s) * 1e3
        names = ("first lookup, ms", "first 1 hop, ms", "first 2 hops, ms")
        for name, query in zip(names, (LOOKUP, HOP, HOPS), strict=True):
            began_s = time.perf_counter()
            answer = graph.execute(query, id=person).value()
            facts[name] = (time.perf_counter() - began_s) * 1e3
            assert answer == answers[query], (query, answer, answers[query])
        facts["memory after them, MB"] = peak_megabytes()
    return facts


def peak_megabytes() -> float:
    """Of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


FACT_PEAK = "peak memory of the load, MB"
STEPS = {"make": make, "load": load, "ask": ask}

if __name__ == "__main__":
    main()
