"""Edges that came in parts are found from both ends, however many of them were sorted at a time."""

import numpy as np
import pytest

from neuralgraph.storage.transactions.spilling import AllChanges
from neuralgraph.storage.versions import attaching_later
from tests.support.engines import open_engine

NODES = 140_000
"""More than two segments of them."""


def edges_of(view, edge_type, direction):
    nodes = np.arange(NODES)
    found = view.expand(nodes, (edge_type,), direction)
    found = (nodes[found.rows].tolist(), found.neighbours.tolist(), found.edges.tolist())
    return sorted(zip(*found, strict=True))


@pytest.mark.parametrize("edges_max", [1, 700, 1 << 20])
def test_edges_in_parts_are_in_the_adjacency_of_both_ends(monkeypatch, edges_max):
    monkeypatch.setattr(attaching_later, "EDGES_MAX", edges_max)
    monkeypatch.setattr(attaching_later, "_SCAN_IDS", 333)
    chance = np.random.default_rng(edges_max)
    engine = open_engine(transaction_memory_bytes_max=4_000)
    wanted = {"R": [], "S": []}

    def tie(transaction, edge_type, count, limit=NODES):
        sources, targets = chance.integers(0, limit, (2, count))
        ids = transaction.create_edges(edge_type, sources, targets, {})
        wanted[edge_type] += zip(sources.tolist(), targets.tolist(), ids.tolist(), strict=True)

    for round_number in range(2):
        transaction = engine.begin()
        if not round_number:
            transaction.create_nodes(NODES, ("X",), {})
        for _ in range(3):
            tie(transaction, "R", 1_500)
            tie(transaction, "S", 1_100, limit=70_000)
            tie(transaction, "R", 1_200, limit=40)
        transaction.set_node_property(7, "k", round_number)
        tie(transaction, "S", 1_024)
        gone = wanted["R"].pop(round_number)
        transaction.delete_edge(gone[2])
        tie(transaction, "R", 1_500)
        assert isinstance(transaction.changes, AllChanges)
        transaction.commit()
        view = engine.reader()
        assert engine.state.base.txid == engine.state.txid
        for edge_type, listed in wanted.items():
            assert edges_of(view, edge_type, "out") == sorted(listed)
            assert edges_of(view, edge_type, "in") == sorted((t, s, e) for s, t, e in listed)
    assert engine.verify() == []
    engine.close()
