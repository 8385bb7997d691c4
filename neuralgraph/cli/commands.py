"""One function a command; each takes the parsed arguments and gives the exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.api import Graph, open_graph
from neuralgraph.api import restore as restore_backup
from neuralgraph.cli.progress import progress_bar
from neuralgraph.cli.rendering import render, render_table, warning_lines
from neuralgraph.errors import CorruptionError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from neuralgraph.api import DumpReport, LoadReport


EMPTY_LINES: Final = {"table": 2, "json": 1, "csv": 1}
"""How many lines a result without rows has."""


class UsageError(Exception):
    """The arguments cannot be meant; the message is for the user."""


def query(arguments: Namespace) -> int:
    """``neuralgraph query FILE TEXT``."""
    text = sys.stdin.read() if arguments.query == "-" else arguments.query
    with open_existing(arguments) as graph:
        where = graph if arguments.at is None else graph.at(moment_of(arguments.at))
        result = where.execute(text, parameters_of(arguments.param))
        rows = render(result, arguments.format)
        plan = result.summary.plan
        # EXPLAIN has columns, but no rows.
        if plan is None or rows.count("\n") > EMPTY_LINES[arguments.format]:
            sys.stdout.write(rows)
        if plan is not None:
            sys.stdout.write(plan.rstrip("\n") + "\n")
        sys.stderr.write(warning_lines(result.summary))
    return 0


def load(arguments: Namespace) -> int:
    """``neuralgraph load FILE nodes LABEL DATA`` and ``... relationships TYPE DATA``."""
    if not Path(arguments.data).is_file():
        raise UsageError(f"there is no file {arguments.data}")
    with open_graph(arguments.file, settings=arguments.settings) as graph:
        report = load_into(graph, arguments)
    print(
        f"{report.rows:,} {arguments.what} in {report.seconds:.2f} s ({report.rows_per_second:,.0f}/s)"
    )
    return 0


def add_load_arguments(parser: ArgumentParser) -> None:
    """What ``load`` and the shell's ``:load`` share."""
    parser.add_argument("what", choices=("nodes", "relationships"))
    parser.add_argument("name", help="the label (several as A:B), or the relationship type")
    parser.add_argument("data", help="a .csv, .tsv or .parquet file")
    parser.add_argument("--key", metavar="COLUMN", help="nodes: the column that tells them apart")
    parser.add_argument(
        "--source", metavar="LABEL:COLUMN[:PROPERTY]", help="relationships: where from"
    )
    parser.add_argument(
        "--target", metavar="LABEL:COLUMN[:PROPERTY]", help="relationships: where to"
    )
    parser.add_argument("--actor", help="who loads; kept with the transaction")
    parser.add_argument("--reason", help="why; kept with the transaction")
    parser.add_argument("--at", metavar="TIME", help="the time that the rows are of")


def load_into(graph: Graph, arguments: Namespace) -> LoadReport:
    """The load itself; the shell's ``:load`` uses it too."""
    noted = {"actor": arguments.actor, "reason": arguments.reason}
    metadata = {name: text for name, text in noted.items() if text is not None}
    with progress_bar(f"loading {Path(arguments.data).name}") as progress:
        if arguments.what == "nodes":
            return graph.load_nodes(
                arguments.name.split(":"),
                arguments.data,
                key=arguments.key,
                progress=progress,
                at=arguments.at,
                metadata=metadata,
            )
        return graph.load_relationships(
            arguments.name,
            arguments.data,
            source=end_of(arguments.source),
            target=end_of(arguments.target),
            progress=progress,
            at=arguments.at,
            metadata=metadata,
        )


def backup(arguments: Namespace) -> int:
    """``neuralgraph backup FILE TARGET [--incremental [--verify]]``."""
    with open_existing(arguments) as graph:
        txid = graph.backup(
            arguments.target, incremental=arguments.incremental, verify=arguments.verify
        )
    print(f"backed up to transaction {txid}")
    return 0


def restore(arguments: Namespace) -> int:
    """``neuralgraph restore SOURCE FILE [--at MOMENT] [--add]``."""
    if not Path(arguments.source).exists():
        raise UsageError(f"there is no file or folder {arguments.source}")
    moment = None if arguments.at is None else moment_of(arguments.at)
    with progress_bar("restoring") as progress:
        if arguments.add:
            if moment is not None or Path(arguments.source).is_dir():
                raise UsageError("--add takes a dump, which is a file and of one moment")
            with open_existing(arguments) as graph:
                report = graph.restore(arguments.source, progress=progress)
            print(_counted("added", report))
            return 0
        txid = restore_backup(arguments.source, arguments.file, at=moment, progress=progress)
    print(f"restored to transaction {txid}")
    return 0


