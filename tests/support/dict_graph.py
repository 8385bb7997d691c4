"""DictGraph: a graph in plain dictionaries, as `access.GraphWriter`, and its `CatalogReader`.

The model that clever code is checked against, so nothing here is clever: reads look at every entity,
records are replaced and never changed, a savepoint is a copy of the dictionaries. `_check()` asserts
what must always hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from neuralgraph.access import (
    Adjacency,
    ConstraintDefinition,
    Direction,
    Expansion,
    IndexDefinition,
    Range,
    SearchHits,
    SearchQuery,
    TermCount,
    TermRequest,
)
from neuralgraph.access.reader import never_stopped
from neuralgraph.errors import (
    ConstraintViolationError,
    EntityNotFoundError,
    QueryTypeError,
    SchemaError,
)
from neuralgraph.values import BATCH_ROWS_MAX, Column, EdgeRef, IdArray, Kind, MaskArray, NodeRef
from neuralgraph.values.entities import PathRef
from tests.support.brute_search import brute_force
from tests.support.brute_text import term_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from neuralgraph.values import RowArray
    from neuralgraph.values.arrays import Int64Array

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class NodeRecord:
    """A node."""

    labels: frozenset[str]
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class EdgeRecord:
    """An edge."""

    type: str
    source: int
    target: int
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class _Saved:
    """Everything that a savepoint must bring back; ids are never given again, so they are not here."""

    nodes: dict[int, NodeRecord]
    edges: dict[int, EdgeRecord]
    indexes: dict[str, IndexDefinition]
    constraints: dict[str, ConstraintDefinition]


class DictGraph:
    """A reader and a writer."""

    def __init__(self) -> None:
        self.nodes: dict[int, NodeRecord] = {}
        self.edges: dict[int, EdgeRecord] = {}
        self._indexes: dict[str, IndexDefinition] = {}
        self._constraints: dict[str, ConstraintDefinition] = {}
        self._labels: dict[str, None] = {}
        self._types: dict[str, None] = {}
        self._keys: dict[str, None] = {}
        self._next_node = 0
        self._next_edge = 0
        self._schema_changes = 0
        self._savepoints: list[_Saved] = []

    @property
    def catalog(self) -> DictCatalog:
        return DictCatalog(self)

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    @property
    def node_limit(self) -> int:
        return self._next_node

    @property
    def edge_limit(self) -> int:
        return self._next_edge

    def scan_nodes(self, label: str | None = None) -> Iterator[IdArray]:
        return _batches(
            node_id
            for node_id, node in sorted(self.nodes.items())
            if label is None or label in node.labels
        )

    def node_exists(self, ids: IdArray) -> MaskArray:
        return np.array([node_id in self.nodes for node_id in ids.tolist()], dtype=np.bool_)

    def has_label(self, ids: IdArray, label: str) -> MaskArray:
        return np.array(
            [i in self.nodes and label in self.nodes[i].labels for i in ids.tolist()],
            dtype=np.bool_,
        )

    def node_labels(self, ids: Sequence[int]) -> list[tuple[str, ...]]:
        return [
            tuple(label for label in self._labels if label in self.nodes[i].labels)
            if i in self.nodes
            else ()
            for i in ids
        ]

    def node_property(self, ids: IdArray, key: str) -> Column:
        return Column.of_values(self.node_values(ids.tolist(), key))

    def node_values(self, ids: Sequence[int], key: str) -> list[Any]:
        return [self.nodes[i].properties.get(key) if i in self.nodes else None for i in ids]

    def node_properties(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        return [dict(self.nodes[i].properties) if i in self.nodes else {} for i in ids]

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def scan_edges(self, edge_type: str | None = None) -> Iterator[IdArray]:
        return _batches(
            edge_id
            for edge_id, edge in sorted(self.edges.items())
            if edge_type in (None, edge.type)
        )

    def edge_exists(self, ids: IdArray) -> MaskArray:
        return np.array([edge_id in self.edges for edge_id in ids.tolist()], dtype=np.bool_)

    def edge_types(self, ids: IdArray) -> Column:
        types = [self.edges[i].type if i in self.edges else None for i in ids.tolist()]
        return Column.of_list(Kind.TEXT, types)

    def edge_endpoints(self, ids: IdArray) -> tuple[IdArray, IdArray]:
        found = [self.edges.get(edge_id) for edge_id in ids.tolist()]
        return (
            _ids(-1 if edge is None else edge.source for edge in found),
            _ids(-1 if edge is None else edge.target for edge in found),
        )

    def edge_property(self, ids: IdArray, key: str) -> Column:
        return Column.of_values(self.edge_values(ids.tolist(), key))

    def edge_values(self, ids: Sequence[int], key: str) -> list[Any]:
        return [self.edges[i].properties.get(key) if i in self.edges else None for i in ids]

    def edge_properties(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        return [dict(self.edges[i].properties) if i in self.edges else {} for i in ids]

    # ── traversal ─────────────────────────────────────────────────────────────────────────────

    def _around(
        self, types: Sequence[str], direction: Direction
    ) -> dict[int, list[tuple[int, int]]]:
        """Node to its (neighbour, edge) pairs, sorted; a loop once, whatever the direction."""
        around: dict[int, list[tuple[int, int]]] = {}
        for edge_id, edge in self.edges.items():
            if types and edge.type not in types:
                continue
            if direction in ("out", "both"):
                around.setdefault(edge.source, []).append((edge.target, edge_id))
            if direction == "in" or (direction == "both" and edge.source != edge.target):
                around.setdefault(edge.target, []).append((edge.source, edge_id))
        for pairs in around.values():
            pairs.sort()
        return around

    def expand(self, ids: IdArray, types: Sequence[str], direction: Direction) -> Expansion:
        around = self._around(types, direction)
        found = [
            (row, edge_id, neighbour)
            for row, node_id in enumerate(ids.tolist())
            for neighbour, edge_id in around.get(node_id, ())
        ]
        return Expansion(
            _ids(f[0] for f in found), _ids(f[1] for f in found), _ids(f[2] for f in found)
        )

    def neighbours(self, ids: IdArray, types: Sequence[str], direction: Direction) -> IdArray:
        return self.expand(ids, types, direction).neighbours

    def expand_one(
        self, node_id: int, types: Sequence[str], direction: Direction
    ) -> tuple[IdArray, IdArray]:
        found = self.expand(_ids([node_id]), types, direction)
        return found.edges, found.neighbours

    def expand_into(
        self, sources: IdArray, targets: IdArray, types: Sequence[str], direction: Direction
    ) -> tuple[RowArray, IdArray]:
        rows, edges, neighbours = self.expand(sources, types, direction)
        wanted = targets[rows] == neighbours
        return rows[wanted], edges[wanted]

    def degree(self, ids: IdArray, types: Sequence[str], direction: Direction) -> Int64Array:
        around = self._around(types, direction)
        return _ids(len(around.get(node_id, ())) for node_id in ids.tolist())

    def adjacency(self, types: Sequence[str], direction: Literal["out", "in"]) -> Adjacency:
        everyone = np.arange(self.node_limit, dtype=np.int64)
        _, edges, neighbours = self.expand(everyone, types, direction)
        counts = self.degree(everyone, types, direction)
        return Adjacency(np.concatenate(([0], np.cumsum(counts))), neighbours, edges)

    def memo(self, key: Hashable, make: Callable[[], Fact]) -> Fact:  # noqa: ARG002
        return make()

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def _indexed(self, index: IndexDefinition) -> list[tuple[int, tuple[Any, ...]]]:
        """Entities in the index with their values: those that have all of the properties."""
        found: Iterable[tuple[int, Mapping[str, Any]]]
        if index.entity == "node":
            found = ((i, n.properties) for i, n in self.nodes.items() if index.label in n.labels)
        else:
            found = ((i, e.properties) for i, e in self.edges.items() if e.type == index.label)
        return [
            (i, tuple(properties[key] for key in index.keys))
            for i, properties in sorted(found)
            if all(key in properties for key in index.keys)
        ]

    def seek(self, index: IndexDefinition, values: Sequence[Any]) -> IdArray:
        return _ids(i for i, stored in self._indexed(index) if _begins(stored, values))

    def seek_many(self, index: IndexDefinition, values: Column) -> tuple[RowArray, IdArray]:
        found = [
            (row, i)
            for row, value in enumerate(values.to_values())
            for i in self.seek(index, [value]).tolist()
        ]
        return _ids(row for row, _ in found), _ids(i for _, i in found)

    def seek_range(
        self, index: IndexDefinition, within: Range, equal: Sequence[Any] = ()
    ) -> IdArray:
        place = len(equal)
        found = [
            (sort_key(stored[place]), i)
            for i, stored in self._indexed(index)
            if inside(stored[place], within) and _begins(stored, equal)
        ]
        return _ids(i for _, i in sorted(found))

    def seek_prefix(
        self, index: IndexDefinition, prefix: str, equal: Sequence[Any] = ()
    ) -> IdArray:
        place = len(equal)
        found = [
            (stored[place], i)
            for i, stored in self._indexed(index)
            if isinstance(stored[place], str)
            and stored[place].startswith(prefix)
            and _begins(stored, equal)
        ]
        return _ids(i for _, i in sorted(found))

    def search(
        self,
        index: IndexDefinition,
        query: SearchQuery,
        limit: int,
        within: IdArray | None = None,
        check: Callable[[], object] = never_stopped,
    ) -> SearchHits:
        check()
        return brute_force(index, query, limit, within, *self._covered(index))

    def search_terms(self, index: IndexDefinition, request: TermRequest) -> list[TermCount]:
        ids, properties = self._covered(index)
        return term_counts(index, request, dict(zip(ids, properties, strict=True)))

    def search_path(
        self, index: IndexDefinition, limit: int, candidates: int | None, *, exact: bool = False
    ) -> str:
        del limit, exact
        return f"looks at {len(self._covered(index)[0]) if candidates is None else candidates}"

    def search_facts(self, index: IndexDefinition) -> Mapping[str, Any]:
        _, properties = self._covered(index)
        held = (isinstance(one.get(index.keys[0]), (list, np.ndarray)) for one in properties)
        return {"rows": sum(held)}

    def _covered(self, index: IndexDefinition) -> tuple[list[int], list[Mapping[str, Any]]]:
        """Entities with a label (or of a type) of the index, and their properties."""
        wanted = set(index.labels)
        found: list[tuple[int, Mapping[str, Any]]]
        if index.entity == "node":
            found = [(i, n.properties) for i, n in self.nodes.items() if n.labels & wanted]
        else:
            found = [(i, e.properties) for i, e in self.edges.items() if e.type in wanted]
        found.sort(key=lambda pair: pair[0])
        return [i for i, _ in found], [properties for _, properties in found]

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def create_node(self, labels: Sequence[str], properties: Mapping[str, Any]) -> int:
        record = NodeRecord(frozenset(labels), _stored(properties))
        node_id = self._next_node
        self._check_unique("node", node_id, record.labels, record.properties)
        self._next_node += 1
        self.nodes[node_id] = record
        self._labels.update(dict.fromkeys(labels))
        self._keys.update(dict.fromkeys(record.properties))
        return node_id

    def create_nodes(
        self, count: int, labels: Sequence[str], properties: Mapping[str, Column]
    ) -> IdArray:
        rows = _rows(count, properties)
        return _ids(self.create_node(labels, row) for row in rows)

    def create_edge(
        self, edge_type: str, source: int, target: int, properties: Mapping[str, Any]
    ) -> int:
        for end in (source, target):
            self._node(end)
        record = EdgeRecord(edge_type, source, target, _stored(properties))
        edge_id = self._next_edge
        self._check_unique("edge", edge_id, {edge_type}, record.properties)
        self._next_edge += 1
        self.edges[edge_id] = record
        self._types[edge_type] = None
        self._keys.update(dict.fromkeys(record.properties))
        return edge_id

    def create_edges(
        self,
        edge_type: str,
        sources: IdArray,
        targets: IdArray,
        properties: Mapping[str, Column],
    ) -> IdArray:
        rows = _rows(len(sources), properties)
        ends = zip(sources.tolist(), targets.tolist(), rows, strict=True)
        return _ids(
            self.create_edge(edge_type, source, target, row) for source, target, row in ends
        )

    def set_node_property(self, node_id: int, key: str, value: Any) -> bool:
        node = self._node(node_id)
        changed = _changed(node.properties, key, value)
        self._check_unique("node", node_id, node.labels, changed)
        self.nodes[node_id] = replace(node, properties=changed)
        self._keys.update(dict.fromkeys(changed))
        return not same(node.properties.get(key), value)

    def set_edge_property(self, edge_id: int, key: str, value: Any) -> bool:
        edge = self._edge(edge_id)
        changed = _changed(edge.properties, key, value)
        self._check_unique("edge", edge_id, {edge.type}, changed)
        self.edges[edge_id] = replace(edge, properties=changed)
        self._keys.update(dict.fromkeys(changed))
        return not same(edge.properties.get(key), value)

    def add_label(self, node_id: int, label: str) -> bool:
        node = self._node(node_id)
        self._check_unique("node", node_id, {label}, node.properties)
        self.nodes[node_id] = replace(node, labels=node.labels | {label})
        self._labels[label] = None
        return label not in node.labels

    def remove_label(self, node_id: int, label: str) -> bool:
        node = self._node(node_id)
        self.nodes[node_id] = replace(node, labels=node.labels - {label})
        return label in node.labels

    def delete_edge(self, edge_id: int) -> bool:
        return self.edges.pop(edge_id, None) is not None

    def delete_edges(self, edge_ids: IdArray) -> tuple[IdArray, Column]:
        there = np.array([one for one in edge_ids.tolist() if one in self.edges], dtype=np.int64)
        types = self.edge_types(there)
        for edge_id in there.tolist():
            self.delete_edge(edge_id)
        return there, types

    def delete_nodes(self, node_ids: IdArray) -> IdArray:
        gone = [node_id for node_id in node_ids.tolist() if self.delete_node(node_id)]
        return np.array(gone, dtype=np.int64)

    def delete_node(self, node_id: int) -> bool:
        return self.nodes.pop(node_id, None) is not None

    def _node(self, node_id: int) -> NodeRecord:
        if node_id not in self.nodes:
            raise EntityNotFoundError(f"node {node_id} was deleted", detail="DeletedEntityAccess")
        return self.nodes[node_id]

    def _edge(self, edge_id: int) -> EdgeRecord:
        if edge_id not in self.edges:
            raise EntityNotFoundError(
                f"relationship {edge_id} was deleted", detail="DeletedEntityAccess"
            )
        return self.edges[edge_id]

    def savepoint(self) -> int:
        self._savepoints.append(
            _Saved(dict(self.nodes), dict(self.edges), dict(self._indexes), dict(self._constraints))
        )
        return len(self._savepoints) - 1

    def rollback_to(self, savepoint: int) -> None:
        saved = self._savepoints[savepoint]
        del self._savepoints[savepoint + 1 :]
        self.nodes, self.edges = dict(saved.nodes), dict(saved.edges)
        self._indexes, self._constraints = dict(saved.indexes), dict(saved.constraints)
        self._schema_changes += 1

    # ── schema ────────────────────────────────────────────────────────────────────────────────

    def create_index(self, definition: IndexDefinition) -> None:
        if definition.name in self._indexes or definition.name in self._constraints:
            raise SchemaError(f"{definition.name} exists already")
        shape = (definition.kind, definition.entity, definition.labels, definition.keys)
        for index in self._indexes.values():
            if (index.kind, index.entity, index.labels, index.keys) == shape:
                raise SchemaError(f"index {index.name} covers the same already")
        self._indexes[definition.name] = definition
        self._schema_changes += 1

    def drop_index(self, name: str) -> None:
        if name not in self._indexes:
            raise SchemaError(f"there is no index {name}")
        if self._indexes[name].owner is not None:
            raise SchemaError(f"index {name} belongs to a constraint; drop that")
        del self._indexes[name]
        self._schema_changes += 1

    def create_constraint(self, definition: ConstraintDefinition) -> None:
        if definition.name in self._constraints or definition.name in self._indexes:
            raise SchemaError(f"{definition.name} exists already")
        self._constraints[definition.name] = definition
        try:
            for node_id, node in self.nodes.items():
                self._check_unique("node", node_id, node.labels, node.properties)
            for edge_id, edge in self.edges.items():
                self._check_unique("edge", edge_id, {edge.type}, edge.properties)
        except ConstraintViolationError:
            del self._constraints[definition.name]
            raise
        if definition.kind in ("unique", "key"):
            self._indexes[definition.name] = IndexDefinition(
                definition.name,
                "range",
                definition.entity,
                (definition.label,),
                definition.keys,
                definition.name,
            )
        self._schema_changes += 1

    def drop_constraint(self, name: str) -> None:
        if name not in self._constraints:
            raise SchemaError(f"there is no constraint {name}")
        del self._constraints[name]
        self._indexes.pop(name, None)
        self._schema_changes += 1

    def _check_unique(
        self,
        entity: Literal["node", "edge"],
        entity_id: int,
        labels: Iterable[str],
        properties: Mapping[str, Any],
    ) -> None:
        """Raises when the entity, with these labels and properties, breaks a uniqueness constraint."""
        for constraint in self._constraints.values():
            if (
                constraint.entity != entity
                or constraint.label not in labels
                or constraint.kind not in ("unique", "key")
                or not all(key in properties for key in constraint.keys)
            ):
                continue
            index = IndexDefinition("", "range", entity, (constraint.label,), constraint.keys)
            holders = self.seek(index, [properties[key] for key in constraint.keys]).tolist()
            if any(holder != entity_id for holder in holders):
                raise ConstraintViolationError(
                    f"{entity} {holders[0]} has the same {', '.join(constraint.keys)} already",
                    constraint=constraint.name,
                )

    def _check(self) -> None:
        """Every edge has its ends, every id was given, no property is null."""
        assert all(0 <= i < self._next_node for i in self.nodes)
        assert all(0 <= i < self._next_edge for i in self.edges)
        for edge in self.edges.values():
            assert edge.source in self.nodes
            assert edge.target in self.nodes
        kept = [node.properties for node in self.nodes.values()]
        kept += [edge.properties for edge in self.edges.values()]
        assert all(value is not None for properties in kept for value in properties.values())


class DictCatalog:
    """What is named and counted in a `DictGraph`, at the moment of asking."""

    def __init__(self, graph: DictGraph) -> None:
        self._graph = graph

    @property
    def version(self) -> int:
        graph = self._graph
        names = len(graph._labels) + len(graph._types) + len(graph._keys)
        sizes = len(graph.nodes).bit_length() + len(graph.edges).bit_length()
        return graph._schema_changes * 1_000_000 + names * 1_000 + sizes

    def labels(self) -> Sequence[str]:
        return tuple(self._graph._labels)

    def edge_types(self) -> Sequence[str]:
        return tuple(self._graph._types)

    def property_keys(self) -> Sequence[str]:
        return tuple(self._graph._keys)

    def indexes(self) -> Sequence[IndexDefinition]:
        return tuple(self._graph._indexes.values())

    def defined_indexes(self) -> Sequence[IndexDefinition]:
        return self.indexes()

    def constraints(self) -> Sequence[ConstraintDefinition]:
        return tuple(self._graph._constraints.values())

    def node_count(self, label: str | None = None) -> int:
        return sum(label is None or label in node.labels for node in self._graph.nodes.values())

    def edge_count(self, edge_type: str | None = None) -> int:
        return sum(edge_type in (None, edge.type) for edge in self._graph.edges.values())

    def distinct_count(self, index: IndexDefinition) -> int:
        return len({repr(value) for _, value in self._graph._indexed(index)})


# ── values ────────────────────────────────────────────────────────────────────────────────────


def _family(value: Any) -> str:
    """Values are comparable with those of their own family only."""
    if isinstance(value, bool):
        return "3 boolean"
    if isinstance(value, int | float):
        return "4 number"
    if isinstance(value, str):
        return "2 text"
    return f"1 {type(value).__name__}"


def sort_key(value: Any) -> tuple[str, bool, Any]:
    """Orders mixed values: by family, then by value, NaN behind the numbers."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return (_family(value), is_nan, 0 if is_nan else value)


