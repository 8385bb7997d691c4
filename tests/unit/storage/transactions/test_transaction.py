import numpy as np
import pytest

from neuralgraph.errors import (
    AccessModeError,
    ConflictError,
    ConstraintVerificationError,
    EntityNotFoundError,
    LockTimeoutError,
    QueryTypeError,
    TransactionClosedError,
)
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.values import Column, NodeRef
from tests.support.engines import add_node, node_values, open_engine


@pytest.fixture
def engine():
    opened = open_engine()
    yield opened
    opened.close()


def test_own_writes_are_seen_at_once_and_by_others_after_commit(engine):
    writing = engine.begin()
    ada = writing.create_node(["Person"], {"name": "Ada", "gone": None})
    bob = writing.create_node(["Person", "Admin"], {})
    edge = writing.create_edge("KNOWS", ada, bob, {"since": 1})
    assert writing.node_properties([ada]) == [{"name": "Ada"}]
    assert writing.node_labels([bob]) == [("Person", "Admin")]
    assert writing.expand_one(bob, ["KNOWS"], "in")[1].tolist() == [ada]
    assert writing.edge_properties([edge]) == [{"since": 1}]
    assert writing.catalog.node_count("Person") == 2
    assert writing.catalog.edge_count() == 1
    assert "KNOWS" in writing.catalog.edge_types()
    assert engine.reader().catalog.node_count() == 0
    assert writing.commit() == 1
    assert engine.reader().node_properties([ada]) == [{"name": "Ada"}]
    assert engine.reader().catalog.node_count("Admin") == 1


def test_rollback_leaves_nothing_and_ids_are_not_used_again(engine):
    writing = engine.begin()
    first = writing.create_node(["A"], {})
    writing.rollback()
    writing.rollback()
    assert add_node(engine, "A") > first
    assert engine.reader().catalog.node_count() == 1


def test_a_closed_transaction_takes_nothing_more(engine):
    done = engine.begin()
    done.commit()
    for use in (done.commit, lambda: done.create_node([], {}), lambda: done.delete_node(0)):
        with pytest.raises(TransactionClosedError):
            use()


def test_a_commit_without_changes_writes_nothing(engine):
    before = engine.info().wal_bytes
    reading = engine.begin()
    reading.node_labels([0])
    assert reading.commit() == engine.state.txid
    assert engine.info().wal_bytes == before


def test_setting_a_property_tells_whether_it_changed(engine):
    node = add_node(engine, "N", whole=1, listed=[1, 2])
    writing = engine.begin()
    assert not writing.set_node_property(node, "whole", 1)
    assert writing.set_node_property(node, "whole", 1.0)
    assert writing.set_node_property(node, "whole", True)
    assert not writing.set_node_property(node, "listed", [1, 2])
    assert writing.set_node_property(node, "listed", [1.0, 2])
    assert writing.set_node_property(node, "listed", None)
    assert not writing.set_node_property(node, "listed", None)
    writing.commit()
    assert engine.reader().node_properties([node]) == [{"whole": True}]


def test_labels_come_and_go(engine):
    node = add_node(engine, "A")
    writing = engine.begin()
    assert writing.add_label(node, "B")
    assert not writing.add_label(node, "B")
    assert writing.remove_label(node, "A")
    assert not writing.remove_label(node, "A")
    writing.commit()
    view = engine.reader()
    assert view.node_labels([node]) == [("B",)]
    assert (view.catalog.node_count("A"), view.catalog.node_count("B")) == (0, 1)


def test_what_cannot_be_stored_changes_nothing(engine):
    node = add_node(engine, "N")
    writing = engine.begin()
    for value in (NodeRef(1), [{"a": 1}], object()):
        with pytest.raises(QueryTypeError) as caught:
            writing.set_node_property(node, "k", value)
        assert caught.value.detail == "InvalidPropertyType"
        with pytest.raises(QueryTypeError):
            writing.create_node(["N"], {"k": value})
    assert not writing.has_changes
    assert writing.set_node_property(node, "k", {"a": [1]})


def test_writing_to_what_is_gone_is_an_error(engine):
    node, other = add_node(engine, "N"), add_node(engine, "N")
    writing = engine.begin()
    edge = writing.create_edge("T", node, other, {})
    assert writing.delete_edge(edge)
    assert not writing.delete_edge(edge)
    assert writing.delete_node(node)
    assert not writing.delete_node(node)
    uses = (
        lambda: writing.set_node_property(node, "k", 1),
        lambda: writing.add_label(node, "L"),
        lambda: writing.remove_label(node, "N"),
        lambda: writing.create_edge("T", node, other, {}),
        lambda: writing.create_edge("T", 999, other, {}),
        lambda: writing.set_edge_property(edge, "k", 1),
        lambda: writing.create_edges("T", np.array([other]), np.array([node]), {}),
    )
    for use in uses:
        with pytest.raises(EntityNotFoundError) as caught:
            use()
        assert caught.value.detail == "DeletedEntityAccess"


