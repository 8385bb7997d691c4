"""Ids as ranges are the same set as ids one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.storage.transactions.id_ranges import IdRanges, are_among, ascending

_IDS = st.integers(0, 40)
_RANGES = st.builds(lambda first, count: range(first, first + count), _IDS, st.integers(0, 9))
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("add", "discard")), _IDS),
        st.tuples(st.sampled_from(("update", "difference_update")), _RANGES),
        st.tuples(st.just("update"), st.lists(_IDS)),
    )
)


@given(st.sets(_IDS), _STEPS)
def test_they_are_what_a_set_would_be(start, steps):
    ranges, known = IdRanges(start), set(start)
    for name, argument in steps:
        getattr(ranges, name)(argument)
        getattr(known, name)(argument)
        assert ascending(ranges).tolist() == ascending(known).tolist() == sorted(known)
    asked = np.arange(-2, 60)
    assert are_among(asked, ranges).tolist() == are_among(asked, known).tolist()
    assert [one in ranges for one in asked.tolist()] == [one in known for one in asked.tolist()]
    assert (len(ranges), bool(ranges)) == (len(known), bool(known))


def test_what_follows_takes_no_more_room():
    ranges = IdRanges()
    for one in range(1_000):
        ranges.add(one)
    ranges.update(range(1_000, 1_005))
    ranges.update(list(range(2_000, 1_004, -1)))
    assert len(ranges._starts) == 1
