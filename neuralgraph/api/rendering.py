"""Entities for users: ids and references become `Node`, `Relationship` and `Path`.

Inside the engine an entity is its id. When rows leave, a `Renderer` reads the labels, types and
properties of all entities of a batch at once, from the snapshot that the statement ran on. Lists and
maps are copied on the way out, so that nothing a user does to them reaches the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.context import PIECE_ROWS
from neuralgraph.values import (
    Batch,
    Column,
    EdgeRef,
    Kind,
    Node,
    NodeRef,
    Path,
    PathRef,
    Relationship,
)
from neuralgraph.values.nesting import require_walkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neuralgraph.access import GraphReader
    from neuralgraph.query.execution import ExecutionContext

PLAIN_KINDS = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.TEXT, Kind.VECTOR})
"""Columns whose list form leaves as it is."""

_NESTED = frozenset({NodeRef, EdgeRef, PathRef, list, tuple, dict})


class Renderer:
    """Reads the entities of one batch; entities that occur again are read once.

    `before` is the snapshot from before the statement's own writes: an entity that the statement
    deleted is shown as it was. Entities that come from another moment are read from their own reader.

    Attributes:
        nodes, relationships: what was read so far, by id.
    """

    __slots__ = ("_before", "_moments", "_reader", "nodes", "relationships")

    def __init__(self, reader: GraphReader, before: GraphReader | None = None) -> None:
        self._reader = reader
        self._before = before
        self.nodes: dict[int, Node] = {}
        self.relationships: dict[int, Relationship] = {}
        self._moments: dict[int, Renderer] = {}

    def batch(self, batch: Batch) -> list[list[Any]]:
        """The columns of a batch as lists of what users see."""
        return [
            column.to_list() if column.kind in PLAIN_KINDS else self.column(column)
            for column in batch.columns
        ]

    def column(self, column: Column) -> list[Any]:
        """One column as a list of what users see."""
        items = column.to_list()
        if column.kind == Kind.NODE:
            self.read_nodes(item for item in items if item is not None)
            nodes = self.nodes
            return [None if item is None else nodes[item] for item in items]
        if column.kind == Kind.EDGE:
            self.read_relationships(item for item in items if item is not None)
            relationships = self.relationships
            return [None if item is None else relationships[item] for item in items]
        if column.kind in PLAIN_KINDS or _NESTED.isdisjoint(map(type, items)):
            return items
        wanted: dict[int, _Wanted] = {}
        for item in items:
            require_walkable(item)
            _collect(item, wanted)
        for key, entities in wanted.items():
            renderer = self
            if entities.at is not None:
                renderer = self._moments.setdefault(key, Renderer(entities.at))
            renderer.read_relationships(entities.edges)
            renderer.read_nodes(entities.nodes)
        return [self._value(item) for item in items]

    def _of(self, at: GraphReader | None) -> Renderer:
        """Who renders the entities of a moment."""
        return self if at is None else self._moments[id(at)]

    def _value(self, value: Any) -> Any:
        match value:
            case NodeRef():
                return self._of(value.at).nodes[value.id]
            case EdgeRef():
                return self._of(value.at).relationships[value.id]
            case PathRef():
                renderer = self._of(value.at)
                return Path(
                    tuple(renderer.nodes[node_id] for node_id in value.nodes),
                    tuple(renderer.relationships[edge_id] for edge_id in value.edges),
                )
            case list() | tuple():
                if _NESTED.isdisjoint(map(type, value)):
                    # A long list of plain values is copied at once.
                    return list(value)
                return [self._value(item) for item in value]
            case dict():
                return {key: self._value(item) for key, item in value.items()}
            case _:
                return value

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def read_nodes(self, ids: Iterable[int]) -> None:
        """Make `nodes` hold these."""
        missing = [node_id for node_id in dict.fromkeys(ids) if node_id not in self.nodes]
        if not missing:
            return
        gone = self._gone(missing, "node")
        for reader, wanted in ((self._reader, missing), (self._before, gone)):
            if reader is None or not wanted:
                continue
            labels = reader.node_labels(wanted)
            properties = reader.node_properties(wanted)
            for node_id, names, values in zip(wanted, labels, properties, strict=True):
                self.nodes[node_id] = Node(node_id, frozenset(names), _copied(values))

    def read_relationships(self, ids: Iterable[int]) -> None:
        """Make `relationships` hold these, and `nodes` their ends."""
        missing = [edge_id for edge_id in dict.fromkeys(ids) if edge_id not in self.relationships]
        if not missing:
            return
        gone = self._gone(missing, "edge")
        for reader, wanted in ((self._reader, missing), (self._before, gone)):
            if reader is not None and wanted:
                self._read_relationships_from(reader, wanted)

    def _read_relationships_from(self, reader: GraphReader, wanted: list[int]) -> None:
        ids = np.array(wanted, dtype=np.int64)
        types = reader.edge_types(ids).to_list()
        source_array, target_array = reader.edge_endpoints(ids)
        sources, targets = source_array.tolist(), target_array.tolist()
        properties = reader.edge_properties(wanted)
        self.read_nodes(sources)
        self.read_nodes(targets)
        nodes = self.nodes
        for place, edge_id in enumerate(wanted):
            self.relationships[edge_id] = Relationship(
                edge_id,
                types[place] or "",
                nodes[sources[place]],
                nodes[targets[place]],
                _copied(properties[place]),
            )

    def _gone(self, ids: list[int], entity: str) -> list[int]:
        """Those that the statement deleted, where there is a snapshot from before."""
        if self._before is None:
            return []
        array = np.array(ids, dtype=np.int64)
        exists = self._reader.node_exists if entity == "node" else self._reader.edge_exists
        gone: list[int] = array[~exists(array)].tolist()
        return gone


def _copied(properties: dict[str, Any]) -> dict[str, Any]:
    """The same map, with lists and maps in it copied."""
    for key, value in properties.items():
        if type(value) in (list, dict, tuple):
            properties[key] = copied_value(value)
    return properties


def copied_value(value: Any) -> Any:
    """A value that shares no list or map with the one given."""
    if isinstance(value, (list, tuple)):
        return [copied_value(item) for item in value]
    if isinstance(value, dict):
        return {key: copied_value(item) for key, item in value.items()}
    return value


class _Wanted:
    """Entities of one moment that a column mentions."""

    __slots__ = ("at", "edges", "nodes")

    def __init__(self, at: GraphReader | None) -> None:
        self.at = at
        self.nodes: set[int] = set()
        self.edges: set[int] = set()


def _collect(value: Any, wanted: dict[int, _Wanted]) -> None:
    match value:
        case NodeRef():
            _of_moment(value.at, wanted).nodes.add(value.id)
        case EdgeRef():
            _of_moment(value.at, wanted).edges.add(value.id)
        case PathRef():
            entities = _of_moment(value.at, wanted)
            entities.nodes.update(value.nodes)
            entities.edges.update(value.edges)
        case list() | tuple():
            if _NESTED.isdisjoint(map(type, value)):
                return
            for item in value:
                _collect(item, wanted)
        case dict():
            for item in value.values():
                _collect(item, wanted)
        case _:
            return


def _of_moment(at: GraphReader | None, wanted: dict[int, _Wanted]) -> _Wanted:
    found = wanted.get(id(at))
    if found is None:
        found = wanted[id(at)] = _Wanted(at)
    return found


def batch_lists(batch: Batch, reader: GraphReader | None) -> list[list[Any]]:
    """The columns of a batch as users see them; without a reader its entities are rendered already."""
    if reader is None:
        return [column.to_list() for column in batch.columns]
    return Renderer(reader).batch(batch)


def rendered_batches(
    batches: Iterable[Batch], context: ExecutionContext, before: GraphReader | None
) -> list[Batch]:
    """Batches that no longer need the reader: entities are read now, other columns stay as they are.

    What is read counts against the memory of the run.
    """
    return [
        _rendered(part, Renderer(context.reader, before), context)
        for batch in batches
        for part in _parts(batch, context)
    ]


def _parts(batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
    """The batch, in pieces where reading its entities takes a while."""
    if batch.count <= PIECE_ROWS or all(column.kind in PLAIN_KINDS for column in batch.columns):
        yield batch
        return
    for piece in context.pieces(batch.count):
        yield batch.slice(piece.start, piece.stop)


def _rendered(batch: Batch, renderer: Renderer, context: ExecutionContext) -> Batch:
    columns: list[Column] = []
    for column in batch.columns:
        shown = column
        if column.kind not in PLAIN_KINDS:
            shown = Column.of_list(Kind.ANY, renderer.column(column))
            context.memory.hold_values(shown)
        columns.append(shown)
    return Batch(columns, batch.count)