def test_many_rows_at_once(engine):
    writing = engine.begin()
    nodes = writing.create_nodes(
        3, ["N"], {"a": Column.of_values([1, None, 3]), "b": Column.of_values([[1], "x", None])}
    )
    edges = writing.create_edges(
        "T", nodes, np.roll(nodes, 1), {"w": Column.of_values([0.5, None, 1.5])}
    )
    writing.commit()
    view = engine.reader()
    assert view.node_properties(nodes.tolist()) == [{"a": 1, "b": [1]}, {"b": "x"}, {"a": 3}]
    assert view.edge_properties(edges.tolist()) == [{"w": 0.5}, {}, {"w": 1.5}]
    assert view.expand_one(int(nodes[0]), [], "out")[1].tolist() == [int(nodes[2])]


def test_a_savepoint_undoes_what_came_after_it(engine):
    node = add_node(engine, "N", k=1)
    writing = engine.begin()
    start = writing.savepoint()
    first = writing.create_node(["N"], {})
    mark = writing.savepoint()
    second = writing.create_node(["N"], {})
    writing.set_node_property(node, "k", 2)
    writing.create_edge("T", first, second, {})
    writing.delete_node(second)
    assert writing.node_values([node], "k") == [2]
    writing.rollback_to(mark)
    assert writing.node_values([node], "k") == [1]
    assert writing.catalog.node_count("N") == 2
    assert len(writing.expand_one(first, [], "out")[0]) == 0
    with pytest.raises(EntityNotFoundError):
        writing.create_edge("T", first, second, {})
    assert writing.delete_node(first)
    writing.rollback_to(mark)
    writing.create_edge("T", node, first, {})
    writing.rollback_to(start)
    assert not writing.has_changes
    writing.rollback_to(start)
    third = writing.create_node(["N"], {})
    writing.commit()
    assert [ids.tolist() for ids in engine.reader().scan_nodes("N")] == [[node, third]]


def test_adjacency_forgets_what_was_rolled_back(engine):
    node, other = add_node(engine, "N"), add_node(engine, "N")
    writing = engine.begin()
    mark = writing.savepoint()
    writing.create_edge("T", node, other, {})
    assert len(writing.adjacency(["T"], "out").edges) == 1
    writing.rollback_to(mark)
    assert len(writing.adjacency(["T"], "out").edges) == 0


def test_a_connected_node_cannot_be_deleted(engine):
    node, other = add_node(engine, "N"), add_node(engine, "N")
    writing = engine.begin()
    edge = writing.create_edge("T", node, other, {})
    writing.commit()
    failing = engine.begin()
    failing.delete_node(other)
    with pytest.raises(ConstraintVerificationError, match="still has relationships"):
        failing.commit()
    assert not failing.is_open
    working = engine.begin()
    working.delete_node(other)
    working.delete_edge(edge)
    working.commit()
    assert engine.reader().catalog.node_count() == 1


def test_the_first_committer_wins(engine):
    node = add_node(engine, "N", k=0)
    late = engine.begin()
    early = engine.begin()
    early.set_node_property(node, "k", 1)
    early.commit()
    with pytest.raises(ConflictError, match=f"node {node} changed in transaction 2") as caught:
        late.set_node_property(node, "other", 2)
    assert caught.value.entities == (f"node {node}",)
    assert node_values(engine, node, "k") == 1


def test_conflicts_are_found_past_a_checkpoint(engine):
    node = add_node(engine, "N", k=0)
    late = engine.begin()
    early = engine.begin()
    early.set_node_property(node, "k", 1)
    early.commit()
    engine.checkpoint()
    add_node(engine, "N")
    engine.checkpoint()
    with pytest.raises(ConflictError):
        late.set_node_property(node, "k", 2)


def test_edges_conflict_like_nodes(engine):
    node = add_node(engine, "N")
    writing = engine.begin()
    edge = writing.create_edge("T", node, node, {})
    writing.commit()
    late, early = engine.begin(), engine.begin()
    early.set_edge_property(edge, "k", 1)
    early.commit()
    with pytest.raises(ConflictError, match=f"relationship {edge}"):
        late.delete_edge(edge)


def test_attaching_never_conflicts_with_attaching_or_changing(engine):
    hub, node = add_node(engine, "Hub"), add_node(engine, "N")
    one, two, three = engine.begin(), engine.begin(), engine.begin()
    one.create_edge("T", node, hub, {})
    two.create_edge("T", hub, node, {})
    three.set_node_property(hub, "k", 1)
    for transaction in (one, two, three):
        transaction.commit()
    assert len(engine.reader().expand_one(hub, [], "both")[0]) == 2


