"""Logs of versions and of added edges: many rows read by arrays say what one by one they say."""

import random

import numpy as np
import pytest

from neuralgraph.storage.versions.added_edges import AddedEdges
from neuralgraph.storage.versions.chains import DeltaColumn


@pytest.mark.parametrize("seed", range(4))
def test_images_see_what_single_look_ups_see(seed):
    chance = random.Random(seed)
    column = DeltaColumn()
    ids = np.array([chance.randrange(-1, 700) for _ in range(3_000)], dtype=np.int64)
    for txid in range(1, 60):
        fresh = chance.sample(range(600), chance.choice([1, 3, 40]))
        values = [chance.choice([None, txid, -txid]) for _ in fresh]
        if chance.random() < 0.5:
            column.push_many(fresh, values, txid)
        else:
            for changed_id, value in zip(fresh, values, strict=True):
                column.push(changed_id, value, txid)
        # Old and new snapshots take turns, so that images are kept, advanced and made anew.
        for seen in {txid, chance.randrange(txid + 1), max(0, txid - 1)}:
            rows, found = column.find(ids, seen)
            places = [column.place_of(wanted, seen) for wanted in ids.tolist()]
            expected = [row for row, place in enumerate(places) if place >= 0]
            assert expected == rows.tolist()
            assert [column.values[places[row]] for row in expected] == found.to_list()


@pytest.mark.parametrize("types", [(), ("A",), ("A", "B"), ("C",)])
def test_edges_of_many_nodes_are_those_of_each(types):
    chance = random.Random(7)
    added = AddedEdges()
    ids = np.array([chance.randrange(-1, 300) for _ in range(200)], dtype=np.int64)
    edge_id = 0
    for txid in range(1, 40):
        count = chance.choice([1, 2, 90])
        nodes = [chance.randrange(250) for _ in range(count)]
        ends = [chance.randrange(250) for _ in range(count)]
        edges = list(range(edge_id, edge_id + count))
        edge_id += count
        added.add_many(nodes, edges, chance.choice("AB"), ends, txid)
        added.add(5, edge_id, "A", 6, txid)
        edge_id += 1
        for seen in (txid, txid // 2):
            rows, edge_ids, neighbours = added.find(ids, types, seen)
            each = [added.find(ids[row : row + 1], types, seen) for row in range(len(ids))]
            assert rows.tolist() == [row for row, found in enumerate(each) for _ in found[0]]
            assert edge_ids.tolist() == [e for found in each for e in found[1].tolist()]
            assert neighbours.tolist() == [n for found in each for n in found[2].tolist()]


def test_a_long_chain_is_read_at_every_moment_while_it_grows():
    column = DeltaColumn()
    txid = 0
    for _ in range(3):
        for _ in range(40):
            txid += 2
            column.push(7, txid, txid)
            column.push(8 + txid % 5, 0, txid)
        for moment in [*range(1, txid + 2, 3), txid + 5]:
            place = column.place_of(7, moment)
            wanted = moment // 2 * 2
            assert (place < 0) if wanted == 0 else column.values[place] == min(wanted, txid)
