"""Vector indexes by kind and quantization: bytes a vector, recall, and time, on one machine.

    python -m benchmarks.vector_kinds [rows] [--write]

Vectors of 128 dimensions around 200 centres, as embeddings are; 100 searches for 10 neighbours near them.
Recall is the share of the true neighbours that are found; among few candidates a search is exact.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import neuralgraph

DIMENSION, CENTRES, SEARCHES, LIMIT = 128, 200, 100, 10
SHARES = (0.5, 0.1, 0.01, 0.0001)
FORMS = (
    ("flat", "none"),
    ("hnsw", "none"),
    ("hnsw", "int8"),
    ("ivf", "none"),
    ("ivf", "int8"),
    ("ivf", "product"),
    ("ivf", "binary"),
)
CREATE = (
    "CREATE VECTOR INDEX v FOR (d:Doc) ON (d.v) OPTIONS {{indexConfig: {{`vector.dimensions`: {d},"
    " `neural.kind`: '{kind}', `vector.quantization.type`: '{quantization}'}}}}"
)
SEARCH = "CALL db.index.vector.queryNodes('v', $k, $v) YIELD node RETURN node.i"
WITHIN = (
    "MATCH (d:Doc) WHERE d.i % $n = 0 WITH collect(d) AS docs"
    " CALL neural.search('v', $v, {limit: $k, within: docs}) YIELD entity RETURN entity.i"
)


def vectors(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """What is indexed, and what is sought; of length 1."""
    chance = np.random.default_rng(7)
    centres = chance.standard_normal((CENTRES, DIMENSION))

    def near(count: int) -> np.ndarray:
        found = centres[chance.integers(0, CENTRES, count)]
        found = found + 0.7 * chance.standard_normal((count, DIMENSION))
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    return near(rows), near(SEARCHES)


def measure(folder: Path, kind: str, quantization: str, rows: int) -> list[str]:
    """A row of the table."""
    matrix, sought = vectors(rows)
    with neuralgraph.open(folder / f"{kind}-{quantization}.ngdb") as graph:
        graph.load_nodes("Doc", {"i": np.arange(rows), "v": matrix})
        start = time.perf_counter()
        graph.execute(CREATE.format(d=DIMENSION, kind=kind, quantization=quantization))
        graph.execute("CALL db.awaitIndexes()")
        built_s = time.perf_counter() - start
        facts = graph.execute("CALL neural.searchIndexes()").single()
        recalls, times_ms = [], []
        for vector in sought:
            start = time.perf_counter()
            found = graph.execute(SEARCH, v=vector, k=LIMIT).values()
            times_ms.append((time.perf_counter() - start) * 1e3)
            recalls.append(recall(found, matrix, vector, np.arange(rows)))
        narrowed = []
        for share in SHARES:
            step = max(1, round(1 / share))
            some = np.arange(0, rows, step)
            found_each = [
                recall(
                    graph.execute(WITHIN, v=vector, k=LIMIT, n=step).values(), matrix, vector, some
                )
                for vector in sought[:10]
            ]
            narrowed.append(f"{np.mean(found_each):.2f}")
    return [
        kind,
        quantization,
        f"{facts['bytes'] / rows:.0f}",
        f"{np.mean(recalls):.3f}",
        *narrowed,
        f"{np.median(times_ms):.2f}",
        f"{built_s:.1f}",
    ]


def recall(found: list[int], matrix: np.ndarray, vector: np.ndarray, among: np.ndarray) -> float:
    """The share of the true neighbours that are there."""
    wanted = among[np.argsort(-(matrix[among] @ vector), kind="stable")[:LIMIT]]
    return len(set(found) & set(wanted.tolist())) / len(wanted)


def main(arguments: list[str]) -> None:
    """Measure, print, and with --write keep."""
    rows = int(next((one for one in arguments if one.isdigit()), "20000"))
    heads = ["kind", "quantization", "bytes a vector", f"recall@{LIMIT}"]
    heads += [f"of {share:.2%}" for share in SHARES]
    heads += ["ms", "made in s"]
    lines = [f"{rows:,} vectors of {DIMENSION} dimensions ({4 * DIMENSION} bytes each)", ""]
    lines += ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    with tempfile.TemporaryDirectory() as folder:
        for kind, quantization in FORMS:
            cells = measure(Path(folder), kind, quantization, rows)
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if "--write" in arguments:
        place = Path(__file__).parent / "results" / "vector_kinds.md"
        place.write_text("# Vector indexes by kind\n\n" + text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