def test_deleting_conflicts_with_attaching(engine):
    hub, node = add_node(engine, "Hub"), add_node(engine, "N")
    attaching, deleting = engine.begin(), engine.begin()
    attaching.create_edge("T", node, hub, {})
    with pytest.raises(LockTimeoutError, match=f"node {hub}"):
        deleting.delete_node(hub)
    attaching.commit()
    with pytest.raises(ConflictError):
        deleting.delete_node(hub)
    deleting.rollback()


def test_attaching_conflicts_with_a_deletion_since_the_snapshot(engine):
    node, lone = add_node(engine, "N"), add_node(engine, "N")
    late, deleting = engine.begin(), engine.begin()
    deleting.delete_node(lone)
    deleting.commit()
    with pytest.raises(ConflictError, match=f"node {lone}"):
        late.create_edge("T", node, lone, {})
    with pytest.raises(ConflictError, match=f"node {lone}"):
        late.create_edges("T", np.array([node]), np.array([lone]), {})


def test_locks_end_with_their_transaction(engine):
    node = add_node(engine, "N", k=0)
    one, two = engine.begin(), engine.begin()
    one.set_node_property(node, "k", 1)
    with pytest.raises(LockTimeoutError, match=r"transaction \d+"):
        two.set_node_property(node, "k", 2)
    one.rollback()
    two.set_node_property(node, "k", 2)
    two.commit()
    assert node_values(engine, node, "k") == 2
    assert engine._manager.locks._holders == {}


def test_a_snapshot_stays_what_it_was(engine):
    node = add_node(engine, "N", k=0)
    reading = engine.begin()
    writing = engine.begin()
    writing.set_node_property(node, "k", 1)
    new = writing.create_node(["N"], {})
    writing.create_edge("T", node, new, {})
    writing.commit()
    engine.checkpoint()
    assert reading.node_values([node], "k") == [0]
    assert [ids.tolist() for ids in reading.scan_nodes("N")] == [[node]]
    assert len(reading.expand_one(node, [], "out")[0]) == 0


def test_reading_only_refuses_writes():
    directory = MemoryDirectory()
    open_engine(directory).close()
    engine = open_engine(directory, read_only=True)
    with pytest.raises(AccessModeError):
        engine.begin().create_node([], {})
    with pytest.raises(AccessModeError):
        engine.checkpoint()
    engine.close()


def test_many_deletions_conflict_like_single_ones(engine):
    setup = engine.begin()
    nodes = setup.create_nodes(600, ("N",), {})
    edges = setup.create_edges("R", nodes[:300], nodes[300:], {})
    setup.commit()
    for write in (
        lambda other: other.set_edge_property(int(edges[77]), "k", 1),
        lambda other: other.delete_edge(int(edges[77])),
    ):
        many, other = engine.begin(), engine.begin()
        write(other)
        other.commit()
        with pytest.raises(ConflictError, match=f"relationship {edges[77]}"):
            many.delete_edges(edges)
        many.rollback()
        restored = engine.begin()
        if restored.edge_or_none(int(edges[77])) is None:
            edges[77] = restored.create_edge("R", int(nodes[77]), int(nodes[377]), {})
        restored.commit()
    many, other = engine.begin(), engine.begin()
    other.create_edge("R", int(nodes[5]), int(nodes[6]), {})
    other.commit()
    many.delete_edges(edges)
    with pytest.raises(ConflictError, match=f"node {nodes[5]}|node {nodes[6]}"):
        many.delete_nodes(nodes)
    many.rollback()
    many, other = engine.begin(), engine.begin()
    gone, types = many.delete_edges(edges)
    assert (gone.tolist(), set(types.to_list())) == (edges.tolist(), {"R"})
    with pytest.raises(LockTimeoutError, match=f"relationship {edges[3]}"):
        other.set_edge_property(int(edges[3]), "k", 1)
    other.rollback()
    many.commit()
    assert engine.reader().catalog.edge_count() == 1


def test_deleted_nodes_are_counted_by_label_and_come_back_at_a_savepoint(engine):
    setup = engine.begin()
    nodes = np.concatenate(
        [setup.create_nodes(20, labels, {}) for labels in (("A",), ("A", "B"), ())]
    )
    setup.commit()
    transaction = engine.begin()
    mark = transaction.savepoint()
    assert len(transaction.delete_nodes(nodes)) == 60
    assert not transaction.node_exists(nodes).any()
    transaction.rollback_to(mark)
    assert transaction.node_exists(nodes).all()
    assert transaction.delete_nodes(nodes[5:45]).tolist() == nodes[5:45].tolist()
    assert transaction.delete_nodes(nodes[:10]).tolist() == nodes[:5].tolist()
    transaction.commit()
    catalog = engine.reader().catalog
    assert [catalog.node_count(label) for label in (None, "A", "B")] == [15, 0, 0]
