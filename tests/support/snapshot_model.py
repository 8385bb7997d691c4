"""A graph as plain dictionaries, changed by the same logical changes as the engine.

`SnapshotModel` keeps a copy of itself for every commit, so that any reader at any txid can be compared
with what the graph was then. `check_reader` asks a reader everything that `access.GraphReader` offers.
"""

from __future__ import annotations

import copy
import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import GraphReader, IndexDefinition, Range
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)
from neuralgraph.values.ordering import compare, equals, order_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import Direction
    from neuralgraph.values import IdArray

LABELS = ("Person", "Post", "City")
TYPES = ("KNOWS", "LIKES")
KEYS = ("name", "age", "score")
BY_AGE = IndexDefinition("by_age", "range", "node", ("Person",), ("age",))
BY_NAME_AND_AGE = IndexDefinition("by_both", "range", "node", ("Person",), ("name", "age"))
BY_SINCE = IndexDefinition("by_score", "range", "edge", ("KNOWS",), ("score",))
INDEXES = (BY_AGE, BY_NAME_AND_AGE, BY_SINCE)
DIRECTIONS: tuple[Direction, ...] = ("out", "in", "both")


@dataclass
class Snapshot:
    """Nodes and edges, by id."""

    nodes: dict[int, tuple[tuple[str, ...], dict[str, Any]]] = field(default_factory=dict)
    edges: dict[int, tuple[str, int, int, dict[str, Any]]] = field(default_factory=dict)

    def neighbours(
        self, node_id: int, types: Sequence[str], direction: Direction
    ) -> list[tuple[int, int]]:
        """Edge ids and neighbours, sorted."""
        found = []
        for edge_id, (edge_type, source, target, _) in self.edges.items():
            if types and edge_type not in types:
                continue
            if direction in {"out", "both"} and source == node_id:
                found.append((edge_id, target))
            elif direction in {"in", "both"} and target == node_id:
                found.append((edge_id, source))
        return sorted(found)


class SnapshotModel:
    """Applies changes and remembers every commit."""

    def __init__(self) -> None:
        self.now = Snapshot()
        self.at: dict[int, Snapshot] = {0: Snapshot()}

    def apply(self, changes: Sequence[Change], txid: int) -> None:
        """One commit."""
        nodes, edges = self.now.nodes, self.now.edges
        for change in changes:
            match change:
                case CreateNode(node_id, labels, properties):
                    nodes[node_id] = (labels, dict(properties))
                case DeleteNode(node_id):
                    del nodes[node_id]
                case SetLabels(node_id, labels):
                    nodes[node_id] = (labels, nodes[node_id][1])
                case SetNodeProperty(node_id, key, value):
                    _put(nodes[node_id][1], key, value)
                case CreateEdge(edge_id, edge_type, source, target, properties):
                    edges[edge_id] = (edge_type, source, target, dict(properties))
                case DeleteEdge(edge_id):
                    del edges[edge_id]
                case SetEdgeProperty(edge_id, key, value):
                    _put(edges[edge_id][3], key, value)
                case _:
                    raise AssertionError(change)
        self.at[txid] = copy.deepcopy(self.now)


