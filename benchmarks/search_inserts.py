"""What search indexes cost those who write: the same inserts without, with a vector and a full-text index.

    python -m benchmarks.search_inserts [rows] [--write]

Posts with a text of 40 words and a vector of 128 dimensions are created one a transaction, a hundred a
transaction, and all in one statement; then a checkpoint brings them into the indexes. The graph has as many
posts before. Rounds are interleaved; what is shown are medians of the wall clock, commits not synced (a sync
costs the same with and without, and would hide the difference).
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import neuralgraph
from benchmarks.data import make

if TYPE_CHECKING:
    from benchmarks.data import Data

ROUNDS = 3
INDEXES = {
    "vector": (
        "CREATE VECTOR INDEX v FOR (p:Post) ON (p.embedding) OPTIONS {indexConfig:"
        " {`vector.dimensions`: 128}}"
    ),
    "text": "CREATE FULLTEXT INDEX t FOR (p:Post) ON EACH [p.body]",
}
CREATE = "CREATE (:Post {id: $id, body: $body, embedding: $embedding})"
CREATE_MANY = (
    "UNWIND $rows AS row CREATE (:Post {id: row.id, body: row.body, embedding: row.embedding})"
)
CHOICES: tuple[tuple[str, ...], ...] = ((), ("vector",), ("text",), ("vector", "text"))
POSTS_TINY = 400
WAYS = {"one a transaction": 1, "100 a transaction": 100, "all in one": 0}
Rows = list[dict[str, Any]]


def rows_of(data: Data, count: int) -> Rows:
    """Posts as parameters."""
    post = data.post
    return [
        {"id": number, "body": post["body"][number], "embedding": post["embedding"][number]}
        for number in range(count)
    ]


def insert(graph: Any, rows: Rows, size: int) -> None:
    """All rows, `size` a transaction; 0: in one statement."""
    if size == 1:
        for row in rows:
            graph.execute(CREATE, row)
        return
    step = size or len(rows)
    for start in range(0, len(rows), step):
        graph.execute(CREATE_MANY, rows=rows[start : start + step])


STEPS = ("inserts", "first search", "checkpoint", "all of it")


def measured(data: Data, rows: Rows, size: int, indexes: tuple[str, ...]) -> dict[str, float]:
    """Seconds of the inserts, of a search in each index behind them, and of the checkpoint."""
    count = len(rows)
    before = {key: data.post[key][-count:] for key in ("body", "embedding")}
    with (
        tempfile.TemporaryDirectory() as folder,
        neuralgraph.open(Path(folder) / "graph.ngdb", durability="normal") as graph,
    ):
        graph.load_nodes("Post", {"id": np.arange(count) + 10**9, **before})
        for name in indexes:
            graph.execute(INDEXES[name])
        graph.execute("CALL db.awaitIndexes()")
        times = [time.perf_counter()]
        insert(graph, rows, size)
        times.append(time.perf_counter())
        for name in indexes:
            sought = rows[0]["embedding"] if name == "vector" else rows[0]["body"].split()[0]
            graph.execute("CALL neural.search($name, $sought)", name=name[0], sought=sought)
        times.append(time.perf_counter())
        graph.checkpoint()
        times.append(time.perf_counter())
    inserts, search, checkpoint = np.diff(times).tolist()
    return dict(
        zip(STEPS, (inserts, search, checkpoint, sum((inserts, search, checkpoint))), strict=True)
    )


def main(arguments: list[str]) -> None:
    """Measure, print, and with --write keep."""
    count = int(next((one for one in arguments if one.isdigit()), "10000"))
    heads = [
        "",
        *("none" if not names else " and ".join(names) for names in CHOICES),
        "both / none",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    with tempfile.TemporaryDirectory() as folder:
        data = make("S" if count > POSTS_TINY // 2 else "tiny", Path(folder))
    rows = rows_of(data, count)
    for way, size in WAYS.items():
        found: dict[tuple[str, ...], list[dict[str, float]]] = {names: [] for names in CHOICES}
        for _ in range(ROUNDS):
            for names in CHOICES:
                found[names].append(measured(data, rows, size, names))
        for step in STEPS:
            cells = [float(np.median([one[step] for one in found[names]])) for names in CHOICES]
            ratio = f"{cells[-1] / cells[0]:.2f}" if step in ("inserts", "all of it") else ""
            shown = [f"{cell * 1e3:,.0f} ms" if cell > 1e-4 else "" for cell in cells]
            lines.append(f"| {way}: {step} | " + " | ".join([*shown, ratio]) + " |")
            print(lines[-1], flush=True)
    heading = (
        f"{count:,} inserts, {platform.machine()}, {os.cpu_count()} cores, medians of {ROUNDS}"
    )
    text = f"# What search indexes cost those who write\n\n{heading}\n\n" + "\n".join(lines) + "\n"
    print(text)
    if "--write" in arguments:
        place = Path(__file__).parent / "results" / "search_inserts.md"
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
