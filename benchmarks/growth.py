"""Question "growth": from size to size, does every row grow no faster than the data?

``python -m benchmarks.growth`` reads the newest results of each size in `benchmarks/results/` and prints the
log-log slope of each row of neuralgraph over the number of relationships: 1 grows like the data.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from benchmarks.data import SIZES
from benchmarks.report import OURS, cell, label, score

RESULTS = Path(__file__).with_name("results")


def main() -> None:
    """Print the table."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for size in ("S", "M", "L"):
        files = sorted(RESULTS.glob(f"*-{size}.json"))
        if files:
            results = json.loads(files[-1].read_text(encoding="utf-8"))["results"]
            rows = results.get(OURS, {"rows": []})["rows"]
            found[size] = {label(number, title): facts for number, title, facts in rows}
    sizes = list(found)
    if len(sizes) < 2:
        print("two sizes are needed: run python -m benchmarks --size S --write, and --size M")
        return
    print(
        "| of neuralgraph | " + " | ".join(sizes) + " | slope |\n" + "|---" * (len(sizes) + 2) + "|"
    )
    for title, facts in found[sizes[0]].items():
        cells = [cell(found[size].get(title)) for size in sizes]
        print(f"| {title} | {' | '.join(cells)} | {slope(title, facts, found, sizes)} |")


def slope(title: str, first: dict[str, Any], found: dict[str, Any], sizes: list[str]) -> str:
    """Between the first size and the last that has the row."""
    last = next((size for size in reversed(sizes) if title in found[size]), sizes[0])
    before, after = score(first), score(found[last].get(title))
    if before is None or after is None or last == sizes[0]:
        return ""
    if "rows" in first:  # a load: for each row
        before, after = before / first["rows"], after / found[last][title]["rows"]
        return f"{math.log(after / before) / _growth(sizes[0], last) + 1:.2f}"
    return f"{math.log(after / before) / _growth(sizes[0], last):.2f}"


def _growth(first: str, last: str) -> float:
    return math.log(SIZES[last][1] / SIZES[first][1])


if __name__ == "__main__":
    main()
