"""Joined columns mean what their parts mean, and keep codes where codes pay."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.storage.versions.base_columns import join, nulls_like
from neuralgraph.values import Column, Kind


@st.composite
def texts(draw: st.DrawFn) -> Column:
    values = draw(st.lists(st.sampled_from(["", "a", "b", "é", None]), max_size=40))
    if draw(st.booleans()):
        return Column.of_list(Kind.TEXT, values)
    words = draw(st.permutations(["", "a", "b", "é", "unused"]))
    dictionary = np.array(words, dtype=object)
    codes = np.array(
        [0 if value is None else words.index(value) for value in values], dtype=np.int64
    )
    valid = np.array([value is not None for value in values], dtype=np.bool_)
    return Column.of_array(Kind.TEXT, codes, None if valid.all() else valid, dictionary)


@given(st.lists(texts(), min_size=1, max_size=5))
def test_joined_texts_are_the_texts(columns: list[Column]) -> None:
    expected = [item for column in columns for item in column.to_list()]
    assert join(columns).to_list() == expected


def test_small_dictionaries_become_one_and_nulls_are_no_reason_against_it() -> None:
    one = Column.of_array(
        Kind.TEXT, np.arange(100) % 3, None, np.array(["x", "y", "z"], dtype=object)
    )
    other = Column.of_array(Kind.TEXT, np.arange(50) % 2, None, np.array(["z", "q"], dtype=object))
    bare = Column.of_array(Kind.TEXT, np.array(["x"], dtype=object))
    joined = join([one, other, nulls_like(bare, 7)])
    assert joined.dictionary is not None
    assert joined.dictionary.tolist() == ["x", "y", "z", "q"]
    assert joined.to_list() == [*one.to_list(), *other.to_list(), *[None] * 7]
