"""A graph as Cypher statements, one a line, for our shell and for Neo4j's.

Nodes carry a label and a number of their own until the relationships are there. What Cypher has no literal
for is written as what comes nearest: a vector as a list of numbers. Bytes have no such thing and are refused,
and so is half a surrogate pair, which a graph and JSON can hold, and no Cypher text.
"""

from __future__ import annotations

import time
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access import IndexDefinition
from neuralgraph.api.dumps.lines import DumpReport, edge_pieces, node_pieces, schema_of
from neuralgraph.api.dumps.values import text_is_exact
from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.operators.index_options import as_literal, shown_options
from neuralgraph.query.language import print_statement
from neuralgraph.query.language.syntax import CreateConstraint, CreateIndex, Statement
from neuralgraph.regexes import regex
from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from neuralgraph.values.points import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from neuralgraph.access import ConstraintDefinition, GraphReader
    from neuralgraph.values import IdArray

LABEL: Final = "`neuralgraph dump`"
KEY: Final = "`neuralgraph id`"
ROWS_PER_STATEMENT: Final = 500
CLEANED_PER_STATEMENT: Final = 10_000

_CALLS: Final = {
    Date: "date", LocalTime: "localtime", Time: "time", LocalDateTime: "localdatetime",
    DateTime: "datetime", Duration: "duration",
}  # fmt: skip
_RULES: Final[dict[str, Any]] = {
    "unique": "UNIQUE", "exists": "NOT NULL", "type": "TYPE", "key": "KEY",
}  # fmt: skip
_HALF: Final = regex("[\ud800-\udfff]")
_KEY_CONSTRAINT: Final = "`neuralgraph dump id`"


def write_cypher(
    reader: GraphReader,
    write: Callable[[bytes], object],
    progress: Callable[[int, int], object] | None,
) -> DumpReport:
    """Write a graph; arguments as those of `write_lines`.

    Raises:
        QueryTypeError: a property holds bytes, or a string or a name half a surrogate pair.
    """
    began_s = time.perf_counter()
    catalog = reader.catalog
    total = catalog.node_count() + catalog.edge_count()
    counts = [0, 0]

    def put(statement: str) -> None:
        try:
            write(f"{statement};\n".encode())
        except UnicodeEncodeError as error:  # of a name: strings were looked at
            raise _half_a_pair(f"a name, {error.object[: error.end + 20][-60:]!a},") from error

    put(f"CREATE CONSTRAINT {_KEY_CONSTRAINT} FOR (n:{LABEL}) REQUIRE n.{KEY} IS UNIQUE")
    for kind, pieces, statements_of in (
        (0, node_pieces(reader), _node_statements),
        (1, edge_pieces(reader), _edge_statements),
    ):
        for ids in pieces:
            for statement in statements_of(reader, ids):
                put(statement)
            counts[kind] += len(ids)
            if progress is not None:
                progress(sum(counts), total)
    for definition in schema_of(reader):
        put(_schema_statement(definition))
    for _ in range(0, counts[0], CLEANED_PER_STATEMENT):
        limit = f"WITH n LIMIT {CLEANED_PER_STATEMENT}"
        put(f"MATCH (n:{LABEL}) {limit} REMOVE n:{LABEL} REMOVE n.{KEY}")
    put(f"DROP CONSTRAINT {_KEY_CONSTRAINT}")
    return DumpReport(counts[0], counts[1], time.perf_counter() - began_s)


def _node_statements(reader: GraphReader, ids: IdArray) -> Iterator[str]:
    listed = ids.tolist()
    rows = sorted(
        zip(reader.node_labels(listed), listed, reader.node_properties(listed), strict=True),
        key=lambda row: row[0],
    )
    for labels, group in groupby(rows, key=lambda row: row[0]):
        names = "".join(f":{_name(label)}" for label in labels)
        written = (
            f"{{id: {node_id}, properties: {_map(properties, f'node {node_id}')}}}"
            for _, node_id, properties in group
        )
        for part in _parts(written):
            yield (
                f"UNWIND [{part}] AS row"
                f" CREATE (n:{LABEL}{names} {{{KEY}: row.id}}) SET n += row.properties"
            )


