"""Files that earlier versions wrote are opened, read, written to and checked, for ever.

Each archive in `tests/released` holds a database as a killed process left it: a file with history and
indexes, and a log with commits and changes of the schema that no checkpoint has folded. It is named after
the layout of its manifest. A new layout gets a new archive; none is ever replaced.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import neuralgraph
from neuralgraph import errors
from neuralgraph.storage.versions.manifest_codec import LAYOUT

RELEASED = Path(__file__).resolve().parents[2] / "released"
ARCHIVES = sorted(path.name for path in RELEASED.glob("*.zip"))


@pytest.fixture(params=ARCHIVES)
def path(request, tmp_path):
    with zipfile.ZipFile(RELEASED / request.param) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "graph.ngdb"


def names(graph, what):
    return sorted(record["name"] for record in graph.execute(f"SHOW {what}"))


def check(graph):
    people = graph.execute("MATCH (p:P) RETURN p ORDER BY p.k").to_dicts()
    ada, charles, third = (row["p"] for row in people)
    assert ada.properties["name"] == "Lovelace"
    assert ada.properties["list"] == [1, 2.5, "x"]
    assert str(ada.properties["born"]) == "1815-12-10"
    assert ada.properties["map"] == {"a": [1]}
    assert ada.properties["at"].x == 1
    assert (charles.labels, charles.properties["name"]) == (frozenset({"P"}), "Babbage")
    assert third.properties["k"] == 3
    assert graph.execute("MATCH (l:L) RETURN count(l), count(DISTINCT l.t)").single() == (100, 7)
    assert graph.execute("MATCH ()-[r:TO]->() RETURN sum(r.w)").value() == sum(range(6))
    assert names(graph, "INDEXES") == ["one_k"]
    # The past: 2 made the people, 6 and 7 changed them and took relationships away.
    assert graph.at(5).execute("MATCH (q:Q) RETURN q.name").value() == "Charles"
    assert graph.at(5).execute("MATCH ()-[r:TO]->() RETURN count(r)").value() == 10
    assert graph.at(8).execute("MATCH (p:P {k: 1}) RETURN p.name").value() == "Lovelace"
    noted = graph.execute(
        "CALL neural.transactions() YIELD txid, actor, reason RETURN *"
    ).to_dicts()
    assert [row["reason"] for row in noted if row["actor"] == "maker"] == ["a file to keep"]


def test_a_released_file_is_read_whole_and_written_to(path):
    with neuralgraph.open(path, read_only=True) as graph:
        check(graph)
        assert graph.verify(history=True) == []
    with neuralgraph.open(path) as graph:
        check(graph)
        with pytest.raises(errors.ConstraintViolationError):
            graph.execute("CREATE (:P {k: 1})")
        graph.execute("CREATE (:New {k: 1})")
        assert graph.verify(history=True) == []
    with neuralgraph.open(path) as graph:
        check(graph)
        last = graph.info().txid
        graph.execute("FLASHBACK TO TRANSACTION 5")
        assert graph.execute("MATCH (q:Q) RETURN q.name").value() == "Charles"
        graph.execute("FLASHBACK TO TRANSACTION $last", last=last)
        check(graph)
        graph.vacuum()
        assert graph.verify(history=True) == []


@pytest.mark.parametrize("path", ["layout-3.zip"], indirect=True)
def test_long_texts_in_frames_are_read_and_those_of_the_log(path):
    with neuralgraph.open(path) as graph:
        text = "MATCH (l:Long {i: $i}) RETURN l.text"
        for number in (0, 17, 298):
            words = "".join(f"{number * k % 97} of ninety-seven, " for k in range(1, 41))
            assert graph.execute(text, i=number).value() == words
        assert graph.execute(text, i=299).value() == "in the log"
        assert graph.execute(text, i=319).value() == "in the log"
        assert graph.execute("MATCH (:Long)-[r:NEXT]->() RETURN count(r)").value() == 300


def test_the_newest_layout_has_an_archive():
    assert f"layout-{LAYOUT}.zip" in ARCHIVES
