"""Base and HistoricalBase against a plain dictionary, at every txid, through folds, loads and reopening."""

import random

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition, Range
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.maintenance.integrity import check_base
from neuralgraph.storage.versions import changes as ch
from neuralgraph.storage.versions.attaching import attach_edges, attach_nodes
from neuralgraph.storage.versions.base import Base
from neuralgraph.storage.versions.deltas import DeltaStore
from neuralgraph.storage.versions.folding import fold
from neuralgraph.storage.versions.history_view import HistoricalBase
from neuralgraph.values import Column
from neuralgraph.values.ordering import equals, order_key

LABELS = ("A", "B", "C")
TYPES = ("S", "T")
KEYS = ("x", "y")
BY_X = IndexDefinition("by_x", "range", "node", ("A",), ("x",))
BY_XY = IndexDefinition("by_xy", "range", "node", ("B",), ("x", "y"))
BY_W = IndexDefinition("by_w", "range", "edge", ("S",), ("x",))
INDEXES = (BY_X, BY_XY, BY_W)


class Plain:
    """Nodes, edges and properties as dictionaries; copied for each txid."""

    def __init__(self):
        self.nodes, self.edges, self.node_values, self.edge_values = {}, {}, {}, {}

    def copy(self):
        other = Plain()
        other.nodes, other.edges = dict(self.nodes), dict(self.edges)
        other.node_values, other.edge_values = dict(self.node_values), dict(self.edge_values)
        return other


class Machine:
    """A graph in a base and deltas, beside a plain one."""

    def __init__(self, seed, spread):
        self.random = random.Random(seed)
        self.blocks = BlockFile.create(MemoryDirectory(), "graph")
        self.base = Base.empty()
        for definition in INDEXES:
            self.base = self.base.with_index(definition)
        self.deltas = DeltaStore(0, self.base, INDEXES)
        self.txid = 0
        self.plain = Plain()
        self.past = {0: self.plain.copy()}
        self.commits = []
        self.spread = spread
        self.next_node = self.next_edge = 0

    def value(self):
        return self.random.choice(
            [
                None,
                1,
                2,
                3,
                2.0,
                2.5,
                "a",
                "bé",
                "a longer text",
                True,
                [1, 2],
                [1, "x"],
                float("nan"),
            ]
        )

    def new_id(self, attribute):
        found = getattr(self, attribute)
        step = self.random.choice([1, 1, 1, self.spread])
        setattr(self, attribute, found + step)
        return found

    def commit(self):
        self.txid += 1
        changes = [self.change() for _ in range(self.random.randint(1, 6))]
        changes = [change for change in changes if change is not None]
        self.deltas.apply(changes, self.txid)
        self.commits.append(ch.Commit(self.txid, self.txid * 10, changes, {"number": self.txid}))
        self.past[self.txid] = self.plain.copy()

    def change(self):
        plain, rnd = self.plain, self.random
        kind = rnd.choice("nnneeepppqqldx")
        nodes, edges = list(plain.nodes), list(plain.edges)
        if kind == "n" or not nodes:
            node_id = self.new_id("next_node")
            labels = tuple(label for label in LABELS if rnd.random() < 0.5)
            properties = self.properties()
            plain.nodes[node_id] = labels
            plain.node_values.update({(node_id, key): v for key, v in properties.items()})
            return ch.CreateNode(node_id, labels, properties)
        if kind == "e":
            edge_id = self.new_id("next_edge")
            record = (rnd.choice(TYPES), rnd.choice(nodes), rnd.choice(nodes))
            properties = self.properties()
            plain.edges[edge_id] = record
            plain.edge_values.update({(edge_id, key): v for key, v in properties.items()})
            return ch.CreateEdge(edge_id, *record, properties)
        if kind == "p":
            node_id, key, value = rnd.choice(nodes), rnd.choice(KEYS), self.value()
            _set(plain.node_values, (node_id, key), value)
            return ch.SetNodeProperty(node_id, key, value)
        if kind == "l":
            node_id = rnd.choice(nodes)
            labels = tuple(label for label in LABELS if rnd.random() < 0.5)
            plain.nodes[node_id] = labels
            return ch.SetLabels(node_id, labels)
        if kind == "d":
            node_id = rnd.choice(nodes)
            if any(node_id in record[1:] for record in plain.edges.values()):
                return None
            del plain.nodes[node_id]
            plain.node_values = {
                at: value for at, value in plain.node_values.items() if at[0] != node_id
            }
            return ch.DeleteNode(node_id)
        if not edges:
            return None
        edge_id = rnd.choice(edges)
        if kind == "q":
            key, value = rnd.choice(KEYS), self.value()
            _set(plain.edge_values, (edge_id, key), value)
            return ch.SetEdgeProperty(edge_id, key, value)
        record = plain.edges.pop(edge_id)
        plain.edge_values = {at: v for at, v in plain.edge_values.items() if at[0] != edge_id}
        return ch.DeleteEdge(edge_id, *record)

    def properties(self):
        drawn = {key: self.value() for key in KEYS if self.random.random() < 0.6}
        return {key: value for key, value in drawn.items() if value is not None}

    def fold(self, txid=None):
        txid = self.txid if txid is None else txid
        kept = [commit for commit in self.commits if commit.txid > txid]
        done = [commit for commit in self.commits if commit.txid <= txid]
        self.base = fold(self.base, self.deltas, txid, self.blocks, commits=done)
        self.base = Base.from_manifest(self.base.to_manifest(), self.blocks)
        self.deltas = DeltaStore(txid, self.base, INDEXES)
        for commit in kept:
            self.deltas.apply(commit.changes, commit.txid)
        self.commits = kept

    def load(self):
        """A bulk load is a commit of its own, over a base that has all before it."""
        self.fold()
        self.txid += 1
        plain, rnd = self.plain, self.random
        count = rnd.randint(1, 5)
        first = self.next_node
        self.next_node += count
        values = [self.value() for _ in range(count)]
        plain.nodes.update({first + row: ("A",) for row in range(count)})
        for row, value in enumerate(values):
            _set(plain.node_values, (first + row, "x"), value)
        self.base = attach_nodes(
            self.base, first, ("A",), {"x": Column.of_values(values)}, count, self.txid, self.blocks
        )
        count = rnd.randint(1, 8)
        first = self.next_edge
        self.next_edge += count
        nodes = list(plain.nodes)
        pairs = [(rnd.choice(nodes), rnd.choice(nodes), self.value()) for _ in range(count)]
        sources, targets = (np.array([pair[at] for pair in pairs]) for at in range(2))
        column = Column.of_values([pair[2] for pair in pairs])
        self.base = attach_edges(
            self.base, "S", first, sources, targets, {"x": column}, self.txid, self.blocks
        )
        pairs.sort(key=lambda pair: pair[:2])
        for row, (source, target, value) in enumerate(pairs):
            plain.edges[first + row] = ("S", source, target)
            _set(plain.edge_values, (first + row, "x"), value)
        noted = ch.Commit(self.txid, self.txid * 10, [])
        commits = self.base.commits.add([noted], self.blocks)
        self.base = self.base.replaced(commits=commits)
        self.past[self.txid] = plain.copy()
        self.deltas = DeltaStore(self.txid, self.base, INDEXES)


