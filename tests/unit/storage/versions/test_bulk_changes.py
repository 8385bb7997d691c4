"""Many changes in columns do what the same changes do one by one."""

import numpy as np
import pytest

import neuralgraph
from neuralgraph.access import IndexDefinition
from neuralgraph.storage.versions import DeltaStore
from neuralgraph.storage.versions.changes import (
    CreateEdges,
    CreateNodes,
    DeleteEdges,
    DeleteNode,
    DeleteNodes,
    one_by_one,
    size_of,
)

BY_AGE = IndexDefinition("by_age", "range", "node", ("Person",), ("age",))
BY_SINCE = IndexDefinition("by_since", "range", "edge", ("KNOWS",), ("since",))
COMMITS = [
    [CreateNodes(0, 4, ("Person",), {"age": [30, 31, 30, 33], "name": ["a", "b", "c", "d"]})],
    [
        CreateNodes(4, 1, (), {}),
        CreateEdges(0, "KNOWS", [0, 1, 0], [1, 2, 0], {"since": [1, 1, 2]}),
    ],
    [CreateEdges(3, "LIKES", [0], [3], {}), DeleteEdges("KNOWS", [0, 2], [0, 0], [1, 0])],
    [DeleteEdges("LIKES", [3], [0], [3]), DeleteEdges("KNOWS", [1], [1], [2]), DeleteNode(0)],
    [DeleteNodes([1, 4, 3])],
]


class Nothing:
    """What lies below: an empty graph."""

    node_keys = edge_keys = ()

    def latest_labels(self, _):
        return None

    def latest_labels_of_each(self, node_ids):
        return [None for _ in node_ids]

    latest_edge = latest_labels

    def lists_edge(self, _):
        return False

    def latest_node_value(self, *_):
        return None

    latest_edge_value = latest_node_value


def contents(store):
    columns = {
        "nodes": store.node_states,
        "edges": store.edge_states,
        **{f"n.{key}": column for key, column in store.node_values.items()},
        **{f"e.{key}": column for key, column in store.edge_values.items()},
    }
    found = {
        name: (column.ids, column.txids, column.older, column.values, column.heads)
        for name, column in columns.items()
    }
    for name, index in store.indexes.items():
        candidates = {value: list(index.candidates((value,))) for value in range(40)}
        found[f"i.{name}"] = (candidates, index.touched, sorted(index.between(None, None)))
    edge_ids = np.arange(10)
    for txid in range(6):
        gone = np.zeros(10, dtype=np.bool_)
        store.deleted_edges.mark(edge_ids, txid, gone)
        found[f"gone.{txid}"] = gone.tolist()
    found["counts"] = (store.counts.nodes, store.counts.edges, store.change_count)
    found["limits"] = (store.node_limit, store.edge_limit)
    for name, edges in (("out", store.outgoing), ("in", store.incoming)):
        found[name] = [list(map(list, edges.all_of(kind, 99))) for kind in ("KNOWS", "LIKES")]
    return found


def test_columns_of_changes_leave_what_single_changes_leave():
    together = DeltaStore(0, Nothing(), (BY_AGE, BY_SINCE))
    apart = DeltaStore(0, Nothing(), (BY_AGE, BY_SINCE))
    for txid, changes in enumerate(COMMITS, 1):
        together.apply(changes, txid)
        for change in one_by_one(changes):
            apart.apply([change], txid)
        assert contents(together) == contents(apart)


def test_a_change_tells_how_many_entities_it_is_about():
    for changes in COMMITS:
        assert sum(map(size_of, changes)) == len(list(one_by_one(changes)))


@pytest.mark.parametrize("count", [9, 1_025, 3_000])
def test_a_large_statement_is_there_after_the_next_opening(tmp_path, count):
    with neuralgraph.open(tmp_path / "graph.ngdb") as graph:
        graph.execute("CREATE INDEX FOR (n:N) ON (n.k)")
        graph.execute(
            "UNWIND range(1, $count) AS k CREATE (n:N {k: k, t: toString(k)})-[:R {k: k}]->(n)",
            count=count,
        )
        graph.execute("MATCH (:N)-[r:R]->() WHERE r.k % 2 = 0 DELETE r")
        # Without a checkpoint: the next opening reads the log.
        feed = list(graph.changes(since=0))
        assert len(feed[-2].changes) == 2 * count
        assert len(feed[-1].changes) == count // 2
        copy = tmp_path / "copy"
        graph.backup(copy)
    for path in (tmp_path / "graph.ngdb", copy):
        with neuralgraph.open(path) as graph:
            found = graph.execute(
                "MATCH (n:N)-[r:R]->(n) WHERE n.k = r.k AND n.t = toString(n.k) RETURN count(*), sum(n.k)"
            ).single()
            odd = (count + 1) // 2
            assert list(found) == [odd, odd * odd]
            assert graph.execute("MATCH (n:N {k: $k}) RETURN n.t", k=count).value() == str(count)
            assert graph.verify() == []


def test_rows_that_lack_a_property_and_duplicates_are_seen_one_by_one():
    graph = neuralgraph.open()
    graph.execute("CREATE CONSTRAINT FOR (n:N) REQUIRE n.k IS UNIQUE")
    create = "UNWIND $rows AS row CREATE (:N {k: row.k, t: row.t})"
    graph.execute(create, rows=[{"k": k, "t": None if k % 3 else "t"} for k in range(30)])
    assert graph.execute("MATCH (n:N) RETURN count(n), count(n.t)").single() == (30, 10)
    with pytest.raises(neuralgraph.ConstraintViolationError, match="`k` = 7"):
        graph.execute(create, rows=[{"k": k, "t": "t"} for k in (*range(40, 60), 7)])
    with pytest.raises(neuralgraph.ConstraintViolationError, match="`k` = 41"):
        graph.execute(create, rows=[{"k": k, "t": "t"} for k in (*range(40, 60), 41)])
    assert graph.execute("MATCH (n:N) RETURN count(n)").value() == 30
