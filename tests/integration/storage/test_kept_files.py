"""Files that earlier versions wrote are opened, read, verified and written on."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

import neuralgraph

KEPT = sorted((Path(__file__).parents[2] / "kept_files").glob("*.tar.zst"))
COUNT = 300


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name.partition(".")[0])
def test_an_older_file_is_read_and_written(path, tmp_path):
    archive = zstandard.ZstdDecompressor().decompress(path.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(tmp_path, filter="data")
    for _ in range(2):  # as it was, and once this version has written all of it anew
        with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
            check(graph)
            graph.execute("MATCH (p:Person) SET p.touched = true")
            graph.checkpoint()
            graph.vacuum()
            assert graph.verify() == []


def check(graph):
    assert graph.verify() == []
    ages = sum(20 + number % 50 + (100 if number % 10 == 0 else 0) for number in range(COUNT))
    found = graph.execute("MATCH (p:Person) RETURN count(*), sum(p.age), count(p.body)").single()
    assert found == (COUNT + 20, ages, COUNT)
    assert graph.execute("MATCH ()-[r:KNOWS]->() RETURN count(*)").value() == 3 * COUNT - 3
    assert graph.execute("MATCH (p:Person {id: 1}) RETURN p.name").value() == "in the log"
    assert graph.execute("MATCH (p:New {id: 1003}) RETURN p.tags").value() == ["a", 1003]
    words = ("alpha", "beta", "gamma", "delta", "epsilon")
    body = " ".join(f"{words[17 * k % 5]}{17 % 7}" for k in range(1, 41))
    assert graph.execute("MATCH (p:Person {id: 17}) RETURN p.body").value() == body
    past = graph.execute("AT TRANSACTION 3 MATCH (p:Person) RETURN sum(p.age)").value()
    assert past == ages - 100 * COUNT // 10