def _set(values, at, value):
    values[at] = value
    if value is None:
        del values[at]


def same(expected, actual):
    return order_key(expected) == order_key(actual)


def check(reader, plain, *, rounds=1):
    """Every reading method of `reader` says what `plain` does; more rounds warm the flat forms."""
    for _ in range(rounds):
        check_nodes(reader, plain)
        check_edges(reader, plain)
        check_adjacency(reader, plain)
        check_indexes(reader, plain)


def ids_of(limit):
    known = np.concatenate(
        [np.arange(-1, min(limit, 40)), np.arange(max(0, limit - 40), limit + 3)]
    )
    return np.unique(known)


def check_nodes(reader, plain):
    ids = np.unique(np.concatenate([ids_of(reader.node_limit), np.array(list(plain.nodes), int)]))
    listed = ids.tolist()
    assert [node_id in plain.nodes for node_id in listed] == reader.node_exists(ids).tolist()
    assert not reader.node_exists(np.array([-7, -(2**60)])).any()
    for label in (*LABELS, None):
        wanted = sorted(
            node_id for node_id, labels in plain.nodes.items() if label is None or label in labels
        )
        found = [node_id for batch in reader.node_ids(label) for node_id in batch.tolist()]
        assert wanted == found
        assert len(wanted) == reader.node_count(label)
        if label is not None:
            mask = [label in plain.nodes.get(node_id, ()) for node_id in listed]
            assert mask == reader.has_label(ids, label).tolist()
    for node_id in listed:
        assert set(plain.nodes.get(node_id, ())) == set(reader.labels_of(node_id))
        assert (node_id in plain.nodes) == reader.has_node(node_id)
    alive = [node_id for node_id in listed if node_id in plain.nodes]
    alive += [-1, reader.node_limit, reader.node_limit + 70_000]
    check_columns(reader.node_column, plain.node_values, alive)


def check_columns(column_of, values, alive):
    for key in KEYS:
        column = column_of(key)
        wanted = [values.get((entity_id, key)) for entity_id in alive]
        if column is None:
            assert all(value is None for value in wanted)
            continue
        for found in (column.take(np.array(alive)).to_list(), column.values(alive)):
            assert len(wanted) == len(found)
            assert all(map(same, wanted, found)), (key, wanted, found)