def _edge_statements(reader: GraphReader, ids: IdArray) -> Iterator[str]:
    listed = ids.tolist()
    sources, targets = (ends.tolist() for ends in reader.edge_endpoints(ids))
    types = reader.edge_types(ids).to_list()
    found = reader.edge_properties(listed)
    rows = sorted(zip(types, listed, sources, targets, found, strict=True), key=lambda row: row[:2])
    for edge_type, group in groupby(rows, key=lambda row: row[0]):
        written = (
            f"{{start: {source}, end: {target},"
            f" properties: {_map(properties, f'relationship {edge_id}')}}}"
            for _, edge_id, source, target, properties in group
        )
        for part in _parts(written):
            yield (
                f"UNWIND [{part}] AS row"
                f" MATCH (a:{LABEL} {{{KEY}: row.start}}) MATCH (b:{LABEL} {{{KEY}: row.end}})"
                f" CREATE (a)-[r:{_name(edge_type)}]->(b) SET r += row.properties"
            )


def _parts(rows: Iterable[str]) -> Iterator[str]:
    pending: list[str] = []
    for row in rows:
        pending.append(row)
        if len(pending) == ROWS_PER_STATEMENT:
            yield ", ".join(pending)
            pending = []
    if pending:
        yield ", ".join(pending)


def _schema_statement(definition: IndexDefinition | ConstraintDefinition) -> str:
    command: Any
    if isinstance(definition, IndexDefinition):
        kind: Any = definition.kind.upper()
        options = shown_options(definition.kind, definition.options)
        command = CreateIndex(
            kind,
            definition.name,
            definition.entity,
            definition.labels,
            definition.keys,
            options=as_literal(options) if options else None,
        )
    else:
        command = CreateConstraint(
            _RULES[definition.kind],
            definition.name,
            definition.entity,
            definition.label,
            definition.keys,
            definition.type_name,
        )
    return print_statement(Statement(command))


# ── literals ──────────────────────────────────────────────────────────────────────────────────


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _map(entries: dict[str, Any], owner: str) -> str:
    written = (
        f"{_name(key)}: {_literal(value, f'{owner}, property {key!a},')}"
        for key, value in entries.items()
    )
    return "{" + ", ".join(written) + "}"


def _literal(value: Any, owner: str) -> str:
    kind = type(value)
    if kind is str:
        return _string(value, owner)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        return _float(value)
    if value is None:
        return "null"
    if kind is list:
        return "[" + ", ".join(_literal(item, owner) for item in value) + "]"
    if kind is dict:
        return _map(value, owner)
    if kind is Point:
        axes = zip(("x", "y", "z"), value.coordinates, strict=False)
        numbers = ", ".join(f"{axis}: {_float(number)}" for axis, number in axes)
        return f"point({{srid: {value.srid}, {numbers}}})"
    if kind in _CALLS and text_is_exact(value):
        return f"{_CALLS[kind]}('{value}')"
    if isinstance(value, np.ndarray):
        return "[" + ", ".join(map(_float, value.astype(np.float64).tolist())) + "]"
    raise QueryTypeError(
        f"{owner} holds a value that Cypher has no literal for ({kind.__name__} {str(value)[:40]});"
        " dump it as JSON lines",
        detail="InvalidPropertyType",
    )


def _half_a_pair(owner: str) -> QueryTypeError:
    return QueryTypeError(
        f"{owner} holds half of a surrogate pair, which no Cypher text can; dump it as JSON lines",
        detail="InvalidPropertyType",
    )


def _float(value: float) -> str:
    if value - value == 0.0:
        return repr(value)
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    return "INF" if value > 0 else "-INF"


def _string(text: str, owner: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    if quoted.isprintable():
        return f"'{quoted}'"
    if _HALF.search(quoted):
        raise _half_a_pair(owner)
    return "'" + "".join(map(_escaped, quoted)) + "'"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return character
