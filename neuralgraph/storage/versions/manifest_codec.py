"""The manifest of a base: names, definitions and where every segment is, as msgpack.

It is the only thing that opening a database reads. Segments are described by plain lists (see each class's
`descriptor`), grouped as `BaseParts` groups them. `layout` counts the revisions of this structure.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgpack

from neuralgraph.errors import CorruptionError, FormatVersionError
from neuralgraph.storage.disk import ColumnSegment
from neuralgraph.storage.indexes.search_kinds import SEARCH_KINDS
from neuralgraph.storage.indexes.sorted_index import IndexRun
from neuralgraph.storage.versions.base_adjacency import AdjacencySegment, BaseAdjacency
from neuralgraph.storage.versions.base_columns import PropertyColumn
from neuralgraph.storage.versions.base_commits import CommitLog
from neuralgraph.storage.versions.base_edges import EdgeSegment, EdgeTable
from neuralgraph.storage.versions.base_nodes import NodeSegment, NodeTable
from neuralgraph.storage.versions.base_parts import BaseParts
from neuralgraph.storage.versions.definitions import (
    constraint_fields,
    index_fields,
    read_constraint,
    read_index,
)
from neuralgraph.storage.versions.history import History, HistoryLog
from neuralgraph.storage.versions.schema_history import Births, SchemaHistory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import SearchRun

LAYOUT: Final = 3
"""2 added `schema` and `births`; of an older file the schema is taken to have been as it is.
3 added LONG_TEXTS."""

_FIRST_WITH_SCHEMA: Final = 2

# Names are Python strings, which may hold half a surrogate pair.
_ERRORS: Final = "surrogatepass"
_SENSELESS: Final = (LookupError, TypeError, ValueError, ArithmeticError)


def encode_manifest(parts: BaseParts) -> bytes:
    """Describe a base."""
    history = parts.history
    described = {
        "layout": LAYOUT,
        "txid": parts.txid,
        "labels": parts.nodes.labels,
        "label_sets": parts.nodes.label_sets,
        "edge_types": parts.edges.types,
        "property_keys": parts.property_keys,
        "node_limit": parts.nodes.limit,
        "edge_limit": parts.edges.limit,
        "next_ids": parts.next_ids,
        "nodes": _described(parts.nodes.segments),
        "edges": _described(parts.edges.segments),
        "node_columns": _described_columns(parts.node_columns),
        "edge_columns": _described_columns(parts.edge_columns),
        "adjacencies": [
            [edge_type, direction, _described(adjacency.segments)]
            for (edge_type, direction), adjacency in parts.adjacencies.items()
        ],
        "indexes": [
            [index_fields(run.definition), run.descriptor()] for run in parts.runs.values()
        ],
        "search_indexes": [
            [index_fields(run.definition), run.descriptor()] for run in parts.search_runs.values()
        ],
        "constraints": [constraint_fields(item) for item in parts.constraints],
        "schema": parts.schema.descriptor(),
        "births": parts.births.descriptor(
            (parts.nodes.labels, parts.edges.types, parts.property_keys)
        ),
        "commits": parts.commits.descriptor(),
        "history": [
            history.nodes.descriptor(),
            history.edges.descriptor(),
            {key: log.descriptor() for key, log in history.node_values.items()},
            {key: log.descriptor() for key, log in history.edge_values.items()},
        ],
    }
    return pack_manifest(described)


def pack_manifest(described: Any) -> bytes:
    """The bytes of a manifest."""
    packed: bytes = msgpack.packb(described, unicode_errors=_ERRORS)
    return packed


def unpack_manifest(manifest: bytes) -> Any:
    """What `pack_manifest` packed, as plain values."""
    return msgpack.unpackb(manifest, strict_map_key=False, unicode_errors=_ERRORS)


def decode_manifest(manifest: bytes, blocks: BlockFile) -> BaseParts:
    """The parts of the base that was described.

    Raises:
        FormatVersionError: a newer version wrote it.
        CorruptionError: it does not make sense.
    """
    try:
        described = unpack_manifest(manifest)
        layout = described["layout"]
        if layout > LAYOUT:
            raise FormatVersionError(
                f"{blocks.name} was written by a newer version (manifest layout {layout},"
                f" this one reads up to {LAYOUT}); update neuralgraph"
            )
        return _read_parts(described, blocks)
    except (*_SENSELESS, msgpack.UnpackException) as error:
        raise CorruptionError(
            f"the manifest cannot be read: {type(error).__name__}: {error}", where=blocks.name
        ) from error


def _read_parts(described: Mapping[str, Any], blocks: BlockFile) -> BaseParts:
    node_limit, edge_limit = described["node_limit"], described["edge_limit"]
    with _reading("commits"):
        commits = CommitLog.read(described["commits"], blocks)
    label_sets = [tuple(labels) for labels in described["label_sets"]]
    edge_types = described["edge_types"]
    next_nodes, next_edges = described.get("next_ids", (node_limit, edge_limit))
    constraints = tuple(read_constraint(*fields) for fields in described["constraints"])
    schema, births = _read_past(described, constraints)
    return BaseParts(
        txid=described["txid"],
        nodes=NodeTable(
            described["labels"],
            label_sets,
            _read(described["nodes"], NodeSegment, blocks, "nodes", codes_limit=len(label_sets)),
            node_limit,
        ),
        edges=EdgeTable(
            edge_types,
            _read(
                described["edges"],
                EdgeSegment,
                blocks,
                "relationships",
                codes_limit=len(edge_types) + 1,
            ),
            edge_limit,
        ),
        property_keys=tuple(described["property_keys"]),
        node_columns=_read_columns(described["node_columns"], node_limit, blocks, "node"),
        edge_columns=_read_columns(described["edge_columns"], edge_limit, blocks, "relationship"),
        adjacencies={
            (edge_type, direction): BaseAdjacency(
                _read(segments, AdjacencySegment, blocks, f"{direction}going {edge_type}"),
                node_limit,
            )
            for edge_type, direction, segments in described["adjacencies"]
        },
        runs=_read_runs(described["indexes"], blocks),
        search_runs=_read_search_runs(described.get("search_indexes", ()), blocks),
        constraints=constraints,
        schema=schema,
        births=births,
        commits=commits,
        history=_read_history(described["history"], blocks),
        next_ids=(next_nodes, next_edges),
    )


def _read_history(described: Sequence[Any], blocks: BlockFile) -> History:
    with _reading("history"):
        nodes, edges, node_values, edge_values = described
        return History(
            HistoryLog.read(nodes, blocks),
            HistoryLog.read(edges, blocks),
            {key: HistoryLog.read(log, blocks) for key, log in node_values.items()},
            {key: HistoryLog.read(log, blocks) for key, log in edge_values.items()},
        )


def unbuilt(parts: BaseParts) -> list[IndexDefinition]:
    """Search indexes that an older version made and did not build."""
    known = parts.schema.at(parts.txid).indexes.values()
    return [
        made.definition
        for made in known
        if made.definition.kind in SEARCH_KINDS and made.definition.name not in parts.search_runs
    ]


def _read_past(
    described: Mapping[str, Any], constraints: Iterable[ConstraintDefinition]
) -> tuple[SchemaHistory, Births]:
    if described["layout"] < _FIRST_WITH_SCHEMA:
        indexes = (read_index(*fields) for fields, _descriptor in described["indexes"])
        return SchemaHistory.of(indexes, constraints, described["txid"]), Births()
    names = (described["labels"], described["edge_types"], described["property_keys"])
    return SchemaHistory.read(described["schema"]), Births.read(described["births"], names)


def _described(segments: Mapping[int, Any]) -> dict[int, Any]:
    return {number: segment.descriptor() for number, segment in segments.items()}


def _described_columns(columns: Mapping[str, PropertyColumn]) -> dict[str, Any]:
    return {key: _described(column.segments) for key, column in columns.items()}


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Say where it was that something makes no sense."""
    try:
        yield
    except _SENSELESS as error:
        raise ValueError(f"{where}: {type(error).__name__}: {error}") from error


