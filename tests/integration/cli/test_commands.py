"""The command line: commands, formats, exit codes, and no tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import neuralgraph
from neuralgraph.cli.main import COMMANDS, main


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


def test_warnings_stay_out_of_the_rows(capsys, file):
    _, out, err = run(capsys, "query", file, "MATCH (p:Persn) RETURN p", "--format", "json")
    assert out == "[]\n"
    assert "no label `Persn`" in err


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


def test_query_at_a_transaction_by_number(capsys, file):
    run(capsys, "query", file, "CREATE (:Person)")
    query = "MATCH (n) RETURN count(n) AS n"
    assert run(capsys, "query", file, query, "--at", "1", "--format", "csv")[1] == "n\n2\n"


def test_explain_prints_the_plan_alone(capsys, file):
    code, out, _ = run(capsys, "query", file, "EXPLAIN MATCH (n:Person) RETURN n.name AS name")
    assert code == 0
    assert "─" not in out.splitlines()[0]


def test_json_is_json_whatever_the_values(capsys, file):
    query = "RETURN 0.0 / 0.0 AS nan, -1 / 0.0 AS low, $b AS b"
    code, out, _ = run(capsys, "query", file, query, "--param", "b=1", "--format", "json")
    assert code == 0
    assert json.loads(out, parse_constant=pytest.fail) == [
        {"nan": "NaN", "low": "-Infinity", "b": 1}
    ]


def test_output_that_the_terminal_cannot_show(file):
    words = [sys.executable, "-m", "neuralgraph", "query", file, "RETURN $x AS x"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for value, shown in (('x="\\ud800"', b"\\ud800"), ("x=\N{SNOWMAN}", b"\\u2603")):
        done = subprocess.run(
            [*words, "--param", value], env=environment, capture_output=True, check=True
        )
        assert shown in done.stdout


def test_a_misspelt_command_makes_no_database(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "qurey")
    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert "did you mean `neuralgraph query" in err


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("twice.csv", b"id,id\n1,2\n", "two columns called 'id'"),
        ("latin.csv", b"id,name\n1,\xff\n", "not UTF-8"),
        ("empty.csv", b"", "empty.csv"),
        ("broken.parquet", b"PAR1 no more", "no Parquet file"),
    ],
)
def test_data_that_cannot_be_read_is_refused(capsys, tmp_path, file, name, data, message):
    pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(data)
    code, _, err = run(capsys, "load", file, "nodes", "X", str(tmp_path / name))
    assert (code, "Traceback" in err) == (1, False)
    assert message in err
    assert run(capsys, "query", file, "MATCH (x:X) RETURN count(x)", "--format", "csv")[1] == (
        "count(x)\n0\n"
    )


def test_dump_and_restore(capsys, file, tmp_path):
    dump = str(tmp_path / "dump.jsonl.zst")
    code, out, _ = run(capsys, "dump", file, dump)
    assert code == 0
    assert out.startswith("dumped 2 nodes and 1 relationships")
    copy = str(tmp_path / "copy.ngdb")
    assert run(capsys, "restore", dump, copy)[0] == 0
    assert run(capsys, "restore", dump, copy)[0] == 1
    assert run(capsys, "restore", dump, copy, "--add")[0] == 0
    _, out, _ = run(capsys, "query", copy, "MATCH (n) RETURN count(n) AS n", "--format", "csv")
    assert out == "n\n4\n"
    code, _, err = run(capsys, "restore", str(tmp_path / "none"), copy)
    assert (code, err) == (2, f"neuralgraph: there is no file or folder {tmp_path / 'none'}\n")


def test_dump_as_cypher_runs_in_the_shell(capsys, file, tmp_path, monkeypatch):
    dump = tmp_path / "dump.cypher"
    assert run(capsys, "dump", file, str(dump))[0] == 0
    with dump.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run(capsys, str(tmp_path / "copy.ngdb"))[0] == 0
    _, out, _ = run(capsys, "query", str(tmp_path / "copy.ngdb"), QUERY, "--format", "csv")
    assert out == "name,age\nAda,36\nBob,\n"


def test_dump_to_standard_output():
    # In a process of its own: it writes bytes.
    words = [sys.executable, "-m", "neuralgraph"]
    script = b"CREATE (:N {v: 1});"
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "a.ngdb")
        subprocess.run([*words, path], input=script, capture_output=True, check=True)
        done = subprocess.run([*words, "dump", path, "-"], capture_output=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[1] == {"node": 0, "labels": ["N"], "properties": {"v": 1}}
    assert done.stderr.startswith(b"dumped 1 nodes")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: neuralgraph {command}")
    assert "--settings FILE" in text


def test_settings_from_a_file(capsys, file, tmp_path):
    settings = tmp_path / "neuralgraph.toml"
    settings.write_text("[query]\ntimeout_s = 7\n")
    query = "SHOW SETTINGS 'query.timeout_s' YIELD value"
    words = ("query", file, query, "--format", "csv", "--settings", str(settings))
    assert run(capsys, *words)[1] == "value\n7\n"
    settings.write_text("[query]\ntime_out = 7\n")
    code, _, err = run(capsys, *words)
    assert code == 1
    assert "did you mean query.timeout_s" in err
