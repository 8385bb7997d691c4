"""Groups over batches of any form are numbered as one dictionary of rows would number them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.query.execution.memory import MemoryBudget, Share
from neuralgraph.query.execution.operators.grouping import Grouper
from neuralgraph.values import Column, Kind

WORDS = ["a", "b", "c", "d", "e", "f"]


def dictionary_of(words):
    dictionary = np.empty(len(words), dtype=object)
    dictionary[:] = words
    return dictionary


ONE, OTHER = dictionary_of(WORDS), dictionary_of(WORDS[::-1])
ITEMS = st.lists(st.none() | st.sampled_from(WORDS), min_size=1, max_size=30)


def coded(items, dictionary):
    places = {word: code for code, word in enumerate(dictionary.tolist())}
    codes = np.array([places.get(item, 0) for item in items], dtype=np.int64)
    valid = np.array([item is not None for item in items])
    return Column.of_array(Kind.TEXT, codes, None if valid.all() else valid, dictionary)


FORMS = {
    "one": lambda items: coded(items, ONE),
    "other": lambda items: coded(items, OTHER),
    "list": lambda items: Column.of_list(Kind.TEXT, items),
}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(ITEMS, st.sampled_from(list(FORMS))), max_size=6))
def test_numbers_are_those_of_a_dictionary(batches):
    grouper, known = Grouper(Share(MemoryBudget())), {}
    for items, form in batches:
        numbers, new = grouper.groups([FORMS[form](items)], len(items))
        before = len(known)
        expected = [known.setdefault(item, len(known)) for item in items]
        assert numbers.tolist() == expected
        assert [items[row] for row in new.tolist()] == list(known)[before:]
        assert grouper.count == len(known)


@pytest.mark.parametrize("form", list(FORMS))
def test_keys_come_back_in_order(form):
    grouper = Grouper(Share(MemoryBudget()))
    batches = [["b", None] * 10, ["a", "b"] * 10, ["c", None] * 10]
    for items in batches:
        key = FORMS[form](items)
        _, new = grouper.groups([key], len(items))
        grouper.keep([key], new)
    assert grouper.key_columns()[0].to_list() == ["b", None, "a", "c"]