def check_edges(reader, plain):
    ids = np.unique(np.concatenate([ids_of(reader.edge_limit), np.array(list(plain.edges), int)]))
    listed = ids.tolist()
    records = [plain.edges.get(edge_id) for edge_id in listed]
    assert [record is not None for record in records] == reader.edge_exists(ids).tolist()
    assert records == [reader.edge_record(edge_id) for edge_id in listed]
    codes = reader.edge_type_codes(ids).tolist()
    assert [record and record[0] for record in records] == [
        reader.edge_types[code] if code >= 0 else None for code in codes
    ]
    sources, targets = reader.edge_ends(ids)
    ends = [record[1:] if record else (-1, -1) for record in records]
    assert ends == list(zip(sources.tolist(), targets.tolist(), strict=True))
    for edge_type in (*TYPES, None):
        wanted = sorted(
            edge_id for edge_id, record in plain.edges.items() if edge_type in (None, record[0])
        )
        found = [edge_id for batch in reader.edge_ids(edge_type) for edge_id in batch.tolist()]
        assert wanted == found
        assert len(wanted) == reader.edge_count(edge_type)
    alive = [edge_id for edge_id in listed if edge_id in plain.edges]
    check_columns(reader.edge_column, plain.edge_values, [*alive, -1])


def check_adjacency(reader, plain):
    nodes = np.array(
        [*plain.nodes, -1, reader.node_limit, reader.node_limit + 70_000], dtype=np.int64
    )
    nodes = np.concatenate([nodes, nodes[:2]])
    for edge_type in TYPES:
        for direction, own, other in (("out", 1, 2), ("in", 2, 1)):
            by_node = {}
            for edge_id, record in plain.edges.items():
                if record[0] == edge_type:
                    by_node.setdefault(record[own], []).append((record[other], edge_id))
            adjacency = reader.adjacency(edge_type, direction)
            if adjacency is None:
                assert not by_node
                continue
            wanted = [
                (row, *pair)
                for row, node in enumerate(nodes.tolist())
                for pair in sorted(by_node.get(node, []))
            ]
            rows, edges, neighbours = adjacency.expand(nodes)
            assert edges.dtype == neighbours.dtype == np.int64
            found = list(zip(rows.tolist(), neighbours.tolist(), edges.tolist(), strict=True))
            assert [entry[:2] for entry in wanted] == [entry[:2] for entry in found]
            assert sorted(wanted) == sorted(found)
            assert neighbours.tolist() == adjacency.neighbours_of(nodes).tolist()
            degrees = [len(by_node.get(node, [])) for node in nodes.tolist()]
            assert degrees == adjacency.degree(nodes).tolist()
            for node in nodes.tolist():
                edges, neighbours = adjacency.expand_one(node)
                pairs = sorted(zip(neighbours.tolist(), edges.tolist(), strict=True))
                assert sorted(by_node.get(node, [])) == pairs


def check_indexes(reader, plain):
    for definition in INDEXES:
        run = reader.index_run(definition.name)
        values, covered = plain.node_values, {}
        if definition.entity == "edge":
            values = plain.edge_values
            entities = [e for e, record in plain.edges.items() if record[0] in definition.labels]
        else:
            entities = [n for n, labels in plain.nodes.items() if definition.label in labels]
        for entity in entities:
            found = [values.get((entity, key)) for key in definition.keys]
            if None not in found:
                covered[entity] = found
        probes = [1, 2, 2.0, 2.5, "a", "bé", True, [1, 2], [1.0, "x"], float("nan"), "zz"]
        for probe in probes:
            wanted = sorted(e for e, found in covered.items() if equals(found[0], probe))
            assert wanted == run.seek([probe]).tolist(), (definition, probe)
            if len(definition.keys) > 1:
                wanted = sorted(
                    e
                    for e, found in covered.items()
                    if equals(found[0], probe) and equals(found[1], 1)
                )
                assert wanted == run.seek([probe, 1]).tolist()
        ordered = run.range(Range(None, None)).tolist()
        assert sorted(covered) == sorted(ordered)
        keys = [order_key(covered[entity][0]) for entity in ordered]
        assert keys == sorted(keys)


@pytest.mark.parametrize(("seed", "spread", "commits"), [(0, 1, 10), (1, 3, 10), (2, 40_000, 10)])
def test_every_moment_reads_as_it_was(seed, spread, commits):
    check_machine(seed, spread, commits)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [1, 3, 40_000])
@pytest.mark.parametrize("seed", range(40))
def test_every_moment_reads_as_it_was_at_length(seed, spread):
    check_machine(seed, spread, 24)


def check_machine(seed, spread, commits):
    machine = Machine(seed, spread)
    for _ in range(commits):
        machine.commit()
        if machine.random.random() < 0.2:
            machine.load()
        elif machine.random.random() < 0.3:
            machine.fold(machine.random.randint(machine.base.txid, machine.txid))
            check(machine.base, machine.past[machine.base.txid])
    machine.fold()
    assert check_base(machine.base) == []
    check(machine.base, machine.plain, rounds=2)
    for txid in range(machine.txid + 1):
        check(HistoricalBase(machine.base, txid), machine.past[txid], rounds=2)
        if txid:
            assert txid * 10 == machine.base.commits.timestamp_of(txid)
            assert txid == machine.base.commits.txid_at(txid * 10 + 5)
