"""The shell: statements end with a semicolon, commands begin with a colon.

With prompt_toolkit, on a terminal, it has history and editing; without it plain `input`; when standard
input is no terminal it runs what it reads as a script and stops at the first error.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from neuralgraph.api import Graph, NeuralGraphError, Transaction, open_graph
from neuralgraph.cli.commands import UsageError, add_load_arguments, load_into, render_schema
from neuralgraph.cli.rendering import literal, render_table, summary_line, warning_lines
from neuralgraph.cli.splitting import is_blank, split_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from neuralgraph.api import Result

HISTORY_FILE: Final = Path("~/.neuralgraph_history")
ROWS_SHOWN_MAX: Final = 1_000

HELP: Final = """\
Statements end with a semicolon and may take several lines.
  BEGIN; COMMIT; ROLLBACK;        several statements as one transaction
  :schema                         labels, relationship types, indexes, constraints
  :params                         show the parameters
  :params NAME = EXPRESSION       set one; :params clear forgets them
  :load nodes LABEL DATA [--key COLUMN]
  :load relationships TYPE DATA --source LABEL:COLUMN --target LABEL:COLUMN
  :explain STATEMENT              show the plan without running it
  :help   :quit
"""
_TRANSACTION: Final = re.compile(r"(BEGIN|COMMIT|ROLLBACK)(\s+TRANSACTION)?", re.IGNORECASE)


class Shell:
    """One session on one graph: its parameters and its open transaction."""

    def __init__(self, graph: Graph, write: Callable[[str], object]) -> None:
        self._graph = graph
        self._write = write
        self._parameters: dict[str, Any] = {}
        self._transaction: Transaction | None = None
        self.is_done = False

    @property
    def prompt(self) -> str:
        """Tells whether a transaction is open."""
        return "neuralgraph> " if self._transaction is None else "neuralgraph (transaction)> "

    # ── statements ────────────────────────────────────────────────────────────────────────────

    def run(self, statement: str) -> None:
        """Run one statement, without its semicolon.

        Raises:
            NeuralGraphError: it failed.
        """
        match = _TRANSACTION.fullmatch(statement.strip())
        if match:
            self._transact(match[1].upper())
        else:
            self._show(self._execute(statement))

    def _execute(self, statement: str) -> Result:
        target = self._graph if self._transaction is None else self._transaction
        return target.execute(statement, self._parameters)

    def _transact(self, command: str) -> None:
        transaction = self._transaction
        if command == "BEGIN":
            if transaction is not None:
                raise UsageError("a transaction is open already; COMMIT or ROLLBACK it first")
            self._transaction = self._graph.transaction()
        elif transaction is None:
            raise UsageError(f"there is no transaction to {command.lower()}; BEGIN one first")
        else:
            self._transaction = None
            if command == "COMMIT":
                transaction.commit()
            else:
                transaction.rollback()

    def _show(self, result: Result) -> None:
        shown = []
        count = 0
        for record in result:
            count += 1
            if count <= ROWS_SHOWN_MAX:
                shown.append(record)
        if shown or (result.columns and result.summary.plan is None):
            self._write(render_table(result.columns, shown))
        if count > ROWS_SHOWN_MAX:
            self._write(f"... the first {ROWS_SHOWN_MAX:,} of {count:,} rows\n")
        summary = result.summary
        if summary.plan is not None:
            self._write(summary.plan.rstrip("\n") + "\n")
        self._write(summary_line(count, summary) + "\n" + warning_lines(summary))

    # ── commands ──────────────────────────────────────────────────────────────────────────────

    def command(self, line: str) -> None:
        """Run a line that begins with a colon.

        Raises:
            UsageError: there is no such command, or its words make no sense.
        """
        name, _, rest = line.strip().partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            ":help": lambda _: self._put(HELP),
            ":schema": lambda _: self._put(render_schema(self._graph) or "the graph is empty\n"),
            ":params": self._params,
            ":param": self._params,
            ":load": self._load,
            ":explain": self._explain,
            ":quit": self._quit,
            ":exit": self._quit,
            ":q": self._quit,
        }
        if name not in commands:
            raise UsageError(f"there is no command {name}; :help shows them")
        commands[name](rest.strip().rstrip(";").strip())

    def _put(self, text: str) -> None:
        self._write(text)

    def _params(self, rest: str) -> None:
        if rest == "clear":
            self._parameters.clear()
        elif rest:
            name, separator, expression = rest.partition("=")
            if not separator:
                name, separator, expression = rest.partition(" ")
            name = name.strip().removeprefix("$")
            if not separator or not name.isidentifier():
                raise UsageError("write :params NAME = EXPRESSION")
            value = self._execute(f"RETURN {expression.strip()} AS value").value()
            self._parameters[name] = value
        else:
            lines = [f"${name} = {literal(value)}\n" for name, value in self._parameters.items()]
            self._write("".join(lines) or "no parameters\n")

    def _load(self, rest: str) -> None:
        parser = _QuietParser(prog=":load", add_help=False)
        add_load_arguments(parser)
        if self._transaction is not None:
            raise UsageError("a load is a transaction of its own; COMMIT or ROLLBACK first")
        try:
            words = shlex.split(rest)
        except ValueError as error:
            raise UsageError(f"the words make no sense: {error}") from error
        report = load_into(self._graph, parser.parse_args(words))
        self._write(f"{report.rows:,} rows in {report.seconds:.2f} s\n")

    def _explain(self, rest: str) -> None:
        if not rest:
            raise UsageError("write :explain STATEMENT")
        self._show(self._execute(f"EXPLAIN {rest}"))

    def _quit(self, rest: str) -> None:
        del rest
        self.is_done = True

    def close(self) -> None:
        """Roll back what is open, and say so."""
        if self._transaction is not None:
            print("the open transaction was rolled back", file=sys.stderr)
            self._transaction.rollback()
            self._transaction = None


class _QuietParser(argparse.ArgumentParser):
    """Raises instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


