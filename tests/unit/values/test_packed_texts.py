"""A column of packed strings is the column of these strings, whatever is asked of it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.values import Column, text_search
from neuralgraph.values.packed_texts import UTF8_ERRORS, PackedTexts

TEXTS = st.lists(st.none() | st.sampled_from(["", "a", "é", "\U0001f40d!", "\ud800", "plain"]))


def packed_column(items, *, offset=0):
    """The strings behind `offset` bytes that belong to none of them."""
    encoded = [(item or "").encode("utf-8", UTF8_ERRORS) for item in items]
    bounds = np.cumsum([offset, *map(len, encoded)]).astype(np.int32)
    data = np.frombuffer(b"x" * offset + b"".join(encoded), dtype=np.uint8)
    valid = None if None not in items else np.array([item is not None for item in items])
    return Column.of_packed(PackedTexts(bounds, data), valid)


@settings(deadline=None)
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


@settings(deadline=None)
@given(TEXTS.filter(len), st.data())
def test_chosen_rows_read_like_rows_of_the_list(items, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(items) - 1), max_size=40)), np.int64)
    expected = [items[row] for row in rows.tolist()]

    def column():
        return packed_column(items, offset=2).take(rows)

    assert column().to_list() == expected
    assert column().array.tolist() == expected
    assert column().slice(1, 3).to_list() == expected[1:3]
    assert column().take(np.arange(len(rows))[::-1]).to_list() == expected[::-1]
    assert column().packed.decoded().tolist() == [items[row] or "" for row in rows.tolist()]
    shared = packed_column(items)
    joined = Column.concat([shared.take(rows), shared.take(rows), column()])
    assert joined.to_list() == expected * 3


@settings(deadline=None)
@given(TEXTS)
def test_strings_are_packed_and_come_back(items):
    strings = [item or "" for item in items]
    assert PackedTexts.of_strings(strings).decoded().tolist() == strings


def test_many_choices_decode_all_strings_once():
    texts = packed_column([str(number) for number in range(1_000)]).packed
    assert texts.chosen_strings(np.array([7, 9])).tolist() == ["7", "9"]
    assert texts.known_strings() is None
    texts.chosen_strings(np.arange(500))
    assert texts.known_strings() is not None


@settings(deadline=None)
@given(TEXTS.filter(len), st.sampled_from(["", "a", "é", "\ud800", "ai", "plain", "ina", "aa"]))
def test_searches_find_what_python_finds(items, needle):
    strings = [item or "" for item in items] * 3
    texts = PackedTexts.of_strings(strings)
    assert text_search.containing(texts, needle).tolist() == [needle in text for text in strings]
    assert text_search.starting(texts, needle).tolist() == [
        text.startswith(needle) for text in strings
    ]
    assert text_search.ending(texts, needle).tolist() == [text.endswith(needle) for text in strings]
    assert text_search.equal(texts, needle).tolist() == [text == needle for text in strings]
    rows = np.arange(len(strings))[::-4]
    found = text_search.matching(
        Column.of_packed(texts, None, rows), lambda part: text_search.containing(part, needle)
    )
    assert found.tolist() == [needle in strings[row] for row in rows.tolist()]


def test_a_long_buffer_is_searched_in_stretches():
    strings = ["x" * 700_000, "ab", "y" * 700_000 + "ab", "b"]
    assert text_search.containing(PackedTexts.of_strings(strings), "ab").tolist() == [
        False,
        True,
        True,
        False,
    ]


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 3))
def test_packed_columns_are_joined_packed(one, other, offset):
    joined = Column.concat([packed_column(one), packed_column(other, offset=offset)])
    assert joined.packed is not None
    assert joined.to_list() == one + other


def test_some_strings_are_decoded_alone():
    packed = packed_column(["a", "éé", ""]).packed
    assert packed.texts(np.array([2, 1])) == ["", "éé"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["", "é", "long " * 30, "longer " * 90]), min_size=1), st.data())
def test_taking_long_strings_and_runs_of_neighbours_is_taking_each(items, data):
    packed = PackedTexts.of_strings(items)
    drawn = data.draw(st.lists(st.integers(0, len(items) - 1), max_size=20))
    for numbers in (drawn, list(range(len(items))), [*drawn, *range(len(items)), *drawn]):
        taken = packed.take(np.array(numbers, np.int64))
        assert taken.decoded().tolist() == [items[number] for number in numbers]
