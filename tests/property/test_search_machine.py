"""Search against a brute-force model: writes, rollbacks, races, checkpoints, crashes, bulk loads, the past.

A model is a `DictGraph`; the models of older commits are kept, to be asked beside the engine `AT TIME`.
"""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition, IndexOptions, SearchHits, VectorQuery
from neuralgraph.errors import ConflictError, EntityNotFoundError, LockTimeoutError
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.values import Column
from tests.support.dict_graph import DictGraph
from tests.support.engines import open_engine

DIMENSION = 3


def vector_index(name, entity, label, metric):
    options = {"vector.dimensions": DIMENSION, "vector.similarity_function": metric}
    return IndexDefinition(name, "vector", entity, (label,), ("v",), options=IndexOptions(options))


INDEXES = (
    vector_index("cosine", "node", "A", "cosine"),
    vector_index("euclidean", "node", "B", "euclidean"),
    vector_index("dot", "edge", "T", "dot"),
)


def some_vector(chance):
    """Few different ones, so that scores are often equal; at times a list, at times no vector at all."""
    if chance.random() < 0.1:
        return chance.choice(["text", ["a"], 7])
    numbers = [float(chance.randrange(1, 4)) for _ in range(DIMENSION)]
    return numbers if chance.random() < 0.3 else np.array(numbers, dtype=np.float32)


class Machine:
    """An engine and its model, the same for every commit; over vectors, unless a subclass says otherwise."""

    indexes = INDEXES

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.directory = MemoryDirectory()
        self.engine = open_engine(self.directory)
        self.model = DictGraph()
        self.past = {}
        self.keep()

    def some_value(self):
        """Of the property that is indexed."""
        return some_vector(self.chance)

    def some_query(self, _index):
        """What an index can be asked."""
        numbers = [float(self.chance.randrange(1, 4)) for _ in range(DIMENSION)]
        return VectorQuery(np.array(numbers, dtype=np.float32))

    def some_column(self, count):
        """Values of the property for a bulk load, and each of them as it is read."""
        matrix = np.array(
            [[float(self.chance.randrange(1, 4)) for _ in range(DIMENSION)] for _ in range(count)],
            dtype=np.float32,
        )
        return Column.of_array(_VECTOR, matrix), list(matrix)

    def keep(self):
        self.past[self.engine.state.txid] = copy.deepcopy(self.model)

    def write(self, writer, model):
        """The same random change of both."""
        chance = self.chance
        nodes, edges = list(model.nodes), list(model.edges)
        action = chance.randrange(9)
        if action < 3 or not nodes:
            labels = chance.sample(["A", "B"], chance.randrange(3))
            properties = {"v": self.some_value()} if chance.random() < 0.8 else {}
            node = writer.create_node(labels, properties)
            model._next_node = node
            assert model.create_node(labels, properties) == node
        elif action == 3:
            ends = chance.choice(nodes), chance.choice(nodes)
            properties = {"v": self.some_value()}
            edge = writer.create_edge("T", *ends, properties)
            model._next_edge = edge
            assert model.create_edge("T", *ends, properties) == edge
        elif action in (4, 5):
            node, value = chance.choice(nodes), chance.choice([None, *[self.some_value()] * 3])
            for target in (writer, model):
                target.set_node_property(node, "v", value)
        elif action == 6:
            node, label = chance.choice(nodes), chance.choice("AB")
            change = chance.choice(["add_label", "remove_label"])
            for target in (writer, model):
                getattr(target, change)(node, label)
        elif action == 7 and edges:
            edge, value = chance.choice(edges), self.some_value()
            for target in (writer, model):
                target.set_edge_property(edge, "v", value)
        elif action == 8:
            delete(chance.choice(nodes), model, writer)

    def check(self, reader, model):
        """Every index answers as the model does."""
        chance = self.chance
        for index in model.catalog.indexes():
            query = self.some_query(index)
            limit = chance.choice([1, 3, 100])
            within = None
            if chance.random() < 0.5:
                everyone = sorted(model.nodes if index.entity == "node" else model.edges)
                within = np.array([i for i in everyone if chance.random() < 0.4], dtype=np.int64)
            same_hits(
                reader.search(index, query, limit, within),
                model.search(index, query, limit, within),
            )

    def transact(self):
        """A transaction, at times with a savepoint, at times rolled back, at times beside another."""
        chance = self.chance
        if chance.random() < 0.2:
            self.race()
            return
        writer, model = self.engine.begin(), copy.deepcopy(self.model)
        for _ in range(chance.randrange(1, 6)):
            self.write(writer, model)
            if chance.random() < 0.3:
                self.check(writer, model)
        if chance.random() < 0.3:
            mark, kept = writer.savepoint(), copy.deepcopy(model)
            self.write(writer, model)
            self.check(writer, model)
            writer.rollback_to(mark)
            model = kept
            self.check(writer, model)
        if chance.random() < 0.2:
            writer.rollback()
        else:
            writer.commit()
            self.model = model
            self.keep()

    def race(self):
        """Two transactions at once: each sees its own, and the loser leaves nothing."""
        first, second = self.engine.begin(), self.engine.begin()
        mine, theirs = copy.deepcopy(self.model), copy.deepcopy(self.model)
        self.write(first, mine)
        try:
            self.write(second, theirs)
            self.check(second, theirs)
        except (LockTimeoutError, ConflictError, EntityNotFoundError):
            pass
        second.rollback()
        self.check(first, mine)
        first.commit()
        self.model = mine
        self.keep()

    def schema(self):
        """An index comes or goes."""
        index = self.chance.choice(self.indexes)
        writer = self.engine.begin()
        if index in self.model.catalog.indexes():
            writer.drop_index(index.name)
            self.model.drop_index(index.name)
        else:
            writer.create_index(index)
            self.model.create_index(index)
        writer.commit()
        self.keep()

    def load(self):
        """A bulk load, the values in a column."""
        count = self.chance.randrange(1, 5)
        column, values = self.some_column(count)
        for node, value in zip(
            self.engine.load_nodes(["A"], {"v": column}).tolist(), values, strict=True
        ):
            self.model._next_node = node
            self.model.create_node(["A"], {"v": value})
        self.keep()

    def reopen(self, *, crash):
        if crash:
            self.engine._lock.release()  # killed
        else:
            self.engine.close()
        self.engine = open_engine(self.directory)

    def look_back(self):
        txid = self.chance.choice(list(self.past))
        past = self.past[txid]
        # What is searched is the index of now, in the graph of then.
        then = copy.deepcopy(past)
        then._indexes = dict(self.model._indexes)
        self.check(self.engine.reader_at(txid=txid), then)

    def run(self, steps):
        for _ in range(steps):
            action = self.chance.randrange(20)
            if action == 0:
                self.schema()
            elif action == 1:
                self.engine.checkpoint()
            elif action == 2:
                self.reopen(crash=self.chance.random() < 0.5)
            elif action == 3:
                self.load()
            elif action < 7:
                self.look_back()
            else:
                self.transact()
            self.check(self.engine.reader(), self.model)
        assert self.engine.verify() == []


