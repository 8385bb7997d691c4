"""Duplicates: the quick answer by arrays and the slow one row by row agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.access import ConstraintDefinition
from neuralgraph.errors import ConstraintViolationError
from neuralgraph.storage.transactions.schema_changes import Duplicates
from neuralgraph.values import Column
from neuralgraph.values.ordering import equality_key

RULE = ConstraintDefinition("email_unique", "unique", "node", "Person", ("email",))

_values = st.one_of(
    st.lists(st.none() | st.integers(-4, 60), max_size=12),
    st.lists(st.none() | st.text("abc", max_size=3), max_size=12),
    st.lists(st.none() | st.sampled_from([1, 1.0, 2.5, float("nan"), True, "1", "b"]), max_size=5),
)


@given(st.lists(_values, max_size=3))
def test_duplicates_are_found_as_by_looking_at_each_value(batches):
    seen = Duplicates(RULE)
    first_id = 0
    for values in batches:
        seen.add(np.arange(first_id, first_id + len(values)), [Column.of_values(values)])
        first_id += len(values)
    known = [
        equality_key(value) for values in batches for value in values if _equals_something(value)
    ]
    if len(set(known)) == len(known):
        seen.require_none()
    else:
        with pytest.raises(ConstraintViolationError):
            seen.require_none()


def _equals_something(value):
    return value is not None and value == value


def test_duplicates_of_two_batches_are_named():
    seen = Duplicates(RULE)
    seen.add(np.array([3, 4]), [Column.of_values(["a", "b"])])
    seen.add(np.array([9]), [Column.of_values(["a"])])
    with pytest.raises(ConstraintViolationError) as caught:
        seen.require_none()
    assert str(caught.value).startswith("nodes 3 and 9 both have `email` = 'a'; that breaks")
