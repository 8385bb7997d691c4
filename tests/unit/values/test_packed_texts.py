"""A column of packed strings is the column of these strings, whatever is asked of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.values import Column
from neuralgraph.values.packed_texts import UTF8_ERRORS, PackedTexts

TEXTS = st.lists(st.none() | st.sampled_from(["", "a", "é", "\U0001f40d!", "\ud800", "plain"]))


def packed_column(items, *, offset=0):
    """The strings behind `offset` bytes that belong to none of them."""
    encoded = [(item or "").encode("utf-8", UTF8_ERRORS) for item in items]
    bounds = np.cumsum([offset, *map(len, encoded)]).astype(np.int32)
    data = np.frombuffer(b"x" * offset + b"".join(encoded), dtype=np.uint8)
    valid = None if None not in items else np.array([item is not None for item in items])
    return Column.of_packed(PackedTexts(bounds, data), valid)


@given(TEXTS, st.integers(0, 3), st.integers(0, 8), st.integers(0, 8))
def test_it_reads_like_the_list(items, offset, start, stop):
    def column():
        return packed_column(items, offset=offset)

    assert column().to_list() == items
    assert column().array.tolist() == items
    assert column().slice(start, stop).to_list() == items[start:stop]
    rows = np.arange(len(items))[::-1].repeat(20)
    assert column().take(rows).to_list() == [items[row] for row in rows.tolist()]
    assert column().valid_mask.tolist() == [item is not None for item in items]


@given(TEXTS, TEXTS, st.integers(0, 3))
def test_packed_columns_are_joined_packed(one, other, offset):
    joined = Column.concat([packed_column(one), packed_column(other, offset=offset)])
    assert joined.packed is not None
    assert joined.to_list() == one + other


def test_some_strings_are_decoded_alone():
    packed = packed_column(["a", "éé", ""]).packed
    assert packed.texts(np.array([2, 1])) == ["", "éé"]
