"""The engine's view is the graph as it was: at every txid, through deltas, folds and own writes."""

from __future__ import annotations

import pytest

from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.versions.base import Base
from neuralgraph.storage.versions.catalog import Catalog
from neuralgraph.storage.versions.chains import OWN_TXID
from neuralgraph.storage.versions.changes import Commit, CreateIndex
from neuralgraph.storage.versions.deltas import DeltaStore
from neuralgraph.storage.versions.folding import fold
from neuralgraph.storage.versions.graph_view import GraphView
from neuralgraph.storage.versions.history_view import HistoricalBase
from neuralgraph.storage.versions.state import State
from tests.support.snapshot_model import INDEXES, ChangeMaker, SnapshotModel, check_reader

COMMITS = 12


def fresh_state() -> State:
    base = Base.empty()
    state = State(base, DeltaStore(0, base), 0, 0, Catalog.of_base(base))
    changes = [CreateIndex(definition) for definition in INDEXES]
    return state.after(Commit(1, 1, changes))


def run(seed: int, *, fold_every: int) -> tuple[State, SnapshotModel, list[State]]:
    """Random commits; every `fold_every` of them folded into a new base."""
    maker, model, state = ChangeMaker(seed), SnapshotModel(), fresh_state()
    model.apply([], 1)
    blocks = BlockFile.create(MemoryDirectory(), "graph.ngdb")
    states = [state]
    for txid in range(2, COMMITS + 2):
        changes = maker.commit(model.now, maker.random.randrange(1, 15))
        model.apply(changes, txid)
        state = state.after(Commit(txid, txid, changes))
        states.append(state)
        if fold_every and txid % fold_every == 0:
            base = fold(state.base, state.deltas, txid, blocks)
            deltas = DeltaStore(txid, base, base.indexes)
            state = State(base, deltas, txid, txid, state.catalog.over(base))
            states.append(state)
    return state, model, states


@pytest.mark.parametrize("seed", range(12))
def test_view_over_deltas_is_the_model_at_every_txid(seed: int):
    state, model, _ = run(seed, fold_every=0)
    for txid in range(1, COMMITS + 2):
        view = GraphView(state.base, (state.deltas,), txid, state.catalog)
        check_reader(view, model.at[txid])


@pytest.mark.parametrize("seed", range(12))
def test_readers_keep_their_snapshot_through_later_folds(seed: int):
    _, model, states = run(seed, fold_every=4)
    for state in states:
        check_reader(state.view, model.at[state.txid])
        assert state.catalog.node_count() == len(model.at[state.txid].nodes)
        assert state.catalog.edge_count("KNOWS") == sum(
            edge[0] == "KNOWS" for edge in model.at[state.txid].edges.values()
        )
        for label in ("Person", "Post"):
            assert state.catalog.node_count(label) == sum(
                label in labels for labels, _ in model.at[state.txid].nodes.values()
            )


@pytest.mark.parametrize("seed", range(12))
def test_base_remembers_every_past_state(seed: int):
    state, model, _ = run(seed, fold_every=3)
    for txid in range(1, state.base.txid + 1):
        past = HistoricalBase(state.base, txid)
        view = GraphView(past, (), txid, Catalog.of_base(past))
        check_reader(view, model.at[txid])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("fold_every", [0, 4])
def test_own_writes_lie_over_the_snapshot(seed: int, fold_every: int):
    state, model, _ = run(seed, fold_every=fold_every)
    maker = ChangeMaker(seed + 1000)
    maker.next_node, maker.next_edge = 10_000, 10_000
    changes = maker.commit(model.now, 25)
    model.apply(changes, 999)
    own = DeltaStore(state.txid, state.view, INDEXES)
    own.apply(changes, OWN_TXID)
    layers = (state.deltas, own)
    catalog = state.catalog.after(changes, own.counts, state.txid)
    check_reader(GraphView(state.base, layers, state.txid, catalog), model.at[999])
    check_reader(state.view, model.at[state.txid])