def dump(arguments: Namespace) -> int:
    """``neuralgraph dump FILE TARGET [--format FORMAT] [--at MOMENT]``."""
    target = arguments.target
    kind = arguments.format
    if kind is None:
        stem = target.removesuffix(".zst")
        kind = "cypher" if stem.endswith((".cypher", ".cyp", ".cql")) else "jsonl"
    moment = None if arguments.at is None else moment_of(arguments.at)
    with (
        open_existing(arguments, read_only=True) as graph,
        progress_bar("dumping") as progress,
    ):
        where = sys.stdout.buffer if target == "-" else target
        report = graph.dump(where, kind, at=moment, progress=progress)
    print(_counted("dumped", report), file=sys.stderr if target == "-" else sys.stdout)
    return 0


def _counted(verb: str, report: DumpReport) -> str:
    counts = f"{report.nodes:,} nodes and {report.relationships:,} relationships"
    return f"{verb} {counts} in {report.seconds:.2f} s"


def info(arguments: Namespace) -> int:
    """``neuralgraph info FILE``."""
    with open_existing(arguments, read_only=True) as graph:
        facts = graph.info()
        rows: list[tuple[str, Any]] = [
            ("file", str(facts.path)),
            ("bytes on disk", f"{facts.bytes_on_disk:,}"),
            ("last transaction", f"{facts.txid:,}"),
            ("nodes", f"{facts.nodes:,}"),
            ("relationships", f"{facts.relationships:,}"),
        ]
        sys.stdout.write("".join(f"{name:<18}{value}\n" for name, value in rows))
        text = render_schema(graph)
        if text:
            sys.stdout.write("\n" + text)
        sys.stdout.write("".join(f"\n{note}\n" for note in notes_on(graph)))
    return 0


def check(arguments: Namespace) -> int:
    """``neuralgraph check FILE``: 0 when all is well, 1 when something is not."""
    try:
        with open_existing(arguments, read_only=True) as graph:
            problems = graph.verify()
            notes = notes_on(graph)
    except CorruptionError as error:
        problems, notes = [str(error)], []
        with open_existing(arguments, salvage=True) as graph:
            problems.extend(map(str, graph.losses))
    for line in problems + notes:
        print(line)
    print("all is well" if not problems else f"{len(problems)} problems")
    return 1 if problems else 0


def notes_on(graph: Graph) -> list[str]:
    """What is no problem and should be known."""
    facts = graph.info()
    notes = [
        f"{name} keeps what a crash left behind the log's last record; nothing in it was acknowledged"
        for name in facts.torn_tails
    ]
    if facts.torn_bytes:
        notes.append(
            f"the log ends in {facts.torn_bytes:,} bytes that are no whole record, from a crash;"
            " the next opening sets them aside"
        )
    return notes


def render_schema(graph: Graph) -> str:
    """Labels, types, indexes and constraints as tables; empty for an empty graph."""
    schema = graph.schema()
    parts = []
    if schema.labels:
        parts.append(render_table(("label", "nodes"), list(schema.labels.items())))
    if schema.relationship_types:
        types = list(schema.relationship_types.items())
        parts.append(render_table(("relationship type", "relationships"), types))
    if schema.indexes:
        indexes = [
            (index.name, index.kind, index.entity, ":".join(index.labels), ", ".join(index.keys))
            for index in schema.indexes
        ]
        parts.append(render_table(("index", "kind", "on", "label", "properties"), indexes))
    if schema.constraints:
        rules = [
            (rule.name, rule.kind, rule.entity, rule.label, ", ".join(rule.keys))
            for rule in schema.constraints
        ]
        parts.append(render_table(("constraint", "kind", "on", "label", "properties"), rules))
    return "\n".join(parts)


def open_existing(arguments: Namespace, **options: bool) -> Graph:
    """Open the file of the arguments, which must be there: a typing error makes no new database."""
    if not Path(arguments.file).exists():
        raise UsageError(f"there is no file {arguments.file}")
    return open_graph(arguments.file, settings=arguments.settings, **options)


def parameters_of(pairs: list[str]) -> dict[str, Any]:
    """``name=value`` pairs; a value that is JSON is taken as such, anything else is text."""
    parameters = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"write a parameter as name=value, not {pair!r}")
        try:
            parameters[name] = json.loads(text)
        except json.JSONDecodeError:
            parameters[name] = text
    return parameters


def moment_of(text: str) -> int | str:
    """A transaction's number, or a time."""
    return int(text) if text.isdecimal() else text


def end_of(text: str | None) -> tuple[str, ...]:
    """``Person:a`` or ``Person:a:id`` as (label, column[, property])."""
    parts = tuple((text or "").split(":"))
    if len(parts) not in (2, 3) or not all(parts):
        raise UsageError(f"write an end as LABEL:COLUMN or LABEL:COLUMN:PROPERTY, not {text!r}")
    return parts
