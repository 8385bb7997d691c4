"""``python -m benchmarks``: see the package."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.data import SIZES, make
from benchmarks.plot import plot
from benchmarks.questions import QUESTIONS
from benchmarks.report import OURS, Results, table
from benchmarks.runner import Settings, ask_peer

RESULTS = Path(__file__).with_name("results")
README = RESULTS.parents[1] / "README.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"


def main() -> int:
    """Ask every peer and print the table."""
    options = arguments()
    names = options.peers.split(",") if options.peers else peers.installed()
    keys = options.questions.split(",") if options.questions else None
    numbers = [
        number for number, question in enumerate(QUESTIONS) if keys is None or question.key in keys
    ]
    size = "tiny" if options.quick else options.size
    results: Results = {}
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        data = Path(options.data or folder) / f"data-{size}"
        make(size, data)
        settings = Settings(size, options.seconds, options.limit, options.quick, data, Path(folder))
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results[name] = ask_peer(name, numbers, settings)
            if options.verbose:
                print((Path(folder) / f"{name}.log").read_text(encoding="utf-8"), file=sys.stderr)
    shown = f"{heading(size, load_before)}\n\n{table(results)}"
    print(shown)
    if options.write:
        write(size, shown, results)
    return 1 if any(map(is_wrong, results[OURS]["rows"] if OURS in results else [])) else 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="S")
    parser.add_argument("--peers", help="names, with commas; all that are installed by default")
    parser.add_argument("--questions", help="keys such as W3, own; with commas; all by default")
    parser.add_argument("--seconds", type=float, default=0.4, help="for each row of the table")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for one question")
    parser.add_argument("--data", help="a folder that keeps the data for the next time")
    parser.add_argument("--quick", action="store_true", help="tiny data, answers only, no timings")
    parser.add_argument("--write", action="store_true", help="keep it in benchmarks/results")
    parser.add_argument("--verbose", action="store_true", help="what the peers complain about")
    return parser.parse_args()


def is_wrong(row: Any) -> bool:
    """Did we fail here?"""
    return "error" in row[2]


def write(size: str, shown: str, results: Results) -> None:
    """The table, what it was made of, and a picture."""
    RESULTS.mkdir(exist_ok=True)
    today = dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%d")
    path = RESULTS / f"{today}-{size}"
    heading = shown.splitlines()[0]
    text = f"# {shown}\n![How many times as much each peer takes]({path.name}.svg)\n"
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    facts = {"heading": heading, "results": results}
    path.with_suffix(".json").write_text(json.dumps(facts, indent=0), encoding="utf-8")
    path.with_suffix(".svg").write_text(plot(results, heading), encoding="utf-8")
    if size == "S":
        into_readme(shown, path.name)


def into_readme(shown: str, name: str) -> None:
    """Put the table of size S where the README shows it, with the command that made it."""
    readme = README.read_text(encoding="utf-8")
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    command = " ".join(["python -m benchmarks", *told()])
    picture = f"![How many times as much each peer takes](benchmarks/results/{name}.svg)"
    text = f"{BEGIN}\n`{command}`. {shown}\n{picture}\n{END}"
    README.write_text(before + text + after, encoding="utf-8")


def told() -> list[str]:
    """The arguments, but for the folder, which is of this machine only."""
    given = list(sys.argv[1:])
    if "--data" in given:
        place = given.index("--data")
        del given[place : place + 2]
    return given


def heading(size: str, load: float) -> str:
    """What was measured, on what, and whether others used the machine."""
    persons, knows, posts, likes = SIZES[size]
    when = dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"Size {size}: {persons:,} persons, {knows:,} KNOWS, {posts:,} posts, {likes:,} LIKES; {when},"
        f" {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" load before the start {load:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
