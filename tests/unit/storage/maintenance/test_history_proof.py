"""Data that are not what the commits say are found, whichever side was changed, whatever the chain says."""

import random

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.storage.disk.segments.column_segment import ColumnSegment
from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.maintenance.history_proof import check_told
from neuralgraph.storage.maintenance.integrity import check_chain
from neuralgraph.storage.transactions.commit_codec import encode_changes, packed, unpacked
from neuralgraph.storage.versions.base_columns import PropertyColumn
from neuralgraph.storage.versions.base_commits import CommitLog
from neuralgraph.storage.versions.changes import SetNodeProperty
from neuralgraph.storage.versions.history import History, HistoryLog
from neuralgraph.storage.versions.schema_history import SchemaHistory
from neuralgraph.values import Column
from tests.support.engines import open_engine
from tests.support.torture_life import Life


@pytest.fixture
def engine():
    """Commits 1 to 7, and a load; all folded."""
    engine = open_engine()
    writing = engine.begin()
    a, b = writing.create_node(["N"], {"k": 1}), writing.create_node(["N", "M"], {"k": 2, "s": "x"})
    edge = writing.create_edge("R", a, b, {"w": 1})
    writing.commit()
    for k in (5, 6):
        writing = engine.begin()
        writing.set_node_property(a, "k", k)
        writing.add_label(a, "L")
        writing.commit()
    writing = engine.begin()
    writing.create_index(IndexDefinition("i", "range", "node", ("N",), ("k",)))
    writing.commit()
    engine.load_nodes(["Q"], {"k": Column.of_values([7, 8])})
    writing = engine.begin()
    writing.delete_edge(edge)
    writing.delete_node(b)
    writing.commit()
    writing = engine.begin()
    writing.restore_node(b, ["M"], {"k": 3})
    writing.commit()
    engine.checkpoint()
    yield engine
    engine.close()


def test_what_was_written_is_what_is_stored(engine):
    assert engine.verify(history=True) == []


def with_values(base, blocks, key, change):
    column = base.parts.node_columns[key]
    values = column.segments[0].whole().to_values() if column.segments else [None] * 4
    change(values)
    segment = ColumnSegment.write(Column.of_values(values), blocks)
    columns = {**base.parts.node_columns, key: PropertyColumn({0: segment}, base.node_limit)}
    return base.replaced(node_columns=columns)


def with_log(base, blocks, ids, untils, values):
    logs = {**base.history.node_values}
    logs["k"] = HistoryLog().add(ids, untils, [Column.of_values(values)], blocks)
    history = base.history
    return base.replaced(history=History(history.nodes, history.edges, logs, history.edge_values))


def set_to(place, value):
    def change(values):
        values[place] = value

    return change


def rewritten(base, blocks):
    """Another value in a commit, and a chain that fits it."""
    commits = []
    for known in base.commits.after(0):
        commit = known
        if commit.txid == 2:
            changes = [
                SetNodeProperty(one.id, one.key, 55) if isinstance(one, SetNodeProperty) else one
                for one in unpacked(commit.content)
            ]
            commit = commit._replace(content=packed([encode(encode_changes(changes)[0])]))
        commits.append(commit)
    contents = {commit.txid: commit.content for commit in commits}
    return base.replaced(commits=CommitLog().add(commits, blocks, contents))


def other_birth(base, blocks):
    segment = base.nodes.segments[0]
    created = segment.created.array.copy()
    created[0] = 3
    made = type(segment)(
        segment.codes, StoredArray.store(created, blocks), segment.counts, segment.latest
    )
    table = base.nodes
    nodes = type(table)(table.labels, table.label_sets, {0: made}, table.limit)
    return base.replaced(nodes=nodes)


def other_labels(base, _blocks):
    table = base.nodes
    sets = [("N",) if set(labels) == {"N", "L"} else labels for labels in table.label_sets]
    return base.replaced(nodes=type(table)(table.labels, sets, table.segments, table.limit))


TAMPERED = {
    "a value of now": lambda base, blocks: with_values(base, blocks, "k", set_to(0, 60)),
    "a value that nobody wrote": lambda base, blocks: with_values(
        base, blocks, "s", set_to(0, "?")
    ),
    "a value of the past": lambda base, blocks: with_log(
        base, blocks, [0, 0, 1, 1], [2, 3, 6, 7], [1, 55, 2, None]
    ),
    "a past that never was": lambda base, blocks: with_log(
        base, blocks, [0, 0, 0, 1, 1], [2, 3, 4, 6, 7], [1, 5, 6, 2, None]
    ),
    "a past that is gone": lambda base, blocks: with_log(base, blocks, [0, 1], [3, 6], [5, 2]),
    "a commit, with a chain that fits": rewritten,
    "a birth": other_birth,
    "labels": other_labels,
    "the schema": lambda base, _blocks: base.replaced(schema=SchemaHistory()),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_afterwards_is_found(engine, name):
    base, blocks = engine.state.base, engine._blocks
    tampered = TAMPERED[name](base, blocks)
    assert check_chain(tampered) == []
    assert [*check_told(tampered)]


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_are_told_as_they_were(seed):
    life = Life(seed)
    life.live(40)
    if random.Random(seed).random() < 0.5:
        life.engine.vacuum(before=life.engine.state.txid // 2)
    life.engine.checkpoint()
    assert life.engine.verify(history=True) == []
    life.engine.close()


def test_values_of_every_kind_are_told_as_they_were():
    engine = open_engine()
    writing = engine.begin()
    kinds = [1, 1.5, float("nan"), True, "x", [1, "a", None], b"raw", {"m": [1]},
             np.array([1, 2], dtype=np.float32)]  # fmt: skip
    nodes = [writing.create_node(["N"], {"k": value}) for value in kinds]
    writing.commit()
    for value in kinds:
        writing = engine.begin()
        for node in nodes:
            writing.set_node_property(node, "k", value)
        writing.commit()
        engine.checkpoint()
    assert engine.verify(history=True) == []
    engine.close()
