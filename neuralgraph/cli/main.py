"""``neuralgraph``: reads the arguments and runs a command, or the shell.

Exit codes: 0 done, 1 the database or the statement said no, 2 the arguments make no sense, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from neuralgraph import __version__
from neuralgraph.api import NeuralGraphError
from neuralgraph.cli import commands
from neuralgraph.cli.rendering import FORMATS
from neuralgraph.cli.shell import run_shell

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "query": commands.query,
    "load": commands.load,
    "info": commands.info,
    "check": commands.check,
    "backup": commands.backup,
    "restore": commands.restore,
    "dump": commands.dump,
}


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = command_parser() if words and words[0] in COMMANDS else shell_parser()
    arguments = parser.parse_args(words)
    command = COMMANDS[arguments.command] if "command" in arguments else run_shell
    for stream in (sys.stdout, sys.stderr):
        # A terminal, or a string in the graph, may know characters that the other cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if command is run_shell:
            refuse_misspelt_command(arguments.file)
        return command(arguments)
    except commands.UsageError as error:
        print(f"neuralgraph: {error}", file=sys.stderr)
        return 2
    except (NeuralGraphError, ImportError) as error:
        print(f"neuralgraph: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough; what Python still wants to flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def refuse_misspelt_command(file: str | None) -> None:
    """``neuralgraph qurey ...`` must not make a database called qurey."""
    near = get_close_matches(file or "", COMMANDS, n=1, cutoff=0.7)
    if near and not Path(file or "").exists():
        raise commands.UsageError(
            f"there is no file {file}; did you mean `neuralgraph {near[0]} ...`?"
        )


def shell_parser() -> argparse.ArgumentParser:
    """``neuralgraph [FILE]``."""
    parser = argparse.ArgumentParser(
        prog="neuralgraph",
        description="An embeddable property-graph database: a shell on one file.",
        epilog=f"Commands: {', '.join(COMMANDS)}; each explains itself with --help.",
    )
    parser.add_argument("--version", action="version", version=f"neuralgraph {__version__}")
    parser.add_argument("file", nargs="?", help="the database; none is an empty graph in memory")
    parser.add_argument("--read-only", action="store_true", help="refuse every write")
    add_settings_argument(parser)
    return parser


def add_settings_argument(parser: argparse.ArgumentParser) -> None:
    """What every command that opens a database takes."""
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="a TOML file with settings; NEURALGRAPH__... in the environment overrides it",
    )


def command_parser() -> argparse.ArgumentParser:
    """``neuralgraph query|load|info|check FILE ...``."""
    parser = argparse.ArgumentParser(prog="neuralgraph")
    subparsers = parser.add_subparsers(dest="command", required=True)

    query = subparsers.add_parser("query", help="run one statement and print its rows")
    query.add_argument("file", help="the database")
    query.add_argument("query", help="the statement; - reads it from standard input")
    query.add_argument("--format", choices=FORMATS, default="table")
    query.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter; JSON or text",
    )
    query.add_argument(
        "--at",
        metavar="MOMENT",
        help="read the graph as it was at a time, or after a transaction (its number)",
    )

    load = subparsers.add_parser("load", help="add the rows of a CSV or Parquet file")
    load.add_argument("file", help="the database; made when it does not exist")
    commands.add_load_arguments(load)

    for name, text in (("info", "counts, sizes and schema"), ("check", "verify every checksum")):
        subparsers.add_parser(name, help=text).add_argument("file", help="the database")
    backup = subparsers.add_parser("backup", help="copy a database")
    backup.add_argument("file", help="the database")
    backup.add_argument("target", help="the new file; with --incremental a folder")
    backup.add_argument("--incremental", action="store_true", help="add what is new to a folder")
    backup.add_argument("--verify", action="store_true", help="read the copy in the folder first")

    restore = subparsers.add_parser("restore", help="make a database of a backup or of a dump")
    restore.add_argument("source", help="a backup's folder, or a dump in JSON lines (also .zst)")
    restore.add_argument("file", help="the new database")
    restore.add_argument("--at", metavar="MOMENT", help="a time, or the number of a transaction")
    restore.add_argument("--add", action="store_true", help="add a dump to a database that exists")

    dump = subparsers.add_parser("dump", help="write a database as text")
    dump.add_argument("file", help="the database")
    dump.add_argument(
        "target", help="a new file, compressed if it ends in .zst; - is standard output"
    )
    dump.add_argument(
        "--format",
        choices=("jsonl", "cypher"),
        help="JSON lines, which restore reads, or Cypher; by default what the name ends in",
    )
    dump.add_argument("--at", metavar="MOMENT", help="a time, or the number of a transaction")
    for subparser in subparsers.choices.values():
        add_settings_argument(subparser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
