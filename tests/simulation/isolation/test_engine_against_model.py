"""The engine against plain dictionaries: transactions, savepoints, checkpoints, crashes, the past."""

import copy
import random

import pytest

from neuralgraph.errors import ConflictError, EntityNotFoundError, LockTimeoutError
from tests.support.engines import open_engine


class Model:
    """Nodes: id -> (labels, properties); edges: id -> (type, source, target, properties)."""

    def __init__(self):
        self.nodes = {}
        self.edges = {}

    def copy(self):
        return copy.deepcopy(self)


def step(chance, writing, model):
    """One random write, on both."""
    nodes, edges = list(model.nodes), list(model.edges)
    action = chance.randrange(8)
    if action < 2 or not nodes:
        labels = chance.sample(["A", "B", "C"], chance.randrange(3))
        properties = {"k": chance.randrange(5)} if chance.random() < 0.7 else {}
        model.nodes[writing.create_node(labels, properties)] = (set(labels), properties)
    elif action == 2:
        source, target = chance.choice(nodes), chance.choice(nodes)
        edge = writing.create_edge("T", source, target, {"w": 1})
        model.edges[edge] = ("T", source, target, {"w": 1})
    elif action == 3:
        node, value = chance.choice(nodes), chance.choice([None, 1, "x", [1, 2], 2.5])
        writing.set_node_property(node, "k", value)
        model.nodes[node][1].pop("k", None)
        if value is not None:
            model.nodes[node][1]["k"] = value
    elif action == 4:
        node, label = chance.choice(nodes), chance.choice("ABC")
        labels = model.nodes[node][0]
        assert writing.add_label(node, label) == (label not in labels)
        labels.add(label)
    elif action == 5:
        node, label = chance.choice(nodes), chance.choice("ABC")
        labels = model.nodes[node][0]
        assert writing.remove_label(node, label) == (label in labels)
        labels.discard(label)
    elif action == 6 and edges:
        edge = chance.choice(edges)
        assert writing.delete_edge(edge)
        del model.edges[edge]
    elif action == 7:
        node = chance.choice(nodes)
        for edge, (_, source, target, _) in list(model.edges.items()):
            if node in (source, target):
                writing.delete_edge(edge)
                del model.edges[edge]
        assert writing.delete_node(node)
        del model.nodes[node]


def assert_equal(view, model):
    found = [node for ids in view.scan_nodes() for node in ids.tolist()]
    assert found == sorted(model.nodes)
    assert view.node_properties(found) == [model.nodes[node][1] for node in found]
    assert [set(labels) for labels in view.node_labels(found)] == [
        model.nodes[node][0] for node in found
    ]
    assert view.catalog.node_count() == len(model.nodes)
    assert view.catalog.edge_count("T") == len(model.edges)
    for label in "ABC":
        wanted = sorted(node for node, (labels, _) in model.nodes.items() if label in labels)
        assert [node for ids in view.scan_nodes(label) for node in ids.tolist()] == wanted
        assert view.catalog.node_count(label) == len(wanted)
    edges = [edge for ids in view.scan_edges("T") for edge in ids.tolist()]
    assert edges == sorted(model.edges)
    for node in found[:4]:
        wanted = sorted(edge for edge, (_, source, _, _) in model.edges.items() if source == node)
        assert sorted(view.expand_one(node, ["T"], "out")[0].tolist()) == wanted


def run_transaction(chance, engine, model):
    """Random writes with savepoints; gives the model as it is afterwards."""
    writing, own = engine.begin(), model.copy()
    for _ in range(chance.randrange(1, 7)):
        mark, before = writing.savepoint(), own.copy()
        for _ in range(chance.randrange(1, 4)):
            step(chance, writing, own)
        if chance.random() < 0.2:
            writing.rollback_to(mark)
            own = before
        if chance.random() < 0.5:
            assert_equal(writing, own)
    if chance.random() < 0.2:
        writing.rollback()
        return model
    writing.commit()
    return own


@pytest.mark.parametrize("seed", range(12))
def test_the_engine_is_the_model(seed):
    chance = random.Random(seed)
    engine = open_engine(wal_segment_bytes=1 << 15)
    model = Model()
    past = {0: Model()}
    for _ in range(25):
        model = run_transaction(chance, engine, model)
        past[engine.state.txid] = model
        action = chance.random()
        if action < 0.2:
            engine.checkpoint()
        elif action < 0.3:
            engine.close()
            engine = open_engine(engine._directory, wal_segment_bytes=1 << 15)
        elif action < 0.4:
            engine._lock.release()  # killed
            engine = open_engine(engine._directory, wal_segment_bytes=1 << 15)
        assert_equal(engine.reader(), model)
        moment = chance.choice(list(past))
        assert_equal(engine.reader_at(txid=moment), past[moment])
    assert engine.verify() == []
    for txid, then in past.items():
        assert_equal(engine.reader_at(txid=txid), then)
    engine.close()


@pytest.mark.parametrize("seed", range(4))
def test_interleaved_transactions_commit_as_if_by_snapshots(seed):
    chance = random.Random(seed)
    engine = open_engine(busy_timeout_s=0.001)
    nodes = []
    setup = engine.begin()
    nodes = [setup.create_node(["N"], {"k": 0}) for _ in range(4)]
    setup.commit()
    values = dict.fromkeys(nodes, 0)
    active = []
    for _ in range(150):
        if len(active) < 3:
            active.append((engine.begin(), dict(values), {}))
        place = chance.randrange(len(active))
        writing, snapshot, own = active[place]
        try:
            if chance.random() < 0.35:
                del active[place]
                if chance.random() < 0.3:
                    writing.rollback()
                    continue
                writing.commit()
                values.update(own)
            else:
                node = chance.choice(nodes)
                assert writing.node_values([node], "k") == [own.get(node, snapshot[node])]
                value = chance.randrange(1_000)
                writing.set_node_property(node, "k", value)
                own[node] = value
        except (ConflictError, LockTimeoutError, EntityNotFoundError):
            writing.rollback()
            active = [entry for entry in active if entry[0] is not writing]
        if chance.random() < 0.1:
            engine.checkpoint()
        assert engine.reader().node_values(nodes, "k") == [values[node] for node in nodes]
    for writing, _, _ in active:
        writing.rollback()
    engine.close()
