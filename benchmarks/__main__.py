"""``python -m benchmarks``: see the package."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.data import SIZES, make
from benchmarks.questions import QUESTIONS
from benchmarks.report import Facts, table

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Run every peer in a process of its own and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="S")
    parser.add_argument("--peers", help="names, with commas; all that are installed by default")
    parser.add_argument("--questions", help="keys, with commas; all by default")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each question")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for one peer")
    parser.add_argument(
        "--quick", action="store_true", help="tiny data, answers checked, no timings"
    )
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/results")
    options = parser.parse_args()
    names = options.peers.split(",") if options.peers else peers.installed()
    keys = options.questions or ",".join(question.key for question in QUESTIONS)
    size = "tiny" if options.quick else options.size
    with tempfile.TemporaryDirectory(prefix="benchmark-data-") as folder:
        make(size, Path(folder))
        results: Facts = {name: run_peer(name, size, folder, keys, options) for name in names}
    shown = f"{heading(size)}\n\n{table(results)}"
    print(shown)
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        today = dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%d")
        (RESULTS / f"{today}-{size}.md").write_text(f"# {shown}", encoding="utf-8")
    failed = any(
        "error" in facts
        for facts in results.get("neuralgraph", {}).values()
        if isinstance(facts, dict)
    )
    return 1 if failed else 0


def heading(size: str) -> str:
    """What was measured, on what."""
    persons, knows, posts, likes = SIZES[size]
    when = dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"Size {size}: {persons:,} persons, {knows:,} KNOWS, {posts:,} posts, {likes:,} LIKES; {when},"
        f" {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )


def run_peer(name: str, size: str, folder: str, keys: str, options: Any) -> dict[str, Any]:
    """What one peer says."""
    command = [sys.executable, "-m", "benchmarks.worker", "--peer", name, "--size", size]
    command += ["--data", folder, "--questions", keys, "--seconds", str(options.seconds)]
    command += ["--quick"] if options.quick else []
    print(f"{name} ...", file=sys.stderr, flush=True)
    facts: dict[str, Any] = {}
    # Some peers leave logs where they stand: let them stand among the data.
    root = str(RESULTS.parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=options.timeout,
            check=False,
            cwd=folder,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return {"W1": {"error": f"took more than {options.timeout:g} s"}}
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            continue
        told = json.loads(line)
        if "question" in told:
            facts[told.pop("question")] = told
        else:
            facts.update(told)
    if done.returncode:
        facts.setdefault("W1", {"error": (done.stderr.strip().splitlines() or ["it died"])[-1]})
    return facts


if __name__ == "__main__":
    sys.exit(main())
