"""Searches among few and many candidates: recall, time, and the way that was taken.

    python -m benchmarks.filtered_search [rows] [--write]

Vectors of 128 dimensions around centres, as embeddings are; the ten nearest are sought among a share of the
nodes that a condition chooses, from half of them down to one in ten thousand. The condition knows nothing of
the vectors (any), or it leaves out the whole group that is near to what is sought (elsewhere): an index that
merely passes over what does not count finds nothing there. Recall is the share of the true neighbours that is
found; times are whole statements, which find the candidates by an index of their own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import neuralgraph
from benchmarks.vector_kinds import CREATE, DIMENSION
from benchmarks.vector_kinds import FORMS as ALL_FORMS

ROWS_A_CENTRE, SEARCHES, LIMIT = 400, 20, 10
SHARES = (0.5, 0.2, 0.1, 0.05, 0.01, 0.001, 0.0001)
FORMS = tuple(form for form in ALL_FORMS if form[0] != "flat")
SEARCH = (
    "MATCH (d:Doc) SEARCH d IN (VECTOR INDEX v FOR $v WHERE d.{key} < $below LIMIT 10) SCORE AS score"
    " RETURN d.i"
)
Found = dict[str, Any]


def vectors(rows: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """What is indexed, what is sought, of length 1; and which rows are of the group of each of these."""
    chance = np.random.default_rng(7)
    centres = chance.standard_normal((max(20, rows // ROWS_A_CENTRE), DIMENSION))

    def near(count: int) -> tuple[np.ndarray, np.ndarray]:
        groups = chance.integers(0, len(centres), count)
        found = centres[groups] + 0.7 * chance.standard_normal((count, DIMENSION))
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32), groups

    (matrix, groups), (sought, own) = near(rows), near(SEARCHES)
    return matrix, sought, [groups == group for group in own]


def load(graph: Any, matrix: np.ndarray, groups: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Nodes with a place in a random order, and in such orders with the group of each search at the end."""
    rows = len(matrix)
    orders = {"any": np.random.default_rng(8).permutation(rows)}
    for number, group in enumerate(groups):
        order = np.empty(rows, dtype=np.int64)
        order[np.lexsort((orders["any"], group))] = np.arange(rows)
        orders[f"elsewhere{number}"] = order
    graph.load_nodes("Doc", {"i": np.arange(rows), "v": matrix, **orders})
    for key in orders:
        graph.execute(f"CREATE INDEX FOR (d:Doc) ON (d.{key})")
    return orders


def measure(
    graph: Any, matrix: np.ndarray, sought: np.ndarray, orders: dict[str, np.ndarray]
) -> dict[tuple[str, float], Found]:
    """By condition and share: ``recall``, ``ms`` and ``way``."""
    found: dict[tuple[str, float], Found] = {}
    for share in SHARES:
        below = max(1, round(share * len(matrix)))
        for condition in ("any", "elsewhere"):
            recalls, times_ms, key = [], [], condition
            for number, vector in enumerate(sought):
                key = "any" if condition == "any" else f"elsewhere{number}"
                text = SEARCH.format(key=key)
                began = time.perf_counter()
                got = graph.execute(text, v=vector, below=below).values(0)
                times_ms.append((time.perf_counter() - began) * 1e3)
                some = np.flatnonzero(orders[key] < below)
                best = some[np.argsort(-(matrix[some] @ vector), kind="stable")[:LIMIT]].tolist()
                recalls.append(len(set(got) & set(best)) / len(best))
            plan = graph.execute(
                "PROFILE " + SEARCH.format(key=key), v=sought[-1], below=below
            ).summary.plan
            way = plan.split("[v ")[1].split("]")[0]
            found[condition, share] = {
                "recall": float(np.mean(recalls)),
                "ms": float(np.median(times_ms)),
                "way": way,
            }
    return found


def main(arguments: list[str]) -> None:
    """Measure, print, and with --write keep."""
    rows = int(next((one for one in arguments if one.isdigit()), "100000"))
    matrix, sought, groups = vectors(rows)
    lines = [
        "| kind | of all | recall, any | ms | recall, elsewhere | ms | way (any) |",
        "|---" * 7 + "|",
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        neuralgraph.open(Path(folder) / "graph.ngdb") as graph,
    ):
        orders = load(graph, matrix, groups)
        for kind, quantization in FORMS:
            graph.execute(CREATE.format(d=DIMENSION, kind=kind, quantization=quantization))
            graph.execute("CALL db.awaitIndexes()")
            found = measure(graph, matrix, sought, orders)
            for share in SHARES:
                one, other = found["any", share], found["elsewhere", share]
                cells = [f"{kind} {quantization}", f"{share:.2%}"]
                cells += [f"{one['recall']:.3f}", f"{one['ms']:.2f}"]
                cells += [f"{other['recall']:.3f}", f"{other['ms']:.2f}", one["way"]]
                lines.append("| " + " | ".join(cells) + " |")
                print(lines[-1], flush=True)
            graph.execute("DROP INDEX v")
    heading = f"{rows:,} vectors of {DIMENSION} dimensions, {SEARCHES} searches for {LIMIT}"
    text = f"# Searches among candidates\n\n{heading}\n\n" + "\n".join(lines) + "\n"
    if "--write" in arguments:
        place = Path(__file__).parent / "results" / "filtered_search.md"
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
