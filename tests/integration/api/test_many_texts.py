"""Many different strings stay packed from the file to the result: scans, searches and exports agree."""

from __future__ import annotations

import numpy as np
import pytest

import neuralgraph
from neuralgraph.errors import QueryTypeError

COUNT = 70_000
"""More than a segment."""

ALL = "MATCH (d:Doc) RETURN d.title AS title ORDER BY d.key"


@pytest.fixture(scope="module")
def titles():
    titles = [f"title {number} é{number % 97}" for number in range(COUNT)]
    for row in range(5, COUNT, 1_000):
        titles[row] = None
    return titles


@pytest.fixture
def graph(tmp_path, titles):
    with neuralgraph.open(tmp_path / "texts.ngdb") as graph:
        graph.load_nodes("Doc", {"key": np.arange(COUNT), "title": titles}, key="key")
        yield graph


def found(graph, predicate, needle):
    query = f"MATCH (d:Doc) WHERE d.title {predicate} $needle RETURN d.key ORDER BY d.key"
    return graph.execute(query, needle=needle).values()


def keys(titles, accepts):
    return [key for key, title in enumerate(titles) if title is not None and accepts(title)]


def check_searches(graph, titles):
    needle = "99 é"
    for _ in range(3):
        assert found(graph, "CONTAINS", needle) == keys(titles, lambda title: needle in title)
    assert found(graph, "STARTS WITH", "title 6999") == keys(
        titles, lambda title: title.startswith("title 6999")
    )
    assert found(graph, "ENDS WITH", "9 é10") == keys(titles, lambda title: title.endswith("9 é10"))
    assert found(graph, "=", titles[66_000]) == keys(titles, lambda title: title == titles[66_000])


def test_searches_and_exports_are_those_of_the_list(graph, titles):
    pytest.importorskip("pyarrow")
    pytest.importorskip("pandas")
    check_searches(graph, titles)
    for _ in range(3):
        assert graph.execute(ALL).to_arrow()["title"].to_pylist() == titles
    assert graph.execute(ALL).values() == titles
    frame = graph.execute(ALL).to_pandas()
    assert [None if title != title else title for title in frame["title"]] == titles
    few = graph.execute("MATCH (d:Doc) WHERE d.key % 9000 = 7 RETURN d.title ORDER BY d.key")
    assert few.to_arrow()[0].to_pylist() == titles[7::9_000]


def test_fresh_strings_lie_over_packed_ones(graph, titles):
    titles = list(titles)
    for key in range(0, COUNT, 999):
        titles[key] = None if key % 2 else f"fresh 99 é{key}"
    changed = [{"key": key, "title": titles[key]} for key in range(0, COUNT, 999)]
    query = "UNWIND $changed AS c MATCH (d:Doc {key: c.key}) SET d.title = c.title"
    graph.execute(query, changed=changed)
    check_searches(graph, titles)
    assert graph.execute(ALL).values() == titles
    check_searches(graph, titles)
    graph.checkpoint()
    check_searches(graph, titles)


def test_half_a_surrogate_pair_among_many_is_a_typed_error(graph):
    pytest.importorskip("pyarrow")
    graph.execute("MATCH (d:Doc {key: 3}) SET d.title = $text", text="\ud800")
    graph.checkpoint()
    assert found(graph, "CONTAINS", "\ud800") == [3]
    with pytest.raises(QueryTypeError, match="surrogate"):
        graph.execute(ALL).to_arrow()
