"""Members of a batch are found alike by slice, by table and by search."""

import numpy as np
import pytest

from neuralgraph.storage.indexes.id_places import GrowingArray, SortedIds


@pytest.mark.parametrize("spread", [1, 3, 500])
@pytest.mark.parametrize("kind", ["run", "shuffled", "few", "outside"])
def test_members_are_those_of_the_set(kind, spread):
    random = np.random.default_rng(spread)
    members = np.unique(random.integers(10, 10 + 5_000 * spread, 5_000))
    batches = {
        "run": np.arange(100, 8_000),
        "shuffled": random.integers(-1, 10_000 * spread, 8_000),
        "few": random.integers(-1, 10_000 * spread, 60),
        "outside": np.array([-1, 0, 10**9, *members[:3].tolist()] * 800),
    }
    ids = batches[kind]
    rows, places = SortedIds(members).locate(ids)
    known = {member: place for place, member in enumerate(members.tolist())}
    expected = [(row, known[i]) for row, i in enumerate(ids.tolist()) if i in known]
    assert expected == list(zip(rows.tolist(), places.tolist(), strict=True))


def test_an_empty_set_has_no_members():
    rows, places = SortedIds(np.zeros(0, dtype=np.int64)).locate(np.arange(5_000))
    assert len(rows) == len(places) == 0


def test_a_growing_array_follows_its_list():
    source = list(range(100))
    array = GrowingArray(source)
    early = array.first(100)
    source.extend(range(100, 30_000))
    assert array.first(30_000).tolist() == source
    assert early.tolist() == list(range(100))