def equal(a: Any, b: Any) -> bool:
    """openCypher's ``=`` where it is true."""
    if a is None or b is None or _family(a) != _family(b):
        return False
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b)


def same(a: Any, b: Any) -> bool:
    """The same value stored: 1 and 1.0 are not."""
    return type(a) is type(b) and (
        bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else a == b
    )


def inside(value: Any, within: Range) -> bool:
    """Does an interval hold a value? Only values of the bounds' family are in it, and no NaN."""
    bounds = [bound for bound in (within.lower, within.upper) if bound is not None]
    if any(_family(bound) != _family(value) for bound in bounds):
        return False
    if bounds and any(isinstance(x, float) and math.isnan(x) for x in (value, *bounds)):
        return False
    above = within.lower is None or (
        value >= within.lower if within.lower_inclusive else value > within.lower
    )
    below = within.upper is None or (
        value <= within.upper if within.upper_inclusive else value < within.upper
    )
    return bool(above and below)


def _stored(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as they are kept: without nulls, and nothing that cannot be stored."""
    for value in properties.values():
        _refuse_unstorable(value)
    return {key: value for key, value in properties.items() if value is not None}


def _changed(properties: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    return _stored({**properties, key: value})


def _refuse_unstorable(value: Any) -> None:
    if isinstance(value, NodeRef | EdgeRef | PathRef):
        raise QueryTypeError("an entity cannot be a property", detail="InvalidPropertyType")
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                raise QueryTypeError(
                    "a list of maps cannot be a property", detail="InvalidPropertyType"
                )
            _refuse_unstorable(item)


def _rows(count: int, properties: Mapping[str, Column]) -> list[dict[str, Any]]:
    lists = {key: column.to_values() for key, column in properties.items()}
    return [{key: items[row] for key, items in lists.items()} for row in range(count)]


def _begins(stored: tuple[Any, ...], values: Sequence[Any]) -> bool:
    return all(equal(a, b) for a, b in zip(stored, values, strict=False))


def _ids(ids: Iterable[int]) -> IdArray:
    return np.array(list(ids), dtype=np.int64)


def _batches(ids: Iterable[int]) -> Iterator[IdArray]:
    everything = _ids(ids)
    for start in range(0, len(everything), BATCH_ROWS_MAX):
        yield everything[start : start + BATCH_ROWS_MAX]
