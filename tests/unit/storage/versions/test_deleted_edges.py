"""Deleted edges are found for every snapshot, in small batches and large ones, restored ones left out."""

import numpy as np
import pytest

from neuralgraph.storage.versions import deleted_edges
from neuralgraph.storage.versions.chains import DeltaColumn
from neuralgraph.storage.versions.deleted_edges import DeletedEdges


class Model:
    def __init__(self):
        self.history = {}

    def note(self, edge_id, txid, is_gone):
        self.history.setdefault(edge_id, []).append((txid, is_gone))

    def is_gone(self, edge_id, txid, before):
        seen = [is_gone for since, is_gone in self.history.get(edge_id, ()) if since <= txid]
        return seen[-1] if seen else before


@pytest.mark.parametrize("seed", range(20))
def test_like_a_model_at_every_moment(seed, monkeypatch):
    monkeypatch.setattr(deleted_edges, "_TAIL_MAX", int(seed % 3) * 4)
    random = np.random.default_rng(seed)
    states = DeltaColumn()
    store, model = DeletedEdges(states), Model()
    limit = 300
    for txid in range(1, 40):
        living = [one for one in range(limit) if not model.is_gone(one, txid, before=False)]
        gone = [one for one in range(limit) if model.is_gone(one, txid, before=False)]
        doomed = random.permutation(living)[: random.choice([0, 1, 2, 30])].tolist()
        back = random.permutation(gone)[: random.choice([0, 0, 1, 3])].tolist() if seed % 2 else []
        if seed % 4 == 1:  # one that was deleted below this store
            back += [limit + txid] if random.random() < 0.5 else []
        for edge_id in doomed:
            states.push(edge_id, None, txid)
            model.note(edge_id, txid, is_gone=True)
        store.add(doomed, txid)
        for edge_id in back:
            states.push(edge_id, ("R", 0, 0), txid)
            store.add_restored(edge_id, txid)
            model.note(edge_id, txid, is_gone=False)
        for count in (7, 200, limit + 50):
            batch = random.permutation(limit + 50)[:count]
            then = int(random.integers(0, txid + 1)) if random.random() < 0.5 else txid
            before = random.random(count) < 0.1
            found = before.copy()
            store.mark(batch, then, found)
            assert found.tolist() == [
                model.is_gone(edge_id, then, before=was)
                for edge_id, was in zip(batch.tolist(), before.tolist(), strict=True)
            ]
    assert len(store) == len(model.history)
