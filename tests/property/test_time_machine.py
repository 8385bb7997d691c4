"""Random writes, flashbacks, checkpoints, vacuums, reopenings: each past is as it was copied then."""

from __future__ import annotations

import random

import pytest

import neuralgraph
from neuralgraph import errors

STEPS = 40


def content(graph):
    nodes = {
        record["n"].id: (record["n"].labels, record["n"].properties)
        for record in graph.execute("MATCH (n) RETURN n")
    }
    edges = {}
    for record in graph.execute("MATCH ()-[r]->() RETURN r"):
        edge = record["r"]
        assert edge.id not in edges, "an edge stands twice in the adjacency"
        edges[edge.id] = (edge.type, edge.start_node_id, edge.end_node_id, edge.properties)
    incoming = [row[0] for row in graph.execute("MATCH ()<-[r]-() RETURN id(r)")]
    assert sorted(incoming) == sorted(edges)
    by_index = graph.execute("MATCH (p:P) WHERE p.v >= 0 RETURN count(p)").value()
    assert by_index == sum("P" in labels and "v" in values for labels, values in nodes.values())
    return nodes, edges


def write(graph, chance):
    statements = (
        "CREATE (:P {v: $a})-[:R {w: $b}]->(:Q {v: $b})",
        "UNWIND range(1, 12) AS i CREATE (:P {v: i, t: 'x'})",
        "MATCH (p) WHERE id(p) % 3 = $a % 3 SET p.v = $b, p.t = null",
        "MATCH (p:P) WHERE id(p) % 2 = $a % 2 REMOVE p:P SET p:Z",
        "MATCH (p:Z) WHERE id(p) % 2 = $b % 2 SET p:P, p.list = [$a]",
        "MATCH (a), (b) WHERE id(a) % 7 = $a AND id(b) % 7 = $b MERGE (a)-[r:S]->(b) SET r.w = $a",
        "MATCH ()-[r]->() WHERE id(r) % 3 = $a % 3 DELETE r",
        "MATCH ()-[r]->() WHERE id(r) % 2 = $b % 2 SET r.w = $b, r.x = $a",
        "MATCH (n) WHERE id(n) % 5 = $a % 5 DETACH DELETE n",
    )
    graph.execute(chance.choice(statements), a=chance.randrange(7), b=chance.randrange(7))


def flash_back(graph, chance, copies):
    txid = chance.choice(list(copies))
    if chance.random() < 0.7:
        graph.execute("FLASHBACK TO TRANSACTION $t", t=txid)
        assert content(graph) == copies[txid]
        return
    try:
        graph.execute("FLASHBACK TRANSACTION $t", t=txid)
    except errors.FlashbackConflictError:
        if chance.random() < 0.5:
            graph.execute("FLASHBACK TRANSACTION $t FORCE", t=txid)
    except errors.HistoryPrunedError:
        assert txid == min(copies)


@pytest.mark.parametrize("seed", range(12))
def test_every_past_is_as_it_was(tmp_path, seed):
    chance = random.Random(seed)
    path = tmp_path / "g.ngdb"
    graph = neuralgraph.open(path, durability="off")
    graph.execute("CREATE INDEX FOR (p:P) ON (p.v)")
    copies = {1: content(graph)}
    for _ in range(STEPS):
        match chance.choices(
            ("write", "flashback", "checkpoint", "vacuum", "reopen"), (60, 20, 12, 5, 3)
        )[0]:
            case "write":
                write(graph, chance)
            case "flashback":
                flash_back(graph, chance, copies)
            case "checkpoint":
                graph.checkpoint()
            case "vacuum":
                first = chance.choice(list(copies))
                if chance.random() < 0.5:
                    graph.vacuum(before=first)
                    copies = {txid: copy for txid, copy in copies.items() if txid >= first}
                else:
                    graph.vacuum()
            case "reopen":
                graph.close()
                graph = neuralgraph.open(path, durability="off")
        copies.setdefault(graph.info().txid, content(graph))
        txid = chance.choice(list(copies))
        assert content(graph.at(txid)) == copies[txid]
    for txid, copy in copies.items():
        assert content(graph.at(txid)) == copy
    assert graph.verify(history=True) == []
    graph.close()