def delete(node, model, writer):
    """A node goes, and its edges before it."""
    around = [i for i, edge in model.edges.items() if node in (edge.source, edge.target)]
    for target in (writer, model):
        for edge in around:
            target.delete_edge(edge)
        target.delete_node(node)


_VECTOR = Column.of_values([np.zeros(1, dtype=np.float32)]).kind


def same_hits(found: SearchHits, wanted: SearchHits):
    assert found.scores.tolist() == pytest.approx(wanted.scores.tolist(), abs=1e-6)
    # Scores that differ by rounding alone may come in either order.
    for ids in (found.ids, wanted.ids):
        assert len(set(ids.tolist())) == len(ids)
    clear = rounded_ids(found), rounded_ids(wanted)
    assert clear[0] == clear[1]


def rounded_ids(hits: SearchHits):
    """Ids by score, in order; the last group may be cut anywhere among equals."""
    groups: dict[float, list[int]] = {}
    for entity_id, score in zip(hits.ids.tolist(), hits.scores.tolist(), strict=True):
        groups.setdefault(round(score, 5), []).append(entity_id)
    return [sorted(ids) for ids in groups.values()]


@pytest.mark.parametrize("seed", range(12))
def test_every_search_finds_what_is_there(seed):
    machine = Machine(seed)
    for index in INDEXES[: seed % 4]:
        machine.engine.checkpoint()
        writer = machine.engine.begin()
        writer.create_index(index)
        machine.model.create_index(index)
        writer.commit()
    machine.keep()
    machine.run(60)