# ── where lines come from ─────────────────────────────────────────────────────────────────────


def run_shell(arguments: argparse.Namespace) -> int:
    """``neuralgraph [FILE]``."""
    # Only what was said counts: read_only=False would override the settings file.
    said = {"read_only": True} if arguments.read_only else {}
    with open_graph(arguments.file, settings=arguments.settings, **said) as graph:
        shell = Shell(graph, sys.stdout.write)
        try:
            if sys.stdin.isatty():
                return converse(shell, arguments.file, _line_reader())
            return run_script(shell, sys.stdin)
        finally:
            shell.close()


def run_script(shell: Shell, lines: Iterable[str]) -> int:
    """Statements and commands from a pipe or file, line by line; stops at the first error."""
    pending = ""
    for line in lines:
        if is_blank(pending) and line.lstrip().startswith(":"):
            shell.command(line)
            pending = ""
            if shell.is_done:
                return 0
            continue
        statements, pending = split_statements(pending + line)
        for statement in statements:
            shell.run(statement)
    if not is_blank(pending):
        shell.run(pending.strip())
    return 0


def converse(shell: Shell, file: str | None, read_line: Callable[[str], str]) -> int:
    """Ask for lines until :quit or end of input; errors are shown and the session goes on."""
    print(f"{file or 'a graph in memory'}; :help for help, :quit to leave")
    pending = ""
    while not shell.is_done:
        try:
            line = read_line(shell.prompt if is_blank(pending) else "...> ")
        except EOFError:
            break
        except KeyboardInterrupt:
            pending = ""
            continue
        try:
            if is_blank(pending) and line.lstrip().startswith(":"):
                shell.command(line)
                continue
            statements, pending = split_statements(pending + line + "\n")
            for statement in statements:
                shell.run(statement)
        except (NeuralGraphError, UsageError, ImportError) as error:
            pending = ""
            print(error, file=sys.stderr)
        except KeyboardInterrupt:
            pending = ""
            print("interrupted", file=sys.stderr)
    return 0


def _line_reader() -> Callable[[str], str]:
    if find_spec("prompt_toolkit") is None:
        return input
    toolkit: Any = import_module("prompt_toolkit")
    history: Any = import_module("prompt_toolkit.history")
    session = toolkit.PromptSession(history=history.FileHistory(str(HISTORY_FILE.expanduser())))
    read_line: Callable[[str], str] = session.prompt
    return read_line
