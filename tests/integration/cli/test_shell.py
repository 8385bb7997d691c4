"""The shell: statements over several lines, commands, transactions, scripts."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

import neuralgraph
from neuralgraph.cli.commands import UsageError
from neuralgraph.cli.shell import Shell, converse, run_script


@pytest.fixture
def session():
    out = io.StringIO()
    with neuralgraph.open() as graph:
        shell = Shell(graph, out.write)
        yield shell, out
        shell.close()


def test_a_statement_may_take_several_lines(session):
    shell, out = session
    assert (
        run_script(
            shell,
            io.StringIO("CREATE (:N {v: 1});\nMATCH (n)\nRETURN n.v\n  AS v;\nRETURN 'x;y' AS t"),
        )
        == 0
    )
    text = out.getvalue()
    assert "1 node created" in text
    assert "x;y" in text


def test_names_that_the_graph_does_not_have_are_warned_of(session):
    shell, out = session
    run_script(shell, io.StringIO("CREATE (:N {value: 1}); MATCH (n:N) RETURN n.valeu AS v;"))
    assert "warning: the graph has no property key `valeu` (did you mean value?)" in out.getvalue()


def test_transactions_are_statements(session):
    shell, out = session
    run_script(
        shell, io.StringIO("BEGIN; CREATE (:N); ROLLBACK; begin transaction; CREATE (:M); COMMIT;")
    )
    run_script(shell, io.StringIO("MATCH (n) RETURN labels(n) AS labels;"))
    assert "['M']" in out.getvalue()
    for text in ("COMMIT;", "BEGIN; BEGIN;"):
        with pytest.raises(UsageError):
            run_script(shell, io.StringIO(text))


def test_commands(session, tmp_path):
    shell, out = session
    (tmp_path / "rows.csv").write_text("id\n1\n2\n")
    script = (
        f":load nodes Row {tmp_path}/rows.csv --key id\n:schema\n:params x = 1 + 1\n:params\n"
        "MATCH (r:Row {id: $x}) RETURN r.id AS found;\n"
        ":explain MATCH (n) RETURN n\n:help\n:quit\nRETURN 'never';"
    )
    run_script(shell, io.StringIO(script))
    text = out.getvalue()
    assert "2 rows in" in text
    assert "$x = 2" in text
    assert "found" in text
    assert "Scan" in text
    assert ":explain STATEMENT" in text
    assert "never" not in text


@pytest.mark.parametrize(
    "line", [":nonsense", ":params 1x = 2", ":explain", ":load nodes", ':load nodes L "x']
)
def test_commands_that_make_no_sense(session, line):
    with pytest.raises(UsageError):
        session[0].command(line)


def test_a_conversation_goes_on_after_an_error(session, capsys):
    shell, out = session
    lines = iter(["RETURN nonsense;", ":nonsense", "RETURN", "1 AS one;", ":quit"])
    assert converse(shell, None, lambda _: next(lines)) == 0
    assert "nonsense" in capsys.readouterr().err
    assert "one" in out.getvalue()


def test_a_conversation_ends_with_the_input(session):
    def read_line(_):
        raise EOFError

    assert converse(session[0], None, read_line) == 0


def test_python_m_neuralgraph_runs_a_script_from_a_pipe(tmp_path):
    command = [sys.executable, "-m", "neuralgraph", str(tmp_path / "g.ngdb")]
    done = subprocess.run(
        command,
        input="CREATE (:N); MATCH (n) RETURN count(n) AS c;",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "c" in done.stdout
    failed = subprocess.run(command, input="RETURN x;", capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr


def test_a_parameter_may_be_named_with_its_dollar(session):
    shell, out = session
    shell.command(":params $x = 5")
    shell.run("RETURN $x + 1 AS six")
    assert "6" in out.getvalue()
