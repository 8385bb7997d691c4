"""Writes a file for `tests/integration/storage/test_kept_files.py`: run it before the layout is raised.

python tests/kept_files/make.py layout-2
"""

from __future__ import annotations

import io
import sys
import tarfile
import tempfile
from pathlib import Path

import zstandard

import neuralgraph

COUNT = 300
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon")


def main() -> None:
    """A crashed database, its log beside it, as one archive."""
    target = Path(__file__).with_name(f"{sys.argv[1]}.tar.zst")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.ngdb"
        with neuralgraph.open(path) as graph:
            fill(graph)
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w") as tar:
                for name in ("graph.ngdb", "graph.ngdb-wal"):
                    tar.add(Path(folder) / name, name)
    target.write_bytes(zstandard.ZstdCompressor(level=19).compress(archive.getvalue()))


def text(number: int) -> str:
    """A long one, another for each number."""
    return " ".join(f"{WORDS[number * k % 5]}{number % 7}" for k in range(1, 41))


def fill(graph: neuralgraph.Graph) -> None:
    """Segments, history, deletions, label sets, and a commit that no checkpoint has seen."""
    numbers = range(COUNT)
    graph.execute("CREATE CONSTRAINT FOR (p:Person) REQUIRE p.id IS UNIQUE")
    persons = {
        "id": list(numbers),
        "name": [f"person {number}" for number in numbers],
        "body": [text(number) for number in numbers],
        "age": [20 + number % 50 for number in numbers],
    }
    graph.load_nodes("Person", persons, key="id")
    pairs = [
        (number, (number * k + k) % COUNT, 2000 + number % 20)
        for number in numbers
        for k in (1, 2, 3)
    ]
    knows = dict(zip(("a", "b", "since"), map(list, zip(*pairs, strict=True)), strict=True))
    graph.load_relationships("KNOWS", knows, source=("Person", "a"), target=("Person", "b"))
    graph.execute("MATCH (p:Person) WHERE p.id % 10 = 0 SET p.age = p.age + 100")
    graph.execute("MATCH (p:Person {id: 7})-[r:KNOWS]->() DELETE r")
    graph.execute("UNWIND range(1000, 1019) AS i CREATE (:Person:New {id: i, tags: ['a', i]})")
    graph.checkpoint()
    graph.execute("MATCH (p:Person {id: 1}) SET p.name = 'in the log'")


if __name__ == "__main__":
    main()