def _put(properties: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        properties.pop(key, None)
    else:
        properties[key] = value


class ChangeMaker:
    """Random changes that are legal on the model."""

    def __init__(self, seed: int, *, gap_max: int = 3) -> None:
        self.random = random.Random(seed)
        self.next_node = 0
        self.next_edge = 0
        self.gap_max = gap_max

    def value(self, key: str) -> Any:
        """A value such as `key` usually has; at times another type."""
        rng = self.random
        if rng.random() < 0.05:
            return rng.choice([True, 2.5, "odd", [1, 2], 7])
        if key == "name":
            return rng.choice(["Ada", "Bob", "Cleo", "Dan", "Ådne"])
        return rng.randrange(10) if key == "age" else rng.choice([0.5, 1.5, 2.5])

    def commit(self, now: Snapshot, count: int) -> list[Change]:
        """About `count` changes on a copy of `now`."""
        model = SnapshotModel()
        model.now = copy.deepcopy(now)
        made: list[Change] = []
        while len(made) < count:
            fresh = self._one(model.now)
            model.apply(fresh, 1)
            made.extend(fresh)
        return made

    def _properties(self) -> dict[str, Any]:
        return {key: self.value(key) for key in KEYS if self.random.random() < 0.6}

    def _one(self, now: Snapshot) -> list[Change]:
        rng = self.random
        dice = rng.random()
        nodes, edges = list(now.nodes), list(now.edges)
        if dice < 0.3 or len(nodes) < 2:
            self.next_node += 1 + rng.randrange(self.gap_max)
            labels = tuple(label for label in LABELS if rng.random() < 0.5)
            return [CreateNode(self.next_node, labels, self._properties())]
        if dice < 0.6:
            self.next_edge += 1 + rng.randrange(self.gap_max)
            ends = rng.choice(nodes), rng.choice(nodes)
            return [CreateEdge(self.next_edge, rng.choice(TYPES), *ends, self._properties())]
        if dice < 0.75:
            key = rng.choice(KEYS)
            value = None if rng.random() < 0.2 else self.value(key)
            return [SetNodeProperty(rng.choice(nodes), key, value)]
        if dice < 0.8:
            labels = tuple(label for label in LABELS if rng.random() < 0.5)
            return [SetLabels(rng.choice(nodes), labels)]
        if dice < 0.88 and edges:
            key = rng.choice(KEYS)
            value = None if rng.random() < 0.2 else self.value(key)
            return [SetEdgeProperty(rng.choice(edges), key, value)]
        if dice < 0.95 and edges:
            return [_deletion(now, rng.choice(edges))]
        node_id = rng.choice(nodes)
        hanging = {edge_id for edge_id, _ in now.neighbours(node_id, (), "both")}
        return [*(_deletion(now, edge_id) for edge_id in sorted(hanging)), DeleteNode(node_id)]


def _deletion(now: Snapshot, edge_id: int) -> DeleteEdge:
    edge_type, source, target, _ = now.edges[edge_id]
    return DeleteEdge(edge_id, edge_type, source, target)


def check_reader(reader: GraphReader, expected: Snapshot, *, indexes: bool = True) -> None:
    """Everything the reader says is what the snapshot has; AssertionError otherwise."""
    _check_nodes(reader, expected)
    _check_edges(reader, expected)
    _check_traversal(reader, expected)
    if indexes:
        for index in INDEXES:
            _check_index(reader, expected, index)


def _ids(expected: dict[int, Any], limit: int) -> np.ndarray[Any, Any]:
    """Known ids and some unknown ones, shuffled, with repeats."""
    known = list(expected)
    every = [*known, *known[:3], -1, limit + 5, 10**9]
    random.Random(len(every)).shuffle(every)
    return np.array(every, dtype=np.int64)


def _check_nodes(reader: GraphReader, expected: Snapshot) -> None:
    nodes = expected.nodes
    for label in (None, *LABELS, "Nothing"):
        found = [i for batch in reader.scan_nodes(label) for i in batch.tolist()]
        wanted = sorted(i for i, (labels, _) in nodes.items() if label is None or label in labels)
        assert found == wanted, (label, found, wanted)
    ids = _ids(nodes, reader.node_limit)
    listed = ids.tolist()
    assert reader.node_exists(ids).tolist() == [i in nodes for i in listed]
    assert [set(labels) for labels in reader.node_labels(listed)] == [
        set(nodes[i][0]) if i in nodes else set() for i in listed
    ]
    for label in LABELS:
        assert reader.has_label(ids, label).tolist() == [
            i in nodes and label in nodes[i][0] for i in listed
        ], label
    alive = [i for i in listed if i in nodes]
    for key in (*KEYS, "nothing"):
        wanted_values = [nodes[i][1].get(key) for i in alive]
        assert reader.node_values(alive, key) == wanted_values, key
        column = reader.node_property(np.array(alive, dtype=np.int64), key)
        assert column.to_list() == wanted_values, (key, column)
    assert reader.node_properties(alive) == [nodes[i][1] for i in alive]


def _check_edges(reader: GraphReader, expected: Snapshot) -> None:
    edges = expected.edges
    for edge_type in (None, *TYPES):
        found = [i for batch in reader.scan_edges(edge_type) for i in batch.tolist()]
        assert found == sorted(i for i, edge in edges.items() if edge_type in (None, edge[0]))
    ids = _ids(edges, reader.edge_limit)
    listed = ids.tolist()
    assert reader.edge_exists(ids).tolist() == [i in edges for i in listed]
    assert reader.edge_types(ids).to_list() == [edges[i][0] if i in edges else None for i in listed]
    sources, targets = reader.edge_endpoints(ids)
    assert sources.tolist() == [edges[i][1] if i in edges else -1 for i in listed]
    assert targets.tolist() == [edges[i][2] if i in edges else -1 for i in listed]
    alive = [i for i in listed if i in edges]
    for key in (*KEYS, "nothing"):
        wanted = [edges[i][3].get(key) for i in alive]
        assert reader.edge_values(alive, key) == wanted
        assert reader.edge_property(np.array(alive, dtype=np.int64), key).to_list() == wanted
    assert reader.edge_properties(alive) == [edges[i][3] for i in alive]


def _check_traversal(reader: GraphReader, expected: Snapshot) -> None:
    ids = _ids(expected.nodes, reader.node_limit)
    for types in ((), ("KNOWS",), TYPES, ("NOTHING",)):
        for direction in DIRECTIONS:
            wanted = [
                (row, edge, neighbour)
                for row, node_id in enumerate(ids.tolist())
                for edge, neighbour in expected.neighbours(node_id, types, direction)
            ]
            rows, edges, neighbours = reader.expand(ids, types, direction)
            assert (np.diff(rows) >= 0).all()
            found = list(zip(rows.tolist(), edges.tolist(), neighbours.tolist(), strict=True))
            assert sorted(found) == sorted(wanted), (types, direction)
            assert reader.neighbours(ids, types, direction).tolist() == neighbours.tolist()
            counts = np.bincount([row for row, _, _ in wanted], minlength=len(ids))
            assert reader.degree(ids, types, direction).tolist() == counts.tolist()
            for node_id in ids[:6].tolist():
                one_edges, one_neighbours = reader.expand_one(node_id, types, direction)
                one = sorted(zip(one_edges.tolist(), one_neighbours.tolist(), strict=True))
                assert one == expected.neighbours(node_id, types, direction)
        _check_adjacency(reader, expected, types)
        _check_edges_between(reader, expected, ids, types)


def _check_edges_between(
    reader: GraphReader, expected: Snapshot, ids: IdArray, types: Sequence[str]
) -> None:
    """Every node with every other, by `expand_into`."""
    some, others = ids.repeat(len(ids)), np.tile(ids, len(ids))
    for direction in DIRECTIONS:
        rows, edges = reader.expand_into(some, others, types, direction)
        assert (np.diff(rows) >= 0).all()
        neighbours = {
            node_id: expected.neighbours(node_id, types, direction) for node_id in set(ids.tolist())
        }
        assert sorted(zip(rows.tolist(), edges.tolist(), strict=True)) == sorted(
            (row, edge)
            for row, (source, target) in enumerate(zip(some.tolist(), others.tolist(), strict=True))
            for edge, neighbour in neighbours[source]
            if neighbour == target
        )


def _check_adjacency(reader: GraphReader, expected: Snapshot, types: Sequence[str]) -> None:
    for way in ("out", "in"):
        flat = reader.adjacency(types, way)
        assert len(flat.offsets) == reader.node_limit + 1
        for node_id in expected.nodes:
            low, high = flat.offsets[node_id], flat.offsets[node_id + 1]
            pairs = zip(
                flat.edges[low:high].tolist(), flat.neighbours[low:high].tolist(), strict=True
            )
            assert sorted(pairs) == expected.neighbours(node_id, types, way)
        assert int(flat.offsets[-1]) == len(flat.edges)


def _indexed(expected: Snapshot, index: IndexDefinition) -> dict[int, list[Any]]:
    if index.entity == "node":
        rows = {i: p for i, (labels, p) in expected.nodes.items() if index.label in labels}
    else:
        rows = {i: edge[3] for i, edge in expected.edges.items() if edge[0] == index.label}
    found = {i: [properties.get(key) for key in index.keys] for i, properties in rows.items()}
    return {i: values for i, values in found.items() if None not in values}


def _check_index(reader: GraphReader, expected: Snapshot, index: IndexDefinition) -> None:
    entries = _indexed(expected, index)
    usual: list[Any] = ["Ada", "Ådne", "odd"] if index.keys[0] == "name" else [1, 5.0, 7]
    probes = [*usual, True, 0.5, 2.5]
    for value in probes:
        wanted = sorted(i for i, values in entries.items() if equals(values[0], value) is True)
        assert sorted(reader.seek(index, (value,)).tolist()) == wanted, (index.name, value)
        if len(index.keys) > 1:
            both = sorted(
                i
                for i, values in entries.items()
                if equals(values[0], value) is True and equals(values[1], 3) is True
            )
            assert sorted(reader.seek(index, (value, 3)).tolist()) == both
    ranges = (
        Range(2, 6),
        Range(None, 4, upper_inclusive=True),
        Range(1.5, None),
        Range("B", "D"),
    )
    begins: list[tuple[Any, ...]] = [()]
    if len(index.keys) > 1:
        begins += [(value,) for value in probes]
    for within, equal in itertools.product(ranges, begins):
        place = len(equal)
        found = reader.seek_range(index, within, equal).tolist()
        wanted = sorted(
            i
            for i, values in entries.items()
            if _inside(values[place], within) and all(map(equals, values, equal))
        )
        assert sorted(found) == wanted, (index.name, within, equal)
        keys = [order_key(entries[i][place]) for i in found]
        assert keys == sorted(keys)


def _inside(value: Any, within: Range) -> bool:
    if within.lower is not None:
        order = compare(value, within.lower)
        if order is None or order < 0 or (order == 0 and not within.lower_inclusive):
            return False
    if within.upper is not None:
        order = compare(value, within.upper)
        if order is None or order > 0 or (order == 0 and not within.upper_inclusive):
            return False
    return True
