"""Bulk loads: sorted, consecutive, merged with what is there."""

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.indexes.sorting import sort_pairs
from neuralgraph.storage.maintenance.integrity import check_base
from neuralgraph.storage.versions.attaching import attach_edges, attach_nodes
from neuralgraph.storage.versions.base import Base
from neuralgraph.storage.versions.history_view import HistoricalBase
from neuralgraph.values import Column, Kind

INDEX = IndexDefinition("by_x", "range", "node", ("A",), ("x",))


@pytest.fixture
def blocks():
    return BlockFile.create(MemoryDirectory(), "graph")


def nodes(base, first, count, txid, blocks, label="A"):
    column = Column.of_array(Kind.INTEGER, np.arange(first, first + count) * 10)
    return attach_nodes(base, first, (label,), {"x": column}, count, txid, blocks)


def test_several_loads_cross_segments_and_fill_up_the_last(blocks):
    base = Base.empty().with_index(INDEX)
    for first, count, txid in ((0, 65_000, 1), (65_000, 2_000, 2), (150_000, 10, 3)):
        base = nodes(base, first, count, txid, blocks)
    base = nodes(base, 150_010, 5, 4, blocks, label="B")
    base = Base.from_manifest(base.to_manifest(), blocks)
    assert (base.node_count(), base.node_count("A"), base.node_count("B")) == (67_015, 67_010, 5)
    assert base.node_column("x").values([65_000, 67_000, 150_000]) == [650_000, None, 1_500_000]
    assert base.index_run("by_x").seek([669_990]).tolist() == [66_999]
    assert base.index_run("by_x").seek([1_500_100]).tolist() == []
    assert HistoricalBase(base, 1).node_count() == 65_000
    assert check_base(base, blocks) == []


def test_edges_get_consecutive_ids_in_order_of_their_ends(blocks):
    rng = np.random.default_rng(1)
    base = nodes(Base.empty(), 0, 70_000, 1, blocks)
    sources, targets = rng.integers(0, 70_000, 5_000), rng.integers(0, 70_000, 5_000)
    weights = Column.of_array(Kind.INTEGER, sources * 100_000 + targets)
    base = attach_edges(base, "T", 7, sources, targets, {"w": weights}, 2, blocks)
    out = base.adjacency("T", "out")
    assert all(segment.edges.is_sequence for segment in out.segments.values())
    ids = np.arange(7, 5_007)
    found_sources, found_targets = base.edge_ends(ids)
    expected = sorted(zip(sources.tolist(), targets.tolist(), strict=True))
    assert expected == list(zip(found_sources.tolist(), found_targets.tolist(), strict=True))
    assert (found_sources * 100_000 + found_targets).tolist() == base.edge_column("w").take(
        ids
    ).to_list()
    assert check_base(base, blocks) == []


def test_more_edges_of_a_type_merge_with_those_that_are_there(blocks):
    rng = np.random.default_rng(2)
    base = nodes(Base.empty(), 0, 300, 1, blocks)
    pairs = []
    for load in range(3):
        sources, targets = rng.integers(0, 300, 400), rng.integers(0, 300, 400)
        base = attach_edges(base, "T", load * 400, sources, targets, {}, 2 + load, blocks)
        pairs.extend(zip(sources.tolist(), targets.tolist(), strict=True))
    flat = base.adjacency("T", "out").flat()
    rows = np.arange(300).repeat(np.diff(flat.offsets))
    assert sorted(pairs) == list(zip(rows.tolist(), flat.neighbours.tolist(), strict=True))
    assert check_base(base, blocks) == []
    assert HistoricalBase(base, 2).edge_count("T") == 400


def test_an_end_that_was_never_given_out_is_refused(blocks):
    base = nodes(Base.empty(), 0, 3, 1, blocks)
    for sources, targets in (([0], [3]), ([-1], [0])):
        with pytest.raises(QueryArgumentError, match="no node"):
            attach_edges(base, "T", 0, np.array(sources), np.array(targets), {}, 2, blocks)


def test_loading_nothing_changes_nothing_but_the_names(blocks):
    base = nodes(Base.empty(), 0, 3, 1, blocks)
    none = np.empty(0, dtype=np.int64)
    base = attach_edges(base, "T", 0, none, none, {}, 2, blocks)
    assert (base.edge_count(), base.edge_types) == (0, ("T",))
    assert len(base.adjacency("T", "out").expand(np.arange(3)).edges) == 0
    assert check_base(base, blocks) == []


@pytest.mark.parametrize("limit", [10, 70_000, 1 << 35])
def test_pairs_are_sorted_digit_by_digit_as_by_comparison(limit):
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, limit, 500), rng.integers(0, limit, 500)
    order = sort_pairs(first, second)
    assert np.lexsort((second, first)).tolist() == order.tolist()
