"""A graph as JSON lines: header, schema, nodes, relationships, and their totals."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.access import IndexDefinition, IndexOptions
from neuralgraph.api.dumps.values import to_json
from neuralgraph.regexes import regex
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from neuralgraph.access import ConstraintDefinition, GraphReader
    from neuralgraph.values import IdArray

FORMAT: Final = "neuralgraph-dump"
VERSION: Final = 1
PIECE_ROWS: Final = 4_096
"""So many entities are held at a time; their values may be large."""

_SURROGATE: Final = regex("[\ud800-\udfff]")
_quoted: Final = json.encoder.encode_basestring
_encode: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


@record
class DumpReport:
    """What a dump or a restore did.

    Attributes:
        nodes, relationships: how many were written or read.
        seconds: how long it took.
    """

    nodes: int
    relationships: int
    seconds: float


class _Sink:
    """Writes lines, and sums them up."""

    __slots__ = ("_digest", "_write")

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._digest = hashlib.sha256()

    def put(self, lines: list[str]) -> None:
        """Write lines."""
        text = "".join([f"{line}\n" for line in lines])
        try:
            data = text.encode()
        except UnicodeEncodeError:
            # Half a surrogate pair: JSON can say it, UTF-8 cannot. It only ever stands in a string.
            data = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()
        self._digest.update(data)
        self._write(data)

    def hexdigest(self) -> str:
        """SHA-256 of all lines so far."""
        return self._digest.hexdigest()


def write_lines(
    reader: GraphReader,
    facts: Mapping[str, Any],
    write: Callable[[bytes], object],
    progress: Callable[[int, int], object] | None,
) -> DumpReport:
    """Write a graph.

    Args:
        reader: the graph at one moment.
        facts: of the header: ``txid``.
        write: takes the bytes.
        progress: called with (entities done, entities in all).
    """
    began_s = time.perf_counter()
    catalog = reader.catalog
    sink = _Sink(write)
    counts = {"nodes": catalog.node_count(), "relationships": catalog.edge_count()}
    sink.put([_encode({"format": FORMAT, "version": VERSION, **facts, **counts})])
    sink.put([_encode(schema_line(definition)) for definition in schema_of(reader)])
    done, total = 0, sum(counts.values())
    found = {"nodes": 0, "relationships": 0}
    for kind, pieces, lines_of in (
        ("nodes", node_pieces(reader), _node_lines),
        ("relationships", edge_pieces(reader), _edge_lines),
    ):
        for ids in pieces:
            sink.put(lines_of(reader, ids))
            found[kind] += len(ids)
            done += len(ids)
            if progress is not None:
                progress(done, total)
    sink.put([_encode({"totals": {**found, "sha256": sink.hexdigest()}})])
    return DumpReport(found["nodes"], found["relationships"], time.perf_counter() - began_s)


def node_pieces(reader: GraphReader) -> Iterator[IdArray]:
    """All nodes, few at a time."""
    for ids in reader.scan_nodes():
        for start in range(0, len(ids), PIECE_ROWS):
            yield ids[start : start + PIECE_ROWS]


def edge_pieces(reader: GraphReader) -> Iterator[IdArray]:
    """All edges, few at a time."""
    for ids in reader.scan_edges():
        for start in range(0, len(ids), PIECE_ROWS):
            yield ids[start : start + PIECE_ROWS]


def schema_of(reader: GraphReader) -> list[IndexDefinition | ConstraintDefinition]:
    """Indexes that nobody owns, then constraints, each by name."""
    catalog = reader.catalog
    indexes = [index for index in catalog.defined_indexes() if index.owner is None]
    return [
        *sorted(indexes, key=lambda index: index.name),
        *sorted(catalog.constraints(), key=lambda constraint: constraint.name),
    ]


def schema_line(definition: IndexDefinition | ConstraintDefinition) -> dict[str, Any]:
    """``{"index": {...}}`` or ``{"constraint": {...}}``, without what is not set."""
    kind = "index" if isinstance(definition, IndexDefinition) else "constraint"
    fields = {
        item.name: _plain(getattr(definition, item.name)) for item in dataclasses.fields(definition)
    }
    return {
        kind: {name: to_json(value) for name, value in fields.items() if value not in (None, {})}
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.plain() if isinstance(value, IndexOptions) else value


def _node_lines(reader: GraphReader, ids: IdArray) -> list[str]:
    listed = ids.tolist()
    rows = zip(listed, reader.node_labels(listed), reader.node_properties(listed), strict=True)
    shown: dict[tuple[str, ...], str] = {}
    lines = []
    for node_id, labels, properties in rows:
        names = shown.get(labels)
        if names is None:
            names = shown[labels] = _encode(list(labels))
        lines.append(f'{{"node":{node_id},"labels":{names},"properties":{_object(properties)}}}')
    return lines


def _edge_lines(reader: GraphReader, ids: IdArray) -> list[str]:
    listed = ids.tolist()
    sources, targets = reader.edge_endpoints(ids)
    rows = zip(
        listed,
        map(_quoted, reader.edge_types(ids).to_list()),
        sources.tolist(),
        targets.tolist(),
        map(_object, reader.edge_properties(listed)),
        strict=True,
    )
    return [
        f'{{"relationship":{edge_id},"type":{edge_type},"start":{source},"end":{target},'
        f'"properties":{properties}}}'
        for edge_id, edge_type, source, target, properties in rows
    ]


def _object(properties: dict[str, Any]) -> str:
    """Properties as a JSON object; by hand, because making an encoder for each costs more than its work."""
    if not properties:
        return "{}"
    parts = []
    for key, value in properties.items():
        kind = type(value)
        if kind is str:
            text = _quoted(value)
        elif kind is int:
            text = str(value)
        elif kind is float and value - value == 0.0:
            text = repr(value)
        else:
            text = _encode(to_json(value))
        parts.append(f"{_quoted(key)}:{text}")
    return f"{{{','.join(parts)}}}"