def _read(
    described: Mapping[int, Any], kind: Any, blocks: BlockFile, where: str, **told: int
) -> dict[int, Any]:
    made = {}
    with _reading(where):
        for number, item in described.items():
            made[number] = kind.read(item, blocks, **told)
    return made


def _read_columns(
    described: Mapping[str, Any], limit: int, blocks: BlockFile, entity: str
) -> dict[str, PropertyColumn]:
    return {
        key: PropertyColumn(
            _read(segments, ColumnSegment, blocks, f"{entity} property {key}"), limit
        )
        for key, segments in described.items()
    }


def _read_runs(described: list[Any], blocks: BlockFile) -> dict[str, IndexRun]:
    runs: dict[str, IndexRun] = {}
    for fields, descriptor in described:
        definition = read_index(*fields)
        # Before there was search, its indexes were accepted and kept like any other; see `unbuilt`.
        if definition.kind not in SEARCH_KINDS:
            with _reading(f"index {definition.name}"):
                runs[definition.name] = IndexRun.read(definition, descriptor, blocks)
    return runs


def _read_search_runs(described: Sequence[Any], blocks: BlockFile) -> dict[str, SearchRun]:
    runs: dict[str, SearchRun] = {}
    for fields, descriptor in described:
        definition = read_index(*fields)
        with _reading(f"index {definition.name}"):
            kind = SEARCH_KINDS[definition.kind]
            runs[definition.name] = kind.read(definition, descriptor, blocks)
    return runs
